"""Rounds: in which order to call at some places so that little time goes on the way, and how much better any could be.

A round begins and ends at place 0. Times may differ by direction. It is begun by going to the nearest place left, then
mended until neither turning a stretch round nor moving one of up to three places elsewhere saves time (2-opt, Or-opt),
then shaken and mended again a set number of times, keeping what is shorter.

No round can be shorter than the bound: a spanning tree with one circle through place 0 is no longer than the shortest
round, whatever is added to the ways at each place and taken off again (Held and Karp); with directions, each way counts
as long as its shorter direction. The best choice of a way on from every place is a bound as well.

Source
------
Held and Karp (1971), Math. Programming 1, 6-25; Or (1976), thesis, Northwestern University; Croes (1958), Oper. Res. 6;
Martin, Otto and Felten (1991), Complex Systems 5, 299-326 (the shake).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.units import FloatArray, Int32Array, IntArray

SHAKES_PER_PLACE = 8
STEPS = 400
"""Of the bound's ascent."""
FEW = 8
"""Fewer places than this cannot be shaken."""
LONGEST_MOVED = 3


class Round(NamedTuple):
    """A round and its bound."""

    order: Int32Array
    """(n,) places, 0 first."""
    ds: int
    least_ds: int
    """No round is shorter."""


def find_round(ds: IntArray, least_ds: IntArray | None = None) -> Round:
    """A short round past all places and a lower bound of every round.

    Parameters
    ----------
    ds
        (n, n) whole deciseconds from each place to each; n at least 1.
    least_ds
        (n, n) what the ways take at least, where ``ds`` may be too long; None: ``ds`` itself.

    Examples
    --------
    >>> corners = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
    >>> ds = 10 * np.abs(corners[:, None] - corners).sum(axis=2)
    >>> found = find_round(ds)
    >>> found.ds, found.least_ds
    (40, 40)
    """
    n = len(ds)
    order = _mended_round(ds.astype(np.int64), SHAKES_PER_PLACE * n)
    total = int(_length(ds.astype(np.int64), order))
    bound_of = ds if least_ds is None else least_ds
    least = lower_bound(bound_of.astype(np.int64), total)
    return Round(order, total, min(least, total))


def lower_bound(ds: IntArray, total_ds: int) -> int:
    """What no round is shorter than.

    Parameters
    ----------
    ds
        (n, n) deciseconds, not below 0.
    total_ds
        Of some round.
    """
    n = len(ds)
    if n == 1:
        return 0
    if n == 2:
        return int(ds[0, 1] + ds[1, 0])
    shorter = np.minimum(ds, ds.T).astype(np.float64)
    tree = _ascent(shorter, float(total_ds), STEPS)
    apart = ds + np.where(np.eye(n, dtype=np.bool_), np.int64(1) << 40, 0)
    leave = apart.min(axis=1)
    enter = (apart - leave[:, None]).min(axis=0)
    # every round is a whole number: a bound just below one is that number
    return max(int(np.ceil(tree - 1e-6)), int(leave.sum() + enter.sum()))


@kernel
def _length(ds: IntArray, order: Int32Array) -> int:
    total = 0
    for i in range(len(order)):
        total += ds[order[i], order[(i + 1) % len(order)]]
    return total


@kernel
def _mended_round(ds: IntArray, n_shakes: int) -> Int32Array:
    """(n,) the round."""
    best = _nearest_first(ds)
    _mend(ds, best)
    best_ds = _length(ds, best)
    n = len(ds)
    if n < FEW:
        return best
    state = np.uint64(88_172_645_463_325_252)  # any number but 0: the same shakes whenever it is asked
    for _ in range(n_shakes):
        cut = np.empty(3, np.int64)
        for i in range(3):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            cut[i] = 1 + np.int64(state % np.uint64(n - 1))
        cut.sort()
        one, two, three = cut
        trial = np.concatenate((best[:one], best[two:three], best[one:two], best[three:]))
        _mend(ds, trial)
        trial_ds = _length(ds, trial)
        if trial_ds < best_ds:
            best, best_ds = trial, trial_ds
    return best


@kernel
def _nearest_first(ds: IntArray) -> Int32Array:
    n = len(ds)
    order = np.zeros(n, np.int32)
    is_left = np.ones(n, np.bool_)
    is_left[0] = False
    for i in range(1, n):
        here, best = order[i - 1], -1
        for to in range(n):
            if is_left[to] and (best < 0 or ds[here, to] < ds[here, best]):
                best = to
        order[i] = best
        is_left[best] = False
    return order


@kernel
def _mend(ds: IntArray, order: Int32Array) -> None:
    """Improve a round in place until no turn and no move saves time. Place 0 stays first."""
    is_better = True
    while is_better:
        is_better = _turn_one(ds, order) or _move_one(ds, order)


