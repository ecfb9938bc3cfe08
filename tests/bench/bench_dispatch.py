"""Who can be sent to a case, in a city of 1,000 stations with a million incidents: against pgRouting, and by air."""

from __future__ import annotations

import io
import itertools
import statistics
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text

from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.cover_left import cover_left
from geo.actions.dispatch.helper_cache import HelperCache, Helpers, Near
from geo.actions.dispatch.judge_helpers import judge
from geo.actions.dispatch.rank_helpers import Ranking, RankWish, rank_helpers
from geo.compute.streets.net import Net, Stops, stops_of
from geo.rules.case_catalogue import case_catalogues
from geo.rules.modes import mode, surface
from geo.rules.reach import reach_rule
from geo.store.database import Database
from geo.store.helpers import versions
from geo.units import NONE, FloatArray
from tests.bench import peers_postgis
from tests.bench.cities import GRAPH
from tests.bench.graphs import GENERATED
from tests.bench.http_load import CASE, RANKING, load_of, served, with_streets
from tests.bench.machine import Row, Table, timed, use_cores
from tests.bench.million_cases import million_cases

AT = datetime(2026, 11, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Monday."""

N_ASKED = 20
"""Questions a run; each run asks about cases that were never asked about."""

MOST_RUNS = 12
K, SERVICE = 3, "政务代办"
FIRST, AGAIN = f"nearest {K} who can be sent, first asked", f"nearest {K} who can be sent, asked again"
WISH = RankWish(at=AT, k=K, minutes=60, service=SERVICE)
RATE, SECONDS = 100, 20
"""Requests a second, and for how long."""

CHOSEN = text("select id from incident where stage = 'closed' order by md5(id::text) limit :n")
BY_AIR = text("""
    select id from station where retired_at is null and services @> array[:service]
    order by geom <-> (select geom from incident where id = :case) limit :k
""")
PGROUTING = text("""
    select start_vid, agg_cost from pgr_dijkstraNearCost(
        'select id, source, target, cost from edge', cast(:starts as bigint[]), cast(:case as bigint), true, :k)
    order by agg_cost, start_vid
""")

PLACES = text("""
    select ST_X(geom), ST_Y(geom) from incident
    join unnest(cast(:cases as bigint[])) with ordinality as asked (id, place) using (id) order by place
""")


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db, _ = million_cases(table.quick)
    with db.read() as conn:
        asked = on_streets(db, list(conn.execute(CHOSEN, {"n": 2 * N_ASKED * MOST_RUNS}).scalars()))
    cache = HelperCache(StreetCache(db))
    against_pgrouting(table, db, cache, asked)
    for job, cases in ((FIRST, asked[len(asked) // 2 :]), (AGAIN, asked[:N_ASKED])):
        against_air(table, db, cache, job, cases)
    leaving(table, db, cache)
    over_http(table, db, asked)


def on_streets(db: Database, cases: list[int]) -> list[int]:
    """As many as are asked about, of those near a street: others are answered by air, which is another question."""
    probe = HelperCache(StreetCache(db))
    found = [case for case, one in zip(cases, ranked(db, probe, cases), strict=True) if one.degraded is None]
    return found[: N_ASKED * MOST_RUNS]


def batches(asked: list[int]) -> Iterator[list[int]]:
    """The cases of one run after the other, from the beginning again where there are no more."""
    return itertools.cycle([asked[first : first + N_ASKED] for first in range(0, len(asked), N_ASKED)])


def ranked(db: Database, cache: HelperCache, asked: list[int]) -> list[Ranking]:
    """One question after the other."""
    return [rank_helpers(db, cache, case_catalogues(None), case, WISH) for case in asked]


def against_air(table: Table, db: Database, cache: HelperCache, job: str, asked: list[int]) -> None:
    """The straight-line query that it replaces, through the same pool."""
    ours, theirs = batches(asked), batches(asked)

    def by_air(cases: list[int]) -> list[list[int]]:
        found = []
        for case in cases:
            with db.read() as conn:
                found.append(list(conn.execute(BY_AIR, {"case": case, "service": SERVICE, "k": K}).scalars()))
        return found

    def differ(ours: list[Ranking], theirs: list[list[int]]) -> str:
        counts = [(len(one.helpers), len(other)) for one, other in zip(ours, theirs, strict=True)]
        return "" if set(counts) == {(K, K)} else f"not {K} each"

    table.compare(
        job,
        GRAPH,
        "PostGIS <-> by air",
        lambda: ranked(db, cache, next(ours)),
        lambda: by_air(next(theirs)),
        differ,
        target=0.33,
        note=f"{N_ASKED} questions, one at a time; the peer knows no streets and no hours, and may be 3x quicker",
    )


def against_pgrouting(table: Table, db: Database, cache: HelperCache, asked: list[int]) -> None:
    """The same network, stations that are open and have room given to the peer."""
    peer = "pgr_dijkstraNear"
    if not peers_postgis.has_pgrouting():
        table.absent(FIRST, GRAPH, peer, "pgRouting is not installed")
        return
    with db.read() as conn:
        now = versions(conn)
        helpers = cache.helpers(conn, now)
        lonlat = np.array([list(row) for row in conn.execute(PLACES, {"cases": asked})])
    roads = cache.roads(now, mode(WISH.mode), surface(WISH.surface), None)
    assert roads is not None
    near = cache.near(roads, helpers)
    first_helper, first_case = _store_edges(db, near, helpers, lonlat)
    starts = [first_helper + number for number in _can_be_sent(cache, helpers)]

    number_of_case = {case: first_case + number for number, case in enumerate(asked)}

    def near_of(cases: list[int]) -> list[list[tuple[int, int]]]:
        found = []
        for case in cases:
            values = {"starts": starts, "case": number_of_case[case], "k": K}
            with db.read() as conn:
                rows = conn.execute(PGROUTING, values).all()
            found.append([(round(row.agg_cost), int(row.start_vid) - first_helper) for row in rows])
        return found

    number_of = {(helper.family, helper.id): number for number, helper in enumerate(helpers.all)}

    def differ(ours: list[Ranking], other: list[list[tuple[int, int]]]) -> str:
        """Where times tie at the end of the list the peer takes any."""
        wrong = 0
        for ranking, theirs in zip(ours, other, strict=True):
            mine = [(one.travel_ds, number_of[one.helper.family, one.helper.id]) for one in ranking.helpers]
            last = mine[-1][0] if mine else 0
            same_times = [ds for ds, _ in mine] == [ds for ds, _ in theirs]
            same_nearer = {one for one in mine if one[0] < last} == {one for one in theirs if one[0] < last}
            wrong += not (same_times and same_nearer and ranking.degraded is None)
        return f"{wrong} of {len(ours)} questions differ" if wrong else ""

    note = f"{N_ASKED} questions, one at a time; the peer is told which stations are open and have room"
    for job, cases in ((FIRST, asked[: len(asked) // 2]), (AGAIN, asked[:N_ASKED])):
        ours, theirs = batches(cases), batches(cases)
        table.compare(
            job,
            GRAPH,
            peer,
            lambda ours=ours: ranked(db, cache, next(ours)),
            lambda theirs=theirs: near_of(next(theirs)),
            differ,
            target=50,
            note=note,
        )


def _can_be_sent(cache: HelperCache, helpers: Helpers) -> Iterator[int]:
    offers = helpers.offers(SERVICE)
    for number, helper in enumerate(helpers.all):
        if offers[number] and judge(helper, AT, helpers.busy_of(helper), cache.hours_state).against is None:
            yield number


def _store_edges(db: Database, near: Near, helpers: Helpers, lonlat: FloatArray) -> tuple[int, int]:
    """The network with helpers and cases as vertices of their own; the numbers of the first of each."""
    net, ground = near.roads.net, near.joined.ground
    ds_per_m = near.roads.mode.ds_per_m_on(near.roads.surface)

    def stops(places: FloatArray) -> Stops:
        joints = ground.joints(ground.frame.to_xy_m(places), reach_rule().max_connector_m)
        return stops_of(ground, net, joints, ds_per_m)

    begin, end = stops(helpers.lonlat), stops(lonlat)
    first_helper = len(net.node_of_vertex) + 1
    first_case = first_helper + len(helpers.all)
    tail = np.repeat(np.arange(len(net.node_of_vertex)), np.diff(net.start_of_vertex)) + 1
    rows = list(zip(tail.tolist(), (net.arcs[:, 0] + 1).tolist(), net.arcs[:, 1].tolist(), strict=True))
    rows += [(first_helper + point, vertex + 1, ds) for point, vertex, ds in _leaving(net, begin)]
    rows += [(vertex + 1, first_case + point, ds) for point, vertex, ds in _entering(net, end)]
    rows += [(first_helper + a, first_case + b, ds) for a, b, ds in _along_pieces(net, begin, end)]
    with db.write() as conn:
        conn.execute(text("drop table if exists edge"))
        conn.execute(text("create table edge (id bigint primary key, source bigint, target bigint, cost float8)"))
        lines = (f"{number}\t{source}\t{target}\t{ds}" for number, (source, target, ds) in enumerate(rows))
        conn.connection.cursor().copy_from(io.StringIO("\n".join(lines)), "edge")
        conn.execute(text("analyze edge"))
    return first_helper, first_case


def _joints(stops: Stops) -> Iterator[tuple[int, int, int, list[int]]]:
    """Point, piece, connector and times along the piece."""
    point = np.repeat(np.arange(len(stops.start_of_point) - 1), np.diff(stops.start_of_point)).tolist()
    columns = stops.piece_of_joint.tolist(), stops.connector_ds_of_joint.tolist(), stops.at_ds_of_joint.tolist()
    yield from zip(point, *columns, strict=True)


def _leaving(net: Net, stops: Stops) -> Iterator[tuple[int, int, int]]:
    for point, piece, connector_ds, at_ds in _joints(stops):
        for way in (0, 1):
            side = 2 * piece + way
            if net.ds_of_side[side] != NONE:
                ds = connector_ds + int(net.ds_of_side[side]) - at_ds[way]
                for vertex in net.vertex_of_leave[net.start_of_leave[side] : net.start_of_leave[side + 1]].tolist():
                    yield point, vertex, ds


def _entering(net: Net, stops: Stops) -> Iterator[tuple[int, int, int]]:
    for point, piece, connector_ds, at_ds in _joints(stops):
        for way in (0, 1):
            side = 2 * piece + way
            if net.ds_of_side[side] != NONE:
                for vertex in net.vertex_of_enter[net.start_of_enter[side] : net.start_of_enter[side + 1]].tolist():
                    yield point, vertex, connector_ds + at_ds[way]


def _along_pieces(net: Net, begin: Stops, end: Stops) -> Iterator[tuple[int, int, int]]:
    """Trips that never leave a piece."""
    on_piece: dict[int, list[tuple[int, int, list[int]]]] = {}
    for point, piece, connector_ds, at_ds in _joints(begin):
        on_piece.setdefault(piece, []).append((point, connector_ds, at_ds))
    for point, piece, connector_ds, at_ds in _joints(end):
        for other, other_ds, other_at_ds in on_piece.get(piece, []):
            for way in (0, 1):
                along_ds = at_ds[way] - other_at_ds[way]
                if net.ds_of_side[2 * piece + way] != NONE and along_ds >= 0:
                    yield other, point, connector_ds + along_ds + other_ds


def leaving(table: Table, db: Database, cache: HelperCache) -> None:
    """What is left behind, of all kinds."""
    engine = Engine(db, StreetCache(db))

    def asked() -> None:
        cover_left(db, engine, cache, AT)

    asked()
    seconds = statistics.median(timed(asked) for _ in range(table.runs()))
    table.add(Row("cover left behind, all kinds", GRAPH, "-", seconds, runs=table.runs()))


def over_http(table: Table, db: Database, asked: list[int]) -> None:
    """As many requests a second as a busy city has, on two cores, each timed from when it was due."""
    use_cores(2)
    seconds = 5 if table.quick else SECONDS
    kinds = {
        f"nearest {K} over HTTP, 99th percentile": RANKING,
        f"nearest {K} over HTTP, all closed, 99th percentile": RANKING.replace("T10", "T05"),
        "a case over HTTP, 99th percentile": CASE,
    }
    with served(db) as service:
        with_streets(service, RANKING.format(asked[0]))
        for job, path in kinds.items():
            ms = load_of(service, [path.format(case) for case in asked], RATE, seconds)
            p50, p99 = np.percentile(ms, [50, 99])
            note = f"{RATE} requests/s for {seconds} s on two cores, median {p50:.1f} ms; to be under 25 ms"
            table.add(Row(job, GRAPH, "-", p99 / 1000, runs=len(ms), note=note))
    use_cores(1)
