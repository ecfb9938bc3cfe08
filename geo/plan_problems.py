"""What is wrong with a plan of grids: breaches of rules, each with its place, and what the rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.compute.layers.clean import is_coverage
from geo.compute.plans.figures import grid_of_homes
from geo.compute.project import Frame
from geo.drafts import Draft, NeighbourCut, PlanHomes
from geo.plan_figures import GridFigures
from geo.rules.code_schemes import CodeScheme
from geo.rules.plan_rules import PlanRule
from geo.units import FloatArray, IntArray
from geo.words import sentence

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Problem:
    """One breach of one rule."""

    rule: str
    """Key in geo/rules/plan_rules.toml."""
    severity: str
    """error, warning or note."""
    key: str
    """Of the sentence in geo/words."""
    grid_ids: tuple[int, ...]
    """Ascending; empty where it is about the plan as a whole."""
    lonlat: tuple[float, float]
    """Where to look."""
    shape: BaseGeometry | None
    """What offends, EPSG:4326; None where it is the grids themselves."""
    evidence: Mapping[str, Any]
    """Figures and limits; counts only."""
    subject: str = ""
    """What it is about within the grids: a home, a compound, a code."""

    @property
    def id(self) -> str:
        """The same for the same breach whenever it is looked for.

        >>> Problem("chief", "warning", "", (7,), (0.0, 0.0), None, {}).id
        'chief/7'
        """
        about = "+".join(str(grid) for grid in self.grid_ids)
        return "/".join(part for part in (self.rule, about, self.subject) if part)

    def in_language(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``."""
        return sentence(self.key, language, **self.evidence)


@dataclass(frozen=True)
class PlanBefore:
    """The plan that a draft follows, as far as rules look at it."""

    grid_of_home: IntArray
    """(n_homes,) id of the grid that each home was in; NONE: in none."""


@dataclass(frozen=True)
class Inspection:
    """All that the rules look at."""

    draft: Draft
    figures: GridFigures
    shapes: Shapes
    """(n_grids,) polygons derived from the units, EPSG:4326; empty for a grid without units."""
    homes: PlanHomes
    unit_of_home: IntArray
    """(n_homes,) place among the units; NONE: in none."""
    frame: Frame
    """Metres about the community."""
    scheme: CodeScheme
    outline_of_home: Shapes | None = None
    """(n_homes,) outlines of buildings, EPSG:4326, None where there is none; None: no outline is known."""
    compound_of_home: Shapes | None = None
    """(n_homes,) names of compounds, empty or None where there is none; None: no compound is known."""
    before: PlanBefore | None = None
    """None: there was none."""
    neighbours: Sequence[NeighbourCut] = ()
    """Communities beside this one that have been cut into units."""

    @cached_property
    def grid_of_home(self) -> IntArray:
        """(n_homes,) place among the grids; NONE: in none."""
        return grid_of_homes(self.draft, self.unit_of_home)

    @cached_property
    def is_coverage(self) -> bool:
        """Whether all shapes fit together, corner by corner."""
        return is_coverage(self.shapes)

    @cached_property
    def misfits_xy_m(self) -> tuple[Shapes, Shapes]:
        """Polygons, in metres: ground of the community that no grid has, and ground of grids that is not its own."""
        together = shapely.coverage_union_all if self.is_coverage else shapely.union_all
        community = self.in_metres(self.draft.community.shape)
        parts = shapely.get_parts(community.symmetric_difference(self.in_metres(together(self.shapes))))
        polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        is_inside = shapely.contains(community, shapely.point_on_surface(polygons))
        return polygons[is_inside], polygons[~is_inside]

    @cached_property
    def lonlat_of_grid(self) -> FloatArray:
        """(n_grids, 2) a place in each grid; of one without ground, a place in the community."""
        community = shapely.point_on_surface(self.draft.community.shape)
        points = shapely.point_on_surface(self.shapes)
        places: FloatArray = shapely.get_coordinates(np.where(shapely.is_empty(points), community, points))
        return places

    def in_metres(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in the community's frame."""
        return shapely.transform(shape, self.frame.to_xy_m)

    def in_degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape of the community's frame in EPSG:4326."""
        return shapely.transform(shape, self.frame.to_lonlat)

    def called(self, places: Iterable[int]) -> str:
        """What grids are called in a sentence: by name and number; by the whole code where it is none of the scheme."""
        grids = [self.draft.grids[place] for place in places]
        return ", ".join(f"{grid.name} ({self._number(grid.code)})" if grid.code else grid.name for grid in grids)

    def _number(self, code: str) -> str:
        """The end of a code: its beginning is the community's, the same for all of them."""
        community = self.draft.community.code
        if self.scheme.number_of(code, community) is None:
            return code
        return code.removeprefix(self.scheme.prefix(community))

    def breach(
        self,
        rule: PlanRule,
        places: Sequence[int],
        *,
        variant: str = "",
        shape: BaseGeometry | None = None,
        subject: str = "",
        **evidence: Any,
    ) -> Problem:
        """A breach of a rule by some grids, told by the sentence of the rule, or of one of its variants.

        It is shown where the shape is, else in the first of the grids, else in the community.
        """
        about: BaseGeometry = shape if shape is not None else self.draft.community.shape
        if shape is None and places:
            lon, lat = self.lonlat_of_grid[places[0]].tolist()
        else:
            lon, lat = shapely.get_coordinates(shapely.point_on_surface(about))[0].tolist()
        return Problem(
            rule=rule.key,
            severity=rule.severity,
            key=f"plan_problem_{rule.key}{variant}",
            grid_ids=tuple(sorted(self.draft.grids[place].id for place in places)),
            lonlat=(lon, lat),
            shape=shape,
            evidence={"grid": self.called(places), **evidence},
            subject=subject,
        )


def blocks(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop a plan from being published."""
    return [problem for problem in problems if problem.severity == "error"]
