"""How sure is a minute? For every home a time that its walk cannot fall below, and one that it cannot exceed.

What the bounds cover
---------------------
- **Rounding.** Every search counts whole deciseconds. One sweep with all times of pieces, parts and connectors
  rounded down and one with all rounded up hold the exact time between them.
- **Where in its cell or house somebody lives.** The walk may begin anywhere within ``spread_m`` of the home's start:
  half the diagonal of a cell, or of a footprint whose entrance is not known.
  A home counts to the compound that its start lies in, and leaves it by the gates that serve its start.
- **Connectors.** The straight connectors of home and station may be walked up to ``detour_factor`` times as long.

What they do not cover: errors of the data (a missing way, a gate that is locked, a wall that is none, a wrong count of
people), ways that are closed for a while, people who are slower or faster than the mode says, and doors of stations
that are drawn in the wrong place.

How
---
Let ``q`` lie within ``r`` of ``p``. Where it joins a piece on a straight segment, it joins at its projection, and
projections onto a segment are firmly non-expansive: if the joint moves by ``a`` along the piece and the connector grows
or shrinks by ``b``, then ``a^2 + b^2 <= r^2`` (Bauschke & Combettes 2011, Convex Analysis and Monotone Operator Theory,
proposition 4.8). So the time changes by at most ``r * hypot(connector's ds_per_m, piece's ds_per_m)``, and the joint
stays within ``r`` along the segment. The lower time is the least over all segments within reach of any ``q``, but for
those that one straight barrier hides from every ``q``. The upper time is the least over pieces that every ``q`` joins:
none is too far from one, no barrier comes near a connector of one. Of such a piece the worst segment counts that may be
the nearest of some ``q``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.kernels import in_parts, kernel
from geo.compute.reach.minutes import times_of_nodes
from geo.compute.segments import Place, SegmentIndex, nearest_on
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops
from geo.compute.streets.sight import CLEAR_M, is_met
from geo.compute.streets.snap import Joints, _near_pieces
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

HOMES_PER_PART = 500

GATE_M = 1.0
"""A barrier nearer than this to a gate is the one that it opens."""


Span = tuple[float, float, float]
"""Metres along a piece: the least, that of the start itself, the greatest."""
Spot = tuple[Place, float, float]
"""A home's start, how far from there the walk may begin, and how far segments are looked at, in metres."""


Walls = tuple[SegmentIndex, SegmentIndex]
"""Barriers, and outlines of compounds with gates."""


class Spots(NamedTuple):
    """Where people live, as far as it is known."""

    xy_m: FloatArray
    """(n_homes, 2) in the frame of the ground."""
    spread_m: FloatArray
    """(n_homes,) how far from there the walk may begin; 0 where it is known."""
    joints: Joints
    """Of these starts: what they join through gates is taken from here."""


class Allowance(NamedTuple):
    """What connectors may be."""

    ds_per_m: float
    detour_factor: float
    max_connector_m: float


class Bounds(NamedTuple):
    """Between what the time of each home lies."""

    low_ds_of_home: Int32Array
    """(n_homes,) NONE where no station can be within the horizon, wherever the walk begins."""
    high_ds_of_home: Int32Array
    """(n_homes,) NONE where it is not certain that a station is within the horizon."""

    def holding(self, ds_of_home: Int32Array) -> Bounds:
        """The same, widened where need be to hold times that were told, which were rounded part by part.

        ``ds_of_home``: (n_homes,) NONE where not reached.
        """
        low, high = self
        is_told = ds_of_home != NONE
        return Bounds(
            np.where(is_told & ((low == NONE) | (low > ds_of_home)), ds_of_home, low),
            np.where((high == NONE) | ~is_told, NONE, np.maximum(high, ds_of_home)),
        )


