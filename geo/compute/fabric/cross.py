"""A drawn line and the borders that it meets, split at common places until they cross nowhere.

Places are whole, so what is split at a crossing is bent by less than one ten-millionth of a degree, and can then meet
something new: the search is repeated until it finds nothing.
"""

from __future__ import annotations

from math import cos, radians
from typing import NamedTuple

import numpy as np

from geo.compute.fabric.edges import Edges
from geo.compute.fabric.exact import turn
from geo.compute.fabric.faces import keys_of, place_text
from geo.compute.fabric.outer import Reach, led_to_places
from geo.compute.kernels import kernel
from geo.errors import BadGeometry
from geo.units import E7, NONE, FloatArray, Int32Array, IntArray, Whole

MOST_ROUNDS = 12
"""Usually two are enough."""
MOST_MEETINGS = 200_000

ON_IT = (1.0, 1.0)
"""Within reach is only what lies on a piece but for rounding."""


class Split(NamedTuple):
    """Straight pieces of a drawn line and of borders, in the order of both."""

    e7: Int32Array
    """(n_places, 2) those of the fabric first."""
    a: IntArray
    b: IntArray
    edge: IntArray
    """(n_pieces,) the edge that a piece is part of; NONE: it is drawn. Drawn ones come first."""


class Met(NamedTuple):
    """Places at which pieces are to be split."""

    piece: IntArray
    e7: Int32Array


def split_by_line(
    edges: Edges, line_e7: Int32Array, snap_e7: float, most_meetings: int = MOST_MEETINGS, outer_e7: float = 0.0
) -> Split:
    """Draw a line over borders.

    Parameters
    ----------
    edges
        Of a whole fabric.
    line_e7
        (n, 2) places of the line.
    snap_e7
        In ten-millionths of a degree of latitude: points of the line that lie this near to a place of a border are
        moved there, else to the nearest border; and where the line passes a place of a border this near it goes
        through it, unless it runs along another border there.
    most_meetings
        How often the line may meet borders and itself.
    outer_e7
        Where the line meets the outer border between two places, it is led to the nearer of them if that is within
        this: see :func:`geo.compute.fabric.outer.led_to_places`.

    Raises
    ------
    BadGeometry
        If borders lie too close together, or the line meets more.
    """
    shrink = shrink_of(line_e7)
    near = _near(edges, line_e7, snap_e7 + outer_e7)
    about = edges._replace(a=edges.a[near], b=edges.b[near], left=edges.left[near], right=edges.right[near])
    place, edge, onto = beside(edges.e7, about.a, about.b, line_e7.astype(np.float64), (snap_e7, shrink))
    line = np.where(place[:, None] == NONE, np.rint(onto).astype(np.int32), edges.e7[place])
    on_edge = np.where(place == NONE, edge, NONE)
    line = led_to_places(about, line, on_edge, Reach(snap_e7, outer_e7, shrink), most_meetings)
    e7, place_of_line = _with_places(edges.e7, line)
    drawn = np.stack([place_of_line[:-1], place_of_line[1:]])
    drawn = drawn[:, drawn[0] != drawn[1]]
    split = Split(
        e7,
        np.concatenate([drawn[0], edges.a[near]]),
        np.concatenate([drawn[1], edges.b[near]]),
        np.concatenate([np.full(drawn.shape[1], NONE), near]),
    )
    for reach in (ON_IT, (snap_e7, shrink)):
        split = _at(split, _met(split, reach, most_meetings))
    for _ in range(MOST_ROUNDS):
        met = _met(split, None, most_meetings)
        if not len(met.piece):
            return _whole(split, edges, near)
        split = _at(split, met)
    raise BadGeometry("fabric_cut_unclear", **place_text(met.e7[0]))


def shrink_of(line_e7: Int32Array) -> float:
    """How many ten-millionths of a degree of latitude one of longitude is, about a line."""
    return cos(radians(float(line_e7[:, 1].mean()) / E7))


def own_crossings(line_e7: Int32Array) -> tuple[int, Int32Array]:
    """How often a line crosses itself between its points, and (2,) the first place, along the line, where it does."""
    n, lon, lat = _own_crossings(line_e7)
    return n, np.array([lon, lat], np.int32)


@kernel
def _own_crossings(e7: Int32Array) -> tuple[int, int, int]:
    n, place = 0, (0, 0)
    for i in range(len(e7) - 1):
        for k in range(i + 2, len(e7) - 1):
            if not _are_far(e7, (i, i + 1, k, k + 1), 0) and _cross(e7, i, i + 1, k, k + 1):
                if n == 0:
                    place = _crossing(e7, (i, i + 1, k, k + 1))
                n += 1
    return n, place[0], place[1]


