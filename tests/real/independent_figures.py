"""How many people are within 15 minutes on foot, worked out once more by other means, from the raw files.

Nothing of the product is imported: files are read with pyosmium and pyogrio, the committed tables of tags are applied
here, every point of a street is a vertex, lengths are not rounded, joints come from shapely's tree, times from scipy.
Run with ``python -m`` it prints the figures of the cities of the real data.

The rules, as the README states them: planning walk of 1,000 m in 15 minutes; a place joins every street piece (from
junction to junction) within 200 m at its nearest position, unless the straight way there meets a rail line, river, wall
or expressway; ways that are private may begin or end a walk and are no shortcut, nor is what lies behind them; streets
that hang together with less than 1 km are not used; whoever lives in a compound with a known gate starts there.
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyogrio
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from tests.real.independent_joints import Joiner, Joints
from tests.real.independent_streets import RULES, Raw, Streets, Tables, read_pbf

WALK_M, AIR_M = 1000.0, 1000.0


class Figures(NamedTuple):
    """People."""

    residents: float
    covered: float
    in_air_circle: float
    near_the_limit: float
    """Those whose walk is within 1 m of the limit, where roundings decide."""


class Network:
    """Streets with stations in them, searched by scipy. A vertex stands for a point and how a walk came there."""

    BEGUN, PUBLIC, ENTERED = 0, 1, 2
    """Still on private ways since its beginning; on public ones; on private ones again, where it must end."""

    def __init__(self, streets: Streets, raw: Raw, tables: Tables) -> None:
        self.streets = streets
        self.joiner = Joiner(streets, raw, tables)

    def nearest_m(self, homes_xy_m: np.ndarray, stations_xy_m: np.ndarray) -> np.ndarray:
        """Metres from every home to the nearest station on foot; infinite where there is no way."""
        homes, stations = self.joiner.joints(homes_xy_m), self.joiner.joints(stations_xy_m)
        positions = self._positions(stations)
        reached_m = self._search(positions, stations, len(stations_xy_m))
        at_m, vertex = (np.concatenate(column) for column in zip(*positions, strict=True))
        start = np.concatenate([[0], np.cumsum([len(vertices) for _, vertices in positions])])
        of_piece = np.repeat(np.arange(len(positions)), np.diff(start))
        is_private = np.array(self.streets.is_private, dtype=bool)[of_piece]
        from_here_m = np.where(is_private, reached_m[vertex].min(axis=1), reached_m[vertex, :2].min(axis=1))
        # positions of all pieces in one row, piece after piece
        step_m = at_m.max() + 1
        after = np.searchsorted(of_piece * step_m + at_m, homes.piece * step_m + homes.along_m)
        found_m = np.full(len(homes_xy_m), np.inf)
        for i in (np.maximum(after - 1, start[homes.piece]), np.minimum(after, start[homes.piece + 1] - 1)):
            rest_m = from_here_m[i] + np.abs(homes.along_m - at_m[i]) + homes.connector_m
            np.minimum.at(found_m, homes.place, rest_m)
        return found_m

    def _positions(self, stations: Joints) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of every piece the metres along it and the vertex of its points and of the stations that join it."""
        self.vertex_of_key: dict[int, int] = {}
        joined = defaultdict(list)
        for number, piece in enumerate(stations.piece):
            joined[piece].append(number)
        for key in (key for piece in (*self.streets.pieces, *self.streets.links) for key in piece):
            self.vertex_of_key.setdefault(key, len(self.vertex_of_key))
        positions = []
        for number, piece in enumerate(self.streets.pieces):
            steps_m = np.hypot(*np.diff(shapely.get_coordinates(self.joiner.shapes[number]), axis=0).T)
            at_m = np.concatenate([[0], np.cumsum(steps_m), stations.along_m[joined[number]]])
            vertices = [self.vertex_of_key[key] for key in piece]
            vertices = np.array([*vertices, *(len(self.vertex_of_key) + joint for joint in joined[number])])
            order = np.argsort(at_m, kind="stable")
            positions.append((at_m[order], vertices[order]))
        return positions

    def _search(self, positions: list[tuple[np.ndarray, np.ndarray]], stations: Joints, n_stations: int) -> np.ndarray:
        """(n_vertices, 3) metres from the nearest station, by how the walk came there."""
        a = np.concatenate([vertices[:-1] for _, vertices in positions])
        b = np.concatenate([vertices[1:] for _, vertices in positions])
        metres = np.concatenate([np.diff(at_m) for at_m, _ in positions])
        is_private = np.repeat(self.streets.is_private, [len(at_m) - 1 for at_m, _ in positions])
        links = np.array([[self.vertex_of_key[end] for end in link] for link in self.streets.links], dtype=int)
        a, b = (np.concatenate([side, links.reshape(-1, 2)[:, i]]) for i, side in enumerate((a, b)))
        metres = np.concatenate([metres, np.zeros(len(links))])
        is_private = np.concatenate([is_private, np.ones(len(links), dtype=bool)])
        a, b, metres, is_private = (
            np.concatenate(both) for both in ((a, b), (b, a), (metres, metres), (is_private, is_private))
        )
        arcs = []
        for came, goes, of_private in (
            (self.BEGUN, self.BEGUN, True),
            (self.PUBLIC, self.ENTERED, True),
            (self.ENTERED, self.ENTERED, True),
            (self.BEGUN, self.PUBLIC, False),
            (self.PUBLIC, self.PUBLIC, False),
        ):
            meant = is_private == of_private
            arcs.append((3 * a[meant] + came, 3 * b[meant] + goes, metres[meant]))
        n = len(self.vertex_of_key) + len(stations.place)
        layer = np.where(np.array(self.streets.is_private)[stations.piece], self.BEGUN, self.PUBLIC)
        joint = 3 * (len(self.vertex_of_key) + np.arange(len(stations.place))) + layer
        arcs.append((3 * n + stations.place, joint, stations.connector_m))
        matrix = _shortest(*(np.concatenate(column) for column in zip(*arcs, strict=True)), 3 * n + n_stations)
        return dijkstra(matrix, indices=3 * n + np.arange(n_stations), min_only=True)[: 3 * n].reshape(-1, 3)


