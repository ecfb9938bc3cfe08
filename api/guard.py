"""What every request passes before any route: the name it was asked under, where from, how long it is."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body_bounds import most_bytes
from api.errors import plain_problem, problem_of
from api.language import wished
from geo.errors import GridcircleError, NotAllowed
from geo.rules.request_limits import request_limits
from geo.settings import Settings

MOST_PASSED_OVER_BYTES = request_limits().passed_over_mb * 1024 * 1024
READING = frozenset({"GET", "HEAD", "OPTIONS"})

ANSWER_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # an answer depends on who asks and in which language, so nobody but the asker may keep it
    "Cache-Control": "no-store",
}
"""Set unless the route has set them itself, as pages and tiles do."""


class Guard:
    """Refuses foreign Host names (DNS rebinding), changes asked by foreign pages and long bodies; adds headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.language = settings.language or "zh"
        named = [name.strip().lower() for name in settings.public_hosts.split(",")]
        self.hosts = {"localhost", settings.host.lower(), *(name for name in named if name)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # what GET answers, without the body (RFC 9110 section 9.3.2)
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        refusal = self._refusal(scope)
        if refusal is not None and refusal.status_code == 413:
            await _pass_over(receive)
        await (refusal or self.app)(scope, _limited(receive, most_bytes(scope["path"])), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        language = wished(Headers(scope=scope).get("accept-language"), self.language)
        error = self._objection(scope)
        if error is not None:
            return problem_of(error, language)
        told = Headers(scope=scope).get("content-length", "0")
        most = most_bytes(scope["path"])
        if told.isdecimal() and int(told[:20]) > most:
            return plain_problem(413, "http_body_large", language, limit_kb=most // 1024)
        return None

    def _objection(self, scope: Scope) -> GridcircleError | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0], scope):
            return NotAllowed("host_foreign", host=", ".join(hosts)[:200])
        if scope["method"] in READING:
            return None
        # Browsers name the page that asks; a program that is no browser names none and holds no cookies to misuse.
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != hosts[0].lower():
            return NotAllowed("origin_foreign", origin=origin[:200])
        if origin is None and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return NotAllowed("origin_foreign", origin=headers["sec-fetch-site"][:200])
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        """Our names, any loopback address, and the very address the connection came in at (never another's name)."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or name == (scope.get("server") or ("",))[0]


def _limited(receive: Receive, most: int) -> Receive:
    """The body as it comes in, up to the limit: one sent in pieces tells no length beforehand."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            if message.get("more_body"):
                await _pass_over(receive)
            raise HTTPException(413)
        return message

    return receiving


async def _pass_over(receive: Receive) -> None:
    """Read a body that is refused, to its end or as far as is reasonable: who is still sending hears no answer."""
    left = MOST_PASSED_OVER_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in ANSWER_HEADERS.items():
                headers.setdefault(name, value)
            headers.add_vary_header("Authorization, Accept-Language")
        await send(message)

    return sending
