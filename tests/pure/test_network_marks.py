"""Where pieces end because a route is told something else: access, steps, limits, gates, restricted turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.streets.joined import joined
from geo.compute.streets.network import build_network
from geo.streets import ENDS_ONLY, OPEN, StreetGraph, StreetLines, StreetNetwork
from tests.drawn_streets import FRAME, XY, key_at, lines_of

FOOT = (OPEN, 0, 0, 0, 0)
ALL = (OPEN,) * 5
ONE_WAY = (OPEN, OPEN, 0, OPEN, 0)
OTHER_WAY = (OPEN, 0, OPEN, 0, OPEN)
PRIVATE = (ENDS_ONLY,) * 5


def rows(network: StreetNetwork | StreetGraph) -> list[tuple[XY, XY, float, tuple[int, ...]]]:
    """Ends in drawn metres, length and access of every routable piece, the end that comes first in the plane first."""
    xy = [tuple(place) for place in FRAME.to_xy_m(network.lonlat_of_node).round(1).tolist()]
    found = []
    for piece in np.flatnonzero((network.access_of_piece != 0).any(axis=1) | (network.length_m_of_piece == 0)):
        one, other = xy[network.from_node_of_piece[piece]], xy[network.to_node_of_piece[piece]]
        access = tuple(network.access_of_piece[piece].tolist())
        if one > other:
            one, other, access = other, one, tuple(access[i] for i in (0, 2, 1, 4, 3))
        found.append((one, other, round(float(network.length_m_of_piece[piece]), 2), access))
    return sorted(found)


def graph_of(network: StreetNetwork, *ids: int) -> StreetGraph:
    """As the store would bring it."""
    fields: dict[str, Any] = {
        name: value for name, value in vars(network).items() if name not in ("is_bridge_of_piece", "is_tunnel_of_piece")
    }
    nothing = {"lonlat_of_barrier_point": np.empty((0, 2)), "start_of_barrier": np.zeros(1, np.int64)}
    return StreetGraph(network_ids=ids, arrays_hash="", network_date=None, **fields, **nothing)


@pytest.mark.parametrize(
    ("first", "second", "n_pieces"),
    [
        ({"access": ALL}, {"access": ALL}, 1),
        ({"access": FOOT}, {"access": ALL}, 2),
        ({"access": ONE_WAY}, {"access": ONE_WAY}, 1),
        ({"access": ONE_WAY}, {"access": OTHER_WAY}, 2),
        ({"access": FOOT}, {"access": FOOT, "is_steps": True}, 2),
        ({"access": FOOT, "max_kmh": 30}, {"access": FOOT}, 1),
        ({"access": ALL, "max_kmh": 30}, {"access": ALL, "max_kmh": 50}, 2),
        ({"access": FOOT, "highway": "path"}, {"access": FOOT, "highway": "footway"}, 1),
        ({"access": ALL, "highway": "primary"}, {"access": ALL, "highway": "residential"}, 2),
        ({"access": ALL, "name": "A"}, {"access": ALL, "name": "B"}, 1),
        ({"access": ALL}, {"access": PRIVATE}, 2),
    ],
)
def test_a_piece_ends_where_a_route_is_told_something_else(first: dict, second: dict, n_pieces: int) -> None:
    """The second line drawn towards the first as well: then its one-way is turned, and nothing else changes."""
    turned = second | {"access": tuple(second["access"][i] for i in (0, 2, 1, 4, 3))}
    for line in (second | {"way": [(60, 0), (100, 0)]}, turned | {"way": [(100, 0), (60, 0)]}):
        network = build_network(lines_of(first | {"way": [(0, 0), (60, 0)]}, line))
        assert len(network.length_m_of_piece) == n_pieces
        assert network.length_m_of_piece.sum() == pytest.approx(100, abs=1e-3)


def test_forward_is_from_the_lower_node() -> None:
    """A one-way drawn eastwards and one drawn westwards lead the same way after cutting, from wherever a piece runs."""
    east = build_network(lines_of({"way": [(0, 0), (90, 0)], "access": ONE_WAY}))
    west = build_network(lines_of({"way": [(90, 0), (0, 0)], "access": OTHER_WAY}))
    assert rows(east) == rows(west) == [((0, 0), (90, 0), 90, ONE_WAY)]


def test_a_shared_step_is_open_to_whom_either_line_is() -> None:
    private = {"way": [(0, 0), (80, 0)], "access": PRIVATE}
    network = build_network(lines_of(private, {"way": [(80, 0), (0, 0)], "access": (OPEN, 0, OPEN, 0, 0)}))
    ((_, _, _, access),) = rows(network)
    assert access == (OPEN, OPEN, ENDS_ONLY, ENDS_ONLY, ENDS_ONLY)


def stopped(access: tuple[int, ...], *lines: dict, at: XY = (50, 0)) -> StreetLines:
    return lines_of(*lines, key_of_stop=key_at(at), access_of_stop=np.array([access], dtype=np.uint8))


STREET = {"way": [(0, 0), (50, 0), (120, 0)], "access": ALL}
BOLLARD = (OPEN, OPEN, OPEN, 0, 0)


def test_a_gate_cuts_the_way_and_links_both_sides() -> None:
    network = build_network(stopped(PRIVATE, STREET))
    assert rows(network) == [
        ((0, 0), (50, 0), 50, ALL),
        ((50, 0), (50, 0), 0, PRIVATE),
        ((50, 0), (120, 0), 70, ALL),
    ]
    assert len(network.lonlat_of_node) == 4
    np.testing.assert_allclose(network.component_m_of_piece, 120, atol=1e-3)


def test_a_link_is_as_strict_as_the_ways_beside_it() -> None:
    """A bollard between a one-way and a footpath."""
    one_way = {"way": [(0, 0), (50, 0)], "access": ONE_WAY}
    network = build_network(stopped(BOLLARD, one_way, {"way": [(50, 0), (120, 0)], "access": (OPEN, OPEN, OPEN, 0, 0)}))
    assert [row[3] for row in rows(network) if row[2] == 0] == [(OPEN, OPEN, 0, 0, 0)]


def test_what_stops_nobody_who_comes_there_cuts_nothing() -> None:
    """A bollard in a footpath, and a gate at the end of a street."""
    assert len(build_network(stopped(BOLLARD, STREET | {"access": FOOT})).length_m_of_piece) == 1
    assert len(build_network(stopped(PRIVATE, STREET, at=(120, 0))).length_m_of_piece) == 1
    assert len(build_network(stopped(PRIVATE, STREET, at=(33, 7))).length_m_of_piece) == 1


def test_a_bollard_where_three_streets_meet_keeps_cars_apart() -> None:
    network = build_network(stopped(BOLLARD, STREET, {"way": [(50, 0), (50, 40)], "access": ALL}))
    links = [row for row in rows(network) if row[2] == 0]
    assert [row[3] for row in links] == [BOLLARD] * 3
    assert len(network.lonlat_of_node) == 7


def test_a_closed_link_keeps_its_sides_apart_through_joining() -> None:
    """Nobody passes; and another source's path elsewhere does not heal the street."""
    closed = build_network(stopped((0,) * 5, STREET))
    assert [row[2:] for row in rows(closed)][1] == (0, (0,) * 5)
    assert rows(joined(graph_of(closed, 1, 2))) == rows(closed)


