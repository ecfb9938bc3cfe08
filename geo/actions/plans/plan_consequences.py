"""What a plan changes, and two plans or days held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.actions.plans.plan_view import PlanView, view_of
from geo.actions.work.counted_ground import counted_ground
from geo.areas import Area
from geo.compute.plans.changes import compare, consequences, grid_at
from geo.compute.plans.figures import figures_of_shapes
from geo.compute.plans.load import counted_shares, known_work, load_of_grids, walking_m
from geo.compute.project import Frame
from geo.errors import Refused
from geo.grids import Grid
from geo.imports.places import in_metres
from geo.plan_changes import CaseName, Comparison, Consequences, Covered, GridLoad, PlanSide, Things
from geo.plan_problems import Problem
from geo.plans import Plan
from geo.rules.case_catalogue import CaseCatalogues, case_catalogues
from geo.rules.incident_categories import incident_categories
from geo.rules.load import load_rule
from geo.rules.plan_edits import plan_edit_rule
from geo.store import plan_homes, plans
from geo.store.areas import community as community_of
from geo.store.areas import live_areas
from geo.store.coverage import covered_homes, current_run_if_any, people_date
from geo.store.database import Database
from geo.store.grids import grids_of_plans, live_grids
from geo.store.plan_homes import Housed, Places, StoredCase
from geo.store.work_counts import counts_in
from geo.units import NONE, IntArray
from geo.work import CountedGround, WorkCounts


@dataclass(frozen=True)
class Told:
    """What a plan changes, and what is wrong with it."""

    plan: Plan
    community: Area
    changes: Consequences
    problems: Sequence[Problem]
    before: Sequence[Grid]
    after: Sequence[Grid]


def consequences_of(db: Database, plan_id: int, zone: tzinfo = UTC, own_catalogue: Path | None = None) -> Told:
    """All that a plan changes against the plan that it was drawn from.

    Parameters
    ----------
    db
        The database.
    plan_id
        The plan.
    zone
        The city's, whose days are told.
    own_catalogue
        The city's, by which cases are called: see :func:`geo.rules.case_catalogue.case_catalogues`.

    Raises
    ------
    NotFound
        If there is no such plan.
    BadMove
        If it was imported and is not drawn on units.
    BadFile
        If the city's catalogue has faults.
    """
    catalogues = case_catalogues(own_catalogue)
    with db.read() as conn:
        plan = plans.get_plan(conn, plan_id)
        view = view_of(conn, plan)
        base = None if plan.base_plan_id is None else plans.get_plan(conn, plan.base_plan_id)
        people = _People(view.housed, view.counts, view.ground)
        before, after = _side_of(conn, base, people, zone), _side_of_view(view, zone)
        found = consequences(before, after, _things(conn, [view.community], people, catalogues))
        return Told(plan, view.community, found, view.problems, before.grids, after.grids)


def compare_plans(
    db: Database, one_id: int, other_id: int, zone: tzinfo = UTC, *, with_work: bool = True
) -> Comparison:
    """Two plans of one community held against each other; the homes are those of today, the days those of a zone.

    Without the work that was counted all of it is estimated.

    Raises
    ------
    NotFound
        If there is no such plan.
    Refused
        If they are of different communities.
    """
    with db.read() as conn:
        one, other = plans.get_plan(conn, one_id), plans.get_plan(conn, other_id)
        if one.community_id != other.community_id:
            raise Refused("plans_other_communities", a=one_id, b=other_id)
        community = community_of(conn, area_id=one.community_id)
        people = _people_in(conn, [community], with_work=with_work)
        before, after = (_side_of(conn, plan, people, zone, with_work=with_work) for plan in (one, other))
        return compare(before, after, _things(conn, [community], people))


def compare_days(
    db: Database, one: datetime, other: datetime, community_code: str | None, *, with_work: bool = True
) -> Comparison:
    """The grids in force on two days held against each other, of one community or of all.

    Homes and counts of work are those of today on both sides: the load is what either day's grids would make of them.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    with db.read() as conn:
        if community_code is None:
            communities = live_areas(conn, "community")
        else:
            communities = [community_of(conn, code=community_code)]
        ids = {community.id for community in communities}
        people = _people_in(conn, communities, with_work=with_work)
        before, after = (_side_of_day(conn, day, ids, people) for day in (one, other))
        return compare(before, after, _things(conn, communities, people))


class _People(NamedTuple):
    """The homes and the work of some communities, as they are today."""

    housed: Housed
    counts: WorkCounts
    ground: CountedGround


def _people_in(conn: Connection, communities: Sequence[Area], *, with_work: bool) -> _People:
    ids = [community.id for community in communities]
    housed, counts = plan_homes.homes_in(conn, ids), counts_in(conn, ids if with_work else [])
    return _People(housed, counts, counted_ground(conn, communities, housed, counts))


def _side_of(conn: Connection, plan: Plan | None, people: _People, zone: tzinfo, *, with_work: bool = True) -> PlanSide:
    if plan is None:
        return _side_of_grids((), None, None, (), people)
    if plan.fabric_id is not None:
        return _side_of_view(view_of(conn, plan, with_work=with_work), zone)
    return _side_of_grids((plan.id,), plan.version, _day(plan, zone), grids_of_plans(conn, [plan.id]), people)


