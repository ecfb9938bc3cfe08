"""Figures of invented worlds, told over and over while cases come, change, move and go, against a plain count.

The count knows nothing of the database: it keeps what was done in a list, and asks it case by case.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.case_memory import CaseMemory
from geo.actions.cases.tell_figures import FigureSight, tell_figures
from geo.case_figures import By, FigureTable, FigureWish
from geo.case_states import ENDED_STAGES, Stage, moves_from
from geo.cases import Step
from geo.compute.cases.deadlines import due, due_after_pauses
from geo.settings import Settings
from geo.store import cases
from geo.store.database import Database
from geo.store.gone_cases import keep_for_figures
from tests.plan_towns import PlanTown
from tests.small_town import WEST

CITY = ZoneInfo("Asia/Shanghai")
BEGIN, DAYS = datetime(2026, 2, 20, tzinfo=CITY), 50
PERIODS = (
    (datetime(2026, 3, 1, tzinfo=CITY), datetime(2026, 4, 1, tzinfo=CITY)),
    (datetime(2026, 3, 9, tzinfo=CITY), datetime(2026, 3, 12, tzinfo=CITY)),
)
LATER = BEGIN + timedelta(days=200)
DESK = Desk(Settings(caller_key=SecretStr("k" * 40)))
EXACT = FigureSight(is_exact=True)
ITEMS, UNITS = ("0101", "0102"), ("甲", "乙", "丙")
ARRIVAL = timedelta(minutes=15)
N_ROUNDS, N_MOVES = 12, 25


@dataclass
class Told:
    """A case as it is remembered here."""

    id: int
    item: str
    import_id: int | None
    steps: list[tuple[Step, datetime]] = field(default_factory=list)
    """Each with since when it is known."""
    until: datetime | None = None

    def known(self, as_of: datetime) -> list[Step]:
        """What counts at a moment."""
        there = [step for step, known_at in self.steps if known_at <= as_of]
        backs = [step for step in there if step.move == "undo"]
        gone = {step.seq for step in backs} | {seq for step in backs for seq in step.said["undone"]}
        return [step for step in there if step.seq not in gone and step.at <= as_of]


class World:
    """Cases in a database, and what is remembered of them."""

    def __init__(self, db: Database, town: PlanTown, seed: int) -> None:
        self.db, self.town, self.dice = db, town, random.Random(seed)
        self.told: list[Told] = []
        self.now = BEGIN

    def live(self) -> list[Told]:
        """Those that are still there."""
        return [one for one in self.told if one.until is None]

    def step(self, conn: Connection, one: Told, move: str, stage: Stage, at: datetime, **said: Any) -> None:
        """Write a step, and what the case's row is then."""
        before = one.steps[-1][0].to_stage if one.steps else None
        step = Step(0, one.id, len(one.steps) + 1, move, before, stage, at, "desk 1", None, said)
        values = {"id": one.id, "stage": stage, "state": "closed" if stage in ENDED_STAGES else "open", "at": self.now}
        more = "".join(f", {name} = :{name}" for name in ("unit", "grid_id") if name in said)
        conn.execute(
            text(
                "update incident set version = version + 1, updated_at = :at, stage = :stage, state = :state, "
                f"merged_into_id = case :stage when 'merged' then :id end{more} where id = :id"
            ),
            values | said,
        )
        conn.execute(text("select pg_advisory_xact_lock(:key)"), {"key": cases.ORDERED})
        conn.execute(
            text(
                "insert into incident_step (incident_id, seq, move, from_stage, to_stage, at, known_at, said) values "
                "(:id, :seq, :move, :before, :stage, :happened, :at, cast(:said as jsonb))"
            ),
            values | {"seq": step.seq, "move": move, "before": before, "happened": at, "said": json.dumps(said)},
        )
        one.steps.append((step, self.now))

    def report(self, conn: Connection, import_id: int | None = None) -> None:
        """A new case, perhaps of days gone by."""
        at = self.now - timedelta(days=self.dice.choice((0, 0, 3)) if import_id else 0)
        item, unit = self.dice.choice(ITEMS), self.dice.choice(UNITS)
        made = text(
            "insert into incident (occurred_at, reported_at, updated_at, category, source, source_key, item, unit, "
            "catalogue_version, import_id) values (:at, :at, :now, 'litter', 'x', :key, :item, :unit, 'seed-1', :file) "
            "returning id"
        )
        values = {"at": at, "now": self.now, "key": str(len(self.told)), "item": item, "unit": unit, "file": import_id}
        one = Told(conn.execute(made, values).scalar_one(), item, import_id)
        self.told.append(one)
        grid_id = self.dice.choice((*self.town.grid, None))
        self.step(conn, one, "report", self.dice.choice(("filed", "collected")), at, unit=unit, grid_id=grid_id)

    def move_on(self, conn: Connection) -> None:
        """Something that may be done to a case."""
        one = self.dice.choice(self.live())
        stage: Stage = one.steps[-1][0].to_stage
        kind = self.dice.random()
        if kind < 0.1:
            before = [step.said["grid_id"] for step, _ in one.steps if "grid_id" in step.said][-1]
            after = self.dice.choice(self.town.grid)
            self.step(conn, one, "rehome", stage, self.now, from_grid_id=before, grid_id=after)
        elif kind < 0.25:
            self._told_and_taken_back(conn, one, stage)
        elif moves := moves_from(stage):
            move = self.dice.choice(moves)
            said: dict[str, Any] = {"unit": self.dice.choice(UNITS)} if "unit" in move.needs else {}
            if move.key in {"feed_back", "close"}:
                minutes = self.dice.choice((5, 40, None))
                said |= {} if minutes is None else {"arrived_at": (self.now - timedelta(minutes=minutes)).isoformat()}
                said |= {"satisfied": self.dice.choice((True, False))}
            self.step(conn, one, move.key, move.to or stage, self.now, **said)

    def _told_and_taken_back(self, conn: Connection, one: Told, stage: Stage) -> None:
        """A file closes a case of days ago; sometimes it is taken back with it."""
        if stage in ENDED_STAGES or stage == "collected":
            return
        unit = [step.said["unit"] for step in one.known(self.now) if "unit" in step.said][-1]
        at = max(self.now - timedelta(hours=5), one.steps[-1][0].at)
        self.step(conn, one, "settle", "closed", at, unit="文件", imported=True)
        told = len(one.steps)
        self.now += timedelta(hours=1)
        if self.dice.random() < 0.5:
            self.step(conn, one, "undo", stage, self.now, undone=[told], unit=unit, imported=True)

    def file(self, conn: Connection) -> None:
        """Some cases come with a file; sometimes an older one is taken back."""
        made = text(
            "insert into import_batch (kind, source, filename, sha256, actor, landed_at) "
            "values ('orders', 'x', 'x', 'x', 'x', :now) returning id"
        )
        import_id = conn.execute(made, {"now": self.now}).scalar_one()
        for _ in range(self.dice.randint(1, 4)):
            self.report(conn, import_id)

    def take_back(self, conn: Connection) -> None:
        """A file goes with its cases."""
        files = sorted({one.import_id for one in self.live() if one.import_id is not None})
        if not files:
            return
        gone = self.dice.choice(files)
        keep_for_figures(conn, gone, self.now)
        conn.execute(
            text(
                "update incident set merged_into_id = null, stage = 'closed' where stage = 'merged' and import_id = :id"
            ),
            {"id": gone},
        )
        conn.execute(text("delete from incident where import_id = :id"), {"id": gone})
        conn.execute(text("update import_batch set undone_at = :now where id = :id"), {"id": gone, "now": self.now})
        for one in self.live():
            if one.import_id == gone:
                one.until = self.now

    def go_on(self) -> None:
        """Some hours pass."""
        self.now += timedelta(minutes=self.dice.randint(10, 60 * 24 * DAYS // (N_ROUNDS * N_MOVES) * 2))


def part_of(one: Told, known: list[Step], by: By) -> str | None:
    """Which part a case belongs to."""
    if by == "item":
        return one.item
    name = {"unit": "unit", "grid": "grid_id"}[by]
    found: Any = [step.said[name] for step in known if name in step.said][-1]
    return found


def moments(one: Told, known: list[Step], as_of: datetime) -> Iterator[tuple[str, datetime, bool]]:
    """What a case is counted for: rate, when it enters, whether it came off."""
    first, end = known[0], known[-1].to_stage
    passes = [(step.to_stage, step.at) for step in known if step.from_stage != step.to_stage]
    names = [stage for stage, _ in passes]
    is_closed, is_dropped = end in {"closed", "evaluated"}, end in {"merged", "withdrawn"}
    yield "filing", first.at, "filed" in names
    if not is_dropped:
        yield "solved", first.at, is_closed
    limits = DESK.catalogues.version("seed-1").item(one.item).limits
    answer_at = due(first.at, limits["dispatch"], DESK.week).at
    sent = [
        at
        for stage, at in passes
        if stage not in {"collected", "filed", "returned", "escalated", "merged", "withdrawn"}
    ]
    if answer_at < as_of and (sent or not is_dropped):
        yield "response", answer_at, bool(sent) and sent[0] <= answer_at
    pauses = [
        (at, passes[n + 1][1])
        for n, (stage, at) in enumerate(passes[:-1])
        if stage in {"deferred", *ENDED_STAGES} and any(later not in ENDED_STAGES for later in names[n + 1 :])
    ]
    told = due_after_pauses(first.at, limits["total"], pauses, DESK.week)
    assert told is not None
    if told.at < as_of and not is_dropped:
        last = max((at for stage, at in passes if stage == "closed"), default=None)
        yield "closing", told.at, is_closed
        yield "on_time", told.at, is_closed and last is not None and last <= told.at
        if end != "deferred":
            yield "on_time_less_deferred", told.at, is_closed and last is not None and last <= told.at
    if "closed" in names:
        at = passes[names.index("closed")][1]
        pairs = set(pairwise(names))
        again, reopened = ("fed_back", "dispatched") in pairs, ("closed", "dispatched") in pairs
        yield from (("first_pass", at, not again and not reopened), ("rework", at, again))
        yield "second_dispatch", at, reopened
    rated = [(step.at, step.said["satisfied"]) for step in known if "satisfied" in step.said]
    if rated:
        yield "satisfied", *rated[-1]
    arrived = [datetime.fromisoformat(step.said["arrived_at"]) for step in known if "arrived_at" in step.said]
    if arrived and "dispatched" in names:
        sent_at = passes[names.index("dispatched")][1]
        if min(arrived) >= sent_at:
            yield "arrival", sent_at, min(arrived) - sent_at <= ARRIVAL


def counted(world: World, wish: FigureWish) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Numerator and denominator by rate and part, those with nothing left out."""
    found: dict[tuple[str, str | None], tuple[int, int]] = {}
    for one in world.told:
        known = one.known(wish.as_of)
        if not known or known[0].move != "report" or (one.until is not None and one.until <= wish.as_of):
            continue
        part = part_of(one, known, wish.by)
        for rate, at, came_off in moments(one, known, wish.as_of):
            if wish.since <= at < wish.before:
                met, of = found.get((rate, part), (0, 0))
                found[rate, part] = (met + came_off, of + 1)
    return found


def told_by(world: World, table: FigureTable) -> dict[tuple[str, Any], tuple[int | None, int | None]]:
    """The same of a table."""
    grid_of_code = {f"{WEST}00{n}": grid_id for n, grid_id in enumerate(world.town.grid, 1)}
    keys = grid_of_code if table.wish.by == "grid" else {}
    return {
        (rate, keys.get(row.key or "", row.key)): (ratio.numerator, ratio.denominator)
        for row in table.rows
        for rate, ratio in row.rates.items()
        if ratio.denominator
    }


def play(world: World) -> None:
    """Things happen, in transactions of one or several; some of them are under way while others ask."""
    with world.db.write() as conn:
        for _ in range(N_MOVES):
            world.go_on()
            kind = world.dice.random()
            if kind < 0.35 or not world.live():
                world.report(conn)
            elif kind < 0.4:
                world.file(conn)
            elif kind < 0.43:
                world.take_back(conn)
            else:
                world.move_on(conn)


@pytest.mark.parametrize("seed", range(4))
def test_any_table_is_that_of_a_plain_count(db: Database, plan_town: PlanTown, seed: int) -> None:
    world, memory = World(db, plan_town, seed), CaseMemory()
    again: list[tuple[FigureWish, FigureTable]] = []
    bys: tuple[By, ...] = ("grid", "unit", "item")
    for _ in range(N_ROUNDS):
        play(world)
        for since, before in PERIODS:
            if world.now <= since:
                continue
            for as_of in (world.now, since + world.dice.random() * (world.now - since)):
                wish = FigureWish(since, before, max(as_of, since + timedelta(seconds=1)), world.dice.choice(bys))
                found = tell_figures(db, DESK, wish, LATER, EXACT, memory)
                assert told_by(world, found) == counted(world, wish), wish
                assert found == tell_figures(db, DESK, wish, LATER, EXACT), "what is kept is what is stored"
                again.append((wish, found))
    for wish, found in again:  # at last: every table as of its date comes out again
        assert tell_figures(db, DESK, wish, LATER, EXACT, memory) == found


def test_steps_that_are_under_way_are_seen_once_they_are_stored(db: Database, plan_town: PlanTown) -> None:
    """A transaction that began first and ends last lies below the newest step of none."""
    world, memory = World(db, plan_town, 0), CaseMemory()
    since, before = PERIODS[0]
    world.now = since + timedelta(days=1)
    wish = FigureWish(since, before, LATER, "item")

    def told() -> dict[tuple[str, Any], tuple[int | None, int | None]]:
        return told_by(world, tell_figures(db, DESK, wish, LATER, EXACT, memory))

    with db.write() as conn:
        world.report(conn)
    first = told()
    with db.write() as conn:
        world.report(conn)
        world.move_on(conn)
        assert told() == first, "it is not stored yet"
    assert told() == counted(world, wish) != first


def test_what_is_packed_is_what_the_steps_say(db: Database, plan_town: PlanTown) -> None:
    world = World(db, plan_town, 7)
    for _ in range(4):
        play(world)
    packed = text("""
        select count(*), count(*) filter (where l.steps = p.steps and l.sizes = p.sizes and l.words = p.words)
        from case_log l
        full join (
            select incident_id, string_agg(step, '' order by seq) as steps,
                   coalesce(string_agg(sizes, '' order by seq), '') as sizes,
                   coalesce(string_agg(words, '' order by seq), '') as words
            from (
                select incident_id, seq, packed_step(seq, move, from_stage, to_stage, at, known_at, said) as step,
                       case when has_words(move, said) then packed_sizes(move, said) end as sizes,
                       case when has_words(move, said) then packed_words(move, said) end as words
                from incident_step
            ) s
            group by incident_id
        ) p using (incident_id)
    """)
    with db.read() as conn:
        n, alike = conn.execute(packed).one()
        stages = conn.execute(text("select pg_get_functiondef('packed_step'::regproc)")).scalar_one()
    assert n == alike > 10
    assert f"'{{{','.join(get_args(Stage))}}}'" in stages


def test_what_was_undone_stays_undone_when_its_case_goes(db: Database, plan_town: PlanTown) -> None:
    """One file brings a case, another one closes it and is taken back; then the first is."""
    world, (since, before) = World(db, plan_town, 0), PERIODS[0]
    world.now = since + timedelta(days=1)
    with db.write() as conn:
        world.file(conn)
        one = world.told[0]
        for move, stage, said in (("settle", "closed", {}), ("undo", "filed", {"undone": [2]})):
            world.now += timedelta(hours=1)
            world.step(conn, one, move, stage, world.now, **said)
    wish = FigureWish(since, before, world.now, "item")
    first = tell_figures(db, DESK, wish, LATER, EXACT)
    assert told_by(world, first) == counted(world, wish)
    world.now += timedelta(days=1)
    with db.write() as conn:
        world.take_back(conn)
    assert tell_figures(db, DESK, wish, LATER, EXACT) == first
