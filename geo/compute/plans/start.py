"""The first state of a draft: grids that were drawn anyhow, put together from units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import neighbours_of, pieces_of
from geo.compute.layers.edges import edges_of
from geo.compute.layers.rebase import UnitGround, rebase
from geo.units import NONE, BoolArray, FloatArray, IntArray

Shapes = NDArray[np.object_]


class Start(NamedTuple):
    """A grid for every unit."""

    grid_of_unit: IntArray
    """(n_units,) place among the grids; every unit has one."""
    share_inside: FloatArray
    """(n_units,) share of the unit's ground that the grid had held: 0..1."""
    is_question: BoolArray
    """(n_units,) whether somebody who knows the place should look."""


def grids_of_units(
    fabric: Fabric, length_m_of_arc: FloatArray, units: Shapes, people: FloatArray, grids: Shapes, sure_share: float
) -> Start:
    """Give every unit to the grid that holds most of it.

    A unit that no grid holds goes to the nearest one. Units that hang together with the largest piece of their grid
    nowhere stay in it if it was clearly drawn so: one of them lies nearly whole in the grid, or in another part of it
    than the largest that was drawn. That the grid is in pieces is then for a rule to tell. Others are there only
    because a border was drawn through them, and go to the neighbour with which they have the longest border.

    Parameters
    ----------
    fabric, length_m_of_arc
        Its faces are the units; (n_arcs,) how long its borders are.
    units, grids
        Shapes in metres.
    people
        (n_units,) who live there.
    sure_share
        Less than this inside makes a unit a question.
    """
    ground = UnitGround(
        edges_of(units),
        shapely.get_coordinates(shapely.point_on_surface(units)),
        shapely.area(units),
        people,
    )
    found = rebase(ground, edges_of(grids), sure_share)
    grid_of_unit = found.zone_of_unit.copy()
    none = np.flatnonzero(grid_of_unit == NONE)
    if len(none):
        unit, grid = shapely.STRtree(grids).query_nearest(units[none], all_matches=False)
        grid_of_unit[none[unit]] = grid
    is_said = (found.share_inside >= sure_share) & (found.zone_of_unit != NONE)
    is_said |= _is_in_lesser_part(units, grids, grid_of_unit)
    whole = _made_whole(fabric, length_m_of_arc, grid_of_unit, ground.m2, is_said)
    is_moved = whole != found.zone_of_unit
    share = np.where(is_moved, 0.0, found.share_inside)
    return Start(whole, share, share < sure_share)


def _is_in_lesser_part(units: Shapes, grids: Shapes, grid_of_unit: IntArray) -> BoolArray:
    """(n_units,) whether what the grid of a unit has of it lies for the most in another part than the grid's largest.

    False where the grid was drawn in one part.
    """
    parts, grid_of_part = shapely.get_parts(grids, return_index=True)
    order = np.lexsort((shapely.area(parts), grid_of_part))
    is_largest = np.zeros(len(parts), np.bool_)
    is_largest[order[np.diff(grid_of_part[order], append=NONE) != 0]] = True
    asked = np.flatnonzero(np.isin(grid_of_unit, grid_of_part[~is_largest]))
    unit, part = shapely.STRtree(parts).query(units[asked], "intersects")
    is_own = grid_of_unit[asked[unit]] == grid_of_part[part]
    unit, part = asked[unit[is_own]], part[is_own]
    m2 = shapely.area(shapely.intersection(units[unit], parts[part]))
    most_m2 = np.zeros(len(units))
    np.maximum.at(most_m2, unit, m2)
    is_lesser = np.zeros(len(units), np.bool_)
    is_lesser[unit[~is_largest[part] & (m2 > 0) & (m2 == most_m2[unit])]] = True
    return is_lesser


def _made_whole(
    fabric: Fabric, length_m_of_arc: FloatArray, grid_of_unit: IntArray, area_m2: FloatArray, is_said: BoolArray
) -> IntArray:
    """Lesser pieces of grids in which no unit is said to be the grid's given to neighbours, until there are none; each
    round mends at least one piece, or there is nobody to give it to.
    """
    label = grid_of_unit.copy()
    for _ in range(len(label)):
        piece = np.unique(pieces_of(fabric, label), return_inverse=True)[1]
        size = np.bincount(piece, weights=area_m2)
        grid_of_piece = np.zeros(len(size), np.int64)
        grid_of_piece[piece] = label
        largest = np.zeros(int(label.max(initial=0)) + 1)
        np.maximum.at(largest, grid_of_piece, size)
        is_loose = np.bincount(piece, weights=is_said) == 0
        stray = np.flatnonzero((size < largest[grid_of_piece]) & is_loose)
        pairs, length = neighbours_of(fabric, piece, length_m_of_arc)
        target = _longest_border(pairs, length, stray, grid_of_piece)
        if not target:
            return label
        for part, neighbour in target.items():
            label[piece == part] = grid_of_piece[neighbour]
    return label


def _longest_border(pairs: IntArray, length: FloatArray, stray: IntArray, grid_of_piece: IntArray) -> dict[int, int]:
    """Stray part -> the part of another grid, itself not stray, with which it has the longest border."""
    is_stray = np.isin(np.arange(len(grid_of_piece)), stray)
    best: dict[int, tuple[float, int]] = {}
    for (one, other), border in zip(pairs.tolist(), length.tolist(), strict=True):
        for part, neighbour in ((one, other), (other, one)):
            if is_stray[part] and not is_stray[neighbour]:
                best[part] = max(best.get(part, (0.0, NONE)), (border, neighbour))
    return {part: neighbour for part, (_, neighbour) in best.items()}
