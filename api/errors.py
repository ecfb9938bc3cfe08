"""Refusals on the wire: the one table from error classes to status codes, and RFC 9457 problem bodies."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.body_bounds import most_bytes
from api.inputs import VERSION_HEADER
from api.language import wished
from geo.burden import refuse_burden
from geo.errors import (
    Conflict,
    GridcircleError,
    NotAllowed,
    NotFound,
    Refused,
    StaleVersion,
    TooOften,
    Unready,
    VersionMissing,
    WhoAreYou,
)
from geo.words import sentence

log = logging.getLogger(__name__)

STATUS: dict[type[GridcircleError], int] = {
    NotFound: 404,
    Conflict: 409,
    # the version comes in If-Match, so it is that condition which failed (RFC 9110 section 13.1.1)
    StaleVersion: 412,
    Refused: 422,
    VersionMissing: 428,
    NotAllowed: 403,
    WhoAreYou: 401,
    TooOften: 429,
    Unready: 503,
}
"""Error class -> status. A class that is not here has the status of the nearest one above it."""

UNION_FAULTS = {"union_tag_invalid", "union_tag_not_found"}
"""Faults of the field by which one of several forms is chosen; the library tells them of what the field is in."""

BOUNDS = ("ge", "le", "max_length", "min_length", "expected", "expected_tags")
"""What was asked for, as the library calls it."""

FAULTS = {
    "missing": "fault_missing",
    "union_tag_not_found": "fault_missing",
    "union_tag_invalid": "fault_choice",
    "extra_forbidden": "fault_unknown_field",
    "finite_number": "fault_number",
    "float_parsing": "fault_number",
    "float_type": "fault_number",
    "int_parsing": "fault_whole_number",
    "int_type": "fault_whole_number",
    "int_from_float": "fault_whole_number",
    "int_parsing_size": "fault_whole_number",
    "bool_parsing": "fault_truth",
    "datetime_parsing": "fault_time",
    "datetime_from_date_parsing": "fault_time",
    "datetime_type": "fault_time",
    "greater_than_equal": "fault_at_least",
    "less_than_equal": "fault_at_most",
    "string_too_long": "fault_too_long",
    "too_long": "fault_too_long",
    "string_too_short": "fault_too_short",
    "too_short": "fault_too_short",
    "literal_error": "fault_choice",
    "json_invalid": "fault_json",
    "string_type": "fault_text",
    "string_unicode": "fault_text",
    "string_pattern_mismatch": "fault_pattern",
    "value_error": "fault_text",
    "tuple_type": "fault_list",
    "list_type": "fault_list",
    "dict_type": "fault_object",
    "model_type": "fault_object",
    "model_attributes_type": "fault_object",
}
"""Kind of a fault that validation found -> key of its sentence; fault_other for the rest."""


class ProblemResponse(Response):
    """An RFC 9457 body."""

    media_type = "application/problem+json"

    def render(self, content: Mapping[str, Any]) -> bytes:
        """Evidence may hold dates and numbers of any kind: they are written as text."""
        return json.dumps(content, ensure_ascii=False, default=str).encode()


def status_of(error: GridcircleError) -> int:
    """The status of an error: its own, or that of the nearest class above it."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def language_of(request: Request) -> str:
    """The language that a request asks for."""
    default = request.app.state.settings.language or "zh"
    return wished(request.headers.get("accept-language"), default)


def problem_of(error: GridcircleError, language: str) -> ProblemResponse:
    """The answer to an error of ours."""
    body = problem_body(error, language)
    status = body["status"]
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if status == 429 or "retry_after_s" in error.evidence:
        headers["Retry-After"] = str(error.evidence.get("retry_after_s", 1))
    return ProblemResponse(body, status, headers)


