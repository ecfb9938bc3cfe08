"""What became of what was drawn: places that were led elsewhere, and ground that was left out.

Told from the draft before and after an edit, however that was made: nobody should have to measure on the map where a
line ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.fabric.cross import beside, shrink_of
from geo.compute.fabric.edges import edges_of
from geo.compute.fabric.faces import Fabric, keys_of, lonlat_of, stops_of_arcs
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.ground import areas_m2
from geo.compute.project import Frame
from geo.drafts import Draft
from geo.plan_drawn import Led, LeftOut, Which
from geo.plan_ops import Carve, Change, LonLat, Move, Split
from geo.rules.plan_edits import plan_edit_rule
from geo.units import E7, NONE, FloatArray, Int32Array, IntArray

BENT_E7 = 2.0
"""How far a border lies off its old way where it got a place by rounding, in ten-millionths of a degree."""


class _Flat(NamedTuple):
    """The plane in which things are near: ten-millionths of a degree of latitude both ways."""

    scale: FloatArray
    """(2,)"""

    def xy(self, e7: Int32Array) -> FloatArray:
        """(n, 2)"""
        return np.asarray(e7 * self.scale)

    def e7(self, xy: FloatArray) -> Int32Array:
        """(n, 2)"""
        return np.rint(xy / self.scale).astype(np.int32)


def led_of(before: Draft, after: Draft, change: Change) -> list[Led]:
    """Which places of a drawing were led elsewhere, in their order along it.

    Parameters
    ----------
    before, after
        The draft before and after the edit.
    change
        The edit; of one that draws nothing nothing is told.
    """
    match change:
        case Move(moves=moves):
            pairs = list(_taken(before.fabric, _e7([start for start, _ in moves])))
        case Split(line=line):
            pairs = _led_by_the_way(before, after, _e7(line), is_ring=False)
        case Carve(polygon=polygon):
            pairs = _led_by_the_way(before, after, _e7([*polygon, polygon[0]]), is_ring=True)
        case _:
            return []
    return _told(before.fabric, pairs)


def left_out(draft: Draft, ring_e7: Int32Array) -> LeftOut:
    """What of the ground inside a ring no new grid can have.

    Parameters
    ----------
    draft
        Before the edit.
    ring_e7
        (n, 2) corners of a ring that does not cross itself.
    """
    is_locked = np.array([grid.is_locked for grid in draft.grids], np.int64)
    ring = shapely.make_valid(shapely.Polygon(lonlat_of(ring_e7)))
    free, locked = shapes_of(draft.fabric, is_locked[draft.grid_of_unit], 2)
    outside = shapely.difference(shapely.difference(ring, free), locked)
    share = outside.area / ring.area if ring.area else 0.0
    if share > plan_edit_rule().most_outside_share:  # such a ring may go round the earth, and no frame holds it
        return LeftOut(draft.community.name, np.inf, share, 0.0)
    frame = Frame.of(lonlat_of(draft.fabric.node_e7))
    outside_m2, locked_m2 = areas_m2([outside, shapely.intersection(ring, locked)], frame).tolist()
    return LeftOut(draft.community.name, outside_m2, share, locked_m2)


_Pair = tuple[Which, Int32Array, Int32Array]
"""What it is, where it was drawn and where it came to lie."""


def _told(fabric: Fabric, pairs: Sequence[_Pair]) -> list[Led]:
    if not pairs:
        return []
    drawn, led = (np.array([pair[side] for pair in pairs]).reshape(-1, 2) for side in (1, 2))
    drawn_lonlat, led_lonlat = lonlat_of(drawn), lonlat_of(led)
    frame = Frame.of(led_lonlat)
    away = np.hypot(*(frame.to_xy_m(drawn_lonlat) - frame.to_xy_m(led_lonlat)).T).tolist()
    known = np.isin(keys_of(led), keys_of(np.concatenate([fabric.node_e7, fabric.inner_e7]))).tolist()
    places = zip(drawn_lonlat.tolist(), led_lonlat.tolist(), strict=True)
    return [
        Led(which, tuple(one), tuple(other), away[i], known[i])
        for i, ((which, _, _), (one, other)) in enumerate(zip(pairs, places, strict=True))
        if away[i] >= plan_edit_rule().least_told_m
    ]


def _e7(lonlat: Sequence[LonLat]) -> Int32Array:
    return np.rint(np.array(lonlat, np.float64) * E7).astype(np.int32)


def _taken(fabric: Fabric, from_e7: Int32Array) -> Iterator[_Pair]:
    """The places of borders that points took hold of."""
    edges, _ = edges_of(fabric)
    reach = (float(plan_edit_rule().snap_e7), shrink_of(from_e7))
    place, _, onto = beside(edges.e7, edges.a, edges.b, from_e7.astype(np.float64), reach)
    taken = np.where((place == NONE)[:, None], np.rint(onto).astype(np.int32), edges.e7[place])
    yield from (("taken", one, other) for one, other in zip(from_e7, taken, strict=True))


def _led_by_the_way(before: Draft, after: Draft, line_e7: Int32Array, *, is_ring: bool) -> list[_Pair]:
    """Where the new border meets older ones, and corners of the drawing that it passes beside."""
    flat = _Flat(np.array([shrink_of(line_e7), 1.0]))
    line = shapely.LineString(flat.xy(line_e7))
    older = shapely.MultiLineString(_lines(before, flat, _parts_grids(before)).tolist())
    meets_e7, places_e7 = _new_border(after, flat, older)
    if not len(places_e7):
        return []
    met = _met(line, older, meets_e7, flat)
    along = shapely.line_locate_point(line, shapely.points(flat.xy(met))).tolist()
    order = np.argsort(along, kind="stable").tolist()
    names: dict[int, Which] = {} if is_ring or not order else {order[-1]: "end", order[0]: "start"}
    found: list[tuple[float, _Pair]] = [(along[i], (names.get(i, "crossing"), met[i], meets_e7[i])) for i in order]
    corners_e7 = line_e7[:-1] if is_ring else line_e7[1:-1]
    for corner, place in _beside(flat.xy(corners_e7), flat.xy(places_e7)):
        if not (meets_e7 == places_e7[place]).all(axis=1).any():
            point = shapely.Point(flat.xy(corners_e7[corner]))
            found.append((line.project(point), ("corner", corners_e7[corner], places_e7[place])))
    return [pair for _, pair in sorted(found, key=lambda each: each[0])]


def _parts_grids(draft: Draft) -> IntArray:
    """Arcs between two grids, or a grid and the outside."""
    grid = np.append(draft.grid_of_unit, NONE)
    return np.flatnonzero(grid[draft.fabric.left] != grid[draft.fabric.right])


def _lines(draft: Draft, flat: _Flat, arcs: IntArray) -> FloatArray:
    """(n,) lines of arcs."""
    stop, start = stops_of_arcs(draft.fabric)
    xy = flat.xy(np.concatenate([draft.fabric.node_e7, draft.fabric.inner_e7]))
    n = np.diff(start)[arcs]
    at = np.repeat(start[arcs] - np.concatenate([[0], np.cumsum(n)[:-1]]), n) + np.arange(n.sum())
    return np.asarray(shapely.linestrings(xy[stop[at]], indices=np.repeat(np.arange(len(arcs)), n)))


def _new_border(after: Draft, flat: _Flat, older: BaseGeometry) -> tuple[Int32Array, Int32Array]:
    """Where the borders between grids that were none before meet older ones, each place once; and all their places."""
    arcs = _parts_grids(after)
    lines = _lines(after, flat, arcs)
    shapely.prepare(older)
    is_new = ~shapely.dwithin(older, shapely.line_interpolate_point(lines, 0.5, normalized=True), BENT_E7)
    fabric, arcs = after.fabric, arcs[is_new]
    nodes_e7 = fabric.node_e7[np.unique(np.concatenate([fabric.from_node[arcs], fabric.to_node[arcs]]))]
    is_met = shapely.dwithin(older, shapely.points(flat.xy(nodes_e7)), BENT_E7)
    return nodes_e7[is_met], np.unique(flat.e7(shapely.get_coordinates(lines[is_new])), axis=0)


def _met(line: BaseGeometry, older: BaseGeometry, meets_e7: Int32Array, flat: _Flat) -> Int32Array:
    """(n, 2) where each place at which the new border meets older ones was drawn: the nearest of the places where the
    line meets them and ends, if one is within reach, else the nearest place of the line.
    """
    rule = plan_edit_rule()
    ends = shapely.get_coordinates(line)[[0, -1]]
    points = np.concatenate([shapely.get_coordinates(shapely.intersection(line, older)), ends])
    xy = flat.xy(meets_e7)
    away = np.hypot(*(xy[:, None] - points[None]).transpose(2, 0, 1))
    nearest = points[np.argmin(away, axis=1)]
    beside_line = shapely.line_interpolate_point(line, shapely.line_locate_point(line, shapely.points(xy)))
    is_near = away.min(axis=1, initial=np.inf) <= rule.outer_e7 + rule.snap_e7
    return flat.e7(np.where(is_near[:, None], nearest, shapely.get_coordinates(beside_line)))


def _beside(points: FloatArray, places: FloatArray) -> Iterator[tuple[int, int]]:
    """Points with the nearest of some places, where it is within reach."""
    reach = plan_edit_rule().snap_e7 + BENT_E7
    tree = shapely.STRtree(shapely.points(places))
    pairs = tree.query_nearest(shapely.points(points), max_distance=reach, all_matches=False)
    yield from zip(*pairs.tolist(), strict=True)
