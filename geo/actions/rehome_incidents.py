"""Let open cases follow the grids: when a plan comes into force, each belongs to the grid that holds it now."""

from __future__ import annotations

from sqlalchemy import Connection

from geo.actions.plan_access import Hand
from geo.cases import Step
from geo.rules.incidents import incident_rule
from geo.store import cases
from geo.store.case_places import open_cases_elsewhere


def rehome_incidents(conn: Connection, community_id: int | None, hand: Hand) -> int:
    """Put open cases, of a community or of all, into the grids in force, within a transaction: how many changed grid.

    Each change is a step of the case. Stage, unit, clocks and whoever has it in hand stay: only the grid is another.
    """
    moved = open_cases_elsewhere(conn, community_id, hand.at)
    within_m = incident_rule().border_within_m
    for found in moved:
        case = cases.get_case(conn, found.incident_id, lock=True)
        assert case.lonlat is not None, "only what has a place has a grid"
        near = cases.border_grids(conn, case.lonlat, hand.at, within_m, found.grid_id)
        values = {
            "grid_id": found.grid_id,
            "plan_id": found.plan_id,
            "plan_version": found.plan_version,
            "border_grid_ids": list(near),
        }
        version = cases.change_case(conn, case, values, hand.at)
        said = {"from_grid_id": case.grid_id, "grid_id": found.grid_id, "plan_id": found.plan_id}
        step = Step(0, case.id, version, "rehome", case.stage, case.stage, hand.at, hand.token_name, None, said)
        cases.insert_step(conn, step)
    return sum(found.grid_id != found.grid_before for found in moved)
