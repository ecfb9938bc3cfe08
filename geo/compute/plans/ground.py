"""The ground that comes to other grids from one plan to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.project import Frame
from geo.grids import Grid
from geo.plan_changes import GridName, GroundMove
from geo.units import NONE, FloatArray, IntArray

Shapes = NDArray[np.object_]

LEAST_GROUND_M2 = 1.0
LEAST_WIDTH_M = 0.02
"""What is smaller, or narrower, comes to another grid only by the rounding of places to 1e-7 degree: a border that is
written again is off by a centimetre, however long it is."""

_NO_PAIRS = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def ground_moves(
    before: Sequence[Grid], after: Sequence[Grid], frame: Frame, *, least_width_m: float = LEAST_WIDTH_M
) -> list[GroundMove]:
    """Every piece of ground that is in one grid before and in another, or none, after; the largest first.

    Only grids that are not the same on both sides can have such ground, and unless a plan redraws all of a city those
    are few.

    Parameters
    ----------
    before, after
        Grids that do not overlap; those with one id are one grid.
    frame
        Where areas are taken.
    least_width_m
        Pieces that are narrower are left out; the width is the mean one, ``2 A / P``.
    """
    shape_before = {grid.id: grid.shape for grid in before}
    same = {grid.id for grid in after if grid.id in shape_before and shape_before[grid.id] == grid.shape}
    old = [grid for grid in before if grid.id not in same]
    new = [grid for grid in after if grid.id not in same]
    return sorted(_moves(old, new, frame, least_width_m), key=_largest_first)


def areas_m2(shapes: Sequence[shapely.Geometry] | Shapes, frame: Frame) -> FloatArray:
    """(n,) of shapes in EPSG:4326."""
    return np.asarray(shapely.area(shapely.transform(np.array(shapes, dtype=object), frame.to_xy_m)))


def _moves(old: Sequence[Grid], new: Sequence[Grid], frame: Frame, least_width_m: float) -> Iterator[GroundMove]:
    """The parts of all pieces are measured at once: most of the time goes into starting the projection."""
    pieces = [*_pieces(old, new)]
    parts, piece_of_part = shapely.get_parts([piece for _, _, piece in pieces], return_index=True)
    is_ground = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, piece_of_part = parts[is_ground], piece_of_part[is_ground]
    parts_m = shapely.transform(parts, frame.to_xy_m)
    part_m2 = shapely.area(parts_m)
    is_told = (part_m2 >= LEAST_GROUND_M2) & (part_m2 >= least_width_m * shapely.length(parts_m) / 2)
    told: dict[int, list[int]] = {}
    for part in np.flatnonzero(is_told).tolist():
        told.setdefault(int(piece_of_part[part]), []).append(part)
    for piece, some in told.items():
        before, after, _ = pieces[piece]
        shape = shapely.MultiPolygon(parts[some].tolist())
        yield GroundMove(GridName.of(before), GridName.of(after), shape, float(part_m2[some].sum()))


def _pieces(old: Sequence[Grid], new: Sequence[Grid]) -> Iterator[tuple[Grid | None, Grid | None, shapely.Geometry]]:
    """Where two different grids meet, and what of a grid meets none; also lines and points, and nothing at all."""
    old_shape, new_shape = (np.array([grid.shape for grid in grids], dtype=object) for grids in (old, new))
    j, i = shapely.STRtree(old_shape).query(new_shape, predicate="intersects") if old and new else _NO_PAIRS
    meet = shapely.intersection(old_shape[i], new_shape[j])
    for one, other, piece in zip(i.tolist(), j.tolist(), meet, strict=True):
        if old[one].id != new[other].id:
            yield old[one], new[other], piece
    for one, left in enumerate(_left_over(old_shape, new_shape, i, j)):
        yield old[one], None, left
    for other, came in enumerate(_left_over(new_shape, old_shape, j, i)):
        yield None, new[other], came


def _left_over(shapes: Shapes, others: Shapes, i: IntArray, j: IntArray) -> Shapes:
    """(n_shapes,) what of each lies in none of the others that it meets; ``i`` and ``j`` say which meet."""
    order = np.argsort(i, kind="stable")
    met = np.split(others[j[order]], np.searchsorted(i[order], np.arange(1, len(shapes))))
    covered = np.array([shapely.union_all(some) for some in met[: len(shapes)]], dtype=object)
    return np.asarray(shapely.difference(shapes, covered))


def _largest_first(move: GroundMove) -> tuple[float, int, int]:
    return -move.area_m2, move.before.id if move.before else NONE, move.after.id if move.after else NONE
