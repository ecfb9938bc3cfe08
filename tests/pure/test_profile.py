"""Coverage by the hour on a town of two stations, and on any town against counting home by home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import Point

from geo.actions.city.engine import Base
from geo.actions.reach.profile import extra_of, profile_of, week_from
from geo.compute.reach.pairs import PairsOfHomes
from geo.compute.reach.profile import change_of_hours, people_covered
from geo.errors import NotFound, Refused
from geo.hours import OPEN, open_mask
from geo.people import Homes
from geo.profile import ProfileWish
from geo.provenance import Provenance
from geo.stations import Station

CITY = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=CITY)

Reached = list[dict[int, int]]
"""For each home: station -> deciseconds."""


def of_homes(reached: Reached) -> PairsOfHomes:
    rows = [sorted((ds, station) for station, ds in home.items()) for home in reached]
    return PairsOfHomes(
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.array([station for row in rows for _, station in row], dtype=np.int32),
        np.array([ds for row in rows for ds, _ in row], dtype=np.int32),
    )


TOWN: Reached = [{0: 3000}, {0: 5000, 1: 4000}, {1: 9000}, {}]
"""100 people see station 0 only, 200 both, 400 station 1 only at the very cutoff, 800 none."""

PEOPLE = np.array([[100.0, 10, 1], [200, 20, 2], [400, 40, 4], [800, 80, 8]])


def test_two_stations_through_a_week() -> None:
    hours = ["Mo-Fr 08:00-18:00", "Mo-Su 12:00-20:00"]
    mask = open_mask(hours, week_from(MONDAY)) == OPEN
    covered = people_covered(of_homes(TOWN), mask, 9000, PEOPLE)
    assert covered.shape == (168, 3)
    monday, sunday = covered[:24, 0], covered[-24:, 0]
    assert monday.tolist() == [0] * 8 + [300] * 4 + [700] * 6 + [600] * 2 + [0] * 4
    assert sunday.tolist() == [0] * 12 + [600] * 8 + [0] * 4
    assert (covered[:, 1] * 10 == covered[:, 0]).all()
    assert (covered[:, 2] * 100 == covered[:, 0]).all()


def test_the_cutoff_itself_is_reached_and_a_shorter_one_is_honoured() -> None:
    everything = np.ones((1, 2), dtype=np.bool_)
    reached = [float(people_covered(of_homes(TOWN), everything, cutoff, PEOPLE)[0, 0]) for cutoff in (9000, 8999, 4000)]
    assert reached == [700, 300, 300]
    assert people_covered(of_homes(TOWN), everything, 2999, PEOPLE)[0, 0] == 0


def test_what_an_hour_and_a_saturday_bring() -> None:
    week = week_from(MONDAY)
    before = open_mask(["Mo-Fr 08:00-17:00", "off"], week) == OPEN
    extra = open_mask(["Mo-Fr 17:00-18:00; Sa 09:00-17:00", "Sa 09:00-10:00"], week) == OPEN
    change = change_of_hours(of_homes(TOWN), before, before | extra, 9000, PEOPLE)
    friday, saturday = change.gained[4 * 24 : 5 * 24, 0], change.gained[5 * 24 : 6 * 24, 0]
    assert friday.tolist() == [0] * 17 + [300] + [0] * 6
    assert saturday.tolist() == [0] * 9 + [700] + [300] * 7 + [0] * 7
    assert change.gained[:, 0].sum() == 5 * 300 + 700 + 7 * 300
    assert not change.lost.any()
    assert change.newly_reached.tolist() == [400, 40, 4]  # the others had station 0 on weekdays
    assert change.gaining.tolist() == [700, 70, 7]


def test_hours_that_are_taken_away() -> None:
    open_, shut = np.ones((3, 2), dtype=np.bool_), np.zeros((3, 2), dtype=np.bool_)
    change = change_of_hours(of_homes(TOWN), open_, shut, 9000, PEOPLE)
    assert change.lost[:, 0].tolist() == [700] * 3
    assert not change.gained.any()
    assert not change.gaining.any()


def test_a_city_without_stations_or_homes() -> None:
    none = np.zeros((5, 0), dtype=np.bool_)
    assert people_covered(of_homes([{}, {}]), none, 9000, PEOPLE[:2]).tolist() == [[0, 0, 0]] * 5
    assert people_covered(of_homes([]), np.ones((5, 2), dtype=np.bool_), 9000, PEOPLE[:0]).sum() == 0
    assert not change_of_hours(of_homes([{}]), none, none, 9000, PEOPLE[:1]).gained.any()


N_STATIONS, N_INSTANTS = 9, 150

towns = st.lists(
    st.dictionaries(st.integers(0, N_STATIONS - 1), st.integers(0, 9000), max_size=6), min_size=1, max_size=12
)


def by_counting(reached: Reached, is_open: NDArray[np.bool_], cutoff_ds: int) -> NDArray[np.bool_]:
    """(n_instants, n_homes)"""
    near = [[station for station, ds in home.items() if ds <= cutoff_ds] for home in reached]
    return np.array([[any(row[station] for station in home) for home in near] for row in is_open], dtype=np.bool_)


@settings(max_examples=60, deadline=None)
@given(towns, st.integers(0, 2**32 - 1), st.integers(0, 9000))
def test_any_town_against_counting(reached: Reached, seed: int, cutoff_ds: int) -> None:
    """More distinct sets of open stations than one pass takes."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 500, (len(reached), 3)).astype(np.float64)
    before, after = rng.random((2, N_INSTANTS, N_STATIONS)) < 0.4
    is_before, is_after = by_counting(reached, before, cutoff_ds), by_counting(reached, after, cutoff_ds)
    pairs = of_homes(reached)
    assert (people_covered(pairs, before, cutoff_ds, people) == is_before @ people).all()
    change = change_of_hours(pairs, before, after, cutoff_ds, people)
    assert (change.gained == (is_after & ~is_before) @ people).all()
    assert (change.lost == (is_before & ~is_after) @ people).all()
    assert (change.newly_reached == people[is_after.any(axis=0) & ~is_before.any(axis=0)].sum(axis=0)).all()
    assert (change.gaining == people[is_after.sum(axis=0) > is_before.sum(axis=0)].sum(axis=0)).all()


