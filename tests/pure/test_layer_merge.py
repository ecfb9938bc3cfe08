"""Many nets made one on a drawn lattice of units: who wins is known, people are conserved, order does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.layers.merge import GAP, LOOSE, OUTVOTED, STAYED, Merged, MergeUnits, merge, pieces
from geo.units import NONE, IntArray


def drawn(*layers: str, people: str | None = None, community: str | None = None) -> MergeUnits:
    """Units as letters, row by row; ``.`` is no zone. Digits are people, one each unless drawn."""
    rows = [layer.split() for layer in layers]
    n_rows, n_columns = len(rows[0]), len(rows[0][0])
    zone = np.array(
        [[NONE if letter == "." else ord(letter) - ord("A") for row in layer for letter in row] for layer in rows]
    )
    number = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    size = n_rows * n_columns
    return MergeUnits(
        zone.astype(np.int64),
        np.zeros(size, np.int64) if community is None else np.array([int(d) for d in "".join(community.split())]),
        np.ones(size) if people is None else np.array([float(d) for d in "".join(people.split())]),
        pairs.astype(np.int64),
        np.full(len(pairs), 10.0),
    )


def told(units: MergeUnits, base: int = 0) -> str:
    found = merge(units, base, 1.0)
    letters = [chr(ord("A") + zone) for zone in found.base_zone.tolist()]
    return "".join("." if zone == NONE else letters[zone] for zone in found.zone_of_unit.tolist())


def reasons(found: Merged) -> list[int]:
    return found.reason_of_cell[found.cell_of_unit].tolist()


def test_one_layer_is_itself() -> None:
    units = drawn("AABB AABB")
    assert told(units) == "AABBAABB"
    assert set(reasons(merge(units, 0, 1.0))) == {STAYED}


def test_the_base_wins_a_draw() -> None:
    """The second layer has the border one column farther east: one word against one."""
    assert told(drawn("AABB AABB", "CCCD CCCD")) == "AABBAABB"
    assert told(drawn("AABB AABB", "CCCD CCCD"), base=1) == "CCCDCCCD"


def test_two_against_one_move_the_border() -> None:
    units = drawn("AABB AABB", "CCCD CCCD", "EEEF EEEF")
    assert told(units) == "AAABAAAB"
    found = merge(units, 0, 1.0)
    assert reasons(found) == [STAYED, STAYED, OUTVOTED, STAYED] * 2
    assert told(units, base=1) == "CCCDCCCD"


def test_a_layer_too_coarse_to_tell_two_zones_apart_has_no_word() -> None:
    """Each of the others has all in one zone: it has every cell with both zones' people alike."""
    assert told(drawn("AABB AABB", "CCCC CCCC", "DDDD DDDD")) == "AABBAABB"


def test_where_people_live_counts_and_not_ground() -> None:
    """Most of B's people live in its east, D and F; so the others have B's second column with A's people."""
    layers = ("ABBB ABBB", "CCDD CCDD", "EEFF EEFF")
    assert told(drawn(*layers, people="9119 9119")) == "AABBAABB"
    assert told(drawn(*layers, people="1911 1911")) == "ABBBABBB", "now C is where most of B's people live"


def test_a_piece_that_is_cut_off_joins_the_neighbour() -> None:
    """The base has A in two pieces; the smaller one goes to the zone around it."""
    units = drawn("AABBB AABBA AABBB")
    assert told(units) == "AABBBAABBBAABBB"
    assert reasons(merge(units, 0, 1.0))[9] == LOOSE


def test_the_most_populous_piece_is_the_zone() -> None:
    found = told(drawn("AABBB AABBA AABBB", people="11111 11119 11111"))
    assert found[9] == "A"
    assert set(found[:2]) == {"B"}


def test_a_gap_of_the_base_goes_where_the_others_have_it() -> None:
    """Both neighbours border on the gap alike; the second layer has it with B's people."""
    assert told(drawn("AA.BB AA.BB", "CCDDD CCDDD")) == "AABBBAABBB"
    assert told(drawn("AA.BB AA.BB", "CCCDD CCCDD")) == "AAABBAAABB"
    assert reasons(merge(drawn("AA.BB", "CCDDD"), 0, 1.0)) == [STAYED, STAYED, GAP, STAYED, STAYED]


def test_a_wide_gap_is_filled_ring_by_ring() -> None:
    assert told(drawn("A....")) == "AAAAA"
    assert told(drawn("A...B")) == "AAAAB", "three units of one gap are one cell, with as much border to either"


