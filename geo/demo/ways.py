"""The city's streets as a map file has them: cut at every meeting, with bridges, an underpass and tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
import shapely.ops
from shapely import LineString, Point

from geo.demo.blocks import Grids
from geo.demo.compounds import Furnished
from geo.demo.ground import PATH_M, Ground
from geo.demo.linework import OVERSHOOT_M, STEP_M, in_largest_component, overshoot, ways
from geo.demo.lots import Lots
from geo.demo.names import StreetNames
from geo.demo.plan import STYLES, Plan, Street

_BRIDGE_M: Final = 7.0
_PATH_KEEPS_RAIL_M: Final = 26.0
_RIVERSIDE: Final = {"highway": "footway", "name": "滨河步道", "name_en": "Riverside Path"}
_LAKESIDE: Final = {"highway": "footway", "name": "环湖步道", "name_en": "Lakeside Path"}
_PASSING: Final[dict[str, tuple[float, dict[str, str]]]] = {
    "underpass": (17.0, {"tunnel": "yes", "layer": "-1"}),
    "viaduct": (45.0, {"bridge": "yes", "layer": "1"}),
}


@dataclass(frozen=True)
class Way:
    """A line of the map with its tags, in the frame's metres."""

    line: LineString
    tags: dict[str, str]


def all_streets(plan: Plan, grids: Grids, lots: Lots, names: StreetNames) -> list[Street]:
    """The plan's streets and every lane, named."""
    style = _StyleAt(grids)
    named = []
    for lane in (*grids.lanes, *lots.lanes):
        (x0, y0), (x1, y1) = lane.line.coords[0], lane.line.coords[-1]
        zh, en = names.take(style.is_old(lane.line), abs(x1 - x0) > abs(y1 - y0))
        named.append(Street(lane.line, lane.highway, zh, en, over_river=False, is_grid_border=lane.is_grid_border))
    return [*plan.streets, *named]


class _StyleAt:
    def __init__(self, grids: Grids) -> None:
        self.tree = shapely.STRtree(grids.polygons)
        self.style = grids.style

    def is_old(self, line: LineString) -> bool:
        near = self.tree.query(line.interpolate(0.5, normalized=True), "intersects")
        return len(near) > 0 and STYLES[int(self.style[near[0]])] == "old"


def compound_ways(plan: Plan, plots: Sequence[Furnished]) -> list[Way]:
    """The footpaths inside the compounds, those of residents only marked as private."""
    private = _residents_only(plan, plots)
    return [
        Way(path, {"highway": "footway"} | ({"access": "private"} if number in private else {}))
        for number, plot in enumerate(plots)
        for path in plot.paths
    ]


def _residents_only(plan: Plan, plots: Sequence[Furnished]) -> set[int]:
    """For every wish of the plan the nearest plot that one could walk through."""
    with_gates = [number for number, plot in enumerate(plots) if len(plot.gates) > 1]
    shapes = [plots[number].lot.shape for number in with_gates]
    return {with_gates[int(np.argmin(shapely.distance(shapes, wish)))] for wish in plan.residents_only}


def gates_in(plots: Iterable[Furnished], found: Sequence[Way]) -> list[Point]:
    """The gates of the compounds, each a vertex of the way that runs through it."""
    gates = [gate for plot in plots for gate in plot.gates]
    vertices = shapely.points(shapely.get_coordinates([way.line for way in found]))
    _, vertex = shapely.STRtree(vertices).query_nearest(gates, max_distance=STEP_M, all_matches=False)
    return list(vertices[vertex])


def street_ways(plan: Plan, streets: Sequence[Street], inner: Iterable[Way]) -> list[Way]:
    """All ways on which one can move, meeting in shared vertices; ``inner`` are those of compounds and parks."""
    ground, crossings = Ground(plan), _Crossings(plan)
    sources = [way for street in streets for way in _pieces(ground, crossings, street)]
    sources += [Way(line, _RIVERSIDE) for line in _bank_paths(plan)]
    sources += [Way(water.buffer(PATH_M).simplify(0.5).exterior, _LAKESIDE) for _, water, _ in plan.ponds]
    sources += [Way(path.line, _tags(path)) for path in plan.paths]
    sources += inner
    cut = ways([way.line for way in sources])
    found = [Way(_as_drawn(way, line), way.tags) for way, lines in zip(sources, cut, strict=True) for line in lines]
    is_joined = in_largest_component([way.line for way in found])
    return [way for way, joined in zip(found, is_joined, strict=True) if joined]


