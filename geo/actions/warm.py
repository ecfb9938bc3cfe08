"""Compile every kernel into numba's cache, so that no first computation and no first request waits for it.

A town of a few streets goes through everything that is compiled. Where the cache lies is said in
:mod:`geo.compute.kernels`; an image that runs read-only is warmed when it is built.
"""

from __future__ import annotations

import numpy as np
import shapely

from geo.compute.circles import Pen
from geo.compute.ground import ground_of
from geo.compute.nearest import times_to_stations
from geo.compute.net import stops_of
from geo.compute.network import build_network
from geo.compute.paths import shortest_path
from geo.compute.survey import Places, Streets, Terms, survey
from geo.compute.ways import exact_ds_of_sides, net_of
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE, mode, surface
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph, StreetLines, on_foot_only, place_keys


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
        lonlat_of_node=network.lonlat_of_node,
        from_node_of_piece=network.from_node_of_piece,
        to_node_of_piece=network.to_node_of_piece,
        length_m_of_piece=network.length_m_of_piece,
        component_m_of_piece=network.component_m_of_piece,
        lonlat_of_point=network.lonlat_of_point,
        start_of_piece=network.start_of_piece,
        highway_of_piece=network.highway_of_piece,
        name_of_piece=network.name_of_piece,
        access_of_piece=network.access_of_piece,
        is_steps_of_piece=network.is_steps_of_piece,
        max_kmh_of_piece=network.max_kmh_of_piece,
        lonlat_of_barrier_point=np.array([[103.199, 40.399], [103.199, 40.398]]),
        start_of_barrier=np.array([0, 2]),
    )
