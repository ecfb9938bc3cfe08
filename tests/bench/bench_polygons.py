"""Circles as polygons: from what is reached to well-known binary, and from the question to GeoJSON."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from geo.compute.reach.circles import CircleShape, Pen, Sources, draw_circles, outline_of_union
from geo.compute.reach.minutes import Reached, reach_of_stations
from geo.compute.reach.parts import Joined, Memory, Shapes, parts_within
from geo.compute.reach.wire import geometry_geojson
from geo.compute.streets.ground import Ground, ground_of
from geo.compute.streets.net import Net, build_net, no_turns, round_half_up, stops_of
from geo.compute.streets.network import build_network
from geo.files.osm import read_streets
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph
from geo.units import FloatArray
from tests.bench import peers_valhalla
from tests.bench.graphs import CUTOFF_DS, DS_PER_M, FILES
from tests.bench.machine import Row, Table, is_here, median_s

JOB, WIRE_JOB, UNION_JOB = "polygon, reach to WKB", "polygon, question to simplified GeoJSON", "outline of the union"
GRAPH = "reykjavik"
N_STATIONS = 100
LEAST_IOU = 0.98
"""Intersection over union with the exact buffer, on average."""


class Case(NamedTuple):
    """Stations of a real city and what they reach."""

    ground: Ground
    net: Net
    sources: Sources
    reached: Reached
    pen: Pen


def bench(table: Table) -> None:
    if not table.wants_graph(GRAPH) or not FILES[GRAPH].exists():
        return
    case = city(FILES[GRAPH])
    against_shapely(table, case)
    against_valhalla(table, case)
    union(table, case)


def city(path: Path) -> Case:
    """The streets as the product lays them out, and stations at random nodes."""
    network = build_network(read_streets(path).lines)
    told = {name: getattr(network, name) for name in StreetGraph.__dataclass_fields__ if hasattr(network, name)}
    graph = StreetGraph(
        **told,
        network_ids=(0,),
        arrays_hash="",
        network_date=None,
        lonlat_of_barrier_point=np.empty((0, 2)),
        start_of_barrier=np.zeros(1, np.int64),
    )
    rule = reach_rule()
    ground = ground_of(graph, min_component_m=rule.min_component_m)
    ds_of_side = np.repeat(round_half_up(ground.length_m_of_piece * DS_PER_M), 2)
    net = build_net(
        ground.n_nodes,
        ground.from_node_of_piece,
        ground.to_node_of_piece,
        ds_of_side,
        np.zeros(len(ds_of_side), np.bool_),
        no_turns(),
    )
    nodes = np.random.default_rng(2026).choice(np.unique(ground.from_node_of_piece), N_STATIONS, replace=False)
    lonlat = graph.lonlat_of_node[np.sort(nodes)]
    # on the node itself: the peers know no connectors
    stops = stops_of(ground, net, ground.joints(ground.frame.to_xy_m(lonlat), 0.01), DS_PER_M)
    # holes are kept: the exact buffer keeps them
    pen = Pen(rule.pen_m, rule.raster_m, 0.0, rule.simplify_m)
    return Case(ground, net, Sources(lonlat, stops), reach_of_stations(net, stops, CUTOFF_DS), pen)


def circles(case: Case, reached: Reached, pen: Pen) -> list[CircleShape]:
    drawn = draw_circles(case.ground, case.net, reached, case.sources, [CUTOFF_DS], pen, n_threads=1)
    return [circle for (circle,) in drawn]


def reached_lines(case: Case) -> list[np.ndarray]:
    """Of every station the reached parts of pieces as lines of shapely, in metres."""
    ground, stops, reached = case.ground, case.sources.stops, case.reached
    ends = ground.from_node_of_piece, ground.to_node_of_piece
    shapes = Shapes(ground.lonlat_of_point, ground.start_of_piece, ground.length_m_of_piece, *ends, 1.0, 0.0)
    memory = Memory(np.zeros((len(ground.length_m_of_piece), 4), np.int32), np.zeros(ground.n_nodes, np.int32))
    cutoffs = np.array([CUTOFF_DS])
    xy_m = ground.frame.to_xy_m(ground.lonlat_of_point)
    whole = [
        shapely.LineString(xy_m[a:b]) for a, b in zip(ground.start_of_piece, ground.start_of_piece[1:], strict=False)
    ]
    lines = []
    for station in range(N_STATIONS):
        found = slice(reached.begin_of_station[station], reached.end_of_station[station])
        own = slice(*stops.start_of_point[station : station + 2])
        order = np.argsort(stops.piece_of_joint[own])
        at = np.repeat(case.sources.lonlat_of_point[[station]], len(order), axis=0)
        joined = Joined(*(values[own][order] for values in stops[1:]), at, np.ones(len(order), np.bool_))
        there = (reached.vertex[found], reached.ds[found])
        parts = parts_within(case.net, shapes, there, joined, cutoffs, memory)
        memory.of_piece[:] = 0
        told = []
        for piece, (first, last) in zip(parts.piece, parts.share, strict=True):
            told.append(whole[piece] if (first, last) == (0, 1) else _cut(whole[piece], first, last))
        lines.append(np.array(told, dtype=object))
    return lines


def _cut(line: shapely.LineString, first: float, last: float) -> shapely.Geometry:
    return substring(line, first, last, normalized=True)


def against_shapely(table: Table, case: Case) -> None:
    """Both from what is reached: ours from vertices and times, the peer from lines that are ready."""
    lines = reached_lines(case)
    mean_pieces = np.mean([len(here) for here in lines])

    def theirs() -> list[bytes]:
        return [shapely.to_wkb(shapely.union_all(shapely.buffer(here, case.pen.pen_m, quad_segs=2))) for here in lines]

    exact = [shapely.union_all(shapely.buffer(here, case.pen.pen_m, quad_segs=16)) for here in lines]
    for name, pen in (
        ("", case.pen),
        (", all points kept", replace(case.pen, simplify_m=0.0)),
    ):
        iou = ious(case, circles(case, case.reached, pen), exact)
        table.compare(
            JOB + name,
            GRAPH,
            "shapely buffer + union_all",
            lambda pen=pen: [circle.wkb for circle in circles(case, case.reached, pen)],
            theirs,
            lambda *_, iou=iou: "" if np.mean(iou) >= LEAST_IOU else f"mean IoU {np.mean(iou):.3f}",
            target=40,
            note=f"{mean_pieces:.0f} pieces a station; IoU mean {np.mean(iou):.4f}, least {np.min(iou):.4f}",
        )


def ious(case: Case, drawn: list[CircleShape], exact: list[Any]) -> FloatArray:
    """Of every station, intersection over union with the exact buffer."""
    ours = [shapely.transform(circle.shape, case.ground.frame.to_xy_m) for circle in drawn]
    assert all(shape.is_valid and len(shape.geoms) == 1 for shape in ours)
    return np.array(
        [shapely.intersection(a, b).area / shapely.union(a, b).area for a, b in zip(ours, exact, strict=True)]
    )


def against_valhalla(table: Table, case: Case) -> None:
    if not is_here("valhalla"):
        table.absent(WIRE_JOB, GRAPH, "Valhalla isochrone", "pyvalhalla-weekly is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        actor = peers_valhalla.actor(FILES[GRAPH], Path(folder))
        places = case.sources.lonlat_of_point.tolist()

        def ours() -> list[bytes | None]:
            reached = reach_of_stations(case.net, case.sources.stops, CUTOFF_DS, n_threads=1)
            return [geometry_geojson(circle) for circle in circles(case, reached, case.pen)]

        def theirs() -> list[str]:
            return [peers_valhalla.isochrone(actor, place, CUTOFF_DS / 600, 3.6 / (DS_PER_M / 10)) for place in places]

        table.compare(WIRE_JOB, GRAPH, "Valhalla isochrone", ours, theirs, _overlap, target=1)


def _overlap(mine: list[bytes | None], its: list[str]) -> str:
    """Another shape on another graph: what can be asked is that both speak of the same places."""
    shapes = [shapely.from_geojson(text) for text in mine if text]
    theirs = [
        shapely.make_valid(shapely.from_geojson(json.dumps(json.loads(text)["features"][0]["geometry"])))
        for text in its
    ]
    n_apart = sum(not shapely.intersects(a, b) for a, b in zip(shapes, theirs, strict=True))
    return f"{n_apart} circles apart" if n_apart > N_STATIONS // 20 else ""


def union(table: Table, case: Case) -> None:
    """No peer: how long the ground reached from any of the stations takes to draw, at three cutoffs."""
    ds = np.full(len(case.net.node_of_vertex), np.iinfo(np.int32).max, np.int32)
    _, vertex, vertex_ds = case.reached.triples()
    np.minimum.at(ds, vertex, vertex_ds)
    ds[ds > CUTOFF_DS] = -1
    cutoffs = [CUTOFF_DS // 3, CUTOFF_DS * 2 // 3, CUTOFF_DS]
    took_s = median_s(
        lambda: outline_of_union(case.ground, case.net, ds, case.sources, cutoffs, case.pen), table.runs()
    )
    table.add(Row(UNION_JOB, GRAPH, "-", took_s, runs=table.runs(), note="three cutoffs"))
