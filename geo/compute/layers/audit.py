"""Several layers over one town: who is in which zone of each, and how the layers fit on each other.

People are counted by the place of their home, so every table adds up to all of them. Ground is that of cleaned layers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.crosswalk import Crosswalk
from geo.compute.layers.edges import Edges, Shapes, located
from geo.compute.layers.overlap import Overlaps, overlaps
from geo.units import NONE, FloatArray, IntArray


class Moved(NamedTuple):
    """Homes that cleaning put elsewhere than they were drawn."""

    home: IntArray
    n_before: IntArray
    """In how many zones it was drawn."""
    after: IntArray
    """NONE: in none."""


class Ground(NamedTuple):
    """Ground of each layer, and what each two have in common: (n_layers,) and (n_layers, n_layers) square metres."""

    m2: FloatArray
    both_m2: FloatArray


def kept_share(pairs: Crosswalk) -> float | None:
    """Of the people in a zone of both divisions, those who stay together if each zone of the first becomes the zone
    of the second that has most of its people; None where nobody is in both.
    """
    is_both = (pairs.before != NONE) & (pairs.after != NONE)
    zone, people = pairs.before[is_both], pairs.amounts[is_both, 0]
    if not people.sum():
        return None
    largest = np.zeros(int(zone.max()) + 1)
    np.maximum.at(largest, zone, people)
    return float(largest.sum() / people.sum())


def covered_both(zone_of_home: IntArray, people: FloatArray) -> FloatArray:
    """(n_layers, n_layers) people in a zone of both layers; on the diagonal those in a zone of the layer.

    ``zone_of_home`` is (n_layers, n_homes), ``people`` (n_homes,).
    """
    is_in = (zone_of_home != NONE).astype(np.float64)
    both: FloatArray = (is_in * people) @ is_in.T
    return both


def moved_homes(xy_m: FloatArray, drawn: Edges, cleaned: Edges) -> Moved:
    """Homes that are not in just the one zone that they were drawn in.

    Parameters
    ----------
    xy_m
        (n_homes, 2) metres.
    drawn, cleaned
        The same zones before and after cleaning.
    """
    before, n_before = located(xy_m, drawn)
    after, _ = located(xy_m, cleaned)
    home = np.flatnonzero((before != after) | (n_before > 1))
    return Moved(home, n_before[home], after[home])


def zones_holding(xy_m: FloatArray, shapes: Shapes) -> list[list[int]]:
    """For each of a few places, all shapes that hold it, in order."""
    place, shape = shapely.STRtree(shapes).query(shapely.points(xy_m.reshape(-1, 2)), predicate="intersects")
    found: list[list[int]] = [[] for _ in range(len(xy_m))]
    for i, j in sorted(zip(place.tolist(), shape.tolist(), strict=True)):
        found[i].append(j)
    return found


def ground_of(layers: list[Shapes]) -> Ground:
    """Ground of cleaned layers, each taken as one, and what each two of them share."""
    unions = np.array([shapely.coverage_union_all(shapes) for shapes in layers], dtype=object)
    both = np.diag(shapely.area(unions)).astype(np.float64)
    i, j = np.triu_indices(len(layers), 1)
    both[i, j] = both[j, i] = shapely.area(shapely.intersection(unions[i], unions[j]))
    return Ground(np.diag(both).copy(), both)


def slivers(a: Edges, b: Edges, m2_of_a: FloatArray, m2_of_b: FloatArray, share: float) -> Overlaps:
    """Pairs of zones of two layers that share ground, but less than a share of the one and of the other."""
    found = overlaps(a, b)
    is_sliver = found.m2 < share * np.minimum(m2_of_a[found.a], m2_of_b[found.b])
    return Overlaps(found.a[is_sliver], found.b[is_sliver], found.m2[is_sliver])


def amounts_of(pairs: Crosswalk, before: IntArray, after: IntArray) -> FloatArray:
    """(n, n_measures) what some pairs of zones have in common; nothing where nobody lives in both."""
    found = np.zeros((len(before), pairs.amounts.shape[1]))
    width = int(max(pairs.after.max(initial=NONE), after.max(initial=NONE))) + 2
    key, wanted = (pairs.before + 1) * width + pairs.after + 1, (before + 1) * width + after + 1
    at = np.searchsorted(key, wanted)  # pairs are in order
    has = at < len(key)
    has[has] = key[at[has]] == wanted[has]
    found[has] = pairs.amounts[at[has]]
    return found
