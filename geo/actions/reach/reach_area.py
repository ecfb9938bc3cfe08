"""The ground from which a station is reached in time, beside the ground that plain circles promise: load -> compute."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import numpy as np
import shapely

from geo.actions.city.engine import Base, Engine
from geo.actions.city.load_city import Wish
from geo.actions.reach.find_reach import fastest_kmh
from geo.compute.reach.circles import Pen, Sources, outline_of_union
from geo.compute.reach.coverage import in_air_circles
from geo.compute.reach.minutes import times_of_nodes
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.reach.plain_circles import union_of_circles
from geo.compute.reach.rejoin import of_points
from geo.compute.reach.wire import geometry_geojson
from geo.errors import NotFound
from geo.hours import OPEN, UNSAID, open_mask
from geo.provenance import Provenance
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.units import NONE, BoolArray, IntArray

KEPT = 64
"""Answers that are kept: a slider moved there and back asks the same again."""

USUAL_MINUTES = 15
"""Joints of doors and homes are the same for all cutoffs: every question shares the base of these minutes."""

KMH_TO_M_PER_MINUTE = 1000 / 60

DIGITS = 6
"""Of degrees in drawn circles: a tenth of a metre."""


@dataclass(frozen=True)
class AreaWish:
    """What is asked."""

    minutes: float = 15
    """Reached itself."""
    mode: str = DEFAULT_MODE
    surface: str = DEFAULT_SURFACE
    at: datetime | None = None
    """Only stations open then; hours that nobody knows count as closed. None: all stations."""
    kind: str | None = None
    """Only stations of this kind."""


@dataclass(frozen=True)
class ReachedArea:
    """Who and what ground is within reach of the stations asked about."""

    wish: AreaWish
    streets_geojson: bytes | None
    """GeoJSON geometry along the streets; None where no station joins a street."""
    circles_geojson: bytes | None
    """The same by plain circles; None without a station."""
    circle_m: float
    """Radius of these circles: as far as one gets in a straight line."""
    residents: float
    residents_covered: float
    """Within the minutes of a station, along the streets."""
    residents_in_circle: float
    n_stations: int
    """That count."""
    n_closed: int
    """Closed at that moment."""
    n_unsaid: int
    """Whose hours nobody knows; not counted where a moment is asked about."""
    provenance: Provenance


class ReachAreas:
    """Answers, and the latest of them kept. Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, float, bytes], ReachedArea] = OrderedDict()

    def area(self, wish: AreaWish, now: datetime) -> ReachedArea:
        """The area of a question.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        NotFound
            If there is no such mode or surface, or no station of the kind.
        Refused
            If the minutes are not above 0 or beyond the horizon of the search.
        """
        asked = Wish.of(wish.minutes, wish.mode, wish.surface)
        base = self._engine.base(wish.mode, wish.surface, USUAL_MINUTES, now)
        chosen, n_closed, n_unsaid = _chosen(base, wish)
        key = (base.provenance.inputs_hash, asked.minutes, chosen.tobytes())
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
        found = known or _computed(base, asked, wish, (chosen, n_closed, n_unsaid))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _chosen(base: Base, wish: AreaWish) -> tuple[IntArray, int, int]:
    """Indices of the stations that count, and how many are closed or do not tell."""
    stations = base.stations
    fits = np.array([wish.kind in {None, station.kind} for station in stations], dtype=np.bool_)
    if wish.kind is not None and not fits.any():
        raise NotFound("area_no_stations", kind=wish.kind)
    if wish.at is None:
        return np.flatnonzero(fits), 0, 0
    state = open_mask([station.opening_hours for station in stations], [wish.at])[0]
    is_open, is_unsaid = fits & (state == OPEN), fits & (state == UNSAID)
    return np.flatnonzero(is_open), int((fits & ~is_open & ~is_unsaid).sum()), int(is_unsaid.sum())


def _computed(base: Base, asked: Wish, wish: AreaWish, chosen: tuple[IntArray, int, int]) -> ReachedArea:
    stations, n_closed, n_unsaid = chosen
    circle_m = fastest_kmh(wish.mode, wish.surface) * KMH_TO_M_PER_MINUTE * wish.minutes
    residents = base.homes.residents
    in_circle, circles = _circles(base, stations, circle_m)
    covered, streets = _streets(base, stations, asked)
    said = [base.stations[i].id for i in stations.tolist()]
    return ReachedArea(
        wish=wish,
        streets_geojson=streets,
        circles_geojson=circles,
        circle_m=circle_m,
        residents=float(residents.sum()),
        residents_covered=float(residents[covered].sum()),
        residents_in_circle=float(residents[in_circle].sum()),
        n_stations=len(stations),
        n_closed=n_closed,
        n_unsaid=n_unsaid,
        provenance=_provenance(base, wish, said),
    )


def _provenance(base: Base, wish: AreaWish, stations: Sequence[int]) -> Provenance:
    source = base.city.provenance(Wish.of(wish.minutes, wish.mode, wish.surface))
    return source.depending_on("area", stations)


def _streets(base: Base, stations: IntArray, asked: Wish) -> tuple[BoolArray, bytes | None]:
    """Whose way takes no longer than the cutoff, and the ground of these ways."""
    if not len(stations):
        return np.zeros(len(base.homes), np.bool_), None
    doors, rule = of_points(base.doors, stations), asked.rule
    ds, _ = nearest_of_homes(base.net, doors, base.home_stops, 1, asked.cutoff_ds)
    ds_of_vertex = times_of_nodes(base.net, doors, asked.cutoff_ds)
    sources = Sources(base.city.doors_lonlat[stations], doors)
    pen = Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m)
    (shape,) = outline_of_union(base.ground, base.net, ds_of_vertex, sources, [asked.cutoff_ds], pen)
    return ds[:, 0] != NONE, geometry_geojson(shape)


def _circles(base: Base, stations: IntArray, radius_m: float) -> tuple[BoolArray, bytes | None]:
    """Who lives within a straight distance of a station, and that ground."""
    if not len(stations):
        return np.zeros(len(base.homes), np.bool_), None
    places_xy_m = base.town.doors_xy_m[stations]
    is_inside, _ = in_air_circles(base.town.homes_xy_m, places_xy_m, base.homes.residents, radius_m)
    ground = shapely.transform(union_of_circles(places_xy_m, radius_m), base.ground.frame.to_lonlat)
    rounded = shapely.transform(ground, lambda lonlat: lonlat.round(DIGITS))
    return is_inside, json.dumps(json.loads(shapely.to_geojson(rounded)), separators=(",", ":")).encode()
