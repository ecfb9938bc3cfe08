"""Whether a fabric is sound: what is drawn crosses nowhere, and every face lies where its borders say it does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.chains import component_of_node
from geo.compute.fabric.edges import Edges, edges_of
from geo.compute.fabric.exact import cross_sign, do_meet
from geo.compute.fabric.faces import Fabric, keys_of, n_faces_of, place_text
from geo.compute.fabric.walk import first_torn_node, sides_of_edges, spokes_of
from geo.compute.kernels import kernel
from geo.units import NONE, BoolArray, Int32Array, IntArray, Whole

CLASH = -2
"""More than one face lies here."""
MOST_ENTRIES = 8
"""How many cells an edge may lie in, on average."""
TWICE, SAME, MEET, TORN, ASTRAY = "twice", "same", "meet", "torn", "astray"
"""Two places are one; a border has one face on both sides; two borders meet; faces around a place contradict each
other; a border lies in another face than it says."""


class Fault(NamedTuple):
    """What is wrong, and where."""

    what: str
    e7: Int32Array
    """(2,) the place."""
    face: int
    """One of the faces there; NONE: only the outside."""


class Rows(NamedTuple):
    """Edges by strips of ground from west to east."""

    south: int
    height: int
    start_of_row: IntArray
    edge: Int32Array


def fault_of(fabric: Fabric) -> str | None:
    """What is wrong with a fabric, and where; None if it is sound. Everything is looked at."""
    n_arcs, n_nodes, n_inner = len(fabric.left), len(fabric.node_e7), len(fabric.inner_e7)
    if {len(fabric.right), len(fabric.from_node), len(fabric.to_node), len(fabric.start_of_inner) - 1} != {n_arcs}:
        return "arcs of different numbers"
    ends = np.concatenate([fabric.from_node, fabric.to_node])
    if len(np.unique(ends)) != n_nodes or (n_arcs and (ends.min() != 0 or ends.max() != n_nodes - 1)):
        return "nodes without arcs, or arcs without nodes"
    if (
        fabric.start_of_inner[0] != 0
        or fabric.start_of_inner[-1] != n_inner
        or (np.diff(fabric.start_of_inner) < 0).any()
    ):
        return "offsets that do not fit"
    faces = np.unique(np.concatenate([fabric.left, fabric.right, [NONE]]))
    if faces.tolist() != list(range(NONE, n_faces_of(fabric))):
        return "faces without borders"
    fault = first_fault(edges_of(fabric)[0])
    return None if fault is None else "{what} at {lon}, {lat}".format(what=fault.what, **place_text(fault.e7))


def first_fault(edges: Edges, suspects: BoolArray | None = None) -> Fault | None:
    """What is wrong first; None if all is sound.

    Parameters
    ----------
    edges
        Of a whole fabric.
    suspects
        (n_edges,) edges that may meet others: the rest are known to be sound among themselves. None: all.
    """
    if not len(edges.a):
        return None
    order = np.argsort(keys_of(edges.e7), kind="stable")
    same = np.flatnonzero(np.diff(keys_of(edges.e7)[order]) == 0)
    if len(same):
        place = order[same[0] + 1]
        return Fault(TWICE, edges.e7[place], _face_at(edges, place))
    wrong = np.flatnonzero((edges.left == edges.right) | (edges.a == edges.b))
    if len(wrong):
        return Fault(SAME, edges.e7[edges.a[wrong[0]]], int(edges.left[wrong[0]]))
    looked = _around(edges, suspects) if suspects is not None else np.arange(len(edges.a))
    if len(looked):
        one, other = _first_meeting(Edges(edges.e7, *(values[looked] for values in edges[1:])))
        if one != NONE:
            return _where_they_meet(edges, int(looked[one]), int(looked[other]))
    sides = sides_of_edges(edges)
    place = first_torn_node(sides, spokes_of(sides))
    if place != NONE:
        return Fault(TORN, edges.e7[place], _face_at(edges, place))
    return _first_astray(edges)


def _where_they_meet(edges: Edges, one: int, other: int) -> Fault:
    """Two edges meet somewhere in what their boxes have in common."""
    corners = edges.e7[[[edges.a[one], edges.b[one]], [edges.a[other], edges.b[other]]]].astype(np.int64)
    middle = (corners.min(axis=1).max(axis=0) + corners.max(axis=1).min(axis=0)) // 2
    return Fault(MEET, middle.astype(np.int32), int(max(edges.left[one], edges.right[one])))


def _at_edge(what: str, edges: Edges, edge: int) -> Fault:
    return Fault(what, edges.e7[edges.a[edge]], int(max(edges.left[edge], edges.right[edge])))


def _around(edges: Edges, suspects: BoolArray) -> IntArray:
    """Edges whose boxes touch the box around some of them."""
    if not suspects.any():
        return np.empty(0, np.int64)
    a, b = edges.e7[edges.a], edges.e7[edges.b]
    low, high = np.minimum(a, b), np.maximum(a, b)
    least, most = low[suspects].min(axis=0), high[suspects].max(axis=0)
    return np.flatnonzero(
        (low[:, 0] <= most[0]) & (low[:, 1] <= most[1]) & (high[:, 0] >= least[0]) & (high[:, 1] >= least[1])
    )


def _face_at(edges: Edges, place: int) -> int:
    touching = np.flatnonzero((edges.a == place) | (edges.b == place))
    return int(max(edges.left[touching].max(initial=NONE), edges.right[touching].max(initial=NONE)))


def _first_astray(edges: Edges) -> Fault | None:
    """Borders that hang together agree all round, so one of each set is asked where it lies."""
    set_of_place = component_of_node(edges.a.astype(np.int64), edges.b.astype(np.int64), len(edges.e7))
    _, asked = np.unique(set_of_place[edges.a], return_index=True)
    n_faces = int(max(edges.left.max(initial=NONE), edges.right.max(initial=NONE))) + 1
    found = faces_beside(edges, rows_of(edges, len(asked)), n_faces, edges.a[asked], edges.b[asked])
    wrong = np.flatnonzero(found != edges.left[asked])
    return _at_edge(ASTRAY, edges, int(asked[wrong[0]])) if len(wrong) else None


@kernel
def _first_meeting(edges: Edges) -> tuple[int, int]:
    """Two edges that meet beyond an end of both; NONE and NONE: there are none."""
    start, edge_at = _in_cells(edges)
    for cell in range(len(start) - 1):
        for i in range(start[cell], start[cell + 1]):
            one = edge_at[i]
            for k in range(i + 1, start[cell + 1]):
                other = edge_at[k]
                if do_meet(edges.e7, edges.a[one], edges.b[one], edges.a[other], edges.b[other]):
                    return int(one), int(other)
    return NONE, NONE


@kernel
def _in_cells(edges: Edges) -> tuple[IntArray, Int32Array]:
    """Offsets by cell of a grid over all places, and the edges whose boxes lie in each."""
    n = len(edges.a)
    west, south = np.int64(edges.e7[:, 0].min()), np.int64(edges.e7[:, 1].min())
    width, height = np.int64(edges.e7[:, 0].max()) - west + 1, np.int64(edges.e7[:, 1].max()) - south + 1
    size = np.int64(np.sqrt(width * (height / n))) + 1
    box = np.empty(4, np.int64)
    while True:
        n_columns, n_entries = (width - 1) // size + 1, 0
        start = np.zeros(n_columns * ((height - 1) // size + 1) + 1, np.int64)
        for edge in range(n):
            _box(edges, edge, (west, south, size), box)
            n_entries += (box[1] - box[0] + 1) * (box[3] - box[2] + 1)
        if n_entries <= MOST_ENTRIES * n:
            break
        size *= 2
    edge_at = np.empty(n_entries, np.int32)
    for is_filling in (False, True):
        for edge in range(n - 1, -1, -1):
            _box(edges, edge, (west, south, size), box)
            for row in range(box[2], box[3] + 1):
                for cell in range(row * n_columns + box[0], row * n_columns + box[1] + 1):
                    if is_filling:
                        start[cell + 1] -= 1
                        edge_at[start[cell + 1]] = edge
                    else:
                        start[cell + 1] += 1
        if not is_filling:
            start = np.cumsum(start)
    # filling moved every end to where its cell begins
    start[:-1] = start[1:]
    start[-1] = n_entries
    return start, edge_at


@kernel
def _box(edges: Edges, edge: Whole, grid: tuple[Whole, Whole, Whole], box: IntArray) -> None:
    """First and last column, first and last row of an edge."""
    west, south, size = grid
    a, b = edges.a[edge], edges.b[edge]
    box[0] = (min(edges.e7[a, 0], edges.e7[b, 0]) - west) // size
    box[1] = (max(edges.e7[a, 0], edges.e7[b, 0]) - west) // size
    box[2] = (min(edges.e7[a, 1], edges.e7[b, 1]) - south) // size
    box[3] = (max(edges.e7[a, 1], edges.e7[b, 1]) - south) // size


@kernel
def rows_of(edges: Edges, n_looks: int) -> Rows:
    """Sort edges, of which there are some, into strips, so that each of many looks to the east passes few of them."""
    n = len(edges.a)
    south = np.int64(edges.e7[:, 1].min())
    span = edges.e7[:, 1].max() - south + 1
    height = max(span // max(min(n // 16, n_looks), 1), 1)
    while True:
        n_rows, n_entries = (span - 1) // height + 1, 0
        start = np.zeros(n_rows + 1, np.int64)
        for edge in range(n):
            low, high = edges.e7[edges.a[edge], 1], edges.e7[edges.b[edge], 1]
            for row in range((min(low, high) - south) // height, (max(low, high) - south) // height + 1):
                start[row + 1] += 1
                n_entries += 1
        if n_entries <= MOST_ENTRIES * n or n_rows == 1:
            break
        height *= 2
    start = np.cumsum(start)
    at, edge_at = start[:-1].copy(), np.empty(n_entries, np.int32)
    for edge in range(n):
        low, high = edges.e7[edges.a[edge], 1], edges.e7[edges.b[edge], 1]
        for row in range((min(low, high) - south) // height, (max(low, high) - south) // height + 1):
            edge_at[at[row]] = edge
            at[row] += 1
    return Rows(int(south), int(height), start, edge_at)


@kernel
def faces_beside(edges: Edges, rows: Rows, n_faces: int, from_place: Int32Array, to_place: Int32Array) -> Int32Array:
    """The face just to the left of the middle of ways that cross no edge but may run along one.

    Parameters
    ----------
    edges, rows
        Closed borders of faces, and :func:`rows_of` them.
    n_faces
        How many faces there are.
    from_place, to_place
        (n,) where the ways begin and end.

    Returns
    -------
    face
        (n,) NONE: outside of all; CLASH: in several.
    """
    found = np.empty(len(from_place), np.int32)
    is_odd = np.zeros(n_faces, np.bool_)
    touched = np.empty(2 * len(edges.a), np.int32)
    for i in range(len(found)):
        n = _look_east(edges, rows, (from_place[i], to_place[i]), is_odd, touched)
        found[i] = NONE
        for k in range(n):
            if is_odd[touched[k]]:
                found[i] = touched[k] if found[i] == NONE else CLASH
                is_odd[touched[k]] = False
    return found


@kernel
def _look_east(edges: Edges, rows: Rows, way: tuple[int, int], is_odd: BoolArray, touched: Int32Array) -> int:
    """Turn over, for every edge to the east, the faces on either side; how many were turned.

    Whoever is in a face passes its border an odd number of times on the way out.
    """
    e7, (u, v) = edges.e7, way
    x2, y2 = np.int64(e7[u, 0]) + e7[v, 0], np.int64(e7[u, 1]) + e7[v, 1]
    dx, dy = np.int64(e7[v, 0]) - e7[u, 0], np.int64(e7[v, 1]) - e7[u, 1]
    row, n = ((y2 >> 1) - rows.south) // rows.height, 0
    if row < 0 or row >= len(rows.start_of_row) - 1:
        return 0
    for i in range(rows.start_of_row[row], rows.start_of_row[row + 1]):
        edge = rows.edge[i]
        low, high = edges.a[edge], edges.b[edge]
        if e7[low, 1] > e7[high, 1]:
            low, high = high, low
        # to the left of a way to the west is a little to the south, otherwise a little to the north
        if not (_is_south(e7, low, y2, dx) and not _is_south(e7, high, y2, dx)):
            continue
        x, y = np.int64(e7[low, 0]), np.int64(e7[low, 1])
        side = cross_sign(e7[high, 0] - x, e7[high, 1] - y, x2 - 2 * x, y2 - 2 * y)
        if side > 0 or (side == 0 and dy > 0):
            for face in (edges.left[edge], edges.right[edge]):
                if face != NONE:
                    touched[n] = face
                    n += 1
                    is_odd[face] = not is_odd[face]
    return n


@kernel
def _is_south(e7: Int32Array, place: Whole, y2: Whole, dx: Whole) -> bool:
    """Whether a place lies to the south of a look to the east, just to the left of a way."""
    doubled = 2 * np.int64(e7[place, 1])
    return bool(doubled < y2 or (doubled == y2 and dx >= 0))
