"""The streets as they lie on the ground, in metres and indexed: all that does not depend on how fast people walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.compute.chains import component_of_node
from geo.compute.project import Frame
from geo.compute.segments import SegmentIndex, index_lines, segments_of_lines
from geo.compute.snap import Joints, find_joints
from geo.streets import StreetGraph
from geo.units import BoolArray, FloatArray, Int32Array, IntArray


@dataclass(frozen=True)
class Ground:
    """Pieces that may be used, numbered anew, and barriers; one metric frame for all of it."""

    frame: Frame
    n_nodes: int
    """Nodes are those of the graph; some are left without a piece."""
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    length_m_of_piece: FloatArray
    """(n_pieces,) as stored: what walking times are taken from."""
    shape_m_of_piece: FloatArray
    """(n_pieces,) length of the shape in this frame: what the share along a piece is taken of."""
    lonlat_of_point: FloatArray
    """(n_points, 2) points of the pieces, one piece after another."""
    start_of_piece: IntArray
    streets: SegmentIndex
    barriers: SegmentIndex
    n_small_components: int
    """Components below the least length, which are reported and not used."""
    small_components_m: float

    @property
    def n_pieces(self) -> int:
        """How many pieces may be used."""
        return len(self.length_m_of_piece)

    def joints(self, xy_m: FloatArray, max_connector_m: float) -> Joints:
        """All open joints of points, (n, 2) metres in this frame; see :func:`geo.compute.snap.find_joints`."""
        return find_joints(self.streets, self.barriers, xy_m, max_connector_m=max_connector_m, n_pieces=self.n_pieces)


def ground_of(graph: StreetGraph, *, min_component_m: float) -> Ground:
    """Lay out the pieces whose component is long enough.

    Parameters
    ----------
    graph
        Walkable streets, already joined where they come from several sources.
    min_component_m
        Components shorter than this are not used.
    """
    is_used = graph.component_m_of_piece >= min_component_m
    frame = Frame.of(graph.lonlat_of_point)
    points_of_piece = np.diff(graph.start_of_piece)
    lonlat = graph.lonlat_of_point[np.repeat(is_used, points_of_piece)]
    xy_m = frame.to_xy_m(lonlat)
    start = np.concatenate([[0], np.cumsum(points_of_piece[is_used])]).astype(np.int64)
    barrier_xy_m = frame.to_xy_m(graph.lonlat_of_barrier_point)
    # Copies, not views: kernels are compiled once for arrays that may be written, and loaded ones are read-only.
    return Ground(
        frame=frame,
        n_nodes=len(graph.lonlat_of_node),
        from_node_of_piece=graph.from_node_of_piece[is_used].astype(np.int32),
        to_node_of_piece=graph.to_node_of_piece[is_used].astype(np.int32),
        length_m_of_piece=graph.length_m_of_piece[is_used].astype(np.float64),
        shape_m_of_piece=_shape_m(xy_m, start),
        lonlat_of_point=lonlat,
        start_of_piece=start,
        streets=index_lines(xy_m, start),
        barriers=index_lines(barrier_xy_m, graph.start_of_barrier.astype(np.int64)),
        n_small_components=_n_components(graph, ~is_used),
        small_components_m=float(graph.length_m_of_piece[~is_used].sum()),
    )


def _shape_m(xy_m: FloatArray, start_of_piece: IntArray) -> FloatArray:
    """Length of every shape, summed segment by segment from its beginning, as positions along it are."""
    a_xy_m, b_xy_m, piece, along_m = segments_of_lines(xy_m, start_of_piece)
    length_m = np.zeros(len(start_of_piece) - 1)
    is_last = np.diff(piece, append=np.int32(len(length_m))) != 0
    length_m[piece[is_last]] = along_m[is_last] + np.hypot(*(b_xy_m - a_xy_m)[is_last].T)
    return length_m


def _n_components(graph: StreetGraph, is_meant: BoolArray) -> int:
    from_node = graph.from_node_of_piece[is_meant].astype(np.int64)
    to_node = graph.to_node_of_piece[is_meant].astype(np.int64)
    return len(np.unique(component_of_node(from_node, to_node, len(graph.lonlat_of_node))[from_node]))
