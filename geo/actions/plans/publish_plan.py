"""Put a plan into force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, plan_for
from geo.actions.plans.plan_view import PlanView, view_of
from geo.actions.plans.rehome_incidents import rehome_incidents
from geo.actions.posts.read_assignments import read_assignments
from geo.compute.plans.changes import grid_at
from geo.compute.plans.numbering import Placed, lineage_with_ground
from geo.errors import BadMove, Conflict
from geo.grids import Grid
from geo.plan_figures import Descent
from geo.plan_problems import Problem, blocks
from geo.plans import Plan
from geo.store import plans
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.units import E7, NONE

ROUNDING = 2 / E7
"""By how much a border may be off, in degrees, and still be the same."""


@dataclass(frozen=True)
class Published:
    """A plan in force, and what became of the grids before it."""

    plan: Plan
    lineage: Sequence[Descent]
    accepted: Mapping[str, int]
    """Rule -> how many of its warnings were accepted."""
    followed: int
    """So many assignments of grids to posts go on in other grids than before."""


def publish_plan(
    db: Database,
    plan_id: int,
    version: int,
    accepted: Mapping[str, str],
    effective_from: datetime | None,
    hand: Hand,
) -> Published:
    """Put a plan into force from a moment on, in one transaction; the plan in force ends there.

    Parameters
    ----------
    db, plan_id, version
        Which plan, as it was read.
    accepted
        Rule -> why its warnings are accepted.
    effective_from
        None: now.
    hand
        Who publishes.

    Raises
    ------
    NotFound, NotAllowed, StaleVersion
        As every change of a plan.
    Conflict
        If another plan than its base is in force by now; the sentence names the grids that changed.
    BadMove
        If it breaks a rule that forbids publishing, or one whose warnings are not accepted; or if it would begin in the
        past.
    AlreadyLive
        If somebody else published at the same time.
    """
    begin = effective_from or hand.at
    if begin < hand.at:
        raise BadMove("plan_begins_in_the_past", wished=begin.isoformat(), now=hand.at.isoformat())
    with db.write() as conn:
        plans.hold_line(conn, plans.get_plan(conn, plan_id).community_id)
        plan = plan_for(conn, plan_id, hand, states=("draft", "proposed"), version=version)
        last = plans.last_in_line(conn, plan.community_id)
        _refuse_other_base(conn, plan, last, begin)
        view = view_of(conn, plan)
        found = _refuse_breaches(view.problems, accepted)
        plans.accept_warnings(
            conn, plan_id, {rule: (accepted[rule], n) for rule, n in found.items()}, hand.token_id, hand.at
        )
        plans.make_live(conn, plan_id, last, begin, is_coverage=bool(shapely.coverage_is_valid(view.shapes)))
        steps = _lineage(conn, view)
        plans.save_lineage(conn, plan_id, [step for step in steps if NONE not in (step.old_id, step.new_id)])
        if begin <= hand.at:
            rehome_incidents(conn, plan.community_id, hand)
        followed = sum(spell.plan_id == plan_id for spell in read_assignments(conn).spells)
        return Published(plans.get_plan(conn, plan_id), steps, found, followed)


def _refuse_other_base(conn: Connection, plan: Plan, last: Plan | None, begin: datetime) -> None:
    """A plan takes over from the one that it was drawn from, and that one is the last: else what others published
    meanwhile, or for a later day, would be undone.
    """
    base = None if plan.base_plan_id is None else plans.get_plan(conn, plan.base_plan_id)
    was_in_force = base is not None and base.state in {"published", "superseded"}
    if (last.id if last else None) != (base.id if base and was_in_force else None):
        sides = ({} if side is None else _grids(conn, side.id) for side in (base, last))
        before, now = sides
        changed = {grid for grid in before.keys() | now.keys() if not _is_same(before.get(grid), now.get(grid))}
        codes = sorted({side[grid].code for side in (before, now) for grid in changed if grid in side})
        told = {"grid_ids": sorted(changed), "grids": ", ".join(codes) or "-"}
        raise Conflict("plan_base_moved", id=plan.id, live=last.id if last else "-", **told)
    if last is not None and last.effective_from is not None and begin < last.effective_from:
        raise Conflict("plan_base_to_come", id=plan.id, base=last.id, day=last.effective_from.date())


def _grids(conn: Connection, plan_id: int) -> dict[int, Grid]:
    return {grid.id: grid for grid in grids_of_plans(conn, [plan_id])}


def _is_same(one: Grid | None, other: Grid | None) -> bool:
    """Whether a grid is called the same and, but for rounding, has the same ground."""
    if one is None or other is None or (one.code, one.name) != (other.code, other.name):
        return False
    return bool(one.shape.symmetric_difference(other.shape).area <= ROUNDING * one.shape.length)


def _refuse_breaches(problems: Sequence[Problem], accepted: Mapping[str, str]) -> dict[str, int]:
    """Rule -> number of its warnings, if all of them may pass."""
    errors = blocks(problems)
    if errors:
        told = [problem.id for problem in errors]
        raise BadMove("plan_has_errors", number=len(errors), first=errors[0].id, problems=told)
    warned = Counter(problem.rule for problem in problems if problem.severity == "warning")
    waiting = {rule: n for rule, n in warned.items() if rule not in accepted}
    if waiting:
        raise BadMove(
            "plan_warnings_open", number=sum(waiting.values()), rules=", ".join(sorted(waiting)), waiting=waiting
        )
    return dict(warned)


def _lineage(conn: Connection, view: PlanView) -> list[Descent]:
    """What became of the grids of the plan before."""
    if view.before is None or view.plan.base_plan_id is None:
        return []
    homes = Placed(view.before.grid_of_home, view.grid_of_home, view.housed.homes.residents)
    inside = shapely.get_coordinates(shapely.point_on_surface(view.unit_shapes))
    before = grid_at(inside, grids_of_plans(conn, [view.plan.base_plan_id]))
    after = np.array([grid.id for grid in view.draft.grids], np.int64)[view.draft.grid_of_unit]
    area_m2 = shapely.area(shapely.transform(view.unit_shapes, view.frame.to_xy_m))
    return lineage_with_ground(homes, Placed(before, after, area_m2))
