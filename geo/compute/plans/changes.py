"""What a plan changes for whom: the same homes, stations and cases sorted into two divisions of the ground.

Everything counted is sorted as a whole and never shared out by area: a home that stays in its grid has not moved,
however little of the grid's ground has stayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import shapely

from geo.compute.crosswalk import Crosswalk, alluvial, crosswalk, sums
from geo.compute.plans.changes_made import made_of, said_of
from geo.compute.plans.ground import LEAST_WIDTH_M, areas_m2, ground_moves
from geo.compute.project import Frame
from geo.compute.reach.coverage import polygon_of_points
from geo.drafts import PlanHomes
from geo.grids import POSTS, Grid
from geo.plan_changes import (
    MEASURES,
    BuildingMove,
    CaseName,
    CommunityToTell,
    Comparison,
    Consequences,
    Counted,
    Flow,
    GridChange,
    GridName,
    GridSide,
    GroundMove,
    Placed,
    PlaceMove,
    PlanSide,
    PostToTell,
    State,
    Things,
)
from geo.units import NONE, FloatArray, IntArray

NameT = TypeVar("NameT")

COVERED = len(MEASURES)
"""Column of the residents who reach a station, behind what is counted."""


class _Case(NamedTuple):
    """Both sides, sorted."""

    before: PlanSide
    after: PlanSide
    things: Things
    old: Mapping[int, Grid]
    """By id: the grids before."""
    new: Mapping[int, Grid]
    pairs: Crosswalk
    """Of homes; its last column is the residents who reach a station."""
    ground: Sequence[GroundMove]
    stations: Sequence[PlaceMove[str]]
    incidents: Sequence[PlaceMove[CaseName]]
    frame: Frame


def compare(before: PlanSide, after: PlanSide, things: Things) -> Comparison:
    """Two plans, or the grids of two days, held against each other."""
    return _comparison(_case(before, after, things))


def consequences(before: PlanSide, after: PlanSide, things: Things) -> Consequences:
    """All that changes from one plan to another, and who must hear of it."""
    case = _case(before, after, things)
    comparison = _comparison(case)
    changed = [change for change in comparison.grids if change.state != "kept"]
    return Consequences(
        comparison=comparison,
        buildings=_buildings(case),
        stations=case.stations,
        incidents=case.incidents,
        of_units_whole={name: float(count.sum()) for name, count in (things.of_units or {}).items()},
        of_units_moved=_of_units_moved(case),
        posts=list(_posts(case, changed)),
        communities=_communities(case, changed),
    )


def moved_counts(grid_before: IntArray, grid_after: IntArray, homes: PlanHomes) -> Counted:
    """Who comes into another grid: the short answer to one edit.

    Parameters
    ----------
    grid_before, grid_after
        (n_homes,) ids; NONE: in no grid.
    homes
        The homes.
    """
    return _counted(_weights(homes)[grid_before != grid_after].sum(axis=0))


def grid_at(lonlat: FloatArray, grids: Sequence[Grid]) -> IntArray:
    """(n,) id of the grid that each place lies in, on a border the lowest; NONE: in none."""
    ordered = sorted(grids, key=lambda grid: grid.id)
    place = polygon_of_points(lonlat, np.array([grid.shape for grid in ordered], dtype=object))
    return np.array([*(grid.id for grid in ordered), NONE], dtype=np.int64)[place]


def _case(before: PlanSide, after: PlanSide, things: Things) -> _Case:
    is_covered = things.covered.is_covered if things.covered else np.zeros(len(things.homes.id), np.bool_)
    weights = np.column_stack([_weights(things.homes), things.homes.residents * is_covered])
    corners = shapely.get_coordinates([grid.shape for side in (before, after) for grid in side.grids])
    frame = Frame.of(corners)
    return _Case(
        before=before,
        after=after,
        things=things,
        old={grid.id: grid for grid in before.grids},
        new={grid.id: grid for grid in after.grids},
        pairs=crosswalk(before.grid_of_home, after.grid_of_home, weights),
        ground=ground_moves(before.grids, after.grids, frame, least_width_m=max(things.told_width_m, LEAST_WIDTH_M)),
        stations=list(_place_moves(things.stations, before, after)),
        incidents=list(_place_moves(things.incidents, before, after)),
        frame=frame,
    )


def _weights(homes: PlanHomes) -> FloatArray:
    """(n_homes, n_measures)"""
    counts = [getattr(homes, name) for name in MEASURES if name != "buildings"]
    return np.column_stack([*counts, homes.is_building.astype(np.float64)])


def _counted(row: FloatArray) -> Counted:
    return Counted(*row[: len(MEASURES)].tolist())


def _comparison(case: _Case) -> Comparison:
    return Comparison(
        made=made_of(case.before, case.after, case.things),
        whole=_counted(case.pairs.amounts.sum(axis=0)),
        moved=_counted(case.pairs.moves.amounts.sum(axis=0)),
        residents_other_member=_residents_other_member(case),
        grids=_grid_changes(case),
        flows=list(_flows(case)),
        ground=case.ground,
    )


def _residents_other_member(case: _Case) -> float:
    """Residents who do not have the same member on both sides; who has none on either side has not another one."""
    old, new = (
        np.array([grid if _has_member(grids.get(grid)) else NONE for grid in ids.tolist()], dtype=np.int64)
        for ids, grids in ((case.pairs.before, case.old), (case.pairs.after, case.new))
    )
    return float(case.pairs.amounts[old != new, 0].sum())


def _has_member(grid: Grid | None) -> bool:
    post = grid.posts.get("member") if grid else None
    return post is not None and post.is_filled


def _flows(case: _Case) -> Iterator[Flow]:
    pairs, order = case.pairs, alluvial(case.pairs)
    shares = (order.share_of_before.tolist(), order.share_of_after.tolist())
    for pair, of_before, of_after in zip(order.pair.tolist(), *shares, strict=True):
        yield Flow(
            before=GridName.of(case.old.get(int(pairs.before[pair]))),
            after=GridName.of(case.new.get(int(pairs.after[pair]))),
            counts=_counted(pairs.amounts[pair]),
            share_of_before=None if np.isnan(of_before) else of_before,
            share_of_after=None if np.isnan(of_after) else of_after,
        )


# Grids


def _grid_changes(case: _Case) -> list[GridChange]:
    ids = np.array(sorted(case.old.keys() | case.new.keys()), dtype=np.int64)
    moves = case.pairs.moves
    lost, gained = sums(moves.before, moves.amounts).of(ids), sums(moves.after, moves.amounts).of(ids)
    before, after = _sides(case, case.before, case.pairs.before), _sides(case, case.after, case.pairs.after)
    touched = _touched(case)
    changes = [
        GridChange(
            id=grid,
            state=_state(grid, case, touched),
            before=before.get(grid),
            after=after.get(grid),
            gained=_counted(gained[i]),
            lost=_counted(lost[i]),
        )
        for i, grid in enumerate(ids.tolist())
    ]
    return sorted(changes, key=lambda change: (change.name.code, change.id))


def _sides(case: _Case, side: PlanSide, grid_of_pair: IntArray) -> dict[int, GridSide]:
    """By id: what every grid of one side holds."""
    ids = np.array([grid.id for grid in side.grids], dtype=np.int64)
    held = sums(grid_of_pair, case.pairs.amounts).of(ids)
    area_m2 = areas_m2([grid.shape for grid in side.grids], case.frame).tolist()
    of_units = _of_units(case.things, side, ids)
    return {
        grid.id: GridSide(
            code=grid.code,
            name=grid.name,
            kind=grid.kind,
            counts=_counted(held[i]),
            area_m2=area_m2[i],
            residents_covered=float(held[i, COVERED]) if case.things.covered else None,
            load=(side.load_of_grid or {}).get(grid.id),
            of_units={name: float(counts[i]) for name, counts in of_units.items()},
            has_member=_has_member(grid),
        )
        for i, grid in enumerate(side.grids)
    }


def _of_units(things: Things, side: PlanSide, ids: IntArray) -> dict[str, FloatArray]:
    """By name: (n_ids,) what some grids have of what is counted by unit."""
    if side.grid_of_unit is None:
        return {}
    return {n: sums(side.grid_of_unit, count[:, None]).of(ids)[:, 0] for n, count in (things.of_units or {}).items()}


def _of_units_moved(case: _Case) -> dict[str, float]:
    old, new = case.before.grid_of_unit, case.after.grid_of_unit
    if old is None or new is None:
        return {}
    return {name: float(count[old != new].sum()) for name, count in (case.things.of_units or {}).items()}


def _state(grid: int, case: _Case, touched: frozenset[int]) -> State:
    if grid not in case.old:
        return "new"
    if grid not in case.new:
        return "gone"
    if grid in touched:
        return "changed"
    return "kept" if said_of(case.old[grid]) == said_of(case.new[grid]) else "relabelled"


def _touched(case: _Case) -> frozenset[int]:
    """Grids whose ground changes, or who or what lies in them."""
    moves: list[GroundMove | PlaceMove[str] | PlaceMove[CaseName]] = [*case.ground, *case.stations, *case.incidents]
    ids = {grid.id for move in moves for grid in (move.before, move.after) if grid}
    ids.update(case.pairs.moves.before.tolist(), case.pairs.moves.after.tolist())
    old, new = case.before.grid_of_unit, case.after.grid_of_unit
    if old is not None and new is not None:
        ids.update(old[old != new].tolist(), new[old != new].tolist())
    return frozenset(ids)


# What else moves


def _place_moves(places: Placed[NameT], before: PlanSide, after: PlanSide) -> Iterator[PlaceMove[NameT]]:
    """Places whose grid is another one, by id."""
    old, new = ({grid.id: grid for grid in side.grids} for side in (before, after))
    one, other = grid_at(places.lonlat, before.grids), grid_at(places.lonlat, after.grids)
    moving = np.flatnonzero(one != other)
    for i in moving[np.argsort(places.id[moving])].tolist():
        was, will_be = (GridName.of(grids.get(int(ids[i]))) for grids, ids in ((old, one), (new, other)))
        yield PlaceMove(int(places.id[i]), places.name[i], was, will_be)


def _buildings(case: _Case) -> list[BuildingMove]:
    """Buildings whose grid is another one: those of one move together, by id."""
    homes, old, new = case.things.homes, case.before.grid_of_home, case.after.grid_of_home
    moves = [
        BuildingMove(
            home_id=int(homes.id[i]),
            name=case.things.name_of_home.get(int(homes.id[i])),
            lonlat=(float(homes.lonlat[i, 0]), float(homes.lonlat[i, 1])),
            residents=float(homes.residents[i]),
            households=float(homes.households[i]),
            before=GridName.of(case.old.get(int(old[i]))),
            after=GridName.of(case.new.get(int(new[i]))),
        )
        for i in np.flatnonzero((old != new) & (homes.is_building == 1)).tolist()
    ]
    return sorted(moves, key=lambda move: (_by_code(move.before), _by_code(move.after), move.home_id))


def _by_code(grid: GridName | None) -> tuple[str, int]:
    return (grid.code, grid.id) if grid else ("", NONE)


# Who must hear of it


def _posts(case: _Case, changed: Sequence[GridChange]) -> Iterator[PostToTell]:
    """The posts of grids that are not as they were, by code of the grid."""
    for change in changed:
        grid = case.new.get(change.id) or case.old[change.id]
        for name in POSTS:
            post = grid.posts.get(name)
            yield PostToTell(
                grid=change.name,
                state=change.state,
                post=name,
                is_filled=post.is_filled if post else None,
                duty_phone=post.duty_phone if post else None,
            )


def _communities(case: _Case, changed: Sequence[GridChange]) -> list[CommunityToTell]:
    """The communities of grids that are not as they were, by code."""
    grids = {**case.old, **case.new}
    ids = {grids[change.id].community_id for change in changed}
    told = [CommunityToTell(area.id, area.code, area.name) for area in case.things.communities if area.id in ids]
    return sorted(told, key=lambda community: community.code)
