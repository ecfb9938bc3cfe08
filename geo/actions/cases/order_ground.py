"""On whose ground many orders lie: grids, neighbours at the border, and who answers at which level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo.actions.cases.report_incident import deciding
from geo.areas import Area, depth
from geo.compute.cases.order_ground import first_holding, near_shapes
from geo.grids import Grid
from geo.rules.case_levels import Level
from geo.rules.incidents import incident_rule
from geo.store.areas import live_areas, parents
from geo.store.grids import live_grids
from geo.store.order_rows import plan_versions
from geo.units import NONE, FloatArray


@dataclass(frozen=True)
class Spot:
    """Where one order lies; nothing at all where it has no place."""

    grid: Grid | None
    border_grid_ids: Sequence[int]
    area_id: int | None
    """The innermost area."""


@dataclass(frozen=True)
class Ground:
    """The grids in force and the areas of a town."""

    grids: Sequence[Grid]
    """Those that decide where several hold a place come first: basic ones, then by code."""
    area_of_id: Mapping[int, Area]
    version_of_plan: Mapping[int, int]
    parent_of_area: Mapping[int, int | None]
    """Of all areas that there ever were."""

    def spots(self, lonlat: FloatArray) -> list[Spot]:
        """One for each of (n, 2) degrees; nan: no place."""
        shapes = np.array([grid.shape for grid in self.grids], dtype=object)
        areas = sorted(self.area_of_id.values(), key=lambda area: (-depth(area.level), area.code))
        grid_of = first_holding(lonlat, shapes).tolist()
        area_of = first_holding(lonlat, np.array([area.shape for area in areas], dtype=object)).tolist()
        near: dict[int, list[int]] = defaultdict(list)
        for point, grid in zip(*near_shapes(lonlat, shapes, incident_rule().border_within_m), strict=True):
            if grid != grid_of[point]:
                near[int(point)].append(self.grids[grid].id)
        return [
            # on a border the grid decides, so that the chain ends in the community that the grid belongs to
            Spot(
                grid=None if grid == NONE else self.grids[grid],
                border_grid_ids=sorted(near.get(index, ())),
                area_id=self.grids[grid].community_id if grid != NONE else (areas[area].id if area != NONE else None),
            )
            for index, (grid, area) in enumerate(zip(grid_of, area_of, strict=True))
        ]

    def columns(self, spot: Spot) -> dict[str, Any]:
        """As the store has a place."""
        grid = spot.grid
        return {
            "grid_id": None if grid is None else grid.id,
            "plan_id": None if grid is None else grid.plan_id,
            "plan_version": None if grid is None else self.version_of_plan[grid.plan_id],
            "border_grid_ids": list(spot.border_grid_ids),
        }

    def areas_across(self, spot: Spot) -> list[int]:
        """Areas with a grid at the border of a place that do not hold it: as the store finds them, case by case."""
        seen = {one for grid_id in spot.border_grid_ids for one in self._above(self._community_of_grid[grid_id])}
        return sorted(seen.difference(() if spot.grid is None else self._above(spot.grid.community_id)))

    @cached_property
    def _community_of_grid(self) -> dict[int, int]:
        return {grid.id: grid.community_id for grid in self.grids}

    def _above(self, area_id: int | None) -> Iterator[int]:
        """An area and all above it."""
        while area_id is not None:
            yield area_id
            area_id = self.parent_of_area[area_id]

    def decides(self, spot: Spot, level: Level) -> tuple[Level, str | None]:
        """As of a report by hand; outside of all areas the unit is the town, if there is but one."""
        return deciding(
            level, partial(self.unit_at, spot), self._town, (spot.grid is not None, spot.area_id is not None)
        )

    @cached_property
    def _town(self) -> str | None:
        """Name of the town, if there is but one."""
        towns = [area.name for area in self.area_of_id.values() if area.parent_id is None]
        return towns[0] if len(towns) == 1 else None

    def unit_at(self, spot: Spot, level: str) -> str | None:
        """Who answers for the ground at a level; None: nobody there."""
        if level == "grid":
            return None if spot.grid is None else spot.grid.name
        area = self.area_of_id.get(spot.area_id or NONE)
        while area is not None and area.level != level:
            area = self.area_of_id.get(area.parent_id or NONE)
        return None if area is None else area.name


def ground_at(conn: Connection, at: datetime) -> Ground:
    """The ground as it is at a moment."""
    grids = sorted(live_grids(conn, at), key=lambda grid: (grid.kind, grid.code))
    versions = plan_versions(conn, sorted({grid.plan_id for grid in grids}))
    return Ground(grids, {area.id: area for area in live_areas(conn)}, versions, parents(conn))
