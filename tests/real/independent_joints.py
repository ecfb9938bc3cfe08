"""Where places join streets, past walls and through gates, by shapely alone: see independent_figures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from tests.real.independent_streets import Raw, Streets, Tables

CONNECTOR_M = 200.0
INSIDE_M = 1000.0
"""Longest straight way from a place in a compound to its gate."""

AT_JOINT_M, AT_GATE_M, ON_OUTLINE_M = 1e-6, 5.0, 0.5
"""What a straight way meets this near to its end, to a gate it begins at, to an outline it begins on, stands open."""


class Joints(NamedTuple):
    """Where places join pieces."""

    place: np.ndarray
    piece: np.ndarray
    along_m: np.ndarray
    connector_m: np.ndarray


class Joiner:
    """Pieces, what closes straight ways, and gates."""

    def __init__(self, streets: Streets, raw: Raw, tables: Tables) -> None:
        xy_m = dict(zip(streets.lonlat_of_key, streets.place(list(streets.lonlat_of_key.values())), strict=True))
        self.shapes = np.array([shapely.LineString([xy_m[key] for key in piece]) for piece in streets.pieces])
        self.tree = shapely.STRtree(self.shapes)
        lines = {way: shapely.LineString([xy_m[key] for key in raw.ways[way].keys]) for way in _closing(raw, tables)}
        self.walls = np.array(list(lines.values()), dtype=object)
        self._set_gates(streets, raw, tables, [lines[way] for way in _closing(raw, tables, "wall")])

    def _set_gates(self, streets: Streets, raw: Raw, tables: Tables, walls: list[shapely.LineString]) -> None:
        """Gates on outlines of compounds, else in walls, moved onto them; and the outlines that have one."""
        found = [(key, near) for key, tags in raw.stops.items() if (near := tables.gate_nearness_m(tags)) is not None]
        parts = shapely.get_parts(np.array(raw.compounds, dtype=object))
        rings = np.array([shapely.linearrings(streets.place(part.exterior.coords)) for part in parts], dtype=object)
        rings = rings[shapely.area(shapely.polygons(rings)) <= tables.gates["largest_compound_m2"]]
        points, nearness_m = np.empty(0, dtype=object), np.array([near for _, near in found])
        if found:
            points = shapely.points(streets.place([raw.lonlat_of_stop[key] for key, _ in found]))
        on_outline, ring = shapely.STRtree(rings).query(points, predicate="dwithin", distance=nearness_m)
        used, self.outline_of_gate = np.unique(ring, return_inverse=True)
        self.outlines = rings[used]
        free = np.setdiff1d(np.arange(len(points)), on_outline)
        wall_tree = shapely.STRtree(walls)
        near, wall = wall_tree.query(points[free], predicate="dwithin", distance=nearness_m[free])
        nearest = {}
        for point, line in zip(free[near].tolist(), wall.tolist(), strict=True):
            away_m = walls[line].distance(points[point])
            nearest[point] = min(nearest.get(point, (np.inf, -1)), (away_m, line))
        in_wall = [walls[line].interpolate(walls[line].project(points[point])) for point, (_, line) in nearest.items()]
        along = shapely.line_locate_point(rings[ring], points[on_outline])
        gates = [*shapely.line_interpolate_point(rings[ring], along), *in_wall]
        self.gates_xy_m = shapely.get_coordinates(gates).reshape(-1, 2)
        self.outline_of_gate = np.concatenate([self.outline_of_gate, np.full(len(in_wall), -1)]).astype(int)

    def joints(self, xy_m: np.ndarray) -> Joints:
        """All open joints of places: straight ones, and through gates with pieces that are not joined straight."""
        straight = self._straight(xy_m, 0.0, ON_OUTLINE_M)
        if not len(self.gates_xy_m):
            return straight
        taken = set(zip(straight.place.tolist(), straight.piece.tolist(), strict=True))
        beyond = self._straight(self.gates_xy_m, AT_GATE_M, AT_GATE_M)
        order = np.argsort(beyond.place, kind="stable")
        first = np.searchsorted(beyond.place[order], np.arange(len(self.gates_xy_m) + 1))
        rows = []
        for place, gate, leg_m in zip(*self._legs(xy_m), strict=True):
            rows.extend(
                (place, beyond.piece[joint], beyond.along_m[joint], leg_m + beyond.connector_m[joint])
                for joint in order[first[gate] : first[gate + 1]]
                if (place, beyond.piece[joint]) not in taken
            )
        through = np.array(rows, dtype=float).reshape(-1, 4).T
        columns = [np.concatenate(both) for both in zip(straight, through, strict=True)]
        return Joints(columns[0].astype(int), columns[1].astype(int), columns[2], columns[3])

    def _straight(self, xy_m: np.ndarray, wall_opening_m: float, outline_opening_m: float) -> Joints:
        points = shapely.points(xy_m)
        place, piece = self.tree.query(points, predicate="dwithin", distance=CONNECTOR_M)
        along_m = shapely.line_locate_point(self.shapes[piece], points[place])
        feet_xy_m = shapely.get_coordinates(shapely.line_interpolate_point(self.shapes[piece], along_m))
        is_open = ~_is_met(self.walls, xy_m[place], feet_xy_m, wall_opening_m)
        is_open &= ~_is_met(self.outlines, xy_m[place], feet_xy_m, outline_opening_m)
        found = Joints(place, piece, along_m, np.hypot(*(feet_xy_m - xy_m[place]).T))
        return Joints(*(column[is_open] for column in found))

    def _legs(self, xy_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Straight ways from places to the gates that serve them: place, gate, metres."""
        points, gates = shapely.points(xy_m), shapely.points(self.gates_xy_m)
        inside = shapely.STRtree(shapely.polygons(self.outlines)).query(points, predicate="intersects").T.tolist()
        in_wall = np.flatnonzero(self.outline_of_gate == -1)
        near = shapely.STRtree(gates[in_wall]).query(points, predicate="dwithin", distance=CONNECTOR_M)
        rows = [(place, gate) for place, outline in inside for gate in np.flatnonzero(self.outline_of_gate == outline)]
        pairs = np.array([*rows, *zip(near[0], in_wall[near[1]], strict=True)], dtype=int).reshape(-1, 2)
        place, gate = pairs.T
        length_m = np.hypot(*(self.gates_xy_m[gate] - xy_m[place]).T)
        is_open = ~_is_met(self.walls, self.gates_xy_m[gate], xy_m[place], AT_GATE_M, is_joint_open=False)
        is_open &= (length_m <= INSIDE_M) | (self.outline_of_gate[gate] == -1)
        ways = shapely.linestrings(np.stack([xy_m[place], self.gates_xy_m[gate]], axis=1))
        way, outline = shapely.STRtree(self.outlines).query(ways, predicate="crosses")
        is_open[way[outline != self.outline_of_gate[gate[way]]]] = False
        return place[is_open], gate[is_open], length_m[is_open]


def _closing(raw: Raw, tables: Tables, *kinds: str) -> list[int]:
    return [number for number, way in enumerate(raw.ways) if tables.closes(way.tags, *kinds)]


def _is_met(
    lines: np.ndarray, from_xy_m: np.ndarray, to_xy_m: np.ndarray, open_m: float, *, is_joint_open: bool = True
) -> np.ndarray:
    """Which straight ways meet a line farther than ``open_m`` from their beginning; at their end it stands open."""
    length_m = np.hypot(*(to_xy_m - from_xy_m).T)
    is_met = np.zeros(len(length_m), dtype=bool)
    long = np.flatnonzero(length_m > open_m)
    begin_xy_m = from_xy_m[long] + (to_xy_m - from_xy_m)[long] * (open_m / length_m[long])[:, None]
    ways = shapely.linestrings(np.stack([begin_xy_m, to_xy_m[long]], axis=1))
    way, line = shapely.STRtree(lines).query(ways, predicate="intersects")
    if is_joint_open:
        feet = shapely.points(to_xy_m[long][way])
        way = way[shapely.hausdorff_distance(shapely.intersection(ways[way], lines[line]), feet) > AT_JOINT_M]
    is_met[long[way]] = True
    return is_met
