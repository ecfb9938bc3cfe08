"""Inside a plot: footpaths, the wall with its gates, and the places where buildings can stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Point, Polygon

from geo.demo.blocks import long_side
from geo.demo.linework import overshoot
from geo.demo.lots import Lot

GATE_M: Final = 7.0
"""Width of the opening that a wall leaves around a path."""

_REACH_M: Final = 38.0
"""A gate opens only where a street lies this near outside."""

_WALL: Final = 1
"""Which point of a way out lies in the wall: the first is the end of a path, the last on the street."""


@dataclass(frozen=True)
class Row:
    """Measures of one kind of buildings: length and depth, and the least room between them, metres."""

    length_m: float
    depth_m: float
    gap_m: float
    pitch_m: float
    floors: tuple[int, int]
    has_court: bool = False

    def stretched(self, factor: float) -> Row:
        """The same with other lengths, so that not every slab is the same slab."""
        return replace(self, length_m=round(self.length_m * factor, 1))


ROWS_OF_STYLE: Final[dict[str, tuple[Row, ...]]] = {
    "old": (
        Row(30.0, 11.0, 7.0, 22.0, (3, 6)),
        Row(22.0, 20.0, 5.0, 27.0, (1, 3), has_court=True),
        Row(40.0, 11.5, 8.0, 24.0, (4, 6)),
    ),
    "slab": (
        Row(48.0, 13.0, 10.0, 30.0, (5, 7)),
        Row(62.0, 13.5, 12.0, 33.0, (6, 7)),
        Row(40.0, 14.5, 14.0, 44.0, (9, 12)),
    ),
    "estate": (
        Row(34.0, 19.0, 20.0, 52.0, (18, 32)),
        Row(58.0, 15.5, 16.0, 46.0, (11, 18)),
        Row(30.0, 22.0, 24.0, 58.0, (24, 33)),
    ),
    "industry": (Row(44.0, 13.0, 10.0, 30.0, (4, 6)),),
}


@dataclass(frozen=True)
class Furnished:
    """A plot with everything in it, in the frame's metres."""

    lot: Lot
    row: Row
    paths: tuple[LineString, ...]
    walls: tuple[LineString, ...]
    gates: tuple[Point, ...]
    """In the openings of the walls, each in the middle of a path."""
    places: NDArray[np.object_] = field(repr=False)
    """(n,) building footprints that fit, none overlapping another or a path."""


class Surroundings:
    """Streets to open a gate to, and plots that a path may not cross."""

    def __init__(self, streets: NDArray[np.object_], lots: Sequence[Lot]) -> None:
        self.streets = streets
        self.street_tree = shapely.STRtree(self.streets)
        self.lot_tree = shapely.STRtree([lot.shape for lot in lots])

    def way_out(self, wall_xy: NDArray[np.float64], ahead: NDArray[np.float64]) -> LineString | None:
        """From a point on the wall straight to the next street; None if there is none or a plot lies between."""
        ray = LineString([wall_xy + ahead * 0.5, wall_xy + ahead * _REACH_M])
        hits = shapely.intersection(ray, self.streets[self.street_tree.query(ray, "intersects")])
        if len(hits) == 0:
            return None
        nearest_m = float(min(shapely.distance(hits, Point(wall_xy))))
        way = LineString([wall_xy, wall_xy + ahead * nearest_m])
        free = shapely.intersection(way, LineString([wall_xy + ahead * 0.5, way.coords[-1]]))
        return None if len(self.lot_tree.query(free, "intersects")) else way


def furnish(lot: Lot, quota: int, around: Surroundings, rng: np.random.Generator) -> Furnished:
    """Lay out one plot so that at least ``quota`` buildings fit, as airily as that allows; else as many as can be."""
    kinds = [ROWS_OF_STYLE[lot.style][i] for i in rng.permutation(len(ROWS_OF_STYLE[lot.style]))]
    stretch = float(rng.uniform(0.88, 1.12))
    frame = _Frame(lot)
    tries: list[_Layout] = []
    for kind in kinds:
        for airiness in (2.1, 1.75, 1.45, 1.2, 1.0, 0.85):
            tries.append(frame.lay_out(kind.stretched(stretch), airiness))
            if len(tries[-1].places) >= quota:
                return _finished(frame, tries[-1], around)
    return _finished(frame, max(tries, key=lambda layout: len(layout.places)), around)


def park_paths(lot: Lot, around: Surroundings) -> tuple[LineString, ...]:
    """A cross of paths through a park, out to the streets where they are near."""
    frame = _Frame(lot)
    lanes = frame.lanes(np.array([frame.flat.centroid.y - 14]), ROWS_OF_STYLE["old"][0])
    lines = list(frame.back(lanes))
    return tuple(overshoot(line, 0.2) for line in (*lines, *_ways_out(lines, lot.shape, around)))


@dataclass(frozen=True)
class _Layout:
    """Buildings and paths of a plot, still in the plot's own frame."""

    row: Row
    lanes: NDArray[np.object_]
    places: NDArray[np.object_]


