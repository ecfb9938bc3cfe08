"""What a proposed plan makes of each grid, as everybody may know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geo.grids import Grid
from geo.plan_changes import GroundMove, State


def states_of(before: Sequence[Grid], after: Sequence[Grid], ground: Sequence[GroundMove]) -> Mapping[int, State]:
    """Grid id -> what becomes of it; told by ground and names alone, never by who lives there or who works there.

    Parameters
    ----------
    before, after
        The grids of both plans; those with one id are one grid.
    ground
        What comes to other grids.
    """
    old, new = ({grid.id: grid for grid in side} for side in (before, after))
    touched = {name.id for move in ground for name in (move.before, move.after) if name is not None}
    return {grid: _state(old.get(grid), new.get(grid), is_touched=grid in touched) for grid in old.keys() | new.keys()}


def _state(old: Grid | None, new: Grid | None, *, is_touched: bool) -> State:
    if old is None:
        return "new"
    if new is None:
        return "gone"
    if is_touched:
        return "changed"
    return "kept" if (old.code, old.name, old.kind) == (new.code, new.name, new.kind) else "relabelled"
