"""A day of a city: 400 reports, 12 desks, 30 stations, a plan published at noon, the server killed at 15:00.

It is 30 April 2026, before five days off and a Saturday that is worked. At its end every case is in a lawful state,
every step is in the log, all clocks are right by a calculation that walks minute by minute, and no report is lost or
there twice.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pytest
from sqlalchemy import insert

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.escalate_breaches import escalate_breaches
from geo.actions.city.create_token import create_token
from geo.case_states import MOVES, STAGES
from geo.cases import Case, Step
from geo.rules.case_catalogue import case_catalogues
from geo.settings import Settings
from geo.store import cases
from geo.store.database import Database
from geo.store.incident_tables import incident
from geo.store.tables import station
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import WEST, lonlat

CITY = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 4, 30, 8, 0, tzinfo=CITY)
TICK, TICKS = timedelta(minutes=6), 120
NOON_TICK, KILL_TICK = 40, 70
REPORTS, DESKS, STATIONS = 400, 12, 30
STEPS_A_TICK = 4
ITEMS = ("0101", "0102", "0103", "0302")
WORKED = {date(2026, 5, 9)}
OFF = {date(2026, 5, day) for day in range(1, 6)}
OFFICE = ((8, 12), (14, 18))
PATIENCE_S = 60
Passages = list[tuple[datetime, str]]


class Server:
    """The service, which can be killed and started again on the same port."""

    def __init__(self, url: str, folder: Path) -> None:
        self.clock = folder / "clock"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [
            sys.executable,
            "-m",
            "tests.scripted_server",
            url,
            str(folder),
            str(self.port),
            str(self.clock),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set_clock(self, at: datetime) -> None:
        """At once: a reader never sees half a time."""
        draft = self.clock.with_suffix(".new")
        draft.write_text(at.isoformat(), encoding="utf-8")
        draft.replace(self.clock)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=Path(__file__).parents[2])
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx.get(f"{self.address}/healthz", timeout=5)
                return
            except httpx.TransportError:
                assert time.monotonic() < end, "the server did not start"
                time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)


class Desks:
    """Twelve dispatchers who take what there is to do, and do it again when the line was cut."""

    def __init__(self, address: str, secrets: Sequence[str], stations: Sequence[int]) -> None:
        self.jobs: queue.Queue[tuple[str, int] | None] = queue.Queue()
        self.known: list[int] = []
        self.faults: list[str] = []
        self.cut = threading.Event()
        """Set when the line was cut for anybody."""
        self._address, self._stations = address, stations
        self._threads = [threading.Thread(target=self._work, args=[secret], daemon=True) for secret in secrets]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for _ in self._threads:
            self.jobs.put(None)
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _work(self, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}
        with httpx.Client(base_url=self._address, headers=headers, timeout=30) as client:
            while (job := self.jobs.get()) is not None:
                try:
                    self._do(client, *job)
                except (AssertionError, KeyError, httpx.HTTPError) as error:
                    self.faults.append(f"{job}: {error!r}")
                finally:
                    self.jobs.task_done()

    def _do(self, client: httpx.Client, kind: str, number: int) -> None:
        if kind == "report":
            self._report(client, number)
        else:
            self._step(client, random.Random(number))

    def _ask(self, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
        """Again and again until the service answers; it may have done before what it is asked again."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return client.request(method, path, **more)
            except httpx.TransportError:
                self.cut.set()
                assert time.monotonic() < end, "the service stayed away"
                time.sleep(0.1)

    def _report(self, client: httpx.Client, number: int) -> None:
        dice = random.Random(number)
        x, y = dice.uniform(10, 990), dice.uniform(10, 990)
        at = MORNING + TICK * (number * TICKS // REPORTS)
        body = {
            "item": dice.choice(ITEMS),
            "occurred_at": (at - timedelta(minutes=5)).isoformat(),
            "channel": dice.choice(["hotline", "member", "resident"]),
            "lonlat": None if number % 20 == 0 else lonlat(x, y),
            "text": f"第{number}件，电话 139{number:08}",
            "number": f"N{number:04}",
            "caller": f"0471{1_000_000 + number}",
        }
        # without the outside number nothing but the key keeps it from being there twice
        if number % 2:
            del body["number"]
        headers = {"Idempotency-Key": f"report-{number:06}"}
        made = self._ask(client, "POST", "/api/v1/incidents", json=body, headers=headers)
        while made.status_code == 409:  # the first of two is still being carried out
            made = self._ask(client, "POST", "/api/v1/incidents", json=body, headers=headers)
        assert made.status_code == 201, made.text
        self.known.append(made.json()["id"])

    def _step(self, client: httpx.Client, dice: random.Random) -> None:
        if not self.known:
            return
        path = f"/api/v1/incidents/{dice.choice(self.known)}"
        case = self._ask(client, "GET", path).json()
        moves = [move for move in case["moves"] if move not in {"claim", "release", "merge", "escalate", "reopen"}]
        if case["lonlat"] is None:
            headers = {"If-Match": f'"{case["version"]}"'}
            body = {"lonlat": lonlat(dice.uniform(10, 990), dice.uniform(10, 990))}
            done = self._ask(client, "PUT", f"{path}/place", json=body, headers=headers)
            assert done.status_code in {200, 412, 422}, done.text
        elif moves:
            self._move(client, case, dice.choice(moves), dice)

    def _move(self, client: httpx.Client, case: Any, move: str, dice: random.Random) -> None:
        now = datetime.fromisoformat(case["updated_at"])
        # whoever placed a case has it in hand, and is at another one by now
        body: dict[str, Any] = {"move": move, "reason": "理由", "take_over": not case["is_mine"]}
        if "unit" in MOVES[move].needs:
            body |= {"unit": "环卫中心", "station_id": dice.choice(self._stations)}
        if "until" in MOVES[move].needs:
            body["until"] = (max(now, MORNING) + timedelta(days=20)).isoformat()
        headers = {"If-Match": f'"{case["version"]}"'}
        done = self._ask(client, "POST", f"/api/v1/incidents/{case['id']}/steps", json=body, headers=headers)
        assert done.status_code in {200, 412}, done.text


@contextmanager
def running(db: Database, folder: Path) -> Iterator[Server]:
    server = Server(db.engine.url.render_as_string(hide_password=False), folder)
    server.set_clock(MORNING)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def add_stations(db: Database) -> list[int]:
    rows = [
        {
            "name": f"站{number}",
            "kind": "station",
            "geom": "SRID=4326;POINT({} {})".format(*lonlat(30 * number + 20, 500)),
            "updated_at": MORNING,
            "source": "day",
            "source_key": str(number),
        }
        for number in range(STATIONS)
    ]
    with db.write() as conn:
        return list(conn.execute(insert(station).returning(station.c.id), rows).scalars())


def publish(address: str, secret: str, town: PlanTown) -> None:
    """A column of units goes from the north-western grid to the north-eastern one."""
    headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=30) as client:
        plan = client.post("/plans", json={"community": WEST}).json()["id"]
        units = [unit_no(4, row) for row in range(5, 10)]
        paint = {"op": "paint", "units": units, "grid": town.grid[1]}
        client.post(f"/plans/{plan}/edits", json=paint, headers={"If-Match": '"1"'}).raise_for_status()
        warned = {one["rule"] for one in client.get(f"/plans/{plan}/problems").json() if one["severity"] == "warning"}
        body = {"accepted": dict.fromkeys(warned, "测试")}
        done = client.post(f"/plans/{plan}/publish", json=body, headers={"If-Match": '"2"'})
        assert done.status_code == 200, done.text