CROSS = (
    {"way": [(-100, 0), (0, 0)], "access": ALL},
    {"way": [(0, 0), (100, 0)], "access": ALL},
    {"way": [(0, 100), (0, 0)], "access": ALL},
)


def turn(before: XY, via: XY, after: XY, *, is_only: bool = False) -> dict[str, np.ndarray]:
    return {
        "from_key_of_turn": key_at(before),
        "via_key_of_turn": key_at(via),
        "to_key_of_turn": key_at(after),
        "is_only_of_turn": np.array([is_only]),
        "is_for_bike_of_turn": np.array([False]),
        "is_for_car_of_turn": np.array([True]),
    }


def turns(network: StreetNetwork | StreetGraph) -> list[tuple[XY, XY, XY, bool]]:
    """Far end of the piece before, the node, far end of the piece after."""
    xy = [tuple(place) for place in FRAME.to_xy_m(network.lonlat_of_node).round(1).tolist()]
    ends = np.stack([network.from_node_of_piece, network.to_node_of_piece], axis=1)
    found = []
    for before, via, after, is_only in zip(
        network.from_piece_of_turn.tolist(),
        network.via_node_of_turn.tolist(),
        network.to_piece_of_turn.tolist(),
        network.is_only_of_turn.tolist(),
        strict=True,
    ):
        far = [xy[sum(ends[piece].tolist()) - via] for piece in (before, after)]
        assert via in ends[before]
        assert via in ends[after]
        found.append((far[0], xy[via], far[1], is_only))
    return found


def test_a_turn_leads_from_piece_to_piece() -> None:
    network = build_network(lines_of(*CROSS, **turn((-100, 0), (0, 0), (0, 100))))
    assert turns(network) == [((-100, 0), (0, 0), (0, 100), False)]
    assert network.is_for_car_of_turn.tolist() == [True]
    assert network.is_for_bike_of_turn.tolist() == [False]


