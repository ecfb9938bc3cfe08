"""Edits of a draft: a new draft from an old one, or a refusal that says where and why.

Every edit leaves every unit with exactly one grid and every grid with at least one unit, and puts no grid into more
pieces than it was in, bridges counted. That a bridge is gone may be said at any time: then it is gone, and the rules
say what that means. New grids have negative ids until they are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, cast

import numpy as np
import shapely

from geo.compute.fabric.along import arcs_along
from geo.compute.fabric.cross import own_crossings
from geo.compute.fabric.cut import Cut, cut_along, cut_out
from geo.compute.fabric.faces import lonlat_of, place_text
from geo.compute.fabric.move import move_points
from geo.compute.fabric.rings import faces_area_e7, pieces_of, shapes_of
from geo.compute.fabric.touching import touching
from geo.compute.plans.bridges import after_cut, bridged, lines_of_bridges
from geo.compute.plans.drawn import left_out
from geo.compute.plans.figures import n_pieces, pieces_with_bridges
from geo.compute.plans.numbering import free_codes, numbered
from geo.compute.project import Frame
from geo.drafts import BORDER_KINDS, CodeBook, Draft, DraftBridge, DraftGrid
from geo.errors import BadGeometry, BadMove, NotFound
from geo.grids import Post, is_duty_phone
from geo.plan_ops import Bridge, Carve, Change, Lock, Merge, Move, Paint, Rename, Renumber, SetPost, Split
from geo.rules.plan_edits import plan_edit_rule
from geo.text import is_one_line
from geo.units import E7, NONE, BoolArray, Int32Array, IntArray

DRAWN = BORDER_KINDS.index("drawn")


def edited(draft: Draft, change: Change, codes: CodeBook) -> Draft:
    """The draft after one edit.

    Parameters
    ----------
    draft
        As it is.
    change
        What to do.
    codes
        How new grids are numbered, and which codes they do not get.

    Raises
    ------
    NotFound
        If there is no such grid or unit.
    BadMove
        If the edit would leave a grid without units or in more pieces, or change one that is locked; or if the scheme
        has no number left.
    BadGeometry
        If a line, a polygon or a move cannot be meant.
    """
    if isinstance(change, Renumber):
        return _renumbered(draft, change, codes)
    edit = cast("Callable[[Draft, Any], Draft]", _EDITS[type(change)])
    after = _with_codes(edit(draft, change), codes)
    if not isinstance(change, Bridge):
        _refuse_broken(draft, after)
        _refuse_touching(draft, after)
    return after


def _paint(draft: Draft, change: Paint) -> Draft:
    target = _place(draft, change.grid)
    units = _units(draft, change.units)
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
    _refuse_tangled(line_e7)
    after, is_wall = _cut_where_needed(draft, line_e7, draft.grid_of_unit == grid)
    of_grid = after.grid_of_unit == grid
    apart = _without_crossed(after, line_e7)
    _parts_made(apart, grid, is_wall)  # more walls make more parts: what is too much by now need not be looked at
    part = _parts_made(apart, grid, is_wall | arcs_along(after.fabric, line_e7, snap_e7))
    n_before = int(_parts(draft, draft.grid_of_unit == grid, None).max()) + 1
    if int(part.max()) + 1 <= n_before:
        raise BadGeometry("plan_line_does_not_cross", grid=_called(draft, grid))
    _refuse_strips(after, part, _called(draft, grid))
    area = np.bincount(part[of_grid], weights=np.abs(faces_area_e7(after.fabric, len(of_grid)))[of_grid])
    others: list[int] = np.argsort(-area, kind="stable").tolist()[1:]
    return _with_new_grids(after, [np.flatnonzero(part == number) for number in others], draft.grids[grid])


def _refuse_tangled(line_e7: Int32Array) -> None:
    crossings, first_e7 = own_crossings(line_e7)
    limit = plan_edit_rule().most_own_crossings
    if crossings > limit:
        raise BadGeometry("plan_line_tangled", crossings=crossings, limit=limit, **place_text(first_e7))


def _parts_made(draft: Draft, grid: int, is_wall: BoolArray) -> IntArray:
    """As :func:`_parts` of a grid, if a line may make as many."""
    part = _parts(draft, draft.grid_of_unit == grid, is_wall)
    n_parts, limit = int(part.max()) + 1, plan_edit_rule().most_parts
    if n_parts > limit:
        raise BadGeometry("plan_line_too_many_parts", grid=_called(draft, grid), parts=n_parts, limit=limit)
    return part


def _refuse_strips(draft: Draft, part: IntArray, called: str) -> None:
    """Refuse a line that cuts off what is narrower than a hand draws: it was meant to run along a border."""
    rule = plan_edit_rule()
    shapes = shapes_of(draft.fabric, part, int(part.max()) + 1)
    frame = Frame.of(lonlat_of(draft.fabric.node_e7))
    flat = shapely.transform(shapes, frame.to_xy_m)
    width_m = 2 * shapely.area(flat) / shapely.length(flat)
    narrowest = int(np.argmin(width_m))
    if width_m[narrowest] < rule.least_part_width_m:
        lonlat = shapely.get_coordinates(shapely.point_on_surface(shapes[narrowest]))[0]
        raise BadGeometry(
            "plan_part_narrow", grid=called, width=f"{width_m[narrowest]:.1f}", **place_text(np.rint(lonlat * E7))
        )


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
    ring_e7 = _e7(change.polygon)
    n_points = len(np.unique(ring_e7, axis=0))
    if n_points < 3:
        raise BadGeometry("fabric_ring_short", points=n_points)
    crossings, first_e7 = own_crossings(np.concatenate([ring_e7, ring_e7[:1]]))
    if crossings:
        raise BadGeometry("plan_ring_crosses_itself", **place_text(first_e7))
    _refuse_outside(draft, ring_e7)
    try:
        after, cut = _cut(draft, cut_out, ring_e7, ~locked[draft.grid_of_unit])
    except BadGeometry as error:
        if error.key == "fabric_ring_holds_nothing" and locked.any():  # the ground inside may all be locked
            without, would = _cut(draft, cut_out, ring_e7, np.ones(len(draft.grid_of_unit), np.bool_))
            _refuse_locked(draft, without.grid_of_unit[would.is_inside])
        raise
    inside = np.flatnonzero(cut.is_inside)
    _refuse_locked(draft, after.grid_of_unit[inside])
    emptied = np.setdiff1d(after.grid_of_unit[inside], np.delete(after.grid_of_unit, inside))
    if len(emptied) == 1 and (after.grid_of_unit[inside] == emptied[0]).all():
        place = int(emptied[0])  # all of one grid and nothing else: the grid itself becomes special
        return _with_grid(
            after, place, replace(after.grids[place], name=_name(draft, change.name, place), kind="special")
        )
    if len(emptied):
        raise BadMove("plan_grid_would_be_empty", grid=_called(draft, int(emptied[0])))
    name = _name(draft, change.name)
    carved = _with_new_grids(after, [inside], DraftGrid(0, "", name, "special", {}))
    pieces = int(n_pieces(carved)[-1])
    if pieces > 1:
        raise BadMove("plan_carved_in_pieces", name=name, pieces=pieces)
    return carved


def _refuse_outside(draft: Draft, ring_e7: Int32Array) -> None:
    share = left_out(draft, ring_e7).outside_share
    if share > plan_edit_rule().most_outside_share:
        raise BadGeometry("plan_ring_outside", community=draft.community.name, percent=f"{100 * share:.0f}")


def _merge(draft: Draft, change: Merge) -> Draft:
    places = [_place(draft, grid) for grid in dict.fromkeys(change.grids)]
    if len(places) < 2:
        raise BadMove("plan_merge_needs_two")
    _refuse_locked(draft, np.array(places))
    is_meant = np.isin(draft.grid_of_unit, places)
    merged = replace(draft, grid_of_unit=np.where(is_meant, places[0], draft.grid_of_unit))
    pieces = len(np.unique(pieces_with_bridges(merged)[is_meant]))
    if pieces > 1:
        raise BadMove("plan_merge_apart", grids=", ".join(_called(draft, place) for place in places), pieces=pieces)
    return _without(merged, set(places[1:]))


def _move(draft: Draft, change: Move) -> Draft:
    locked = np.array([grid.is_locked for grid in draft.grids])
    from_e7, to_e7 = (_e7([move[end] for move in change.moves]) for end in (0, 1))
    if np.array_equal(from_e7, to_e7):
        raise BadMove("plan_nothing_changes")
    moved = move_points(draft.fabric, from_e7, to_e7, ~locked[draft.grid_of_unit], plan_edit_rule().snap_e7)
    return replace(draft, fabric=moved)


def _set_post(draft: Draft, change: SetPost) -> Draft:
    place = _place(draft, change.grid)
    if change.duty_phone is not None and not is_duty_phone(change.duty_phone):
        raise BadMove("plan_duty_phone_bad", limit=plan_edit_rule().longest_phone)
    posts = {**draft.grids[place].posts, change.post: Post(change.is_filled, change.duty_phone)}
    return _with_grid(draft, place, replace(draft.grids[place], posts=posts))


def _lock(draft: Draft, change: Lock) -> Draft:
    place = _place(draft, change.grid)
    return _with_grid(draft, place, replace(draft.grids[place], is_locked=change.is_locked))


def _rename(draft: Draft, change: Rename) -> Draft:
    place = _place(draft, change.grid)
    return _with_grid(draft, place, replace(draft.grids[place], name=_name(draft, change.name, place)))


def _bridge(draft: Draft, change: Bridge) -> Draft:
    one, other = sorted(_units(draft, change.units).tolist())
    told = dict(zip(("unit", "other"), sorted(change.units), strict=True))
    if one == other:
        raise BadMove("plan_bridge_needs_two", **told)
    bridges = {bridge[:2]: bridge for bridge in draft.bridges}
    if change.is_open:
        _refuse_bridge(draft, {one, other}, change.reason, told)
        bridges[one, other] = DraftBridge(one, other, change.reason.strip())
    elif bridges.pop((one, other), None) is None:
        raise BadMove("plan_bridge_unknown", **told)
    after = tuple(bridges[pair] for pair in sorted(bridges))
    if after == draft.bridges:
        raise BadMove("plan_nothing_changes")
    if len(after) > plan_edit_rule().most_bridges:
        raise BadMove("plan_bridges_full", most=plan_edit_rule().most_bridges)
    return replace(draft, bridges=after)


def _refuse_bridge(draft: Draft, units: set[int], reason: str, told: Mapping[str, int]) -> None:
    sides = zip(draft.fabric.left.tolist(), draft.fabric.right.tolist(), strict=True)
    if any(units == {left, right} for left, right in sides):
        raise BadMove("plan_bridge_not_needed", **told)
    if not reason.strip():
        raise BadMove("plan_bridge_needs_reason", **told)


def _renumbered(draft: Draft, change: Renumber, codes: CodeBook) -> Draft:
    given = numbered(draft, codes, is_reusing=change.is_reusing)
    after = tuple(replace(grid, code=code) for grid, code in zip(draft.grids, given, strict=True))
    if after == draft.grids:
        raise BadMove("plan_nothing_changes")
    return replace(draft, grids=after)


def _with_codes(draft: Draft, codes: CodeBook) -> Draft:
    """New grids with the lowest codes that no grid has or had."""
    new = [place for place, grid in enumerate(draft.grids) if not grid.code]
    code_of = dict(zip(new, free_codes(draft, len(new), codes), strict=True))
    grids = tuple(replace(grid, code=code_of.get(place, grid.code)) for place, grid in enumerate(draft.grids))
    return replace(draft, grids=grids)


_EDITS: dict[type[Change], Any] = {
    Paint: _paint,
    Split: _split,
    Merge: _merge,
    Move: _move,
    Carve: _carve,
    SetPost: _set_post,
    Lock: _lock,
    Rename: _rename,
    Bridge: _bridge,
}


def _cut(draft: Draft, cutter: Any, drawn_e7: Int32Array, may_cut: BoolArray) -> tuple[Draft, Cut]:
    """The draft with some units cut: kinds of borders, grids and bridges are those of what they were part of."""
    rule = plan_edit_rule()
    cut: Cut = cutter(
        draft.fabric, drawn_e7, may_cut, rule.snap_e7, rule.most_points, rule.most_meetings, rule.outer_e7
    )
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
        bridges=after_cut(draft.bridges, cut.fabric, cut.parent_of_face),
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


def _without_crossed(draft: Draft, line_e7: Int32Array) -> Draft:
    """The draft without the bridges that a line crosses."""
    line = shapely.LineString(lonlat_of(line_e7))
    is_crossed = shapely.intersects(lines_of_bridges(draft), line).tolist()
    bridges = tuple(bridge for bridge, crossed in zip(draft.bridges, is_crossed, strict=True) if not crossed)
    return replace(draft, bridges=bridges)


def _parts(draft: Draft, is_meant: BoolArray, is_wall: BoolArray | None) -> IntArray:
    """(n_faces,) which part of the meant faces a face belongs to, if nobody passes walls; NONE for the others."""
    label = np.where(is_meant, 0, NONE)
    part = bridged(pieces_of(draft.fabric, label, is_wall), label, draft.bridges)
    found = np.full(len(is_meant), NONE)
    found[is_meant] = np.unique(part[is_meant], return_inverse=True)[1]
    return found


def _with_new_grids(draft: Draft, units_of_grid: list[IntArray], model: DraftGrid) -> Draft:
    """New grids, each of some units, named and kept as ``model`` is; posts are not filled, codes not given yet."""
    lowest = min(NONE, *(grid.id for grid in draft.grids))  # NONE itself means no grid
    grids, grid_of_unit = list(draft.grids), draft.grid_of_unit.copy()
    taken = {grid.name for grid in grids}
    free = (f"{model.name}-{number}" for number in count(2))
    for number, units in enumerate(units_of_grid, 1):
        name = model.name if model.kind == "special" else next(name for name in free if name not in taken)
        grid_of_unit[units] = len(grids)
        grids.append(DraftGrid(lowest - number, "", name, model.kind, {}))
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


def _name(draft: Draft, name: str, place: int | None = None) -> str:
    """A name as a grid may have it: one line, and no other grid's."""
    text = name.strip()
    if not text or not is_one_line(text):
        raise BadMove("plan_name_no_line")
    for other, grid in enumerate(draft.grids):
        if grid.name == text and other != place:
            raise BadMove("plan_name_taken", name=text, grid=_called(draft, other))
    return text


