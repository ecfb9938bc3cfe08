"""Who can help, in memory: stations, teams, posts, whose grids are whose and how busy they are, joined to the streets;
read anew after any change.

A question asks the database once, for the case and for texts that tell whether anything has changed. Streets are made
ready beside the questions: whoever comes meanwhile waits a moment and is then told that they are not ready.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from geo import hours
from geo.actions.city.load_city import Direction, LonLat, Wish, streets_provenance
from geo.actions.city.street_cache import Joined, Key, Laid, StreetCache, Value, joined_doors, kept
from geo.actions.posts.read_assignments import read_assignments
from geo.assignments import Assigned
from geo.compute.project import Frame
from geo.compute.reach.rejoin import joined_stops
from geo.compute.streets.net import Net, Stops, StopsOfPieces, reverse, reversed_stops, stops_of, stops_of_pieces
from geo.compute.streets.snap import Joints
from geo.errors import StreetsMissing
from geo.helpers import Family, Helper
from geo.hours import HoursState
from geo.provenance import Provenance
from geo.rules.modes import Mode, Surface
from geo.rules.professionals import kinds_with_grids
from geo.rules.reach import reach_rule
from geo.store import helpers as rows
from geo.store import resources, stations
from geo.store.helpers import Versions
from geo.units import BoolArray, FloatArray, IntArray

KEPT = 4
"""How many ways of moving are kept ready."""

MOST_REMEMBERED = 4096
"""So many places are remembered with their streets, and so many texts of opening hours with their present state."""


class Group(tuple[Helper, ...]):
    """Stations or teams, by id. Kept for as long as nothing about them changes, however busy they get."""

    @cached_property
    def digest(self) -> str:
        """sha256 over all that is known of them."""
        return hashlib.sha256(repr(tuple(self)).encode()).hexdigest()

    def offers(self, service: str) -> BoolArray:
        """(n,) who offers a service."""
        offers = np.zeros(len(self), np.bool_)
        offers[self._of_service.get(service, [])] = True
        return offers

    @cached_property
    def _of_service(self) -> dict[str, IntArray]:
        numbers: dict[str, list[int]] = {}
        for number, helper in enumerate(self):
            for service in helper.services:
                numbers.setdefault(service, []).append(number)
        return {service: np.array(found, np.int64) for service, found in numbers.items()}


@dataclass(frozen=True, eq=False)
class Helpers:
    """Everybody who can help, as it stood at one moment."""

    versions: Versions
    of_stations: Group
    of_resources: Group
    """Those whose place is known."""
    placeless: Group
    """Those whose last position is forgotten: told only where they are assigned."""
    assigned: Assigned
    """Which grids posts have, had and are to have."""
    busy: Mapping[tuple[Family, int], int]
    """Family and id -> cases that it was sent to and that are not handled yet."""

    @cached_property
    def all(self) -> Sequence[Helper]:
        """Stations, then teams: the order of ties."""
        return (*self.of_stations, *self.of_resources)

    @cached_property
    def lonlat(self) -> FloatArray:
        """(n, 2) degrees."""
        return np.array([helper.lonlat for helper in self.all], dtype=np.float64).reshape(-1, 2)

    @cached_property
    def frame(self) -> Frame:
        """In which straight lines are measured where there are no streets."""
        return Frame.of(self.lonlat)

    @cached_property
    def xy_m(self) -> FloatArray:
        """(n, 2) metres in that frame."""
        return self.frame.to_xy_m(self.lonlat)

    @cached_property
    def digest(self) -> str:
        """sha256 over all that a ranking depends on, besides the streets."""
        groups = self.of_stations.digest, self.of_resources.digest, self.placeless.digest
        told = *groups, self.assigned.digest, sorted(self.busy.items())
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @cached_property
    def number_of_resource(self) -> Mapping[int, int]:
        """Id of a post of a kind that has grids -> its place in ``all``."""
        first = len(self.of_stations)
        with_grids = {kind.key for kind in kinds_with_grids()}
        return {
            helper.id: first + number for number, helper in enumerate(self.of_resources) if helper.kind in with_grids
        }

    @cached_property
    def kinds_assigned(self) -> frozenset[str]:
        """Kinds to whose posts any grid was ever assigned."""
        places = self.number_of_resource
        return frozenset(self.all[places[one]].kind for one in self.assigned.of_resource if one in places)

    def assigned_to(self, grid_id: int | None, at: datetime) -> list[int]:
        """Places in ``all`` of the posts to whom a grid is assigned at a moment, ascending."""
        places = self.number_of_resource
        return sorted(places[one] for one in self.assigned.to_grid(grid_id, at) if one in places)

    def placeless_assigned_to(self, grid_id: int | None, at: datetime) -> list[Helper]:
        """Those of them whose last position is forgotten."""
        if not self.placeless:
            return []
        with_grids, own = {kind.key for kind in kinds_with_grids()}, self.assigned.to_grid(grid_id, at)
        return [helper for helper in self.placeless if helper.id in own and helper.kind in with_grids]

    def busy_of(self, helper: Helper) -> int:
        """How many cases somebody is on."""
        return self.busy.get((helper.family, helper.id), 0)

    def offers(self, service: str | None) -> BoolArray:
        """(n,) who offers a service; everybody where none is named."""
        if service is None:
            return np.ones(len(self.all), np.bool_)
        return np.concatenate([self.of_stations.offers(service), self.of_resources.offers(service)])


class Place(NamedTuple):
    """A place on the streets of one way of moving."""

    xy_m: FloatArray
    """(1, 2) in the frame of the streets."""
    stops: Stops
    """For the network as it was built."""


@dataclass(frozen=True, eq=False)
class Roads:
    """The streets of one way of moving, both ways round."""

    laid: Laid
    mode: Mode
    surface: Surface
    net: Net
    turned: Net
    of_gates: Joints
    """Where the gates of compounds lead to."""
    _places: dict[LonLat, Place] = field(default_factory=dict)
    _provenances: dict[float, Provenance] = field(default_factory=dict)

    def place(self, lonlat: LonLat) -> Place:
        """Where help is needed; remembered, because whoever handles a case asks again."""
        found = self._places.get(lonlat)
        if found is None:
            ground = self.laid.ground_of(self.mode.travel)
            xy_m = ground.frame.to_xy_m(np.array([lonlat], dtype=np.float64))
            joints = ground.joints(xy_m, reach_rule().max_connector_m, self.of_gates)
            found = Place(xy_m, stops_of(ground, self.net, joints, self.mode.ds_per_m_on(self.surface)))
            _remember(self._places, lonlat, found)
        return found

    def provenance(self, wish: Wish) -> Provenance:
        """Of what these streets alone tell; ``wish`` is of their mode and surface."""
        found = self._provenances.get(wish.minutes)
        if found is None:
            found = streets_provenance(self.laid, wish)
            _remember(self._provenances, wish.minutes, found)
        return found


@dataclass(frozen=True, eq=False)
class Near:
    """Everybody joined to the streets of one way of moving, in the order of ``Helpers.all``."""

    roads: Roads
    joined: Joined
    """The streets, with the doors of the stations alone."""
    xy_m: FloatArray
    """(n, 2) in the frame of the streets."""
    has_street: BoolArray
    """(n,) whether any street is near."""
    points: Mapping[Direction, StopsOfPieces]
    """For searches that begin where help is needed: of trips to the helpers as they are, of trips from them turned."""


NOBODY = Helpers(Versions("", "", "", "", None), Group(), Group(), Group(), Assigned(), {})
"""Before anything was read."""


class HelperCache:
    """Keeps who can help. Threads may share it.

    Parameters
    ----------
    streets
        The live streets.
    """

    def __init__(self, streets: StreetCache) -> None:
        self._streets = streets
        self._lock = Lock()
        self._helpers = NOBODY
        self._states: dict[str | None, tuple[datetime, HoursState]] = {}
        self._roads: OrderedDict[tuple[str, str, str], Future[Roads]] = OrderedDict()
        self._parts: OrderedDict[tuple[Roads, str, str], Joined] = OrderedDict()
        self._near: OrderedDict[tuple[Roads, str, str], Near] = OrderedDict()
        self._builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="roads")

    def known(self, now: Versions) -> Helpers | None:
        """Everybody as it stood when ``now`` was read; None where that has to be read."""
        helpers = self._helpers
        return helpers if helpers.versions == now else None

    def helpers(self, conn: Connection, now: Versions) -> Helpers:
        """Everybody as the transaction sees it; read anew where ``now``, which was read in it, tells of a change."""
        with self._lock:
            if self._helpers.versions != now:
                self._helpers = _read(conn, now, self._helpers)
            return self._helpers

    def roads(self, now: Versions, mode: Mode, surface: Surface, patience_s: float | None) -> Roads | None:
        """The live streets of one way of moving; None where they are not ready in time.

        Ask outside an open transaction. ``patience_s`` None: however long it takes.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        """
        if now.streets is None:
            raise StreetsMissing("streets_missing")
        key = (now.streets, mode.key, surface.key)
        with self._lock:
            if key not in self._roads:
                self._forget_other(now.streets)
                self._roads[key] = self._builder.submit(self._build, mode, surface)
            being_built = kept(self._roads, key, KEPT)
        try:
            return being_built.result(patience_s)
        except TimeoutError:
            return None
        finally:
            if being_built.done() and being_built.exception() is not None:
                with self._lock:  # whoever comes next tries again
                    self._roads.pop(key, None)

    def near(self, roads: Roads, helpers: Helpers) -> Near:
        """Everybody joined to the streets."""
        versions = helpers.versions
        with self._lock:
            key = (roads, versions.stations, versions.resources)
            if key not in self._near:
                of_stations = self._part(roads, versions.stations, helpers.of_stations)
                of_resources = self._part(roads, versions.resources, helpers.of_resources)
                self._near[key] = _near(roads, of_stations, of_resources)
            return kept(self._near, key, KEPT)

    def hours_state(self, text: str | None, at: datetime) -> HoursState:
        """As :func:`geo.hours.state`; asked again before the state ends, it is not worked out again."""
        known = self._states.get(text)
        if known is not None and known[1].until is not None and known[0] <= at < known[1].until:
            return known[1]
        state = hours.state(text, at)
        _remember(self._states, text, (at, state))
        return state

    def _forget_other(self, streets: str) -> None:
        """Give up what was made of streets that are no longer live."""
        others = [key for key in self._roads if key[0] != streets]
        for key in others:
            del self._roads[key]
        if others:
            self._parts.clear()
            self._near.clear()

    def _build(self, mode: Mode, surface: Surface) -> Roads:
        laid = self._streets.live()
        net = laid.net_of(mode, surface)
        of_gates = laid.ground_of(mode.travel).gate_joints(reach_rule().max_connector_m)
        return Roads(laid, mode, surface, net, reverse(net), of_gates)

    def _part(self, roads: Roads, version: str, helpers: Sequence[Helper]) -> Joined:
        """Some of them joined, kept for as long as nothing about them changes."""
        family = helpers[0].family if helpers else ""
        key = (roads, family, version)
        if key not in self._parts:
            doors = tuple(helper.lonlat for helper in helpers)
            self._parts[key] = joined_doors(roads.laid, doors, roads.mode, roads.surface)
        return kept(self._parts, key, 2 * KEPT)


def _remember(values: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep a value that can be had again. When there are too many, all are given up: no thread may walk over them."""
    if len(values) >= MOST_REMEMBERED:
        values.clear()
    values[key] = value


