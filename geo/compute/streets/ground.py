"""The streets as they lie on the ground, in metres and indexed: all that does not depend on how fast people move.

There is one ground for walkers, one for bikes and one for cars: each has the pieces that may be used that way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.compute.chains import component_of_node
from geo.compute.project import Frame
from geo.compute.segments import SegmentIndex, index_lines, segments_of_lines
from geo.compute.streets.gates import (
    Compounds,
    Gateways,
    Reaches,
    compounds_of,
    gateways_of,
    joints_of_gates,
    with_gates,
)
from geo.compute.streets.network import component_lengths_m
from geo.compute.streets.snap import Joints, find_joints
from geo.rules.modes import Travel
from geo.streets import BIKE_BACKWARD, BIKE_FORWARD, CAR_BACKWARD, CAR_FORWARD, CLOSED, FOOT, StreetGraph
from geo.units import NONE, BoolArray, Float32Array, FloatArray, Int32Array, IntArray, UInt8Array

COLUMNS: dict[Travel, tuple[int, int]] = {
    "foot": (FOOT, FOOT),
    "bike": (BIKE_FORWARD, BIKE_BACKWARD),
    "car": (CAR_FORWARD, CAR_BACKWARD),
}
"""Where a row of access speaks of a travel: forward, backward."""


@dataclass(frozen=True)
class Ground:
    """Pieces that may be used, numbered anew, barriers and gates; one metric frame for all of it."""

    travel: Travel
    frame: Frame
    n_nodes: int
    """Nodes are those of the graph; some are left without a piece."""
    number_of_piece: Int32Array
    """(n_pieces,) which piece of the graph each is."""
    from_node_of_piece: Int32Array
    to_node_of_piece: Int32Array
    length_m_of_piece: FloatArray
    """(n_pieces,) as stored: what times are taken from. 0 where the piece joins the two sides of a gate or bollard."""
    shape_m_of_piece: FloatArray
    """(n_pieces,) length of the shape in this frame: what the share along a piece is taken of."""
    access_of_side: UInt8Array
    """(2 * n_pieces,) CLOSED, OPEN or ENDS_ONLY, as the tags say: forward and backward of each piece."""
    is_steps_of_piece: BoolArray
    max_kmh_of_piece: Float32Array
    """(n_pieces,) as signed for cars; 0 where nothing is."""
    highways: Sequence[str]
    """OpenStreetMap classes."""
    highway_of_piece: Int32Array
    """(n_pieces,) index into the classes."""
    from_piece_of_turn: Int32Array
    """(n_turns,) turn restrictions of this travel: see :class:`geo.streets.StreetGraph`."""
    via_node_of_turn: Int32Array
    to_piece_of_turn: Int32Array
    is_only_of_turn: BoolArray
    lonlat_of_point: FloatArray
    """(n_points, 2) points of the pieces, one piece after another."""
    start_of_piece: IntArray
    streets: SegmentIndex
    """Of the pieces that have a length: nobody begins a trip inside a gate."""
    barriers: SegmentIndex
    gateways: Gateways
    max_inside_m: float
    """Longest straight way from a point inside a compound to its gate."""
    n_small_components: int
    """Components below the least length, which are reported and not used."""
    small_components_m: float

    @property
    def n_pieces(self) -> int:
        """How many pieces may be used."""
        return len(self.length_m_of_piece)

    def joints(self, xy_m: FloatArray, max_connector_m: float, of_gates: Joints | None = None) -> Joints:
        """All open joints of points, (n, 2) metres in this frame.

        See :func:`geo.compute.streets.snap.find_joints` and, for compounds, :mod:`geo.compute.streets.gates`. Whoever
        asks about one place after the other gives what :meth:`gate_joints` found.
        """
        direct = find_joints(self.streets, self.barriers, xy_m, max_connector_m=max_connector_m, n_pieces=self.n_pieces)
        if not len(self.gateways.xy_m_of_gate):
            return direct
        far = Reaches(max_connector_m, self.max_inside_m)
        gates = self.gateways, self._compounds
        return with_gates(direct, xy_m, gates, (self.streets, self.barriers, self.n_pieces), far, of_gates)

    def gate_joints(self, max_connector_m: float) -> Joints:
        """Where all gates lead to."""
        gates, far = np.arange(len(self.gateways.xy_m_of_gate)), Reaches(max_connector_m, self.max_inside_m)
        return joints_of_gates(self.gateways, gates, (self.streets, self.barriers, self.n_pieces), far)

    @cached_property
    def _compounds(self) -> Compounds:
        return compounds_of(self.gateways)


def ground_of(
    graph: StreetGraph, *, min_component_m: float, travel: Travel = "foot", max_inside_m: float = np.inf
) -> Ground:
    """Lay out the pieces that one travel may use and whose component is long enough.

    Parameters
    ----------
    graph
        Routable streets, already joined where they come from several sources.
    min_component_m
        Components shorter than this are not used.
    travel
        Whose streets.
    max_inside_m
        Longest straight way from a point inside a compound to its gate.
    """
    access = graph.access_of_piece[:, list(COLUMNS[travel])]
    is_meant = (access != CLOSED).any(axis=1)
    component_m = _component_m(graph, travel, is_meant)
    is_used, is_small = is_meant & (component_m >= min_component_m), is_meant & (component_m < min_component_m)
    frame = Frame.of(graph.lonlat_of_point)
    points_of_piece = np.diff(graph.start_of_piece)
    lonlat = graph.lonlat_of_point[np.repeat(is_used, points_of_piece)]
    xy_m = frame.to_xy_m(lonlat)
    start = np.concatenate([[0], np.cumsum(points_of_piece[is_used])]).astype(np.int64)
    from_piece, via_node, to_piece, is_only = _turns(graph, travel, is_used)
    highways = sorted(set(graph.highway_of_piece))
    code = {highway: i for i, highway in enumerate(highways)}
    # Copies, not views: kernels are compiled once for arrays that may be written, and loaded ones are read-only.
    return Ground(
        travel=travel,
        frame=frame,
        n_nodes=len(graph.lonlat_of_node),
        number_of_piece=np.flatnonzero(is_used).astype(np.int32),
        from_node_of_piece=graph.from_node_of_piece[is_used].astype(np.int32),
        to_node_of_piece=graph.to_node_of_piece[is_used].astype(np.int32),
        length_m_of_piece=graph.length_m_of_piece[is_used].astype(np.float64),
        shape_m_of_piece=_shape_m(xy_m, start),
        access_of_side=access[is_used].astype(np.uint8).reshape(-1),
        is_steps_of_piece=graph.is_steps_of_piece[is_used].astype(np.bool_),
        max_kmh_of_piece=graph.max_kmh_of_piece[is_used].astype(np.float32),
        highways=highways,
        highway_of_piece=np.array([code[highway] for highway in graph.highway_of_piece], dtype=np.int32)[is_used],
        from_piece_of_turn=from_piece,
        via_node_of_turn=via_node,
        to_piece_of_turn=to_piece,
        is_only_of_turn=is_only,
        lonlat_of_point=lonlat,
        start_of_piece=start,
        streets=_indexed(xy_m, start, graph.length_m_of_piece[is_used] > 0),
        barriers=index_lines(frame.to_xy_m(graph.lonlat_of_barrier_point), graph.start_of_barrier.astype(np.int64)),
        gateways=gateways_of(
            frame.to_xy_m(graph.lonlat_of_gate),
            graph.outline_of_gate.astype(np.int32),
            frame.to_xy_m(graph.lonlat_of_outline_point),
            graph.start_of_outline.astype(np.int64),
        ),
        max_inside_m=max_inside_m,
        n_small_components=_n_components(graph, is_small),
        small_components_m=float(graph.length_m_of_piece[is_small].sum()),
    )


def _component_m(graph: StreetGraph, travel: Travel, is_meant: BoolArray) -> FloatArray:
    """(n_pieces of the graph,) length of what hangs together for this travel; 0 where it may not go."""
    if travel == "foot":
        return graph.component_m_of_piece
    component_m = np.zeros(len(is_meant))
    component_m[is_meant] = component_lengths_m(
        graph.from_node_of_piece[is_meant],
        graph.to_node_of_piece[is_meant],
        graph.length_m_of_piece[is_meant],
        len(graph.lonlat_of_node),
    )
    return component_m


def _turns(
    graph: StreetGraph, travel: Travel, is_used: BoolArray
) -> tuple[Int32Array, Int32Array, Int32Array, BoolArray]:
    """Restrictions of this travel between used pieces, by their new numbers: from, via, to, only. Walkers have none."""
    applies = {"foot": np.False_, "bike": graph.is_for_bike_of_turn, "car": graph.is_for_car_of_turn}[travel]
    number = np.where(is_used, np.cumsum(is_used) - 1, NONE).astype(np.int32)
    from_piece, to_piece = number[graph.from_piece_of_turn], number[graph.to_piece_of_turn]
    counts = applies & (from_piece != NONE) & (to_piece != NONE)
    via = graph.via_node_of_turn.astype(np.int32)
    return from_piece[counts], via[counts], to_piece[counts], graph.is_only_of_turn[counts].astype(np.bool_)


def _indexed(xy_m: FloatArray, start_of_piece: IntArray, has_length: BoolArray) -> SegmentIndex:
    """The segments of pieces that have a length; the others keep their number and have no segment."""
    points_of_piece = np.diff(start_of_piece)
    start = np.concatenate([[0], np.cumsum(np.where(has_length, points_of_piece, 0))]).astype(np.int64)
    return index_lines(xy_m[np.repeat(has_length, points_of_piece)], start)


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
