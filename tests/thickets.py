"""Random streets with few junctions and many bends, and what scipy says of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.compute.streets.net import Net, Stops, build_net, no_turns
from geo.units import NONE

N_STATIONS = 6


class Thicket:
    """Streets that are mostly bends: few hubs, long chains, rings of their own, some of no time, some one way."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        pairs, self.n_nodes = [], 0
        for _ in range(rng.integers(1, 4)):
            hubs = [self.node() for _ in range(rng.integers(1, 5))]
            for _ in range(rng.integers(0, 6)):
                pairs += self.chain(*rng.choice(hubs, 2).tolist(), rng.integers(0, 8))
            for hub in hubs:
                if rng.random() < 0.5:
                    pairs += self.chain(hub, self.node(), rng.integers(0, 8))
        if rng.random() < 0.5:  # a ring and a path that meet nothing
            one = self.node()
            pairs += self.chain(one, one, rng.integers(2, 6))
            pairs += self.chain(self.node(), self.node(), rng.integers(0, 6))
        order = rng.permutation(self.n_nodes)
        self.ends = order[np.array(pairs, dtype=np.int64).reshape(-1, 2)].astype(np.int32)
        self.ds = rng.integers(0 if rng.random() < 0.5 else 1, 40, len(self.ends)).astype(np.int32)
        self.ds_of_side = np.repeat(self.ds, 2)
        if rng.random() < 0.3:
            self.ds_of_side[rng.random(len(self.ds_of_side)) < 0.1] = NONE
        if rng.random() < 0.3:
            slower = rng.random(len(self.ds_of_side)) < 0.1
            self.ds_of_side[slower & (self.ds_of_side != NONE)] += 5

    def node(self) -> int:
        self.n_nodes += 1
        return self.n_nodes - 1

    def chain(self, one: int, other: int, n_inner: int) -> list[tuple[int, int]]:
        stops = [one, *(self.node() for _ in range(n_inner)), other]
        return [(a, b) for a, b in pairwise(stops) if a != b or n_inner]

    @property
    def net(self) -> Net:
        none = np.zeros(len(self.ds_of_side), np.bool_)
        return build_net(self.n_nodes, self.ends[:, 0], self.ends[:, 1], self.ds_of_side, none, no_turns())

    def stations(self) -> Stops:
        """Some stations, each with up to three joints anywhere along pieces."""
        n_of_station = self.rng.integers(0, 4, N_STATIONS)
        piece = self.rng.integers(0, len(self.ends), n_of_station.sum())
        share = self.rng.choice([0.0, 1.0, self.rng.random()], len(piece))
        both_ds = np.maximum(self.ds_of_side.reshape(-1, 2)[piece], 0)
        at_ds = np.floor(both_ds[:, 0] * share)
        at_ds = np.stack([at_ds, np.maximum(both_ds[:, 1] - at_ds, 0)], axis=1).astype(np.int32)
        start = np.concatenate([[0], np.cumsum(n_of_station)]).astype(np.int64)
        return Stops(start, piece.astype(np.int32), at_ds, self.rng.integers(0, 30, len(piece)).astype(np.int32))

    def times(self, stations: Stops) -> np.ndarray:
        """(n_stations, n_nodes) by scipy: every station a node of its own, with arcs to where its joints lead."""
        rows, columns, ds = [], [], []
        for piece, (a, b) in enumerate(self.ends.tolist()):
            for side, tail, head in ((2 * piece, a, b), (2 * piece + 1, b, a)):
                if self.ds_of_side[side] != NONE:
                    rows, columns, ds = [*rows, tail], [*columns, head], [*ds, self.ds_of_side[side]]
        for station in range(N_STATIONS):
            for j in range(*stations.start_of_point[station : station + 2]):
                for way in (0, 1):
                    side = 2 * stations.piece_of_joint[j] + way
                    if self.ds_of_side[side] != NONE:
                        rest = self.ds_of_side[side] - stations.at_ds_of_joint[j, way]
                        rows.append(self.n_nodes + station)
                        columns.append(int(self.ends[side // 2, 1 - way]))
                        ds.append(stations.connector_ds_of_joint[j] + rest)
        n = self.n_nodes + N_STATIONS
        least: dict[tuple[int, int], float] = {}
        for row, column, time in zip(rows, columns, ds, strict=True):
            least[row, column] = min(least.get((row, column), np.inf), float(time))
        # scipy takes an arc of no time for none: all arcs are one 2**-20 longer, which no sum here makes a decisecond
        longer = np.array(list(least.values())) + 2.0**-20
        at = np.array(list(least), dtype=np.int64).reshape(-1, 2).T
        matrix = coo_array((longer, (at[0], at[1])), shape=(n, n)).tocsr()
        found = dijkstra(matrix, indices=np.arange(self.n_nodes, n))[:, : self.n_nodes]
        return np.floor(found)
