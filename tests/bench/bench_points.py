"""100,000 points to the nearest exact street piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo.compute.segments import SegmentIndex, index_lines
from geo.compute.streets.nearest_piece import NearestPiece, nearest_piece
from geo.units import FloatArray
from tests.bench import peers_postgis
from tests.bench.answers import Numbers
from tests.bench.graphs import Edges, graphs
from tests.bench.machine import Row, Table, median_s

JOB = "100,000 points to nearest piece"
N_POINTS, N_FOR_POSTGIS = 100_000, 20_000
WITHIN_M = 200.0
"""How far from a street points lie at most, as homes do."""

SAME_M = 1e-6
"""Distances may differ by this: each side rounds its own way, and PostGIS reads its lines from text."""


def bench(table: Table) -> None:
    for edges in graphs(table):
        points_xy_m = points_near(edges)
        index = index_of(edges)
        index_s = median_s(lambda edges=edges: index_of(edges), table.runs())
        note = f"{len(edges.ds)} pieces indexed"
        table.add(Row("index of pieces", edges.name, "-", index_s, runs=table.runs(), note=note))
        against_shapely(table, edges, index, points_xy_m)
        against_postgis(table, edges, index, points_xy_m)


def points_near(edges: Edges) -> FloatArray:
    """Points around random nodes, in no order."""
    rng = np.random.default_rng(2026)
    around = edges.xy_m[rng.integers(0, edges.n_nodes, N_POINTS)]
    return np.asarray(around + rng.uniform(-WITHIN_M, WITHIN_M, (N_POINTS, 2)) / np.sqrt(2))


def index_of(edges: Edges) -> SegmentIndex:
    """Every edge a piece of one segment."""
    xy_m = edges.xy_m[np.stack([edges.from_node, edges.to_node], axis=1)].reshape(-1, 2)
    return index_lines(xy_m, np.arange(0, len(xy_m) + 1, 2))


def lines_of(edges: Edges) -> Numbers:
    """The edges as lines of shapely."""
    return np.asarray(shapely.linestrings(edges.xy_m[np.stack([edges.from_node, edges.to_node], axis=1)]))


def against_shapely(table: Table, edges: Edges, index: SegmentIndex, points_xy_m: FloatArray) -> None:
    """Both with their index ready; shapely with its points ready too."""
    lines = lines_of(edges)
    tree, points = shapely.STRtree(lines), shapely.points(points_xy_m)

    def differ(mine: NearestPiece, theirs: Any) -> str:
        (point, piece), distance_m = theirs
        return different(mine, point, piece, distance_m)

    table.compare(
        JOB,
        edges.name,
        "shapely STRtree",
        lambda: nearest_piece(index, points_xy_m, n_threads=1),
        lambda: tree.query_nearest(points, all_matches=True, return_distance=True),
        differ,
        target=25,
    )


def against_postgis(table: Table, edges: Edges, index: SegmentIndex, points_xy_m: FloatArray) -> None:
    """A lateral join by index, of which only a count and a sum leave the server."""
    table.versions |= peers_postgis.versions()
    peers_postgis.store_pieces(shapely.to_wkt(lines_of(edges), rounding_precision=-1).tolist(), points_xy_m)
    some = NearestPiece(*(column[:N_FOR_POSTGIS] for column in nearest_piece(index, points_xy_m, n_threads=1)))

    def differ(_mine: NearestPiece, _theirs: Any) -> str:
        _piece, distance_m = peers_postgis.nearest_pieces(N_FOR_POSTGIS)
        far = np.abs(some.distance_m - distance_m) > SAME_M
        return f"{int(far.sum())} of {len(far)} distances differ" if far.any() else ""

    table.compare(
        JOB,
        edges.name,
        "PostGIS <->",
        lambda: nearest_piece(index, points_xy_m, n_threads=1),
        lambda: peers_postgis.count_nearest_pieces(N_FOR_POSTGIS),
        differ,
        target=130,
        share=N_FOR_POSTGIS / N_POINTS,
        runs=3,
        note="peer's time without the wire",
    )


def different(mine: NearestPiece, point: Numbers, piece: Numbers, distance_m: Numbers) -> str:
    """Distances to a micrometre; the piece must be one of those that the peer finds equally near."""
    least_m = np.full(len(mine.piece), np.inf)
    np.minimum.at(least_m, point, distance_m)
    far = int((np.abs(mine.distance_m - least_m) > SAME_M).sum())
    if far:
        return f"{far} of {len(least_m)} distances differ"
    is_same = np.zeros(len(mine.piece), np.bool_)
    is_same[point[mine.piece[point] == piece]] = True
    # Equally near by our rounding, but not by theirs: the piece must then lie within the same micrometre.
    unknown = np.flatnonzero(~is_same)
    return f"{len(unknown)} of {len(least_m)} pieces differ" if len(unknown) > len(least_m) // 1000 else ""
