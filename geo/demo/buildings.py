"""Buildings on their plots and the people in them: counts by building, exact in every sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.demo.blocks import Grids
from geo.demo.compounds import Furnished, Surroundings, furnish
from geo.demo.lots import Lot
from geo.demo.plan import STYLES, Totals
from geo.demo.shares import share_out, share_out_within
from geo.units import BoolArray, FloatArray, IntArray

_WEIGHT_OF_STYLE: Final = np.array([1.08, 1.0, 0.95, 0.3])
_PERSONS_OF_STYLE: Final = np.array([2.45, 2.7, 2.95, 2.2])
_ELDERLY_OF_STYLE: Final = np.array([0.26, 0.19, 0.11, 0.09])
_CHILDREN_OF_STYLE: Final = np.array([0.09, 0.13, 0.19, 0.06])
_ROOM_M2: Final = 33.0
"""Floor area per resident, stairs included."""

OVERLOAD: Final = 2.05
"""The overloaded grid has this many times the usual households."""


@dataclass(frozen=True)
class Buildings:
    """All buildings with people; every array is (n,)."""

    shapes: NDArray[np.object_]
    plot: IntArray
    """Index into the furnished plots."""
    grid: IntArray
    floors: IntArray
    households: IntArray
    residents: IntArray
    elderly: IntArray
    children: IntArray
    shops: IntArray
    unit_entrances: IntArray
    is_head_filled: BoolArray


def furnish_plots(
    grids: Grids, lots: Sequence[Lot], around: Surroundings, wanted: int, rng: np.random.Generator
) -> list[Furnished]:
    """Lay out every plot where people live, with exactly ``wanted`` buildings in all."""
    homes = [lot for lot in lots if lot.kind in ("block", "compound")]
    grid = np.array([lot.grid for lot in homes])
    area = shapely.area([lot.shape for lot in homes])
    weight = _WEIGHT_OF_STYLE[grids.style] * rng.uniform(0.85, 1.15, len(grids.style))
    per_grid = share_out(wanted, np.where(np.bincount(grid, minlength=len(weight)) > 0, weight, 0.0))
    quota = share_out_within(per_grid, grid, area)
    plots = [furnish(lot, max(1, int(n)), around, rng) for lot, n in zip(homes, quota, strict=True)]
    taken = _within_capacity(quota, np.array([len(plot.places) for plot in plots]))
    return [_thinned(plot, int(n)) for plot, n in zip(plots, taken, strict=True)]


def _within_capacity(quota: IntArray, capacity: IntArray) -> IntArray:
    """What does not fit on its plot goes where most room is left."""
    taken = np.minimum(quota, capacity)
    for _ in range(int(quota.sum() - taken.sum())):
        room = np.where(taken < capacity, (capacity - taken) / np.maximum(capacity, 1), -1.0)
        taken[int(np.argmax(room))] += 1
    if (taken > capacity).any():
        raise ArithmeticError("more buildings wanted than the plots hold")
    return taken


def _thinned(plot: Furnished, n: int) -> Furnished:
    """Only ``n`` of the places; those nearest the middle stay empty and become the garden."""
    middle = plot.lot.shape.centroid
    far_first = np.argsort(-shapely.distance(shapely.centroid(plot.places), middle), kind="stable")
    return replace(plot, places=plot.places[np.sort(far_first[:n])])


def settle(
    grids: Grids, plots: Sequence[Furnished], streets: NDArray[np.object_], totals: Totals, rng: np.random.Generator
) -> Buildings:
    """Put households, residents, shops and entrances into the buildings."""
    plot = np.concatenate([np.full(len(p.places), i) for i, p in enumerate(plots)]).astype(np.int64)
    shapes = np.concatenate([p.places for p in plots])
    grid = np.array([p.lot.grid for p in plots])[plot]
    low, high = np.array([p.row.floors for p in plots])[plot].T
    footprint_m2 = shapely.area(shapes)
    weight = np.asarray(footprint_m2 * rng.uniform(low, high + 1), dtype=np.float64)
    households_of_grid = _households(grids, shapes, grid, totals, rng)
    residents_of_grid = share_out(totals.residents, households_of_grid * _PERSONS_OF_STYLE[grids.style])
    residents = share_out_within(residents_of_grid, grid, weight)
    households = share_out_within(households_of_grid, grid, np.asarray(residents + 1e-9, dtype=np.float64))
    elderly = _part_of(residents, _ELDERLY_OF_STYLE[grids.style][grid], rng)
    children = _part_of(residents, _CHILDREN_OF_STYLE[grids.style][grid], rng)
    floors = np.clip(np.round(residents * _ROOM_M2 / footprint_m2), low, high + 2).astype(np.int64)
    shops = share_out(totals.shops, _shop_weight(shapes, streets, rng))
    doors_weight = np.maximum(residents, 1) ** 0.75 * rng.uniform(0.7, 1.3, len(shapes))
    units = share_out(totals.unit_entrances, doors_weight, least=1)
    is_filled = np.ones(len(shapes), dtype=bool)
    is_filled[rng.permutation(len(shapes))[: len(shapes) // 40]] = False
    return Buildings(shapes, plot, grid, floors, households, residents, elderly, children, shops, units, is_filled)


def _households(
    grids: Grids, shapes: NDArray[np.object_], grid: IntArray, totals: Totals, rng: np.random.Generator
) -> IntArray:
    """Households per grid: alike within bounds, but for works with few and one new estate with far too many."""
    usual = totals.residents / len(grids.style) / 2.68
    households = usual * rng.uniform(0.85, 1.15, len(grids.style))
    households[grids.style == STYLES.index("industry")] *= 0.35
    floor_m2 = np.bincount(grid, shapely.area(shapes), minlength=len(grids.style))
    households[floor_m2 == 0] = 0
    estates = np.flatnonzero(grids.style == STYLES.index("estate"))
    households[estates[np.argmax(floor_m2[estates])]] = usual * OVERLOAD
    return np.round(households).astype(np.int64)


def _part_of(residents: IntArray, share: FloatArray, rng: np.random.Generator) -> IntArray:
    noisy = share * rng.uniform(0.7, 1.3, len(residents))
    return np.asarray(np.floor(residents * noisy + 0.5), dtype=np.int64)


def _shop_weight(shapes: NDArray[np.object_], streets: NDArray[np.object_], rng: np.random.Generator) -> FloatArray:
    """Shops sit on the ground floor where a named street is near."""
    (building, _), metres = shapely.STRtree(streets).query_nearest(shapes, return_distance=True, all_matches=False)
    weight = np.zeros(len(shapes))
    weight[building] = np.exp(-metres / 18.0)
    return np.asarray(weight * rng.gamma(1.2, 1.0, len(shapes)) + 1e-6)
