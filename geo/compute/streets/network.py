"""From ways as a file has them to pieces between junctions.

A junction is a place that routable ways leave in other than two directions: where three or more meet, or where one
ends. So is a place where what a route is told changes (who may go, steps, for cars the class and the signed limit), one
where a turn is restricted, and either side of a gate or bollard that does not let everybody through. A piece runs
between two junctions, however many ways of the file it is made of: where merely the name changes, or on foot the class,
it goes on. It bears the name, the class and the bridge or tunnel mark of its longest part. Lines that nobody may use
are kept one by one, for the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from geo.compute.chains import chains_of, component_of_node
from geo.compute.project import Frame
from geo.compute.streets.steps import (
    Parted,
    Places,
    Steps,
    changes,
    marks_of,
    once,
    parted,
    places_of,
    steps_of,
    turned,
)
from geo.compute.streets.turns import PieceTurns, bends_of, turns_of
from geo.streets import CLOSED, N_TRAVELS, StreetLines, StreetNetwork, is_for_cars, is_routable, is_walkable, read_only
from geo.units import BoolArray, FloatArray, Int32Array, IntArray, UInt8Array

T = TypeVar("T")


@dataclass(frozen=True)
class _Runs:
    """Pieces as runs of places, and the line whose marks each bears."""

    place_of_stop: IntArray
    start_of_run: IntArray
    length_m_of_run: FloatArray
    line_of_run: IntArray
    access_of_run: UInt8Array
    first_line_of_run: IntArray
    """The line of its first step: all its steps agree in what a route is told."""

    @property
    def from_of_run(self) -> IntArray:
        return self.place_of_stop[self.start_of_run[:-1]]

    @property
    def to_of_run(self) -> IntArray:
        return self.place_of_stop[self.start_of_run[1:] - 1]


def build_network(lines: StreetLines) -> StreetNetwork:
    """Cut lines at junctions.

    A stretch that two routable lines share is taken once. Crossing lines without a common point do not meet (a bridge
    over a street). The result does not depend on where the file splits its ways.

    Parameters
    ----------
    lines
        Ways of one file. Points that repeat within a line are passed over; lines without length vanish; turns whose
        ways are not there are left out.

    Returns
    -------
    network
        Routable pieces first, links across gates and bollards among them, then the lines that are only drawn. Nodes are
        numbered along a Hilbert curve; a routable piece runs from its lower node to its higher one. Lengths are taken
        in the local metric frame of all points.

    Source
    ------
    Ours: DECISIONS.md, the rule of a minute. A piece runs between two junctions and its length is summed first.
    """
    places = places_of(lines)
    n_places = len(places.lonlat_of_place)
    every = steps_of(places.place_of_point, lines)
    is_used = is_routable(every.access_of_step)
    steps = once(every.kept(is_used), n_places)
    cut = _cut(steps, places, lines)
    bends = bends_of(lines, places, steps, cut)
    lonlat_of_place = np.repeat(places.lonlat_of_place, np.diff(cut.first_of_place), axis=0)
    xy_m_of_place = Frame.of(lonlat_of_place).to_xy_m(lonlat_of_place)
    is_junction = cut.is_parted | changes(cut.steps, marks_of(cut.steps, lines), len(lonlat_of_place))
    is_junction[bends.via] = True
    routed = _ordered(_routable_runs(cut.steps, is_junction, lines, xy_m_of_place))
    drawn = _ordered(_line_runs(_moved(every.kept(~is_used), cut.first_of_place), xy_m_of_place))
    return _network(routed, drawn, lines, lonlat_of_place, turns_of(lines, bends, *_ends_of(routed)))


def _cut(steps: Steps, places: Places, lines: StreetLines) -> Parted:
    place_of_stop = places.of_keys(lines.key_of_stop)
    is_there = place_of_stop >= 0
    return parted(steps, len(places.lonlat_of_place), place_of_stop[is_there], lines.access_of_stop[is_there])


def _moved(steps: Steps, number_of_place: IntArray) -> Steps:
    return replace(
        steps, from_of_step=number_of_place[steps.from_of_step], to_of_step=number_of_place[steps.to_of_step]
    )


def _ends_of(runs: _Runs) -> tuple[IntArray, IntArray]:
    """(2, n_runs) places at which runs begin and end, and the places next to those along them."""
    start, stop = runs.start_of_run[:-1], runs.start_of_run[1:] - 1
    at, inner = np.stack([start, stop]), np.stack([start + 1, stop - 1])
    return runs.place_of_stop[at], runs.place_of_stop[inner]


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


def _routable_runs(
    steps: Steps, is_junction_of_place: BoolArray, lines: StreetLines, xy_m_of_place: FloatArray
) -> _Runs:
    place_of_stop, start_of_chain, step_of_leg = chains_of(steps.from_of_step, steps.to_of_step, is_junction_of_place)
    legs = steps.kept(step_of_leg)
    length_m_of_leg = _length_m(legs, xy_m_of_place)
    legs_of_chain = np.diff(start_of_chain) - 1
    chain_of_leg = np.repeat(np.arange(len(legs_of_chain)), legs_of_chain)
    first = np.cumsum(legs_of_chain) - legs_of_chain
    is_along = legs.from_of_step[first] == place_of_stop[start_of_chain[:-1]]
    access = legs.access_of_step[first]
    return _Runs(
        place_of_stop,
        start_of_chain,
        _sums_m(chain_of_leg, length_m_of_leg, len(legs_of_chain)),
        _line_of_longest_part(chain_of_leg, legs.line_of_step, length_m_of_leg, lines),
        np.where(is_along[:, None], access, turned(access)),
        legs.line_of_step[first],
    )


def _line_runs(steps: Steps, xy_m_of_place: FloatArray) -> _Runs:
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
    closed = np.full((len(lines), N_TRAVELS), CLOSED, dtype=np.uint8)
    return _Runs(place_of_stop, start_of_run, length_m, lines.astype(np.int64), closed, lines.astype(np.int64))


def _length_m(steps: Steps, xy_m_of_place: FloatArray) -> FloatArray:
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
    return _Runs(
        runs.place_of_stop[np.repeat(start[order], n_stops[order]) + along],
        start_of_run,
        runs.length_m_of_run[order],
        runs.line_of_run[order],
        runs.access_of_run[order],
        runs.first_line_of_run[order],
    )


def _network(
    routed: _Runs, drawn: _Runs, lines: StreetLines, lonlat_of_place: FloatArray, turns: PieceTurns
) -> StreetNetwork:
    """Places become nodes, lines lend their marks."""
    ends = [routed.from_of_run, drawn.from_of_run, routed.to_of_run, drawn.to_of_run]
    places, node_of_end = np.unique(np.concatenate(ends), return_inverse=True)
    from_node, to_node = node_of_end.astype(np.int32).reshape(2, -1)
    length_m = np.concatenate([routed.length_m_of_run, drawn.length_m_of_run])
    access = np.concatenate([routed.access_of_run, drawn.access_of_run])
    walked = is_walkable(access)
    component_m = np.zeros(len(length_m))
    component_m[walked] = component_lengths_m(from_node[walked], to_node[walked], length_m[walked], len(places))
    place_of_stop = np.concatenate([routed.place_of_stop, drawn.place_of_stop])
    start_of_piece = np.concatenate([routed.start_of_run, routed.start_of_run[-1] + drawn.start_of_run[1:]])
    line_of_piece = np.concatenate([routed.line_of_run, drawn.line_of_run])
    first_line_of_piece = np.concatenate([routed.first_line_of_run, drawn.first_line_of_run])
    max_kmh = np.asarray(lines.max_kmh_of_line, dtype=np.float32)[first_line_of_piece]
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
        access_of_piece=read_only(access),
        is_bridge_of_piece=read_only(np.asarray(lines.is_bridge_of_line, dtype=np.bool_)[line_of_piece]),
        is_tunnel_of_piece=read_only(np.asarray(lines.is_tunnel_of_line, dtype=np.bool_)[line_of_piece]),
        is_steps_of_piece=read_only(np.asarray(lines.is_steps_of_line, dtype=np.bool_)[first_line_of_piece]),
        max_kmh_of_piece=read_only(np.where(is_for_cars(access), max_kmh, np.float32(0))),
        from_piece_of_turn=read_only(turns.from_piece),
        via_node_of_turn=read_only(np.searchsorted(places, turns.via_place).astype(np.int32)),
        to_piece_of_turn=read_only(turns.to_piece),
        is_only_of_turn=read_only(turns.is_only),
        is_for_bike_of_turn=read_only(turns.is_for_bike),
        is_for_car_of_turn=read_only(turns.is_for_car),
    )


def _picked(values: Sequence[T], index: IntArray) -> tuple[T, ...]:
    return tuple(values[i] for i in index.tolist())