@kernel
def beside(
    e7: Int32Array, a: Int32Array, b: Int32Array, points_e7: FloatArray, reach: tuple[float, float]
) -> tuple[IntArray, IntArray, FloatArray]:
    """What lies within reach of points.

    Parameters
    ----------
    e7, a, b
        Places, and by their numbers where edges begin and end.
    points_e7
        (n, 2)
    reach
        How far, in ten-millionths of a degree of latitude; and how many of these one of longitude is.

    Returns
    -------
    place
        (n,) the nearest end of an edge; NONE: none lies within reach.
    edge
        (n,) the nearest edge; NONE: none lies within reach.
    onto_e7
        (n, 2) the nearest place on that edge; the point itself where there is none.
    """
    far, shrink = reach
    n = len(points_e7)
    place, edge, onto = np.full(n, NONE, np.int64), np.full(n, NONE, np.int64), points_e7.copy()
    for i in range(n):
        best_place, best_edge = far, far
        for k in range(len(a)):
            dx, dy = (e7[b[k], 0] - float(e7[a[k], 0])) * shrink, float(e7[b[k], 1]) - e7[a[k], 1]
            x, y = (points_e7[i, 0] - e7[a[k], 0]) * shrink, points_e7[i, 1] - e7[a[k], 1]
            along = min(max((x * dx + y * dy) / (dx * dx + dy * dy), 0.0), 1.0)
            away = np.hypot(x - along * dx, y - along * dy)
            if away > far:
                continue
            if away < best_edge or edge[i] == NONE:
                best_edge, edge[i] = away, k
                onto[i, 0] = e7[a[k], 0] + along * dx / shrink
                onto[i, 1] = e7[a[k], 1] + along * dy
            for end, away_end in ((a[k], np.hypot(x, y)), (b[k], np.hypot(x - dx, y - dy))):
                if away_end < best_place or (place[i] == NONE and away_end <= far):
                    best_place, place[i] = away_end, end
    return place, edge, onto


def _near(edges: Edges, line_e7: Int32Array, snap_e7: float) -> IntArray:
    """Edges whose boxes come near the box around a line."""
    margin = int(2 * snap_e7) + 2
    least, most = line_e7.min(axis=0).astype(np.int64) - margin, line_e7.max(axis=0).astype(np.int64) + margin
    a, b = edges.e7[edges.a], edges.e7[edges.b]
    return np.flatnonzero(((np.minimum(a, b) <= most) & (np.maximum(a, b) >= least)).all(axis=1))


def _with_places(e7: Int32Array, more_e7: Int32Array) -> tuple[Int32Array, IntArray]:
    """Places with some more after them, none twice; and the numbers of these."""
    keys, more = keys_of(e7), keys_of(more_e7)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys, more, sorter=order), len(keys) - 1)
    number = order[at]
    is_new = keys[number] != more
    _, first, new = np.unique(more[is_new], return_index=True, return_inverse=True)
    number[is_new] = len(e7) + new
    return np.concatenate([e7, more_e7[is_new][first].astype(np.int32)]), number


def _met(split: Split, passing: tuple[float, float] | None, most: int) -> Met:
    """Where drawn pieces meet others; or else which places of borders they pass within reach."""
    n_drawn = int((split.edge == NONE).sum())
    room = np.empty((1024, 3), np.int64)
    while True:
        reach = passing or (0.0, 1.0)
        look = _passed if passing else _meetings
        n = look(split.e7, split.a, split.b, n_drawn, reach, room)
        if n <= min(len(room), most):
            return Met(room[:n, 0], room[:n, 1:].astype(np.int32))
        if n > most:
            raise BadGeometry("fabric_line_tangled", limit=most)
        room = np.empty((n, 3), np.int64)


def _at(split: Split, met: Met) -> Split:
    """Pieces split at places, along each in order."""
    if not len(met.piece):
        return split
    e7, place = _with_places(split.e7, met.e7)
    n = len(split.a)
    a, step = e7[split.a[met.piece]].astype(np.float64), (e7[split.b[met.piece]] - e7[split.a[met.piece]].astype(float))
    along = ((e7[place] - a) * step).sum(axis=1) / (step * step).sum(axis=1)
    piece = np.concatenate([np.arange(n), np.arange(n), met.piece])
    stop = np.concatenate([split.a, split.b, place])
    order = np.lexsort((stop, np.concatenate([np.full(n, -np.inf), np.full(n, np.inf), along]), piece))
    piece, stop = piece[order], stop[order]
    is_piece = (piece[1:] == piece[:-1]) & (stop[1:] != stop[:-1])
    return Split(e7, stop[:-1][is_piece], stop[1:][is_piece], split.edge[piece[:-1][is_piece]])


def _whole(split: Split, edges: Edges, near: IntArray) -> Split:
    """With the edges that are far away, in the order of all edges."""
    far = np.setdiff1d(np.arange(len(edges.a)), near)
    edge = np.concatenate([split.edge, far])
    order = np.argsort(edge, kind="stable")
    a, b = np.concatenate([split.a, edges.a[far]]), np.concatenate([split.b, edges.b[far]])
    return Split(split.e7, a[order], b[order], edge[order])


