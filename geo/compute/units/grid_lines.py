"""Borders of grids that follow nothing which a community is cut along: units are cut there, too.

Grids that were drawn before there were units need not follow streets. Where a border of theirs runs beside one, the
street is the border; where it does not, it is kept, from where it leaves what is there to where it comes back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from geo.compute.fabric.faces import Fabric, lonlat_of, stops_of_arcs
from geo.compute.layers.clean import clean_layer, is_coverage
from geo.compute.units.lattice import Lattice, Shapes
from geo.compute.units.near import are_near
from geo.compute.units.sides import pieces_of
from geo.drafts import BORDER_KINDS
from geo.rules.layers import CleanRule
from geo.rules.units import UnitRule
from geo.units import NONE, BoolArray, FloatArray, Int32Array

LOOK_M = 5.0
"""Borders of grids are looked at every so many metres."""

CLOSE_M = 1.0
"""What is so near is the same place."""

OVER_M = 0.05
"""A line that ends on another reaches so far over it, so that it meets it whatever is rounded."""


class _There(NamedTuple):
    """What units are cut along already, in metres."""

    pieces: FloatArray
    """(n_pieces, 2, 2) straight pieces of streets, walls, water, rail and the community's own border."""
    is_outer: BoolArray
    """(n_pieces,) whether it is the community's own border."""
    is_wall: BoolArray
    tree: shapely.STRtree

    def along(self, pieces: FloatArray, near_m: float) -> _There:
        """The same without what is neither the community's border nor runs along one of some pieces."""
        kept = self.is_outer | are_near(self.pieces.mean(axis=1), pieces, near_m)
        kept_pieces = self.pieces[kept]
        tree = shapely.STRtree(shapely.linestrings(kept_pieces))
        return _There(kept_pieces, self.is_outer[kept], self.is_wall[kept], tree)

    def are_beside(self, xy_m: FloatArray, rule: UnitRule) -> BoolArray:
        """(n,) whether places are so near to any of it that it is meant."""
        is_beside = are_near(xy_m, self.pieces[~self.is_wall], rule.sliver_m)
        return is_beside | are_near(xy_m, self.pieces[self.is_wall], rule.beside_wall_m)


def lines_of_grids(
    grids: Shapes, units: tuple[Fabric, Int32Array], parting: Shapes, rule: UnitRule, clean: CleanRule
) -> Shapes:
    """Lines to cut units along, besides all else, so that units lie in one grid each.

    Parameters
    ----------
    grids
        (n_grids,) valid polygons or multipolygons in degrees. Where they do not fit together they are cleaned first.
    units
        As they are without such lines, and (n_arcs,) what their borders run along.
    parting
        What of these is no dead end, in degrees: see :func:`geo.compute.units.dead_ends.without_dead_ends`. None at
        all: that is not known, and what borders run along for the most counts.
    rule
        ``sliver_m``: a border of grids that is this near to a street, water, rail or the community's border is that;
        ``beside_wall_m``: likewise a wall.
    clean
        What cleaning may change.

    Returns
    -------
    (n_lines,) in degrees; none where all borders of grids run along what is there. An end on the community's border is
    one of the corners that this has, where one is near.
    """
    fabric, kind_of_arc = units
    if not len(grids) or not len(kind_of_arc):
        return np.zeros(0, dtype=object)
    lattice = Lattice.about(shapely.multipoints(lonlat_of(fabric.node_e7)))
    there = _there(fabric, kind_of_arc, lattice)
    if len(parting):
        there = there.along(pieces_of(lattice.in_metres(parting)), rule.near_m)
    borders = [shapely.get_coordinates(border) for border in _borders(lattice.in_metres(grids), clean)]
    drawn = [line for xy_m in borders for line in _beyond(xy_m, there, rule)]
    drawn += [line for xy_m in borders for way in (xy_m, xy_m[::-1]) for line in _over_rim(way, there, rule.sliver_m)]
    return np.asarray(lattice.in_degrees(np.array(drawn, dtype=object)))


def _there(fabric: Fabric, kind_of_arc: Int32Array, lattice: Lattice) -> _There:
    place, start = stops_of_arcs(fabric)
    xy_m = lattice.counted(np.concatenate([fabric.node_e7, fabric.inner_e7]))[place] * lattice.metres
    arc = np.repeat(np.arange(len(start) - 1), np.diff(start))
    is_meant = (arc[1:] == arc[:-1]) & (kind_of_arc[arc[1:]] != BORDER_KINDS.index("plot"))
    pieces = np.stack([xy_m[:-1], xy_m[1:]], axis=1)[is_meant]
    is_outer = ((fabric.left == NONE) | (fabric.right == NONE))[arc[1:][is_meant]]
    is_wall = kind_of_arc[arc[1:][is_meant]] == BORDER_KINDS.index("wall")
    return _There(pieces, is_outer, is_wall, shapely.STRtree(shapely.linestrings(pieces)))


def _borders(grids: Shapes, clean: CleanRule) -> Shapes:
    """Borders of grids in metres, each once, from where several meet to where several meet."""
    fitting = grids if is_coverage(grids) else clean_layer(grids, clean).shapes
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(fitting)))))