def test_the_day(db: Database, town: PlanTown, tmp_path: Path) -> None:
    secrets = [
        create_token(db, name=f"desk {n}", role="dispatcher", area_code=None, days=None, at=MORNING)[1]
        for n in range(DESKS)
    ]
    publisher = create_token(db, name="plans", role="publisher", area_code=None, days=None, at=MORNING)[1]
    stations = add_stations(db)
    with running(db, tmp_path) as server:
        desks = Desks(server.address, secrets, stations)
        for tick in range(TICKS):
            server.set_clock(MORNING + TICK * tick)
            for number in range(tick * REPORTS // TICKS, (tick + 1) * REPORTS // TICKS):
                desks.jobs.put(("report", number))
            for number in range(STEPS_A_TICK):
                desks.jobs.put(("step", tick * STEPS_A_TICK + number))
            if tick == NOON_TICK:
                publish(server.address, publisher, town)
            if tick == KILL_TICK:
                server.kill()
                assert desks.cut.wait(PATIENCE_S)
                server.start()
            desks.jobs.join()
        desks.end()
    assert desks.faults == []
    end = MORNING + TICK * TICKS
    escalate_breaches(db, Desk(Settings(home=tmp_path)), lambda: end)
    with db.read() as conn:
        found = list(conn.execute(incident.select().with_only_columns(incident.c.id)).scalars())
        assert len(found) == REPORTS == len(set(desks.known))
        steps = {incident_id: cases.steps_of(conn, incident_id) for incident_id in found}
        for incident_id in found:
            check(cases.get_case(conn, incident_id), steps[incident_id], town, end)
    made = {step.move for of_case in steps.values() for step in of_case}
    assert {"report", "locate", "dispatch", "handle", "defer", "rehome", "escalate", "overdue"} <= made
    # the service did it by itself, the round at the end only what was left
    assert any(step.move == "escalate" and step.at < end for of_case in steps.values() for step in of_case)


def check(case: Case, steps: Sequence[Step], town: PlanTown, end: datetime) -> None:
    """Lawful, whole, in its grid, and in time by a calculation of our own."""
    assert [step.seq for step in steps] == list(range(1, case.version + 1))
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    stage: str | None = None
    for step in steps:
        assert step.from_stage == stage
        move = MOVES.get(step.move)
        if move is not None:
            assert stage in move.leads_from
            assert step.to_stage == (move.to or stage)
        else:
            assert step.move in {"report", "locate", "take_over", "rehome", "warn", "overdue"}
        stage = step.to_stage
    assert case.stage == stage in STAGES
    assert (case.text or "").endswith("电话 ***")
    if case.lonlat is not None and case.state == "open":
        assert case.grid_id in town.grid
    limits = case_catalogues(None).version(str(case.catalogue_version)).item(str(case.item)).limits
    assert (case.stage_due_at, case.due_at) == (stage_due(steps, limits), total_due(passages_of(steps), limits))
    check_clock(case, steps, limits, end)


def check_clock(case: Case, steps: Sequence[Step], limits: Any, end: datetime) -> None:
    """All that passed was seen to, once, from the subdistrict (all items are its) to the city: there is no district."""
    seen: set[tuple[str, datetime]] = set()
    for number, step in enumerate(steps):
        if step.token_name != "clock":
            assert step.move not in {"escalate", "warn", "overdue"}
            continue
        due = stage_due(steps[:number], limits)
        assert due is not None
        assert datetime.fromisoformat(step.said["due"]) == due
        assert (step.at <= due) == (step.move == "warn")
        assert (step.move, due) not in seen
        seen.add((step.move, due))
        if step.move == "escalate":
            assert step.from_stage in {"filed", "returned", "dispatched", "deferred"}
            assert (step.said["from_level"], step.said["level"]) == ("subdistrict", "city")
        elif step.move == "overdue":
            assert step.from_stage in {"collected", "handled", "fed_back", "verified"}
    due = stage_due(steps, limits)
    if due is not None and due < end and case.state == "open" and case.level != "city":
        assert ("overdue", due) in seen


def passages_of(steps: Sequence[Step]) -> Passages:
    """Stages that were come to; each escalation is one, since it begins a clock anew."""
    return [
        (step.at.astimezone(CITY), step.to_stage)
        for step in steps
        if step.from_stage != step.to_stage or step.move == "escalate"
    ]


GROUPS = {
    **dict.fromkeys(("collected", "filed", "returned", "escalated"), "dispatch"),
    **dict.fromkeys(("dispatched", "deferred"), "handle"),
    **dict.fromkeys(("handled", "fed_back", "verified"), "verify"),
}


def stage_due(steps: Sequence[Step], limits: Any) -> datetime | None:
    passages = passages_of(steps)
    if passages[-1][1] == "deferred":
        return datetime.fromisoformat([step for step in steps if step.move == "defer"][-1].said["until"])
    group = GROUPS.get(passages[-1][1])
    if group is None or group not in limits:
        return None
    first = len(passages) - 1
    while first and passages[first][1] != "escalated" and GROUPS.get(passages[first - 1][1]) == group:
        first -= 1
    return runs_out(passages[first][0], limits[group], stops(passages, {"deferred"}))


def total_due(passages: Passages, limits: Any) -> datetime | None:
    while passages and passages[-1][1] in {"closed", "evaluated", "merged", "withdrawn"}:
        passages = passages[:-1]
    return runs_out(passages[0][0], limits["total"], stops(passages, {"deferred"}))


def stops(passages: Passages, stages: set[str]) -> list[tuple[datetime, datetime | None]]:
    ends: list[datetime | None] = [at for at, _ in passages[1:]]
    return [(at, end) for (at, stage), end in zip(passages, [*ends, None], strict=True) if stage in stages]


def runs_out(begin: datetime, limit: Any, pauses: list[tuple[datetime, datetime | None]]) -> datetime | None:
    """Minute by minute, or day by day; None while it stands still."""

    def stands(at: datetime) -> bool:
        return any(first <= at and (last is None or at < last) for first, last in pauses)

    is_open = any(last is None for _, last in pauses)
    horizon = begin + timedelta(days=60)
    if limit.clock == "work_days":
        day, left = begin.date(), int(limit.amount)
        while day < horizon.date():
            day += timedelta(days=1)
            close = datetime(day.year, day.month, day.day, 18, tzinfo=CITY)
            if is_worked(day) and not stands(close - timedelta(microseconds=1)):
                left -= 1
            if not left:
                return close
        assert is_open
        return None
    at, minutes = begin, round(limit.amount * 60)
    while at < horizon:
        if not stands(at) and (limit.clock == "urgent_hours" or is_office(at)):
            minutes -= 1
        at += timedelta(minutes=1)
        if not minutes:
            return at
    assert is_open
    return None


def is_worked(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in OFF)


def is_office(at: datetime) -> bool:
    return is_worked(at.date()) and any(first <= at.hour < last for first, last in OFFICE)
