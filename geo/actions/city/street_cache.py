"""The live streets in memory: laid out once per version of them and travel, once more per way of moving."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection

from geo.actions.city.stored_streets import StoredStreets
from geo.compute.streets.ground import Ground, ground_of
from geo.compute.streets.joined import joined
from geo.compute.streets.net import Net, Stops, stops_of
from geo.compute.streets.snap import Joints
from geo.compute.streets.ways import net_of
from geo.rules.modes import Mode, Surface, Travel
from geo.rules.reach import reach_rule
from geo.stations import Station
from geo.store import streets
from geo.store.database import Database
from geo.streets import StreetGraph
from geo.units import FloatArray

Doors = tuple[tuple[float, float], ...]

Key = TypeVar("Key")
Value = TypeVar("Value")

KEPT = 6
"""How many networks, and how many sets of joined doors, are kept."""


class Laid:
    """Streets as loaded, laid out for whoever asks. Threads may share it."""

    def __init__(self, graph: StreetGraph, stored: StoredStreets | None = None) -> None:
        self.graph = graph
        self._stored = stored
        self._lock = Lock()
        self._grounds: dict[Travel, Ground] = {}
        self._nets: OrderedDict[tuple[str, str], Net] = OrderedDict()

    @property
    def ground(self) -> Ground:
        """Of walkers."""
        return self.ground_of("foot")

    def ground_of(self, travel: Travel) -> Ground:
        """The streets of one travel."""
        with self._lock:
            return self._ground_of(travel)

    def net_of(self, mode: Mode, surface: Surface) -> Net:
        """The network of one way of moving, from the beginning of trips to their end."""
        with self._lock:
            key = (mode.key, surface.key)
            if key not in self._nets:
                self._nets[key] = net_of(self._ground_of(mode.travel), mode, surface)
            return kept(self._nets, key)

    def _ground_of(self, travel: Travel) -> Ground:
        if travel not in self._grounds:
            ground = self._stored.ground(travel) if self._stored else None
            if ground is None:
                rule = reach_rule()
                ground = ground_of(
                    self.graph,
                    min_component_m=rule.min_component_m,
                    travel=travel,
                    max_inside_m=rule.max_inside_m,
                )
                if self._stored:
                    self._stored.keep(ground)
            self._grounds[travel] = ground
        return self._grounds[travel]


@dataclass(frozen=True)
class Joined:
    """The network of one way of moving, with the doors of stations joined to it."""

    laid: Laid
    ground: Ground
    net: Net
    """From the beginning of trips to their end."""
    doors_xy_m: FloatArray
    door_joints: Joints
    doors: Stops
    """Of the stations in the order in which they were given, for ``net``."""


class StreetCache:
    """Keeps the live streets and what trips to stations need of them. Threads may share it.

    Ask it outside an open transaction: it reads in one of its own.

    Parameters
    ----------
    db
        Where the streets are.
    folder
        Where arrays are kept for the next process; nothing is kept without one.
    """

    def __init__(self, db: Database, folder: Path | None = None) -> None:
        self._db = db
        self._folder = folder
        self._lock = Lock()
        self._version = ""
        self._laid: Laid | None = None
        self._joined: OrderedDict[tuple[Laid, Doors, str, str], Joined] = OrderedDict()

    def live(self) -> Laid:
        """The live streets; read anew when another version has gone live.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        """
        with self._lock, self._db.read() as conn:
            version = streets.live_version(conn)
            if self._laid is None or self._version != version:
                self._laid, self._version = lay_out(conn, self._folder), version
                self._joined.clear()
            return self._laid

    def joined(self, stations: Sequence[Station], mode: Mode, surface: Surface) -> Joined:
        """The live streets for one way of moving, with these stations' doors joined.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        """
        laid = self.live()
        doors = tuple((station.door.x, station.door.y) for station in stations)
        key = (laid, doors, mode.key, surface.key)
        with self._lock:
            if key not in self._joined:
                self._joined[key] = joined_doors(laid, doors, mode, surface)
            return kept(self._joined, key)


def joined_doors(laid: Laid, doors: Doors, mode: Mode, surface: Surface) -> Joined:
    """Some doors joined to the streets of one way of moving."""
    ground, net = laid.ground_of(mode.travel), laid.net_of(mode, surface)
    xy_m = ground.frame.to_xy_m(np.array(doors, dtype=np.float64).reshape(-1, 2))
    joints = ground.joints(xy_m, reach_rule().max_connector_m)
    return Joined(laid, ground, net, xy_m, joints, stops_of(ground, net, joints, mode.ds_per_m_on(surface)))


def kept(values: OrderedDict[Key, Value], key: Key, most: int = KEPT) -> Value:
    """The value, which is now the one asked for last; those not asked for the longest go."""
    values.move_to_end(key)
    while len(values) > most:
        values.popitem(last=False)
    return values[key]


def lay_out(conn: Connection, folder: Path | None = None) -> Laid:
    """Load the live streets, join those of several sources, make them ready to be laid out.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    """
    stored = StoredStreets(folder, streets.live_version(conn))
    graph = stored.graph()
    if graph is None:
        graph = joined(streets.load_graph(conn))
        stored.keep(graph)
    return Laid(graph, stored)
