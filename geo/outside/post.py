"""One message by HTTP, to the address that was looked at, without following anybody elsewhere."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from threading import Timer

from geo.errors import Refused
from geo.outside.targets import HTTPS, address_of, parts_of
from geo.rules.outside import outside_rule


class _Line(http.client.HTTPConnection):
    """A connection to one address of a host; with ``tls`` the host proves its name."""

    def __init__(self, host: str, port: int, address: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=outside_rule().timeout_s)
        self._address, self._tls = address, tls

    def connect(self) -> None:
        """Reach the address itself: the name is not looked up again."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it, whoever waits for it."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def post(target: str, body: bytes, headers: Mapping[str, str], *, is_private_allowed: bool) -> None:
    """Hand over a message; returns when the other side has said that it has it.

    Raises
    ------
    Refused
        If nobody is there, the address is a private one, or the answer is anything but 2xx: a redirect is not followed.
    """
    parts, rule = parts_of(target), outside_rule()
    port = parts.port or (HTTPS if parts.scheme == "https" else 80)
    host = str(parts.hostname)
    address = address_of(host, port, is_private_allowed=is_private_allowed)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    line = _Line(host, port, address, tls)
    timer = Timer(rule.whole_s, line.cut)
    timer.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request("POST", path, body, dict(headers))
        answer = line.getresponse()
        for _ in iter(partial(answer.read, 4096), b""):
            break  # what it says does not matter
    except (OSError, http.client.HTTPException) as error:
        raise Refused("outside_unreached", host=host) from error
    finally:
        timer.cancel()
        line.close()
    if not 200 <= answer.status < 300:
        raise Refused("outside_answer_bad", host=host, status=answer.status)