def test_ground_that_no_zone_is_near_stays_out() -> None:
    assert told(drawn("AA..", community="0011")) == "AA.."
    assert told(drawn("....", "CCDD")) == "...."


def test_communities_are_not_mixed() -> None:
    """Zone A lies in both: it becomes two; and a gap does not look over the border."""
    found = merge(drawn("AAAA", community="0011"), 0, 1.0)
    assert found.zone_of_unit.tolist() == [0, 0, 1, 1]
    assert (found.community.tolist(), found.base_zone.tolist()) == ([0, 1], [0, 0])
    assert told(drawn("AA.B", community="0001")) == "AAAB"


def test_a_piece_alone_in_its_community_keeps_its_zone() -> None:
    units = drawn("AA.A", community="0011")
    assert told(units)[3] == "A"


def test_a_corner_or_a_hair_of_border_joins_nothing() -> None:
    units = drawn("AB BA")
    assert told(units) in (
        "AAAA",
        "BBBB",
        "ABBB",
        "AAAB",
        "ABAA",
        "BBBA",
        "AABA",
        "BABB",
        "AABB",
        "ABAB",
        "BBAA",
        "BABA",
    )
    thin = units._replace(border_m=np.full(len(units.border_m), 0.5))
    assert told(thin) == "ABBA", "no borders at all: every piece stays"


def test_pieces() -> None:
    assert pieces(5, np.array([[4, 2], [0, 3]])).tolist() == [0, 1, 2, 0, 2]
    assert pieces(2, np.zeros((0, 2), np.int64)).tolist() == [0, 1]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_every_unit_has_one_zone_of_its_community_and_people_are_conserved(seed: int) -> None:
    units = random_units(np.random.default_rng(seed))
    found = merge(units, 0, 1.0)
    there = found.zone_of_unit != NONE
    assert (found.community[found.zone_of_unit[there]] == units.community[there]).all()
    sums = np.bincount(found.zone_of_unit[there], weights=units.people[there], minlength=len(found.base_zone))
    assert sums.sum() + units.people[~there].sum() == pytest.approx(units.people.sum(), rel=1e-12)
    assert len(np.unique(found.zone_of_unit[there])) == len(found.base_zone)
    # a unit without a zone has no neighbour with one in its community
    a, b = units.neighbours[units.border_m >= 1].T
    inside = units.community[a] == units.community[b]
    assert (there[a[inside]] == there[b[inside]]).all()
    # units of one cell have one tuple of zones, one community and one zone
    for column in (*units.zone, units.community, found.zone_of_unit):
        pairs = np.unique(np.column_stack([found.cell_of_unit, column]), axis=0)
        assert len(pairs) == len(np.unique(found.cell_of_unit))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_borders_and_of_other_layers_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = random_units(rng)
    order, layers = rng.permutation(len(units.border_m)), [0, *(1 + rng.permutation(len(units.zone) - 1))]
    turned = units._replace(
        neighbours=units.neighbours[order][:, ::-1].copy(), border_m=units.border_m[order], zone=units.zone[layers]
    )
    one, other = merge(units, 0, 1.0), merge(turned, 0, 1.0)
    assert one.zone_of_unit.tolist() == other.zone_of_unit.tolist()
    assert one.reason_of_cell[one.cell_of_unit].tolist() == other.reason_of_cell[other.cell_of_unit].tolist()


def random_units(rng: np.random.Generator) -> MergeUnits:
    n = int(rng.integers(3, 9))
    layers = [blocks(rng, n) for _ in range(int(rng.integers(1, 5)))]
    letters = [" ".join("".join(row) for row in layer) for layer in layers]
    community = " ".join("".join("0" if x < n // 2 else "1" for x in range(n)) for _ in range(n))
    people = " ".join("".join(str(d) for d in rng.integers(0, 10, n)) for _ in range(n))
    units = drawn(*letters, people=people, community=community)
    return units._replace(border_m=rng.choice([0.5, 5.0, 10.0], len(units.border_m)))


def blocks(rng: np.random.Generator, n: int) -> list[list[str]]:
    seeds = rng.integers(0, n, (4, 2))
    grid: IntArray = np.indices((n, n)).reshape(2, -1).T
    nearest = np.argmin(((grid[:, None] - seeds) ** 2).sum(axis=2), axis=1)
    letters = np.where(rng.random(n * n) < 0.1, ".", np.array(list("ABCD"))[nearest]).reshape(n, n)
    return [list(row) for row in letters]