def test_additional_hours_as_they_are_written() -> None:
    assert extra_of("all: Sa 09:00-17:00").hours == "Sa 09:00-17:00"
    by_id = extra_of("id=3, 5: Mo-Fr 17:30-18:30; Sa 09:00-17:00")
    assert (by_id.station_ids, by_id.hours) == (frozenset({3, 5}), "Mo-Fr 17:30-18:30; Sa 09:00-17:00")
    assert extra_of("service=meals: 11:30-13:30").service == "meals"
    for bad in ("", "all", "Sa 09:00-17:00", "kind=: Sa 09:00-17:00", "id=x: Sa 09:00-17:00", "all=3: Sa 09:00-17:00"):
        with pytest.raises(Refused) as caught:
            extra_of(bad)
        assert caught.value.key == "profile_extra_bad"
    with pytest.raises(Refused) as caught:
        extra_of("all: Mo-Fr 9-5")
    assert caught.value.key == "hours_unreadable"


def test_a_week_has_168_hours_of_the_wall_clock() -> None:
    week = week_from(MONDAY)
    assert len(week) == 168
    assert week[-1] == datetime(2026, 11, 29, 23, tzinfo=CITY)
    assert all(later - earlier == timedelta(hours=1) for earlier, later in pairwise(week))


def station(number: int, kind: str, hours: str | None, services: tuple[str, ...] = ()) -> Station:
    place = Point(103.2, 40.4)
    return Station(
        number, f"S{number}", kind, services, hours, None, None, None, None, place, None, 1, MONDAY, "test", ""
    )


@dataclass(frozen=True)
class SmallBase:
    """What a profile reads of a base."""

    stations: list[Station]
    homes: Homes
    of_homes: PairsOfHomes
    cutoff_ds: int
    provenance: Provenance


