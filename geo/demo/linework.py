"""Lines that cross and abut, cut where they meet: the city's ways and, between them, its faces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from geo.units import IntArray

STEP_M: Final = 0.1
"""Nodes fall on multiples of this, so that no two differ by rounding alone."""

OVERSHOOT_M: Final = 0.4
"""Lines that shall end on another run this much over it, and the stub is dropped after cutting."""


def overshoot(line: LineString, metres: float = OVERSHOOT_M) -> LineString:
    """The line, longer by ``metres`` at both ends."""
    xy = shapely.get_coordinates(line)
    for end, inner in ((0, 1), (-1, -2)):
        ahead = xy[end] - xy[inner]
        xy[end] = xy[end] + ahead / np.hypot(*ahead) * metres
    return LineString(xy)


def cut(lines: Sequence[LineString]) -> tuple[NDArray[np.object_], IntArray]:
    """Cut lines wherever two of them touch.

    Returns
    -------
    edges, line_of_edge
        (n_edges,) LineStrings on whole multiples of STEP_M; the line that each came from, the first where two coincide.
    """
    sources = np.array(lines, dtype=object)
    edges = shapely.get_parts(shapely.unary_union(sources, grid_size=STEP_M))
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    of_edge, of_line = shapely.STRtree(sources).query_nearest(middles, all_matches=True)
    line_of_edge = np.full(len(edges), len(lines), dtype=np.int64)
    np.minimum.at(line_of_edge, of_edge, of_line)
    return edges, line_of_edge


def ways(lines: Sequence[LineString]) -> list[list[LineString]]:
    """For every line the ways it becomes, with a vertex wherever it meets another; stubs of overshooting dropped."""
    edges, line_of_edge = cut(lines)
    whole = ~_is_stub(edges)
    edges, line_of_edge = edges[whole], line_of_edge[whole]
    order = np.argsort(line_of_edge, kind="stable")
    starts = np.searchsorted(line_of_edge[order], np.arange(len(lines) + 1))
    return [_joined(edges[order[a:b]]) for a, b in pairwise(starts)]


def faces(lines: Sequence[LineString]) -> NDArray[np.object_]:
    """The faces between lines, with a vertex wherever lines meet, so that neighbours share theirs exactly."""
    edges, _ = cut(lines)
    return np.asarray(shapely.get_parts(shapely.polygonize(edges)))


def _is_stub(edges: NDArray[np.object_]) -> Any:
    ends = np.stack([shapely.get_coordinates(shapely.get_point(edges, i)) for i in (0, -1)], axis=1)
    _, node, count = np.unique(np.round(ends.reshape(-1, 2) / STEP_M), axis=0, return_inverse=True, return_counts=True)
    is_loose = (count[node] == 1).reshape(-1, 2).any(axis=1)
    return is_loose & (shapely.length(edges) < 2 * OVERSHOOT_M)


def _joined(edges: NDArray[np.object_]) -> list[LineString]:
    if len(edges) == 0:
        return []
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(edges))))


def largest(shape: Any) -> Polygon:
    """The largest polygon of a shape; an empty one if it has none."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: part.area, default=Polygon())


def in_largest_component(lines: Sequence[LineString]) -> list[bool]:
    """Whether each line hangs together with most of the others, over shared vertices."""
    points = [map(tuple, shapely.get_coordinates(line).tolist()) for line in lines]
    lines_of_point: dict[tuple[float, ...], list[int]] = {}
    for number, line in enumerate(points):
        for point in line:
            lines_of_point.setdefault(point, []).append(number)
    neighbours: list[set[int]] = [set() for _ in lines]
    for meeting in lines_of_point.values():
        for number in meeting:
            neighbours[number].update(meeting)
    component = [-1] * len(lines)
    for start in range(len(lines)):
        waiting = [start] if component[start] < 0 else []
        while waiting:
            number = waiting.pop()
            if component[number] < 0:
                component[number] = start
                waiting.extend(neighbours[number])
    largest_one = max(set(component), key=component.count, default=0)
    return [found == largest_one for found in component]
