"""Ways cut at junctions, in towns small enough to count by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.compute.hilbert import hilbert_order
from geo.compute.streets.network import build_network, components_m
from geo.streets import StreetLines, StreetNetwork, place_keys
from tests.drawn_streets import FRAME, XY, lines_of, lonlat_of

MM = 1e-3


def lengths(network: StreetNetwork) -> list[float]:
    return sorted(network.length_m_of_piece[network.is_walkable_of_piece].round(3).tolist())


def ends_of(network: StreetNetwork) -> list[tuple[XY, XY]]:
    """Drawn metres of both ends of every walkable piece."""
    xy = [tuple(place) for place in FRAME.to_xy_m(network.lonlat_of_node).round(2).tolist()]
    pairs = zip(network.from_node_of_piece.tolist(), network.to_node_of_piece.tolist(), strict=True)
    walkable = [pair for pair, yes in zip(pairs, network.is_walkable_of_piece, strict=True) if yes]
    return sorted(tuple(sorted((xy[a], xy[b]))) for a, b in walkable)


def test_a_t_joint_cuts_the_street_that_runs_through() -> None:
    """Streets meet at a vertex inside one of them."""
    network = build_network(lines_of({"way": [(0, 0), (100, 0), (250, 0)]}, {"way": [(100, 0), (100, 40)]}))
    assert lengths(network) == [40, 100, 150]
    assert ends_of(network) == [((0, 0), (100, 0)), ((100, 0), (100, 40)), ((100, 0), (250, 0))]
    assert len(network.lonlat_of_node) == 4


def test_a_bridge_over_a_street_is_no_junction() -> None:
    """The lines cross, but have no point in common."""
    network = build_network(
        lines_of({"way": [(-50, 0), (50, 0)]}, {"way": [(0, -30), (0, 30)], "is_bridge": True, "name": "高架"})
    )
    assert lengths(network) == [60, 100]
    assert len(network.lonlat_of_node) == 4
    assert network.is_bridge_of_piece[list(network.name_of_piece).index("高架")]


def test_two_points_of_a_file_at_one_place_stay_apart() -> None:
    """OpenStreetMap may have two nodes at the same coordinates, one on the bridge, one below."""
    lines = lines_of({"way": [(-50, 0), (0, 0), (50, 0)]}, {"way": [(0, -30), (0, 0), (0, 30)]})
    apart = replace(lines, key_of_point=np.arange(6))
    assert lengths(build_network(lines)) == [30, 30, 50, 50]
    assert lengths(build_network(apart)) == [60, 100]


def test_a_change_of_name_or_class_is_no_junction() -> None:
    """The piece bears the marks of most of its length: 70 m of lane in two ways against 50 m of steps."""
    network = build_network(
        lines_of(
            {"way": [(0, 0), (40, 0)], "highway": "living_street", "name": "Lane"},
            {"way": [(40, 0), (90, 0)], "highway": "steps", "name": None},
            {"way": [(90, 0), (120, 0)], "highway": "living_street", "name": "Lane"},
        )
    )
    assert lengths(network) == [120]
    assert network.highway_of_piece == ("living_street",)
    assert network.name_of_piece == ("Lane",)


def test_what_nobody_walks_cuts_nothing_and_stays_whole() -> None:
    network = build_network(
        lines_of(
            {"way": [(0, 0), (100, 0), (200, 0)]},
            {"way": [(100, -500), (100, 0), (100, 500)], "highway": "motorway", "is_walkable": False},
        )
    )
    assert lengths(network) == [200]
    assert network.length_m_of_piece[~network.is_walkable_of_piece] == pytest.approx([1000], abs=MM)
    assert network.component_m_of_piece.round(3).tolist() == [200, 0]


def test_rings() -> None:
    """One hangs on a street and starts there; one hangs on nothing and starts somewhere of its own."""
    square: list[XY] = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    far: list[XY] = [(1000, 1000), (1030, 1000), (1000, 1040), (1000, 1000)]
    network = build_network(lines_of({"way": [(-50, 0), (0, 0)]}, {"way": square}, {"way": far}))
    assert lengths(network) == [50, 120, 400]
    rings = network.from_node_of_piece == network.to_node_of_piece
    assert sorted(network.length_m_of_piece[rings].round(3)) == [120, 400]
    assert sorted(components_m(network).round(3)) == [120, 450]


def test_parallel_ways_are_two_pieces_and_shared_ones_are_one() -> None:
    """Two ways round a block between the same corners; and a stretch that two ways of the file both run along."""
    network = build_network(
        lines_of(
            {"way": [(0, 0), (100, 0)], "name": "first"},
            {"way": [(0, 0), (0, 30), (100, 30), (100, 0)]},
            {"way": [(100, 0), (0, 0), (-70, 0)], "name": "again"},
            {"way": [(100, 0), (120, 0)]},
        )
    )
    assert lengths(network) == [20, 70, 100, 160]
    assert "first" in network.name_of_piece


def test_points_that_repeat_and_lines_without_length() -> None:
    network = build_network(
        lines_of({"way": [(0, 0), (0, 0), (60, 0), (60, 0)]}, {"way": [(5, 5), (5, 5)]}, {"way": [(60, 0), (60, 80)]})
    )
    assert lengths(network) == [140]
    assert len(network.lonlat_of_point) == 3


def test_nothing_to_cut() -> None:
    network = build_network(lines_of())
    assert len(network.lonlat_of_node) == len(network.length_m_of_piece) == len(components_m(network)) == 0
    assert network.start_of_piece.tolist() == [0]


def test_a_chequerboard() -> None:
    """m x n corners: 2mn - m - n blocks of 90 m; the four outer corners are mere bends."""
    m, n = 5, 7
    streets = [{"way": [(90 * x, 90 * y) for x in range(n)]} for y in range(m)]
    streets += [{"way": [(90 * x, 90 * y) for y in range(m)]} for x in range(n)]
    network = build_network(lines_of(*streets))
    assert network.length_m_of_piece.sum() == pytest.approx(90 * (2 * m * n - m - n), abs=MM)
    assert len(network.lonlat_of_node) == m * n - 4
    assert len(network.length_m_of_piece) == 2 * m * n - m - n - 4


CORNERS = st.tuples(st.integers(0, 4), st.integers(0, 4))
WALKS = st.lists(CORNERS, min_size=2, max_size=6)
MARKS = st.sampled_from(["footway", "residential", "steps"])
TOWNS = st.lists(st.tuples(WALKS, MARKS, st.booleans()), min_size=1, max_size=7)


def town_of(ways: Sequence[tuple[list[tuple[int, int]], str, bool]]) -> StreetLines:
    return lines_of(
        *(
            {"way": [(50.0 * x, 50.0 * y) for x, y in way], "highway": mark, "is_walkable": yes}
            for way, mark, yes in ways
        )
    )


@settings(deadline=None, max_examples=60)
@given(TOWNS, st.data())
def test_where_the_file_splits_and_turns_its_ways_changes_nothing(ways: list, data: st.DataObject) -> None:
    """Walkable ways only: what nobody walks is kept line by line, as it is."""
    walked = [(way, mark, True) for way, mark, _ in ways]
    split = []
    for way, mark, yes in walked:
        at = data.draw(st.integers(0, len(way) - 1))
        turn = data.draw(st.sampled_from([1, -1]))
        split += [(part[::turn], mark, yes) for part in (way[: at + 1], way[at:]) if len(part) > 1]
    whole, parts = build_network(town_of(walked)), build_network(town_of(split))
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(values, getattr(parts, name), err_msg=name)


@settings(deadline=None, max_examples=60)
@given(TOWNS)
def test_against_counting_by_hand(ways: list) -> None:
    """Every step once; ends are places that other than two steps touch, or the start of a ring; components by scipy."""
    network = build_network(town_of(ways))
    walkable = network.is_walkable_of_piece
    steps = {frozenset(step) for way, _, yes in ways if yes for step in pairwise(way) if step[0] != step[1]}
    shape = {}
    for step in steps:
        for corner in step:
            shape.setdefault(corner, []).append(step)
    drawn_m = sum(50 * np.hypot(*np.subtract(*step)) for step in steps)
    assert network.length_m_of_piece[walkable].sum() == pytest.approx(drawn_m, abs=MM)
    assert (np.diff(network.start_of_piece) - 1)[walkable].sum() == len(steps)
    from_node, to_node = network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]
    degree = np.bincount(np.concatenate([from_node, to_node]), minlength=len(network.lonlat_of_node))
    assert (degree[np.unique([from_node, to_node])] != 2).sum() == sum(len(at) != 2 for at in shape.values())
    nodes = len(network.lonlat_of_node)
    _, component = connected_components(
        coo_array((np.ones(len(from_node)), (from_node, to_node)), shape=(nodes, nodes))
    )
    sums = np.bincount(component[from_node], weights=network.length_m_of_piece[walkable], minlength=1)
    np.testing.assert_allclose(network.component_m_of_piece[walkable], sums[component[from_node]])


@settings(deadline=None, max_examples=60)
@given(TOWNS)
def test_the_shape_of_a_piece_begins_and_ends_at_its_nodes(ways: list) -> None:
    network = build_network(town_of(ways))
    first, last = (
        network.lonlat_of_point[network.start_of_piece[:-1]],
        network.lonlat_of_point[network.start_of_piece[1:] - 1],
    )
    np.testing.assert_array_equal(first, network.lonlat_of_node[network.from_node_of_piece])
    np.testing.assert_array_equal(last, network.lonlat_of_node[network.to_node_of_piece])
    assert (network.from_node_of_piece <= network.to_node_of_piece)[network.is_walkable_of_piece].all()


@settings(deadline=None, max_examples=60)
@given(st.lists(CORNERS, unique=True, max_size=20))
def test_hilbert_order_is_a_permutation(corners: list) -> None:
    order = hilbert_order(np.array(corners, dtype=float).reshape(-1, 2))
    assert sorted(order.tolist()) == list(range(len(corners)))


def test_hilbert_neighbours_are_neighbours_on_the_ground() -> None:
    """Along the curve every step of a full 16 x 16 board goes to one of the four fields beside."""
    x, y = np.meshgrid(np.arange(16.0), np.arange(16.0))
    board = np.column_stack([x.ravel(), y.ravel()])
    walk = board[hilbert_order(board)]
    np.testing.assert_array_equal(np.abs(np.diff(walk, axis=0)).sum(axis=1), 1)


def test_places_are_told_apart_by_a_centimetre() -> None:
    keys = place_keys(lonlat_of([(0, 0), (0.001, 0.0), (0.05, 0), (0, 0.05)]))
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3
    assert len(set(place_keys(np.array([[180.0, 90.0], [-180.0, -90.0], [180.0, -90.0]])).tolist())) == 3