def _as_drawn(way: Way, line: LineString) -> LineString:
    """A piece of a way; of a one-way street from its beginning to its end, which cutting may have turned round."""
    if "oneway" not in way.tags:
        return line
    first, last = (way.line.project(shapely.get_point(line, i)) for i in (0, -1))
    return line if first < last else line.reverse()


def _tags(street: Street) -> dict[str, str]:
    names = {"name": street.name, "name_en": street.name_en or ""} if street.name else {}
    return {"highway": street.highway} | names | ({"oneway": "yes"} if street.is_oneway else {})


class _Crossings:
    """Where along a street it is a bridge or a tunnel."""

    def __init__(self, plan: Plan) -> None:
        self._water = plan.water.buffer(_BRIDGE_M)
        self._rail = {passing: plan.rails[0].buffer(width_m) for passing, (width_m, _) in _PASSING.items()}

    def along(self, street: Street, part: LineString) -> list[tuple[float, float, dict[str, str]]]:
        """From metre, to metre, tags."""
        found = _spans(part, self._water, {"bridge": "yes", "layer": "1"}) if street.over_river else []
        if street.over_rail in _PASSING:
            found += _spans(part, self._rail[street.over_rail], _PASSING[street.over_rail][1])
        return found


def _pieces(ground: Ground, crossings: _Crossings, street: Street) -> list[Way]:
    """A street without what river and railway take, its crossings cut out as bridge or tunnel."""
    tags = _tags(street)
    found: list[Way] = []
    for part in shapely.get_parts(ground.open_part(street)):
        if part.length < 2 * OVERSHOOT_M:
            continue
        special = crossings.along(street, part)
        at = sorted({0.0, part.length, *(end for start, stop, _ in special for end in (start, stop))})
        for start, stop in pairwise(at):
            extra = next((more for a, b, more in special if a <= (start + stop) / 2 <= b), {})
            found.append(Way(shapely.ops.substring(part, start, stop), tags | extra))
    return found


def _spans(line: LineString, zone: Any, tags: dict[str, str]) -> list[tuple[float, float, dict[str, str]]]:
    inside = [piece for piece in shapely.get_parts(line.intersection(zone)) if piece.geom_type == "LineString"]
    ends = [
        sorted(line.project(shapely.get_point(piece, i)) for i in (0, -1)) for piece in inside if not piece.is_empty
    ]
    return [(start, stop, tags) for start, stop in ends]


def _bank_paths(plan: Plan) -> list[LineString]:
    """Along both banks, inside the city; not under the railway's bridge, where there is no way through."""
    ring = plan.water.buffer(PATH_M).simplify(0.5).exterior
    inside = ring.intersection(plan.boundary).difference(plan.rails[0].buffer(_PATH_KEEPS_RAIL_M))
    merged = shapely.line_merge(inside) if inside.geom_type == "MultiLineString" else inside
    return [overshoot(part) for part in shapely.get_parts(merged) if part.length > 120]


def barrier_ways(plan: Plan, furnished: Iterable[Furnished]) -> list[Way]:
    """Railway, river and walls: what a straight line to a street may not cross."""
    found = []
    for number, rail in enumerate(plan.rails):
        tags = {"railway": "rail"} | (
            {"name": "青漠铁路", "name_en": "Qingmo Railway"} if number < 2 else {"service": "siding"}
        )
        found += [Way(piece, tags | more) for piece, more in _rail_pieces(plan, rail)]
    found.append(Way(plan.river, {"waterway": "river", "name": "青河", "name_en": "Qinghe River"}))
    found += [Way(wall, {"barrier": "wall"}) for plot in furnished for wall in plot.walls]
    return found


def _rail_pieces(plan: Plan, rail: LineString) -> list[tuple[LineString, dict[str, str]]]:
    special = _spans(rail, plan.water.buffer(_BRIDGE_M), {"bridge": "yes", "layer": "1"})
    at = sorted({0.0, rail.length, *(end for start, stop, _ in special for end in (start, stop))})
    return [
        (shapely.ops.substring(rail, a, b), next((more for s, e, more in special if s <= (a + b) / 2 <= e), {}))
        for a, b in pairwise(at)
    ]
