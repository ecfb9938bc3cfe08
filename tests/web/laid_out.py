"""A proposed plan in the demo city: what tests of its page and the picture of the README both need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import shapely

from geo.actions.city.plan_access import Hand
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import propose_plan
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.plan_ops import Paint
from geo.store.database import Database

LEAST_BORDER_DEG = 2e-4


@dataclass(frozen=True)
class LaidOut:
    """A plan in which one grid gets ground of others."""

    plan_id: int
    taker: int
    giver: int
    """Of the first piece of ground."""


def lay_out(db: Database, community: str, note: str, pieces: int = 3) -> LaidOut:
    """Propose a plan in which the first grid gets some units of its neighbours, the largest that leave them whole."""
    hand = Hand(at=datetime.now(UTC), token_name="test")
    plan = open_plan(db, community, None, note, hand).plan
    givers = []
    for version in range(1, pieces + 1):
        view = view_plan(db, plan.id)
        unit, giver = _gift(view)
        taker = view.draft.grids[0].id
        givers.append(giver)
        edit_plan(db, plan.id, version, Paint((unit,), taker), hand)
    propose_plan(db, plan.id, pieces + 1, None, hand)
    return LaidOut(plan.id, taker, givers[0])


def _gift(view: PlanView) -> tuple[int, int]:
    """(unit, the grid that has it)"""
    grid_of_unit, shapes = view.draft.grid_of_unit, view.unit_shapes
    own = shapely.union_all(shapes[grid_of_unit == 0])
    border = shapely.length(shapely.intersection(shapes, own))
    border[grid_of_unit == 0] = 0
    for unit in np.argsort(-shapely.area(shapes) * (border > LEAST_BORDER_DEG)):
        rest = (grid_of_unit == grid_of_unit[unit]) & (np.arange(len(shapes)) != unit)
        if shapely.union_all(shapes[rest]).geom_type == "Polygon":
            return int(view.draft.unit_no[unit]), view.draft.grids[grid_of_unit[unit]].id
    raise AssertionError("no unit can be given away")
