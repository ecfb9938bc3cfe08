"""Towns drawn in metres, moved through by hand: Dijkstra as the textbook has it, with no kernel of ours.

A way is ``way((0, 0), (100, 0), access=..., is_steps=True, max_kmh=30, ...)``; ways meet where they share a point.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from geo.compute.streets.ground import ground_of
from geo.compute.streets.joined import graph_parts
from geo.compute.streets.net import Net, Stops, reverse, reversed_stops, stops_of
from geo.compute.streets.network import build_network
from geo.compute.streets.ways import net_of
from geo.rules.modes import mode, surface
from geo.streets import CLOSED, ENDS_ONLY, OPEN, Barriers, StreetGraph, StreetLines, place_keys
from geo.units import NONE
from tests.drawn_streets import FRAME, NO_BARRIERS, XY, barriers_of, lines_of, lonlat_of

FREE = (OPEN,) * 5
PRIVATE = (ENDS_ONLY,) * 5
ONE_WAY = (OPEN, OPEN, CLOSED, OPEN, CLOSED)
"""For bikes and cars, as drawn; walkers go both ways."""

Line = dict[str, Any]


def way(*points: XY, access: Sequence[int] = FREE, **marks: Any) -> Line:
    return {"way": list(points), "access": access, **marks}


def with_stop(lines: StreetLines, at: XY, access: Sequence[int]) -> StreetLines:
    """The same ways with a gate or bollard in them."""
    return replace(
        lines,
        key_of_stop=np.append(lines.key_of_stop, place_keys(lonlat_of([at]))),
        access_of_stop=np.concatenate([lines.access_of_stop, np.array([access], np.uint8)]),
    )


def with_turn(lines: StreetLines, before: XY, via: XY, after: XY, *, is_only: bool) -> StreetLines:
    """The same ways with a restriction for bikes and cars; the three are neighbouring points of ways."""
    keys = place_keys(lonlat_of([before, via, after]))
    return replace(
        lines,
        from_key_of_turn=np.append(lines.from_key_of_turn, keys[0]),
        via_key_of_turn=np.append(lines.via_key_of_turn, keys[1]),
        to_key_of_turn=np.append(lines.to_key_of_turn, keys[2]),
        is_only_of_turn=np.append(lines.is_only_of_turn, is_only),
        is_for_bike_of_turn=np.append(lines.is_for_bike_of_turn, True),
        is_for_car_of_turn=np.append(lines.is_for_car_of_turn, True),
    )


def town(*ways: Line, barriers: Barriers = NO_BARRIERS) -> StreetGraph:
    return graph_of_lines(lines_of(*ways), barriers)


def wall(*points: XY) -> Barriers:
    return barriers_of(("wall", list(points), True))


def graph_of_lines(lines: StreetLines, barriers: Barriers = NO_BARRIERS) -> StreetGraph:
    return StreetGraph(
        network_ids=(1,),
        arrays_hash="drawn",
        network_date=None,
        **graph_parts(build_network(lines)),
        lonlat_of_barrier_point=barriers.lonlat_of_point,
        start_of_barrier=barriers.start_of_line,
    )


def with_gates(graph: StreetGraph, outlines: Sequence[Sequence[XY]], gates: Sequence[tuple[XY, int]]) -> StreetGraph:
    """The same streets with compounds, drawn as rings without their last point, and gates in them."""
    rings = [[*outline, outline[0]] for outline in outlines]
    return replace(
        graph,
        lonlat_of_gate=lonlat_of([at for at, _ in gates]),
        outline_of_gate=np.array([outline for _, outline in gates], dtype=np.int32),
        lonlat_of_outline_point=lonlat_of([point for ring in rings for point in ring]),
        start_of_outline=np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64),
    )


def trip_ds(
    graph: StreetGraph, key: str, begin: XY, end: XY, *, on: str = "dry", max_m: float = 50.0, turned: bool = False
) -> int | None:
    """Deciseconds of a trip; None where there is none. ``turned``: searched from its end on the reversed network."""
    how, ground_surface = mode(key), surface(on)
    ground = ground_of(graph, min_component_m=0, travel=how.travel)
    net = net_of(ground, how, ground_surface)
    xy_m = ground.frame.to_xy_m(FRAME.to_lonlat(np.array([begin, end], dtype=float)))
    points = [
        stops_of(ground, net, ground.joints(xy_m[i : i + 1], max_m), how.ds_per_m_on(ground_surface)) for i in (0, 1)
    ]
    if turned:
        points = [reversed_stops(net, stops) for stops in reversed(points)]
        net = reverse(net)
    return shortest_ds(net, *points)


def shortest_ds(net: Net, begin: Stops, end: Stops) -> int | None:
    """Least time from the first point to the second, each one point's joints."""
    times = dict[int, int]()
    waiting = [
        (connector + int(net.ds_of_side[side]) - int(at[side & 1]), int(vertex))
        for piece, at, connector in joints_of(begin)
        for side in open_sides(net, piece)
        for vertex in net.vertex_of_leave[net.start_of_leave[side] : net.start_of_leave[side + 1]]
    ]
    heapq.heapify(waiting)
    while waiting:
        ds, vertex = heapq.heappop(waiting)
        if vertex in times:
            continue
        times[vertex] = ds
        for head, arc_ds in net.arcs[net.start_of_vertex[vertex] : net.start_of_vertex[vertex + 1]].tolist():
            heapq.heappush(waiting, (ds + arc_ds, head))
    found = [
        times[vertex] + int(at[side & 1]) + connector
        for piece, at, connector in joints_of(end)
        for side in open_sides(net, piece)
        for vertex in net.vertex_of_enter[net.start_of_enter[side] : net.start_of_enter[side + 1]].tolist()
        if vertex in times
    ]
    found += [
        connector + int(there[side & 1] - here[side & 1]) + other
        for piece, here, connector in joints_of(begin)
        for other_piece, there, other in joints_of(end)
        if other_piece == piece
        for side in open_sides(net, piece)
        if there[side & 1] >= here[side & 1]
    ]
    return min(found, default=None)


def joints_of(stops: Stops) -> list[tuple[int, np.ndarray, int]]:
    """Piece, both times along it, connector."""
    return list(
        zip(
            stops.piece_of_joint.tolist(),
            stops.at_ds_of_joint,
            stops.connector_ds_of_joint.tolist(),
            strict=True,
        )
    )


def open_sides(net: Net, piece: int) -> list[int]:
    return [side for side in (2 * piece, 2 * piece + 1) if net.ds_of_side[side] != NONE]
