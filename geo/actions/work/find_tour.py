"""Find a round past the homes or shops of a grid: a suggestion that nobody has to follow and nothing is kept of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby, pairwise

import numpy as np
import shapely

from geo.actions.city.load_city import Wish, streets_provenance
from geo.actions.city.plan_access import Hand, check_community
from geo.actions.city.street_cache import Joined, StreetCache, joined_doors
from geo.actions.city.trace_way import ends_at, trace_way
from geo.compute.plans.changes import grid_at
from geo.compute.reach.pairs import homes_within
from geo.compute.streets.net import stops_of_pieces
from geo.compute.visits.tour import Round, find_round
from geo.compute.visits.tour_days import Call, days_of_round, stops_of_places
from geo.errors import NotFound, Refused
from geo.provenance import Provenance
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.visits import visit_rule
from geo.store import plan_homes
from geo.store import stations as station_rows
from geo.store.coverage import people_date
from geo.store.database import Database
from geo.store.grids import live_grids
from geo.units import DS_PER_MINUTE, MINUTES_PER_HOUR, NONE, BoolArray, FloatArray, IntArray
from geo.visits import LonLat, Stop, Tour
from geo.words import Term

KINDS = {"other_households": "households", "shops": "shops"}
"""Kinds of visits whose places are known, and what is counted there. Of special groups no place is known."""

HORIZON_MINUTES = 60


@dataclass(frozen=True)
class TourWish:
    """Which round is asked for."""

    grid_code: str
    at: datetime
    kind: str = "other_households"
    post: LonLat | None = None
    """Where it begins and ends; None: at the station that is nearest to the grid's middle as the crow flies."""
    mode: str = DEFAULT_MODE
    surface: str = DEFAULT_SURFACE
    hours_a_day: float | None = None
    """None: as the rule has it."""
    path: bool = False
    """Whether the ways are to be drawn."""
    area_id: int | None = None
    """Of the asker; None: everything."""


@dataclass(frozen=True)
class _Places:
    """What there is to call at."""

    post: LonLat
    lonlat: FloatArray
    """(n, 2)"""
    number: IntArray
    """(n,) visits at each; above 0."""
    data_date: date | None
    """The oldest day that the people's data speak of."""


def find_tour(db: Database, cache: StreetCache, wish: TourWish) -> Tour:
    """A round past all stops of a grid that streets reach, with its bound, shared out over days.

    Raises
    ------
    NotFound
        If no grid in force has the code, or a mode or surface is not known.
    NotAllowed
        If it lies outside the asker's area.
    Refused
        If the kind has no places, there is nothing to call at, no post, or a day is too short for the farthest stop.
    StreetsMissing
        If no streets have been loaded.
    """
    search = Wish.of(HORIZON_MINUTES, wish.mode, wish.surface)
    places = _places(db, wish)
    laid = cache.live()
    xy_m = laid.ground_of(search.mode.travel).frame.to_xy_m(places.lonlat)
    lonlat, number = _stops(places, xy_m)
    doors = (places.post, *((float(lon), float(lat)) for lon, lat in lonlat))
    joined = joined_doors(laid, doors, search.mode, search.surface)
    ds, least_ds, is_reached = _times(joined, search.cutoff_ds)
    if is_reached.sum() < 2:
        raise Refused("tour_nothing", code=wish.grid_code)
    kept = np.flatnonzero(is_reached)
    ds, least_ds = ds[np.ix_(kept, kept)], least_ds[np.ix_(kept, kept)]
    found = find_round(ds, least_ds)
    visits = np.append(0, number)[kept]
    visit_ds = round(visit_rule().kinds[wish.kind].minutes * DS_PER_MINUTE)
    calls = days_of_round(found.order, ds, visits, visit_ds, _day_ds(wish, ds, visit_ds))
    where = [doors[place] for place in kept.tolist()]
    known = replace(streets_provenance(laid, search), data_date=places.data_date)
    asked = [value for name, value in vars(wish).items() if name != "at"]
    provenance = known.depending_on("tour", asked, where, visits.tolist())
    line = _line(joined, where, calls, search) if wish.path else None
    return _told(found, calls, where, ds, visit_ds, int((~is_reached).sum()), line, provenance)


