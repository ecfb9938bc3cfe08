"""What circles promise and what streets keep: people inside an outline against people within the time.

A place (a station's plain circle, an official outline) holds some homes, a reach holds others; both are lists of homes
by place. Whoever is promised and not reached, or reached and not promised, is found by comparing the lists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.inequality import quantile
from geo.compute.kernels import in_parts, kernel
from geo.compute.reach.members import Members
from geo.compute.reach.pairs import Pairs, homes_within
from geo.compute.reach.rejoin import of_points
from geo.compute.streets.net import Net, Stops, StopsOfPieces
from geo.honesty import Astray
from geo.units import DS_PER_MINUTE, NONE, BoolArray, FloatArray, Int32Array, IntArray

PLACES_PER_PART = 64
HOMES_PER_PART = 4_000
STATIONS_AT_ONCE = 32


class Compared(NamedTuple):
    """Sums of people by place; (n_places, n_counts), one column a kind of people."""

    promised: FloatArray
    reached: FloatArray
    both: FloatArray

    @property
    def promised_only(self) -> FloatArray:
        """Inside the outline and not within the time."""
        return np.maximum(self.promised - self.both, 0.0)

    @property
    def reached_only(self) -> FloatArray:
        """Within the time and outside the outline."""
        return np.maximum(self.reached - self.both, 0.0)


def in_circles(homes_xy_m: FloatArray, places_xy_m: FloatArray, radius_m: float) -> Members:
    """Homes within a straight distance of each place; the radius itself is within.

    Parameters
    ----------
    homes_xy_m, places_xy_m
        (n_homes, 2) and (n_places, 2) metres in one frame.
    radius_m
        The plain circle.
    """
    order = np.argsort(homes_xy_m[:, 0], kind="stable").astype(np.int32)
    sorted_xy_m = np.ascontiguousarray(homes_xy_m[order])

    def part(first: int, last: int) -> tuple[IntArray, Int32Array]:
        found: tuple[IntArray, Int32Array] = _in_circles(sorted_xy_m, order, places_xy_m[first:last], float(radius_m))
        return found

    parts = list(in_parts(part, len(places_xy_m), PLACES_PER_PART))
    counts = np.concatenate([np.zeros(1, np.int64), *(n for n, _ in parts)])
    return Members(np.cumsum(counts), np.concatenate([np.empty(0, np.int32), *(home for _, home in parts)]))


@kernel
def _in_circles(
    homes_xy_m: FloatArray, home_of_row: Int32Array, places_xy_m: FloatArray, radius_m: float
) -> tuple[IntArray, Int32Array]:
    """Count and homes of each place; ``homes_xy_m`` ascends in x, so only a strip of it is looked at."""
    n_of_place = np.zeros(len(places_xy_m), np.int64)
    home = np.empty(1024, np.int32)
    n = 0
    for place in range(len(places_xy_m)):
        x, y = places_xy_m[place, 0], places_xy_m[place, 1]
        begin = n
        for row in range(np.searchsorted(homes_xy_m[:, 0], x - radius_m), len(homes_xy_m)):
            dx, dy = homes_xy_m[row, 0] - x, homes_xy_m[row, 1] - y
            if dx > radius_m:
                break
            if dx * dx + dy * dy <= radius_m * radius_m:
                if n == len(home):
                    home = np.concatenate((home, np.empty(n, np.int32)))
                home[n] = home_of_row[row]
                n += 1
        home[begin:n].sort()
        n_of_place[place] = n - begin
    return n_of_place, home[:n].copy()


def in_outlines(lonlat: FloatArray, outlines: NDArray[np.object_]) -> Members:
    """Homes inside each outline, its border included; outlines may overlap.

    Parameters
    ----------
    lonlat
        (n_homes, 2) degrees.
    outlines
        (n_places,) polygons in EPSG:4326.
    """
    if not len(outlines):
        return Members(np.zeros(1, np.int64), np.empty(0, np.int32))
    shapely.prepare(outlines)
    home, place = shapely.STRtree(outlines).query(shapely.points(lonlat), predicate="intersects")
    order = np.lexsort((home, place))
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(outlines)))]).astype(np.int64)
    return Members(start, home[order].astype(np.int32))


def compare(promised: Members, reached: Members, counts: FloatArray) -> Compared:
    """Hold two lists of homes against each other, place by place.

    Parameters
    ----------
    promised, reached
        Of the same places.
    counts
        (n_homes, n_counts) people of each kind, fractions allowed.
    """
    return Compared(
        _sums(promised, counts, np.ones(len(promised.home_of_member), dtype=np.bool_)),
        _sums(reached, counts, np.ones(len(reached.home_of_member), dtype=np.bool_)),
        _sums(promised, counts, _is_in(promised, reached, len(counts))),
    )


def _is_in(members: Members, others: Members, n_homes: int) -> BoolArray:
    """Which members of a place are members of the same place in another list as well."""
    found: BoolArray = np.isin(_keys(members, n_homes), _keys(others, n_homes), assume_unique=True)
    return found


def _keys(members: Members, n_homes: int) -> IntArray:
    place = np.repeat(np.arange(len(members.start_of_place) - 1), np.diff(members.start_of_place))
    return place * n_homes + members.home_of_member


def _sums(members: Members, counts: FloatArray, is_meant: BoolArray) -> FloatArray:
    n_places = len(members.start_of_place) - 1
    place = np.repeat(np.arange(n_places), np.diff(members.start_of_place))[is_meant]
    home = members.home_of_member[is_meant]
    return np.stack([np.bincount(place, weights=kind[home], minlength=n_places) for kind in counts.T], axis=1)


def compare_groups(
    is_promised: BoolArray, is_reached: BoolArray, counts: FloatArray, group_of_home: IntArray, n_groups: int
) -> tuple[Compared, FloatArray]:
    """The same for groups of homes (a city, its grids), whatever the place.

    Parameters
    ----------
    is_promised, is_reached
        (n_homes,) whether any place promises, any station reaches a home.
    counts
        (n_homes, n_counts) people of each kind.
    group_of_home
        (n_homes,) the home's group, or NONE: counted nowhere.
    n_groups
        Number of groups.

    Returns
    -------
    The comparison by group, and everybody by group, (n_groups, n_counts).
    """

    def sums(is_meant: BoolArray) -> FloatArray:
        chosen = is_meant & (group_of_home != NONE)
        group = group_of_home[chosen]
        return np.stack([np.bincount(group, weights=kind[chosen], minlength=n_groups) for kind in counts.T], axis=1)

    return Compared(sums(is_promised), sums(is_reached), sums(is_promised & is_reached)), sums(
        np.ones_like(is_promised)
    )


def nearest_by_air(homes_xy_m: FloatArray, stations_xy_m: FloatArray) -> Int32Array:
    """(n_homes,) the station nearest in a straight line, of equally near ones the first; NONE if there are none."""

    def part(first: int, last: int) -> Int32Array:
        found: Int32Array = _nearest_by_air(homes_xy_m[first:last], stations_xy_m)
        return found

    return np.concatenate([np.empty(0, np.int32), *in_parts(part, len(homes_xy_m), HOMES_PER_PART)])


@kernel
def _nearest_by_air(homes_xy_m: FloatArray, stations_xy_m: FloatArray) -> Int32Array:
    nearest = np.full(len(homes_xy_m), NONE, np.int32)
    for home in range(len(homes_xy_m)):
        best = np.inf
        for station in range(len(stations_xy_m)):
            dx = stations_xy_m[station, 0] - homes_xy_m[home, 0]
            dy = stations_xy_m[station, 1] - homes_xy_m[home, 1]
            if dx * dx + dy * dy < best:
                best, nearest[home] = dx * dx + dy * dy, station
    return nearest


def times_to_chosen(
    town: tuple[Net, Stops, StopsOfPieces], known: Pairs, station_of_home: Int32Array, horizon_ds: int
) -> Int32Array:
    """(n_homes,) time between every home and the station chosen for it; NONE beyond the horizon or where none is.

    Parameters
    ----------
    town
        The network, turned so that searches begin at the stations, the stations' doors, and the homes.
    known
        Pairs of them that have been found already, all within some cutoff below the horizon.
    station_of_home
        (n_homes,) index of a station, or NONE.
    horizon_ds
        How far is searched; the bound itself is reached.
    """
    net, doors, homes = town
    chosen_ds = np.full(len(station_of_home), NONE, dtype=np.int32)
    _note_chosen(chosen_ds, known, np.arange(len(doors.start_of_point) - 1), station_of_home)
    is_missing = (chosen_ds == NONE) & (station_of_home != NONE)
    asked = np.unique(station_of_home[is_missing]).astype(np.int64)
    for first in range(0, len(asked), STATIONS_AT_ONCE):  # the whole matrix up to the horizon need not fit in memory
        some = asked[first : first + STATIONS_AT_ONCE]
        pairs = homes_within(net, of_points(doors, some), homes, len(station_of_home), horizon_ds)
        _note_chosen(chosen_ds, pairs, some, station_of_home)
    return chosen_ds


def _note_chosen(chosen_ds: Int32Array, pairs: Pairs, stations: IntArray, station_of_home: Int32Array) -> None:
    """Put down the times of those pairs whose station is the home's chosen one."""
    station = np.repeat(stations, np.diff(pairs.start_of_station))
    is_chosen = station_of_home[pairs.home_of_pair] == station
    chosen_ds[pairs.home_of_pair[is_chosen]] = pairs.ds_of_pair[is_chosen]