def _read(conn: Connection, now: Versions, old: Helpers) -> Helpers:
    """Read what has changed; the rest is taken over."""
    of_stations, of_resources, placeless = old.of_stations, old.of_resources, old.placeless
    assigned, busy = old.assigned, old.busy
    if old.versions.stations != now.stations:
        of_stations = Group(Helper.of_station(station) for station in stations.live(conn))
    if old.versions.resources != now.resources:
        of_resources = Group(Helper.of_resource(team) for team in resources.live(conn))
        placeless = Group(Helper.of_resource(team) for team in resources.placeless(conn))
    if old.versions.cases != now.cases:
        busy = rows.busy_counts(conn)
    if old.versions.assignments != now.assignments:
        assigned = read_assignments(conn)
    return Helpers(now, of_stations, of_resources, placeless, assigned, busy)


def _near(roads: Roads, of_stations: Joined, of_resources: Joined) -> Near:
    doors: Stops = joined_stops(of_stations.doors, of_resources.doors)
    n_pieces = of_stations.ground.n_pieces
    return Near(
        roads=roads,
        joined=of_stations,
        xy_m=np.concatenate([of_stations.doors_xy_m, of_resources.doors_xy_m]),
        has_street=np.diff(doors.start_of_point) > 0,
        points={
            "to": stops_of_pieces(doors, n_pieces),
            "from": stops_of_pieces(reversed_stops(roads.net, doors), n_pieces),
        },
    )
