"""Where the border of a grid can be taken hold of."""

from __future__ import annotations

from dataclasses import dataclass

from geo.compute.plans.rows import arc_rows
from geo.drafts import Draft
from geo.errors import NotFound
from geo.units import E7, NONE


@dataclass(frozen=True)
class BorderVertex:
    """A vertex of a grid's border."""

    lonlat: tuple[float, float]
    grids: tuple[int, ...]
    """Ids of all grids that meet there, ascending."""
    is_node: bool
    """Whether borders of units meet there."""
    is_movable: bool
    """Neither on the community's border nor beside a locked grid."""


def vertices_of(draft: Draft, grid_id: int) -> list[BorderVertex]:
    """The vertices of one grid's border, each once, in the order of their arcs.

    Raises
    ------
    NotFound
        If the draft has no such grid.
    """
    grid_of_face = [draft.grids[place] for place in draft.grid_of_unit.tolist()]
    if all(grid.id != grid_id for grid in draft.grids):
        raise NotFound("plan_grid_unknown", grid=grid_id, community=draft.community.name)
    of_place: dict[tuple[int, int], set[int]] = {}
    wanted: dict[tuple[int, int], bool] = {}
    fixed: set[tuple[int, int]] = set()
    for arc in arc_rows(draft.fabric, draft.kind_of_arc, list(range(len(grid_of_face)))):
        sides = [grid_of_face[face] for face in (arc.left, arc.right) if face != NONE]
        for at, place in enumerate(arc.line):
            of_place.setdefault(place, set()).update(grid.id for grid in sides)
            if NONE in (arc.left, arc.right) or any(grid.is_locked for grid in sides):
                fixed.add(place)
            if grid_id in {grid.id for grid in sides} and (len(sides) < 2 or sides[0].id != sides[1].id):
                wanted[place] = wanted.get(place, False) or at in (0, len(arc.line) - 1)
    return [
        BorderVertex((place[0] / E7, place[1] / E7), tuple(sorted(of_place[place])), is_node, place not in fixed)
        for place, is_node in wanted.items()
    ]