def base(*stations: Station) -> Base:
    residents, elderly, children = np.ascontiguousarray(PEOPLE.T)
    homes = Homes(
        id=np.arange(4),
        lonlat_of_start=np.zeros((4, 2)),
        spread_m=np.zeros(4),
        households=np.ones(4),
        residents=residents,
        elderly=elderly,
        children=children,
        floors=np.full(4, -1),
    )
    provenance = Provenance("reach", "planning", "dry", 15, None, None, "abc")
    return cast("Base", SmallBase(list(stations), homes, of_homes(TOWN), 9000, provenance))


CENTRE = station(3, "centre", "Mo-Fr 08:00-18:00", ("meals",))
CLINIC = station(5, "clinic", None, ("meals", "check-ups"))


def wish(**values: Any) -> ProfileWish:
    return ProfileWish("planning", "dry", 15, week_from(MONDAY), 1, **values)


def test_hours_that_are_not_known_count_as_was_asked_and_are_told() -> None:
    closed, open_ = (profile_of(base(CENTRE, CLINIC), wish(unknown=unknown)) for unknown in ("closed", "open"))
    assert (closed.n_stations, closed.n_unsaid) == (2, 1)
    assert closed.everybody.tolist() == [1500, 150, 15]
    assert closed.whenever.tolist() == open_.whenever.tolist() == [700, 70, 7]
    assert closed.covered[[7, 8], 0].tolist() == [0, 300]
    assert open_.covered[[7, 8], 0].tolist() == [600, 700]
    for found in (closed, open_):
        assert found.unsaid[[7, 8], 0].tolist() == [600, 400]
        assert found.open_of_instant[[7, 8]].tolist() == [0, 1]
    assert closed.provenance.inputs_hash not in {"abc", open_.provenance.inputs_hash}


def test_by_kind_and_by_service() -> None:
    asked = {"unknown": "open"}
    by_kind = profile_of(base(CENTRE, CLINIC), wish(by="kind", **asked)).covered_of_group
    assert {key: covered[8, 0] for key, covered in by_kind.items()} == {"centre": 300, "clinic": 600}
    by_service = profile_of(base(CENTRE, CLINIC), wish(by="service", **asked)).covered_of_group
    assert {key: covered[8, 0] for key, covered in by_service.items()} == {"meals": 700, "check-ups": 600}
    alone = profile_of(base(CENTRE, CLINIC), wish(kind="clinic", **asked))
    assert (alone.n_stations, alone.whenever[0], alone.covered[8, 0]) == (1, 600, 600)
    assert profile_of(base(CENTRE, CLINIC), wish(service="check-ups")).n_stations == 1
    with pytest.raises(NotFound):
        profile_of(base(CENTRE, CLINIC), wish(kind="circus"))


def test_the_extra_hour_and_the_saturday() -> None:
    extra = extra_of("kind=centre: Mo-Fr 18:00-19:00; Sa 09:00-17:00")
    gain = profile_of(base(CENTRE, CLINIC), wish(extra=extra)).gain
    assert gain is not None
    assert gain.n_stations == 1
    assert gain.person_hours.tolist() == [(5 + 8) * 300, (5 + 8) * 30, (5 + 8) * 3]
    assert gain.newly_reached.tolist() == [0, 0, 0]
    assert gain.gaining.tolist() == [300, 30, 3]
    with pytest.raises(NotFound):
        profile_of(base(CENTRE, CLINIC), wish(extra=extra_of("id=4: Sa 09:00-17:00")))


def test_the_hash_follows_the_hours() -> None:
    other = replace(CENTRE, opening_hours="Mo-Fr 08:00-18:30")
    hashes = {profile_of(base(one, CLINIC), wish()).provenance.inputs_hash for one in (CENTRE, other)}
    assert len(hashes) == 2


def test_rows_for_a_table() -> None:
    rows = list(profile_of(base(CENTRE, CLINIC), wish(by="kind", extra=extra_of("all: Sa 09:00-17:00"))).rows())
    assert len(rows) == 168
    assert rows[8] == {
        "at": "2026-11-23T08:00:00+08:00",
        "covered_share": 300 / 1500,
        "residents_covered": 300,
        "elderly_covered": 30,
        "children_covered": 3,
        "residents_unsaid": 400,
        "stations_open": 1,
        "centre": 300,
        "clinic": 0,
        "residents_gained": 0,
    }
    assert rows[5 * 24 + 9]["residents_gained"] == 700
