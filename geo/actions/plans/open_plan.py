"""Begin a draft: from a plan that there is, or for a community that has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, check_community, community_for
from geo.actions.work.cut_units import runs_through_units
from geo.actions.work.store_cuts import cut_and_store
from geo.areas import Area
from geo.compute.fabric.faces import lengths_m_of_arcs
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.figures import unit_of_homes
from geo.compute.plans.numbering import numbered
from geo.compute.plans.rows import draft_of
from geo.compute.plans.start import grids_of_units
from geo.drafts import CodeBook, Draft, DraftGrid
from geo.errors import BadMove
from geo.grids import Grid
from geo.imports.places import frame_about, in_metres
from geo.plan_rows import PlanRows
from geo.plans import Plan
from geo.rules.layers import layer_rules
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.plan_homes import homes_in
from geo.units import NONE


@dataclass(frozen=True)
class Question:
    """A unit that a grid of the plan before holds less than nearly all of: somebody who knows the place should look."""

    unit_no: int
    grid_id: int
    """The grid that the unit was given to."""
    share_inside: float
    lonlat: tuple[float, float]


@dataclass(frozen=True)
class Opened:
    """A new draft, and what to look at first."""

    plan: Plan
    questions: Sequence[Question]
    """Only where the plan before was not drawn on units; those that are farthest from clear first."""


class _Wish(NamedTuple):
    """What a draft is to be."""

    note: str | None
    hand: Hand
    codes: CodeBook


def open_plan(
    db: Database,
    community_code: str,
    base_plan_id: int | None,
    note: str | None,
    hand: Hand,
    *,
    scheme: str | None = None,
) -> Opened:
    """A draft with the grids of the base plan; without one, of the plan in force, else of the one that was imported.

    The base's borders are kept to the last digit where it was drawn on units. Else its grids are put together from
    units, each from those of which it holds the largest part. Codes are kept, too; if they are to follow another scheme
    (a key of geo/rules/code_schemes.toml), all grids are numbered anew.

    Raises
    ------
    Refused
        If there is no such scheme.
    NotFound
        If there is no such community or plan.
    NotAllowed
        If the community lies outside the hand's area.
    BadMove
        If the base plan is another community's, or a grid of it would have no unit; or if none is named, none is in
        force and several were imported.
    """
    with db.read() as conn:
        community = community_for(conn, community_code, hand)
        base = _base(conn, community, base_plan_id, hand)
        codes = plans.code_book(conn, community.code, scheme or plans.scheme_after(base))
        needs_cut = _needs_cut(conn, community, base, hand.at)
    if needs_cut:
        cut_and_store(db, [community.code], hand.at, along=[] if base is None else [base.id])
    with db.write() as conn:
        check_community(conn, community.id, hand)
        community = community_of(conn, area_id=community.id)
        if base is not None and base.fabric_id is not None:
            return Opened(_copied(conn, community, base, _Wish(note, hand, codes)), ())
        return _on_units(conn, community, base, _Wish(note, hand, codes))


def _base(conn: Connection, community: Area, base_plan_id: int | None, hand: Hand) -> Plan | None:
    if base_plan_id is None:
        return plans.live_plans(conn, hand.at).get(community.id) or _imported(conn, community)
    base = plans.get_plan(conn, base_plan_id)
    if base.community_id != community.id:
        raise BadMove("plan_foreign_base", id=base_plan_id, community=community.name)
    return base


def _needs_cut(conn: Connection, community: Area, base: Plan | None, at: datetime) -> bool:
    """Whether there are no units to put a draft together from, or borders of the base's grids run through them."""
    if base is not None and base.fabric_id is not None:
        return False
    cut_id = drafts.cut_of(conn, community.id)
    if base is None or cut_id is None:
        return cut_id is None
    if drafts.provenance_of(conn, cut_id)["report"].get("follows_plan") == base.id:
        return False
    cut = draft_of(community, _all_in_one(conn, cut_id, {0: DraftGrid(0, "", "", "basic", {})}))
    return runs_through_units(conn, community, base.id, (cut.fabric, cut.kind_of_arc), at)


def _all_in_one(conn: Connection, cut_id: int, grids: Mapping[int, DraftGrid]) -> PlanRows:
    """Units of a community's own cut, which the first of some grids has."""
    arcs, next_arc_no, next_unit_no = drafts.arcs_of_fabric(conn, cut_id)
    units = sorted({unit for arc in arcs.values() for unit in arc[:2]} - {NONE})
    return PlanRows(arcs, dict.fromkeys(units, next(iter(grids))), grids, next_arc_no, next_unit_no)


def _imported(conn: Connection, community: Area) -> Plan | None:
    """The grids that were imported and wait to be put into force; None if there are none."""
    waiting = [plan for plan in plans.list_plans(conn, community.id, "draft") if plan.fabric_id is None]
    if len(waiting) > 1:
        told = ", ".join(str(plan.id) for plan in waiting)
        raise BadMove("plan_bases_waiting", community=community.name, plans=told)
    return waiting[0] if waiting else None


