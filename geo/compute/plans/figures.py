"""What the grids of a draft hold and how they are shaped, from its borders and homes; no polygon is made.

An arc is walked from its first end to its last, the ground to its left on its left: what it sweeps seen from a fixed
place counts for the grid on its left and against the grid on its right. Summed over a closed border that is the area
(shoelace formula), so that the areas of grids add up to that of the community whatever is drawn between them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.faces import Fabric, lonlat_of, stops_of_arcs
from geo.compute.fabric.rings import pieces_of
from geo.compute.plans.bridges import bridged
from geo.compute.project import Frame
from geo.drafts import BORDER_KINDS, Draft, PlanHomes
from geo.plan_figures import GridFigures
from geo.units import NONE, BoolArray, FloatArray, IntArray

COUNTED = ("households", "residents", "elderly", "children", "shops")


class Lines(NamedTuple):
    """The places of arcs, one arc after the other."""

    start_of_arc: IntArray
    """(n_arcs + 1,) offsets into ``place``."""
    place: FloatArray
    """(n_places, 2) of both ends and all places between them."""


class Swept(NamedTuple):
    """What each arc sweeps seen from the origin, and how long it is; arrays of (n_arcs,)."""

    area: FloatArray
    """Positive where the origin is on its left."""
    moment: FloatArray
    """(n_arcs, 2) the area times its centre."""
    length: FloatArray


def unit_of_homes(shapes_of_units: NDArray[np.object_], lonlat: FloatArray) -> IntArray:
    """The unit that each home lies in: on a border the lowest, outside all the nearest one.

    Parameters
    ----------
    shapes_of_units
        (n_units,) polygons in EPSG:4326.
    lonlat
        (n_homes, 2) degrees.

    Returns
    -------
    (n_homes,) place among the units; NONE if there are no units.
    """
    unit_of_home = np.full(len(lonlat), NONE, np.int64)
    if not len(shapes_of_units) or not len(lonlat):
        return unit_of_home
    home, unit = shapely.STRtree(shapes_of_units).query(shapely.points(lonlat), predicate="intersects")
    _note_lowest(unit_of_home, home, unit)
    outside = np.flatnonzero(unit_of_home == NONE)
    if len(outside):
        # a degree of longitude is shorter than one of latitude
        scale = np.array([np.cos(np.radians(lonlat[outside, 1].mean())), 1.0])
        tree = shapely.STRtree(shapely.transform(shapes_of_units, lambda places: places * scale))
        home, unit = tree.query_nearest(shapely.points(lonlat[outside] * scale))
        _note_lowest(unit_of_home, outside[home], unit)
    return unit_of_home


def _note_lowest(unit_of_home: IntArray, home: IntArray, unit: IntArray) -> None:
    order = np.lexsort((-unit, home))
    unit_of_home[home[order]] = unit[order]  # the lowest comes last


def figures_of_grids(draft: Draft, homes: PlanHomes, unit_of_home: IntArray, frame: Frame) -> GridFigures:
    """What each grid holds and how it is shaped.

    Parameters
    ----------
    draft
        Units, borders, bridges, and the grid of every unit.
    homes, unit_of_home
        The homes, and (n_homes,) the place among the units of each; NONE: counted nowhere.
    frame
        Where lengths and areas are taken: about the community.

    Source
    ------
    Compactness: Polsby and Popper (1991), Yale Law & Policy Review 9, 301-353: 4 pi A / P^2.
    """
    n_grids = len(draft.grids)
    left, right = grids_beside(draft)
    swept = _swept(lines_of(draft.fabric, frame))
    is_border = left != right
    length_m = np.where(is_border, swept.length, 0.0)
    is_inner = is_border & (left != NONE) & (right != NONE)
    area_m2 = _sums(left, swept.area, n_grids) - _sums(right, swept.area, n_grids)
    border_m = _sums(left, length_m, n_grids) + _sums(right, length_m, n_grids)
    compactness = np.full(n_grids, np.nan)
    np.divide(4 * np.pi * area_m2, border_m**2, out=compactness, where=border_m > 0)
    grid_of_home = grid_of_homes(draft, unit_of_home)
    return GridFigures(
        units=np.bincount(draft.grid_of_unit, minlength=n_grids),
        **_counted(homes, grid_of_home, n_grids),
        area_m2=area_m2,
        border_m=border_m,
        compactness=compactness,
        pieces=n_pieces(draft),
        inner_m_of_kind=_by_kind(draft, (left, right), np.where(is_inner, swept.length, 0.0)),
    )


def figures_of_shapes(shapes_m: NDArray[np.object_], homes: PlanHomes, grid_of_home: IntArray) -> GridFigures:
    """The same of grids that are not drawn on units; nothing is known of what their borders run along.

    Parameters
    ----------
    shapes_m
        (n_grids,) polygons in metres.
    homes, grid_of_home
        The homes, and (n_homes,) the place among the grids of each; NONE: counted nowhere.
    """
    n_grids = len(shapes_m)
    area_m2, border_m = shapely.area(shapes_m), shapely.length(shapes_m)
    compactness = np.full(n_grids, np.nan)
    np.divide(4 * np.pi * area_m2, border_m**2, out=compactness, where=border_m > 0)
    return GridFigures(
        units=np.zeros(n_grids, np.int64),
        **_counted(homes, grid_of_home, n_grids),
        area_m2=area_m2,
        border_m=border_m,
        compactness=compactness,
        pieces=shapely.get_num_geometries(shapes_m).astype(np.int64),
        inner_m_of_kind=np.zeros((n_grids, len(BORDER_KINDS))),
    )


def _counted(homes: PlanHomes, grid_of_home: IntArray, n_grids: int) -> dict[str, Any]:
    """Homes, and who and what is in them, by grid."""
    counts = {name: _sums(grid_of_home, getattr(homes, name), n_grids) for name in COUNTED}
    ones, is_building = np.ones(len(grid_of_home)), homes.is_building.astype(np.float64)
    return {
        "homes": _sums(grid_of_home, ones, n_grids).astype(np.int64),
        "buildings": _sums(grid_of_home, is_building, n_grids).astype(np.int64),
        **counts,
    }


def grid_of_homes(draft: Draft, unit_of_home: IntArray) -> IntArray:
    """(n_homes,) place among the grids of the grid that has each home's unit; NONE for a home without one."""
    return np.where(unit_of_home == NONE, NONE, draft.grid_of_unit[unit_of_home])