class _Frame:
    """A plot turned so that its rows run along x."""

    def __init__(self, lot: Lot) -> None:
        quarter = np.pi / 2
        angle = long_side(lot.shape)
        angle -= quarter * np.round(angle / quarter)
        self._turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self._middle = shapely.get_coordinates(lot.shape.centroid)[0]
        self.lot = lot
        self.flat: Polygon = shapely.transform(lot.shape, lambda xy: (xy - self._middle) @ self._turn.T)
        self._inner = self.flat.buffer(-9)
        self._room = self.flat.buffer(-5.0 if lot.kind == "compound" else -0.5)

    def back(self, shapes: Any) -> Any:
        """Shapes of this frame in the city's."""
        return shapely.transform(shapes, lambda xy: xy @ self._turn + self._middle)

    def lay_out(self, row: Row, airiness: float) -> _Layout:
        """Rows as far apart as ``airiness`` says, paths between them."""
        _, y0, _, y1 = self.flat.bounds
        pitch = row.depth_m + (row.pitch_m - row.depth_m) * airiness
        n_rows = max(1, int((y1 - y0 - 10 - row.depth_m) // pitch) + 1)
        row_y = (y0 + y1) / 2 + (np.arange(n_rows) - (n_rows - 1) / 2) * pitch
        lanes = self.lanes(row_y, row) if self.lot.kind == "compound" else np.array([], dtype=object)
        room = (
            self._room.difference(MultiLineString(list(lanes)).buffer(3.0, quad_segs=1)) if len(lanes) else self._room
        )
        return _Layout(row, lanes, np.array(_places(room, row_y, row, row.gap_m * airiness), dtype=object))

    def lanes(self, row_y: NDArray[np.float64], row: Row) -> NDArray[np.object_]:
        """A spine, in the middle or along the side of a narrow plot, and a path between every second pair of rows."""
        x0, y0, x1, y1 = self.flat.bounds
        is_narrow = (x1 - x0) / 2 < row.length_m + 14
        x = x0 + 11 if is_narrow else (x0 + x1) / 2
        between = (row_y[:-1] + row_y[1:])[::2] / 2 if len(row_y) > 1 else row_y + row.depth_m / 2 + 8
        lines = shapely.linestrings([[(x, y0), (x, y1)], *([(x0, y), (x1, y)] for y in between)])
        clipped = shapely.get_parts(shapely.intersection(lines, self._inner))
        return np.asarray(clipped[(shapely.get_type_id(clipped) == 1) & (shapely.length(clipped) > 8)])


def _finished(frame: _Frame, layout: _Layout, around: Surroundings) -> Furnished:
    """The layout in the city's frame, with gates, and without the buildings that stood in a gate's way."""
    lot, places, lines = frame.lot, frame.back(layout.places), list(frame.back(layout.lanes))
    ways_out = _ways_out(lines, lot.shape, around)
    if not ways_out:  # no street near enough for a gate: then there is no wall either
        return Furnished(lot, layout.row, (), (), (), places)
    openings = MultiLineString(ways_out).buffer(GATE_M / 2, quad_segs=2)
    wall = lot.shape.exterior.difference(openings)
    walls = shapely.get_parts(shapely.line_merge(wall) if wall.geom_type == "MultiLineString" else wall)
    paths = tuple(overshoot(line, 0.2) for line in (*lines, *ways_out))
    stands_clear = ~shapely.intersects(places, openings)
    gates = tuple(Point(way.coords[_WALL]) for way in ways_out)
    return Furnished(lot, layout.row, paths, tuple(LineString(w.coords) for w in walls), gates, places[stands_clear])


def _places(room: Any, row_y: NDArray[np.float64], row: Row, gap_m: float) -> list[Polygon]:
    """Footprints in rows, each row as full as its gaps allow and centred between what bounds it."""
    half = row.depth_m / 2
    x0, _, x1, _ = room.bounds if not room.is_empty else (0.0, 0.0, 0.0, 0.0)
    middles = shapely.linestrings([[(x0 - 1, y), (x1 + 1, y)] for y in row_y])
    runs = shapely.intersection(middles, room.buffer(-half))
    found: list[Polygon] = []
    for y, run in zip(row_y, runs, strict=True):
        for piece in shapely.get_parts(run):
            if piece.is_empty or piece.geom_type != "LineString":
                continue
            left, right = piece.bounds[0] - half, piece.bounds[2] + half
            n = int((right - left + gap_m) // (row.length_m + gap_m))
            start = (left + right - n * row.length_m - (n - 1) * gap_m) / 2
            found += [_footprint(start + k * (row.length_m + gap_m), y - half, row) for k in range(n)]
    if not found:
        return []
    shapely.prepare(room)
    return [place for place, fits in zip(found, shapely.contains_properly(room, np.array(found)), strict=True) if fits]


def _footprint(x: float, y: float, row: Row) -> Polygon:
    length, depth = row.length_m, row.depth_m
    if not row.has_court:
        return shapely.box(x, y, x + length, y + depth)
    wing = 6.0
    return Polygon(
        [
            (x, y), (x + wing, y), (x + wing, y + depth - wing), (x + length - wing, y + depth - wing),
            (x + length - wing, y), (x + length, y), (x + length, y + depth), (x, y + depth),
        ]
    )  # fmt: skip


def _ways_out(lines: Sequence[LineString], shape: Polygon, around: Surroundings) -> list[LineString]:
    """Up to three ways from the ends of paths straight on, through the wall, to the next street."""
    found = []
    for line in lines:
        xy = shapely.get_coordinates(line)
        for end, inner in ((0, -1), (-1, 0)):
            ahead = (xy[end] - xy[inner]) / np.hypot(*(xy[end] - xy[inner]))
            step = LineString([xy[end], xy[end] + ahead * 60]).intersection(shape.exterior)
            if step.is_empty:
                continue
            wall_xy = shapely.get_coordinates(shapely.get_geometry(step, 0))[0]
            way = around.way_out(wall_xy, ahead)
            if way is not None:
                found.append(LineString([xy[end], *way.coords]))
    return found[:: max(1, len(found) // 3)][:3]