class _Sides(NamedTuple):
    """What the sweeps found, side by side of the pieces."""

    ds_of_side: FloatArray
    """(2 * n_pieces,) not rounded, in the direction of the search; negative where closed."""
    shape_m_of_piece: FloatArray
    low_ds_of_side: FloatArray
    """(2 * n_pieces,) at the beginning of the side; infinite where not reached."""
    high_ds_of_side: FloatArray
    start_of_piece: IntArray
    """(n_pieces + 1,) offsets into the doors that lie on each piece."""
    along_m_of_door: FloatArray
    connector_m_of_door: FloatArray
    first_segment_of_piece: IntArray


def bounds_of_homes(
    ground: Ground,
    net: Net,
    ds_of_side: FloatArray,
    doors: tuple[Joints, Stops],
    homes: Spots,
    allowed: Allowance,
    horizon_ds: int,
) -> Bounds:
    """Between what the time of each home to its nearest station lies.

    Parameters
    ----------
    ground
        The streets.
    net
        As it is searched, beginning at stations.
    ds_of_side
        (2 * n_pieces,) times along the sides of ``net`` before they were rounded; negative where closed.
    doors
        Of the stations: their joints, and these as times for ``net``.
    homes
        Where people live.
    allowed
        What connectors may be.
    horizon_ds
        Times above this are not searched.
    """
    joints, stops = doors
    is_open: BoolArray = np.asarray((ds_of_side.reshape(-1, 2) >= 0).any(axis=1))
    is_kept = is_open[joints.piece_of_joint]
    share = joints.along_m_of_joint[is_kept] / np.maximum(ground.shape_m_of_piece[stops.piece_of_joint], 1e-9)
    connector_m = joints.distance_m_of_joint[is_kept]
    low = _sweep(net, ds_of_side, (stops, share), connector_m * allowed.ds_per_m, horizon_ds, up=False)
    longest_ds = connector_m * allowed.ds_per_m * allowed.detour_factor
    high = _sweep(net, ds_of_side, (stops, share), longest_ds, horizon_ds, up=True)
    order = np.argsort(stops.piece_of_joint, kind="stable")
    n_of_piece = np.bincount(stops.piece_of_joint, minlength=ground.n_pieces)
    sides = _Sides(
        ds_of_side=ds_of_side,
        shape_m_of_piece=ground.shape_m_of_piece,
        low_ds_of_side=low,
        high_ds_of_side=high,
        start_of_piece=np.concatenate([[0], np.cumsum(n_of_piece)]).astype(np.int64),
        along_m_of_door=joints.along_m_of_joint[is_kept][order],
        connector_m_of_door=connector_m[order],
        first_segment_of_piece=np.searchsorted(
            ground.streets.line_of_segment, np.arange(ground.n_pieces + 1), side="left"
        ).astype(np.int64),
    )

    walls = ground.barriers, ground.gateways.outlines

    def part(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        span = homes.joints.start_of_point[first : last + 1]
        here = Spots(homes.xy_m[first:last], homes.spread_m[first:last], homes.joints._replace(start_of_point=span))
        low, high = _bounds(ground.streets, walls, sides, here, allowed)
        if len(ground.gateways.xy_m_of_gate):
            _through_gates(walls, ground.gateways.xy_m_of_gate, sides, here, allowed, (low, high))
        return low, high

    found = list(in_parts(part, len(homes.xy_m), HOMES_PER_PART))
    lows = np.concatenate([np.zeros(0), *(low for low, _ in found)])
    highs = np.concatenate([np.zeros(0), *(high for _, high in found)])
    return Bounds(_whole(np.floor(lows), horizon_ds), _whole(np.ceil(highs), horizon_ds))


def _whole(ds: FloatArray, horizon_ds: int) -> Int32Array:
    return np.where(ds <= horizon_ds, np.minimum(ds, horizon_ds), NONE).astype(np.int32)


def _sweep(
    net: Net,
    ds_of_side: FloatArray,
    stations: tuple[Stops, FloatArray],
    connector_ds: FloatArray,
    horizon_ds: int,
    *,
    up: bool,
) -> FloatArray:
    """Time at the beginning of every side, all that is added up rounded one way; infinite where not reached."""
    rounded = np.ceil if up else np.floor
    stops, share = stations
    whole = np.where(ds_of_side < 0, NONE, rounded(ds_of_side)).astype(np.int32)
    exact = ds_of_side.reshape(-1, 2)[stops.piece_of_joint]
    rest = np.stack([rounded(exact[:, 0] * (1 - share)), rounded(exact[:, 1] * share)], axis=1)
    at = whole.reshape(-1, 2)[stops.piece_of_joint] - rest.astype(np.int32)
    arcs = np.stack([net.arcs[:, 0], whole[net.side_of_arc]], axis=1)
    ds_of_vertex = times_of_nodes(
        net._replace(arcs=np.ascontiguousarray(arcs), ds_of_side=whole),
        stops._replace(at_ds_of_joint=at, connector_ds_of_joint=rounded(connector_ds).astype(np.int32)),
        horizon_ds,
    )
    return _at_sides(net.start_of_enter, net.vertex_of_enter, ds_of_vertex)


@kernel
def _at_sides(start_of_enter: IntArray, vertex_of_enter: Int32Array, ds_of_vertex: Int32Array) -> FloatArray:
    best = np.full(len(start_of_enter) - 1, np.inf)
    for s in range(len(best)):
        for i in range(start_of_enter[s], start_of_enter[s + 1]):
            ds = ds_of_vertex[vertex_of_enter[i]]
            if ds != NONE and ds < best[s]:
                best[s] = ds
    return best


@kernel
def _bounds(
    streets: SegmentIndex, walls: Walls, sides: _Sides, homes: Spots, allowed: Allowance
) -> tuple[FloatArray, FloatArray]:
    n_pieces = len(sides.shape_m_of_piece)
    best = np.full(n_pieces, np.inf)
    segment, near = np.empty(n_pieces, np.int32), np.empty(n_pieces, np.int32)
    low, high = np.full(len(homes.xy_m), np.inf), np.full(len(homes.xy_m), np.inf)
    for home in range(len(homes.xy_m)):
        p, r = (homes.xy_m[home, 0], homes.xy_m[home, 1]), homes.spread_m[home]
        if not np.isfinite(p[0] + p[1]):
            continue
        n_near = _near_pieces(streets, p, allowed.max_connector_m + r, best, segment, near)
        for k in range(n_near):
            nearest_m = np.sqrt(best[near[k]])
            best[near[k]] = np.inf
            # a segment of the piece that is farther is the nearest one of no place within r of p
            spot = (p, r, min(nearest_m + 2.0 * r, allowed.max_connector_m + r) + CLEAR_M)
            low[home] = _low_of_piece(streets, walls, sides, allowed, near[k], spot, low[home])
            if nearest_m + r <= allowed.max_connector_m:
                high[home] = _high_of_piece(streets, walls, sides, allowed, near[k], spot, high[home])
    return low, high


@kernel
def _low_of_piece(
    streets: SegmentIndex,
    walls: Walls,
    sides: _Sides,
    allowed: Allowance,
    piece: int,
    spot: Spot,
    best_ds: float,
) -> float:
    """The lesser of ``best_ds`` and the least time through a piece."""
    for i in range(sides.first_segment_of_piece[piece], sides.first_segment_of_piece[piece + 1]):
        joint, distance_m = _joint(streets, i, spot)
        if distance_m <= spot[2]:
            ds = _least_ds(sides, allowed, piece, joint, distance_m, spot[1])
            if ds < best_ds and not _is_walled(walls, spot, _places(streets, i, joint), True):
                best_ds = ds
    return best_ds


@kernel
def _high_of_piece(
    streets: SegmentIndex,
    walls: Walls,
    sides: _Sides,
    allowed: Allowance,
    piece: int,
    spot: Spot,
    best_ds: float,
) -> float:
    """The lesser of ``best_ds`` and the greatest time through a piece."""
    first, last = sides.first_segment_of_piece[piece], sides.first_segment_of_piece[piece + 1]
    worst_ds = 0.0
    for i in range(first, last):
        joint, distance_m = _joint(streets, i, spot)
        if distance_m <= spot[2]:
            worst_ds = max(worst_ds, _most_ds(sides, allowed, piece, joint, distance_m, spot[1]))
            if worst_ds >= best_ds:
                return best_ds
    for i in range(first, last):
        joint, distance_m = _joint(streets, i, spot)
        if distance_m <= spot[2] and _is_walled(walls, spot, _places(streets, i, joint), False):
            return best_ds
    return worst_ds


@kernel
def _is_walled(walls: Walls, spot: Spot, joints: tuple[Place, Place, Place], is_hiding: bool) -> bool:
    """Whether a barrier, or the outline of a compound with gates, does what :func:`is_met` asks."""
    barriers, outlines = walls
    return bool(
        is_met(barriers, spot[0], spot[1], joints, is_hiding) or is_met(outlines, spot[0], spot[1], joints, is_hiding)
    )


@kernel
def _through_gates(
    walls: Walls,
    xy_m_of_gate: FloatArray,
    sides: _Sides,
    homes: Spots,
    allowed: Allowance,
    bounds: tuple[FloatArray, FloatArray],
) -> None:
    """Better the bounds, lows and highs, by the connectors through gates: their joints lie where they lie."""
    barriers, outlines = walls
    low, high = bounds
    for home in range(len(homes.xy_m)):
        p, r = (homes.xy_m[home, 0], homes.xy_m[home, 1]), homes.spread_m[home]
        for j in range(homes.joints.start_of_point[home], homes.joints.start_of_point[home + 1]):
            if homes.joints.gate_of_joint[j] == NONE:
                continue
            piece, distance_m = homes.joints.piece_of_joint[j], homes.joints.distance_m_of_joint[j]
            at_m = homes.joints.along_m_of_joint[j]
            low[home] = min(low[home], _least_ds(sides, allowed, piece, (at_m, at_m, at_m), distance_m, r))
            ds = _most_ds(sides, allowed, piece, (at_m, at_m, at_m), distance_m, r)
            if ds >= high[home]:
                continue
            gate = xy_m_of_gate[homes.joints.gate_of_joint[j]]
            away_m = np.hypot(gate[0] - p[0], gate[1] - p[1])
            share = max(away_m - GATE_M, 0.0) / max(away_m, GATE_M)
            before = (p[0] + share * (gate[0] - p[0]), p[1] + share * (gate[1] - p[1]))
            if r == 0.0 or not (
                is_met(outlines, p, r, (p, p, p), False) or is_met(barriers, p, r, (before, before, before), False)
            ):
                high[home] = ds


@kernel
def _joint(streets: SegmentIndex, i: int, spot: Spot) -> tuple[Span, float]:
    """Where on a segment the spot's start and all places around it join, metres along the piece; and how far it is."""
    p, r, _ = spot
    a, b = streets.a_xy_m[i], streets.b_xy_m[i]
    _, _, square, beyond_m = nearest_on(p, (a[0], a[1]), (b[0], b[1]))
    first_m = streets.along_m_of_segment[i]
    last_m = first_m + np.hypot(b[0] - a[0], b[1] - a[1])
    at_m = min(first_m + beyond_m, last_m)
    return (max(first_m, at_m - r), at_m, min(last_m, at_m + r)), np.sqrt(square)


@kernel
def _along(span: Span, shape_m: float, way: int) -> Span:
    """A span in metres from the beginning of a side."""
    if way == 0:
        return span
    return shape_m - span[2], shape_m - span[1], shape_m - span[0]


@kernel
def _least_ds(sides: _Sides, allowed: Allowance, piece: int, joint: Span, distance_m: float, r: float) -> float:
    shape_m = max(sides.shape_m_of_piece[piece], CLEAR_M)
    near_ds, here_ds = allowed.ds_per_m * max(0.0, distance_m - r), allowed.ds_per_m * distance_m
    best_ds = np.inf
    for way in range(2):
        if sides.ds_of_side[2 * piece + way] < 0.0:
            continue
        slope = sides.ds_of_side[2 * piece + way] / shape_m
        slack_ds = r * np.hypot(allowed.ds_per_m, slope)
        first_m, at_m, last_m = _along(joint, shape_m, way)
        walked_ds = max(near_ds + slope * first_m, here_ds + slope * at_m - slack_ds)
        best_ds = min(best_ds, sides.low_ds_of_side[2 * piece + way] + walked_ds)
        for k in range(sides.start_of_piece[piece], sides.start_of_piece[piece + 1]):
            door_m = sides.along_m_of_door[k] if way == 0 else shape_m - sides.along_m_of_door[k]
            if last_m >= door_m:
                walked_ds = near_ds + slope * max(0.0, first_m - door_m)
                if at_m >= door_m:
                    walked_ds = max(walked_ds, here_ds + slope * (at_m - door_m) - slack_ds)
                best_ds = min(best_ds, allowed.ds_per_m * sides.connector_m_of_door[k] + walked_ds)
    return best_ds


@kernel
def _most_ds(sides: _Sides, allowed: Allowance, piece: int, joint: Span, distance_m: float, r: float) -> float:
    shape_m = max(sides.shape_m_of_piece[piece], CLEAR_M)
    ds_per_m = allowed.ds_per_m * allowed.detour_factor
    far_ds, here_ds = ds_per_m * (distance_m + r), ds_per_m * distance_m
    there_ds, back_ds = sides.ds_of_side[2 * piece], sides.ds_of_side[2 * piece + 1]
    best_ds = np.inf
    for way in range(2):
        if sides.ds_of_side[2 * piece + way] < 0.0:
            continue
        slope = sides.ds_of_side[2 * piece + way] / shape_m
        slack_ds = r * np.hypot(ds_per_m, slope)
        first_m, at_m, last_m = _along(joint, shape_m, way)
        walked_ds = min(far_ds + slope * last_m, here_ds + slope * at_m + slack_ds)
        best_ds = min(best_ds, sides.high_ds_of_side[2 * piece + way] + walked_ds)
        for k in range(sides.start_of_piece[piece], sides.start_of_piece[piece + 1]):
            door_m = sides.along_m_of_door[k] if way == 0 else shape_m - sides.along_m_of_door[k]
            if first_m >= door_m:
                walked_ds = min(far_ds + slope * (last_m - door_m), here_ds + slope * (at_m - door_m) + slack_ds)
            elif last_m > door_m and there_ds >= 0.0 and back_ds >= 0.0:
                longest_m = max(last_m - door_m, door_m - first_m)
                walked_ds = far_ds + max(there_ds, back_ds) / shape_m * longest_m
            else:
                continue
            best_ds = min(best_ds, ds_per_m * sides.connector_m_of_door[k] + walked_ds)
    return best_ds


@kernel
def _places(streets: SegmentIndex, i: int, span: Span) -> tuple[Place, Place, Place]:
    """The three positions of a span on a segment."""
    return _place(streets, i, span[0]), _place(streets, i, span[1]), _place(streets, i, span[2])


@kernel
def _place(streets: SegmentIndex, i: int, along_m: float) -> Place:
    a, b = streets.a_xy_m[i], streets.b_xy_m[i]
    length_m = np.hypot(b[0] - a[0], b[1] - a[1])
    share = (along_m - streets.along_m_of_segment[i]) / length_m if length_m > 0.0 else 0.0
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
