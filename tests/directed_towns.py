"""Random towns with one-way streets, private ways and forbidden turns, and their trips by brute force.

A trip is a row of sides. It may be made if each leaves the node where the one before arrives, no turn between two is
forbidden, and those that are private stand only at its beginning and at its end. The oracle searches over exactly that:
its states are (side just taken, whether the trip has been public, whether it has been private after that).
"""

from __future__ import annotations

import heapq

import numpy as np

from geo.compute.streets.net import Net, Stops, Turns, build_net
from geo.units import NONE

Joint = tuple[int, tuple[int, int], int]
"""Piece, times from both its ends, connector."""

BEFORE, PUBLIC, AFTER = 0, 1, 2


class DirectedTown:
    """Few nodes, so that parallel pieces, rings, loops and dead ends are frequent; some sides take no time."""

    def __init__(self, seed: int, *, share_private: float = 0.3, n_turns: int = 12, n_pieces: int = 22) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.n_nodes, self.n_pieces = 10, n_pieces
        self.from_node, self.to_node = rng.integers(0, self.n_nodes, (2, n_pieces)).astype(np.int32)
        self.ds_of_side = rng.integers(0, 8, 2 * n_pieces).astype(np.int32)
        self.ds_of_side[rng.random(2 * n_pieces) < 0.2] = NONE
        self.is_private = rng.random(2 * n_pieces) < share_private
        side_in = rng.integers(0, 2 * n_pieces, n_turns)
        via = self.head(side_in)
        self.turns = Turns(
            (side_in // 2).astype(np.int32),
            via.astype(np.int32),
            rng.integers(0, n_pieces, n_turns).astype(np.int32),
            rng.random(n_turns) < 0.3,
        )
        if n_turns:  # mostly turns that can be made
            for i in range(n_turns):
                beside = np.flatnonzero((self.from_node == via[i]) | (self.to_node == via[i]))
                self.turns.to_piece[i] = rng.choice(beside)
        self.forbidden = self._forbidden()

    @property
    def net(self) -> Net:
        return build_net(self.n_nodes, self.from_node, self.to_node, self.ds_of_side, self.is_private, self.turns)

    def head(self, side: np.ndarray | int) -> np.ndarray:
        return np.where(np.asarray(side) % 2 == 0, self.to_node[np.asarray(side) // 2], self.tail_of_back(side))

    def tail_of_back(self, side: np.ndarray | int) -> np.ndarray:
        return self.from_node[np.asarray(side) // 2]

    def ends(self, side: int) -> tuple[int, int]:
        """Nodes that the side leaves and arrives at."""
        a, b = int(self.from_node[side // 2]), int(self.to_node[side // 2])
        return (a, b) if side % 2 == 0 else (b, a)

    def open_sides(self) -> list[int]:
        return [side for side, ds in enumerate(self.ds_of_side.tolist()) if ds != NONE]

    def _forbidden(self) -> set[tuple[int, int]]:
        """Pairs of sides that may not follow each other, turn by turn as the signs say it."""
        open_sides = self.open_sides()
        signs = list(zip(*(values.tolist() for values in self.turns), strict=True))
        forbidden = set()
        for side in open_sides:
            node = self.ends(side)[1]
            mine = [sign for sign in signs if sign[0] == side // 2 and sign[1] == node]
            onward = [other for other in open_sides if self.ends(other)[0] == node]
            ordered = {other for other in onward for sign in mine if sign[3] and sign[2] == other // 2}
            for other in onward:
                is_banned = any(not sign[3] and sign[2] == other // 2 for sign in mine)
                if is_banned or (ordered and other not in ordered):
                    forbidden.add((side, other))
        return forbidden

    def points(self, n: int) -> Stops:
        """Points with up to three joints; some have none."""
        rng = self.rng
        start = np.concatenate([[0], np.cumsum(rng.integers(0, 4, n))]).astype(np.int64)
        piece = rng.integers(0, self.n_pieces, start[-1]).astype(np.int32)
        share = rng.choice([0.0, 0.25, 0.5, 1.0], start[-1])
        ds = self.ds_of_side.reshape(-1, 2)[piece]
        first = np.floor(ds[:, 0] * share).astype(np.int32)
        back = ds[:, 1] - np.floor(ds[:, 1] * share).astype(np.int32)
        return Stops(start, piece, np.stack([first, back], axis=1), rng.integers(0, 4, start[-1]).astype(np.int32))

    def then(self, phase: int, before: int | None, side: int) -> int | None:
        """Phase after taking a side; None where the trip may not take it."""
        if before is not None and (before, side) in self.forbidden:
            return None
        if self.is_private[side]:
            return BEFORE if phase == BEFORE else AFTER
        return None if phase == AFTER else PUBLIC

    def time(self, begin: list[Joint], end: list[Joint]) -> float:  # noqa: C901
        """Of the shortest trip; infinite where there is none."""
        best = np.inf
        waiting: list[tuple[int, int, int]] = []
        for piece, at, connector in begin:
            for side in (2 * piece, 2 * piece + 1):
                if self.ds_of_side[side] == NONE:
                    continue
                phase = BEFORE if self.is_private[side] else PUBLIC
                waiting.append((connector + int(self.ds_of_side[side]) - at[side % 2], side, phase))
                for other, there, other_connector in end:
                    if other == piece and there[side % 2] >= at[side % 2]:
                        best = min(best, connector + there[side % 2] - at[side % 2] + other_connector)
        heapq.heapify(waiting)
        done = set()
        while waiting:
            ds, side, phase = heapq.heappop(waiting)
            if (side, phase) in done:
                continue
            done.add((side, phase))
            for other in self.open_sides():
                later = self.then(phase, side, other) if self.ends(other)[0] == self.ends(side)[1] else None
                if later is None:
                    continue
                heapq.heappush(waiting, (ds + int(self.ds_of_side[other]), other, later))
                for piece, there, connector in end:
                    if piece == other // 2:
                        best = min(best, ds + there[other % 2] + connector)
        return best

    def times(self, begin: Stops, end: Stops) -> np.ndarray:
        """(n begun, n ended)"""
        return np.array([[self.time(a, b) for b in joints_of(end)] for a in joints_of(begin)], dtype=float)


def joints_of(stops: Stops) -> list[list[Joint]]:
    """Of every point."""
    joints = [
        (int(piece), (int(at[0]), int(at[1])), int(connector)) for piece, at, connector in zip(*stops[1:], strict=True)
    ]
    return [joints[a:b] for a, b in zip(stops.start_of_point[:-1], stops.start_of_point[1:], strict=True)]


def one_point(stops: Stops, point: int) -> Stops:
    """The joints of one point alone."""
    own = slice(*stops.start_of_point[point : point + 2])
    n = own.stop - own.start
    return Stops(np.array([0, n], np.int64), *(np.ascontiguousarray(values[own]) for values in stops[1:]))