def _places(db: Database, wish: TourWish) -> _Places:
    if wish.kind not in KINDS:
        raise Refused("tour_kind", kind=Term(wish.kind, "visit_kind") if wish.kind in visit_rule().kinds else wish.kind)
    with db.read() as conn:
        grid = next((grid for grid in live_grids(conn, wish.at) if grid.code == wish.grid_code), None)
        if grid is None:
            raise NotFound("visits_grid_code_none", code=wish.grid_code)
        check_community(conn, grid.community_id, Hand(wish.at, wish.area_id))
        homes = plan_homes.homes_in(conn, [grid.community_id]).homes
        doors = [(station.door.x, station.door.y) for station in station_rows.live(conn)]
        data_date = people_date(conn)
    number = np.floor(getattr(homes, KINDS[wish.kind]) + 0.5).astype(np.int64)
    chosen = (grid_at(homes.lonlat, [grid]) != NONE) & (number > 0)
    if not chosen.any():
        raise Refused("tour_nothing", code=wish.grid_code)
    if wish.post is None and not doors:
        raise Refused("tour_no_post")
    middle = shapely.Point(grid.shape.centroid)
    post = wish.post or min(doors, key=lambda door: (middle.distance(shapely.Point(door)), door))
    return _Places(post, homes.lonlat[chosen], number[chosen], data_date)


def _stops(places: _Places, xy_m: FloatArray) -> tuple[FloatArray, IntArray]:
    """(n, 2) and (n,): where stops are, each at one of its own places, and how many visits they take."""
    rule = visit_rule().tour
    stop = stops_of_places(xy_m, rule.stop_m, rule.most_stops)
    first = np.unique(stop, return_index=True)[1]
    return places.lonlat[first], np.bincount(stop, weights=places.number).astype(np.int64)


def _times(joined: Joined, limit_ds: int) -> tuple[IntArray, IntArray, BoolArray]:
    """Times between all doors, what they are at least, and which are reached from the first and lead back to it.

    From a door to one beyond the limit it is gone by way of the first: perhaps not the shortest way, so that the bound
    counts the limit.
    """
    n = len(joined.doors.start_of_point) - 1
    pieces = stops_of_pieces(joined.doors, len(joined.net.ds_of_side) // 2)
    pairs = homes_within(joined.net, joined.doors, pieces, n, limit_ds)
    ds = np.full((n, n), NONE, np.int64)
    ds[np.repeat(np.arange(n), np.diff(pairs.start_of_station)), pairs.home_of_pair] = pairs.ds_of_pair
    np.fill_diagonal(ds, 0)
    is_reached = (ds[0] != NONE) & (ds[:, 0] != NONE)
    is_far = ds == NONE
    by_post = ds[:, :1] + ds[:1]
    least = np.where(is_far, np.minimum(limit_ds + 1, by_post), ds)
    return np.where(is_far, by_post, ds), least, is_reached


def _day_ds(wish: TourWish, ds: IntArray, visit_ds: int) -> int:
    hours = visit_rule().tour.hours_a_day if wish.hours_a_day is None else wish.hours_a_day
    day_ds = round(hours * MINUTES_PER_HOUR * DS_PER_MINUTE)
    needed_ds = int((ds[0] + ds[:, 0]).max()) + visit_ds
    if needed_ds > day_ds:
        raise Refused("tour_day_short", hours=hours, minutes=-(-needed_ds // DS_PER_MINUTE))
    return day_ds


def _line(joined: Joined, where: Sequence[LonLat], calls: Sequence[Call], search: Wish) -> shapely.MultiLineString:
    """The ways in order, each day from the post and back to it."""
    lines = []
    for _, day in groupby(calls, key=lambda call: call.day):
        places = [0, *(call.stop for call in day), 0]
        for one, other in pairwise(places):
            begin, end = (ends_at(joined, where[place], search) for place in (one, other))
            way = None if one == other else trace_way(joined, begin, end, search.cutoff_ds)
            if way is not None:
                lines.append(way.line)
    return shapely.MultiLineString(lines)


def _told(  # noqa: PLR0913, PLR0917 -- one value a field
    found: Round,
    calls: Sequence[Call],
    where: Sequence[LonLat],
    ds: IntArray,
    visit_ds: int,
    left_out: int,
    line: shapely.MultiLineString | None,
    provenance: Provenance,
) -> Tour:
    by_day = [list(day) for _, day in groupby(calls, key=lambda call: call.day)]
    days_ds = [sum(c.way_ds + c.n * visit_ds for c in day) + int(ds[day[-1].stop, 0]) for day in by_day]
    ratio = found.ds / found.least_ds if found.least_ds else None
    return Tour(
        post=where[0],
        stops=[
            Stop(where[c.stop], c.n, c.way_ds / DS_PER_MINUTE, c.n * visit_ds / DS_PER_MINUTE, c.day) for c in calls
        ],
        travel_minutes=found.ds / DS_PER_MINUTE,
        least_minutes=found.least_ds / DS_PER_MINUTE,
        ratio=ratio,
        is_within=found.ds <= visit_rule().tour.most_ratio * found.least_ds,
        minutes_of_day=[each / DS_PER_MINUTE for each in days_ds],
        left_out=left_out,
        line=line,
        provenance=provenance,
    )