def _shortest(tail: np.ndarray, head: np.ndarray, metres: np.ndarray, n: int) -> csr_array:
    """A matrix of arcs, of parallel ones the shortest: scipy would add them up."""
    order = np.lexsort((metres, head, tail))
    tail, head, metres = tail[order], head[order], metres[order]
    is_first = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    return csr_array((metres[is_first], (tail[is_first], head[is_first])), shape=(n, n))


def people_of(path: Path, layer: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) degrees and (n,) people of population cells."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            rows = [(float(row["lng"]), float(row["lat"]), float(row["POP_2015"])) for row in csv.DictReader(file)]
        cells = np.array(rows)
        return cells[:, :2], cells[:, 2]
    table = pyogrio.read_dataframe(path, layer=layer)
    return shapely.get_coordinates(table.geometry.to_numpy()), table["POP_2015"].to_numpy()


def stations_of(path: Path) -> np.ndarray:
    """(n, 2) degrees of the stations whose kind serves residents."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            rows = [(row["kind"], [float(row["lon"]), float(row["lat"])]) for row in csv.DictReader(file)]
    else:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        rows = [(one["properties"]["kind"], one["geometry"]["coordinates"]) for one in features]
    kinds = tomllib.loads((RULES / "station_kinds.toml").read_text(encoding="utf-8"))["kind"]
    return np.array([lonlat for kind, lonlat in rows if kinds.get(kind, {}).get("serves", "residents") == "residents"])


def figures_of(raw: Raw, people: tuple[np.ndarray, np.ndarray], stations_lonlat: np.ndarray) -> Figures:
    """The figures of one city."""
    tables = Tables()
    streets = Streets(raw, tables)
    homes_xy_m, stations_xy_m = streets.place(people[0]), streets.place(stations_lonlat)
    walk_m = Network(streets, raw, tables).nearest_m(homes_xy_m, stations_xy_m)
    air_m = cKDTree(stations_xy_m).query(homes_xy_m)[0]
    weight = people[1]
    return Figures(
        float(weight.sum()),
        float(weight[walk_m <= WALK_M].sum()),
        float(weight[air_m <= AIR_M].sum()),
        float(weight[np.abs(walk_m - WALK_M) <= 1].sum()),
    )


if __name__ == "__main__":
    data = Path(__file__).parents[3] / "shared" / "data"
    for name in sys.argv[1:] or ("las_palmas", "reykjavik"):
        folder = data / name
        found = figures_of(
            read_pbf(folder / f"{name}.osm.pbf"),
            people_of(folder / f"{name}_pop100m_ghs.csv"),
            stations_of(folder / f"{name}_stations.geojson"),
        )
        print(name, found)
