"""The map of a printed page: grids drawn as vectors, what changes marked in ways that a grey copy keeps apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import shapely
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable
from shapely.geometry.base import BaseGeometry

from geo.files.plan_print import INK, printable
from geo.grids import Grid
from geo.plan_changes import GroundMove, State
from geo.units import FloatArray

KEPT, CHANGED, NEW = HexColor("#ffffff"), HexColor("#f3e2b3"), HexColor("#8fb8d8")
"""Fills: in grey 1.0, 0.9 and 0.7."""

HATCH = HexColor("#7a1f1f")
HATCH_STEP_PT = 3.0
LABEL_PT = (7.5, 6.5, 5.5, 4.5)
"""Sizes that a label is tried in, the largest first."""

LEAST_LABEL = 3
"""Letters of a code that a label has at least."""

M_PER_DEGREE = 111_195.0
"""On a sphere of 6,371 km."""

NICE_M = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
"""Lengths of a scale bar."""


@dataclass(frozen=True)
class Ground:
    """What both maps of a page show, so that they are of one scale."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, grids: Sequence[Grid]) -> Ground:
        """All ground of some grids."""
        bounds = shapely.total_bounds(np.array([grid.shape for grid in grids], dtype=object))
        return cls(*(bounds.tolist() if len(grids) else (0.0, 0.0, 1.0, 1.0)))

    @property
    def squeeze(self) -> float:
        """Length of a degree of longitude over one of latitude."""
        return math.cos(math.radians((self.south + self.north) / 2))

    def height_of(self, width_pt: float) -> float:
        """Points, of a map that wide."""
        wide = max((self.east - self.west) * self.squeeze, 1e-9)
        return width_pt * (self.north - self.south) / wide


@dataclass(frozen=True)
class Drawing:
    """What the two maps of a page have in common."""

    ground: Ground
    state_of_grid: Mapping[int, State]
    """By id: what becomes of the grid."""
    moved: Sequence[GroundMove]
    """Ground that comes to another grid; hatched."""
    n_same: int
    """Letters that all codes begin with."""
    font: str
    """Of labels; registered."""


