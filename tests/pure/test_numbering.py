"""Codes: schemes, the order of numbers, what is free, and what became of whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.plans.numbering import (
    Placed,
    free_codes,
    heirs_of,
    lineage,
    lineage_with_ground,
    number,
    numbered,
    order_west_east_north_south,
)
from geo.drafts import CodeBook, Draft
from geo.errors import BadMove
from geo.grids import Grid
from geo.plan_figures import DESCENTS, Descent
from geo.rules.code_schemes import CodeScheme, code_schemes
from geo.units import NONE
from tests.drawn_grids import CODES, COMMUNITY, draft_of

UNIT_GRID = code_schemes()["unit_grid"]
SMALL = replace(UNIT_GRID, parts=(*UNIT_GRID.parts[:3], ("sequence", 1)))
"""Nine numbers."""


def book(**grids: set[int]) -> CodeBook:
    """Ends of codes -> ids of the grids that had them."""
    return CodeBook(UNIT_GRID, {COMMUNITY + end.removeprefix("c"): frozenset(ids) for end, ids in grids.items()})


@pytest.mark.parametrize(
    ("key", "digits", "third"),
    [
        ("unit_grid", 15, "150102001001003"),
        ("street_of_four", 16, "1501020001001003"),
        ("service_grid", 20, "00000015010200100103"),
    ],
)
def test_schemes(key: str, digits: int, third: str) -> None:
    scheme = code_schemes()[key]
    code = scheme.code("150102001001", 3)
    assert (scheme.digits, code) == (digits, third)
    assert len(code) == digits
    assert scheme.number_of(code, "150102001001") == 3
    assert scheme.number_of(code, "150102001002") is None
    assert scheme.parts[-1][0] == "sequence"


@pytest.mark.parametrize("code", ["", "150102001001", "15010200100100x", "150102001001000", "1501020010010001"])
def test_no_code_of_the_scheme(code: str) -> None:
    assert UNIT_GRID.number_of(code, "150102001001") is None


def test_a_community_that_is_not_divided() -> None:
    service = code_schemes()["service_grid"]
    assert number(COMMUNITY, [7], service) == {7: f"000000{COMMUNITY}00"}
    assert service.number_of(f"000000{COMMUNITY}00", COMMUNITY) == 0
    assert list(number(COMMUNITY, [7, 8], service).values()) == [f"000000{COMMUNITY}{n:02}" for n in (1, 2)]
    assert number(COMMUNITY, [7], UNIT_GRID) == {7: COMMUNITY + "001"}


def order_of(*places: tuple[float, float], ids: list[int] | None = None) -> list[int]:
    at = np.array(places, float).reshape(-1, 2)
    return order_west_east_north_south(at, np.array(ids or range(len(at))), UNIT_GRID).tolist()


def test_rows_from_the_north_each_from_the_west() -> None:
    # rows are 0.002 degrees high: 40.401 and 40.4015 share one, 40.3999 is in the next
    assert order_of((103.2, 40.3999), (103.3, 40.401), (103.25, 40.4015)) == [2, 1, 0]


def test_ties_go_to_the_north_and_then_to_the_lower_id() -> None:
    assert order_of((103.2, 40.4005), (103.2, 40.4015), (103.2, 40.4005), ids=[9, 10, 3]) == [1, 2, 0]


def test_south_of_the_equator_and_nowhere() -> None:
    nowhere = (float("nan"), float("nan"))
    assert order_of(nowhere, (10.0, -0.0005), (10.0, 0.0005), (10.0, -0.0035)) == [2, 1, 3, 0]


placed = st.lists(
    st.tuples(st.integers(0, 8), st.integers(-8, 8)).map(lambda at: (100 + at[0] / 4000, at[1] / 4000)), max_size=15
)


@given(placed, st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_know_how_it_was_asked(places: list[tuple[float, float]], dice: object) -> None:
    ids = list(range(50, 50 + len(places)))
    shuffled = list(zip(places, ids, strict=True))
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    asked = order_of(*[place for place, _ in shuffled], ids=[grid for _, grid in shuffled])
    found = [shuffled[place][1] for place in asked]
    assert found == [ids[place] for place in order_of(*places, ids=ids)]
    # whom somebody comes before does not depend on who else is there
    some = sorted(shuffled[::2])
    asked = order_of(*[place for place, _ in some], ids=[grid for _, grid in some])
    kept = {grid for _, grid in some}
    assert [some[place][1] for place in asked] == [grid for grid in found if grid in kept]


def test_full_numbering() -> None:
    assert number(COMMUNITY, [30, 10, 20], UNIT_GRID) == {
        30: COMMUNITY + "001",
        10: COMMUNITY + "002",
        20: COMMUNITY + "003",
    }


def test_codes_are_kept_and_gaps_are_filled() -> None:
    kept = {10: COMMUNITY + "001", 20: COMMUNITY + "004"}
    found = number(COMMUNITY, [5, 10, 6, 20, 7], UNIT_GRID, kept, retired=[COMMUNITY + "002", "something else"])
    assert found == {grid: f"{COMMUNITY}{n:03}" for grid, n in [(5, 3), (10, 1), (6, 5), (20, 4), (7, 6)]}


@given(
    st.lists(st.integers(0, 40), unique=True, max_size=20),
    st.dictionaries(st.integers(0, 40), st.integers(1, 999).map("{:03}".format), max_size=20),
    st.sets(st.integers(1, 30).map("{:03}".format), max_size=20),
)
def test_numbers_are_unique_and_nothing_kept_is_lost(ids: list[int], drawn: dict[int, str], gone: set[str]) -> None:
    kept = {grid: COMMUNITY + n for n, grid in {n: grid for grid, n in drawn.items()}.items() if grid in ids}
    found = number(COMMUNITY, ids, UNIT_GRID, kept, [COMMUNITY + n for n in gone])
    assert list(found) == ids
    assert len(set(found.values())) == len(ids)
    assert {grid: found[grid] for grid in kept} == kept
    assert not {code[-3:] for grid, code in found.items() if grid not in kept} & gone


def test_more_grids_than_numbers() -> None:
    assert len(number(COMMUNITY, range(9), SMALL)) == 9
    with pytest.raises(BadMove, match="last is 9"):
        number(COMMUNITY, range(10), SMALL)
    with pytest.raises(BadMove, match="last is 9"):
        number(COMMUNITY, range(2), SMALL, {}, [f"{COMMUNITY}{n}" for n in range(1, 9)])


def test_what_cannot_be_kept() -> None:
    with pytest.raises(BadMove, match="15 digits"):
        number(COMMUNITY, [1], UNIT_GRID, {1: "123"})
    with pytest.raises(BadMove, match="Two grids"):
        number(COMMUNITY, [1, 2], UNIT_GRID, {1: COMMUNITY + "001", 2: COMMUNITY + "001"})


def test_a_draft_is_numbered_row_by_row() -> None:
    """A row of the order is 222 m high and begins with the drawing: its lower 200 m are in the first."""
    draft = draft_of("DA", "DA", "CB", "CB")
    codes = numbered(draft, CODES)
    assert [code[-3:] for code in codes] == ["002", "004", "003", "001"]
    assert numbered(draft, CodeBook(code_schemes()["service_grid"]))[0].endswith("02")


@given(st.permutations("ABCD"))
@settings(deadline=None)
def test_numbers_follow_places_not_names(letters: list[str]) -> None:
    a, b, c, d = letters
    draft = draft_of(a + b, a + b, c + d, c + d)
    codes = dict(zip((grid.name for grid in draft.grids), numbered(draft, CODES), strict=True))
    assert [codes[letter][-3:] for letter in letters] == ["001", "002", "003", "004"]


def test_free_codes_of_a_draft() -> None:
    draft = draft_of("ABC")
    # 004 was a grid's that is gone, 006 that of one that is in the draft and has another now
    used = book(c004={77}, c006={1})
    assert free_codes(draft, 2, used) == [COMMUNITY + "005", COMMUNITY + "007"]
    without = replace(
        draft, grids=(draft.grids[0], replace(draft.grids[1], code=""), replace(draft.grids[2], code="9"))
    )
    assert free_codes(without, 2, CODES) == [COMMUNITY + "002", COMMUNITY + "003"]
    assert free_codes(draft, 0, CODES) == []
    with pytest.raises(BadMove):
        free_codes(draft, 1000, CODES)


def test_numbers_of_grids_that_are_gone_are_left_out() -> None:
    draft = draft_of("ABC")  # 1, 2, 3 from west to east
    bare = replace(draft, grids=tuple(replace(grid, code="") for grid in draft.grids))

    def numbers(draft: Draft, used: CodeBook, *, is_reusing: bool = False) -> list[str]:
        return [code[-3:] for code in numbered(draft, used, is_reusing=is_reusing)]

    assert numbers(bare, book(c002={77})) == ["001", "003", "004"]
    assert numbers(bare, book(c002={77}), is_reusing=True) == ["001", "002", "003"]
    assert numbers(draft, book(c002={77})) == ["001", "002", "003"]  # B has it now, whoever had it before
    # what the draft's own grids had may change hands among them; what one of them and a stranger had may not
    assert numbers(bare, book(c001={3}, c002={1, 2})) == ["001", "002", "003"]
    assert numbers(bare, book(c001={3, 77})) == ["002", "003", "004"]


def test_a_whole_community_whose_number_was_another_grids() -> None:
    service = code_schemes()["service_grid"]
    whole = f"000000{COMMUNITY}00"
    draft = draft_of("AA")
    assert numbered(draft, CodeBook(service, {whole: frozenset({1})})) == [whole]
    assert numbered(draft, CodeBook(service, {whole: frozenset({9})})) == [f"000000{COMMUNITY}01"]


def ground(grid_id: int, *sides: float) -> Grid:
    return Grid(grid_id, 1, 1, "", "", "basic", shapely.box(*sides), {})


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ([ground(1, 0, 0, 10, 10)], [(1, "kept", 1.0)]),
        ([ground(8, 0, 0, 10, 10)], [(8, "kept", 1.0)]),
        ([ground(8, 0, 0, 20, 10)], [(8, "merged", 1.0)]),
        ([ground(1, 0, 0, 3, 10), ground(8, 3, 0, 10, 10)], [(8, "split", 0.7), (1, "kept", 0.3)]),
        # half a metre of a neighbour's border is no heir; a small grid that was cut out of it is one
        ([ground(1, 0, 0, 9.95, 10), ground(8, 9.95, 0, 20, 10)], [(1, "kept", 0.995)]),
        ([ground(1, 0, 0, 10, 10), ground(8, 2, 2, 2.5, 2.5)], [(1, "kept", 1.0), (8, "split", 0.0025)]),
        ([ground(8, 5, 0, 10, 10), ground(7, 0, 0, 5, 10)], [(7, "split", 0.5), (8, "split", 0.5)]),
        ([], []),
        ([ground(1, 50, 50, 60, 60)], []),
    ],
)
def test_who_has_the_ground_of_a_grid(today: list[Grid], told: list[tuple[int, str, float]]) -> None:
    found = heirs_of(1, shapely.box(0, 0, 10, 10), today, 0.01)
    assert [(line.new_id, line.kind, pytest.approx(line.share)) for line in found] == told
    assert {line.old_id for line in found} <= {1}


def descent(
    before: list[int], after: list[int], people: list[float], area_m2: list[float] | None = None
) -> list[Descent]:
    return lineage(np.array(before), np.array(after), np.array(people, float), np.array(area_m2 or people, float))


def test_split_and_merge() -> None:
    # 1 gives a quarter to the new 5; 2 and 3 become 2; 4 stays
    found = descent([1, 1, 2, 3, 4], [1, 5, 2, 2, 4], [30, 10, 7, 9, 1])
    assert found == [
        (1, 1, "kept", 0.75), (1, 5, "split", 0.25), (2, 2, "kept", 1), (3, 2, "merged", 1), (4, 4, "kept", 1),
    ]  # fmt: skip


def test_a_moved_border_and_new_ids() -> None:
    # 1 gives a tenth to its neighbour; 7 goes on as 8; 9 is divided between two that were not there
    found = descent([1, 1, 2, 7, 9, 9], [1, 2, 2, 8, 10, 11], [9, 1, 5, 4, 2, 2])
    assert found == [
        (1, 1, "kept", 0.9), (1, 2, "split", 0.1), (2, 2, "kept", 1), (7, 8, "kept", 1),
        (9, 10, "split", 0.5), (9, 11, "split", 0.5),
    ]  # fmt: skip


def test_ground_that_came_and_went() -> None:
    found = descent([1, 2, 2, NONE, NONE, NONE], [NONE, 2, NONE, 3, 2, NONE], [5, 6, 2, 4, 2, 99])
    assert found == [
        (1, NONE, "gone", 1), (2, NONE, "gone", 0.25), (2, 2, "kept", 0.75),
        (NONE, 2, "new", 0.25), (NONE, 3, "new", 1),
    ]  # fmt: skip


def test_shares_of_ground_where_nobody_lives() -> None:
    # nobody lives in 1: its ground counts. In 2 people do, and its empty part is told of with no share
    found = descent([1, 1, 2, 2], [1, 3, 2, 3], [0, 0, 8, 0], [100, 300, 50, 50])
    assert found == [(1, 1, "kept", 0.25), (1, 3, "split", 0.75), (2, 2, "kept", 1), (2, 3, "split", 0)]
    assert descent([1, 1], [1, 2], [0, 0], [0, 0]) == [(1, 1, "kept", 0.5), (1, 2, "split", 0.5)]


def test_grids_in_which_nobody_lives_have_their_line() -> None:
    # homes: 1 stays, 2 joins 1. Ground: a park is cut out of 1, which is then 7; a pond, 8, joins 2's ground
    homes = Placed(np.array([1, 1, 2]), np.array([1, 1, 1]), np.array([5.0, 5.0, 3.0]))
    units = Placed(np.array([1, 1, 2, 8]), np.array([1, 7, 1, 1]), np.array([40.0, 2.0, 30.0, 6.0]))
    found = lineage_with_ground(homes, units)
    assert found == [(1, 1, "kept", 1), (1, 7, "split", 0), (2, 1, "merged", 1), (8, 1, "merged", 1)]
    # the park goes on; empty ground that changes hands between grids with homes makes no line
    again = Placed(np.array([1, 7, 1]), np.array([1, 7, 2]), np.array([40.0, 2.0, 1.0]))
    stays = Placed(np.array([1, 2]), np.array([1, 2]), np.array([5.0, 3.0]))
    assert lineage_with_ground(stays, again) == [(1, 1, "kept", 1), (2, 2, "kept", 1), (7, 7, "kept", 1)]


grids = st.integers(-1, 5)


@given(st.lists(st.tuples(grids, grids, st.integers(0, 3), st.integers(0, 2)), max_size=25))
def test_nobody_is_lost_on_the_way(rows: list[tuple[int, int, int, int]]) -> None:
    before, after, people, area_m2 = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    found = descent(before, after, people, area_m2 or [])
    shares: dict[int, float] = defaultdict(float)
    for line in found:
        assert line.kind in DESCENTS
        assert (line.kind == "new", line.kind == "gone") == (line.old_id == NONE, line.new_id == NONE)
        shares[line.old_id] += line.share
    shares.pop(NONE, None)
    assert set(shares) == set(before) - {NONE}
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))
    assert {line.new_id for line in found} - {NONE} == set(after) - {NONE}
    assert len({line[:2] for line in found}) == len(found)


def test_rows_are_as_high_as_the_scheme_says() -> None:
    high: CodeScheme = replace(UNIT_GRID, row_e7=10_000_000)
    places = np.array([[103.3, 40.9], [103.2, 40.1]])
    assert order_west_east_north_south(places, np.arange(2), high).tolist() == [1, 0]
    assert order_west_east_north_south(places, np.arange(2), UNIT_GRID).tolist() == [0, 1]
