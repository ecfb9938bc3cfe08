"""From ways as a file has them to pieces between junctions.

A junction is a place that walkable ways leave in other than two directions: where three or more meet, or where one
ends. A piece runs between two junctions, however many ways of the file it is made of: a place where merely the name or
the class changes does not end it. It bears the name, the class and the bridge or tunnel mark of its longest part.
Lines that nobody may walk are kept one by one, for the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from geo.compute.chains import chains_of, component_of_node
from geo.compute.hilbert import hilbert_order
from geo.compute.project import Frame
from geo.streets import StreetGraph, StreetLines, StreetNetwork, place_keys, read_only
from geo.units import BoolArray, FloatArray, Int32Array, IntArray

T = TypeVar("T")


@dataclass(frozen=True)
class _Steps:
    """Straight steps between neighbouring points of a line, with the line they are of."""

    from_of_step: IntArray
    to_of_step: IntArray
    line_of_step: IntArray

    def kept(self, index: IntArray | BoolArray) -> _Steps:
        return _Steps(self.from_of_step[index], self.to_of_step[index], self.line_of_step[index])


@dataclass(frozen=True)
class _Runs:
    """Pieces as runs of places, and the line whose marks each bears."""

    place_of_stop: IntArray
    start_of_run: IntArray
    length_m_of_run: FloatArray
    line_of_run: IntArray

    @property
    def from_of_run(self) -> IntArray:
        return self.place_of_stop[self.start_of_run[:-1]]

    @property
    def to_of_run(self) -> IntArray:
        return self.place_of_stop[self.start_of_run[1:] - 1]


def build_network(lines: StreetLines) -> StreetNetwork:
    """Cut lines at junctions.

    A stretch that two walkable lines share is taken once, from the earlier line. Crossing lines without a common point
    do not meet (a bridge over a street). The result does not depend on where the file splits its ways.

    Parameters
    ----------
    lines
        Ways of one file. Points that repeat within a line are passed over; lines without length vanish.

    Returns
    -------
    network
        Walkable pieces first, then the lines that are not walkable. Nodes are numbered along a Hilbert curve; a
        walkable piece runs from its lower node to its higher one. Lengths are taken in the local metric frame of all
        points.

    Source
    ------
    Ours: DECISIONS.md, the rule of a minute. A piece runs between two junctions and its length is summed first.
    """
    place_of_point, lonlat_of_place = _places(lines)
    xy_m_of_place = Frame.of(lonlat_of_place).to_xy_m(lonlat_of_place)
    steps = _steps(place_of_point, lines.start_of_line)
    is_walkable_of_step = np.asarray(lines.is_walkable_of_line, dtype=np.bool_)[steps.line_of_step]
    walkable_steps = _once(steps.kept(is_walkable_of_step), len(lonlat_of_place))
    walked = _ordered(_walkable_runs(walkable_steps, lines, xy_m_of_place))
    drawn = _ordered(_line_runs(steps.kept(~is_walkable_of_step), xy_m_of_place))
    return _network(walked, drawn, lines, lonlat_of_place)


def joined(graph: StreetGraph) -> StreetGraph:
    """The graph of several live networks, cut anew where one network's ways touch the other's.

    A path of one's own that ends halfway along a street of another file then meets that street, ways that two files
    both have are taken once, and the length of a component counts all files. One network comes back as it is.
    """
    if len(graph.network_ids) < 2:
        return graph
    n_pieces = len(graph.length_m_of_piece)
    nobody = np.zeros(n_pieces, dtype=np.bool_)
    network = build_network(
        StreetLines(
            lonlat_of_point=graph.lonlat_of_point,
            key_of_point=place_keys(graph.lonlat_of_point),
            start_of_line=graph.start_of_piece,
            highway_of_line=[""] * n_pieces,
            name_of_line=graph.name_of_piece,
            is_walkable_of_line=~nobody,
            is_bridge_of_line=nobody,
            is_tunnel_of_line=nobody,
        )
    )
    return replace(
        graph,
        lonlat_of_node=network.lonlat_of_node,
        from_node_of_piece=network.from_node_of_piece,
        to_node_of_piece=network.to_node_of_piece,
        length_m_of_piece=network.length_m_of_piece,
        component_m_of_piece=network.component_m_of_piece,
        lonlat_of_point=network.lonlat_of_point,
        start_of_piece=network.start_of_piece,
        name_of_piece=network.name_of_piece,
    )


def component_lengths_m(from_node: Int32Array, to_node: Int32Array, length_m: FloatArray, n_nodes: int) -> FloatArray:
    """For every piece the length of all ways that hang together with it.

    Parameters
    ----------
    from_node, to_node, length_m
        (n_pieces,) walkable pieces.
    n_nodes
        Number of nodes.
    """
    component = component_of_node(from_node.astype(np.int64), to_node.astype(np.int64), n_nodes)[from_node]
    return _sums_m(component, length_m, n_nodes)[component]


def components_m(network: StreetNetwork) -> FloatArray:
    """Length of every walkable component, the longest first."""
    walkable = network.is_walkable_of_piece
    from_node, to_node = network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]
    component = component_of_node(from_node.astype(np.int64), to_node.astype(np.int64), len(network.lonlat_of_node))
    _, number_of_piece = np.unique(component[from_node], return_inverse=True)
    lengths_m = _sums_m(number_of_piece, network.length_m_of_piece[walkable], 0)
    return np.sort(lengths_m)[::-1]


def _places(lines: StreetLines) -> tuple[IntArray, FloatArray]:
    """Points with one key are one place; places are numbered along a Hilbert curve."""
    _, first_point, place_of_point = np.unique(lines.key_of_point, return_index=True, return_inverse=True)
    lonlat_of_place = lines.lonlat_of_point[first_point].reshape(-1, 2)
    order = hilbert_order(lonlat_of_place)
    number_of_place = np.empty(len(order), dtype=np.int64)
    number_of_place[order] = np.arange(len(order))
    return number_of_place[place_of_point], lonlat_of_place[order]


def _steps(place_of_point: IntArray, start_of_line: IntArray) -> _Steps:
    """All steps of all lines that lead somewhere."""
    line_of_point = np.repeat(np.arange(len(start_of_line) - 1), np.diff(start_of_line))
    from_of_step, to_of_step = place_of_point[:-1], place_of_point[1:]
    leads = (line_of_point[:-1] == line_of_point[1:]) & (from_of_step != to_of_step)
    return _Steps(from_of_step, to_of_step, line_of_point[:-1]).kept(leads)


def _once(steps: _Steps, n_places: int) -> _Steps:
    """Steps between the same two places only once, as of the first line that has them; from low to high, in that order.

    So the chains made of them do not depend on which way a line of the file runs.
    """
    low, high = np.minimum(steps.from_of_step, steps.to_of_step), np.maximum(steps.from_of_step, steps.to_of_step)
    _, first = np.unique(low * n_places + high, return_index=True)
    return _Steps(low[first], high[first], steps.line_of_step[first])


def _walkable_runs(steps: _Steps, lines: StreetLines, xy_m_of_place: FloatArray) -> _Runs:
    place_of_stop, start_of_chain, step_of_leg = chains_of(steps.from_of_step, steps.to_of_step, len(xy_m_of_place))
    legs = steps.kept(step_of_leg)
    length_m_of_leg = _length_m(legs, xy_m_of_place)
    legs_of_chain = np.diff(start_of_chain) - 1
    chain_of_leg = np.repeat(np.arange(len(legs_of_chain)), legs_of_chain)
    return _Runs(
        place_of_stop,
        start_of_chain,
        _sums_m(chain_of_leg, length_m_of_leg, len(legs_of_chain)),
        _line_of_longest_part(chain_of_leg, legs.line_of_step, length_m_of_leg, lines),
    )


def _line_runs(steps: _Steps, xy_m_of_place: FloatArray) -> _Runs:
    """Lines as they are, each one run."""
    lines, first_step, n_steps = np.unique(steps.line_of_step, return_index=True, return_counts=True)
    start_of_run = np.concatenate([[0], np.cumsum(n_steps + 1)])
    place_of_stop = np.empty(start_of_run[-1], dtype=np.int64)
    place_of_stop[start_of_run[:-1]] = steps.from_of_step[first_step]
    is_later = np.ones(len(place_of_stop), dtype=np.bool_)
    is_later[start_of_run[:-1]] = False
    place_of_stop[is_later] = steps.to_of_step
    run_of_step = np.repeat(np.arange(len(lines)), n_steps)
    length_m = _sums_m(run_of_step, _length_m(steps, xy_m_of_place), len(lines))
    return _Runs(place_of_stop, start_of_run, length_m, lines.astype(np.int64))


def _length_m(steps: _Steps, xy_m_of_place: FloatArray) -> FloatArray:
    along_xy_m = xy_m_of_place[steps.to_of_step] - xy_m_of_place[steps.from_of_step]
    return np.hypot(along_xy_m[:, 0], along_xy_m[:, 1])


def _sums_m(group_of_item: IntArray, length_m_of_item: FloatArray, n_groups: int) -> FloatArray:
    return np.bincount(group_of_item, weights=length_m_of_item, minlength=n_groups).astype(np.float64)


def _line_of_longest_part(
    chain_of_leg: IntArray, line_of_leg: IntArray, length_m_of_leg: FloatArray, lines: StreetLines
) -> IntArray:
    """For every chain a line that bears the marks (class, name, bridge, tunnel) of most of its length.

    Marks are summed over all lines that share them, so that splitting a way changes nothing; a tie goes to the marks
    that come first in alphabetical order.
    """
    mark_of_line, line_of_mark = _marks(lines)
    part_of_leg = chain_of_leg * len(line_of_mark) + mark_of_line[line_of_leg]
    parts, part_index_of_leg = np.unique(part_of_leg, return_inverse=True)
    length_m_of_part = _sums_m(part_index_of_leg, length_m_of_leg, len(parts))
    chain_of_part, mark_of_part = np.divmod(parts, max(len(line_of_mark), 1))
    order = np.lexsort((mark_of_part, -length_m_of_part, chain_of_part))
    _, first = np.unique(chain_of_part[order], return_index=True)
    longest: IntArray = line_of_mark[mark_of_part[order][first]]
    return longest


def _marks(lines: StreetLines) -> tuple[IntArray, IntArray]:
    """Equal marks get equal numbers, in alphabetical order; and one line that bears each."""
    marks = list(
        zip(
            lines.highway_of_line,
            [name or "" for name in lines.name_of_line],
            np.asarray(lines.is_bridge_of_line).tolist(),
            np.asarray(lines.is_tunnel_of_line).tolist(),
            strict=True,
        )
    )
    line_of = {mark: line for line, mark in reversed(list(enumerate(marks)))}
    number_of = {mark: number for number, mark in enumerate(sorted(line_of))}
    mark_of_line = np.array([number_of[mark] for mark in marks], dtype=np.int64)
    return mark_of_line, np.array([line_of[mark] for mark in sorted(line_of)], dtype=np.int64)


def _ordered(runs: _Runs) -> _Runs:
    """The runs in the order of their ends."""
    start, n_stops = runs.start_of_run[:-1], np.diff(runs.start_of_run)
    order = np.lexsort((runs.place_of_stop[start + 1], runs.length_m_of_run, runs.to_of_run, runs.from_of_run))
    start_of_run = np.concatenate([[0], np.cumsum(n_stops[order])])
    along = np.arange(start_of_run[-1]) - np.repeat(start_of_run[:-1], n_stops[order])
    take = np.repeat(start[order], n_stops[order]) + along
    return _Runs(runs.place_of_stop[take], start_of_run, runs.length_m_of_run[order], runs.line_of_run[order])


def _network(walked: _Runs, drawn: _Runs, lines: StreetLines, lonlat_of_place: FloatArray) -> StreetNetwork:
    """Places become nodes, lines lend their marks."""
    ends = [walked.from_of_run, drawn.from_of_run, walked.to_of_run, drawn.to_of_run]
    places, node_of_end = np.unique(np.concatenate(ends), return_inverse=True)
    from_node, to_node = node_of_end.astype(np.int32).reshape(2, -1)
    n_walked = len(walked.line_of_run)
    length_m = np.concatenate([walked.length_m_of_run, drawn.length_m_of_run])
    is_walkable = np.arange(len(length_m)) < n_walked
    component_m = np.zeros(len(length_m))
    component_m[:n_walked] = component_lengths_m(
        from_node[:n_walked], to_node[:n_walked], walked.length_m_of_run, len(places)
    )
    place_of_stop = np.concatenate([walked.place_of_stop, drawn.place_of_stop])
    start_of_piece = np.concatenate([walked.start_of_run, walked.start_of_run[-1] + drawn.start_of_run[1:]])
    line_of_piece = np.concatenate([walked.line_of_run, drawn.line_of_run])
    return StreetNetwork(
        lonlat_of_node=read_only(lonlat_of_place[places]),
        from_node_of_piece=read_only(from_node),
        to_node_of_piece=read_only(to_node),
        length_m_of_piece=read_only(length_m),
        component_m_of_piece=read_only(component_m),
        lonlat_of_point=read_only(lonlat_of_place[place_of_stop]),
        start_of_piece=read_only(start_of_piece),
        highway_of_piece=_picked(lines.highway_of_line, line_of_piece),
        name_of_piece=_picked(lines.name_of_line, line_of_piece),
        is_walkable_of_piece=read_only(is_walkable),
        is_bridge_of_piece=read_only(np.asarray(lines.is_bridge_of_line, dtype=np.bool_)[line_of_piece]),
        is_tunnel_of_piece=read_only(np.asarray(lines.is_tunnel_of_line, dtype=np.bool_)[line_of_piece]),
    )


def _picked(values: Sequence[T], index: IntArray) -> tuple[T, ...]:
    return tuple(values[i] for i in index.tolist())
