"""What the clock does by itself: cases whose deadline passed go up, units whose time is short are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.foresee_breach import breach_of
from geo.actions.cases.step_incident import raised_to, store_step
from geo.actions.city.plan_access import Hand
from geo.case_clocks import CLOCK_OF_STAGE
from geo.cases import CLOCK, Case
from geo.compute.cases.escalation import Breach
from geo.errors import DatabaseAway, GridcircleError
from geo.rules.escalation import escalation_rule
from geo.store import breaches, cases
from geo.store.database import Database

LOOKED_AT: Final = 500
"""So many deadlines are looked at before a rest, of those that a file may have brought when they had passed."""

Deed = Literal["escalate", "overdue", "warn"]
"""Moves of the clock."""


@dataclass(frozen=True)
class Escalated:
    """What came of some cases, or of a round."""

    done: Mapping[Deed, int]
    """How many steps of each kind were taken; kinds without are missing."""
    faults: tuple[tuple[int, str], ...]
    """Cases that could not be dealt with, and the key of the sentence that says why."""
    next_at: datetime | None
    """When there is something to do again; None: nothing waits, or another process watches."""


NOTHING = Escalated({}, (), None)


@dataclass
class _Band:
    """Cases of which one after the other is dealt with, in the order of their deadlines."""

    last: breaches.Ring | None
    """The one that was met last."""
    until: datetime | None = None
    """None: now, whenever that is."""
    urgent: bool = False
    """Urgent cases alone."""


def escalate_breaches(
    db: Database,
    desk: Desk,
    clock: Callable[[], datetime],
    rest: Callable[[float], object] = lambda _: None,
) -> Escalated:
    """One round: every open case whose stage's deadline passed goes up once, or the level above is told; nothing while
    another process makes a round.

    Parameters
    ----------
    db
        Where cases are.
    desk
        The city's clocks and catalogue.
    clock
        Now.
    rest
        Waits so many seconds, so that others get their turn.
    """
    done, faults, next_at = Counter[Deed](), list[tuple[int, str]](), None
    begun = clock()
    for found in escalating(db, desk, clock):
        done.update(found.done)
        faults += found.faults
        next_at = found.next_at
        rest(escalation_rule().rest_s(sum(found.done.values()), (clock() - begun).total_seconds()))
        begun = clock()
    return Escalated(done, tuple(faults), next_at)


def escalating(db: Database, desk: Desk, clock: Callable[[], datetime]) -> Iterator[Escalated]:
    """A round, a few cases at a time; whoever asks for the next few may rest before.

    Urgent cases come first, then those whose moment has come since the round began, then what had come before, the
    longest overdue first: however much there is of that, nobody new waits for it. Each case is looked at again once it
    is locked and dealt with in one transaction, so that a round that is stopped anywhere leaves no case half done, and
    the next one goes on where it ended. Who has a case in hand keeps it.
    """
    begun = clock()
    bands = [_Band(None, urgent=True), _Band(breaches.Ring(begun, 0)), _Band(None, begun)]
    looked_at: breaches.Ring | None = None
    is_looked_through = False
    while True:
        with db.read() as held:
            if not breaches.is_only_watch(held):
                return
            at = clock()
            if not is_looked_through:  # nobody is told of these, so they go by the hundred
                with db.write() as conn:
                    looked_at = breaches.leave_old(conn, begun, looked_at, LOOKED_AT)
                is_looked_through = looked_at is None
            with db.read() as conn:
                ids = _next_few(conn, bands, at)
            if not ids and is_looked_through:
                yield Escalated({}, (), breaches.next_ring_at(held, at))
                return
            yield _dealt_with(db, ids, desk, clock)


def _next_few(conn: Connection, bands: Iterable[_Band], at: datetime) -> list[int]:
    """The cases that come next, at most as many as are dealt with at once; the bands remember how far they are."""
    found: dict[int, None] = {}
    for band in bands:
        left = escalation_rule().at_once - len(found)
        if left == 0:
            break
        more = breaches.rings(conn, band.until or at, band.last, left, urgent=band.urgent)
        band.last = more[-1] if more else band.last
        found |= dict.fromkeys(ring.incident_id for ring in more)
    return list(found)


def _dealt_with(db: Database, ids: Iterable[int], desk: Desk, clock: Callable[[], datetime]) -> Escalated:
    done, faults = Counter[Deed](), list[tuple[int, str]]()
    for incident_id in ids:
        try:
            with db.write() as conn:
                deed = _act(conn, incident_id, desk, clock)
        except DatabaseAway:
            raise
        except GridcircleError as error:
            faults.append((incident_id, error.key))
        else:
            done.update([deed] if deed else [])
    return Escalated(done, tuple(faults), clock())


def _act(conn: Connection, incident_id: int, desk: Desk, clock: Callable[[], datetime]) -> Deed | None:
    """Deal with one case, as it is once it is locked; None: there is nothing to do, or not any more."""
    case = cases.get_case(conn, incident_id, lock=True)
    hand = Hand(clock(), token_name=CLOCK)
    alarm = breaches.alarm_of(conn, incident_id, hand.at)
    if alarm is None:
        return None
    deed = None
    if alarm == "warning":
        deed = _warn(conn, case, hand, desk)
    elif alarm == "breach":
        deed = _breach(conn, case, hand, desk)
    if deed is None:
        breaches.leave(conn, incident_id, alarm)
    return deed


def _warn(conn: Connection, case: Case, hand: Hand, desk: Desk) -> Deed | None:
    rule, limit = escalation_rule(), CLOCK_OF_STAGE[case.stage]
    if limit not in rule.warning_share:  # it was when the limit began
        return None
    told = {"why": "clock_warned", "limit": limit, "share": rule.warning_share[limit], "source": rule.warning_source}
    return _told(conn, case, "warn", told, hand, desk)


def _breach(conn: Connection, case: Case, hand: Hand, desk: Desk) -> Deed | None:
    breach = breach_of(conn, case)
    if breach is None:
        return None
    if breach.act == "escalate":
        return _escalate(conn, case, breach, hand, desk)
    told = {"why": "clock_told", "limit": breach.clock, "told": breach.level, "source": breach.source}
    return _told(conn, case, "overdue", told, hand, desk)


def _escalate(conn: Connection, case: Case, breach: Breach, hand: Hand, desk: Desk) -> Deed:
    values = {**raised_to(conn, case, breach.level), "stage": "escalated", "breached_due_at": case.stage_due_at}
    told = {"why": "clock_escalated", "limit": breach.clock, "level": breach.level, "from_level": case.level}
    if values["unit"] != case.unit:
        told["unit"] = values["unit"]
    said = {**told, "source": breach.source, "due": _due(case, desk)}
    store_step(conn, case, values, ("escalate", None, said), hand, desk)
    return "escalate"


def _told(conn: Connection, case: Case, move: Deed, told: dict[str, Any], hand: Hand, desk: Desk) -> Deed:
    """A step that leaves the case where it is."""
    values: dict[str, Any] = {"stage": case.stage, "warn_at": None}
    if move == "overdue":
        values["breached_due_at"] = case.stage_due_at
    store_step(conn, case, values, (move, None, {**told, "due": _due(case, desk)}), hand, desk)
    return move


def _due(case: Case, desk: Desk) -> str:
    """The deadline by the city's clock."""
    assert case.stage_due_at is not None, "only what has a deadline is watched"
    return desk.local(case.stage_due_at).isoformat()
