"""Where the gates of a compound are known, the walk starts at a gate.

The outline of a compound that has a known gate closes connectors as a wall does. Whoever lives inside goes straight to
a gate, and from there straight to the streets around it, as if standing in the gate; pieces inside the compound are
joined directly, as everywhere. A gate in a wall that is no compound's outline lets through whoever is near it. A gate
serves only pieces that are not joined directly, so it never shortens a connector that was open before.

The connector through a gate is as long as both its parts together, and is rounded once. The straight way to the gate
may leave a compound of hollow shape: it is the least that can be walked. The first gate that becomes known closes the
outline; every further one adds connectors and takes none away.

Source
------
Where a walk starts: the 15-minute circle begins at the gate of the compound in DB4106/T 91-2022 (Hebi).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.kernels import kernel
from geo.compute.segments import SegmentIndex, index_lines
from geo.compute.streets.snap import Joints, closed_beyond, find_joints
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray

AT_GATE_M = 5.0
"""The opening of a gate: what a connector meets this near to it stands open. Gates are drawn a drive off the line."""

ON_OUTLINE_M = 0.5
"""This near to an outline one stands on both its sides, as a door in the outline itself does."""


class Gateways(NamedTuple):
    """Gates, and the outlines of the compounds that have one, in metres."""

    xy_m_of_gate: FloatArray
    outline_of_gate: Int32Array
    """(n_gates,) NONE where it is in a wall only."""
    xy_m_of_outline_point: FloatArray
    start_of_outline: IntArray
    """(n_outlines + 1,) offsets into the points; every outline is a closed ring."""
    outlines: SegmentIndex


class Compounds(NamedTuple):
    """The same as trees, made once: what is about a place is then found without looking at all of them."""

    insides: shapely.STRtree
    """The ground within each outline."""
    outlines: shapely.STRtree
    gates: IntArray
    """All gates, by the outline that they are in."""
    start_of_outline: IntArray
    """(n_outlines + 1,) offsets into these."""
    in_wall: IntArray
    """Gates that are in a wall only."""
    wall_gates: shapely.STRtree
    """Where these are."""


class Reaches(NamedTuple):
    """How far a connector goes at most."""

    max_connector_m: float
    """From a point, or from a gate, straight to a piece; also from a point to a gate in a wall."""
    max_inside_m: float
    """From a point inside a compound to one of its gates."""


class _Legs(NamedTuple):
    """Straight ways from points to gates."""

    point: IntArray
    gate: IntArray
    length_m: FloatArray


def gateways_of(
    xy_m_of_gate: FloatArray, outline_of_gate: Int32Array, xy_m_of_outline_point: FloatArray, start_of_outline: IntArray
) -> Gateways:
    """Gates and outlines, made ready."""
    outlines = index_lines(xy_m_of_outline_point, start_of_outline)
    return Gateways(xy_m_of_gate, outline_of_gate, xy_m_of_outline_point, start_of_outline, outlines)


def compounds_of(gateways: Gateways) -> Compounds:
    """Gates and outlines as trees."""
    outline_of_point = np.repeat(np.arange(len(gateways.start_of_outline) - 1), np.diff(gateways.start_of_outline))
    rings: NDArray[np.object_] = shapely.linearrings(gateways.xy_m_of_outline_point, indices=outline_of_point)
    in_wall = np.flatnonzero(gateways.outline_of_gate == NONE)
    wall_gates = shapely.STRtree(shapely.points(gateways.xy_m_of_gate[in_wall]))
    gates = np.argsort(gateways.outline_of_gate, kind="stable")
    n_outlines = len(gateways.start_of_outline) - 1
    in_order = gates, np.searchsorted(gateways.outline_of_gate[gates], np.arange(n_outlines + 1))
    return Compounds(shapely.STRtree(shapely.polygons(rings)), shapely.STRtree(rings), *in_order, in_wall, wall_gates)


def with_gates(
    direct: Joints,
    xy_m: FloatArray,
    gates: tuple[Gateways, Compounds],
    ground: tuple[SegmentIndex, SegmentIndex, int],
    far: Reaches,
    of_gates: Joints | None = None,
) -> Joints:
    """Joints of points where gates are known.

    Parameters
    ----------
    direct
        All open joints of the points, gates unknown: :func:`geo.compute.streets.snap.find_joints`.
    xy_m
        (n_points, 2) the points.
    gates
        The gates, and the same as trees.
    ground
        Streets, barriers, and how many pieces there are.
    far
        Longest connectors.
    of_gates
        Where every gate leads to, if that is known: :func:`joints_of_gates` of all of them.

    Returns
    -------
    Joints; a point may have several with one piece, through different gates.
    """
    gateways = gates[0]
    point = np.repeat(np.arange(len(xy_m)), np.diff(direct.start_of_point))
    is_open = ~closed_beyond(gateways.outlines, xy_m[point], direct.xy_m_of_joint, ON_OUTLINE_M, opens_at_joint=False)
    point, straight = point[is_open], _taken(direct, is_open)
    legs = _open_legs(xy_m, gates, ground[1], far)
    if not len(legs.point):
        return straight._replace(start_of_point=_offsets(point, len(xy_m)))
    via_point, via = _beyond(legs, gateways, ground, far) if of_gates is None else _led(legs, legs.gate, of_gates)
    starts = _offsets(point, len(xy_m)), _offsets(via_point, len(xy_m))
    is_new = _is_new(starts, np.argsort(via_point, kind="stable"), straight.piece_of_joint, via, ground[2])
    return _merged(len(xy_m), (point, straight), (via_point[is_new], _taken(via, is_new)))


def _open_legs(xy_m: FloatArray, gates: tuple[Gateways, Compounds], barriers: SegmentIndex, far: Reaches) -> _Legs:
    """Points to the gates that serve them, past no barrier and through no outline but that of the gate."""
    gateways, compounds = gates
    point, gate = _served(shapely.points(xy_m), compounds, far.max_connector_m)
    if not len(point):
        return _Legs(point, gate, np.empty(0))
    length_m = np.hypot(*(gateways.xy_m_of_gate[gate] - xy_m[point]).T)
    is_near = length_m <= np.where(gateways.outline_of_gate[gate] == NONE, far.max_connector_m, far.max_inside_m)
    point, gate, length_m = point[is_near], gate[is_near], length_m[is_near]
    ends = xy_m[point], gateways.xy_m_of_gate[gate]
    is_closed = closed_beyond(barriers, *ends, AT_GATE_M, opens_at_joint=True)
    leg, outline = compounds.outlines.query(shapely.linestrings(np.stack(ends, axis=1)), predicate="crosses")
    is_closed[leg[outline != gateways.outline_of_gate[gate[leg]]]] = True
    return _Legs(point[~is_closed], gate[~is_closed], length_m[~is_closed])


def _served(points: NDArray[np.object_], compounds: Compounds, max_connector_m: float) -> tuple[IntArray, IntArray]:
    """(point, gate) wherever the point lies in the gate's compound, or near a gate that has none."""
    point, outline = compounds.insides.query(points, predicate="intersects")
    first, last = compounds.start_of_outline[outline], compounds.start_of_outline[outline + 1]
    in_compound = np.repeat(point, last - first), compounds.gates[ranges(first, last)]
    if not len(compounds.in_wall):
        return in_compound
    at_wall = compounds.wall_gates.query(points, predicate="dwithin", distance=max_connector_m)
    gate_at_wall = compounds.in_wall[at_wall[1]]
    return np.concatenate([in_compound[0], at_wall[0]]), np.concatenate([in_compound[1], gate_at_wall])


