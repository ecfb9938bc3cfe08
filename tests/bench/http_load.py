"""A service in a process of its own, asked at a steady rate; each answer is timed from when its request was due.

``python -m tests.bench.http_load`` asks from a process of its own. Standard input: the arguments of :func:`load_of` as
JSON, standard output: milliseconds.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import quote

from geo.actions.city.create_token import create_token
from geo.store.database import Database

RANKING = "/api/v1/incidents/{}/stations?k=3&service=政务代办&at=2026-11-02T10:00:00"
"""On a Monday morning, whenever the bench runs: at night all are closed, and everybody within the hour is judged."""
CASE = "/api/v1/incidents/{}"

THREADS = 8
PATIENCE_S = 60.0
WARM_UP_S = 3.0
"""So long the same load runs before a time counts: connections, sessions and their plans are then there."""


class Served(NamedTuple):
    """A service that runs, and how somebody with a token asks it."""

    port: int
    headers: dict[str, str]


@contextmanager
def served(db: Database, role: str = "dispatcher") -> Iterator[Served]:
    """The service on a database, and who asks it, until the end of the block."""
    _, secret = create_token(db, name="bench", role=role, area_code=None, days=1, at=datetime.now(UTC))
    headers = {"Authorization": f"Bearer {secret}", "Connection": "keep-alive"}
    with tempfile.TemporaryDirectory() as home, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        process = _serve(db, home, port)
        try:
            _wait_for(port, process)
            yield Served(port, headers)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def with_streets(service: Served, ranking: str) -> None:
    """Wait until the streets are ready that rankings are made from: a new service answers by air until then."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while json.loads(ask(connection, quote(ranking, safe="/?&="), service.headers))["is_degraded"]:
        assert time.monotonic() < end, "the streets do not get ready"


def load_of(service: Served, paths: Sequence[str], rate: int, seconds: float) -> list[float]:
    """Milliseconds of ``rate * seconds`` requests, put to the paths in turn by a dispatcher.

    Whoever is late is not let off: the time runs from when the request should have been sent.
    """
    quoted = [quote(path, safe="/?&=%") for path in paths]
    ask(HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S), quoted[0], service.headers)
    _load(service, quoted, rate, int(rate * WARM_UP_S))
    return _load(service, quoted, rate, int(rate * seconds))


def _serve(db: Database, home: str, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "GRIDCIRCLE_DATABASE_URL": db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
        "GRIDCIRCLE_HOME": home,
        "GRIDCIRCLE_PORT": str(port),
    }
    # as `gridcircle serve` does, on a database that is there
    program = "from geo.cli.serve import listen, serve_on; from geo import settings as s; "
    program += "wanted = s.load(); url = wanted.database_url.get_secret_value(); "
    program += "serve_on(listen(wanted), wanted, url, lambda: None)"
    return subprocess.Popen([sys.executable, "-c", program], env=os.environ | settings)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "the service has ended"
            assert time.monotonic() < end, "the service does not answer"
            time.sleep(0.1)
        else:
            return


def ask(connection: HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    """What the service answers."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return body


def _load(service: Served, paths: Sequence[str], rate: int, n: int) -> list[float]:
    begin, lock, numbers, took_ms = time.perf_counter() + 0.5, threading.Lock(), iter(range(n)), [0.0] * n

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = begin + number / rate
            time.sleep(max(due - time.perf_counter(), 0))
            ask(connection, paths[number % len(paths)], service.headers)
            took_ms[number] = 1000 * (time.perf_counter() - due)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(took_ms), "a request was not answered"
    return took_ms


def main() -> None:
    told = json.load(sys.stdin)
    json.dump(load_of(Served(*told["service"]), told["paths"], told["rate"], told["seconds"]), sys.stdout)


if __name__ == "__main__":
    main()
