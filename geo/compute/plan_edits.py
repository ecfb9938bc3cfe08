"""Edits of a draft: a new draft from an old one, or a refusal that says where and why.

Every edit leaves every unit with exactly one grid and every grid with at least one unit, and puts no grid into more
pieces than it was in. New grids have negative ids until they are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from geo.compute.fabric import Fabric
from geo.compute.fabric_along import arcs_along
from geo.compute.fabric_cut import Cut, cut_along, cut_out
from geo.compute.fabric_move import move_points
from geo.compute.fabric_rings import faces_area_e7, pieces_of
from geo.compute.numbering import free_codes, numbered
from geo.drafts import BORDER_KINDS, Draft, DraftGrid
from geo.errors import BadGeometry, BadMove, NotFound
from geo.grids import Post
from geo.plan_ops import Carve, Change, Lock, Merge, Move, Paint, Rename, Renumber, SetPost, Split
from geo.rules.plan_edits import plan_edit_rule
from geo.units import E7, NONE, BoolArray, Int32Array, IntArray

DRAWN = BORDER_KINDS.index("drawn")


def edited(draft: Draft, change: Change) -> Draft:
    """The draft after one edit.

    Raises
    ------
    NotFound
        If there is no such grid or unit.
    BadMove
        If the edit would leave a grid without units or in more pieces, or change one that is locked.
    BadGeometry
        If a line, a polygon or a move cannot be meant.
    """
    edit = cast("Callable[[Draft, Any], Draft]", _EDITS[type(change)])
    after = edit(draft, change)
    _refuse_broken(draft, after)
    return after


def _paint(draft: Draft, change: Paint) -> Draft:
    target = _place(draft, change.grid)
    units = np.searchsorted(draft.unit_no, change.units)
    known = units < len(draft.unit_no)
    known[known] = draft.unit_no[units[known]] == np.array(change.units)[known]
    if not known.all():
        raise NotFound("plan_unit_unknown", unit=change.units[int(np.flatnonzero(~known)[0])])
    _refuse_locked(draft, np.append(draft.grid_of_unit[units], target))
    grid_of_unit = draft.grid_of_unit.copy()
    grid_of_unit[units] = target
    if (grid_of_unit == draft.grid_of_unit).all():
        raise BadMove("plan_nothing_changes")
    emptied = np.setdiff1d(draft.grid_of_unit, grid_of_unit)
    if len(emptied):
        raise BadMove("plan_grid_would_be_empty", grid=_called(draft, int(emptied[0])))
    return replace(draft, grid_of_unit=grid_of_unit)


def _split(draft: Draft, change: Split) -> Draft:
    grid = _place(draft, change.grid)
    _refuse_locked(draft, np.array([grid]))
    line_e7, snap_e7 = _e7(change.line), plan_edit_rule().snap_e7
    after, is_wall = _cut_where_needed(draft, line_e7, draft.grid_of_unit == grid)
    of_grid = after.grid_of_unit == grid
    part = _parts(after.fabric, of_grid, is_wall | arcs_along(after.fabric, line_e7, snap_e7))
    n_parts, n_before = int(part.max()) + 1, int(_parts(draft.fabric, draft.grid_of_unit == grid, None).max()) + 1
    if n_parts <= n_before:
        raise BadGeometry("plan_line_does_not_cross", grid=_called(draft, grid))
    area = np.bincount(part[of_grid], weights=np.abs(faces_area_e7(after.fabric, len(of_grid)))[of_grid])
    others: list[int] = np.argsort(-area, kind="stable").tolist()[1:]
    return _with_new_grids(after, [np.flatnonzero(part == number) for number in others], draft.grids[grid])


def _cut_where_needed(draft: Draft, line_e7: Int32Array, may_cut: BoolArray) -> tuple[Draft, BoolArray]:
    """The draft with units cut where a line crosses them, and (n_arcs,) which borders are drawn: none along others."""
    if len(np.unique(line_e7, axis=0)) < 2:
        raise BadGeometry("fabric_line_short", points=len(line_e7))
    try:
        after, cut = _cut(draft, cut_along, line_e7, may_cut)
    except BadGeometry as error:
        if error.key != "fabric_line_cuts_nothing":
            raise
        return draft, np.zeros(len(draft.kind_of_arc), np.bool_)
    return after, cut.is_drawn_arc


def _carve(draft: Draft, change: Carve) -> Draft:
    locked = np.array([grid.is_locked for grid in draft.grids])
    after, cut = _cut(draft, cut_out, _e7(change.polygon), ~locked[draft.grid_of_unit])
    inside = np.flatnonzero(cut.is_inside)
    _refuse_locked(draft, after.grid_of_unit[inside])
    emptied = np.setdiff1d(after.grid_of_unit[inside], np.delete(after.grid_of_unit, inside))
    if len(emptied):
        raise BadMove("plan_grid_would_be_empty", grid=_called(draft, int(emptied[0])))
    model = DraftGrid(0, "", change.name, "special", {})
    return _with_new_grids(after, [inside], model)


def _merge(draft: Draft, change: Merge) -> Draft:
    places = [_place(draft, grid) for grid in dict.fromkeys(change.grids)]
    if len(places) < 2:
        raise BadMove("plan_merge_needs_two")
    _refuse_locked(draft, np.array(places))
    grid_of_unit = np.where(np.isin(draft.grid_of_unit, places), places[0], draft.grid_of_unit)
    n_pieces = len(np.unique(pieces_of(draft.fabric, grid_of_unit)[grid_of_unit == places[0]]))
    if n_pieces > 1:
        raise BadMove("plan_merge_apart", grids=", ".join(_called(draft, place) for place in places), pieces=n_pieces)
    return _without(replace(draft, grid_of_unit=grid_of_unit), set(places[1:]))


def _move(draft: Draft, change: Move) -> Draft:
    locked = np.array([grid.is_locked for grid in draft.grids])
    from_e7, to_e7 = (_e7([move[end] for move in change.moves]) for end in (0, 1))
    moved = move_points(draft.fabric, from_e7, to_e7, ~locked[draft.grid_of_unit], plan_edit_rule().snap_e7)
    return replace(draft, fabric=moved)


def _set_post(draft: Draft, change: SetPost) -> Draft:
    place = _place(draft, change.grid)
    posts = {**draft.grids[place].posts, change.post: Post(change.is_filled, change.duty_phone)}
    return _with_grid(draft, place, replace(draft.grids[place], posts=posts))


def _lock(draft: Draft, change: Lock) -> Draft:
    place = _place(draft, change.grid)
    return _with_grid(draft, place, replace(draft.grids[place], is_locked=change.is_locked))


def _rename(draft: Draft, change: Rename) -> Draft:
    place = _place(draft, change.grid)
    return _with_grid(draft, place, replace(draft.grids[place], name=change.name))


def _renumber(draft: Draft, _change: Renumber) -> Draft:
    codes = numbered(draft)
    return replace(draft, grids=tuple(replace(grid, code=code) for grid, code in zip(draft.grids, codes, strict=True)))


_EDITS: dict[type[Change], Any] = {
    Paint: _paint,
    Split: _split,
    Merge: _merge,
    Move: _move,
    Carve: _carve,
    SetPost: _set_post,
    Lock: _lock,
    Rename: _rename,
    Renumber: _renumber,
}


def _cut(draft: Draft, cutter: Any, drawn_e7: Int32Array, may_cut: BoolArray) -> tuple[Draft, Cut]:
    """The draft with some units cut; kinds of borders, and grids of units, are those of what they were part of."""
    cut: Cut = cutter(draft.fabric, drawn_e7, may_cut, plan_edit_rule().snap_e7)
    kind_of_arc = np.where(cut.arc_before == NONE, DRAWN, draft.kind_of_arc[cut.arc_before]).astype(np.int32)
    n_new = len(cut.parent_of_face) - len(draft.unit_no)
    unit_no = np.concatenate([draft.unit_no, np.full(n_new, NONE)])
    after = replace(
        draft,
        fabric=cut.fabric,
        kind_of_arc=kind_of_arc,
        arc_no=np.full(len(kind_of_arc), NONE),
        unit_no=unit_no,
        grid_of_unit=draft.grid_of_unit[cut.parent_of_face],
    )
    return after, cut


def _e7(lonlat: Any) -> Int32Array:
    places = np.asarray(lonlat, np.float64).reshape(-1, 2)
    limit = plan_edit_rule().most_points
    if len(places) > limit:
        raise BadGeometry("plan_too_many_points", points=len(places), limit=limit)
    if not (np.isfinite(places).all() and (np.abs(places) <= (180, 90)).all()):
        raise BadGeometry("plan_place_not_on_earth")
    return np.rint(places * E7).astype(np.int32)


def _parts(fabric: Fabric, is_meant: BoolArray, is_wall: BoolArray | None) -> IntArray:
    """(n_faces,) which part of the meant faces a face belongs to, if nobody passes walls; NONE for the others."""
    label = np.where(is_meant, 0, NONE)
    part = pieces_of(fabric, label, is_wall)
    found = np.full(len(is_meant), NONE)
    found[is_meant] = np.unique(part[is_meant], return_inverse=True)[1]
    return found


def _with_new_grids(draft: Draft, units_of_grid: list[IntArray], model: DraftGrid) -> Draft:
    """New grids, each of some units, named and kept as ``model`` is; their posts are not filled."""
    lowest = min(NONE, *(grid.id for grid in draft.grids))  # NONE itself means no grid
    codes = free_codes(draft, len(units_of_grid))
    grids, grid_of_unit = list(draft.grids), draft.grid_of_unit.copy()
    for number, (units, code) in enumerate(zip(units_of_grid, codes, strict=True), 1):
        name = model.name if model.kind == "special" else f"{model.name}-{number + 1}"
        grid_of_unit[units] = len(grids)
        grids.append(DraftGrid(lowest - number, code, name, model.kind, {}))
    return replace(draft, grids=tuple(grids), grid_of_unit=grid_of_unit)


def _without(draft: Draft, places: set[int]) -> Draft:
    """The draft without some grids, which have no unit any more."""
    kept = [place for place in range(len(draft.grids)) if place not in places]
    place_after = np.full(len(draft.grids), NONE)
    place_after[kept] = np.arange(len(kept))
    grids = tuple(draft.grids[place] for place in kept)
    return replace(draft, grids=grids, grid_of_unit=place_after[draft.grid_of_unit])


def _with_grid(draft: Draft, place: int, grid: DraftGrid) -> Draft:
    if grid == draft.grids[place]:
        raise BadMove("plan_nothing_changes")
    return replace(draft, grids=(*draft.grids[:place], grid, *draft.grids[place + 1 :]))


def _place(draft: Draft, grid_id: int) -> int:
    for place, grid in enumerate(draft.grids):
        if grid.id == grid_id:
            return place
    raise NotFound("plan_grid_unknown", grid=grid_id, community=draft.community.name)


def _called(draft: Draft, place: int) -> str:
    return f"{draft.grids[place].name} ({draft.grids[place].code})"


def _refuse_locked(draft: Draft, places: IntArray) -> None:
    for place in np.unique(places).tolist():
        if draft.grids[place].is_locked:
            raise BadMove("plan_grid_locked", grid=_called(draft, place))


def _refuse_broken(before: Draft, after: Draft) -> None:
    """No grid may be in more pieces than it was; a new one is in one."""
    pieces_before = dict(zip((grid.id for grid in before.grids), _n_pieces(before), strict=True))
    for place, (grid, pieces) in enumerate(zip(after.grids, _n_pieces(after), strict=True)):
        if pieces > max(1, pieces_before.get(grid.id, 1)):
            raise BadMove("plan_grid_in_pieces", grid=_called(after, place), pieces=pieces)


def _n_pieces(draft: Draft) -> list[int]:
    piece = pieces_of(draft.fabric, draft.grid_of_unit)
    grid_and_piece = np.unique(np.stack([draft.grid_of_unit, piece]), axis=1)
    return np.bincount(grid_and_piece[0], minlength=len(draft.grids)).tolist()  # type: ignore[no-any-return]
