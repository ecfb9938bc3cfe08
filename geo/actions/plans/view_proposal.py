"""Look at a proposed plan as everybody may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely

from geo.compute.plans.ground import ground_moves
from geo.compute.plans.proposal import states_of
from geo.coverage import CoverageRun
from geo.grids import Grid
from geo.imports.places import frame_about
from geo.plan_changes import GroundMove, State
from geo.publication import rule
from geo.rules.plan_edits import plan_edit_rule
from geo.store import comments, proposals
from geo.store.coverage import current_run_if_any
from geo.store.database import Database
from geo.store.figures import of_grids
from geo.store.grids import grids_of_plans
from geo.store.proposals import ProposalEntry


@dataclass(frozen=True)
class Proposal:
    """A plan beside the one that it goes on from, without what only staff may know."""

    entry: ProposalEntry
    before: Sequence[Grid]
    after: Sequence[Grid]
    ground: Sequence[GroundMove]
    """What comes to other grids, the largest first, without slivers."""
    state_of_grid: Mapping[int, State]
    residents: Mapping[int, int]
    """By id of a grid before: who lives there, as the public map has it. Of a grid after it is not told: the difference
    of both would count the few houses that change hands."""
    comments: Mapping[int, int]
    """By id of a grid after: how many comments are shown; none where there is none."""
    run: CoverageRun | None
    """That counted the residents; None: nothing has been computed."""


def view_proposal(db: Database, plan_id: int) -> Proposal:
    """A plan that was laid out, beside the one that it goes on from.

    Raises
    ------
    NotFound
        If there is none such.
    """
    with db.read() as conn:
        entry = proposals.proposal(conn, plan_id)
        found = grids_of_plans(conn, [plan for plan in (entry.base_plan_id, plan_id) if plan is not None])
        before, after = ([grid for grid in found if grid.plan_id == plan] for plan in (entry.base_plan_id, plan_id))
        counts = of_grids(conn, {grid.id: grid.plan_id for grid in before})
        said, run = comments.shown_by_grid(conn, plan_id), current_run_if_any(conn)
    frame = frame_about(shapely.GeometryCollection([grid.shape for grid in found]))
    ground = ground_moves(before, after, frame, least_width_m=plan_edit_rule().told_width_m)
    shown = {grid: rule().total(count.residents) for grid, count in counts.items()}
    return Proposal(
        entry=entry,
        before=before,
        after=after,
        ground=ground,
        state_of_grid=states_of(before, after, ground),
        residents={grid: residents for grid, residents in shown.items() if residents is not None},
        comments=said,
        run=run,
    )
