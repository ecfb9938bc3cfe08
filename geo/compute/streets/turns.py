"""Turn restrictions: from places of a file to pieces of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.compute.streets.steps import Parted, Places, Steps
from geo.streets import StreetLines
from geo.units import BoolArray, Int32Array, IntArray


@dataclass(frozen=True)
class Bends:
    """Turns as two ends of steps at one place, in the numbers of places after parting."""

    turn_of_bend: IntArray
    """(n,) which turn of the file."""
    via: IntArray
    before: IntArray
    after: IntArray


@dataclass(frozen=True)
class PieceTurns:
    """Turns from piece to piece, in the order of their nodes; equal ones once."""

    from_piece: Int32Array
    via_place: IntArray
    to_piece: Int32Array
    is_only: BoolArray
    is_for_bike: BoolArray
    is_for_car: BoolArray


def bends_of(lines: StreetLines, places: Places, steps: Steps, cut: Parted) -> Bends:
    """The turns both of whose steps are there and meet on one side of whatever stands at their place.

    ``steps`` are the routable ones, each once, before parting; ``cut`` are the same after parting.
    """
    n_places = len(places.lonlat_of_place)
    before, via, after = (
        places.of_keys(keys) for keys in (lines.from_key_of_turn, lines.via_key_of_turn, lines.to_key_of_turn)
    )
    way_in, way_out = _step_between(steps, n_places, via, before), _step_between(steps, n_places, via, after)
    turn = np.flatnonzero((way_in >= 0) & (way_out >= 0))
    via_in, near = _ends(steps, cut, way_in[turn], via[turn])
    via_out, far = _ends(steps, cut, way_out[turn], via[turn])
    meets = via_in == via_out
    return Bends(turn[meets], via_in[meets], near[meets], far[meets])


def turns_of(lines: StreetLines, bends: Bends, end: IntArray, inner: IntArray) -> PieceTurns:
    """The pieces that turns lead from and to.

    ``end`` and ``inner``, (2, n_pieces), are the places at which pieces begin and end, and the places next to those
    along them; every ``via`` must be such an end.
    """
    n = int(max(end.max(initial=0), inner.max(initial=0))) + 1
    key = (end * n + inner).ravel()
    order = np.argsort(key, kind="stable")
    piece_of_end = np.tile(np.arange(end.shape[1]), 2)[order]
    from_piece = piece_of_end[np.searchsorted(key[order], bends.via * n + bends.before)]
    to_piece = piece_of_end[np.searchsorted(key[order], bends.via * n + bends.after)]
    turn = bends.turn_of_bend
    columns = (bends.via, from_piece, to_piece, *_flags(lines, turn))
    rows = np.unique(np.column_stack([np.asarray(column, dtype=np.int64) for column in columns]), axis=0)
    return PieceTurns(
        rows[:, 1].astype(np.int32),
        rows[:, 0],
        rows[:, 2].astype(np.int32),
        rows[:, 3].astype(np.bool_),
        rows[:, 4].astype(np.bool_),
        rows[:, 5].astype(np.bool_),
    )


def _flags(lines: StreetLines, turn: IntArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    return lines.is_only_of_turn[turn], lines.is_for_bike_of_turn[turn], lines.is_for_car_of_turn[turn]


def _step_between(steps: Steps, n_places: int, one: IntArray, other: IntArray) -> IntArray:
    """The step between two places, -1 where there is none. Steps are in the order of their lower and higher places."""
    if not len(steps.from_of_step):
        return np.full(len(one), -1, dtype=np.int64)
    key_of_step = steps.from_of_step * n_places + steps.to_of_step
    key = np.minimum(one, other) * n_places + np.maximum(one, other)
    at = np.minimum(np.searchsorted(key_of_step, key), len(key_of_step) - 1)
    return np.where((key_of_step[at] == key) & (one >= 0) & (other >= 0), at, -1)


def _ends(steps: Steps, cut: Parted, step: IntArray, via: IntArray) -> tuple[IntArray, IntArray]:
    """New numbers of the end of each step that was at ``via``, and of its other end."""
    is_start = steps.from_of_step[step] == via
    start, stop = cut.steps.from_of_step[step], cut.steps.to_of_step[step]
    return np.where(is_start, start, stop), np.where(is_start, stop, start)
