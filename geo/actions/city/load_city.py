"""Load all that reach is computed from, as it stood at one moment."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.city.street_cache import Laid
from geo.areas import Area
from geo.compute.reach.coverage import polygon_of_points
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net
from geo.coverage import METHOD
from geo.errors import Refused
from geo.grids import Grid
from geo.people import Homes
from geo.provenance import Provenance
from geo.rules.bounds import bounds_rule
from geo.rules.modes import Mode, Surface
from geo.rules.modes import mode as mode_of
from geo.rules.modes import surface as surface_of
from geo.rules.reach import ReachRule, reach_rule
from geo.rules.station_kinds import station_kind
from geo.stations import Station
from geo.store import areas, grids, people, stations, streets
from geo.store import coverage as store
from geo.units import DS_PER_MINUTE, NONE, BoolArray, FloatArray, IntArray

LonLat = tuple[float, float]

Direction = Literal["to", "from"]
"""Of trips: to the station, as people go there, or from it."""

NAMING = ("name_en", "name_zh", "source", "is_verified")
"""Of a mode: what it is called and where its numbers come from changes no result."""


@dataclass(frozen=True)
class Wish:
    """What is asked of a computation."""

    minutes: float
    mode: Mode
    surface: Surface
    rule: ReachRule

    @classmethod
    def of(cls, minutes: float, mode: str, surface: str) -> Wish:
        """A wish that can be met.

        Raises
        ------
        NotFound
            If there is no such mode or surface.
        Refused
            If the minutes are not above 0 or beyond the horizon of the search.
        """
        wish = cls(minutes, mode_of(mode), surface_of(surface), reach_rule())
        if not 0 < wish.cutoff_ds <= wish.rule.horizon_ds:
            raise Refused("minutes_out_of_range", minutes=minutes, most=wish.rule.horizon_ds // DS_PER_MINUTE)
        return wish

    @property
    def cutoff_ds(self) -> int:
        """The cutoff itself is reached."""
        return round(self.minutes * DS_PER_MINUTE)

    @property
    def ds_per_m(self) -> float:
        """Of connectors, and of ways on foot."""
        return self.mode.ds_per_m_on(self.surface)


@dataclass(frozen=True)
class City:
    """All that reach is computed from."""

    laid: Laid
    boxes: Sequence[shapely.Polygon]
    """Of every live network of streets."""
    homes: Homes
    stations: Sequence[Station]
    """Those that serve residents, by id."""
    n_other_stations: int
    areas: Sequence[Area]
    grids: Sequence[Grid]
    """In force at that moment, by id."""
    data_date: date | None

    @property
    def doors_lonlat(self) -> FloatArray:
        """(n_stations, 2) where walks to them end."""
        doors = [[station.door.x, station.door.y] for station in self.stations]
        return np.array(doors, dtype=np.float64).reshape(-1, 2)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the stations that serve residents."""
        return tuple(sorted({station.kind for station in self.stations}))

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Services of these stations: those that most of them offer, as many as the rule tells, by name."""
        offered = Counter(service for station in self.stations for service in set(station.services))
        ranked = sorted(offered, key=lambda service: (-offered[service], service))
        return tuple(sorted(ranked[: reach_rule().most_services]))

    def areas_of(self, level: str) -> list[Area]:
        """The areas of a level, by id: of those that overlap the first holds a home."""
        return sorted((area for area in self.areas if area.level == level), key=lambda area: area.id)

    def group_of_home(self, level: str) -> IntArray:
        """(n_homes,) index into ``areas_of(level)``, or into ``grids`` for the level ``grid``; NONE in none of them."""
        if level not in self._groups:
            here = self.grids if level == "grid" else self.areas_of(level)
            shapes = np.array([thing.shape for thing in here], dtype=object)
            self._groups[level] = polygon_of_points(self.homes.lonlat_of_start, shapes)
        return self._groups[level]

    def is_in_area(self, area_id: int | None) -> BoolArray:
        """(n_homes,) whether a home lies in an area; None: everywhere."""
        if area_id is None:
            return np.ones(len(self.homes), dtype=np.bool_)
        shapes = [area.shape for area in self.areas if area.id == area_id]
        is_inside: BoolArray = polygon_of_points(self.homes.lonlat_of_start, np.array(shapes, dtype=object)) != NONE
        return is_inside

    @cached_property
    def _groups(self) -> dict[str, IntArray]:
        return {}

    def provenance(self, wish: Wish) -> Provenance:
        """Where a figure that was computed from all this comes from."""
        return Provenance(
            method=METHOD,
            mode=wish.mode.key,
            surface=wish.surface.key,
            minutes=wish.minutes,
            network_date=self.laid.graph.network_date,
            data_date=self.data_date,
            inputs_hash=hash_of(self, wish),
        )


def roads(laid: Laid, wish: Wish) -> tuple[Ground, Net]:
    """The streets of the wish's travel, and their network at its speed from the beginning of trips to their end."""
    return laid.ground_of(wish.mode.travel), laid.net_of(wish.mode, wish.surface)


def load_city(conn: Connection, laid: Laid, at: datetime) -> City:
    """Everything but the streets, which are laid out already. ``at``: which plans of grids are in force."""
    every = sorted(stations.live(conn), key=lambda station: station.id)
    counted = [station for station in every if station_kind(station.kind).serves == "residents"]
    return City(
        laid=laid,
        boxes=streets.extents(conn),
        homes=people.load_homes(conn),
        stations=counted,
        n_other_stations=len(every) - len(counted),
        areas=areas.live_areas(conn),
        grids=sorted(grids.live_grids(conn, at), key=lambda grid: grid.id),
        data_date=store.people_date(conn),
    )


def streets_provenance(laid: Laid, wish: Wish) -> Provenance:
    """Where an answer that knows of streets alone comes from."""
    digest = hashlib.sha256(repr([*_asked(wish), laid.graph.arrays_hash]).encode())
    return Provenance(
        method=METHOD,
        mode=wish.mode.key,
        surface=wish.surface.key,
        minutes=wish.minutes,
        network_date=laid.graph.network_date,
        data_date=None,
        inputs_hash=digest.hexdigest(),
    )


def _asked(wish: Wish) -> list[Any]:
    """All numbers that a wish brings."""
    mode = {name: value for name, value in asdict(wish.mode).items() if name not in NAMING}
    rules = [sorted(asdict(rule).items()) for rule in (wish.rule, bounds_rule())]
    return [METHOD, wish.cutoff_ds, sorted(mode.items()), wish.surface.key, wish.ds_per_m, *rules]


def hash_of(city: City, wish: Wish) -> str:
    """sha256 over everything that the result depends on."""
    digest = hashlib.sha256()
    for array in vars(city.homes).values():
        digest.update(array.tobytes())
    rows: list[Any] = [
        [*_asked(wish), city.laid.graph.arrays_hash],
        [(station.id, station.kind, sorted(station.services), station.door.wkb_hex) for station in city.stations],
        [(area.id, area.level, area.shape.wkb_hex) for area in city.areas],
        [(grid.id, grid.shape.wkb_hex) for grid in city.grids],
        [city.n_other_stations, city.data_date],
    ]
    digest.update(repr(rows).encode())
    return digest.hexdigest()
