"""From streets on the ground to the network of one way of moving: how long every side takes, and what is no shortcut.

A piece that is walked or ridden takes ``round_half_up(length_m * ds_per_m)`` both ways. A car takes
``36 / (factor * limit)`` deciseconds a metre, ``limit`` being the one that is signed, else that of the class of street.
Who may not use steps has them closed.

A way that may only begin or end a trip is no shortcut, and neither is what lies behind it: streets, themselves open to
all, that hang on the rest only through such ways or locked gates (the inside of a gated compound) may likewise only
begin or end a trip. Of streets that hang together so, the longest part that is open throughout is the public one.
This is judged by what the tags say for walkers, bikes or cars as a whole: whoever may use fewer ways (no steps) never
gets farther than the others.
"""

from __future__ import annotations

import numpy as np

from geo.compute.chains import component_of_node
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Turns, build_net, round_half_up
from geo.rules.modes import DS_PER_M_AT_1_KMH, Mode, Surface
from geo.streets import CLOSED, ENDS_ONLY, OPEN
from geo.units import NONE, BoolArray, FloatArray, Int32Array, UInt8Array


def net_of(ground: Ground, mode: Mode, surface: Surface) -> Net:
    """The network of one way of moving, from the beginning of trips to their end.

    Parameters
    ----------
    ground
        Streets of the mode's own travel.
    mode
        How fast, and whether steps may be used.
    surface
        What makes walkers slower.
    """
    return build_net(
        ground.n_nodes,
        ground.from_node_of_piece,
        ground.to_node_of_piece,
        ds_of_sides(ground, mode, surface),
        zoned_access(ground) == ENDS_ONLY,
        Turns(ground.from_piece_of_turn, ground.via_node_of_turn, ground.to_piece_of_turn, ground.is_only_of_turn),
    )


def ds_of_sides(ground: Ground, mode: Mode, surface: Surface) -> Int32Array:
    """(2 * n_pieces,) whole deciseconds along each side, NONE where it is closed."""
    exact = exact_ds_of_sides(ground, mode, surface)
    return np.where(exact < 0, NONE, round_half_up(exact)).astype(np.int32)


def exact_ds_of_sides(ground: Ground, mode: Mode, surface: Surface) -> FloatArray:
    """(2 * n_pieces,) deciseconds along each side before they are rounded, NONE where it is closed."""
    ds_of_piece = ground.length_m_of_piece * _ds_per_m(ground, mode, surface)
    is_closed = ground.access_of_side == CLOSED
    if not mode.uses_steps:
        is_closed = is_closed | np.repeat(ground.is_steps_of_piece, 2)
    return np.where(is_closed, float(NONE), np.repeat(ds_of_piece, 2))


def _ds_per_m(ground: Ground, mode: Mode, surface: Surface) -> FloatArray:
    """(n_pieces,)"""
    if mode.travel == "foot":
        return np.full(ground.n_pieces, mode.ds_per_m_on(surface))
    if mode.travel == "bike":
        return np.full(ground.n_pieces, DS_PER_M_AT_1_KMH / mode.kmh)
    limit_kmh = np.array([mode.limit_kmh(highway) for highway in ground.highways])[ground.highway_of_piece]
    limit_kmh = np.where(ground.max_kmh_of_piece > 0, ground.max_kmh_of_piece, limit_kmh)
    return np.asarray(DS_PER_M_AT_1_KMH / (mode.factor * limit_kmh))


def zoned_access(ground: Ground) -> UInt8Array:
    """(2 * n_pieces,) access of each side, with the inside of every private zone ``ENDS_ONLY`` as a whole."""
    access = ground.access_of_side.reshape(-1, 2)
    is_open = (access == OPEN).any(axis=1)
    if is_open.all():
        return ground.access_of_side
    whole = _component_of_piece(ground, np.ones(len(is_open), np.bool_))
    part = _component_of_piece(ground, is_open)
    part_m = np.bincount(part, weights=ground.length_m_of_piece * is_open, minlength=ground.n_nodes)
    # the longest open part of every whole is its last in this order; of equal ones the lowest
    order = np.lexsort((-part, part_m[part], is_open, whole))
    is_last = np.append(np.diff(whole[order]) != 0, True)
    public_of_whole = np.full(ground.n_nodes, NONE, np.int64)
    public_of_whole[whole[order][is_last]] = part[order][is_last]
    is_zone = is_open & (part != public_of_whole[whole])
    return np.where((access == OPEN) & is_zone[:, None], np.uint8(ENDS_ONLY), access).reshape(-1)


def _component_of_piece(ground: Ground, is_meant: BoolArray) -> Int32Array:
    """(n_pieces,) number of the component of the meant pieces that a piece's from-node lies in."""
    from_node, to_node = ground.from_node_of_piece.astype(np.int64), ground.to_node_of_piece.astype(np.int64)
    component = component_of_node(from_node[is_meant], to_node[is_meant], ground.n_nodes)
    return np.asarray(component[from_node])
