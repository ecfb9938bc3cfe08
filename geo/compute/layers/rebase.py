"""A layer's zones told of units: each unit goes where most of it lies, and doubtful ones are questions for a person.

A unit that no border of the layer comes near lies in one zone as a whole, and a single place inside decides which. Only
for the others is ground measured. A unit goes to the zone that has most of it, or to none if most of it lies in none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import bare_kernel, in_parts, kernel
from geo.compute.layers.edges import Edges, band_of, cells_of, holds
from geo.compute.layers.overlap import meetings, overlap_m2
from geo.units import NONE, BoolArray, FloatArray, IntArray

NOTHING_SHARE = 1e-9
"""Less than this share of a unit is rounding."""


UNITS_PER_PART = 2000
"""Some ten milliseconds each."""


class UnitGround(NamedTuple):
    """Units as ground, in metres."""

    edges: Edges
    inside_xy_m: FloatArray
    """(n_units, 2) a place inside each."""
    m2: FloatArray
    """(n_units,)"""
    people: FloatArray
    """(n_units,) who live there."""


class Rebased(NamedTuple):
    """A layer on units."""

    zone_of_unit: IntArray
    """(n_units,) NONE where most of the unit lies in no zone."""
    share_inside: FloatArray
    """(n_units,) 0..1, share of the unit's ground that lies in what the unit was given to."""
    next_zone: IntArray
    """(n_units,) what has the next largest part, NONE too; ``zone_of_unit`` again where nothing else has any."""
    is_measured: BoolArray
    """(n_units,) whether a border comes near, so that ground was measured."""
    questions: IntArray
    """Units whose share is below the sure one, for a person: most people first, then by number."""


def rebase(units: UnitGround, zones: Edges, sure_share: float) -> Rebased:
    """Give every unit to the zone that has most of it.

    Parameters
    ----------
    units
        The units.
    zones
        The zones of one clean layer, in the same frame. What two of them share would count twice.
    sure_share
        Units of which a smaller share lies in what they are given to are questions.
    """
    cells = cells_of(zones.box)

    def part(first: int, last: int) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        unit, zone = meetings(units.edges.box[first:last], zones.box, cells)
        unit += first
        return unit, zone, *_parts(units.edges, units.inside_xy_m, units.m2, zones, unit, zone)

    found = list(in_parts(part, len(units.m2), UNITS_PER_PART)) or [part(0, 0)]
    unit, zone, part_m2, is_measured = (np.concatenate(column) for column in zip(*found, strict=True))
    zone_of_unit, best_m2, next_zone = _largest(len(units.m2), unit, zone, part_m2, units.m2)
    measured = np.zeros(len(units.m2), np.bool_)
    measured[unit[is_measured]] = True
    share = np.where(measured, np.minimum(best_m2 / units.m2, 1.0), 1.0)
    asked = np.flatnonzero(share < sure_share)
    asked = asked[np.lexsort((asked, -units.people[asked]))]
    return Rebased(zone_of_unit, share, next_zone, measured, asked)


@kernel
def _parts(
    units: Edges, inside_xy_m: FloatArray, m2: FloatArray, zones: Edges, unit: IntArray, zone: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Ground that each pair of a unit and a zone shares, and whether it was measured; pairs are in order of units.

    The zone with the unit's inner place comes first: mostly it has all of the unit, and nothing is left for others.
    """
    part_m2, is_measured = np.zeros(len(unit)), np.zeros(len(unit), np.bool_)
    begin = 0
    while begin < len(unit):
        u, end, first = unit[begin], begin, NONE
        while end < len(unit) and unit[end] == u:
            if first == NONE and holds(zones, zone[end], inside_xy_m[u, 0], inside_xy_m[u, 1]):
                first = end
            end += 1
        if first != NONE:
            is_measured[first] = _comes_near(zones, zone[first], units.box[u])
            part_m2[first] = max(overlap_m2(units, u, zones, zone[first]), 0.0) if is_measured[first] else m2[u]
        if first == NONE or part_m2[first] < m2[u] * (1 - NOTHING_SHARE):
            for k in range(begin, end):
                if k != first and _comes_near(zones, zone[k], units.box[u]):
                    part_m2[k], is_measured[k] = max(overlap_m2(units, u, zones, zone[k]), 0.0), True
        begin = end
    return part_m2, is_measured


@bare_kernel
def _comes_near(zones: Edges, zone: int, box: FloatArray) -> bool:
    """Whether an edge of a zone may pass through a box."""
    west, south, east, north = box
    low, high = zones.box[zone, 1], zones.box[zone, 3]
    first = zones.start_of_shapes_bands[zone]
    n_bands = zones.start_of_shapes_bands[zone + 1] - first
    begin = zones.start_of_band[first + band_of(south, low, high, n_bands)]
    end = zones.start_of_band[first + band_of(north, low, high, n_bands) + 1]
    for entry in range(begin, end):
        ax, ay, bx, by = zones.ends[zones.edge_of_entry[entry]]
        if min(ax, bx) <= east and max(ax, bx) >= west and min(ay, by) <= north and max(ay, by) >= south:
            return True
    return False


@kernel
def _largest(
    n_units: int, unit: IntArray, zone: IntArray, part_m2: FloatArray, m2: FloatArray
) -> tuple[IntArray, FloatArray, IntArray]:
    """What has most of each unit, how much, and what has next most; the lower number where two have as much."""
    best, second = np.full(n_units, NONE, np.int64), np.full(n_units, NONE, np.int64)
    best_m2, second_m2, nowhere_m2 = np.zeros(n_units), np.zeros(n_units), m2.copy()
    for k in range(len(unit)):
        u, z, part = unit[k], zone[k], part_m2[k]
        nowhere_m2[u] -= part
        if part > best_m2[u] or (part == best_m2[u] and part > 0 and z < best[u]):
            second[u], second_m2[u] = best[u], best_m2[u]
            best[u], best_m2[u] = z, part
        elif part > second_m2[u] or (part == second_m2[u] and part > 0 and z < second[u]):
            second[u], second_m2[u] = z, part
    for u in range(n_units):
        if nowhere_m2[u] > best_m2[u]:
            best[u], second[u] = NONE, best[u]
            best_m2[u] = nowhere_m2[u]
        elif nowhere_m2[u] > max(second_m2[u], NOTHING_SHARE * m2[u]):
            second[u] = NONE
        elif second_m2[u] <= NOTHING_SHARE * m2[u]:
            second[u] = best[u]
    return best, best_m2, second
