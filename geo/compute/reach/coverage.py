"""From minutes of homes to figures of areas: who is reached, who is not and why, and what a plain circle claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.kernels import kernel
from geo.compute.project import Frame
from geo.units import DS_PER_MINUTE, NONE, BoolArray, FloatArray, Int32Array, IntArray

CATEGORIES = ("covered", "beyond", "no_street", "outside_streets")
"""What can be said of a home; its number is the place in this tuple, and every home has exactly one."""
COVERED, BEYOND, NO_STREET, OUTSIDE_STREETS = range(4)


class People(NamedTuple):
    """Counts by home; fractions allowed."""

    households: FloatArray
    residents: FloatArray
    elderly: FloatArray
    children: FloatArray


class Outcome(NamedTuple):
    """What was found for every home."""

    category_of_home: IntArray
    is_in_air_circle_of_home: BoolArray
    has_second_of_home: BoolArray
    """Whether a second station is within the cutoff."""
    has_all_kinds_of_home: BoolArray
    """Whether a station of every kind that there is is within the cutoff."""
    is_certain_of_home: BoolArray
    """Whether the first is within the cutoff wherever in the home the walk begins: the lower bound."""
    is_possible_of_home: BoolArray
    """Whether it may be: the upper bound."""


def categories(
    ds_of_home: Int32Array, n_joints_of_home: IntArray, is_inside_of_home: BoolArray, cutoff_ds: int
) -> IntArray:
    """The category of every home.

    Parameters
    ----------
    ds_of_home
        (n_homes,) to the nearest station; NONE where not reached.
    n_joints_of_home
        (n_homes,) open joints with usable pieces.
    is_inside_of_home
        (n_homes,) whether it lies where streets are known at all.
    cutoff_ds
        The cutoff itself is covered.
    """
    category = np.full(len(ds_of_home), BEYOND, dtype=np.int64)
    category[(ds_of_home != NONE) & (ds_of_home <= cutoff_ds)] = COVERED
    has_none = n_joints_of_home == 0
    category[has_none & is_inside_of_home] = NO_STREET
    category[has_none & ~is_inside_of_home] = OUTSIDE_STREETS
    return category


def known_extent(
    streets_lonlat: FloatArray, boxes: Sequence[shapely.Polygon], frame: Frame, margin_m: float
) -> shapely.Geometry:
    """Where streets are known: within a margin of the convex hull of a network's usable streets.

    Parameters
    ----------
    streets_lonlat
        (m, 2) degrees, points of all usable pieces.
    boxes
        The box of every live network, EPSG:4326: tells which points are whose.
    frame
        The metric frame.
    margin_m
        How far beyond the hull streets still count as known.

    Returns
    -------
    In metres of the frame; empty if there are no usable streets.
    """
    lon, lat = streets_lonlat[:, 0], streets_lonlat[:, 1]
    hulls = []
    for west, south, east, north in (box.bounds for box in boxes):
        is_here = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if is_here.any():
            through = shapely.linestrings(frame.to_xy_m(streets_lonlat[is_here]))
            hulls.append(shapely.buffer(shapely.convex_hull(through), margin_m))
    return shapely.union_all(hulls)


def is_inside(
    lonlat: FloatArray, streets_lonlat: FloatArray, boxes: Sequence[shapely.Polygon], frame: Frame, margin_m: float
) -> BoolArray:
    """Which points (n, 2) lie in :func:`known_extent`; those that are not finite do not."""
    extent = known_extent(streets_lonlat, boxes, frame, margin_m)
    shapely.prepare(extent)
    inside: BoolArray = shapely.intersects_xy(extent, *frame.to_xy_m(lonlat).T)
    return inside


def in_air_circles(
    homes_xy_m: FloatArray, stations_xy_m: FloatArray, residents: FloatArray, radius_m: float
) -> tuple[BoolArray, FloatArray]:
    """The plain circle: who lives within a straight distance of a station.

    Returns
    -------
    is_in_air_circle_of_home
        (n_homes,) whether any station is that near; the radius itself is within.
    residents_of_station
        (n_stations,) how many residents are that near.
    """
    within, sums = _in_air_circles(homes_xy_m, stations_xy_m, residents, radius_m)
    return within, sums


@kernel
def _in_air_circles(
    homes_xy_m: FloatArray, stations_xy_m: FloatArray, residents: FloatArray, radius_m: float
) -> tuple[BoolArray, FloatArray]:
    is_within = np.zeros(len(homes_xy_m), np.bool_)
    sums = np.zeros(len(stations_xy_m))
    for station in range(len(stations_xy_m)):
        for home in range(len(homes_xy_m)):
            dx = homes_xy_m[home, 0] - stations_xy_m[station, 0]
            dy = homes_xy_m[home, 1] - stations_xy_m[station, 1]
            if dx * dx + dy * dy <= radius_m * radius_m:
                is_within[home] = True
                sums[station] += residents[home]
    return is_within, sums


def polygon_of_points(lonlat: FloatArray, polygons: NDArray[np.object_]) -> IntArray:
    """In which polygon each point lies.

    Parameters
    ----------
    lonlat
        (n, 2) degrees.
    polygons
        (m,) shapes in EPSG:4326. Where several hold a point (on a shared border), the first of them does.

    Returns
    -------
    (n,) index of the polygon, or NONE.
    """
    index = np.full(len(lonlat), NONE, dtype=np.int64)
    if len(polygons):
        shapely.prepare(polygons)
        point, polygon = shapely.STRtree(polygons).query(shapely.points(lonlat), predicate="intersects")
        order = np.argsort(-polygon, kind="stable")
        index[point[order]] = polygon[order]
    return index


def figures(group_of_home: IntArray, n_groups: int, people: People, outcome: Outcome) -> dict[str, FloatArray]:
    """Sums by group.

    Parameters
    ----------
    group_of_home
        (n_homes,) the home's group, or NONE: counted nowhere.
    n_groups
        Number of groups.
    people, outcome
        Counts and findings, by home.

    Returns
    -------
    By the names of the columns of ``coverage_figure``: (n_groups,) sums. ``residents`` is the sum of covered, beyond,
    no street and outside.
    """
    is_covered = outcome.category_of_home == COVERED

    def total(values: FloatArray, which: BoolArray) -> FloatArray:
        return sums_of_groups(group_of_home, n_groups, values, which)

    everybody = np.ones(len(group_of_home), dtype=np.bool_)
    return {
        "homes": total(np.ones(len(group_of_home)), everybody),
        "households": total(people.households, everybody),
        "residents": total(people.residents, everybody),
        "residents_covered": total(people.residents, is_covered),
        "residents_in_air_circle": total(people.residents, outcome.is_in_air_circle_of_home),
        "residents_no_street": total(people.residents, outcome.category_of_home == NO_STREET),
        "residents_outside_streets": total(people.residents, outcome.category_of_home == OUTSIDE_STREETS),
        "elderly": total(people.elderly, everybody),
        "elderly_covered": total(people.elderly, is_covered),
        "children": total(people.children, everybody),
        "children_covered": total(people.children, is_covered),
        "residents_second": total(people.residents, outcome.has_second_of_home),
        "residents_all_kinds": total(people.residents, outcome.has_all_kinds_of_home),
        "residents_certain": total(people.residents, outcome.is_certain_of_home),
        "residents_possible": total(people.residents, outcome.is_possible_of_home),
    }


def sums_of_groups(group_of_home: IntArray, n_groups: int, values: FloatArray, which: BoolArray) -> FloatArray:
    """(n_groups,) sums of some homes' values by group; homes of no group (NONE) are counted nowhere."""
    chosen = which & (group_of_home != NONE)
    return np.bincount(group_of_home[chosen], weights=values[chosen], minlength=n_groups).astype(np.float64)


def sums_by_minute(
    group_of_home: IntArray, n_groups: int, residents: FloatArray, ds_of_home: Int32Array, n_minutes: int
) -> FloatArray:
    """How many residents of each group reach a station within 0, 1, ... whole minutes; the minute itself is reached.

    Parameters
    ----------
    group_of_home
        (n_homes,) the home's group, or NONE: counted nowhere.
    n_groups, n_minutes
        Number of groups; the last minute.
    residents, ds_of_home
        (n_homes,) people, and deciseconds to the nearest station, NONE where not reached.

    Returns
    -------
    (n_groups, n_minutes + 1), never falling along a row.
    """
    minute = -(-ds_of_home.astype(np.int64) // DS_PER_MINUTE)
    chosen = (group_of_home != NONE) & (ds_of_home != NONE) & (minute <= n_minutes)
    cell = group_of_home[chosen] * (n_minutes + 1) + minute[chosen]
    counts = np.bincount(cell, weights=residents[chosen], minlength=n_groups * (n_minutes + 1))
    return np.cumsum(counts.reshape(n_groups, n_minutes + 1), axis=1)
