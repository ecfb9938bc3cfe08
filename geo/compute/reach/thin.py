"""Fewer points on outlines, without losing what holds for them.

Every crossing may move along its raster edge within a gate: at most by the tolerance, never to the edge's ends, and at
most half way to where another cutoff's outline crosses the same edge. A straight line that passes all gates between
two crossings runs through the same cells as the outline did, so rings stay apart and nested, holes stay holes, and
nothing becomes empty. Where outlines of several cutoffs run together they are thinned together, once: stretches begin
and end where they part.

Source
------
The farthest point in sight through a row of gates: Imai, Iri (1988), Polygonal approximations of a curve, in:
Computational Morphology, 71-86; the gates are ours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.contour import Crossings
from geo.compute.reach.raster import Lattice
from geo.units import NONE, BoolArray, Int32Array


class Gates(NamedTuple):
    """What may be done to the crossings of one outline."""

    inner: Int32Array
    """(n,) how far towards the inside the outline may pass, along the edge, as ``place``."""
    outer: Int32Array
    is_fixed: BoolArray
    """Crossings that stay."""


@kernel
def gates_of(crossings: Crossings, n: int, lattice: Lattice, tolerance: tuple[int, int]) -> Gates:
    """Gates of an outline that knows of no other; the tolerance is in millionths of a degree, along lon and lat."""
    inner, outer = np.empty(n, np.int32), np.empty(n, np.int32)
    for i in range(n):
        is_upright = crossings.is_upright[i]
        step = lattice.step_lat if is_upright else lattice.step_lon
        far = tolerance[1] if is_upright else tolerance[0]
        at = crossings.place[i, 1] if is_upright else crossings.place[i, 0]
        end = at // step * step
        low, high = max(at - far, end + 1), min(at + far, end + step - 1)
        inner[i], outer[i] = (low, high) if crossings.is_low_inside[i] else (high, low)
    return Gates(inner, outer, np.zeros(n, np.bool_))


@kernel
def _at(crossings: Crossings, i: int) -> int:
    """Where along its edge a crossing lies."""
    return int(crossings.place[i, 1 if crossings.is_upright[i] else 0])


@kernel
def _narrow(crossings: Crossings, gates: Gates, i: int, at: int, other: int) -> None:
    """Let a crossing at ``at`` go at most half way to another outline at ``other``; the lower keeps the middle."""
    middle = (at + other) // 2
    if at == other:
        return
    is_inner = (at < other) != crossings.is_low_inside[i]
    limit = middle if at < other else middle + 1
    bound = gates.inner if is_inner else gates.outer
    if at < other:
        bound[i] = min(bound[i], limit)
    else:
        bound[i] = max(bound[i], limit)


@kernel
def part_outlines(
    a: Crossings, b: Crossings, sizes: tuple[int, int], gates: tuple[Gates, Gates], same: tuple[Int32Array, Int32Array]
) -> None:
    """Narrow the gates of two outlines of one raster between them, and note which crossings they share.

    ``same`` becomes, of each outline, the index of the same crossing in the other, or NONE.
    """
    i = k = 0
    while i < sizes[0] and k < sizes[1]:
        if a.edge[i] < b.edge[k]:
            i += 1
        elif a.edge[i] > b.edge[k]:
            k += 1
        else:
            at, other = _at(a, i), _at(b, k)
            if at == other:
                same[0][i], same[1][k] = k, i
            _narrow(a, gates[0], i, at, other)
            _narrow(b, gates[1], k, other, at)
            i += 1
            k += 1


@kernel
def fix_partings(
    a: Crossings, b: Crossings, n: int, gates: tuple[Gates, Gates], same: tuple[Int32Array, Int32Array]
) -> None:
    """Fix the crossings at which two outlines begin or cease to run together."""
    for i in range(n):
        j = a.follow[i]
        k, after = same[0][i], same[0][j]
        if NONE not in (k, after) and b.follow[k] == after:
            continue
        if k != NONE:
            gates[0].is_fixed[i] = gates[1].is_fixed[k] = True
        if after != NONE:
            gates[0].is_fixed[j] = gates[1].is_fixed[after] = True


@kernel
def _left_of(ax: np.int64, ay: np.int64, bx: np.int64, by: np.int64) -> np.int64:
    """Above 0 where b lies to the left of a."""
    return ax * by - ay * bx


@kernel
def _farthest(crossings: Crossings, gates: Gates, begin: int, end: int) -> int:
    """The farthest crossing up to ``end`` that a straight line from ``begin`` reaches through all gates between."""
    place = crossings.place
    x, y = place[begin, 0], place[begin, 1]
    rx = ry = lx = ly = np.int64(0)
    i = best = int(crossings.follow[begin])
    is_first = True
    while True:
        dx, dy = np.int64(place[i, 0] - x), np.int64(place[i, 1] - y)
        if is_first or (_left_of(rx, ry, dx, dy) >= 0 and _left_of(dx, dy, lx, ly) >= 0):
            best = i
        if i == end or gates.is_fixed[i]:
            return best
        inner_x = outer_x = dx
        inner_y = outer_y = dy
        if crossings.is_upright[i]:
            inner_y, outer_y = np.int64(gates.inner[i] - y), np.int64(gates.outer[i] - y)
        else:
            inner_x, outer_x = np.int64(gates.inner[i] - x), np.int64(gates.outer[i] - x)
        if _left_of(outer_x, outer_y, inner_x, inner_y) <= 0:
            return best
        if is_first or _left_of(rx, ry, outer_x, outer_y) > 0:
            rx, ry = outer_x, outer_y
        if is_first or _left_of(inner_x, inner_y, lx, ly) > 0:
            lx, ly = inner_x, inner_y
        if _left_of(rx, ry, lx, ly) <= 0:
            return best
        is_first = False
        i = int(crossings.follow[i])


@kernel
def thin_ring(crossings: Crossings, gates: Gates, first: int, kept: Int32Array) -> int:
    """Choose the crossings of a ring that stay; how many, written to ``kept``, beginning anywhere on the ring.

    A ring without fixed crossings begins at its first one, so that equal rings of two outlines stay equal.
    """
    begin = first
    while not gates.is_fixed[begin]:
        begin = crossings.follow[begin]
        if begin == first:
            break
    n, i = 0, begin
    while True:
        kept[n] = i
        n += 1
        i = _farthest(crossings, gates, i, begin)
        if i == begin:
            return n
