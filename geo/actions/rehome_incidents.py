"""Let open cases follow the grids: when a plan comes into force, each belongs to the grid that holds it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from geo.actions.plan_access import Hand
from geo.cases import CLOCK, Case, Step
from geo.rules.incidents import incident_rule
from geo.store import cases, locate
from geo.store.case_places import Elsewhere, communities_left_behind, open_cases_beside, open_cases_elsewhere
from geo.store.database import Database


def rehome_incidents(conn: Connection, community_id: int | None, hand: Hand) -> int:
    """Put open cases, of a community or of all, into the grids in force, within a transaction: how many changed grid.

    Each change is a step of the case with both plans. Stage, clocks and whoever has it in hand stay. The unit stays,
    too, but where it was the grid itself: then it is the grid that holds the case now. The level stays but where a
    level above saw to the case only because no grid held it. Cases next door see the community's new grids where these
    are near.
    """
    moved = open_cases_elsewhere(conn, community_id, hand.at)
    within_m = incident_rule().border_within_m
    for found in moved:
        case = cases.get_case(conn, found.incident_id, lock=True)
        assert case.lonlat is not None, "only what has a place has a grid"
        near = list(cases.border_grids(conn, case.lonlat, hand.at, within_m, found.grid_id))
        values = {"grid_id": found.grid_id, "plan_id": found.plan_id, "plan_version": found.plan_version}
        changed = _unit(case, found) or _brought_down(conn, case, found)
        said = {
            "why": _why(case, found),
            **values,
            "grid": found.name,
            "from_grid_id": case.grid_id,
            "from_grid": found.name_before,
            "from_plan_id": case.plan_id,
            "from_plan_version": case.plan_version,
            "level": case.level,
            **({"from_level": case.level} if "level" in changed else {}),
            **changed,
        }
        _step(conn, case, {**values, **changed, "border_grid_ids": near}, said, hand)
    if community_id is not None:
        for incident_id, near in open_cases_beside(conn, community_id, hand.at, within_m):
            case = cases.get_case(conn, incident_id, lock=True)
            said = {"why": "case_neighbours", "from_grid_id": case.grid_id, "grid_id": case.grid_id}
            _step(conn, case, {"border_grid_ids": near}, {**said, "border_grid_ids": near}, hand)
    return sum(found.grid_id != found.grid_before for found in moved)


def rehome_left_behind(db: Database, clock: Callable[[], datetime]) -> int:
    """Do so wherever a plan came into force by its date, or by a file: how many cases changed grid."""
    with db.read() as conn:
        communities = communities_left_behind(conn, clock())
    moved = 0
    for community_id in communities:
        with db.write() as conn:
            moved += rehome_incidents(conn, community_id, Hand(clock(), token_name=CLOCK))
    return moved


def _unit(case: Case, found: Elsewhere) -> Mapping[str, str]:
    """The unit, if it was the grid that held the case, or nobody in the grid's place."""
    was_grid = case.level == "grid" and case.unit in {None, found.name_before}
    return {"unit": found.name} if was_grid and case.unit != found.name else {}


def _brought_down(conn: Connection, case: Case, found: Elsewhere) -> Mapping[str, str]:
    """The level that may decide by the catalogue, and the unit there, if a level above saw to a case in no grid only
    for that and nobody dealt with it since. The log tells: a case that was escalated was raised for another reason.
    """
    if case.grid_id is not None or case.stage != "filed":
        return {}
    steps = reversed(cases.steps_of(conn, case.id))
    told = next((step.said for step in steps if "own_level" in step.said or step.move == "escalate"), {})
    own = told.get("own_level")
    if own is None or own == case.level:
        return {}
    names = {link.level: link.name for link in locate.chain_at(conn, case.lonlat or (0.0, 0.0))}
    if case.unit is not None and case.unit not in names.values():
        return {"level": own}
    names["grid"] = found.name
    return {"level": own, **({"unit": names[own]} if own in names else {})}


def _why(case: Case, found: Elsewhere) -> str:
    """Key of the sentence that tells it."""
    if found.grid_id == found.grid_before:
        return "case_replanned"
    return "case_rehomed" if case.grid_id is not None or case.level is None else "case_in_grid_now"


def _step(conn: Connection, case: Case, values: Mapping[str, Any], said: Mapping[str, Any], hand: Hand) -> None:
    version = cases.change_case(conn, case, values, hand.at)
    step = Step(0, case.id, version, "rehome", case.stage, case.stage, hand.at, hand.token_name, None, said)
    cases.insert_step(conn, step)
