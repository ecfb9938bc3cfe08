"""Who is in which grid before and after: counted on fingers, and against dictionaries."""

from __future__ import annotations

import doctest
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.compute import crosswalk as module
from geo.compute.crosswalk import Crosswalk, alluvial, crosswalk, sums
from geo.units import NONE

GRIDS = (NONE, 3, 5, 8, 2**40)
homes = st.lists(st.tuples(st.sampled_from(GRIDS), st.sampled_from(GRIDS), st.integers(0, 500), st.integers(0, 9)))


def made(homes: list[tuple[int, int, int, int]]) -> Crosswalk:
    before, after, *counts = np.array(homes, dtype=np.int64).reshape(-1, 4).T
    return crosswalk(before, after, np.column_stack(counts).astype(float))


def told(pairs: Crosswalk) -> dict[tuple[int, int], list[float]]:
    keys = zip(pairs.before.tolist(), pairs.after.tolist(), strict=True)
    return dict(zip(keys, pairs.amounts.tolist(), strict=True))


def test_three_grids_on_fingers() -> None:
    # a tower of 90 leaves grid 3 for 5, one of 10 goes to nobody, an empty shop comes from nobody to 8
    pairs = made([(3, 3, 100, 1), (3, 5, 90, 0), (3, NONE, 10, 0), (5, 5, 50, 2), (NONE, 8, 0, 7)])
    assert told(pairs) == {(3, 3): [100, 1], (3, 5): [90, 0], (3, -1): [10, 0], (5, 5): [50, 2], (-1, 8): [0, 7]}
    assert told(pairs.moves) == {(3, 5): [90, 0], (3, -1): [10, 0], (-1, 8): [0, 7]}
    table = alluvial(pairs)
    assert [(int(pairs.before[i]), int(pairs.after[i])) for i in table.pair] == [
        (3, 3),
        (3, 5),
        (5, 5),
        (3, -1),
        (-1, 8),
    ]
    assert table.share_of_before[:4].tolist() == [0.5, 0.45, 1.0, 0.05]
    assert table.share_of_after[:4].tolist() == [1.0, 90 / 140, 50 / 140, 1.0]
    assert np.isnan(table.share_of_before[4])  # grid NONE had nobody, nor has 8: no share can be told
    assert np.isnan(table.share_of_after[4])


@given(homes)
def test_against_dictionaries(homes: list[tuple[int, int, int, int]]) -> None:
    people: Counter[tuple[int, int]] = Counter()
    for before, after, residents, _ in homes:
        people[before, after] += residents
    pairs = made(homes)
    assert {key: amounts[0] for key, amounts in told(pairs).items()} == dict(people)
    keys = list(told(pairs))
    assert keys == sorted(keys)


@given(homes)
def test_nobody_is_lost(homes: list[tuple[int, int, int, int]]) -> None:
    pairs = made(homes)
    for at, side in ((0, pairs.before), (1, pairs.after)):
        ids = np.array(GRIDS)
        expected = [[sum(home[k] for home in homes if home[at] == grid) for k in (2, 3)] for grid in GRIDS]
        assert sums(side, pairs.amounts).of(ids).tolist() == expected
    assert pairs.amounts.sum(axis=0).tolist() == [sum(home[k] for home in homes) for k in (2, 3)]


@given(homes)
def test_the_other_way_round_it_is_transposed(homes: list[tuple[int, int, int, int]]) -> None:
    back = made([(after, before, *counts) for before, after, *counts in homes])
    assert told(back) == {(after, before): amounts for (before, after), amounts in told(made(homes)).items()}


@given(homes)
def test_without_a_change_nobody_moves(homes: list[tuple[int, int, int, int]]) -> None:
    pairs = made([(before, before, *counts) for before, _, *counts in homes])
    assert not pairs.is_move.any()
    table = alluvial(pairs)
    has_people = pairs.amounts[table.pair, 0] > 0
    assert (table.share_of_before[has_people] == 1).all()
    assert np.isnan(table.share_of_before[~has_people]).all()


@given(homes)
def test_shares_of_a_grid_are_the_whole_of_it(homes: list[tuple[int, int, int, int]]) -> None:
    pairs = made(homes)
    table = alluvial(pairs)
    for side, share in ((pairs.before, table.share_of_before), (pairs.after, table.share_of_after)):
        for grid in set(side.tolist()):
            parts = share[side[table.pair] == grid]
            assert np.isnan(parts).all() or abs(parts.sum() - 1) < 1e-12
    people = pairs.amounts[table.pair, 0]
    assert (np.diff(people) <= 0).all()


def test_equal_amounts_stand_in_order_of_the_grids_before() -> None:
    pairs = made([(5, 3, 7, 0), (3, 8, 7, 0), (3, 5, 7, 0)])
    table = alluvial(pairs)
    assert [(int(pairs.before[i]), int(pairs.after[i])) for i in table.pair] == [(3, 5), (3, 8), (5, 3)]


def test_relabelling_changes_nothing_but_labels() -> None:
    homes = [(3, 5, 7, 1), (5, 5, 2, 0), (8, 3, 1, 1)]
    other = {3: 30, 5: 1, 8: 2}
    pairs = told(made([(other[before], other[after], *counts) for before, after, *counts in homes]))
    assert pairs == {(other[before], other[after]): amounts for (before, after), amounts in told(made(homes)).items()}


def test_no_homes() -> None:
    pairs = made([])
    assert (len(pairs.before), pairs.amounts.shape) == (0, (0, 2))
    assert not len(alluvial(pairs).pair)
    assert sums(pairs.before, pairs.amounts).of(np.array([3])).tolist() == [[0, 0]]


def test_examples() -> None:
    outcome = doctest.testmod(module, extraglobs={"np": np})
    assert outcome.attempted > 1
    assert not outcome.failed