def joints_of_gates(
    gateways: Gateways, gates: IntArray, ground: tuple[SegmentIndex, SegmentIndex, int], far: Reaches
) -> Joints:
    """Where some gates lead to: their joints past no barrier and through no outline, as if standing in the gate."""
    streets, barriers, n_pieces = ground
    xy_m = gateways.xy_m_of_gate[gates]
    own = find_joints(streets, _nothing(), xy_m, max_connector_m=far.max_connector_m, n_pieces=n_pieces)
    gate = np.repeat(np.arange(len(gates)), np.diff(own.start_of_point))
    ends = xy_m[gate], own.xy_m_of_joint
    is_closed = closed_beyond(barriers, *ends, AT_GATE_M, opens_at_joint=False)
    is_open = ~(is_closed | closed_beyond(gateways.outlines, *ends, AT_GATE_M, opens_at_joint=False))
    return _taken(own, is_open)._replace(start_of_point=_offsets(gate[is_open], len(gates)))


def _beyond(
    legs: _Legs, gateways: Gateways, ground: tuple[SegmentIndex, SegmentIndex, int], far: Reaches
) -> tuple[IntArray, Joints]:
    """Points of the legs, and their joints through the gates."""
    gates, place = np.unique(legs.gate, return_inverse=True)
    return _led(legs, place, joints_of_gates(gateways, gates, ground, far))