def _side_of_grids(
    plan_ids: tuple[int, ...], version: int | None, day: date | None, grids: Sequence[Grid], people: _People
) -> PlanSide:
    """Of grids as they are drawn, whether on units or not."""
    homes, counts = people.housed.homes, people.counts
    grid_of_home, grid_of_count = grid_at(homes.lonlat, grids), grid_at(counts.lonlat, grids)
    load = _load_of_shapes(grids, people, grid_of_home, grid_of_count)
    return PlanSide(plan_ids, version, day, grids, grid_of_home, grid_of_count, load)


def _load_of_shapes(
    grids: Sequence[Grid], people: _People, grid_of_home: IntArray, grid_of_count: IntArray
) -> dict[int, GridLoad]:
    """The work of grids, from their shapes."""
    if not grids:
        return {}
    homes = people.housed.homes
    ids = np.array([grid.id for grid in grids], np.int64)
    frame = Frame.of(shapely.get_coordinates([grid.shape for grid in grids]))
    shapes_m = np.array([in_metres(grid.shape, frame) for grid in grids], dtype=object)
    homes_at, counts_at = _places(ids, grid_of_home), _places(ids, grid_of_count)
    figures = figures_of_shapes(shapes_m, homes, homes_at)
    known = known_work(people.counts, people.ground, homes.households, homes_at, counts_at, len(grids))
    metres = walking_m(figures.homes.astype(np.float64), figures.area_m2, load_rule())
    hours = load_of_grids(figures, known, metres, load_rule()).total
    loads = zip(ids.tolist(), hours.tolist(), metres.tolist(), strict=True)
    return {grid_id: GridLoad(total, way_m) for grid_id, total, way_m in loads}


def _places(ids: IntArray, found: IntArray) -> IntArray:
    """Places of ids among ``ids``, all of which are different; NONE stays NONE."""
    order = np.argsort(ids)
    place = np.append(order, NONE)[np.searchsorted(ids[order], found)]
    return np.where(found == NONE, NONE, place)


def _side_of_view(view: PlanView, zone: tzinfo) -> PlanSide:
    hours, metres = view.load.total.tolist(), view.walking_m.tolist()
    load = {grid.id: GridLoad(hours[place], metres[place]) for place, grid in enumerate(view.draft.grids)}
    grids = grids_of_view(view)
    return PlanSide(
        (view.plan.id,), view.plan.version, _day(view.plan, zone), grids, view.grid_of_home, view.grid_of_count, load
    )


def grids_of_view(view: PlanView) -> list[Grid]:
    """The grids of a plan with their shapes."""
    shapes: list[BaseGeometry] = view.shapes.tolist()
    return [
        Grid(g.id, view.plan.id, view.community.id, g.code, g.name, g.kind, shape, dict(g.posts))
        for g, shape in zip(view.draft.grids, shapes, strict=True)
    ]


def _side_of_day(conn: Connection, at: datetime, community_ids: set[int], people: _People) -> PlanSide:
    grids = [grid for grid in live_grids(conn, at) if grid.community_id in community_ids]
    return _side_of_grids(tuple(sorted({grid.plan_id for grid in grids})), None, at.date(), grids, people)


def _day(plan: Plan, zone: tzinfo) -> date | None:
    return None if plan.effective_from is None else plan.effective_from.astimezone(zone).date()


def _things(
    conn: Connection, communities: Sequence[Area], people: _People, catalogues: CaseCatalogues | None = None
) -> Things:
    housed, counts = people.housed, people.counts
    ids = [community.id for community in communities]
    names = zip(housed.homes.id.tolist(), housed.name, strict=True)
    return Things(
        communities=communities,
        homes=housed.homes,
        name_of_home={home: name for home, name in names if name},
        homes_date=people_date(conn),
        stations=plan_homes.stations_in(conn, ids),
        incidents=_cases_in(conn, ids, catalogues or case_catalogues(None)),
        covered=_covered(conn, housed),
        of_units=counts.by_kind,
        work_dates=counts.dates,
        work_counted=counted_shares(counts, people.ground, housed.homes.households),
        told_width_m=plan_edit_rule().told_width_m,
    )


def _cases_in(conn: Connection, community_ids: Sequence[int], catalogues: CaseCatalogues) -> Places[CaseName]:
    """The open cases of communities, each under the name of its item; of its category where the item is not known."""
    found = plan_homes.open_incidents_in(conn, community_ids)
    return Places(found.id, [_case_name(case, catalogues) for case in found.name], found.lonlat)


def _case_name(case: StoredCase, catalogues: CaseCatalogues) -> CaseName:
    version = catalogues.by_version.get(case.catalogue_version or "")
    item = version.items.get(case.item or "") if version else None
    names = item or incident_categories()[case.category]
    return CaseName(names.name_en, names.name_zh, case.number, case.category, item.code if item else None)


def _covered(conn: Connection, housed: Housed) -> Covered | None:
    run = current_run_if_any(conn)
    if run is None:
        return None
    reached = covered_homes(conn, run.id)
    return Covered(np.isin(housed.homes.id, reached), run.provenance)