def led_astray(ds_nearest: Int32Array, ds_to_air: Int32Array, residents: FloatArray, horizon_ds: int) -> Astray:
    """Compare the way to the station nearest on foot with the way to the one nearest by air.

    Parameters
    ----------
    ds_nearest
        (n_homes,) to the station nearest on foot; NONE beyond the horizon.
    ds_to_air
        (n_homes,) on foot to the station nearest by air; NONE beyond the horizon.
    residents
        (n_homes,) counts, fractions allowed.
    horizon_ds
        How far was searched.
    """
    is_asked = ds_nearest != NONE
    extra_ds = np.where(ds_to_air == NONE, horizon_ds, ds_to_air).astype(np.int64) - ds_nearest
    is_astray = is_asked & ((extra_ds > 0) | (ds_to_air == NONE))
    minutes, people = extra_ds[is_astray] / DS_PER_MINUTE, residents[is_astray]
    return Astray(
        homes=int(is_asked.sum()),
        residents=float(residents[is_asked].sum()),
        homes_astray=int(is_astray.sum()),
        residents_astray=float(people.sum()),
        residents_not_there=float(residents[is_astray & (ds_to_air == NONE)].sum()),
        extra_minutes_median=quantile(minutes, people, 0.5),
        extra_minutes_p95=quantile(minutes, people, 0.95),
        horizon_minutes=horizon_ds / DS_PER_MINUTE,
    )
