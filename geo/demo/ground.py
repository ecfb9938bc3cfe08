"""Where streets cannot be: in the river, on the railway, in a pond."""

from __future__ import annotations

from typing import Any, Final

import shapely
from shapely import MultiLineString

from geo.demo.plan import Plan, Street

PATH_M: Final = 18.0
"""From the water to the path along it."""

_LANE_END_M: Final = 17.6
"""Lanes that end at the water run a little over that path, so that they meet it."""

_STUMP_M: Final = 25.0
"""What is left beyond an obstacle and shorter than this is nothing."""

_KEEP_RAIL_M: Final = 14.0
_LANES: Final = ("residential", "living_street")


class Ground:
    """Knows which part of a street can be there."""

    def __init__(self, plan: Plan) -> None:
        self._river = plan.water.buffer(_LANE_END_M)
        self._rail = shapely.union_all(plan.rails).buffer(_KEEP_RAIL_M)
        self._ponds = shapely.union_all([water for _, water, _ in plan.ponds]).buffer(_LANE_END_M)
        for zone in (self._river, self._rail, self._ponds):
            shapely.prepare(zone)

    def open_part(self, street: Street) -> Any:
        """The street without what river, railway and ponds take of it; a LineString, several, or nothing."""
        line: Any = street.line
        for zone, is_closed in (
            (self._river, not street.over_river),
            (self._rail, not street.over_rail),
            (self._ponds, street.highway in _LANES),
        ):
            if is_closed and zone.intersects(line):
                line = line.difference(zone)
        parts = [part for part in shapely.get_parts(line) if part.length > _STUMP_M]
        return parts[0] if len(parts) == 1 else MultiLineString(parts)