def _beyond(xy_m: FloatArray, there: _There, rule: UnitRule) -> list[shapely.Geometry]:
    """The parts of a border that run far from what is there, each led to it where the border comes near."""
    looks, is_corner = _looked_at(xy_m)
    is_far = ~there.are_beside(looks, rule)
    at_m = np.append(0.0, np.cumsum(np.hypot(*np.diff(looks, axis=0).T)))
    is_far = _without_short(is_far, True, at_m, rule.sliver_m)
    is_far = _without_short(is_far, False, at_m, 2 * rule.sliver_m)
    first = np.flatnonzero(is_far & ~np.append(False, is_far[:-1]))
    last = np.flatnonzero(is_far & ~np.append(is_far[1:], False))
    lines = []
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        is_kept = is_corner[begin : end + 1].copy()
        is_kept[[0, -1]] = True
        head = _to_what_is_there(looks[:begin][::-1], there, rule.sliver_m)[::-1]
        tail = _to_what_is_there(looks[end + 1 :], there, rule.sliver_m)
        way = np.vstack([head, looks[begin : end + 1][is_kept], tail])
        lines.append(shapely.remove_repeated_points(shapely.linestrings(way)))
    return [line for line in lines if line.length > 0]


def _over_rim(xy_m: FloatArray, there: _There, rim_m: float) -> list[shapely.Geometry]:
    """The end of a border on the community's, from where it crosses what runs along that one nearer than a sliver.

    Else the strip between the two would be part of one grid all along.
    """
    corner = _corner(xy_m[-1], there)
    if corner is None or np.hypot(*(corner - xy_m[-1])) > rim_m:
        return []
    whole = shapely.linestrings(xy_m)
    end = substring(whole, max(whole.length - rim_m, 0.0), whole.length)
    is_across = ~there.is_outer & ~there.is_wall
    across = there.tree.query(end, "intersects")
    met = shapely.get_coordinates(shapely.intersection(end, there.tree.geometries[across[is_across[across]]]))
    met = met[~are_near(met, there.pieces[there.is_outer], CLOSE_M)]
    if not len(met):
        return []
    at_m = float(shapely.line_locate_point(end, shapely.points(met)).min())
    last = substring(end, max(at_m - OVER_M, 0.0), end.length)
    way = shapely.get_coordinates(last)[:-1]
    return [shapely.linestrings(np.vstack([way, corner, _over(way[-1], corner)]))]


def _without_short(is_far: BoolArray, which: bool, at_m: FloatArray, least_m: float) -> BoolArray:
    """Stretches that are far, or near, and shorter than so many metres are as what lies on both sides of them."""
    start = np.flatnonzero(np.diff(is_far.astype(np.int8), prepend=2))
    stop = np.append(start[1:], len(is_far)) - 1
    is_inner = (start > 0) & (stop < len(is_far) - 1)
    is_short = (is_far[start] == which) & is_inner & (at_m[stop] - at_m[start] < least_m)
    return np.where(np.repeat(is_short, stop - start + 1), ~is_far, is_far)


def _to_what_is_there(near: FloatArray, there: _There, near_m: float) -> FloatArray:
    """(n, 2) how a border goes on, from where it comes near to what is there: nothing where it ends far from it.

    It is followed as long as it comes nearer. To a corner of the community's border, unless it ends at one, it is led
    from farther off, so that it does not run beside that border.
    """
    if not len(near):
        return near
    places = shapely.points(near)
    distance_m = shapely.distance(places, there.tree.geometries[there.tree.nearest(places)])
    goes_on = (distance_m > CLOSE_M) & (np.diff(distance_m, prepend=np.inf) < 0)
    n = max(int(np.argmin(np.append(goes_on, False))), 1)
    target = near[min(n, len(near) - 1)]
    corner = _corner(target, there)
    off_m = np.inf if corner is None else np.hypot(*(target - corner))
    if corner is None or off_m > near_m:
        if n < len(near) and len(there.tree.query(shapely.linestrings(near[n - 1 : n + 1]), "intersects")):
            return near[: n + 1]
        return np.vstack([near[:n], _over(near[n - 1], _foot(near[n - 1], there))])
    way = near[: n if off_m <= CLOSE_M else 1]
    return np.vstack([way, corner, _over(way[-1], corner)])


def _looked_at(xy_m: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Places along a line, and whether each is one of its corners."""
    way = np.diff(xy_m, axis=0)
    n = np.maximum(np.ceil(np.hypot(way[:, 0], way[:, 1]) / LOOK_M), 1).astype(np.int64)
    side = np.repeat(np.arange(len(way)), n)
    k = np.arange(len(side)) - np.repeat(np.cumsum(n) - n, n)
    looks = np.vstack([xy_m[side] + way[side] * (k / n[side])[:, None], xy_m[-1]])
    return looks, np.append(k == 0, True)


def _corner(at: FloatArray, there: _There) -> FloatArray | None:
    """(2,) the nearest corner of the community's border; None where something else is nearer."""
    piece = int(there.tree.nearest(shapely.points(at)))
    if not there.is_outer[piece]:
        return None
    ends = there.pieces[piece]
    return np.asarray(ends[np.argmin(np.hypot(*(ends - at).T))])


def _foot(at: FloatArray, there: _There) -> FloatArray:
    """(2,) the nearest place of what is there."""
    place = shapely.points(at)
    return np.asarray(
        shapely.get_coordinates(shapely.shortest_line(place, there.tree.geometries[there.tree.nearest(place)]))[1]
    )


def _over(at: FloatArray, target: FloatArray) -> FloatArray:
    """(2,) a place a hair farther than the target."""
    distance_m = np.hypot(*(target - at))
    return np.asarray(target if distance_m == 0 else target + (target - at) / distance_m * OVER_M)
