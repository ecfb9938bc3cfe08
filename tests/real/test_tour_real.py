"""Rounds on the streets of a real city keep their promise."""

from __future__ import annotations

import numpy as np

from geo.compute.reach.pairs import homes_within
from geo.compute.streets.net import stops_of, stops_of_pieces
from geo.compute.streets.ways import net_of
from geo.compute.visits.tour import find_round
from geo.rules.modes import mode, surface
from geo.rules.visits import visit_rule
from geo.units import NONE
from tests.bench.bench_polygons import city
from tests.bench.graphs import FILES
from tests.real_data import needs_real_data

pytestmark = needs_real_data

HORIZON_DS = 36_000


def test_rounds_on_real_streets() -> None:
    case = city(FILES["reykjavik"])
    walker, dry = mode("planning"), surface("dry")
    net = net_of(case.ground, walker, dry)
    dice = np.random.default_rng(5)
    nodes = case.ground.frame.to_xy_m(case.ground.lonlat_of_point)
    for _ in range(2):
        middle = nodes[dice.integers(len(nodes))]
        near = np.flatnonzero(np.hypot(*(nodes - middle).T) < 2000)
        xy_m = nodes[dice.choice(near, min(80, len(near)), replace=False)]
        stops = stops_of(case.ground, net, case.ground.joints(xy_m, 200), walker.ds_per_m_on(dry))
        pieces = stops_of_pieces(stops, len(net.ds_of_side) // 2)
        pairs = homes_within(net, stops, pieces, len(xy_m), HORIZON_DS)
        ds = np.full((len(xy_m), len(xy_m)), NONE, np.int64)
        ds[np.repeat(np.arange(len(xy_m)), np.diff(pairs.start_of_station)), pairs.home_of_pair] = pairs.ds_of_pair
        np.fill_diagonal(ds, 0)
        kept = np.flatnonzero((ds[0] != NONE) & (ds[:, 0] != NONE))
        ds = ds[np.ix_(kept, kept)]
        found = find_round(np.where(ds == NONE, ds[:, :1] + ds[:1], ds), np.where(ds == NONE, HORIZON_DS, ds))
        assert found.ds <= visit_rule().tour.most_ratio * found.least_ds
