"""Posts of professionals and mediators, invented like the rest: at the communities' centres, with grids of their own.

A few grids are left out on purpose, so that the list of grids without somebody has something to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from shapely import Point

from geo.demo.blocks import Grids
from geo.demo.census import GridPosts
from geo.demo.incidents import ResourceRow
from geo.demo.plan import Plan
from geo.demo.stations import StationRow

ASSIGNED_SINCE: Final = "2026-01-01"


@dataclass(frozen=True)
class Kind:
    """How posts of one kind are dealt out."""

    name: str
    """After the community's."""
    services: str
    duty_hours: str
    communities: int
    """To a post: it works at the centre of the first of them."""
    staff: tuple[int, ...]
    """Persons on duty, in turn."""
    left_out: tuple[int, ...]
    """So many of the last grids of a community nobody has, in turn; -1: all of them."""


KINDS: Final[dict[str, Kind]] = {
    "police_officer": Kind("警务室", "纠纷调解;治安", "Mo-Su 08:00-22:00", 1, (2, 3, 2, 2), (0, 0, 0, 1)),
    "judge": Kind("法官工作室", "纠纷调解;法律咨询", "Mo-Fr 09:00-17:00", 3, (1,), (0,)),
    "prosecutor": Kind("检察官联络点", "法律咨询", "Tu,Th 09:00-17:00", 3, (1,), (0, 0, 0, 0, 0, -1)),
    "lawyer": Kind("律师工作室", "法律咨询;纠纷调解", "Mo-Fr 09:00-17:30", 2, (1, 1, 0), (0, 1, 0, 0, 2, 0)),
    "mediator": Kind("人民调解室", "纠纷调解", "Mo-Fr 08:30-18:30; Sa 09:00-12:00", 1, (2, 1, 2), (0, 0, 2)),
}
"""Numbers are ours. Published: 73 of the first four kinds in one district (Hohhot, 2024), with no word of grids."""


def open_posts(plan: Plan, grids: Grids, posts: GridPosts, stations: Sequence[StationRow]) -> list[ResourceRow]:
    """Posts of every kind, by kind, then by community."""
    codes = [
        sorted(code for code, of in zip(posts.code, grids.community.tolist(), strict=True) if of == community)
        for community in range(len(plan.communities))
    ]
    places = [_centre(plan, grids, community, stations) for community in range(len(plan.communities))]
    found = []
    for key, kind in KINDS.items():
        for number, first in enumerate(range(0, len(codes), kind.communities)):
            own = range(first, min(first + kind.communities, len(codes)))
            given = [code for community in own for code in _given(kind, community, codes[community])]
            found.append(
                ResourceRow(
                    key=f"P-{key}-{number + 1:03d}",
                    name=f"{plan.communities[first].name}{kind.name}",
                    kind=key,
                    services=kind.services,
                    staff=kind.staff[number % len(kind.staff)],
                    place=places[first],
                    position_at=None,
                    duty_hours=kind.duty_hours,
                    grids=tuple(given),
                )
            )
    return found


def _centre(plan: Plan, grids: Grids, community: int, stations: Sequence[StationRow]) -> Point:
    """The door of a community's own centre, or of the nearest one."""
    centres = [row for row in stations if row.kind == "party_mass_centre"]
    own = [row for row in centres if row.name.startswith(plan.communities[community].name)]
    middle = shapely.union_all(grids.polygons[grids.community == community]).centroid
    return min(own or centres, key=lambda row: (row.entrance.distance(middle), row.key)).entrance


def _given(kind: Kind, community: int, codes: Sequence[str]) -> Sequence[str]:
    """The grids of a community that the kind's post gets."""
    left_out = kind.left_out[community % len(kind.left_out)]
    return codes[: len(codes) - left_out] if left_out >= 0 else ()
