"""What a plan holds: its grids with people, load and breaches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.actions.work.counted_ground import counted_ground
from geo.areas import Area
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.bridges import lines_of_bridges
from geo.compute.plans.figures import figures_of_grids, grid_of_homes, unit_of_homes
from geo.compute.plans.load import KnownWork, balance_of, counted_shares, known_work, load_of_grids, walking_m
from geo.compute.plans.rows import draft_of
from geo.compute.plans.rules import problems_of
from geo.compute.project import Frame
from geo.drafts import Draft, NeighbourCut
from geo.errors import BadMove
from geo.imports.places import frame_about
from geo.plan_figures import Balance, GridFigures, LoadHours
from geo.plan_problems import Inspection, PlanBefore, Problem
from geo.plans import Plan
from geo.rules.code_schemes import code_scheme
from geo.rules.load import load_rule
from geo.rules.plan_rules import plan_rules
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.plan_homes import Housed, homes_in
from geo.store.work_counts import counts_in
from geo.units import NONE, IntArray
from geo.work import CountedGround, CountedShare, WorkCounts

MEASURES = ("residents", "households", "elderly", "children", "shops")

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class PlanView:
    """A plan that is drawn on units, with all that follows from it. What is costly is found when it is asked for."""

    plan: Plan
    community: Area
    draft: Draft
    housed: Housed
    unit_shapes: Shapes
    """(n_units,) multipolygons, EPSG:4326."""
    unit_of_home: IntArray
    before: PlanBefore | None
    counts: WorkCounts
    """What has been counted of the community's work."""
    ground: CountedGround
    """The units that it was counted for."""
    neighbours: Sequence[NeighbourCut]
    """Communities beside this one that have been cut into units."""

    @cached_property
    def frame(self) -> Frame:
        """Metres about the community."""
        return frame_about(self.community.shape)

    @cached_property
    def shapes(self) -> Shapes:
        """(n_grids,) multipolygons, EPSG:4326."""
        return shapes_of(self.draft.fabric, self.draft.grid_of_unit, len(self.draft.grids))

    @cached_property
    def bridge_lines(self) -> Shapes:
        """(n_bridges,) straight lines, EPSG:4326, from inside the one unit to inside the other."""
        return lines_of_bridges(self.draft)

    @cached_property
    def figures(self) -> GridFigures:
        """What each grid holds."""
        return figures_of_grids(self.draft, self.housed.homes, self.unit_of_home, self.frame)

    @cached_property
    def walking_m(self) -> NDArray[np.float64]:
        """(n_grids,) one round past all homes."""
        return walking_m(self.figures.homes.astype(np.float64), self.figures.area_m2, load_rule())

    @cached_property
    def known(self) -> KnownWork:
        """What has been counted in each grid, and for whom work is estimated."""
        places = (self.place_of_home, self.place_of_count)
        return known_work(self.counts, self.ground, self.housed.homes.households, *places, len(self.draft.grids))

    @cached_property
    def counted_shares(self) -> dict[str, CountedShare]:
        """Kind of work -> in how much of the community it was counted."""
        return counted_shares(self.counts, self.ground, self.housed.homes.households)

    @cached_property
    def load(self) -> LoadHours:
        """Hours of work a month."""
        return load_of_grids(self.figures, self.known, self.walking_m, load_rule())

    @cached_property
    def balance(self) -> Balance:
        """How evenly they are spread."""
        return balance_of(self.load.total, load_rule())

    @cached_property
    def place_of_home(self) -> IntArray:
        """(n_homes,) place among the grids of the one that each home lies in; NONE: in none."""
        return grid_of_homes(self.draft, self.unit_of_home)

    @cached_property
    def grid_of_home(self) -> IntArray:
        """(n_homes,) permanent id of each home's grid; NONE: in none."""
        return self._ids(self.place_of_home)

    @cached_property
    def place_of_count(self) -> IntArray:
        """(n_counts,) place among the grids of the one that each count lies in; NONE: in none."""
        return grid_of_homes(self.draft, unit_of_homes(self.unit_shapes, self.counts.lonlat))

    @cached_property
    def grid_of_count(self) -> IntArray:
        """(n_counts,) permanent id of each count's grid; NONE: in none."""
        return self._ids(self.place_of_count)

    def _ids(self, place: IntArray) -> IntArray:
        ids = np.array([grid.id for grid in self.draft.grids], np.int64)
        return np.where(place == NONE, NONE, ids[place])

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Every breach of every rule."""
        outlines = np.array(self.housed.outline, dtype=object)
        compounds = np.array([name or "" for name in self.housed.compound], dtype=object)
        inspection = Inspection(
            draft=self.draft,
            figures=self.figures,
            shapes=self.shapes,
            homes=self.housed.homes,
            unit_of_home=self.unit_of_home,
            frame=self.frame,
            scheme=code_scheme(self.plan.code_scheme),
            outline_of_home=outlines,
            compound_of_home=compounds,
            before=self.before,
            neighbours=self.neighbours,
        )
        return problems_of(inspection, plan_rules())

    @cached_property
    def inputs_hash(self) -> str:
        """sha256 over the units, who has them, the people, and the work that was counted."""
        digest = hashlib.sha256()
        counts = (self.counts.kind, self.counts.number, self.counts.lonlat, *self.ground[1:])
        for array in (*self.draft.fabric, self.draft.kind_of_arc, self.draft.grid_of_unit, *self.housed.homes, *counts):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(repr((self.draft.grids, self.draft.bridges, sorted(self.counts.dates.items()))).encode())
        return digest.hexdigest()


def view_plan(db: Database, plan_id: int, *, with_work: bool = True) -> PlanView:
    """A plan with its figures; without the work that was counted all of it is estimated.

    Raises
    ------
    NotFound
        If there is none.
    BadMove
        If it was imported and is not drawn on units.
    """
    with db.read() as conn:
        plan = plans.get_plan(conn, plan_id)
        return view_of(conn, plan, with_work=with_work)


def view_of(conn: Connection, plan: Plan, *, with_work: bool = True) -> PlanView:
    """The same within a transaction."""
    return views_of(conn, plan, [stored_draft(conn, plan)], with_work=with_work)[0]


def views_of(conn: Connection, plan: Plan, states: Sequence[Draft], *, with_work: bool = True) -> list[PlanView]:
    """Some states of a plan, stored or not. What lies around them is read once, and the units of states that have the
    same are looked at once.
    """
    community = states[0].community
    housed = homes_in(conn, [community.id])
    before, counts = _before(conn, plan, housed), counts_in(conn, [community.id] if with_work else [])
    ground = counted_ground(conn, [community], housed, counts)
    around = drafts.neighbour_cuts(conn, community.id)
    views: list[PlanView] = []
    for draft in states:
        like = next((view for view in views if view.draft.fabric.is_same(draft.fabric)), None)
        if like is not None:
            views.append(replace(like, draft=draft))
            continue
        n_units = len(draft.unit_no)
        shapes = shapes_of(draft.fabric, np.arange(n_units), n_units)
        unit_of_home = unit_of_homes(shapes, housed.homes.lonlat)
        views.append(PlanView(plan, community, draft, housed, shapes, unit_of_home, before, counts, ground, around))
    return views


def stored_draft(conn: Connection, plan: Plan) -> Draft:
    """A plan's units and grids as they are stored, and nothing else of it.

    Raises
    ------
    BadMove
        If it was imported and is not drawn on units.
    """
    if plan.fabric_id is None:
        raise BadMove("plan_not_on_units", id=plan.id)
    community = community_of(conn, area_id=plan.community_id)
    return draft_of(community, drafts.rows_of_plan(conn, plan.id, plan.fabric_id))


def grid_of_homes_in(conn: Connection, plan: Plan, housed: Housed) -> IntArray:
    """(n_homes,) permanent id of the grid that each home lies in by any plan, drawn on units or not; NONE: in none."""
    grids = grids_of_plans(conn, [plan.id])
    shapes = np.array([grid.shape for grid in grids], dtype=object)
    place = unit_of_homes(shapes, housed.homes.lonlat)
    return np.where(place == NONE, NONE, np.array([grid.id for grid in grids], np.int64)[place])


def _before(conn: Connection, plan: Plan, housed: Housed) -> PlanBefore | None:
    """The plan that this one follows."""
    if plan.base_plan_id is None:
        return None
    base = plans.get_plan(conn, plan.base_plan_id)
    return PlanBefore(grid_of_homes_in(conn, base, housed))


def moved_by(before: PlanView, after: PlanView) -> dict[str, float]:
    """Who is in another grid by the second view than by the first, of the same homes."""
    is_moved = before.grid_of_home != after.grid_of_home
    homes = before.housed.homes
    counted = {name: float(getattr(homes, name)[is_moved].sum()) for name in MEASURES}
    return {**counted, "homes": float(is_moved.sum())}