def _copied(conn: Connection, community: Area, base: Plan, wish: _Wish) -> Plan:
    """A draft with the rows of another plan."""
    assert base.fabric_id is not None
    rows = drafts.rows_of_plan(conn, base.id, base.fabric_id)
    told = drafts.provenance_of(conn, base.fabric_id)
    shapes = {grid.id: grid.shape for grid in grids_of_plans(conn, [base.id])}
    unlocked = replace(rows, grids={grid.id: replace(grid, is_locked=False) for grid in rows.grids.values()})
    coded = _in_scheme(draft_of(community, unlocked), unlocked, base, wish.codes)
    return store_draft(conn, community.id, base, coded, shapes, told, wish.note, wish.hand, wish.codes.scheme.key)


def _on_units(conn: Connection, community: Area, base: Plan | None, wish: _Wish) -> Opened:
    """A draft put together from the units of the community's own cut."""
    cut_id = drafts.cut_of(conn, community.id)
    assert cut_id is not None
    grids = [] if base is None else grids_of_plans(conn, [base.id])
    if not grids:
        new = DraftGrid(plans.new_grid_ids(conn, community.id, 1)[0], "", community.name, "basic", {})
        rows = _all_in_one(conn, cut_id, {new.id: new})
        questions: list[Question] = []
    else:
        kept = {grid.id: DraftGrid(grid.id, grid.code, grid.name, grid.kind, grid.posts) for grid in grids}
        rows, questions = _rebased(conn, community, _all_in_one(conn, cut_id, kept), grids)
    draft = draft_of(community, rows)
    rows = _in_scheme(draft, rows, base, wish.codes)
    shapes = dict(zip(sorted(rows.grids), shapes_of(draft.fabric, draft.grid_of_unit, len(rows.grids)), strict=True))
    told = drafts.provenance_of(conn, cut_id)
    scheme = wish.codes.scheme.key
    return Opened(store_draft(conn, community.id, base, rows, shapes, told, wish.note, wish.hand, scheme), questions)


def _in_scheme(draft: Draft, rows: PlanRows, base: Plan | None, codes: CodeBook) -> PlanRows:
    """The rows, numbered anew where a grid has no code yet or all have theirs by another scheme."""
    is_other = base is not None and base.code_scheme != codes.scheme.key
    if not is_other and all(grid.code for grid in draft.grids):
        return rows
    given = zip(draft.grids, numbered(draft, codes), strict=True)
    return replace(rows, grids={grid.id: replace(grid, code=code) for grid, code in given})


def _rebased(
    conn: Connection, community: Area, rows: PlanRows, grids: Sequence[Grid]
) -> tuple[PlanRows, list[Question]]:
    """Units given to the grids that hold most of them, and what is not clear."""
    draft = draft_of(community, rows)
    frame = frame_about(community.shape)
    n_units = len(draft.unit_no)
    units = shapes_of(draft.fabric, np.arange(n_units), n_units)
    homes = homes_in(conn, [community.id]).homes
    people = np.bincount(unit_of_homes(units, homes.lonlat), homes.residents, n_units).astype(np.float64)
    shapes = np.array([in_metres(grid.shape, frame) for grid in grids], dtype=object)
    in_m = np.array([in_metres(unit, frame) for unit in units], dtype=object)
    length_m = lengths_m_of_arcs(draft.fabric, frame)
    start = grids_of_units(draft.fabric, length_m, in_m, people, shapes, layer_rules().sure_share)
    empty = sorted(set(range(len(grids))) - set(start.grid_of_unit.tolist()))
    if empty:
        raise BadMove("plan_grid_without_unit", grids=", ".join(grids[place].code for place in empty))
    ids = [grids[place].id for place in start.grid_of_unit.tolist()]
    asked = np.flatnonzero(start.is_question)
    asked = asked[np.lexsort((start.share_inside[asked], -people[asked]))]
    places = shapely.get_coordinates(shapely.point_on_surface(units[asked])).tolist()
    questions = [
        Question(int(draft.unit_no[unit]), ids[unit], round(float(start.share_inside[unit]), 4), (lon, lat))
        for unit, (lon, lat) in zip(asked.tolist(), places, strict=True)
    ]
    return replace(rows, units=dict(zip(draft.unit_no.tolist(), ids, strict=True))), questions


def store_draft(  # noqa: PLR0913, PLR0917 -- all that a draft is made of
    conn: Connection,
    community_id: int,
    base: Plan | None,
    rows: PlanRows,
    shapes: Mapping[int, BaseGeometry],
    told: Mapping[str, Any],
    note: str | None,
    hand: Hand,
    scheme: str | None = None,
) -> Plan:
    """A new draft with these rows; ``shapes`` by grid, ``told``: how its units came about, ``scheme``: of its codes."""
    fabric_id = drafts.save_fabric(
        conn,
        community_id,
        rows,
        is_cut=False,
        method=told["method"],
        inputs_hash=told["inputs_hash"],
        report=told["report"],
        at=hand.at,
    )
    plan = plans.insert_draft(conn, community_id, base, fabric_id, note, hand.at, scheme)
    drafts.save_grids(conn, plan.id, list(rows.grids.values()), shapes)
    drafts.save_units(conn, plan.id, rows.units)
    drafts.save_bridges(conn, plan.id, rows.bridges)
    return plan
