"""Compile every kernel into numba's cache, so that no first computation and no first request waits for it.

A town of a few streets goes through everything that is compiled. Where the cache lies is said in
:mod:`geo.compute.kernels`; an image that runs read-only is warmed when it is built.
"""

from __future__ import annotations

import numpy as np
import shapely

from geo.actions.warm_plans import warm_plans
from geo.actions.warm_questions import warm_questions
from geo.compute.reach.circles import Pen
from geo.compute.reach.nearest import times_to_stations
from geo.compute.reach.paths import shortest_path
from geo.compute.reach.survey import Places, Streets, Terms, survey
from geo.compute.streets.ground import ground_of
from geo.compute.streets.joined import graph_parts
from geo.compute.streets.net import stops_of
from geo.compute.streets.network import build_network
from geo.compute.streets.osm_blocks import block_of
from geo.compute.streets.osm_nodes import nodes_of
from geo.compute.streets.osm_places import rows_of, runs_of
from geo.compute.streets.osm_tags import Wanted
from geo.compute.streets.osm_ways import relations_of, ways_of
from geo.compute.streets.ways import exact_ds_of_sides, net_of
from geo.compute.visits.tour import find_round
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE, mode, surface
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph, StreetLines, on_foot_only, place_keys

EMPTY_BLOCK = b"\x0a\x00"
"""A table of no texts, and no groups."""


def warm() -> None:
    """Compile, or load from the cache, all that is compiled."""
    graph = _graph()
    rule, walker, ground_state = reach_rule(), mode(DEFAULT_MODE), surface(DEFAULT_SURFACE)
    ground = ground_of(graph, min_component_m=rule.min_component_m)
    ds_per_m = walker.ds_per_m_on(ground_state)
    terms = Terms(
        ds_per_m=ds_per_m,
        cutoff_ds=9000,
        horizon_ds=rule.horizon_ds,
        max_connector_m=rule.max_connector_m,
        detour_factor=1.4,
        air_circle_m=rule.air_circle_m,
        pen=Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m),
    )
    here, every = graph.lonlat_of_node[:2], np.ones((1, 2), dtype=np.bool_)
    net = net_of(ground, walker, ground_state)
    exact_ds = exact_ds_of_sides(ground, walker, ground_state)
    streets = Streets(ground, net, exact_ds, [shapely.box(103, 40, 104, 41)])
    survey(streets, Places(here, np.array([0.0, 50.0]), np.ones(2), here, every, every), terms, lambda _share: None)
    joints = ground.joints(ground.frame.to_xy_m(here[:1]), rule.max_connector_m)
    stops = stops_of(ground, net, joints, ds_per_m)
    times_to_stations(net, stops, stops, rule.horizon_ds)
    shortest_path(net, stops, stops, rule.horizon_ds)
    warm_questions(graph)
    warm_the_rest()


def warm_the_rest() -> None:
    """What shares no kernel with streets and their questions: a second process can compile it at the same time."""
    find_round(np.arange(81, dtype=np.int64).reshape(9, 9))
    warm_plans()
    _read_extract()


def _read_extract() -> None:
    """A block of an extract with nothing in it, through all readers."""
    data, nothing = np.frombuffer(EMPTY_BLOCK, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    block, wanted = block_of(data), Wanted(nothing, np.zeros(1, dtype=np.bool_))
    assert block is not None
    for read in (nodes_of, ways_of, relations_of):
        read(data, block, wanted)
    runs_of(nothing, rows_of(nothing, nothing))


def _graph() -> StreetGraph:
    """A cross of two streets and a wall."""
    lonlat = np.array([[103.18, 40.4], [103.2, 40.4], [103.22, 40.4], [103.2, 40.39], [103.2, 40.4], [103.2, 40.41]])
    nobody = np.zeros(2, dtype=np.bool_)
    network = build_network(
        StreetLines(
            lonlat_of_point=lonlat,
            key_of_point=place_keys(lonlat),
            start_of_line=np.array([0, 3, 6]),
            highway_of_line=[""] * 2,
            name_of_line=[None] * 2,
            access_of_line=on_foot_only(~nobody),
            is_bridge_of_line=nobody,
            is_tunnel_of_line=nobody,
            is_steps_of_line=nobody,
            max_kmh_of_line=np.zeros(2, dtype=np.float32),
        )
    )
    return StreetGraph(
        network_ids=(0,),
        arrays_hash="",
        network_date=None,
        **graph_parts(network),
        lonlat_of_barrier_point=np.array([[103.199, 40.399], [103.199, 40.398]]),
        start_of_barrier=np.array([0, 2]),
    )
