"""Moved places: who follows, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from geo.compute.fabric.faces import Fabric, n_faces_of
from geo.compute.fabric.fault import fault_of
from geo.compute.fabric.move import move_points
from geo.compute.fabric.rings import faces_area_e7
from geo.compute.fabric.shapes import fabric_of
from geo.errors import BadGeometry
from tests.fabrics import XY, box, chequers, e7_at, polygon, same_fabric, shapes

RIM = box(-500, -500, 1500, 1500)


def moved(fabric: Fabric, *moves: tuple[XY, XY], may_move: np.ndarray | None = None, snap: float = 0.0) -> Fabric:
    free = np.ones(n_faces_of(fabric), np.bool_) if may_move is None else may_move
    ends = [e7_at(*(move[end] for move in moves)) for end in (0, 1)]
    return move_points(fabric, *ends, free, snap)


def areas(fabric: Fabric) -> list[float]:
    assert fault_of(fabric) is None
    return faces_area_e7(fabric, n_faces_of(fabric)).tolist()


def test_the_corner_of_four_squares() -> None:
    """100 to the east and 200 to the north: triangles of 1,000 by 100 and 1,000 by 200 change hands."""
    fabric = chequers(2, 2)
    after = moved(fabric, ((1000, 1000), (1100, 1200)))
    east, north = 1000 * 100 / 2, 1000 * 200 / 2
    assert areas(after) == [1e6 + east + north, 1e6 - east + north, 1e6 + east - north, 1e6 - east - north]
    for name, values in after._asdict().items():
        assert values.dtype == getattr(fabric, name).dtype
        assert name == "node_e7" or values.tolist() == getattr(fabric, name).tolist()


def test_a_place_between_nodes() -> None:
    """The tip of a wedge that one face drives into the other."""
    west = polygon([(0, 0), (10, 0), (14, 5), (10, 10), (0, 10)])
    east = polygon([(10, 0), (20, 0), (20, 10), (10, 10), (14, 5)])
    after = moved(fabric_of(shapes(west, east)), ((14, 5), (6, 5)))
    assert areas(after) == [80.0, 120.0]


def test_a_border_taken_in_its_middle_gets_a_place_there() -> None:
    fabric = chequers(2, 1)
    after = moved(fabric, ((1003, 501), (1200, 500)), snap=5)
    assert areas(after) == [1.1e6, 0.9e6]
    assert len(after.inner_e7) == len(fabric.inner_e7) + 1


def test_two_new_places_on_one_border_and_one_on_another() -> None:
    """In any order: each lands between its own neighbours."""
    moves = [((1000, 750), (1150, 700)), ((1000, 250), (900, 300)), ((2000, 500), (2200, 500))]
    expected = None
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        after = areas(moved(chequers(3, 1), *(moves[i] for i in order)))
        expected = expected or after
        assert after == expected
    assert sum(expected or []) == 3e6
    assert (expected or [])[2] == 0.9e6


def test_a_new_place_before_an_old_one_on_the_same_border() -> None:
    """The places after it are other ones now, and still the ones that are meant."""
    west = polygon([(0, 0), (10, 0), (14, 5), (10, 10), (0, 10)])
    east = polygon([(10, 0), (20, 0), (20, 10), (10, 10), (14, 5)])
    after = moved(fabric_of(shapes(west, east)), ((14, 5), (6, 5)), ((12, 2), (10, 2)), ((12, 8), (10, 8)), snap=1)
    # from (10, 2) to (6, 5) to (10, 8)
    assert areas(after) == [100 - 12.0, 100 + 12.0]


def test_all_move_at_once() -> None:
    """Each move alone would cross the other's border."""
    fabric = chequers(3, 2)
    with pytest.raises(BadGeometry, match="cross or touch"):
        moved(fabric, ((1000, 1000), (2500, 1000)))
    after = moved(fabric, ((1000, 1000), (2500, 1000)), ((2000, 1000), (2700, 1000)))
    assert sum(areas(after)) == 6e6


