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
from geo.compute.network import build_network
from geo.compute.reach import stops_of, walk_of
from geo.compute.survey import Places, Terms, survey
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph, StreetLines, place_keys

PACE_DS_PER_M = 9.0


def warm() -> None:
    """Compile, or load from the cache, all that is compiled."""
    graph = _graph()
    rule = reach_rule()
    ground = ground_of(graph, min_component_m=rule.min_component_m)
    terms = Terms(
        ds_per_m=PACE_DS_PER_M,
        cutoff_ds=9000,
        horizon_ds=rule.horizon_ds,
        max_connector_m=rule.max_connector_m,
        air_circle_m=rule.air_circle_m,
        pen=Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m),
    )
    here = graph.lonlat_of_node[:2]
    survey(ground, [shapely.box(103, 40, 104, 41)], Places(here, np.ones(2), here), terms, lambda _share: None)
    walk = walk_of(ground, PACE_DS_PER_M)
    joints = ground.joints(ground.frame.to_xy_m(here[:1]), rule.max_connector_m)
    stops = stops_of(ground, walk, joints, PACE_DS_PER_M)
    times_to_stations(walk, stops, stops, rule.horizon_ds)


def _graph() -> StreetGraph:
    """A cross of two streets and a wall."""
    lonlat = np.array([[103.18, 40.4], [103.2, 40.4], [103.22, 40.4], [103.2, 40.39], [103.2, 40.4], [103.2, 40.41]])
    nobody = np.zeros(2, dtype=np.bool_)
    network = build_network(
        StreetLines(lonlat, place_keys(lonlat), np.array([0, 3, 6]), [""] * 2, [None] * 2, ~nobody, nobody, nobody)
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
        name_of_piece=network.name_of_piece,
        lonlat_of_barrier_point=np.array([[103.199, 40.399], [103.199, 40.398]]),
        start_of_barrier=np.array([0, 2]),
    )