class GridMap(Flowable):  # type: ignore[misc]
    """One side's grids.

    Parameters
    ----------
    grids
        What is drawn.
    drawing
        How.
    size_pt
        Width and height.
    """

    def __init__(self, grids: Sequence[Grid], drawing: Drawing, size_pt: tuple[float, float]) -> None:
        super().__init__()
        self.width, self.height = size_pt
        self.grids, self.ground, self.drawing = grids, drawing.ground, drawing

    def draw(self) -> None:
        """Fills, hatches, borders, labels, in this order, and a scale bar below."""
        shapes = [self._on_page(grid.shape) for grid in self.grids]
        canvas = self.canv
        canvas.setLineJoin(1)
        for grid, shape in zip(self.grids, shapes, strict=True):
            canvas.setFillColor(fill_of(self.drawing.state_of_grid[grid.id]))
            canvas.drawPath(self._path(shape), stroke=0, fill=1, fillMode=0)
        for move in self.drawing.moved:
            self._hatch(self._on_page(move.shape))
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.6)
        for shape in shapes:
            canvas.drawPath(self._path(shape), stroke=1, fill=0)
        for grid, shape in zip(self.grids, shapes, strict=True):
            self._label(printable(label_of(grid, self.drawing.n_same)), shape)
        self._scale_bar()

    @property
    def _pt_per_degree(self) -> float:
        """Of latitude; below the map there is room for the scale bar."""
        wide = max((self.ground.east - self.ground.west) * self.ground.squeeze, 1e-9)
        return min(self.width / wide, (self.height - BAR_PT) / max(self.ground.north - self.ground.south, 1e-9))

    def _on_page(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in points."""
        scale = np.array([self.ground.squeeze, 1.0]) * self._pt_per_degree
        corner = np.array([self.ground.west, self.ground.south])

        def moved(lonlat: FloatArray) -> FloatArray:
            return np.asarray((lonlat - corner) * scale + [0.0, BAR_PT])

        return shapely.transform(shape, moved)

    def _path(self, shape: BaseGeometry) -> Any:
        path = self.canv.beginPath()
        for ring in _rings(shape):
            first, *others = np.round(shapely.get_coordinates(ring)[:-1], 2).tolist()
            path.moveTo(*first)
            for place in others:
                path.lineTo(*place)
            path.close()
        return path

    def _hatch(self, shape: BaseGeometry) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.clipPath(self._path(shape), stroke=0, fill=0, fillMode=0)
        hatch(canvas, shape.bounds)
        canvas.restoreState()

    def _label(self, label: str, shape: BaseGeometry) -> None:
        """In the middle of the widest place, in the largest size that stays within the grid; else not at all."""
        if shape.is_empty:
            return
        largest = max(shapely.get_parts(shape), key=shapely.area)
        (x, y), (edge_x, edge_y) = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=0.5))
        radius = math.hypot(edge_x - x, edge_y - y)
        for size in LABEL_PT:
            width = stringWidth(label, self.drawing.font, size)
            if math.hypot(width + 2, size) <= 2 * radius:
                self.canv.setFillColor(Color(1, 1, 1, alpha=0.85))
                self.canv.rect(x - width / 2 - 1, y - size / 2, width + 2, size, stroke=0, fill=1)
                self.canv.setFillColor(INK)
                self.canv.setFont(self.drawing.font, size)
                self.canv.drawCentredString(x, y - size * 0.36, label)
                return

    def _scale_bar(self) -> None:
        pt_per_m = self._pt_per_degree / M_PER_DEGREE
        metres = max((m for m in NICE_M if m * pt_per_m <= self.width / 3), default=NICE_M[0])
        canvas = self.canv
        canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setLineWidth(0.8)
        canvas.lines([(0, 3, metres * pt_per_m, 3), (0, 1, 0, 5), (metres * pt_per_m, 1, metres * pt_per_m, 5)])
        canvas.setFont(self.drawing.font, 6)
        canvas.drawString(metres * pt_per_m + 4, 1, f"{metres:,} m" if metres < 1_000 else f"{metres // 1_000:,} km")


BAR_PT = 10.0
"""Height that the scale bar has below the map."""


class Legend(Flowable):  # type: ignore[misc]
    """What the fills and the hatch mean, in as many lines as it takes.

    Parameters
    ----------
    entries
        Of each its fill, whether it is hatched, and what it means.
    font
        Registered.
    """

    LINE_PT = 11.0
    SIZE_PT = 7.5
    BOX_PT = 14.0
    GAP_PT = 14.0

    def __init__(self, entries: Sequence[tuple[Color, bool, str]], font: str) -> None:
        super().__init__()
        self.entries, self.font = entries, font

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """Room that it takes: see platypus."""
        self.places = list(self._placed(width))
        self.width, self.height = width, (self.places[-1][1] + 1) * self.LINE_PT
        return self.width, self.height

    def _placed(self, width: float) -> Iterator[tuple[float, int]]:
        """Of each entry its place along the line, and its line."""
        x, line = 0.0, 0
        for _, _, text in self.entries:
            wide = self.BOX_PT + 4 + stringWidth(text, self.font, self.SIZE_PT)
            if x > 0 and x + wide > width:
                x, line = 0.0, line + 1
            yield x, line
            x += wide + self.GAP_PT

    def draw(self) -> None:
        """The boxes and their texts."""
        canvas = self.canv
        for (fill, is_hatched, text), (x, line) in zip(self.entries, self.places, strict=True):
            y = self.height - (line + 1) * self.LINE_PT + 2
            canvas.setFillColor(fill)
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(0.5)
            canvas.rect(x, y, self.BOX_PT, 7, stroke=1, fill=1)
            if is_hatched:
                canvas.saveState()
                path = canvas.beginPath()
                path.rect(x, y, self.BOX_PT, 7)
                canvas.clipPath(path, stroke=0, fill=0)
                hatch(canvas, (x, y, x + self.BOX_PT, y + 7))
                canvas.restoreState()
            canvas.setFillColor(INK)
            canvas.setFont(self.font, self.SIZE_PT)
            canvas.drawString(x + self.BOX_PT + 4, y + 0.5, text)


def fill_of(state: State) -> Color:
    """Of a grid by what becomes of it."""
    return {"changed": CHANGED, "new": NEW, "gone": NEW}.get(state, KEPT)


def hatch(canvas: Any, bounds: tuple[float, float, float, float]) -> None:
    """Lines from the lower left to the upper right over a box."""
    west, south, east, north = bounds
    canvas.setStrokeColor(HATCH)
    canvas.setLineWidth(0.5)
    starts = np.arange(math.floor((west - north) / HATCH_STEP_PT) * HATCH_STEP_PT, east - south, HATCH_STEP_PT)
    canvas.lines([(c + south, south, c + north, north) for c in starts.tolist()])


def n_same_letters(codes: Sequence[str]) -> int:
    """How many letters all codes begin with.

    >>> n_same_letters(["150102001001007", "150102001001012"]), n_same_letters([])
    (13, 0)
    """
    pairs = zip(min(codes, default=""), max(codes, default=""), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def label_of(grid: Grid, n_same: int) -> str:
    """What sets a grid's code apart from others', three letters at least; its name where it has no code."""
    return grid.code[min(n_same, max(len(grid.code) - LEAST_LABEL, 0)) :] or grid.name


def _rings(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    for polygon in shapely.get_parts(shape):
        yield from shapely.get_rings(polygon)