def grids_beside(draft: Draft) -> tuple[IntArray, IntArray]:
    """The grids to the left and to the right of every arc, both (n_arcs,); NONE: outside the community."""
    left, right = draft.fabric.left, draft.fabric.right
    return (
        np.where(left == NONE, NONE, draft.grid_of_unit[left]),
        np.where(right == NONE, NONE, draft.grid_of_unit[right]),
    )


def centres_of_grids(draft: Draft) -> FloatArray:
    """(n_grids, 2) degrees: the centre of gravity of each grid, wherever it lies; NaN for one without ground.

    It moves little when a border is moved a little, which a place chosen to be inside does not promise.
    """
    lines = lines_of(draft.fabric)
    origin = lines.place[0] if len(lines.place) else np.zeros(2)
    swept = _swept(Lines(lines.start_of_arc, lines.place - origin))
    left, right = grids_beside(draft)
    n_grids = len(draft.grids)

    def whole(value: FloatArray) -> FloatArray:
        return _sums(left, value, n_grids) - _sums(right, value, n_grids)

    area = whole(swept.area)
    moment = np.stack([whole(column) for column in swept.moment.T], axis=1)
    centre = np.full((n_grids, 2), np.nan)
    np.divide(moment, area[:, None], out=centre, where=area[:, None] > 0)
    return centre + origin


def lines_of(fabric: Fabric, frame: Frame | None = None, is_meant: BoolArray | None = None) -> Lines:
    """All places of arcs, in metres of a frame or else in degrees.

    Parameters
    ----------
    fabric
        Nodes and arcs.
    frame
        Where metres are counted; None: degrees.
    is_meant
        (n_arcs,) which arcs; None: all. The others are left out.
    """
    lonlat = lonlat_of(np.concatenate([fabric.node_e7, fabric.inner_e7]))
    stop, start_of_arc = stops_of_arcs(fabric)
    if is_meant is not None:
        n_stops = np.diff(start_of_arc)
        stop = stop[np.repeat(is_meant, n_stops)]
        start_of_arc = np.concatenate([[0], np.cumsum(n_stops[is_meant])])
    return Lines(start_of_arc, (lonlat if frame is None else frame.to_xy_m(lonlat))[stop])


def _swept(lines: Lines) -> Swept:
    """Area, moment and length of every arc; every arc has at least one segment."""
    first, last = lines.place[:-1], lines.place[1:]
    cross = first[:, 0] * last[:, 1] - last[:, 0] * first[:, 1]
    each = np.column_stack([cross / 2, (first + last) * cross[:, None] / 6, np.hypot(*(last - first).T)])
    each[lines.start_of_arc[1:-1] - 1] = 0.0  # from the end of an arc to the beginning of the next
    summed = np.add.reduceat(each, lines.start_of_arc[:-1]) if len(each) else each
    return Swept(summed[:, 0], summed[:, 1:3], summed[:, 3])


def _sums(group: IntArray, value: FloatArray, n_groups: int) -> FloatArray:
    """(n_groups,) sums of what is in a group; NONE is in none."""
    return np.asarray(np.bincount(group + 1, weights=value, minlength=n_groups + 1)[1:], np.float64)


def _by_kind(draft: Draft, sides: tuple[IntArray, IntArray], length_m: FloatArray) -> FloatArray:
    n_grids, n_kinds = len(draft.grids), len(BORDER_KINDS)
    told = [
        _sums(np.where(grid == NONE, NONE, grid * n_kinds + draft.kind_of_arc), length_m, n_grids * n_kinds)
        for grid in sides
    ]
    return np.asarray(sum(told)).reshape(n_grids, n_kinds)


def pieces_with_bridges(draft: Draft) -> IntArray:
    """(n_units,) the piece of its grid that each unit is part of, told by its lowest unit.

    Units hang together that share a border and a grid, and those that a bridge joins and that share a grid.
    """
    return bridged(pieces_of(draft.fabric, draft.grid_of_unit), draft.grid_of_unit, draft.bridges)


def n_pieces(draft: Draft) -> IntArray:
    """(n_grids,) how many pieces each grid is in; 0 of a grid without units."""
    pairs = np.unique(np.stack([draft.grid_of_unit, pieces_with_bridges(draft)]), axis=1)
    return np.bincount(pairs[0], minlength=len(draft.grids))
