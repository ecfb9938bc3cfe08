"""What lies inside a grid: blocks of the old core, walled compounds, schools, parks, works, the square."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely import LineString, Polygon

from geo.demo.blocks import Grids, bisect
from geo.demo.ground import Ground
from geo.demo.linework import largest
from geo.demo.plan import STYLES, Plan, Street

CLEAR_M: Final = {
    "primary": 24.0,
    "secondary": 20.0,
    "tertiary": 15.0,
    "pedestrian": 7.0,
    "residential": 8.5,
    "living_street": 5.0,
}
"""From the middle of a street to the nearest plot."""

BANK_M: Final = 36.0
"""Width of the green along the river."""

_RAIL_CLEAR_M: Final = 22.0
_PART_M2: Final = {"old": 8_500.0, "slab": 48_000.0, "estate": 75_000.0, "industry": 1e9}
"""A grid larger than this is cut by lanes that are not grid borders."""


@dataclass(frozen=True)
class Lot:
    """One plot of a grid, in the frame's metres."""

    grid: int
    kind: str
    """block (old core), compound, school, park, industry."""
    style: str
    shape: Polygon


@dataclass(frozen=True)
class Lots:
    """All plots, and the lanes that were laid between them."""

    lots: tuple[Lot, ...]
    lanes: tuple[Street, ...]
    greens: tuple[Polygon, ...]
    """The river's banks and what is left between streets."""


class _Taken:
    """What streets, railway, river and square take of the ground."""

    def __init__(self, plan: Plan, streets: Iterable[Street]) -> None:
        taken = _street_bands(plan, streets, 0.0)
        taken += [band for rail in plan.rails for band in _bands(rail, _RAIL_CLEAR_M)]
        taken += [plan.water.buffer(BANK_M), *(shape.buffer(8) for _, shape in plan.squares)]
        taken += [park.buffer(4) for _, _, park in plan.ponds]
        self.shapes: NDArray[np.object_] = np.array(taken, dtype=object)
        self.tree = shapely.STRtree(self.shapes)

    def free(self, part: Polygon) -> Any:
        """What is left of a part, its border kept clear."""
        near = shapely.intersection(self.shapes[self.tree.query(part, "intersects")], part)
        left = shapely.difference(part.buffer(-1.2), shapely.union_all(near))
        return left.buffer(-4).buffer(4, quad_segs=3).simplify(0.3)


def _street_bands(plan: Plan, streets: Iterable[Street], more_m: float) -> list[Polygon]:
    ground = Ground(plan)
    return [
        band
        for street in streets
        for part in shapely.get_parts(ground.open_part(street))
        for band in _bands(part, CLEAR_M[street.highway] + more_m)
    ]


def _bands(line: LineString, half_m: float) -> list[Polygon]:
    """The strip around a line in short lengths, so that a question about one place need not touch all of it."""
    n = max(1, int(line.length // 400))
    ends = np.linspace(0, line.length, n + 1)
    return [shapely.ops.substring(line, a, b).buffer(half_m, quad_segs=3) for a, b in pairwise(ends)]


def lay_lots(plan: Plan, grids: Grids, rng: np.random.Generator) -> Lots:
    """Cut every grid into plots."""
    skeleton = [*plan.streets, *grids.lanes]
    paved = _Touch(plan, skeleton)
    parts: list[tuple[int, Polygon]] = []
    lanes: list[Street] = []
    for index, polygon in enumerate(grids.polygons):
        style = STYLES[grids.style[index]]
        parts += [(index, part) for part in _parts(polygon, style, paved, lanes, rng)]
    taken = _Taken(plan, [*skeleton, *lanes])
    wishes = _wishes(grids, rng)
    lots: list[Lot] = []
    greens: list[Polygon] = _banks(plan, [*skeleton, *lanes])
    for index, part in parts:
        free = taken.free(part)
        main = largest(free)
        greens += [rest for rest in shapely.get_parts(free) if rest is not main and 600 < rest.area < main.area]
        if main.area > 900:
            lots += _split(index, main, STYLES[grids.style[index]], wishes, rng)
    return Lots(tuple(lots), tuple(lanes), tuple(greens))


class _Touch:
    """Whether a new lane would reach a street that is there."""

    def __init__(self, plan: Plan, streets: Iterable[Street]) -> None:
        self.ground = Ground(plan)
        self.tree = shapely.STRtree([self.ground.open_part(street) for street in streets])

    def reaches(self, lane: Street) -> bool:
        left = self.ground.open_part(lane)
        return left.geom_type == "LineString" and len(self.tree.query(left, "intersects")) > 0


def _parts(polygon: Polygon, style: str, paved: _Touch, lanes: list[Street], rng: np.random.Generator) -> list[Polygon]:
    if polygon.area < _PART_M2[style]:
        return [polygon]
    wildness = 1.0 if style == "old" else 0.0
    line, parts = bisect(polygon, float(rng.uniform(0.42, 0.58)), rng, wildness)
    lane = Street(line, "living_street" if style == "old" else "residential", over_river=False, is_grid_border=False)
    if not paved.reaches(lane):
        return [polygon]
    lanes.append(lane)
    return [piece for part in parts for piece in _parts(part, style, paved, lanes, rng)]


def _wishes(grids: Grids, rng: np.random.Generator) -> dict[int, list[tuple[str, float]]]:
    """Per grid the plots other than homes, with the share of a plot they take: a school and a park per community."""
    wishes: dict[int, list[tuple[str, float]]] = {}
    area = shapely.area(grids.polygons)
    for community in np.unique(grids.community):
        mine = np.flatnonzero(grids.community == community)
        mine = mine[np.argsort(-area[mine] * rng.uniform(0.75, 1.25, len(mine)), kind="stable")]
        for index, kind in zip(mine, ("school", "park", "park", "school")[: max(2, len(mine) // 3)], strict=False):
            wishes.setdefault(int(index), []).append((kind, float(rng.uniform(0.3, 0.42))))
    for index in np.flatnonzero(grids.style == STYLES.index("industry")):
        wishes[int(index)] = [("industry", 0.78)]
    return wishes


def _split(
    grid: int, free: Polygon, style: str, wishes: dict[int, list[tuple[str, float]]], rng: np.random.Generator
) -> list[Lot]:
    home = "block" if style == "old" else "compound"
    if not wishes.get(grid) or free.area < 6_000:
        return [Lot(grid, home, style, free)]
    kind, share = wishes[grid].pop()
    _, (first, second) = bisect(free, share if style != "old" else 0.8, rng)
    return [Lot(grid, use, style, largest(part.buffer(-2.5))) for use, part in ((kind, first), (home, second))]


def _banks(plan: Plan, streets: Iterable[Street]) -> list[Polygon]:
    taken = _street_bands(plan, streets, -3.0)
    taken += [band for rail in plan.rails for band in _bands(rail, _RAIL_CLEAR_M - 6)]
    bank = plan.water.buffer(BANK_M - 2).difference(plan.water).intersection(plan.boundary)
    near = shapely.STRtree(taken).query(bank, "intersects")
    parts = shapely.get_parts(bank.difference(shapely.union_all([taken[i] for i in near])))
    return [part for part in parts if part.geom_type == "Polygon" and part.area > 400]
