"""TopoJSON read back by a reader of its own (the format's own rules, nothing of ours) against shapely's unions."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.shapes import fabric_of
from geo.compute.fabric.topology import polygons_of_labels
from geo.files.topojson import TopoLayer, topology_of
from geo.units import NONE

WEST_E7, SOUTH_E7, SIDE_E7 = 1_032_000_001, 404_000_003, 10_007


def square(column: int, row: int) -> shapely.Polygon:
    west, south = WEST_E7 + column * SIDE_E7, SOUTH_E7 + row * SIDE_E7
    ring = [(west, south), (west + SIDE_E7, south), (west + SIDE_E7, south + SIDE_E7), (west, south + SIDE_E7)]
    return shapely.Polygon(np.array(ring) / 1e7)


def layer_of(fabric: Fabric, label: np.ndarray, name: str = "grids") -> TopoLayer:
    n = int(label.max(initial=-1)) + 1
    return TopoLayer(name, polygons_of_labels(fabric, label, n), [{"n": i} for i in range(n)])


def decoded(topology: dict[str, Any], name: str = "grids") -> list[list[list[list[tuple[int, int]]]]]:
    """Of each geometry its polygons, of these the rings, of these the places in whole 1e-7 degrees."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        places = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            places.append((round((x * sx + tx) * 1e7), round((y * sy + ty) * 1e7)))
        arcs.append(places)

    def ring_of(refs: list[int]) -> list[tuple[int, int]]:
        ring: list[tuple[int, int]] = []
        for ref in refs:
            places = arcs[ref] if ref >= 0 else arcs[~ref][::-1]
            assert not ring or ring[-1] == places[0]  # the next arc begins where the one before ends
            ring += places if not ring else places[1:]
        assert ring[0] == ring[-1]
        return ring

    geometries = topology["objects"][name]["geometries"]
    return [[[ring_of(ring) for ring in rings] for rings in geometry["arcs"]] for geometry in geometries]


def polygons(rings: list[list[list[tuple[int, int]]]]) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, *holes in rings])


labels = hnp.arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(NONE, 3))


@settings(deadline=None)  # the first example compiles
@given(labels)
def test_every_division_comes_back_to_the_last_digit(label_of_block: np.ndarray) -> None:
    squares = np.array([square(x, y) for y, x in np.ndindex(label_of_block.shape)], dtype=object)
    fabric, label = fabric_of(squares), label_of_block.ravel()
    topology = json.loads(json.dumps(topology_of(fabric, [layer_of(fabric, label)], {})))
    found = decoded(topology)
    for n, rings in enumerate(found):
        whole = shapely.union_all(shapely.transform(squares[label == n], lambda lonlat: np.round(lonlat * 1e7)))
        assert polygons(rings).is_valid
        assert polygons(rings).equals(whole)
        for shell, *holes in rings:
            assert shapely.LinearRing(shell).is_ccw
            assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)


@settings(deadline=None)
@given(labels)
def test_every_border_is_told_once(label_of_block: np.ndarray) -> None:
    squares = np.array([square(x, y) for y, x in np.ndindex(label_of_block.shape)], dtype=object)
    fabric = fabric_of(squares)
    units = layer_of(fabric, np.arange(len(squares)), "units")
    topology = topology_of(fabric, [layer_of(fabric, label_of_block.ravel()), units], {})
    steps = [
        tuple(sorted((tuple(a), tuple(b))))
        for arc in topology["arcs"]
        for places in [np.cumsum(arc, axis=0).tolist()]
        for a, b in pairwise(places)
    ]
    assert len(steps) == len(set(steps))
    rows, columns = label_of_block.shape
    assert len(steps) == rows * (columns + 1) + columns * (rows + 1)
    refs = [
        ref if ref >= 0 else ~ref
        for geometry in topology["objects"]["units"]["geometries"]
        for rings in geometry["arcs"]
        for ring in rings
        for ref in ring
    ]
    assert set(refs) == set(range(len(topology["arcs"])))
    assert max(np.bincount(refs)) <= 2


def test_a_grid_within_a_grid_is_a_hole_and_a_ring_of_its_own() -> None:
    label = np.zeros((3, 3), np.int64)
    label[1, 1] = 1
    squares = np.array([square(x, y) for y, x in np.ndindex(3, 3)], dtype=object)
    fabric = fabric_of(squares)
    topology = topology_of(fabric, [layer_of(fabric, label.ravel())], {"about": {"a": "b"}})
    around, within = topology["objects"]["grids"]["geometries"]
    assert (len(around["arcs"]), len(around["arcs"][0]), len(within["arcs"][0])) == (1, 2, 1)
    assert {~ref for ref in around["arcs"][0][1]} == set(within["arcs"][0][0])
    assert topology["about"] == {"a": "b"}
    assert [geometry["properties"] for geometry in (around, within)] == [{"n": 0}, {"n": 1}]
    assert topology["bbox"] == [103.2000001, 40.4000003, 103.2030022, 40.4030024]


def test_arcs_within_grids_are_left_out() -> None:
    squares = np.array([square(x, 0) for x in range(4)], dtype=object)
    fabric = fabric_of(squares)
    topology = topology_of(fabric, [layer_of(fabric, np.array([0, 0, 1, 1]))], {})
    n_steps = sum(len(arc) - 1 for arc in topology["arcs"])
    assert n_steps == 4 + 4 + 2 + 1  # the four ends and sides of the row, and one border between the two


def test_nothing_to_tell() -> None:
    fabric = fabric_of(np.array([square(0, 0)], dtype=object))
    topology = topology_of(fabric, [layer_of(fabric, np.array([NONE]))], {})
    assert (topology["arcs"], topology["objects"]["grids"]["geometries"], topology["bbox"]) == ([], [], [0, 0, 0, 0])
