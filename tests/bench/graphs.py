"""Graphs to measure on: undirected, every point of a street a node, whole deciseconds, nodes along a Hilbert curve.

Read with pyosmium and geopandas and cut here, so that no reader of the product is part of what is compared.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geo.compute.hilbert import hilbert_order
from geo.compute.project import Frame
from geo.units import FloatArray, Int32Array, IntArray
from tests.bench.machine import Table
from tests.real_data import FOLDER

DS_PER_M = 9.0
"""The planning walk: 1,000 m in 15 minutes."""

CUTOFF_DS = 9000
N_STATIONS = 1000

FILES = {
    "reykjavik": FOLDER / "reykjavik" / "reykjavik.osm.pbf",
    "wuhan": FOLDER / "wuhan" / "wuhan_8989.parquet",
    "iceland": FOLDER / "iceland" / "iceland_hw.osm.pbf",
}
GENERATED = "generated"
N_GENERATED = 250_000
EXTRACTS = {name: FOLDER / name / f"{name}.osm.pbf" for name in ("las_palmas", "reykjavik")}
"""What is read from the file on the clock."""

NAMES = (*FILES, GENERATED, "las_palmas")

WALKED = {
    *("footway", "pedestrian", "path", "steps", "living_street", "residential", "service", "unclassified", "road"),
    *("tertiary", "tertiary_link", "secondary", "secondary_link", "primary", "primary_link", "track", "trunk"),
    "bridleway",
}
"""Comes within 0.1 % of the node counts that the data's own README gives."""


class Edges(NamedTuple):
    """A graph; each pair of nodes at most once, from the lower to the higher number."""

    name: str
    xy_m: FloatArray
    lonlat: FloatArray
    from_node: Int32Array
    to_node: Int32Array
    ds: Int32Array
    """(n_edges,) 1 or more: scipy and networkx disagree on edges of no length."""

    @property
    def n_nodes(self) -> int:
        return len(self.xy_m)


def graphs(table: Table) -> Iterator[Edges]:
    """The graphs asked for, without those whose file is not here (they are named)."""
    for name in (*FILES, GENERATED):
        if table.wants_graph(name):
            if name in FILES and not FILES[name].exists():
                table.absent("graph", name, "-", "its file is not beside the checkout")
                continue
            yield graph(name)


@cache
def graph(name: str) -> Edges:
    """A graph by its name."""
    if name == GENERATED:
        return generated(N_GENERATED)._replace(name=GENERATED)
    pairs, lonlat = _osm(FILES[name]) if FILES[name].suffix == ".pbf" else _table(FILES[name])
    return edges_of(name, pairs, lonlat)


def random_nodes(edges: Edges, n: int = N_STATIONS) -> Int32Array:
    """Different nodes that a street touches, ascending: where stations stand."""
    connected = np.unique(np.concatenate([edges.from_node, edges.to_node]))
    drawn = np.random.default_rng(2026).choice(connected, n, replace=False)
    return np.sort(drawn).astype(np.int32)


def generated(n_nodes: int) -> Edges:
    """A perturbed chequerboard of 100 m blocks with a third of its streets left out: about 2.85 streets meet a node."""
    rng = np.random.default_rng(n_nodes)
    side = round(np.sqrt(n_nodes))
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    xy_m = np.stack([column.ravel(), row.ravel()], axis=1) * 100 + rng.uniform(-30, 30, (side * side, 2))
    number = np.arange(side * side).reshape(side, side)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    along = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    pairs = np.concatenate([across, along])
    return _numbered(f"generated {side * side:.0e}", pairs[rng.random(len(pairs)) < 0.7125], xy_m, xy_m / 1e5)


def edges_of(name: str, pairs: IntArray, lonlat: FloatArray) -> Edges:
    """The graph of (n, 2) neighbouring places, numbered as ``lonlat`` has them."""
    return _numbered(name, pairs, Frame.of(lonlat).to_xy_m(lonlat), lonlat)


def _numbered(name: str, pairs: IntArray, xy_m: FloatArray, lonlat: FloatArray) -> Edges:
    order = hilbert_order(lonlat)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    pairs = np.sort(rank[pairs], axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    xy_m = xy_m[order]
    length_m = np.hypot(*(xy_m[pairs[:, 0]] - xy_m[pairs[:, 1]]).T)
    ds = np.maximum(np.floor(length_m * DS_PER_M + 0.5), 1)
    from_node, to_node, ds = (np.ascontiguousarray(column, dtype=np.int32) for column in (*pairs.T, ds))
    return Edges(name, xy_m, lonlat[order], from_node, to_node, ds)


def _osm(path: Path) -> tuple[IntArray, FloatArray]:
    """Neighbouring points of the ways people walk; a point the extract lacks cuts its way."""
    import osmium

    refs, lons, lats, runs = array("q"), array("q"), array("q"), array("q")
    file = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    file.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter("highway"))
    n_runs = 0
    for way in file:
        tags = way.tags
        if tags["highway"] not in WALKED or tags.get("access") in ("no", "private") or tags.get("foot") == "no":
            continue
        n_runs += 1
        for node in way.nodes:
            if not node.location.valid():
                n_runs += 1
                continue
            refs.append(node.ref)
            lons.append(node.x)
            lats.append(node.y)
            runs.append(n_runs)
    _, first, place = np.unique(np.array(refs), return_index=True, return_inverse=True)
    lonlat = np.stack([np.array(lons)[first], np.array(lats)[first]], axis=1) / 1e7
    run = np.array(runs)
    is_step = run[:-1] == run[1:]
    return np.stack([place[:-1][is_step], place[1:][is_step]], axis=1), lonlat


def _table(path: Path) -> tuple[IntArray, FloatArray]:
    """Neighbouring points of the lines of a table; places are equal where 1e-7 degree agrees."""
    import geopandas
    import shapely

    lines = geopandas.read_parquet(path).to_crs(4326).geometry.to_numpy()
    points, line = shapely.get_coordinates(lines, return_index=True)
    places, place = np.unique(np.rint(points * 1e7).astype(np.int64), axis=0, return_inverse=True)
    is_step = line[:-1] == line[1:]
    return np.stack([place[:-1][is_step], place[1:][is_step]], axis=1), places / 1e7