@kernel
def _turn_one(ds: IntArray, order: Int32Array) -> bool:
    """Turn round every stretch that saves time by it; whether any did."""
    n, any_better = len(order), False
    for i in range(1, n - 1):
        before = order[i - 1]
        # what the stretch takes forwards and backwards, counted on as it grows
        forth = back = np.int64(0)
        for j in range(i + 1, n):
            forth += ds[order[j - 1], order[j]]
            back += ds[order[j], order[j - 1]]
            after = order[(j + 1) % n]
            old = ds[before, order[i]] + forth + ds[order[j], after]
            new = ds[before, order[j]] + back + ds[order[i], after]
            if new < old:
                order[i : j + 1] = order[i : j + 1][::-1].copy()
                forth, back = back, forth
                any_better = True
    return any_better


@kernel
def _move_one(ds: IntArray, order: Int32Array) -> bool:  # noqa: C901 - one loop nest
    """Move a stretch of a few places, either way round, to where it saves most; whether any did."""
    n, any_better = len(order), False
    for length in range(1, LONGEST_MOVED + 1):
        for i in range(1, n - length + 1):
            first, last = order[i], order[i + length - 1]
            before, after = order[i - 1], order[(i + length) % n]
            forth = back = np.int64(0)
            for k in range(i, i + length - 1):
                forth += ds[order[k], order[k + 1]]
                back += ds[order[k + 1], order[k]]
            gone = ds[before, first] + forth + ds[last, after] - ds[before, after]
            best, best_at, is_turned = np.int64(0), -1, False
            for j in range(n):
                if i - 1 <= j < i + length:
                    continue
                here, there = order[j], order[(j + 1) % n]
                gap = ds[here, there]
                straight = ds[here, first] + forth + ds[last, there] - gap - gone
                turned = ds[here, last] + back + ds[first, there] - gap - gone
                if straight < best:
                    best, best_at, is_turned = straight, j, False
                if turned < best:
                    best, best_at, is_turned = turned, j, True
            if best_at >= 0:
                moved = order[i : i + length].copy()
                if is_turned:
                    moved = moved[::-1].copy()
                if best_at < i:
                    order[best_at + 1 + length : i + length] = order[best_at + 1 : i].copy()
                    order[best_at + 1 : best_at + 1 + length] = moved
                else:
                    order[i : best_at + 1 - length] = order[i + length : best_at + 1].copy()
                    order[best_at + 1 - length : best_at + 1] = moved
                any_better = True
    return any_better


@kernel
def _ascent(ds: FloatArray, total: float, n_steps: int) -> float:
    """The longest of some one-trees of a symmetric matrix, each place's ways made longer or shorter step by step."""
    n = len(ds)
    added, degree_before = np.zeros(n), np.full(n, 2)
    best, share = 0.0, 2.0
    since_better = 0
    for _ in range(n_steps):
        length, degree = _one_tree(ds, added)
        length -= 2 * added.sum()
        if length > best:
            best, since_better = length, 0
        else:
            since_better += 1
        off = ((degree - 2) ** 2).sum()
        if off == 0 or share < 1e-4:
            break
        if since_better >= 12:
            share, since_better = share / 2, 0
        step = share * max(total - length, 0.01 * total) / off
        added += step * (0.7 * (degree - 2) + 0.3 * (degree_before - 2))
        degree_before = degree
    return best


@kernel
def _one_tree(ds: FloatArray, added: FloatArray) -> tuple[float, IntArray]:
    """The shortest tree over all places but 0 and the two shortest ways from 0: its length, and ways at each place."""
    n = len(ds)
    degree = np.zeros(n, np.int64)
    near, via = np.full(n, np.inf), np.full(n, 1)
    is_in = np.zeros(n, np.bool_)
    is_in[0] = True
    place, length = 1, 0.0
    is_in[1] = True
    for _ in range(n - 2):
        to = -1
        for k in range(1, n):
            if is_in[k]:
                continue
            way = ds[place, k] + added[place] + added[k]
            if way < near[k]:
                near[k], via[k] = way, place
            if to < 0 or near[k] < near[to]:
                to = k
        is_in[to] = True
        length += near[to]
        degree[to] += 1
        degree[via[to]] += 1
        place = to
    one = two = -1
    for k in range(1, n):
        way = ds[0, k] + added[0] + added[k]
        if one < 0 or way < ds[0, one] + added[0] + added[one]:
            one, two = k, one
        elif two < 0 or way < ds[0, two] + added[0] + added[two]:
            two = k
    for k in (one, two):
        length += ds[0, k] + added[0] + added[k]
        degree[0] += 1
        degree[k] += 1
    return length, degree
