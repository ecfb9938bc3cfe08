"""``gridcircle serve``: the API and the maps on one address."""

from __future__ import annotations

import errno
import gc
import socket
from collections.abc import Callable

import uvicorn

from api.main import create_app
from geo import settings
from geo.cli.output import Json, answer, language, say
from geo.cluster.where import running_database
from geo.errors import Conflict, GridcircleError, MissingPiece, Refused
from geo.settings import Settings
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.words import sentence
from webmap.assets import missing

GRACE_S = 5
"""How long requests may go on after Ctrl-C."""


def serve(as_json: Json = False) -> None:
    """Serve the maps and the API until Ctrl-C."""
    wanted = settings.load()
    with listen(wanted) as listener, running_database(wanted) as url:
        db = Database(url, size=1)
        migrate(db)
        db.close()
        if missing(wanted.home_abs):
            say("assets_missing")
        serve_on(listener, wanted, url, lambda: announce(wanted, as_json=as_json))


def listen(wanted: Settings) -> socket.socket:
    """Take the address before anything else is started; who asks already waits until the service is there.

    Raises
    ------
    GridcircleError
        If the address cannot be had; the sentence says why.
    """
    try:
        family = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((wanted.host, wanted.port), family=family, backlog=2048)
    except OSError as error:
        raise _refusal(error, wanted) from error
    # Handed on to every connection: an answer is written in two parts, and the second would wait for the first to be
    # acknowledged, which takes the other end up to 40 ms (RFC 896, RFC 1122 section 4.2.3.2).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _refusal(error: OSError, wanted: Settings) -> GridcircleError:
    where = {"host": wanted.host, "port": wanted.port}
    if error.errno == errno.EADDRINUSE:
        return Conflict("port_in_use", **where)
    if error.errno == errno.EACCES:
        return Refused("port_not_allowed", **where)
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Refused("host_not_here", **where)
    return MissingPiece("address_refused", reason=error.strerror, **where)


def serve_on(listener: socket.socket, wanted: Settings, url: str, ready: Callable[[], None]) -> None:
    """Serve until a signal ends it; ``ready`` is called once requests are answered."""
    app = create_app(wanted, url)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )
    _Server(config, ready, app.state.events.end).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn, telling when it is ready and when it is about to end: a stream without an end would be waited for."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ends: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._ends = ready, ends

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _set_aside_what_lasts()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ends()
        await super().shutdown(sockets)


def _set_aside_what_lasts() -> None:
    """Programs, routes and rules last as long as the process: looking through them for what can be thrown away again
    would hold up every request for as long as twenty take.
    """
    gc.collect()
    gc.freeze()


def announce(wanted: Settings, *, as_json: bool) -> None:
    """Print the address."""
    address = address_of(wanted)
    answer({"address": address}, [sentence("serving", language(), address=address)], as_json=as_json)


def address_of(wanted: Settings) -> str:
    """Where a browser on this machine finds the service.

    >>> address_of(Settings(host="0.0.0.0", port=80)), address_of(Settings(host="::1", port=81))
    ('http://127.0.0.1:80', 'http://[::1]:81')
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(wanted.host, wanted.host)  # noqa: S104  (only shown)
    return f"http://[{host}]:{wanted.port}" if ":" in host else f"http://{host}:{wanted.port}"
