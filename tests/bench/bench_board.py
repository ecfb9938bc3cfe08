"""The dispatchers' board in a city with a million cases: its pages, and when fifty of them see a change."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from contextlib import AsyncExitStack
from datetime import datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import Connection, event, text

from geo.store.case_lists import CaseFilter, Due, list_cases
from geo.store.database import Database
from geo.store.lists import Slice
from tests.bench.cities import GRAPH
from tests.bench.graphs import GENERATED
from tests.bench.http_load import CASE, PATIENCE_S, RANKING, WARM_UP_S, Served, ask, served, with_streets
from tests.bench.machine import Row, Table, use_cores
from tests.bench.million_cases import million_cases

PAGE = 500
"""As many cases as the board asks for at once."""
FIRST = f"/api/v1/incidents?state=open&order=due&limit={PAGE}"
N_ASKED, N_QUICK = 50, 5
INDEX = "incident_due_idx"

LISTENERS = 50
RATE = 10
"""Steps a second."""
N_STEPS, N_STEPS_QUICK = 200, 20
MOVE = "claim"
QUESTIONS, SECONDS = 100, 20
"""Of others, a second, and for how long."""
N_QUESTIONS = 500
LATEST_S = 10.0
"""So long after the last step nobody is waited for."""

IN_ORDER = text("""
    select id, stage_due_at from incident where state = 'open' and retired_at is null
    order by coalesce(stage_due_at, 'infinity'), id
""")
FREE = text("""
    select id from incident where stage = 'filed' and holder_token_id is null order by id limit :n
""")
CHOSEN = text("select id from incident where stage = 'closed' order by md5(id::text) limit :n")
OVERDUE = text("select count(*) from incident where state = 'open' and breached_due_at is distinct from stage_due_at")


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db, _ = million_cases(table.quick)
    use_cores(2)
    with served(db) as service:
        pages(table, db, service)
        asyncio.run(changes(table, db, service))
        asyncio.run(meanwhile(table, db, service))
    use_cores(1)


def pages(table: Table, db: Database, service: Served) -> None:
    """The first page again and again, then all pages in turn, which hold every open case once, what is due first."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
    ask(connection, FIRST, service.headers)
    first_s = [_asked(connection, FIRST, service)[0] for _ in range(N_QUICK if table.quick else N_ASKED)]
    path: str | None = FIRST
    page_s, found = [], []
    with db.read() as conn:
        before = {row.id: row.stage_due_at for row in conn.execute(IN_ORDER)}
    while path:
        seconds, told = _asked(connection, path, service)
        page_s.append(seconds)
        found += [feature["properties"]["id"] for feature in told["features"]]
        path = next((link["href"] for link in told["links"] if link["rel"] == "next"), None)
        path = path and "{0.path}?{0.query}".format(urlsplit(path))
    with db.read() as conn:
        # what the clock moved meanwhile may stand on two pages or on none
        still = [row.id for row in conn.execute(IN_ORDER) if before.get(row.id, 0) == row.stage_due_at]
        stays = frozenset(still)
        is_same = [case for case in found if case in stays] == still
        uses_index = by_index(conn, None) and by_index(conn, Due(None, 0))
    how = f"read from {INDEX}" if uses_index else f"{INDEX} IS NOT USED"
    for job, seconds_of in (("first page of the board", first_s), ("any page of the board", page_s)):
        note = f"{PAGE} cases over HTTP, slowest of {len(seconds_of)} {1000 * max(seconds_of):.0f} ms; {how}"
        row = Row(job, GRAPH, "-", statistics.median(seconds_of), equal=is_same and uses_index, runs=len(seconds_of))
        table.add(Row(**vars(row) | {"note": f"{note}; to be under 100 ms"}))


def _asked(connection: HTTPConnection, path: str, service: Served) -> tuple[float, dict[str, Any]]:
    begun = time.perf_counter()
    body = ask(connection, path, service.headers)
    return time.perf_counter() - begun, json.loads(body)