def test_a_turn_where_no_ways_meet_makes_a_junction() -> None:
    """No turning round halfway along a street that the file splits there."""
    network = build_network(lines_of(*CROSS[:2], **turn((-100, 0), (0, 0), (-100, 0), is_only=True)))
    assert turns(network) == [((-100, 0), (0, 0), (-100, 0), True)]
    assert len(network.length_m_of_piece) == 2


def test_a_turn_over_a_way_that_is_not_there_is_left_out() -> None:
    network = build_network(lines_of(*CROSS, **turn((-100, 0), (0, 0), (55, 55))))
    assert turns(network) == []


def test_a_turn_across_a_gate_is_left_out() -> None:
    place = {"key_of_stop": key_at((0, 0)), "access_of_stop": np.array([PRIVATE], dtype=np.uint8)}
    network = build_network(lines_of(*CROSS[:2], **turn((-100, 0), (0, 0), (100, 0)), **place))
    assert turns(network) == []


def test_joining_keeps_turns_gates_and_marks() -> None:
    """Cut by another source's path at (60, 0): the turn then begins at the nearer half."""
    steps = {"way": [(0, 100), (0, 160)], "access": FOOT, "is_steps": True}
    limit = {"way": [(100, 0), (180, 0)], "access": ONE_WAY, "max_kmh": 30, "highway": "primary"}
    gate = {"key_of_stop": key_at((-50, 0)), "access_of_stop": np.array([PRIVATE], dtype=np.uint8)}
    west = {"way": [(-100, 0), (-50, 0), (0, 0)], "access": ALL}
    east = {"way": [(0, 0), (60, 0), (100, 0)], "access": ALL}
    path = {"way": [(60, 0), (60, -30)], "access": FOOT}
    town = (west, east, CROSS[2], steps, limit)
    told = turn((60, 0), (0, 0), (0, 100)) | gate
    whole = build_network(lines_of(*town, path, **told))
    apart = build_network(lines_of(*town, **told))
    both = lines_of(*pieces_of(apart), path, **told)
    graph = joined(graph_of(build_network(both), 1, 2))
    assert rows(graph) == rows(whole)
    assert turns(graph) == turns(whole) == [((60, 0), (0, 0), (0, 100), False)]
    assert sorted(graph.max_kmh_of_piece.tolist()) == sorted(whole.max_kmh_of_piece.tolist())
    assert graph.is_steps_of_piece.sum() == 1
    assert graph.highway_of_piece.count("primary") == 1


def pieces_of(network: StreetNetwork) -> list[dict[str, Any]]:
    """Pieces drawn again as lines."""
    xy = FRAME.to_xy_m(network.lonlat_of_point).round(3)
    return [
        {
            "way": [tuple(point) for point in xy[network.start_of_piece[i] : network.start_of_piece[i + 1]].tolist()],
            "access": tuple(network.access_of_piece[i].tolist()),
            "is_steps": bool(network.is_steps_of_piece[i]),
            "max_kmh": float(network.max_kmh_of_piece[i]),
            "highway": network.highway_of_piece[i],
        }
        for i in np.flatnonzero(network.length_m_of_piece)
    ]


CORNERS = st.tuples(st.integers(0, 3), st.integers(0, 3))
LINES = st.lists(
    st.tuples(st.lists(CORNERS, min_size=2, max_size=6), st.sampled_from([FOOT, ALL, ONE_WAY, PRIVATE])),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=80)
@given(LINES, st.lists(st.tuples(CORNERS, st.sampled_from([BOLLARD, PRIVATE, (0,) * 5])), max_size=3), st.data())
def test_where_the_file_splits_and_turns_its_ways_changes_nothing(
    lines: list, stops: list, data: st.DataObject
) -> None:
    split = []
    for way, access in lines:
        at = data.draw(st.integers(0, len(way) - 1))
        for part in (way[: at + 1], way[at:]):
            if len(part) > 1:
                if data.draw(st.booleans()):
                    split.append((part[::-1], tuple(access[i] for i in (0, 2, 1, 4, 3))))
                else:
                    split.append((part, access))
    places = {
        "key_of_stop": key_at(*((50.0 * x, 50.0 * y) for (x, y), _ in stops)),
        "access_of_stop": np.array([codes for _, codes in stops], dtype=np.uint8).reshape(-1, 5),
    }
    networks = [
        build_network(
            lines_of(
                *({"way": [(50.0 * x, 50.0 * y) for x, y in way], "access": access} for way, access in town), **places
            )
        )
        for town in (lines, split)
    ]
    for name, values in vars(networks[0]).items():
        np.testing.assert_array_equal(values, getattr(networks[1], name), err_msg=name)
    assert rows(joined(graph_of(networks[0], 1, 2))) == rows(networks[0])
