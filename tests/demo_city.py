"""The demo city's files as planners would read them, and walking in it by a second way: scipy on plain vertices."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

TO_METRES = Transformer.from_crs("EPSG:4326", "+proj=aeqd +lon_0=103.2 +lat_0=40.4 +ellps=WGS84", always_xy=True)
Tags = dict[str, Any]


def in_metres(shapes: Any) -> Any:
    return shapely.transform(shapes, lambda xy: np.column_stack(TO_METRES.transform(*xy.T)))


@dataclass(frozen=True)
class Layer:
    """Features of one file: shapes in degrees and in metres, properties."""

    lonlat: Any
    xy: Any
    tags: list[Tags]

    def where(self, wanted: Callable[[Tags], Any]) -> Layer:
        keep = [i for i, tags in enumerate(self.tags) if wanted(tags)]
        return Layer(self.lonlat[keep], self.xy[keep], [self.tags[i] for i in keep])

    def column(self, key: str) -> Any:
        return np.array([tags[key] for tags in self.tags])


class DemoCity:
    """All files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.areas, self.grids, self.buildings, self.map = (
            self._layer(name) for name in ("areas", "grids", "buildings", "streets")
        )
        self.streets = self.map.where(lambda tags: "highway" in tags)
        self.gates = self.map.where(lambda tags: tags.get("barrier") == "gate")
        self.barriers = self.map.where(
            lambda tags: {"railway", "waterway"} & tags.keys() or tags.get("barrier") == "wall"
        )
        self.stations, self.resources, self.incidents = (
            self._rows(name) for name in ("stations", "resources", "incidents")
        )

    def _layer(self, name: str) -> Layer:
        features = json.loads((self.folder / f"qinghe_{name}.geojson").read_text(encoding="utf-8"))["features"]
        lonlat = np.array([shapely.geometry.shape(feature["geometry"]) for feature in features])
        return Layer(lonlat, in_metres(lonlat), [feature["properties"] for feature in features])

    def _rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"qinghe_{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def grid_of_building(self) -> Any:
        building, grid = shapely.STRtree(self.grids.xy).query(self.buildings.xy, "within")
        assert np.array_equal(building, np.arange(len(self.buildings.xy))), "each building in exactly one grid"
        return grid

    def station_points(self, rows: list[dict[str, str]]) -> Any:
        return in_metres(shapely.points([[float(r["entrance_lon"]), float(r["entrance_lat"])] for r in rows]))


class Walks:
    """Metres on foot by scipy: every vertex of every way a node, equal coordinates one node."""

    def __init__(self, city: DemoCity, *, through_private: bool = True) -> None:
        number: dict[tuple[float, ...], int] = {}
        ends = []
        walked = city.streets.where(lambda tags: through_private or tags.get("access") != "private")
        for line in walked.lonlat:
            nodes = [number.setdefault(tuple(xy), len(number)) for xy in shapely.get_coordinates(line).tolist()]
            ends += list(pairwise(nodes))
        self.start, self.stop = np.array(ends).T
        xy = shapely.get_coordinates(in_metres(shapely.points(list(number))))
        self.node_of_place, self.n_nodes = number, len(number)
        self.segments = shapely.linestrings(np.stack([xy[self.start], xy[self.stop]], axis=1))
        self.length_m = shapely.length(self.segments)
        self.tree = shapely.STRtree(self.segments)
        stops = city.barriers.where(lambda tags: not {"bridge", "tunnel"} & tags.keys())
        self.barrier_tree = shapely.STRtree(stops.xy)

    def _graph(self) -> Any:
        return csr_array((self.length_m, (self.start, self.stop)), shape=(self.n_nodes, self.n_nodes))

    def n_components(self) -> int:
        return int(connected_components(self._graph(), directed=False)[0])

    def metres_between(self, places: Any) -> Any:
        """(n, n) metres along the ways between vertices that are given in degrees."""
        nodes = [self.node_of_place[tuple(place)] for place in places]
        return dijkstra(self._graph(), directed=False, indices=nodes)[:, nodes]

    def joins(self, point: shapely.Point, within_m: float = 200.0) -> tuple[Any, Any, Any]:
        """Segments that a straight connector reaches, metres along each, metres of connector."""
        near = self.tree.query(point, "dwithin", distance=within_m)
        along = shapely.line_locate_point(self.segments[near], point)
        at = shapely.get_coordinates(shapely.line_interpolate_point(self.segments[near], along))
        connectors = shapely.linestrings([[(point.x, point.y), tuple(xy)] for xy in at])
        free = np.ones(len(near), dtype=bool)
        free[self.barrier_tree.query(connectors, "intersects")[0]] = False
        return near[free], along[free], shapely.length(connectors)[free]

    def metres(self, start: shapely.Point, homes: Any) -> Any:
        """From one station to every home; infinity where there is no way."""
        segment, along, connector = self.joins(start)
        best: dict[int, float] = {}
        for node, metres in zip(
            np.concatenate([self.start[segment], self.stop[segment]]),
            np.concatenate([along + connector, self.length_m[segment] - along + connector]),
            strict=True,
        ):
            best[int(node)] = min(best.get(int(node), np.inf), float(metres))
        rows = np.concatenate([self.start, np.full(len(best), self.n_nodes)])
        columns = np.concatenate([self.stop, np.array(list(best), dtype=int)])
        weights = np.concatenate([self.length_m, np.maximum(list(best.values()), 1e-9)])
        graph = csr_array((weights, (rows, columns)), shape=(self.n_nodes + 1, self.n_nodes + 1))
        reached = dijkstra(graph, directed=False, indices=self.n_nodes)
        return np.array([self._home(reached, *self.joins(home)) for home in homes])

    def _home(self, reached: Any, segment: Any, along: Any, connector: Any) -> float:
        if len(segment) == 0:
            return float("inf")
        by_start = reached[self.start[segment]] + along
        by_stop = reached[self.stop[segment]] + self.length_m[segment] - along
        return float((np.minimum(by_start, by_stop) + connector).min())
