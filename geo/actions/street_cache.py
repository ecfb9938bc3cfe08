"""The live streets in memory, laid out once per version of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from sqlalchemy import Connection

from geo.compute.ground import Ground, ground_of
from geo.compute.network import joined
from geo.compute.reach import Stops, Walk, stops_of, walk_of
from geo.compute.snap import Joints
from geo.rules.reach import reach_rule
from geo.stations import Station
from geo.store import streets
from geo.store.database import Database
from geo.streets import StreetGraph
from geo.units import FloatArray

Doors = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Laid:
    """Streets as loaded, and as laid out for walking."""

    graph: StreetGraph
    ground: Ground


@dataclass(frozen=True)
class Paced:
    """The network at one pace, with the doors of stations joined to it."""

    laid: Laid
    ds_per_m: float
    walk: Walk
    doors_xy_m: FloatArray
    doors: Stops


class StreetCache:
    """Keeps the live streets and what walks to stations need of them. Threads may share it.

    Ask it outside an open transaction: it reads in one of its own.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = Lock()
        self._laid: Laid | None = None
        self._joints: tuple[Doors, FloatArray, Joints] | None = None
        self._paced: dict[float, Paced] = {}

    def live(self) -> Laid:
        """The live streets; read anew when another version has gone live.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        """
        with self._lock, self._db.read() as conn:
            return self._live(conn)

    def paced(self, stations: Sequence[Station], ds_per_m: float) -> Paced:
        """The live streets at a pace, with these stations' doors joined.

        Raises
        ------
        StreetsMissing
            If no streets have been loaded.
        """
        with self._lock:
            with self._db.read() as conn:
                laid = self._live(conn)
            xy_m, joints = self._joined(laid, tuple((station.door.x, station.door.y) for station in stations))
            if ds_per_m not in self._paced:
                walk = walk_of(laid.ground, ds_per_m)
                doors = stops_of(laid.ground, walk, joints, ds_per_m)
                self._paced[ds_per_m] = Paced(laid, ds_per_m, walk, xy_m, doors)
            return self._paced[ds_per_m]

    def _live(self, conn: Connection) -> Laid:
        if self._laid is None or self._laid.graph.arrays_hash != streets.live_hash(conn):
            self._laid, self._joints, self._paced = lay_out(conn), None, {}
        return self._laid

    def _joined(self, laid: Laid, doors: Doors) -> tuple[FloatArray, Joints]:
        if self._joints is None or self._joints[0] != doors:
            xy_m = laid.ground.frame.to_xy_m(np.array(doors, dtype=np.float64).reshape(-1, 2))
            self._joints = (doors, xy_m, laid.ground.joints(xy_m, reach_rule().max_connector_m))
            self._paced = {}
        return self._joints[1], self._joints[2]


def lay_out(conn: Connection) -> Laid:
    """Load the live streets, join those of several sources, lay them out.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    """
    graph = joined(streets.load_graph(conn))
    return Laid(graph, ground_of(graph, min_component_m=reach_rule().min_component_m))