def test_who_goes_nowhere_stays() -> None:
    fabric = chequers(2, 2)
    assert same_fabric(moved(fabric, ((1000, 1000), (1000, 1000))), fabric)
    assert same_fabric(moved(fabric), fabric)
    # not even the rim, nor what may not move
    assert same_fabric(moved(fabric, ((0, 0), (0, 0)), may_move=np.zeros(4, np.bool_)), fabric)


def test_only_faces_that_may_move_change() -> None:
    fabric = chequers(3, 3)
    may_move = np.ones(9, np.bool_)
    may_move[8] = False
    assert sum(areas(moved(fabric, ((1000, 1000), (1100, 1200)), may_move=may_move))) == 9e6
    with pytest.raises(BadGeometry, match="must stay as it is") as refused:
        moved(fabric, ((2000, 2000), (2100, 2200)), may_move=may_move)
    assert refused.value.evidence["face"] == 8
    assert refused.value.evidence["lon"] == "103.2002000"


ISLAND = [(400, 400), (600, 400), (500, 600)]


@pytest.mark.parametrize(
    ("moves", "key"),
    [
        ([((500, 500), (600, 600))], "fabric_no_vertex"),
        ([((1000, 1000), (1100, 1100)), ((1001, 1001), (1200, 1200))], "fabric_moved_twice"),
        ([((0, 0), (-10, -10))], "fabric_outer_border"),
        ([((1000, 0), (1100, 0))], "fabric_outer_border"),
        ([((500, 0), (500, -10))], "fabric_outer_border"),
        ([((1000, 1000), (2000, 2000))], "fabric_vertices_meet"),
        ([((1000, 1000), (2000, 1000))], "fabric_vertices_meet"),
        ([((1000, 1000), (1000, 2100))], "fabric_borders_cross"),
        ([((1000, 1000), (2500, 2500))], "fabric_borders_cross"),
        ([((1000, 1000), (2000, 1500))], "fabric_borders_cross"),
        ([((1000, 1000), (10**9, 1000))], "fabric_place_outside"),
    ],
)
def test_moves_that_cannot_be_meant(moves: list[tuple[XY, XY]], key: str) -> None:
    fabric = chequers(3, 3)
    with pytest.raises(BadGeometry) as refused:
        moved(fabric, *moves, snap=2)
    assert refused.value.key == key
    assert refused.value.in_language("zh") != refused.value.in_language("en")
    assert same_fabric(fabric, chequers(3, 3))


def test_faces_do_not_turn_over() -> None:
    """A triangle whose tip passes its base; one between two others whose base then lies behind it."""
    around = [box(0, 0, 1000, 1000), ISLAND]
    island = fabric_of(shapes(polygon(*around), polygon(ISLAND)))
    with pytest.raises(BadGeometry, match="turn over or vanish"):
        moved(island, ((500, 600), (500, 200)))
    with pytest.raises(BadGeometry, match="cross or touch"):
        moved(island, ((500, 600), (500, 400)))
    base, tip = [(0, 0), (1000, 0)], (500, 300)
    between = fabric_of(
        shapes(
            polygon([*base, (1000, -900), (0, -900)]),
            polygon([*base, tip]),
            polygon([(0, 0), tip, (1000, 0), (1000, 900), (0, 900)]),
        )
    )
    with pytest.raises(BadGeometry, match="turn over or vanish"):
        moved(between, (tip, (500, -300)))


def test_islands_are_not_left_behind() -> None:
    """A border is dragged over an island, and meets nothing where it comes to lie."""
    left = polygon(box(0, 0, 1000, 1000), ISLAND)
    fabric = fabric_of(shapes(left, polygon(box(1000, 0, 2000, 1000)), polygon(ISLAND)))
    with pytest.raises(BadGeometry, match="turn over or vanish"):
        moved(fabric, ((1000, 300), (300, 300)), ((1000, 700), (300, 700)))
    assert sum(areas(moved(fabric, ((1000, 300), (700, 300)), ((1000, 700), (700, 700))))) == 2e6