def problem_body(error: GridcircleError | None, language: str) -> dict[str, Any]:
    """What is told of an error: of ours all, of a fault inside (None) that there was one."""
    if error is None:
        return _plain_body(500, "inner_error", language)
    nearest = next(kind for kind in type(error).__mro__ if kind in STATUS)
    return {
        "type": f"/problems/{_snake(type(error).__name__).replace('_', '-')}",
        "title": sentence(f"problem_{_snake(nearest.__name__)}", language),
        "status": STATUS[nearest],
        "detail": error.in_language(language),
        "key": error.key,
        "evidence": error.evidence,
    }


def plain_problem(status: int, key: str, language: str, **evidence: Any) -> ProblemResponse:
    """The answer to what HTTP itself refuses."""
    return ProblemResponse(_plain_body(status, key, language, **evidence), status)


def _plain_body(status: int, key: str, language: str, **evidence: Any) -> dict[str, Any]:
    title = "problem_inner" if status >= 500 else "problem_http"
    return {
        "type": "about:blank",
        "title": sentence(title, language, status=status),
        "status": status,
        "detail": sentence(key, language, status=status, **evidence),
        "key": key,
        "evidence": evidence,
    }


def install(app: FastAPI) -> None:
    """Answer every refusal with a problem body."""
    app.add_exception_handler(GridcircleError, _ours)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _inner)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GridcircleError)
    return problem_of(error, language_of(request))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language = language_of(request)
    try:
        refuse_burden(name for found in error.errors() if found["type"] == "extra_forbidden" for name in _names(found))
    except Refused as refusal:
        return problem_of(refusal, language)
    if any(found["type"] == "missing" and found["loc"] == VERSION_HEADER for found in error.errors()):
        return problem_of(VersionMissing("version_missing"), language)
    if any(found["loc"] == ("body",) and isinstance(found["input"], bytes) for found in error.errors()):
        return plain_problem(422, "http_body_type", language)
    faults = [_fault(found, language) for found in error.errors()]
    told = "; ".join(dict.fromkeys(fault["why"] for fault in faults))
    return problem_of(Refused("request_faulty", told=told, faults=faults), language)


def _names(found: Mapping[str, Any]) -> Iterator[str]:
    """Of a field that was not asked for, and of all fields in it."""
    yield str(found["loc"][-1])
    values = [found["input"]]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            yield from value
        values += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _fault(found: Mapping[str, Any], language: str) -> dict[str, str]:
    """Where and why, without what was sent: that may be personal."""
    bounds = found.get("ctx", {})
    told_by = [bounds["discriminator"].strip("'")] if found["type"] in UNION_FAULTS else []  # the field that says which
    where = ".".join(str(part) for part in (*found["loc"], *told_by))
    bound = next((bounds[name] for name in BOUNDS if name in bounds), "")
    if found["type"] == "literal_error":
        bound = bound.replace(" or ", ", ")  # the library writes English; the sentence may be Chinese
    key = FAULTS.get(found["type"], "fault_other")
    return {"where": where, "why": sentence(key, language, where=where, bound=bound)}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    language = language_of(request)
    if error.status_code == 404:
        return plain_problem(404, "http_not_found", language)
    if error.status_code == 405:
        answer = plain_problem(405, "http_method", language, method=request.method)
    elif isinstance(error.__cause__, RecursionError):
        answer = plain_problem(422, "http_body_deep", language)
    elif isinstance(error.__cause__, UnicodeDecodeError):
        answer = plain_problem(422, "http_body_no_text", language)
    elif isinstance(error.__cause__, ValueError):  # the only one that JSON itself does not tell of
        answer = plain_problem(422, "http_body_number", language)
    elif error.status_code == 413:
        answer = plain_problem(413, "http_body_large", language, limit_kb=most_bytes(request.url.path) // 1024)
    else:
        answer = plain_problem(error.status_code, "http_other", language)
    answer.headers.update(error.headers or {})
    return answer


def _inner(request: Request, error: Exception) -> Response:
    log.error("unexpected error on %s %s", request.method, request.url.path, exc_info=error)
    return plain_problem(500, "inner_error", language_of(request))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
