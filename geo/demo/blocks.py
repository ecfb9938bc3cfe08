"""From the plan's skeleton to grids: faces between streets, halved by lanes and walls until each is one grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
import shapely.affinity
import shapely.ops
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Polygon

from geo.demo.ground import Ground
from geo.demo.linework import faces, overshoot
from geo.demo.plan import STYLES, Plan, Street
from geo.units import IntArray

_STEP_M: Final = 10.0
_SMALL_FACE_M2: Final = 14_000.0
_DENSITY_OF_STYLE: Final = np.array([1.0, 1.0, 1.0, 0.4])


@dataclass(frozen=True)
class Grids:
    """Grid polygons that tile every community, in the frame's metres."""

    polygons: NDArray[np.object_]
    community: IntArray
    style: IntArray
    lanes: tuple[Street, ...]
    """Lanes that separate grids. Borders without a lane are walls."""


@dataclass
class _Cutter:
    """The faces' halving; remembers what was cut and where."""

    rng: np.random.Generator
    lanes: list[LineString]
    walls: list[LineString]
    paved: MultiLineString = field(default_factory=MultiLineString)

    def halve(self, face: Polygon, n_grids: int, style: str) -> list[Polygon]:
        """Cut a face into ``n_grids`` polygons of about equal size."""
        if n_grids == 1:
            return [face]
        n_left = n_grids // 2
        share = n_left / n_grids * float(self.rng.uniform(0.9, 1.1))
        line, parts = bisect(face, share, self.rng, wildness=1.0 if style == "old" else 0.0)
        is_wall = n_grids == 2 and self.rng.random() < {"old": 0.0, "slab": 0.25, "estate": 0.5}.get(style, 0.5)
        if is_wall and all(self._street_m(part) > 90 for part in parts):
            self.walls.append(line)
        else:
            self.lanes.append(line)
            self.paved = MultiLineString([*self.paved.geoms, line])
        left, right = parts
        return self.halve(left, n_left, style) + self.halve(right, n_grids - n_left, style)

    def _street_m(self, part: Polygon) -> float:
        """About how much of a part's border is street."""
        steps = shapely.points(shapely.get_coordinates(shapely.segmentize(part.exterior, _STEP_M)))
        shapely.prepare(self.paved)
        return float(shapely.dwithin(self.paved, steps, 1.0).sum() * _STEP_M)


def lay_grids(plan: Plan, rng: np.random.Generator) -> Grids:
    """Tile every community with as many grids as its plan says."""
    skeleton = [plan.boundary.exterior, plan.river, plan.rails[0], *(s.line for s in plan.streets if s.is_grid_border)]
    blocks, community, style = _zoned_faces(plan, skeleton)
    n_grids = _grids_per_face(plan, blocks, community, style)
    ground = Ground(plan)
    paved = np.array([ground.open_part(street) for street in plan.streets], dtype=object)
    tree = shapely.STRtree(paved)
    cutter = _Cutter(rng, [], [])
    leaves: list[Polygon] = []
    block_of_leaf: list[int] = []
    for index, (block, n, kind) in enumerate(zip(blocks, n_grids, style, strict=True)):
        near = shapely.get_parts(paved[tree.query(block, "dwithin", distance=20)])
        cutter.paved = MultiLineString([line for line in near if not line.is_empty])
        leaves += cutter.halve(block, int(n), STYLES[kind])
        block_of_leaf += [index] * int(n)
    of_leaf = np.array(block_of_leaf)
    polygons = _shared(plan, [*skeleton, *cutter.lanes, *cutter.walls], np.array(leaves, dtype=object))
    lanes = tuple(Street(line, "residential", over_river=False) for line in cutter.lanes)
    return Grids(polygons, community[of_leaf], style[of_leaf], lanes)


def _shared(plan: Plan, lines: list[LineString], leaves: NDArray[np.object_]) -> NDArray[np.object_]:
    """The leaves again, out of one noding of all lines: with a vertex wherever a neighbour's border starts."""
    pieces = faces(lines)
    inside = shapely.point_on_surface(pieces)
    pieces, inside = (part[shapely.contains(plan.boundary, inside)] for part in (pieces, inside))
    piece, leaf = shapely.STRtree(leaves).query_nearest(inside, all_matches=False)
    return np.array([shapely.union_all(pieces[piece[leaf == index]]) for index in range(len(leaves))], dtype=object)


