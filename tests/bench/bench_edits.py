"""What the planner's page waits for: an edit thought of and an edit made, over HTTP, in a small city and a large one.

The large one has 66,000 units, all communities cut. Times run from sending a request to having read its answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from sqlalchemy import text

from api.plan_answers import edit_told
from api.plan_wishes import CarveWish, MergeWish, MoveWish, PaintWish, SplitWish, Wish
from geo.actions.load_demo import load_demo
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.plan_vertices import vertices_of
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.actions.work.store_cuts import cut_and_store
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.migrate import migrate
from tests.bench.bench_drafts import FINE_GRAPH, HAND, border_units, quarter_buildings, stays_whole
from tests.bench.cities import AT, large_city
from tests.bench.graphs import GENERATED
from tests.bench.http_load import PATIENCE_S, Served, served
from tests.bench.machine import Row, Table, use_cores
from tests.bench.peers_postgis import cluster_url
from tests.databases import create_database

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
SMALL_GRAPH = "demo city"
N_COMMUNITIES, N_OF_KIND, N_QUICK = 4, 5, 1
LIMIT_S = {SMALL_GRAPH: 0.3, FINE_GRAPH: 1.0}
NUDGE, AROUND, ACROSS = 2e-6, 3e-4, 1e-4
"""Degrees: how far a vertex is moved, half the side of what is carved, how far a line goes beyond its grid."""


class Timed(NamedTuple):
    """One edit: what it is, and how long it took to be told of and to be made."""

    kind: str
    dry_s: float
    made_s: float


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    use_cores(2)
    small = Database(create_database(cluster_url(), "edits_test"), size=2)
    migrate(small)
    load_demo(small, BOUNDARIES, AT)
    editing(table, small, SMALL_GRAPH)
    small.close()
    with large_city("edits_large_test") as large:
        quarter_buildings(large)
        editing(table, large, FINE_GRAPH)
    use_cores(1)


def editing(table: Table, db: Database, graph: str) -> None:
    """The largest community and some others: every kind of edit, each tried out, made and taken back."""
    n_units = {cut.community.code: cut.report["units"] for cut in cut_and_store(db, None, AT)}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze"))
    with db.read() as conn:
        codes = sorted((area.code for area in live_areas(conn, "community")), key=lambda code: -n_units[code])
    meant = codes[:1] + codes[1 :: max(len(codes) // N_COMMUNITIES, 1)]
    found, is_same = [], True
    with served(db, "planner") as service:
        page = _Page(service)
        for code in meant[:N_COMMUNITIES]:
            done, as_ours = page.edits(db, code, N_QUICK if table.quick else N_OF_KIND)
            found += done
            is_same &= as_ours
    limit = f"to be under {LIMIT_S[graph]:g} s; {sum(n_units.values())} units, largest community {n_units[meant[0]]}"
    for job, seconds in (
        ("plan: what an edit would do, over HTTP, 99th percentile", [each.dry_s for each in found]),
        ("plan: an edit over HTTP, 99th percentile", [each.made_s for each in found]),
    ):
        p50, p99 = np.percentile(seconds, [50, 99]).tolist()
        note = f"median {1000 * p50:.0f} ms, the first after the start {1000 * seconds[0]:.0f} ms; {limit}"
        table.add(Row(job, graph, "-", p99, equal=is_same, runs=len(seconds), note=note))


class _Page:
    """The requests of the planner's page."""

    def __init__(self, service: Served) -> None:
        self._connection = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
        self._headers = {**service.headers, "Content-Type": "application/json", "Accept-Language": "zh"}

    def edits(self, db: Database, code: str, n: int) -> tuple[list[Timed], bool]:
        """A draft of a community and what is done to it; whether each answer is that of the edit in this process, and
        the draft in the end as it was in the beginning.
        """
        plan, _ = self._ask("POST", "/api/v1/plans", {"community": code, "base_plan_id": None, "note": None})
        path, version = f"/api/v1/plans/{plan['id']}", plan["version"]
        before, _ = self._ask("GET", path)
        found, is_same = [], True
        for wish in wishes(view_plan(db, plan["id"]), n):
            body = wish.model_dump(by_alias=True)
            dry, dry_s = self._ask("POST", f"{path}/edits", {**body, "dry_run": True}, version)
            done = edit_plan(db, plan["id"], version, wish.meant(), HAND, dry_run=True)
            ours = edit_told(db, done, "zh", dry_run=True).model_dump_json(by_alias=True)
            is_same &= _told(dry) == _told(json.loads(ours))
            _, made_s = self._ask("POST", f"{path}/edits", body, version)
            self._ask("POST", f"{path}/edits", {"op": "undo"}, version + 1)
            version += 2
            found.append(Timed(body["op"], dry_s, made_s))
        after, _ = self._ask("GET", path)
        return found, is_same and after["features"] == before["features"]

    def _ask(self, method: str, path: str, body: Any = None, version: int | None = None) -> tuple[Any, float]:
        seen = {} if version is None else {"If-Match": f'"{version}"'}
        begun = time.perf_counter()
        self._connection.request(method, path, body and json.dumps(body), {**self._headers, **seen})
        answer = self._connection.getresponse()
        told = answer.read()
        seconds = time.perf_counter() - begun
        assert answer.status < 300, told
        return json.loads(told), seconds


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """What is told of the edit; whether the city is invented is for those who ask over HTTP."""
    return {key: value for key, value in answer.items() if key != "invented"}


def wishes(view: PlanView, n: int) -> Iterator[Any]:
    """Up to ``n`` edits of each kind that nothing refuses."""
    for some in (_paints(view), _splits(view), _merges(view), _moves(view), _carves(view)):
        fit = (wish for wish in some if stays_whole(view.draft, wish.meant()))
        yield from (wish for wish, _ in zip(fit, range(n), strict=False))


def _paints(view: PlanView) -> Iterator[Wish]:
    for op in border_units(view.draft):
        yield PaintWish(op="paint", units=list(op.units), grid=op.grid)


def _splits(view: PlanView) -> Iterator[Wish]:
    """Across the middle of each grid, from west to east."""
    for grid, shape in zip(view.draft.grids, view.shapes, strict=True):
        west, _, east, _ = shape.bounds
        line = [(west - ACROSS, shape.centroid.y), (east + ACROSS, shape.centroid.y)]
        yield SplitWish(op="split", grid=grid.id, line=line)


def _merges(view: PlanView) -> Iterator[Wish]:
    """Each grid with each one beside it."""
    for i, j in shapely.STRtree(view.shapes).query(view.shapes, predicate="touches").T.tolist():
        if i < j:
            yield MergeWish(op="merge", grids=[view.draft.grids[i].id, view.draft.grids[j].id])


def _moves(view: PlanView) -> Iterator[Wish]:
    """Vertices between grids."""
    for grid in view.draft.grids:
        vertices = [vertex for vertex in vertices_of(view.draft, grid.id) if vertex.is_movable]
        for lon, lat in (vertex.lonlat for vertex in vertices[:1]):
            yield MoveWish(op="move", moves=[{"from": (lon, lat), "to": (lon + NUDGE, lat + NUDGE)}])


def _carves(view: PlanView) -> Iterator[Wish]:
    """A square in the middle of each grid."""
    for shape in view.shapes:
        lon, lat = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
        ring = [(lon + x * AROUND, lat + y * AROUND) for x, y in _CORNERS]
        yield CarveWish(op="carve", polygon=ring, name="专属网格")


_CORNERS: Sequence[tuple[int, int]] = ((-1, -1), (1, -1), (1, 1), (-1, 1))
