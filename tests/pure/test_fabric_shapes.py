"""Fabrics from polygons: what is refused, and that nothing depends on how they are written down."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.compute.fabric.edges import edges_of
from geo.compute.fabric.faces import e7_of, lengths_m_of_arcs, n_faces_of
from geo.compute.fabric.fault import fault_of, first_fault
from geo.compute.fabric.rings import shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.compute.project import Frame
from geo.errors import BadGeometry
from geo.units import E7, NONE
from tests.fabrics import box, cells, chequers, drawn, e7_at, patchwork, polygon, ring_in_ring, same_fabric, shapes

SEEDS = st.integers(0, 10**6)
STEPS = st.sampled_from([9, 40, 1000, 10**6])


def test_a_chessboard() -> None:
    """8 by 8 squares: of 81 corners four are none, where two borders of one square meet."""
    fabric = chequers(8, 8)
    assert len(fabric.node_e7) == 81 - 4
    assert len(fabric.left) == 2 * 8 * 9 - 4
    assert (fabric.inner_e7.tolist(), n_faces_of(fabric)) == (
        e7_at((0, 0), (0, 8000), (8000, 0), (8000, 8000)).tolist(),
        64,
    )
    assert fault_of(fabric) is None


def test_rings_have_one_node_each_and_are_told_from_their_westernmost_place() -> None:
    fabric = ring_in_ring()
    assert fabric.node_e7.tolist() == e7_at((0, 0), (20, 20), (40, 40)).tolist()
    assert (fabric.from_node.tolist(), fabric.to_node.tolist()) == ([0, 1, 2], [0, 1, 2])
    sides = {(left, right) for left, right in zip(fabric.left.tolist(), fabric.right.tolist(), strict=True)}
    assert {frozenset(pair) for pair in sides} == {frozenset(pair) for pair in [(0, NONE), (0, 1), (1, 2)]}
    assert fault_of(fabric) is None


def test_lengths() -> None:
    """An arc of three sides of a square: 0.001 degrees of longitude twice, of latitude once."""
    fabric = fabric_of(shapes(polygon(box(0, 0, 10_000, 10_000)), polygon(box(-10_000, 0, 0, 10_000))))
    frame = Frame(103.2, 40.4)
    lon_m, lat_m = frame.to_xy_m(np.array([[103.201, 40.4], [103.2, 40.401]]))[[0, 1], [0, 1]]
    expected = sorted([lat_m, 2 * lon_m + lat_m, 2 * lon_m + lat_m])
    assert np.sort(lengths_m_of_arcs(fabric, frame)) == pytest.approx(expected, rel=1e-5)
    assert lengths_m_of_arcs(fabric_of(shapes()), frame).tolist() == []


@given(SEEDS, STEPS)
@settings(max_examples=150, deadline=None)
def test_how_polygons_are_written_down_does_not_matter(seed: int, step: int) -> None:
    fabric, faces = patchwork(seed, 5, step)
    assert fault_of(fabric) is None
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(faces))
    turned = shapely.reverse(shapely.normalize(faces[order]))
    again = fabric_of(turned)
    number = np.append(order, NONE)
    assert same_fabric(again._replace(left=number[again.left], right=number[again.right]), _whole(fabric))
    back = fabric_of(shapes_of(fabric, np.arange(len(faces)), len(faces)))
    assert same_fabric(back, fabric)


def _whole(fabric):  # type: ignore[no-untyped-def]
    return fabric._replace(left=fabric.left.astype(np.int64), right=fabric.right.astype(np.int64))


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_refused_is_what_shapely_calls_no_coverage(seed: int) -> None:
    """Cells of a bent lattice, one of which is spoilt in one of five ways."""
    rng = np.random.default_rng(seed)
    faces = cells(seed, 4, 1000)
    chosen = int(rng.integers(len(faces)))
    corners = np.rint(shapely.get_coordinates(faces[chosen]) * E7).astype(np.int64)[:-1]
    kind = int(rng.integers(5))
    if kind == 0:
        corners[rng.integers(4)] += rng.integers(1, 200, 2)
    elif kind == 1:
        corners = np.insert(corners, 1, (corners[0] + corners[1]) // 2 + rng.integers(0, 2, 2), axis=0)
    elif kind == 2:
        corners = corners[:3]
    elif kind == 3:
        corners += 300
    else:
        faces = np.append(faces, faces[chosen])
    faces[chosen] = shapely.Polygon(corners / E7)
    # in whole steps: in degrees, a place that lies on a border lies beside it
    exact = shapes(*map(drawn, faces))
    valid = bool(shapely.is_valid(exact).all() and shapely.coverage_is_valid(exact))
    if valid:
        assert fault_of(fabric_of(faces)) is None
        return
    with pytest.raises(BadGeometry) as refused:
        fabric_of(faces)
    evidence = refused.value.evidence
    assert refused.value.key == "fabric_not_fitting"
    assert 0 <= evidence["face"] < len(faces)
    place = shapely.Point(float(evidence["lon"]), float(evidence["lat"]))
    assert shapely.distance(place, faces[chosen]) < 400 / E7


@pytest.mark.parametrize(
    "faces",
    [
        [polygon(box(0, 0, 10, 10)), polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 5)])],  # lacks a place
        [polygon(box(0, 0, 10, 10)), polygon(box(5, 5, 15, 15))],  # overlap
        [polygon(box(0, 0, 10, 10)), polygon(box(0, 0, 10, 10))],  # twice the same
        [polygon(box(0, 0, 10, 10)), polygon(box(3, 3, 6, 6))],  # one in the other, which has no hole there
        [polygon([(0, 0), (10, 10), (10, 0), (0, 10)])],  # crosses itself
        [polygon([(0, 0), (10, 0), (20, 0)])],  # no ground
        [polygon(box(0, 0, 10, 10)), polygon([(0, 0), (10, 0), (5, 5)])],  # shares an edge from within
    ],
)
def test_what_does_not_fit_is_refused(faces: list[shapely.Geometry]) -> None:
    with pytest.raises(BadGeometry, match=r"does not fit its neighbours at 103\.2"):
        fabric_of(shapes(*faces))


@pytest.mark.parametrize("empty", [shapely.Polygon(), shapely.Point(1, 1), None])
def test_a_face_without_a_polygon_is_refused(empty: shapely.Geometry | None) -> None:
    with pytest.raises(BadGeometry, match="Area 1 has no polygon"):
        fabric_of(shapes(polygon(box(0, 0, 10, 10)), empty))  # type: ignore[arg-type]


def test_less_than_a_step_is_rounded_away() -> None:
    almost = shapely.transform(polygon(box(0, 0, 10, 10)), lambda lonlat: lonlat + 3e-8)
    fabric = fabric_of(shapes(almost))
    assert drawn(shapes_of(fabric, np.zeros(1, np.int64), 1)[0]).equals(shapely.box(0, 0, 10, 10))


@pytest.mark.parametrize("place", [(181.0, 0.0), (0.0, 90.5), (float("nan"), 0.0), (0.0, float("inf"))])
def test_places_off_the_earth_are_refused(place: tuple[float, float]) -> None:
    with pytest.raises(BadGeometry, match="is no place on the earth"):
        e7_of(np.array([[103.0, 40.0], place]))


@given(SEEDS, st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_every_planted_fault_is_found(seed: int, kind: int) -> None:
    fabric, _ = patchwork(seed, 5, 1000)
    rng = np.random.default_rng(seed)
    arc, node = int(rng.integers(len(fabric.left))), int(rng.integers(len(fabric.node_e7)))
    left, right, node_e7 = fabric.left.copy(), fabric.right.copy(), fabric.node_e7.copy()
    if kind == 0:
        left[arc], right[arc] = right[arc], left[arc]
    elif kind == 1:
        left[arc] = n_faces_of(fabric)
    elif kind == 2:
        rim = np.union1d(*(ends[np.minimum(left, right) == NONE] for ends in (fabric.from_node, fabric.to_node)))
        within = np.setdiff1d(np.arange(len(node_e7)), rim)
        assume(len(within) > 0)
        node_e7[within[0]] -= (9000, 0)
    elif kind == 3:
        right[arc] = left[arc]
    elif kind == 4:
        node_e7[node] = edges_of(fabric)[0].e7[node - 1]
    elif kind == 5:
        fabric = fabric._replace(start_of_inner=fabric.start_of_inner + 1)
    else:
        node_e7 = np.append(node_e7, [[0, 0]], axis=0).astype(np.int32)
    assert fault_of(fabric._replace(left=left, right=right, node_e7=node_e7)) is not None


def test_an_island_told_to_lie_elsewhere_is_found() -> None:
    """Its borders agree with each other, only not with what lies around them."""
    island, west, east = box(2, 2, 4, 4), box(0, 0, 10, 10), box(10, 0, 20, 10)
    fabric = fabric_of(shapes(polygon(west, island), polygon(east), polygon(island)))
    wrong = fabric._replace(
        **{
            side: np.where((fabric.left == 2) | (fabric.right == 2), np.where(values == 0, 1, values), values).astype(
                np.int32
            )
            for side, values in (("left", fabric.left), ("right", fabric.right))
        }
    )
    fault = first_fault(edges_of(wrong)[0])
    assert fault is not None
    assert (fault.what, fault.e7.tolist()) == ("astray", e7_at((2, 2))[0].tolist())