def _units(draft: Draft, numbers: Sequence[int]) -> IntArray:
    """(n,) places of units by their numbers."""
    units = np.searchsorted(draft.unit_no, numbers)
    known = units < len(draft.unit_no)
    known[known] = draft.unit_no[units[known]] == np.array(numbers)[known]
    if not known.all():
        raise NotFound("plan_unit_unknown", unit=numbers[int(np.flatnonzero(~known)[0])])
    return units


def _called(draft: Draft, place: int) -> str:
    return f"{draft.grids[place].name} ({draft.grids[place].code})"


def _refuse_locked(draft: Draft, places: IntArray) -> None:
    for place in np.unique(places).tolist():
        if draft.grids[place].is_locked:
            raise BadMove("plan_grid_locked", grid=_called(draft, place))


def _refuse_touching(before: Draft, after: Draft) -> None:
    """Neither a grid nor a unit may begin to touch itself in a single place of the community's border."""
    units = (np.arange(len(draft.unit_no)) for draft in (before, after))
    for was, now in (units, (before.grid_of_unit, after.grid_of_unit)):
        found = touching(after.fabric, now).without(touching(before.fabric, was))
        if len(found.key):
            grid = found.label[0] if now is after.grid_of_unit else after.grid_of_unit[found.label[0]]
            raise BadGeometry("plan_touches_itself", grid=_called(after, int(grid)), **place_text(found.e7[0]))


def _refuse_broken(before: Draft, after: Draft) -> None:
    """No grid may be in more pieces than it was; a new one is in one."""
    pieces_before = dict(zip((grid.id for grid in before.grids), n_pieces(before).tolist(), strict=True))
    for place, (grid, pieces) in enumerate(zip(after.grids, n_pieces(after).tolist(), strict=True)):
        if pieces > max(1, pieces_before.get(grid.id, 1)):
            raise BadMove("plan_grid_in_pieces", grid=_called(after, place), pieces=pieces)
