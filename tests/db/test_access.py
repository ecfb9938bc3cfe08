"""Who is served how well in the town of two streets: shares that are divided out by hand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.access import METHODS, AccessReport, AccessWish
from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.access import access
from geo.errors import NotFound, Refused
from geo.store.database import Database
from geo.store.locate import find_area
from tests import two_streets
from tests.db.test_coverage_command import gridcircle
from tests.small_town import AT, EAST, WEST


@pytest.fixture
def town(db: Database, tmp_path: Path) -> Database:
    two_streets.load(db, tmp_path)
    return db


def ask(db: Database, **wish: Any) -> AccessReport:
    return access(Engine(db, StreetCache(db)), AccessWish(**wish), AT)


def test_one_station_each_is_shared_by_whoever_reaches_it(town: Database) -> None:
    told = ask(town, supply="stations")
    assert (told.supply.kind, told.supply.total, told.supply.shared) == ("stations", 2, 2)
    # 100 people reach the western station (south, south-east), 130 the eastern one (these and north)
    both, eastern = 1000 / 100 + 1000 / 130, 1000 / 130
    by_code = {area.code: area for area in told.areas}
    assert by_code[WEST].supply == pytest.approx(60 * both / 160)
    assert by_code[EAST].supply == pytest.approx((40 * both + 30 * eastern) / 70)
    assert [area.code for area in told.areas] == [WEST, EAST]
    assert by_code[WEST].people_unserved == 100
    assert by_code[WEST].minutes == pytest.approx((100 * 1100 + 60 * 500) * 0.9 / 60 / 160)
    assert told.groups["elderly"].people_unserved == 20


@pytest.mark.parametrize("method", METHODS)
def test_what_people_get_is_what_stations_offer(method: str, town: Database) -> None:
    for demand in ("residents", "elderly", "children"):
        told = ask(town, method=method, demand=demand, missing_capacity=10, by="grid")
        given = sum((area.supply or 0) * area.people / told.per_people for area in told.areas)
        assert given == pytest.approx(60)
        assert told.supply.shared == told.supply.total == 60


def test_unknown_capacities_are_left_out_or_assumed(town: Database) -> None:
    left_out, assumed = ask(town).supply, ask(town, missing_capacity=10).supply
    assert (left_out.total, left_out.n_stations, left_out.n_left_out, left_out.n_assumed) == (50, 1, 1, 0)
    assert (assumed.total, assumed.n_stations, assumed.n_left_out, assumed.n_assumed) == (60, 2, 0, 1)


def test_minutes_of_people_are_spread_unevenly(town: Database) -> None:
    minutes = np.repeat([1100, 500, 100 + np.hypot(100, 40), 500], [100, 60, 40, 30]) * 0.9 / 60
    told = ask(town).groups["residents"].minutes_up_to_horizon
    assert told.mean == pytest.approx(minutes.mean(), rel=1e-4)
    assert told.gini == pytest.approx(np.abs(minutes[:, None] - minutes).mean() / 2 / minutes.mean(), rel=1e-4)
    assert told.worst_tenth_mean == pytest.approx(16.5, rel=1e-4)
    assert told.tenth_to_four_tenths == pytest.approx(23 * 16.5 / np.sort(minutes)[:92].sum(), rel=1e-4)


def test_one_area_shares_with_all_others(town: Database) -> None:
    with town.read() as conn:
        west = find_area(conn, WEST)
    everybody, alone = ask(town), ask(town, area_id=west)
    assert [area for area in everybody.areas if area.code == WEST] == alone.areas
    assert alone.supply == everybody.supply
    assert alone.groups["residents"].people == 160


def test_a_file(town: Database, tmp_path: Path) -> None:
    code, text = gridcircle(town, "access", "--supply", "stations", "--out", str(tmp_path / "access.csv"))
    assert code == 0
    assert "160" in text
    with (tmp_path / "access.csv").open(encoding="utf-8-sig", newline="") as file:
        found = {row["code"]: row for row in csv.DictReader(file)}
    assert float(found[WEST]["people_unserved"]) == 100


def test_what_cannot_be_told(town: Database) -> None:
    for wish in ({"method": "3sfca"}, {"demand": "cats"}, {"supply": "none"}, {"by": "planet"}):
        with pytest.raises(NotFound) as refused:
            ask(town, **wish)
        assert refused.value.key == "access_choice_unknown"
    with pytest.raises(Refused):
        ask(town, missing_capacity=-1)
