"""Circle against streets: numpy and shapely as second opinion, towns whose people can be counted on fingers."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.reach.honesty import (
    compare,
    compare_groups,
    in_circles,
    in_outlines,
    led_astray,
    nearest_by_air,
)
from geo.compute.reach.members import Members, is_in_any, of_places, together
from geo.units import NONE

Points = list[tuple[int, int]]
places = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


def xy_m(points: Points) -> np.ndarray:
    return np.array(points, dtype=float).reshape(-1, 2)


def members_of(*homes_of_place: list[int]) -> Members:
    start = np.concatenate([[0], np.cumsum([len(homes) for homes in homes_of_place])]).astype(np.int64)
    return Members(start, np.array([home for homes in homes_of_place for home in homes], dtype=np.int32))


def as_lists(members: Members) -> list[list[int]]:
    return [part.tolist() for part in np.split(members.home_of_member, members.start_of_place[1:-1])]


@settings(deadline=None)  # the first example compiles
@given(places, places, st.integers(0, 30))
def test_circles_against_all_distances(homes: Points, stations: Points, radius: int) -> None:
    found = in_circles(xy_m(homes), xy_m(stations), float(radius))
    for i, (x, y) in enumerate(stations):
        inside = [h for h, (hx, hy) in enumerate(homes) if (hx - x) ** 2 + (hy - y) ** 2 <= radius**2]
        assert found.home_of_member[found.start_of_place[i] : found.start_of_place[i + 1]].tolist() == inside
    assert len(found.start_of_place) == len(stations) + 1


def test_more_homes_in_a_circle_than_fit_at_first() -> None:
    homes = np.zeros((5000, 2))
    found = in_circles(homes, np.zeros((200, 2)), 1.0)
    assert (np.diff(found.start_of_place) == 5000).all()
    assert (found.home_of_member.reshape(200, 5000) == np.arange(5000)).all()


@settings(deadline=None)  # the first example compiles
@given(places, places)
def test_nearest_by_air_against_all_distances(homes: Points, stations: Points) -> None:
    found = nearest_by_air(xy_m(homes), xy_m(stations)).tolist()
    expected = [
        min(
            range(len(stations)), key=lambda s: ((stations[s][0] - x) ** 2 + (stations[s][1] - y) ** 2, s), default=NONE
        )
        for x, y in homes
    ]
    assert found == expected


def test_outlines_may_overlap_and_their_borders_count() -> None:
    lonlat = np.array([[0.5, 0.5], [1.0, 0.5], [2.5, 0.5], [9.0, 9.0]])
    outlines = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1), shapely.box(5, 5, 6, 6)], dtype=object)
    assert as_lists(in_outlines(lonlat, outlines)) == [[0, 1], [1, 2], []]
    assert as_lists(in_outlines(lonlat, outlines[:0])) == [[]]


def test_promised_and_kept() -> None:
    people = np.array([[10.0, 1.0], [20.0, 2.0], [40.0, 4.0], [80.0, 8.0]])
    found = compare(members_of([0, 1, 2], []), members_of([1, 3], [0]), people)
    assert found.promised.tolist() == [[70, 7], [0, 0]]
    assert found.reached.tolist() == [[100, 10], [10, 1]]
    assert found.both.tolist() == [[20, 2], [0, 0]]
    assert found.promised_only.tolist() == [[50, 5], [0, 0]]
    assert found.reached_only.tolist() == [[80, 8], [10, 1]]


def test_groups_leave_out_homes_of_none() -> None:
    people = np.array([[10.0], [20.0], [40.0], [80.0]])
    is_promised, is_reached = np.array([1, 1, 0, 1], bool), np.array([0, 1, 1, 1], bool)
    found, everybody = compare_groups(is_promised, is_reached, people, np.array([0, 0, 1, NONE]), 2)
    assert everybody.ravel().tolist() == [30, 40]
    assert found.promised.ravel().tolist() == [30, 0]
    assert found.reached.ravel().tolist() == [20, 40]
    assert found.promised_only.ravel().tolist() == [10, 0]


member_lists = st.lists(st.sets(st.integers(0, 9)).map(sorted), min_size=1, max_size=6)


@given(member_lists, st.data())
def test_homes_of_groups_of_places(lists: list[list[int]], data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.sampled_from([NONE, 0, 1, 2]), min_size=len(lists), max_size=len(lists)))
    found = together(members_of(*lists), np.array(groups), 3)
    expected = [sorted({h for g, homes in zip(groups, lists, strict=True) if g == k for h in homes}) for k in range(3)]
    assert as_lists(found) == expected


@given(member_lists, st.data())
def test_homes_of_chosen_places(lists: list[list[int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(lists) - 1), min_size=1))
    assert as_lists(of_places(members_of(*lists), np.array(chosen))) == [lists[i] for i in chosen]


@given(member_lists, member_lists)
def test_what_is_promised_is_kept_or_not(promised: list[list[int]], reached: list[list[int]]) -> None:
    n = max(len(promised), len(reached))
    promised, reached = (lists + [[]] * (n - len(lists)) for lists in (promised, reached))
    people = np.arange(10.0)[:, None] + 1
    found = compare(members_of(*promised), members_of(*reached), people)
    for i in range(n):
        assert found.promised_only[i, 0] == sum(h + 1 for h in set(promised[i]) - set(reached[i]))
        assert found.reached_only[i, 0] == sum(h + 1 for h in set(reached[i]) - set(promised[i]))


def test_in_any() -> None:
    assert is_in_any(members_of([0, 2], [2]), 4).tolist() == [True, False, True, False]


def test_led_astray_by_the_air() -> None:
    # nearest on foot 1, 2, 3 minutes; the one nearest by air is the same, 4 minutes farther, and not there within 60
    ds_nearest = np.array([600, 1200, 1800, NONE], dtype=np.int32)
    ds_to_air = np.array([600, 3600, NONE, NONE], dtype=np.int32)
    found = led_astray(ds_nearest, ds_to_air, np.array([10.0, 20.0, 30.0, 40.0]), 36_000)
    assert (found.homes, found.residents) == (3, 60)
    assert (found.homes_astray, found.residents_astray, found.residents_not_there) == (2, 50, 30)
    assert found.extra_minutes_median == pytest.approx(57)
    assert found.extra_minutes_p95 == pytest.approx(57)


def test_nobody_is_led_astray_where_both_are_as_far() -> None:
    times = np.array([600, 0], dtype=np.int32)
    found = led_astray(times, times, np.ones(2), 36_000)
    assert (found.homes_astray, found.extra_minutes_median) == (0, None)