def _zoned_faces(plan: Plan, lines: list[LineString]) -> tuple[list[Polygon], IntArray, IntArray]:
    """The faces inside the boundary with community and style; slivers joined to their longest neighbour."""
    inside = [face for face in faces(lines) if plan.boundary.contains(face.representative_point())]
    at = shapely.get_coordinates(shapely.point_on_surface(np.array(inside, dtype=object)))
    community, style = plan.zone_of(at)
    return _without_slivers(inside, community, style)


def _without_slivers(
    polygons: list[Polygon], community: IntArray, style: IntArray
) -> tuple[list[Polygon], IntArray, IntArray]:
    community, style = community.copy(), style.copy()
    while True:
        areas = shapely.area(np.array(polygons, dtype=object))
        small = int(np.argmin(areas))
        if areas[small] >= _SMALL_FACE_M2:
            return polygons, community, style
        tree = shapely.STRtree(polygons)
        near = [i for i in tree.query(polygons[small], "intersects") if i != small and community[i] == community[small]]
        shared = [polygons[i].intersection(polygons[small]).length for i in near]
        host = int(near[int(np.argmax(shared))])
        polygons = list(polygons)
        polygons[host] = shapely.union(polygons[host], polygons[small])
        del polygons[small]
        community, style = np.delete(community, small), np.delete(style, small)


def _grids_per_face(plan: Plan, blocks: list[Polygon], community: IntArray, style: IntArray) -> IntArray:
    """Every community's grids shared out over its faces by area, at least one each, by largest quotient."""
    n_grids = np.ones(len(blocks), dtype=np.int64)
    weight = shapely.area(np.array(blocks, dtype=object)) * _DENSITY_OF_STYLE[style]
    for index, wanted in enumerate(plan.communities):
        mine = np.flatnonzero(community == index)
        for _ in range(wanted.n_grids - len(mine)):
            # Webster's rule, as for seats: the face whose grids are largest gets the next one.
            n_grids[mine[np.argmax(weight[mine] / (n_grids[mine] + 0.5))]] += 1
    return n_grids


def bisect(
    shape: Polygon, share: float, rng: np.random.Generator, wildness: float = 0.0
) -> tuple[LineString, tuple[Polygon, Polygon]]:
    """Cut a polygon across its long side so that the first part has about ``share`` of the area.

    ``wildness`` 0 is a ruler's cut, nearly square to the long side; 1 is an old lane.
    """
    long_rad = long_side(shape)
    for attempt in range(16):
        angle = long_rad + rng.normal(0, 0.03 + 0.12 * wildness + 0.02 * attempt)
        flat = shapely.affinity.rotate(shape, -angle, origin=(0, 0), use_radians=True)
        x = _x_of_share(flat, share)
        across = shapely.intersection(LineString([(x, flat.bounds[1] - 1), (x, flat.bounds[3] + 1)]), flat)
        if across.geom_type != "LineString":
            continue
        straight = shapely.affinity.rotate(across, angle, origin=(0, 0), use_radians=True)
        line = overshoot(_kinked(straight, rng, wildness))
        parts = [part for part in shapely.get_parts(shapely.ops.split(shape, line)) if part.area > 1]
        if len(parts) == 2:
            first, second = sorted(parts, key=lambda part: abs(part.area - share * shape.area))
            return line, (first, second)
    raise ArithmeticError("a face that no line cuts in two")


def long_side(shape: Polygon) -> float:
    """Direction of the long side of a polygon's smallest rectangle, radians."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))
    sides = np.diff(corners[:3], axis=0)
    side = sides[int(np.argmax(np.hypot(*sides.T)))]
    return float(np.arctan2(side[1], side[0]))


def _x_of_share(flat: Polygon, share: float) -> float:
    x0, y0, x1, y1 = flat.bounds
    low, high = x0, x1
    for _ in range(18):
        x = (low + high) / 2
        if shapely.clip_by_rect(flat, x0, y0, x, y1).area < share * flat.area:
            low = x
        else:
            high = x
    return float(low + high) / 2


def _kinked(line: LineString, rng: np.random.Generator, wildness: float) -> LineString:
    """The line with two bends of a few metres, as lanes have that are older than the ruler."""
    if not wildness:
        return line
    ends = shapely.get_coordinates(line)
    ahead = (ends[-1] - ends[0]) / np.hypot(*(ends[-1] - ends[0]))
    aside = rng.normal(0, 6.0 * wildness, 2)[:, None] * np.array([-ahead[1], ahead[0]])
    bends = ends[0] + (ends[-1] - ends[0]) * np.array([[0.34], [0.68]]) + aside
    return LineString([ends[0], *bends, ends[-1]])
