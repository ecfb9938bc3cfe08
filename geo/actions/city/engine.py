"""The loaded state for questions that change nothing: streets, stations, homes and who reaches whom, kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock

import numpy as np

from geo.actions.city.load_city import City, Direction, Wish, load_city, roads
from geo.actions.city.street_cache import Laid, StreetCache
from geo.compute.reach.honesty import nearest_by_air, times_to_chosen
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.reach.pairs import Pairs, PairsOfHomes, by_home, homes_within
from geo.compute.reach.rejoin import Town
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops, StopsOfPieces, reverse, reversed_stops, stops_of, stops_of_pieces
from geo.compute.streets.snap import Joints
from geo.grids import Grid
from geo.people import Homes
from geo.provenance import Provenance
from geo.stations import Station
from geo.store.coverage import data_version
from geo.store.database import Database
from geo.units import NONE, Int32Array, IntArray

BASE_SHARE = 0.9
"""Of a question that has to find out who reaches whom, what that takes."""

KEPT = 4
"""How many bases are kept: one per mode, surface, cutoff and direction that was asked for lately."""


@dataclass(frozen=True)
class Base:
    """Who reaches which station within a cutoff, and all that it was found with."""

    city: City
    wish: Wish
    direction: Direction
    town: Town
    """Streets, doors and homes with the network as it was built, not turned."""
    door_joints: Joints
    net: Net
    """Turned so that searches begin at stations."""
    doors: Stops
    """Of the stations, for ``net``."""
    home_stops: Stops
    homes_by_piece: StopsOfPieces
    pairs: Pairs
    """All homes within the cutoff of each station."""
    of_homes: PairsOfHomes
    provenance: Provenance

    @property
    def ground(self) -> Ground:
        """The streets that the mode may use."""
        return self.town.ground

    @property
    def laid(self) -> Laid:
        """The streets."""
        return self.city.laid

    @property
    def stations(self) -> Sequence[Station]:
        """Those that serve residents, by id."""
        return self.city.stations

    @property
    def homes(self) -> Homes:
        """Everybody."""
        return self.city.homes

    @property
    def grids(self) -> Sequence[Grid]:
        """In force at the moment that was asked about, by id."""
        return self.city.grids

    @property
    def grid_of_home(self) -> IntArray:
        """(n_homes,) index into ``grids``, or NONE."""
        return self.city.group_of_home("grid")

    @property
    def cutoff_ds(self) -> int:
        """Reached itself."""
        return self.wish.cutoff_ds

    @cached_property
    def nearest_ds(self) -> Int32Array:
        """(n_homes,) time to the nearest station; NONE beyond the horizon of the minutes that are told."""
        ds, _ = nearest_of_homes(self.net, self.doors, self.home_stops, 1, self.wish.rule.horizon_ds)
        return ds[:, 0]

    @cached_property
    def nearest_by_air_ds(self) -> Int32Array:
        """(n_homes,) time to the station nearest in a straight line, likewise; NONE where none is reached at all."""
        by_air = nearest_by_air(self.town.homes_xy_m, self.town.doors_xy_m)
        by_air[self.nearest_ds == NONE] = NONE
        town = self.net, self.doors, self.homes_by_piece
        return times_to_chosen(town, self.pairs, by_air, self.wish.rule.horizon_ds)


@dataclass
class _Slot:
    """Where one base will be: whoever comes first makes it, the others wait."""

    lock: Lock = field(default_factory=Lock)
    base: Base | None = None


class Engine:
    """Keeps what questions are answered from. Threads may share it.

    Ask it outside an open transaction: it reads in one of its own.
    """

    def __init__(self, db: Database, streets: StreetCache) -> None:
        self._db = db
        self._streets = streets
        self._lock = Lock()
        self._slots: OrderedDict[tuple[str, str, str, str, int, Direction], _Slot] = OrderedDict()
        self._city: tuple[str, str, City] | None = None

    def base(
        self,
        mode: str,
        surface: str,
        cutoff_minutes: float,
        at: datetime,
        direction: Direction = "to",
        step: Callable[[float], None] | None = None,
    ) -> Base:
        """What is known of the city, for one way of moving and one cutoff.

        Parameters
        ----------
        mode, surface
            Keys of geo/rules/modes.toml and surfaces.toml.
        cutoff_minutes
            Reached itself.
        at
            Which plans of grids are in force. Opening hours are no part of it.
        direction
            To the stations, or from them.
        step
            Told the share of the question that is done, up to ``BASE_SHARE``: the asker has more to do. What it raises
            calls the computation off, and nothing is kept of it.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        NotFound
            If there is no such mode or surface.
        Refused
            If the minutes are not above 0 or beyond the horizon of the search.
        """
        wish = Wish.of(cutoff_minutes, mode, surface)
        laid = self._streets.live()
        with self._db.read() as conn:
            version = data_version(conn, at)
        key = (laid.graph.arrays_hash, version, mode, surface, wish.cutoff_ds, direction)
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > KEPT:
                self._slots.popitem(last=False)
        with slot.lock:
            if slot.base is None:
                slot.base = base_of(self._loaded(laid, version, at), wish, direction, step)
            return slot.base

    def _loaded(self, laid: Laid, version: str, at: datetime) -> City:
        with self._lock:
            if self._city is None or self._city[:2] != (laid.graph.arrays_hash, version):
                with self._db.read() as conn:
                    self._city = (laid.graph.arrays_hash, version, load_city(conn, laid, at))
            return self._city[2]


def base_of(city: City, wish: Wish, direction: Direction, step: Callable[[float], None] | None = None) -> Base:
    """Find out who reaches which station; ``step`` is told the share done, up to ``BASE_SHARE``."""
    rule = wish.rule

    def tell(share: float) -> None:
        if step is not None:
            step(BASE_SHARE * share)

    tell(0.1)
    ground, built = roads(city.laid, wish)
    doors_xy_m = ground.frame.to_xy_m(city.doors_lonlat)
    homes_xy_m = ground.frame.to_xy_m(np.array(city.homes.lonlat_of_start))
    door_joints = ground.joints(doors_xy_m, rule.max_connector_m)
    doors = stops_of(ground, built, door_joints, wish.ds_per_m)
    homes = stops_of(ground, built, ground.joints(homes_xy_m, rule.max_connector_m), wish.ds_per_m)
    town = Town(ground, built, doors_xy_m, homes_xy_m, doors, homes)
    net = built
    if direction == "to":
        net, doors, homes = reverse(built), reversed_stops(built, doors), reversed_stops(built, homes)
    homes_by_piece = stops_of_pieces(homes, ground.n_pieces)
    pairs = homes_within(
        net, doors, homes_by_piece, len(city.homes), wish.cutoff_ds, tell=lambda share: tell(0.3 + 0.7 * share)
    )
    return Base(
        city=city,
        wish=wish,
        direction=direction,
        town=town,
        door_joints=door_joints,
        net=net,
        doors=doors,
        home_stops=homes,
        homes_by_piece=homes_by_piece,
        pairs=pairs,
        of_homes=by_home(pairs, len(city.homes)),
        provenance=city.provenance(wish),
    )
