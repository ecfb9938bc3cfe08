"""PostGIS and pgRouting in a private cluster of the product's own kind; started once, on the core that benches use."""

from __future__ import annotations

import atexit
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
from sqlalchemy.engine import make_url

from geo.cluster.private import PrivateCluster
from geo.cluster.programs import newest
from geo.units import FloatArray, Int32Array
from tests.bench.answers import Numbers, Pairs
from tests.bench.graphs import Edges
from tests.conftest import open_folder
from tests.databases import create_database

REACHED = """
from pgr_drivingDistance(
    'select id, source, target, cost from edge', array{nodes}::bigint[], {cutoff_ds}::float8, directed := false)
"""
NEAREST = """
select point.id, piece.id, piece.distance_m from point cross join lateral (
    select piece.id, piece.geom <-> point.geom as distance_m from piece order by piece.geom <-> point.geom limit 1
) as piece where point.id < {n}
"""


class BenchCluster(PrivateCluster):
    """A private cluster in whose databases pgRouting is found where it is installed."""

    def _first_words(self) -> str:
        return super()._first_words() + ("create extension pgrouting\n" if has_pgrouting() else "")


def has_pgrouting() -> bool:
    """Whether the package is installed beside the newest PostgreSQL."""
    share = Path("/usr/share/postgresql") / str(newest().version)
    return (share / "extension" / "pgrouting.control").exists()


@cache
def cluster_url() -> str:
    """Of a cluster that ends with the process."""
    place = open_folder()
    home = place.__enter__()
    atexit.register(place.__exit__, None, None, None)
    cluster = BenchCluster(home, home, durable=False)
    atexit.register(cluster.stop)
    return cluster.start()


@cache
def connection() -> Any:
    """To a database of the cluster; it ends with the process."""
    url = make_url(create_database(cluster_url(), "bench_test")).set(drivername="postgresql")
    conn = psycopg2.connect(url.render_as_string(hide_password=False))
    conn.autocommit = True
    atexit.register(conn.close)
    run("set max_parallel_workers_per_gather = 0", conn)
    run("set jit = off", conn)
    return conn


def run(command: str, conn: Any = None) -> list[tuple[Any, ...]]:
    """One command, and its rows if it has any."""
    with (conn or connection()).cursor() as cursor:
        cursor.execute(command)
        return cursor.fetchall() if cursor.description else []


def versions() -> dict[str, str]:
    found = {
        "postgresql": str(run("show server_version")[0][0]),
        "postgis": str(run("select postgis_lib_version()")[0][0]),
    }
    if has_pgrouting():
        found["pgrouting"] = str(run("select pgr_version()")[0][0])
    return found


def _fill(table: str, columns: Sequence[Numbers | list[str]]) -> None:
    rows = "\n".join("\t".join(map(str, row)) for row in zip(*(list(column) for column in columns), strict=True))
    with connection().cursor() as cursor:
        cursor.copy_from(io.StringIO(rows), table)


def store_edges(edges: Edges) -> None:
    """The graph as pgRouting reads it."""
    run("drop table if exists edge")
    run("create table edge (id bigint primary key, source bigint, target bigint, cost float8)")
    columns = (np.arange(len(edges.ds)), edges.from_node, edges.to_node, edges.ds)
    _fill("edge", [column.tolist() for column in columns])
    run("create index on edge (source)")
    run("create index on edge (target)")
    run("vacuum analyze edge")


def circles(nodes: Int32Array, cutoff_ds: int) -> Pairs:
    """All pairs, brought here."""
    asked = "select from_v, node, agg_cost" + REACHED.format(nodes=nodes.tolist(), cutoff_ds=cutoff_ds)
    source, node, ds = np.array(run(asked)).T
    return Pairs(np.searchsorted(nodes, source), node.astype(int), ds)


def count_circles(nodes: Int32Array, cutoff_ds: int) -> int:
    """The same search, of which only a count leaves the server: its time is not that of a wire."""
    counted: int = run("select count(*)" + REACHED.format(nodes=nodes.tolist(), cutoff_ds=cutoff_ds))[0][0]
    return counted


def store_pieces(lines: list[str], points_xy_m: FloatArray) -> None:
    """Lines as WKT with an index, and points."""
    run("drop table if exists piece; drop table if exists point")
    run(
        "create table piece (id int primary key, geom geometry); create table point (id int primary key, geom geometry)"
    )
    _fill("piece", [list(range(len(lines))), lines])
    _fill("point", [list(range(len(points_xy_m))), [f"POINT({x!r} {y!r})" for x, y in points_xy_m.tolist()]])
    run("create index on piece using gist (geom)")
    run("vacuum analyze piece")
    run("vacuum analyze point")


def nearest_pieces(n: int) -> tuple[Numbers, Numbers]:
    """Piece and metres of the first ``n`` points."""
    rows = np.array(sorted(run(NEAREST.format(n=n))))
    return rows[:, 1].astype(int), rows[:, 2]


def count_nearest_pieces(n: int) -> int:
    counted: int = run(f"select count(*), sum(distance_m) from ({NEAREST.format(n=n)}) as found")[0][0]
    return counted
