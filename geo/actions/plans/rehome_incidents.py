"""Let open cases follow the grids: when a plan comes into force, each belongs to the grid that holds it now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand
from geo.cases import CLOCK, Case, Step
from geo.rules.escalation import escalation_rule
from geo.rules.incidents import incident_rule
from geo.store import cases, locate
from geo.store.case_places import Elsewhere, community_left_behind, open_cases_beside, open_cases_elsewhere
from geo.store.database import Database


class Rehomed(NamedTuple):
    """What came of it."""

    moved: int
    """So many cases changed grid."""
    steps: int
    """So many were told anything: of these others know another plan, or other grids next door."""


def rehome_incidents(conn: Connection, community_id: int | None, hand: Hand, most: int | None = None) -> Rehomed:
    """Put open cases, of a community or of all, into the grids in force, within a transaction.

    Each change is a step of the case with both plans. Stage, clocks and whoever has it in hand stay. The unit stays,
    too, but where it was the grid itself: then it is the grid that holds the case now. The level stays but where a
    level above saw to the case only because no grid held it. Cases next door see the community's new grids where these
    are near.

    Parameters
    ----------
    conn
        In a transaction that has told no step yet: cases are held first, all of them, and told last.
    community_id
        None: everywhere, and nothing is looked for next door.
    hand
        Whose hand, and when.
    most
        No more cases than so many; where that many were told anything there may be more. None: all.
    """
    elsewhere, beside = _behind(conn, community_id, hand.at, most)
    ids = [*(found.incident_id for found in elsewhere), *beside]
    if not ids:
        return Rehomed(0, 0)
    cases.lock_cases(conn, ids)
    elsewhere, beside = _behind(conn, community_id, hand.at, most)  # as it is now that nobody else changes them
    held = cases.cases_by_id(conn, ids)
    elsewhere = [found for found in elsewhere if found.incident_id in held]
    steps = [_put(conn, held[found.incident_id], found, hand) for found in elsewhere]
    steps += [_let_see(conn, held[one], near, hand) for one, near in beside.items() if one in held]
    if steps:
        cases.insert_steps(conn, steps)
    return Rehomed(sum(found.grid_id != found.grid_before for found in elsewhere), len(steps))


def rehoming(db: Database, clock: Callable[[], datetime]) -> Iterator[Rehomed]:
    """Do so wherever a plan came into force by its date, or by a file: a few cases at a time, each few at once.

    Whoever asks for the next few may rest before; what is not asked for any more is left to the next time.
    """
    most, done = escalation_rule().at_once, list[int]()
    while True:
        with db.read() as conn:
            community_id = community_left_behind(conn, clock(), done)
        if community_id is None:
            return
        is_done = False
        while not is_done:  # to look for the next one takes far longer than a few cases do
            with db.write() as conn:
                found = rehome_incidents(conn, community_id, Hand(clock(), token_name=CLOCK), most)
            is_done = found.steps < most
            yield found
        done.append(community_id)


def rehome_left_behind(db: Database, clock: Callable[[], datetime]) -> int:
    """All of that without a rest: how many cases changed grid."""
    return sum(found.moved for found in rehoming(db, clock))


def _behind(
    conn: Connection, community_id: int | None, at: datetime, most: int | None
) -> tuple[list[Elsewhere], dict[int, list[int]]]:
    """Cases to be put into other grids, and those that see other grids next door: at most so many together."""
    elsewhere = open_cases_elsewhere(conn, community_id, at, most)
    left = None if most is None else most - len(elsewhere)
    if community_id is None or left == 0:
        return elsewhere, {}
    within_m = incident_rule().border_within_m
    return elsewhere, dict(open_cases_beside(conn, community_id, at, within_m, left))


def _put(conn: Connection, case: Case, found: Elsewhere, hand: Hand) -> Step:
    assert case.lonlat is not None, "only what has a place has a grid"
    within_m = incident_rule().border_within_m
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
    return _changed(conn, case, {**values, **changed, "border_grid_ids": near}, said, hand)


def _let_see(conn: Connection, case: Case, near: list[int], hand: Hand) -> Step:
    said = {"why": "case_neighbours", "from_grid_id": case.grid_id, "grid_id": case.grid_id, "border_grid_ids": near}
    return _changed(conn, case, {"border_grid_ids": near}, said, hand)


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


def _changed(conn: Connection, case: Case, values: Mapping[str, Any], said: Mapping[str, Any], hand: Hand) -> Step:
    """Change a case that is held: the step that tells of it, after those that others took while it was waited for."""
    at = max(hand.at, case.updated_at)
    version = cases.change_case(conn, case, values, at)
    return Step(0, case.id, version, "rehome", case.stage, case.stage, at, hand.token_name, None, said)