def by_index(conn: Connection, after: Due | None) -> bool:
    """Whether a page is read from the index that it is ordered by: nothing is sorted."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(conn, "before_cursor_execute", note)
    list_cases(conn, CaseFilter(state="open"), Slice(PAGE + 1), due_first=True, after=after)
    event.remove(conn, "before_cursor_execute", note)
    statement, values = asked[-1]
    plan = "\n".join(conn.exec_driver_sql(f"explain {statement}", values).scalars())
    return INDEX in plan and "Sort" not in plan


async def changes(table: Table, db: Database, service: Served) -> None:
    """From when the service was asked for a step, which is before its commit, until each board has it."""
    n = N_STEPS_QUICK if table.quick else N_STEPS
    with db.read() as conn:
        cases = list(conn.execute(FREE, {"n": n}).scalars())
        overdue = conn.execute(OVERDUE).scalar_one()
    async with AsyncExitStack() as stack:
        boards = [await stack.enter_async_context(_Board(service)) for _ in range(LISTENERS)]
        await _post(service, cases)
        done = asyncio.gather(*(board.until(n) for board in boards))
        await asyncio.wait_for(done, LATEST_S)
    each = all([case for case, _ in board.seen] == cases for board in boards)
    late_s = np.array([late for board in boards for _, late in board.seen])
    p50, p99 = np.percentile(late_s, [50, 99])
    note = (
        f"{n} steps, {RATE}/s, at {LISTENERS} boards, while the clock works off {overdue:,} overdue cases: "
        f"median {1000 * p50:.0f} ms, latest {1000 * late_s.max():.0f} ms"
    )
    row = Row("a change seen by boards, 99th percentile", GRAPH, "-", p99, equal=each, runs=len(late_s))
    table.add(Row(**vars(row) | {"note": f"{note}; to be under 1 s"}))


async def meanwhile(table: Table, db: Database, service: Served) -> None:
    """Questions of others while the boards listen and steps are taken; these are not looked at here."""
    seconds = 5 if table.quick else SECONDS
    with db.read() as conn:
        cases = list(conn.execute(FREE, {"n": round(RATE * (seconds + WARM_UP_S))}).scalars())
        asked = list(conn.execute(CHOSEN, {"n": N_QUESTIONS}).scalars())
    with_streets(service, RANKING.format(asked[0]))
    paths = [path.format(case) for case in asked for path in (RANKING, CASE)]
    told = {"service": service, "paths": paths, "rate": QUESTIONS, "seconds": seconds}
    async with AsyncExitStack() as stack:
        for _ in range(LISTENERS):
            await stack.enter_async_context(_Board(service))
        ms, _ = await asyncio.gather(_elsewhere("tests.bench.http_load", told), _post(service, cases))
    p50, p99 = np.percentile(ms, [50, 99])
    note = (
        f"{QUESTIONS} requests/s for {seconds} s on two cores, half rankings, half cases, {LISTENERS} boards hear of "
        f"{RATE} steps/s: median {p50:.1f} ms; to be under 25 ms"
    )
    table.add(Row("questions beside boards, 99th percentile", GRAPH, "-", p99 / 1000, runs=len(ms), note=note))


async def _post(service: Served, cases: list[int]) -> None:
    """Another process takes the cases in hand, one after the other."""
    told = {"port": service.port, "headers": service.headers, "cases": cases, "rate": RATE}
    await _elsewhere("tests.bench.post_steps", told)


async def _elsewhere(program: str, told: dict[str, Any]) -> Any:
    """What a program says in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", program), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate(json.dumps(told).encode())
    assert process.returncode == 0, f"{program}: something was refused"
    return json.loads(said)


class _Board:
    """One stream of changes, read as they come."""

    def __init__(self, service: Served) -> None:
        self._service = service
        self.seen: list[tuple[int, float]] = []
        """Case, and seconds since its step was asked for."""

    async def __aenter__(self) -> _Board:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._service.port)
        lines = [f"{name}: {value}" for name, value in self._service.headers.items()]
        head = ["GET /api/v1/events HTTP/1.1", f"Host: 127.0.0.1:{self._service.port}", *lines]
        self._writer.write("\r\n".join([*head, "", ""]).encode())
        while b"as_of" not in await asyncio.wait_for(self._reader.readline(), PATIENCE_S):
            pass  # its first words say that it listens
        self._reading = asyncio.create_task(self._read())
        self._changed = asyncio.Event()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        self._writer.close()

    async def until(self, n: int) -> None:
        """Wait for so many steps."""
        while len(self.seen) < n:
            self._changed.clear()
            await self._changed.wait()

    async def _read(self) -> None:
        kind = b""
        while line := await self._reader.readline():
            now = time.time()
            if line.startswith(b"event: "):
                kind = line
            elif line.startswith(b"data: ") and b"step" in kind:
                step = json.loads(line.removeprefix(b"data: "))["step"]
                if step["move"] != MOVE:
                    continue  # the clock's own
                self.seen.append((step["incident_id"], now - datetime.fromisoformat(step["at"]).timestamp()))
                self._changed.set()