def _led(legs: _Legs, place: IntArray, of_gates: Joints) -> tuple[IntArray, Joints]:
    """The same; ``place`` is where in ``of_gates`` the gate of each leg is."""
    first, last = of_gates.start_of_point[place], of_gates.start_of_point[place + 1]
    leg = np.repeat(np.arange(len(place)), last - first)
    via = _taken(of_gates, ranges(first, last))
    return legs.point[leg], via._replace(
        distance_m_of_joint=legs.length_m[leg] + via.distance_m_of_joint,
        gate_of_joint=legs.gate[leg].astype(np.int32),
    )


@cache
def _nothing() -> SegmentIndex:
    """An index of no lines."""
    return index_lines(np.empty((0, 2)), np.zeros(1, np.int64))


def ranges(first: IntArray, last: IntArray) -> IntArray:
    """The numbers from each first up to each last, one range after the other.

    >>> ranges(np.array([5, 2, 7]), np.array([7, 2, 8])).tolist()
    [5, 6, 7]
    """
    n = last - first
    before = np.cumsum(n) - n
    numbers: IntArray = np.arange(n.sum()) + np.repeat(first - before, n)
    return numbers


def _taken(joints: Joints, index: IntArray | BoolArray) -> Joints:
    """Some of the joints, or all in another order; the offsets are as they were."""
    return Joints(
        start_of_point=joints.start_of_point,
        piece_of_joint=joints.piece_of_joint[index],
        along_m_of_joint=joints.along_m_of_joint[index],
        distance_m_of_joint=joints.distance_m_of_joint[index],
        xy_m_of_joint=joints.xy_m_of_joint[index],
        gate_of_joint=joints.gate_of_joint[index],
    )


@kernel
def _is_new(
    starts: tuple[IntArray, IntArray], via_of_point: IntArray, straight_piece: Int32Array, via: Joints, n_pieces: int
) -> BoolArray:
    """Which joints through gates are with pieces that their point does not join directly.

    Of one point's at one place only the one with the shortest connector is, of equal ones the first gate's. ``starts``
    are the offsets of the points into the straight ones, and into ``via_of_point``, the others in order of points.
    """
    is_new = np.zeros(len(via_of_point), np.bool_)
    # filled only where it is read: a single point must not wait until all pieces of a city are gone through
    joined = np.empty(n_pieces, np.int32)  # the point that joins a piece directly
    last = np.empty(n_pieces, np.int32)  # the last of a point's others with a piece, which tells the one before
    before = np.empty(len(via_of_point), np.int32)
    for k in range(len(via_of_point)):
        joined[via.piece_of_joint[k]] = NONE
    for point in range(len(starts[0]) - 1):
        joined[straight_piece[starts[0][point] : starts[0][point + 1]]] = point
        for k in via_of_point[starts[1][point] : starts[1][point + 1]]:
            last[via.piece_of_joint[k]] = NONE
        for k in via_of_point[starts[1][point] : starts[1][point + 1]]:
            piece = via.piece_of_joint[k]
            is_new[k] = joined[piece] != point
            before[k], other = last[piece], last[piece]
            last[piece] = k
            while other != NONE and is_new[k]:
                if is_new[other] and via.along_m_of_joint[other] == via.along_m_of_joint[k]:
                    loser = k if _is_before(via, other, k) else other
                    is_new[loser] = False
                other = before[other]
    return is_new


@kernel
def _is_before(via: Joints, a: int, b: int) -> bool:
    a_m, b_m = via.distance_m_of_joint[a], via.distance_m_of_joint[b]
    return bool(a_m < b_m or (a_m == b_m and via.gate_of_joint[a] <= via.gate_of_joint[b]))


def _offsets(point: IntArray, n_points: int) -> IntArray:
    """Where in a list sorted by point each begins, and where the last ends."""
    start = np.zeros(n_points + 1, np.int64)
    np.cumsum(np.bincount(point, minlength=n_points), out=start[1:])
    return start


def _merged(n_points: int, straight: tuple[IntArray, Joints], via: tuple[IntArray, Joints]) -> Joints:
    """Both kinds by point, straight ones first."""
    point = np.concatenate([straight[0], via[0]])
    one, other = straight[1], via[1]
    joints = Joints(
        start_of_point=_offsets(point, n_points),
        piece_of_joint=np.concatenate([one.piece_of_joint, other.piece_of_joint]),
        along_m_of_joint=np.concatenate([one.along_m_of_joint, other.along_m_of_joint]),
        distance_m_of_joint=np.concatenate([one.distance_m_of_joint, other.distance_m_of_joint]),
        xy_m_of_joint=np.concatenate([one.xy_m_of_joint, other.xy_m_of_joint]),
        gate_of_joint=np.concatenate([one.gate_of_joint, other.gate_of_joint]),
    )
    return _taken(joints, np.argsort(point, kind="stable"))
