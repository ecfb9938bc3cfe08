"""Drawn lines that meet the outer border end at a place that it has.

The fabrics of neighbours do not know of each other. They have the same places on the border between them as long as no
edit puts in another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.fabric.edges import Edges
from geo.compute.fabric.exact import do_meet
from geo.compute.fabric.faces import place_text
from geo.compute.kernels import kernel
from geo.errors import BadGeometry
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class Reach(NamedTuple):
    """How far things may lie from what they mean, in ten-millionths of a degree of latitude."""

    snap_e7: float
    outer_e7: float
    """Along the outer border, from where a line meets it to the place where it is led."""
    shrink: float
    """How many of these one of longitude is."""


def led_to_places(edges: Edges, line_e7: Int32Array, edge: IntArray, reach: Reach, most: int) -> Int32Array:
    """A line, led to places of the outer border where it meets that between them.

    It leaves its way as far before the border as the place is away, but keeps to its own points. Where the nearest
    place is farther than the reach the line stays as it is.

    Parameters
    ----------
    edges
        Of a whole fabric.
    line_e7
        (n, 2) places of the line.
    edge
        (n,) the edge between the ends of which a place lies; NONE: it lies on none, or on an end.
    reach
        See there.
    most
        How often the line may cross the outer border.

    Raises
    ------
    BadGeometry
        If the line crosses the outer border more often.
    """
    is_outer = (edges.left == NONE) | (edges.right == NONE)
    if not is_outer.any():
        return line_e7
    place = np.where((edge != NONE) & is_outer[edge], edge, NONE)
    outer = np.flatnonzero(is_outer)
    crossings = _crossings(edges, outer, line_e7, most)
    piece, crossed = crossings[:, 0], outer[crossings[:, 1]]
    is_new = (crossed != place[piece]) & (crossed != place[piece + 1])
    piece, crossed = piece[is_new], crossed[is_new]
    share = _shares(edges, crossed, line_e7, piece)
    line = line_e7.astype(np.float64)
    start, way = line[piece], line[piece + 1] - line[piece]
    at = np.concatenate([np.arange(len(line_e7)), piece + share])
    order = np.argsort(at, kind="stable")
    xy = np.concatenate([line, start + way * share[:, None]])[order]
    met = np.concatenate([place, crossed])[order]
    is_point = order < len(line_e7)
    end, away = nearest_ends(edges, met, xy, reach.shrink)
    is_led = (met != NONE) & (away <= reach.outer_e7)
    return _by_the_way(edges, (xy, met, np.where(is_led, end, NONE), away), is_point | is_led, reach)


def refuse_new_places(edges: Edges, edge: IntArray, place_e7: Int32Array, reach: Reach) -> None:
    """Refuse places on edges of the outer border an end of which is within reach.

    Raises
    ------
    BadGeometry
        If there is one.
    """
    is_outer = (edges.left == NONE) | (edges.right == NONE)
    _, away = nearest_ends(edges, edge, place_e7.astype(np.float64), reach.shrink)
    wrong = np.flatnonzero(is_outer[edge] & (away <= reach.outer_e7))
    if len(wrong):
        raise BadGeometry("fabric_outer_place", **place_text(place_e7[wrong[0]]))


def nearest_ends(edges: Edges, edge: IntArray, xy: FloatArray, shrink: float) -> tuple[IntArray, FloatArray]:
    """(n,) the nearer end of each edge from a place near it, and how far it is; of no edge nothing is said."""
    ends = np.stack([edges.a[edge], edges.b[edge]], axis=1)
    far = (edges.e7[ends] - xy[:, None]) * (shrink, 1.0)
    away = np.hypot(far[..., 0], far[..., 1])
    nearer = np.argmin(away, axis=1)
    rows = np.arange(len(edge))
    return ends[rows, nearer].astype(np.int64), away[rows, nearer]


def _crossings(edges: Edges, outer: IntArray, line_e7: Int32Array, most: int) -> IntArray:
    """(n, 2) pieces of a line, and the edges of the outer border that they cross between their ends."""
    e7 = np.concatenate([edges.e7, line_e7])
    a, b = edges.a[outer].astype(np.int64), edges.b[outer].astype(np.int64)
    found = _crossing_pairs(e7, a, b, len(edges.e7))
    if len(found) > most:
        raise BadGeometry("fabric_line_tangled", limit=most)
    return np.asarray(found)


@kernel
def _crossing_pairs(e7: Int32Array, a: IntArray, b: IntArray, first: int) -> IntArray:
    """Pieces of the line of the places from the first on, and edges, that have something in common; no end is one."""
    room = np.empty((16, 2), np.int64)
    n = 0
    for i in range(first, len(e7) - 1):
        for k in range(len(a)):
            if _are_one(e7, i, i + 1) or not do_meet(e7, i, i + 1, a[k], b[k]):
                continue
            if _are_one(e7, i, a[k]) or _are_one(e7, i, b[k]) or _are_one(e7, i + 1, a[k]) or _are_one(e7, i + 1, b[k]):
                continue
            if n == len(room):
                room = np.concatenate((room, np.empty_like(room)))
            room[n, 0], room[n, 1] = i - first, k
            n += 1
    return room[:n]


@kernel
def _are_one(e7: Int32Array, one: int, other: int) -> bool:
    return bool(e7[one, 0] == e7[other, 0] and e7[one, 1] == e7[other, 1])


def _shares(edges: Edges, edge: IntArray, line_e7: Int32Array, piece: IntArray) -> FloatArray:
    """(n,) the share of its way after which a piece meets an edge; 0.5 where it runs along it."""
    at, line = edges.e7.astype(np.float64), line_e7.astype(np.float64)
    a, start = at[edges.a[edge]], line[piece]
    way, step = at[edges.b[edge]] - a, line[piece + 1] - start
    turn = _cross(step, way)
    share = _cross(a - start, way) / np.where(turn == 0, 1.0, turn)
    return np.where(turn == 0, 0.5, np.clip(share, 0.0, 1.0))


def _by_the_way(
    edges: Edges, led: tuple[FloatArray, IntArray, IntArray, FloatArray], is_kept: BoolArray, reach: Reach
) -> Int32Array:
    """The places of a line, those that are led somewhere replaced, and where it leaves its way for them.

    Told of its places: where they lie, the edge of the outer border that each lies on, the place to which each is led,
    and how far that is.
    """
    xy, edge, end, away = led
    scale = np.array([reach.shrink, 1.0])
    places = [(np.arange(len(xy)) * 3 + 1)[is_kept]]
    at = [np.where((end == NONE)[:, None], np.rint(xy), edges.e7[end])[is_kept]]
    for side in (-1, 1):
        other = np.clip(np.arange(len(xy)) + side, 0, len(xy) - 1)
        way = (xy[other] - xy) * scale
        length = np.hypot(way[:, 0], way[:, 1])
        share = away / np.where(length == 0, 1.0, length)
        border = (edges.e7[edges.b[edge]] - edges.e7[edges.a[edge]].astype(np.float64)) * scale
        height = np.abs(_cross(way, border)) * share / np.hypot(border[:, 0], border[:, 1])
        leaves = (end != NONE) & (2 * share < 1) & (height > reach.snap_e7)
        places.append((np.arange(len(xy)) * 3 + 1 + side)[leaves])
        at.append(np.rint(xy + (xy[other] - xy) * share[:, None])[leaves])
    order = np.argsort(np.concatenate(places), kind="stable")
    return np.concatenate(at)[order].astype(np.int32)


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