@kernel
def _passed(e7: Int32Array, a: IntArray, b: IntArray, n_drawn: int, reach: tuple[float, float], room: IntArray) -> int:
    """Note the ends of borders that drawn pieces pass within reach; how many there are, if more than there is room.

    What runs along a border passes nothing: led aside it would cut a strip off between its way and that border.
    """
    n, margin = 0, int(reach[0] / reach[1]) + 1
    for i in range(n_drawn):
        if _is_on_border(e7, a, b, i, n_drawn):
            continue
        for k in range(n_drawn, len(a)):
            if _are_far(e7, (a[i], b[i], a[k], b[k]), margin):
                continue
            for place in (a[k], b[k]):
                if _passes(e7, a[i], b[i], place, reach):
                    n = _note(room, n, i, e7[place, 0], e7[place, 1])
    return n


@kernel
def _is_on_border(e7: Int32Array, a: IntArray, b: IntArray, i: int, n_drawn: int) -> bool:
    """Whether a drawn piece is a border or lies on one, but for rounding."""
    for k in range(n_drawn, len(a)):
        if _are_far(e7, (a[i], b[i], a[k], b[k]), 1):
            continue
        n_on = 0
        for place in (a[i], b[i]):
            n_on += place in (a[k], b[k]) or _passes(e7, a[k], b[k], place, (1.0, 1.0))
        if n_on == 2:
            return True
    return False


@kernel
def _meetings(
    e7: Int32Array, a: IntArray, b: IntArray, n_drawn: int, _reach: tuple[float, float], room: IntArray
) -> int:
    """Note where drawn pieces meet other pieces; how many notes there are, if more than there is room."""
    n = 0
    close = (1.0, 1.0)
    for i in range(n_drawn):
        for k in range(i + 1, len(a)):
            if _are_far(e7, (a[i], b[i], a[k], b[k]), 1):
                continue
            before = n
            for one, other in ((i, k), (k, i)):
                for place in (a[other], b[other]):
                    if _passes(e7, a[one], b[one], place, close):
                        n = _note(room, n, one, e7[place, 0], e7[place, 1])
            if n == before and _cross(e7, a[i], b[i], a[k], b[k]):
                n = _note_crossing(e7, a, b, (i, k), room, n)
    return n


@kernel
def _note(room: IntArray, n: int, piece: Whole, lon_e7: Whole, lat_e7: Whole) -> int:
    if n < len(room):
        room[n, 0], room[n, 1], room[n, 2] = piece, lon_e7, lat_e7
    return n + 1


@kernel
def _note_crossing(e7: Int32Array, a: IntArray, b: IntArray, pieces: tuple[int, int], room: IntArray, n: int) -> int:
    """The whole place nearest to where two pieces cross, for both of them; for neither where it is its end."""
    i, k = pieces
    lon, lat = _crossing(e7, (a[i], b[i], a[k], b[k]))
    for piece in pieces:
        is_end = False
        for place in (a[piece], b[piece]):
            is_end |= e7[place, 0] == lon and e7[place, 1] == lat
        if not is_end:
            n = _note(room, n, piece, lon, lat)
    return n


@kernel
def _crossing(e7: Int32Array, ends: tuple[int, int, int, int]) -> tuple[int, int]:
    """The whole place nearest to where two pieces cross."""
    a, b, c, d = ends
    x, y = float(e7[a, 0]), float(e7[a, 1])
    dx, dy = e7[b, 0] - x, e7[b, 1] - y
    ex, ey = float(e7[d, 0]) - e7[c, 0], float(e7[d, 1]) - e7[c, 1]
    along = ((e7[c, 0] - x) * ey - (e7[c, 1] - y) * ex) / (dx * ey - dy * ex)
    return int(np.rint(x + along * dx)), int(np.rint(y + along * dy))


@kernel
def _are_far(e7: Int32Array, ends: tuple[int, int, int, int], margin: int) -> bool:
    """Whether the boxes around two pieces are farther apart than a margin."""
    a, b, c, d = ends
    for axis in range(2):
        low, high = min(e7[a, axis], e7[b, axis]), max(e7[a, axis], e7[b, axis])
        if low - margin > max(e7[c, axis], e7[d, axis]) or high + margin < min(e7[c, axis], e7[d, axis]):
            return True
    return False


@kernel
def _passes(e7: Int32Array, a: Whole, b: Whole, place: Whole, reach: tuple[float, float]) -> bool:
    """Whether a piece passes a place, other than its ends, within reach and between its ends."""
    if place in (a, b):
        return False
    far, shrink = reach
    dx, dy = (e7[b, 0] - float(e7[a, 0])) * shrink, float(e7[b, 1]) - e7[a, 1]
    x, y = (e7[place, 0] - float(e7[a, 0])) * shrink, float(e7[place, 1]) - e7[a, 1]
    square, along, across = dx * dx + dy * dy, x * dx + y * dy, x * dy - y * dx
    return bool(0.0 < along < square and across * across < far * far * square)


@kernel
def _cross(e7: Int32Array, a: Whole, b: Whole, c: Whole, d: Whole) -> bool:
    """Whether two pieces cross between their ends."""
    return bool(turn(e7, a, b, c) * turn(e7, a, b, d) < 0 and turn(e7, c, d, a) * turn(e7, c, d, b) < 0)
