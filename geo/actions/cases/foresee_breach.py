"""What the clock will do with a case by itself once the time of its stage has run out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.step_incident import raised_to
from geo.cases import Case
from geo.compute.cases.escalation import Breach, on_breach
from geo.rules.case_levels import Level
from geo.rules.escalation import Act, escalation_rule
from geo.store import locate


@dataclass(frozen=True)
class Foreseen:
    """What is to come, unless something is done before."""

    act: Act
    """``escalate``: it goes up; ``tell``: the level above is told, and the case stays."""
    level: Level
    """That has it from then on, or is told."""
    unit: str | None
    """Whoever answers there; None: nobody is named."""


def breach_of(conn: Connection, case: Case) -> Breach | None:
    """What the rule has for a case whose stage's deadline passed; None: nothing, or nobody is above."""
    chain = [] if case.lonlat is None else locate.chain_at(conn, case.lonlat)
    return on_breach(
        case.stage, cast("Level | None", case.level), case.need, {link.level for link in chain}, escalation_rule()
    )


def foresee_breach(conn: Connection, case: Case, desk: Desk) -> Foreseen | None:
    """What will happen to an open case; None: nothing does by itself, since it has no deadline or nobody is above."""
    if case.state != "open" or case.stage_due_at is None or not desk.settings.escalation:
        return None
    breach = breach_of(conn, case)
    return None if breach is None else Foreseen(breach.act, breach.level, raised_to(conn, case, breach.level)["unit"])
