"""The command `gridcircle dispatch` on one street."""

from __future__ import annotations

import json

import pytest

from geo.store.database import Database
from tests.db.test_coverage_command import gridcircle
from tests.dispatch_towns import STREET, Town

FRIDAY = ("--at", "2026-11-20T10:00")


@pytest.fixture
def town(db: Database) -> Town:
    town = Town(db).streets(*STREET)
    town.add_station(1300, opening_hours="Mo-Fr 08:00-18:00", capacity=5)
    town.add_station(1200, opening_hours="Sa 08:00-18:00")
    return town


def test_rank_as_data(town: Town) -> None:
    case = town.add_case(1000)
    code, told = gridcircle(town.db, "dispatch", "rank", str(case), "-k", "1", "--path", *FRIDAY, "--json")
    assert code == 0, told
    found = json.loads(told)
    (one,) = found["helpers"]
    assert (one["id"], one["travel_ds"], round(one["way_m"], 1)) == (town.station[0], 2700, 300)
    assert one["way"]["type"] == "LineString"
    assert [(other["id"], other["reason"]["key"]) for other in found["set_aside"]] == [
        (town.station[1], "helper_closed_until")
    ]
    assert (found["is_degraded"], found["detail"], found["number_set_aside"]) == (False, None, 1)


def test_rank_in_words(town: Town) -> None:
    case = town.add_case(1000)
    code, told = gridcircle(town.db, "dispatch", "rank", str(case), *FRIDAY)
    assert code == 0, told
    lines = told.splitlines()
    assert "everybody near is told" in lines[0]
    assert lines[1].startswith("4.5 min | 300 m | 站0 | ")
    assert lines[-1].startswith("3.0 min | 站1 | ")
    code, told = gridcircle(town.db, "dispatch", "rank", str(case), "--service", "没有", *FRIDAY)
    assert code == 0
    assert "60" in told.splitlines()[0]


def test_rank_refuses(town: Town) -> None:
    for words in (("10000",), (str(town.add_case(None)),), (str(town.add_case(1000)), "--mode", "hurried")):
        code, told = gridcircle(town.db, "dispatch", "rank", *words, "--json")
        assert code == 1
        assert json.loads(told)["detail"]


def test_cover(town: Town) -> None:
    code, told = gridcircle(town.db, "dispatch", "cover", *FRIDAY, "--json")
    assert code == 0, told
    (left,) = json.loads(told)["kinds"]
    assert (left["kind"], left["present"], left["free"], left["is_short"]) == ("party_mass_centre", 1, 1, False)
    code, told = gridcircle(town.db, "dispatch", "cover", *FRIDAY)
    assert code == 0
    assert "party_mass_centre: 1 open, 1 of them free; nobody lives near one." in told
    assert len(told.splitlines()) >= 2
