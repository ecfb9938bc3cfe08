"""Figures of a month of a city with a million cases: first asked, and again after a step; against sums in SQL."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.case_memory import CaseMemory
from geo.actions.cases.figure_periods import month_of
from geo.actions.cases.tell_figures import FigureSight, tell_figures
from geo.case_figures import By, FigureTable, FigureWish
from geo.settings import Settings
from geo.store.cases import ORDERED
from geo.store.database import Database
from tests.bench.cities import GRAPH
from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, timed
from tests.bench.million_cases import AT, million_cases
from tests.bench.million_steps import fill_steps

MONTHS = ("2026-10", "2026-06", "2025-09")
EXACT = FigureSight(is_exact=True)

PLAIN = text("""
    with known as (
        select s.incident_id, min(s.at) filter (where s.from_stage is null) as reported_at,
               bool_or(s.to_stage = 'filed') as is_filed,
               (array_agg(s.to_stage order by s.seq desc))[1] as stage
        from incident i
        join incident_step s on s.incident_id = i.id
        where i.reported_at >= :since and i.reported_at < :before and s.at <= :as_of and s.known_at <= :as_of
        group by s.incident_id
    )
    select count(*), count(*) filter (where is_filed),
           count(*) filter (where stage not in ('merged', 'withdrawn')),
           count(*) filter (where stage in ('closed', 'evaluated'))
    from known where reported_at >= :since and reported_at < :before
""")
"""Two of the eleven rates, of the whole city, without clocks, grids or undone files."""

STEP = text("""
    with changed as (
        update incident set version = version + 1
        where id = (select min(id) from incident where source = 'bench' and stage = 'filed' and version = 1)
        returning id
    )
    insert into incident_step (incident_id, seq, move, from_stage, to_stage, at, known_at)
    select id, 2, 'claim', 'filed', 'filed', :at, :at from changed
""")


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db, _ = million_cases(table.quick)
    fill_steps(db)
    desk, memory = Desk(Settings()), CaseMemory()
    first_asked(table, db, desk)
    for by in ("all", "community"):
        after_a_step(table, db, desk, memory, by)


def ask(db: Database, desk: Desk, month: str, by: By, memory: CaseMemory | None) -> FigureTable:
    return tell_figures(db, desk, FigureWish(*month_of(month, desk.zone), AT, by), AT, EXACT, memory)


def plain(db: Database, zone: ZoneInfo, month: str) -> tuple[int, ...]:
    since, before = month_of(month, zone)
    with db.read() as conn:
        return tuple(conn.execute(PLAIN, {"since": since, "before": before, "as_of": AT}).one())


def differ(ours: FigureTable, theirs: tuple[int, ...]) -> str:
    filing, solved = ours.whole.rates["filing"], ours.whole.rates["solved"]
    mine = (filing.denominator, filing.numerator, solved.denominator, solved.numerator)
    return "" if mine == theirs else f"{mine}, {theirs}"


def first_asked(table: Table, db: Database, desk: Desk) -> None:
    """Each time by a service that knows nothing yet."""
    ours, theirs = cycle(MONTHS), cycle(MONTHS)
    table.compare(
        "figures of a month, first asked",
        GRAPH,
        "sums in SQL",
        lambda: ask(db, desk, next(ours), "community", None),
        lambda: plain(db, desk.zone, next(theirs)),
        differ,
        note="all rates and times by community; the peer adds up two rates of the whole; to be under 300 ms",
    )


def after_a_step(table: Table, db: Database, desk: Desk, memory: CaseMemory, by: By) -> None:
    month = MONTHS[0]

    def ours() -> FigureTable:
        return ask(db, desk, month, by, memory)

    anew = ask(db, desk, month, by, None)
    assert ours() == anew, "what is kept is what is stored"
    peer: Callable[[], object] = partial(plain, db, desk.zone, month)
    times = []
    for _ in range(table.runs(7)):
        with db.write() as conn:
            conn.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ORDERED})
            conn.execute(STEP, {"at": AT})
        times.append((timed(ours), timed(peer)))
    assert ours() == ask(db, desk, month, by, None), "and so it is after steps"
    mine, other = (median(side) for side in zip(*times, strict=True))
    table.add(
        Row(
            f"figures of a month by {by}, again after a step",
            GRAPH,
            "sums in SQL",
            mine,
            other,
            other / mine,
            True,
            len(times),
            note="to be under 50 ms",
        )
    )
