"""Answers that a reader may keep and has only to ask whether they still hold: ETag, If-None-Match (RFC 9110, 8.8.3)."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Header, Response

from api.schemas import Shape

FOR_ALL = "public, no-cache"
"""Kept, but asked for again each time: a change shows at once, and what has not changed costs a short answer."""

IfNoneMatch = Annotated[str | None, Header()]


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the reader has what bears this mark."""
    known = [part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")]
    return etag in known or "*" in known


def kept(answer: Shape, media_type: str, if_none_match: str | None) -> Response:
    """An answer that is the same for everybody, marked by what it says; 304 to whoever has it already."""
    body = answer.model_dump_json(by_alias=True).encode()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"', "Cache-Control": FOR_ALL}
    if is_known(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
