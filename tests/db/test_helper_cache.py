"""What rankings remember: whatever changes, and however changes overlap, they say what is said from nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, update

from geo.cases import Step
from geo.store import cases
from geo.store.database import Database
from geo.store.tables import import_batch, incident, resource, station
from tests.dispatch_towns import AT, STREET, Town, at, point
from tests.trips import way

HOURS = (None, "24/7", "off", "Mo-Fr 08:00-12:00,14:00-18:00", "Mo-Fr 09:59-18:00", "Mo-Sa 08:00-10:00")
MOMENTS = (AT, at(9, 59), at(9, 58), at(12, 30), at(10, 0, (2026, 11, 21)), at(10, 0, (2026, 10, 1)))


def random_changes(town: Town, rng: np.random.Generator) -> tuple[Callable[[], object], ...]:
    """What can happen to a town, each by itself."""

    def one_of(ids: list[int]) -> int:
        return int(rng.choice(ids))

    def case_sent() -> None:
        to_team = rng.random() < 0.4
        case = town.add_case(float(rng.uniform(0, 6000)))
        town.send(case, None if to_team else one_of(town.station), team=one_of(town.team) if to_team else None)
        sent.append(case)

    def case_handled() -> None:
        if sent:
            town.send(sent.pop(), None, stage="handled")

    def changed(table: Any, ids: list[int], **values: Any) -> None:
        with town.db.write() as conn:
            conn.execute(update(table).where(table.c.id == one_of(ids)).values(values))

    def file_came_in() -> None:
        """A file may write a station that was sent into a case, without a step."""
        with town.db.write() as conn:
            conn.execute(
                insert(import_batch).values(kind="x", source="x", filename="", sha256="", actor="", landed_at=AT)
            )
            values = {
                "stage": "dispatched",
                "station_id": one_of(town.station),
                "source_key": f"f{rng.integers(10**9)}",
            }
            row = {"category": "litter", "occurred_at": AT, "updated_at": AT, "source": "file", "geom": point(10, 0)}
            conn.execute(insert(incident).values({**row, **values}))

    sent: list[int] = []
    return (
        case_sent,
        case_sent,
        case_handled,
        file_came_in,
        lambda: town.add_station(float(rng.uniform(0, 6000)), capacity=int(rng.integers(0, 3))),
        lambda: town.add_team(float(rng.uniform(0, 6000)), age=timedelta(minutes=int(rng.integers(0, 200)))),
        lambda: changed(station, town.station, opening_hours=HOURS[rng.integers(len(HOURS))]),
        lambda: changed(station, town.station, capacity=int(rng.integers(0, 4))),
        lambda: changed(station, town.station, geom=point(float(rng.uniform(0, 6000)), 0)),
        lambda: changed(station, town.station, retired_at=AT),
        lambda: changed(resource, town.team, geom=point(float(rng.uniform(0, 6000)), 0)),
        lambda: changed(resource, town.team, position_at=AT - timedelta(minutes=int(rng.integers(0, 200)))),
        lambda: town.streets(way((0, 0), (6000, 0)), way((0, 0), (0, float(rng.integers(100, 900))))),
    )


@pytest.mark.parametrize("seed", range(2))
def test_after_random_changes_it_says_what_one_says_that_remembers_nothing(db: Database, seed: int) -> None:
    town, rng = Town(db).streets(*STREET), np.random.default_rng(seed)
    for x_m in (200, 900, 2000, 4500):
        town.add_station(x_m, capacity=2)
        town.add_team(x_m + 150)
    changes = random_changes(town, rng)
    asked = [town.add_case(x_m) for x_m in (1000, 4000)]
    for _ in range(45):
        changes[rng.integers(len(changes))]()
        wish = {"k": int(rng.integers(1, 6)), "at": MOMENTS[rng.integers(len(MOMENTS))]}
        fresh = replace(town)  # its memory is its own
        assert [town.rank(case, **wish) for case in asked] == [fresh.rank(case, **wish) for case in asked]


def test_a_station_is_free_until_the_commit_that_fills_it(db: Database) -> None:
    town = Town(db).streets(*STREET)
    near, case, other = town.add_station(1500, capacity=1), town.add_case(1000), town.add_case(5000)
    assert town.told(case) == [("站0", 4500)]
    with db.write() as conn:
        known = cases.get_case(conn, other, lock=True)
        version = cases.change_case(conn, known, {"stage": "dispatched", "station_id": near}, AT)
        cases.insert_step(conn, Step(0, other, version, "dispatch", "filed", "dispatched", AT, None, None, {}))
        assert town.told(case) == [("站0", 4500)]
    assert town.told(case) == []
    assert town.set_aside(case) == [("站0", "helper_full")]


@pytest.mark.parametrize("table", [station, resource])
def test_of_changes_that_overlap_the_earlier_is_seen_when_it_ends_last(db: Database, table: Any) -> None:
    town = Town(db).streets(*STREET)
    case = town.add_case(1000)
    for x_m in (1500, 2500):
        (town.add_station if table is station else town.add_team)(x_m)
    ids = town.station + town.team
    with ExitStack() as first_ends:
        conn = first_ends.enter_context(db.write())
        conn.execute(update(table).where(table.c.id == ids[0]).values(retired_at=AT))
        with db.write() as other:
            other.execute(update(table).where(table.c.id == ids[1]).values(geom=point(3000, 0)))
        assert [ds for _, ds in town.told(case)] == [4500, 18_000]
    assert [ds for _, ds in town.told(case)] == [18_000]


def test_what_is_remembered_is_read_anew_only_when_somebody_may_be_busy_or_free(db: Database) -> None:
    town = Town(db).streets(*STREET)
    near, case = town.add_station(1500), town.add_case(1000)
    town.told(case)
    before = town.cache._helpers
    town.send(town.add_case(3000), None, stage="escalated")
    town.told(case)
    assert town.cache._helpers is before
    town.send(town.add_case(3000), near)
    town.told(case)
    assert town.cache._helpers is not before
