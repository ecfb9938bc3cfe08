"""What a city's plan says before any block is cut: through streets, river, railway, who is in charge where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from geo.units import FloatArray, IntArray

STYLES: Final = ("old", "slab", "estate", "industry")


@dataclass(frozen=True)
class Street:
    """A through street of the plan, or a lane or path that the blocks add to it."""

    line: LineString
    highway: str
    name: str | None = None
    name_en: str | None = None
    over_rail: str = ""
    """How it passes the railway: underpass, level, viaduct; empty if it stops there."""
    over_river: bool = True
    is_grid_border: bool = True
    is_oneway: bool = False
    """For vehicles, from the first point of the line to the last."""


@dataclass(frozen=True)
class Community:
    """A community to be, and how many grids it shall have."""

    name: str
    name_en: str
    code: str
    parent_code: str
    n_grids: int


@dataclass(frozen=True)
class Quarter:
    """An area above the communities."""

    level: str
    code: str
    name: str
    name_en: str
    parent_code: str | None


@dataclass(frozen=True)
class Site:
    """A station to be: its kind, and a wish where."""

    kind: str
    name: str
    near: Point
    hours: str | None = None
    """None: as its kind's turn has it; empty: nobody has told them."""


@dataclass(frozen=True)
class Totals:
    """Sums that the finished city must have, to the unit."""

    residents: int
    shops: int
    buildings: int
    unit_entrances: int
    incidents: int


@dataclass(frozen=True)
class Plan:
    """The skeleton of a city, in the frame's metres."""

    name: str
    boundary: Polygon
    streets: tuple[Street, ...]
    river: LineString
    water: Polygon
    rails: tuple[LineString, ...]
    """The first is the line that grids follow; the others run beside it."""
    quarters: tuple[Quarter, ...]
    communities: tuple[Community, ...]
    zone_of: Callable[[FloatArray], tuple[IntArray, IntArray]]
    """(n, 2) points -> community and index into STYLES, both (n,)."""
    sites: tuple[Site, ...]
    totals: Totals
    margin_m: float
    """How far city and district reach beyond the communities: fields and steppe."""
    belts: tuple[Polygon, ...] = field(default=())
    """Shelter belts against the sand, outside the streets."""
    ponds: tuple[tuple[str, Polygon, Polygon], ...] = field(default=())
    """Name, water, and the park around it."""
    squares: tuple[tuple[str, Polygon], ...] = field(default=())
    paths: tuple[Street, ...] = field(default=())
    """Footpaths and steps drawn by hand, beside those that compounds, parks and banks bring."""
    residents_only: tuple[Point, ...] = field(default=())
    """Where a compound with two gates lets nobody through but its residents: a wish each."""


@dataclass(frozen=True)
class Bend:
    """A smooth bending of the plane: straight plans become streets that were not drawn with a ruler.

    Each wave moves points by ``amplitude_m`` across its own direction of travel.
    """

    turn_rad: float
    waves: tuple[tuple[float, float, float, float, float], ...]
    """amplitude_m, wave_m, direction_rad of travel, direction_rad of push, phase_rad."""
    middle_xy_m: tuple[float, float]

    def __call__(self, xy_m: FloatArray) -> FloatArray:
        """Straight points, bent; (n, 2) both."""
        moved = xy_m - np.asarray(self.middle_xy_m)
        moved = moved + self._push(moved)
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.asarray(moved @ np.array([[c, s], [-s, c]]))

    def back(self, xy_m: FloatArray) -> FloatArray:
        """Where a bent point was before, to a millimetre."""
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        target = xy_m @ np.array([[c, -s], [s, c]])
        straight = target.copy()
        for _ in range(12):
            straight = target - self._push(straight)
        return np.asarray(straight + np.asarray(self.middle_xy_m))

    def line(self, xy_m: Sequence[tuple[float, float]], step_m: float = 40.0) -> LineString:
        """A bent line through straight corners, with no more points than the bends need."""
        dense = shapely.segmentize(LineString(xy_m), step_m)
        return LineString(self(shapely.get_coordinates(dense))).simplify(0.6)

    def _push(self, xy_m: FloatArray) -> FloatArray:
        push = np.zeros_like(xy_m)
        for amplitude, wave, travel, direction, phase in self.waves:
            along = xy_m @ np.array([np.cos(travel), np.sin(travel)])
            aside = np.array([np.cos(direction), np.sin(direction)])
            push += amplitude * np.sin(2 * np.pi * along / wave + phase)[:, None] * aside
        return push


def beside(line: LineString, metres: float) -> LineString:
    """A line so many metres to the left of a gently bending one."""
    xy = shapely.get_coordinates(line)
    return LineString(xy + _left(xy) * metres).simplify(0.1)


def ribbon(centre: LineString, half_width_m: Callable[[FloatArray], FloatArray]) -> Polygon:
    """A river's surface around its centre line; the half width is a function of the metres from its source."""
    xy = shapely.get_coordinates(shapely.segmentize(centre, 20.0))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    aside = _left(xy) * half_width_m(along)[:, None]
    return Polygon(np.concatenate([xy + aside, (xy - aside)[::-1]])).buffer(0).simplify(0.4)


def _left(xy: FloatArray) -> FloatArray:
    """Unit vectors to the left of a line at each of its points."""
    ahead = np.gradient(xy, axis=0)
    return np.asarray(np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None])
