"""Which gates lie on which compound's outline, and which in a wall only."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.project import Frame
from geo.streets import Barriers, Gates, Lands, read_only
from geo.units import NONE, FloatArray, IntArray


def gates_of(
    lonlat_of_gate: FloatArray, nearness_m_of_gate: FloatArray, lands: Lands, barriers: Barriers, max_compound_m2: float
) -> Gates:
    """Gates on outlines of compounds and in walls, moved onto them, and the outlines that have one.

    Parameters
    ----------
    lonlat_of_gate, nearness_m_of_gate
        (n, 2) degrees and (n,): points that count as gates of what lies this near.
    lands
        Those of kind compound have outlines: the outer ring of each part. Rings within rings are courts.
    barriers
        Those of kind wall that stop walkers are walls.
    max_compound_m2
        Larger parts of a land are no compounds.

    Returns
    -------
    gates
        First those on outlines, then those in walls only; points near neither are left out.
    """
    frame = Frame.of(lonlat_of_gate) if len(lonlat_of_gate) else None
    if frame is None:
        return Gates()
    points = shapely.points(frame.to_xy_m(lonlat_of_gate))
    rings, ring_xy_m = _rings(lands, frame, max_compound_m2)
    gate, ring = _near(points, nearness_m_of_gate, ring_xy_m)
    walls = _walls(barriers, frame)
    in_wall, wall = _near(points, nearness_m_of_gate, walls)
    nearest = _nearest(points, walls, in_wall, wall, gate)
    used, outline_of_gate = np.unique(ring, return_inverse=True)
    moved = np.concatenate(
        [_onto(ring_xy_m[ring], points[gate]), _onto(walls[wall[nearest]], points[in_wall[nearest]])]
    )
    outlines = shapely.get_coordinates(rings[used])
    counts = shapely.get_num_coordinates(rings[used])
    return Gates(
        lonlat_of_gate=read_only(frame.to_lonlat(moved)),
        outline_of_gate=read_only(np.concatenate([outline_of_gate, np.full(len(nearest), NONE)]).astype(np.int32)),
        lonlat_of_outline_point=read_only(outlines),
        start_of_outline=read_only(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)),
    )


def _rings(lands: Lands, frame: Frame, max_compound_m2: float) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Outer rings of compounds, in degrees and in metres."""
    wkb = [shape for shape, kind in zip(lands.wkb, lands.kind, strict=True) if kind == "compound"]
    # in normal form, so that it does not matter where a file begins a ring and which way round it goes
    parts = shapely.normalize(shapely.get_parts(shapely.from_wkb(np.array(wkb, dtype=object))))
    rings = shapely.get_exterior_ring(parts)
    rings_xy_m = _in_metres(rings, frame)
    is_small = shapely.area(shapely.polygons(rings_xy_m)) <= max_compound_m2
    return rings[is_small], rings_xy_m[is_small]


def _walls(barriers: Barriers, frame: Frame) -> NDArray[np.object_]:
    is_wall = np.array([kind == "wall" for kind in barriers.kind_of_line], dtype=np.bool_)
    counts = np.diff(barriers.start_of_line)
    is_meant = np.repeat(is_wall & barriers.stops_walkers_of_line & (counts > 1), counts)
    line = np.repeat(np.arange(len(counts)), counts)[is_meant]
    _, number = np.unique(line, return_inverse=True)
    walls: NDArray[np.object_] = shapely.linestrings(frame.to_xy_m(barriers.lonlat_of_point[is_meant]), indices=number)
    return walls


def _in_metres(shapes: NDArray[np.object_], frame: Frame) -> NDArray[np.object_]:
    ring = np.repeat(np.arange(len(shapes)), shapely.get_num_coordinates(shapes))
    made: NDArray[np.object_] = shapely.linearrings(frame.to_xy_m(shapely.get_coordinates(shapes)), indices=ring)
    return made


def _near(points: NDArray[np.object_], nearness_m: FloatArray, lines: NDArray[np.object_]) -> tuple[IntArray, IntArray]:
    """Points and lines that lie near each other, in the order of both."""
    point, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=nearness_m)
    order = np.lexsort((line, point))
    return point[order], line[order]


def _nearest(
    points: NDArray[np.object_], walls: NDArray[np.object_], point: IntArray, wall: IntArray, taken: IntArray
) -> IntArray:
    """Of every point that is not taken the pair with its nearest wall."""
    free = np.flatnonzero(~np.isin(point, taken))
    far_m = shapely.distance(points[point[free]], walls[wall[free]])
    order = np.lexsort((far_m, point[free]))
    _, first = np.unique(point[free][order], return_index=True)
    found: IntArray = free[order][first]
    return found


def _onto(lines: NDArray[np.object_], points: NDArray[np.object_]) -> FloatArray:
    along = shapely.line_locate_point(lines, points)
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines, along)).reshape(-1, 2))
