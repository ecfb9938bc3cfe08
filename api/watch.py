"""The service sees to what comes with time: deadlines that pass, plans that come into force, positions to forget."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final, TypeVar

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.escalate_breaches import escalating
from geo.actions.dispatch.forget_positions import forget_positions
from geo.actions.plans.rehome_incidents import rehoming
from geo.errors import DatabaseAway, GridcircleError
from geo.rules.escalation import escalation_rule
from geo.store.database import Database

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""How often is looked at least: a limit that is shorter from report to deadline is told so much later at most."""

REST_S: Final = 1.0
"""Between two looks at least, where the last one found nothing more to do."""

PLANS_S: Final = 30.0
"""How often is looked for plans that came into force at most: where many cases lie in no grid that takes a while."""

POSITIONS_S: Final = 600.0
"""How often is looked for positions to forget; not while there is so much else to do at the start."""

AWAY_S: Final = 5.0
"""Until the database is tried again."""

PATIENCE_S: Final = 2.0
"""How long the end waits; a case that is being dealt with then is dealt with by the next process."""


@contextmanager
def watching(db: Database, desk: Desk, clock: Callable[[], datetime]) -> Iterator[None]:
    """One thread that looks, of however many processes serve: they leave it to one another.

    Parameters
    ----------
    db
        Where cases are; two connections are used at a time.
    desk
        The city's settings, clocks and catalogue; where they say so nothing is escalated by itself.
    clock
        Now.
    """
    ending = Event()
    thread = Thread(target=_watch, args=[db, desk, clock, ending], name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(PATIENCE_S)


def _watch(db: Database, desk: Desk, clock: Callable[[], datetime], ending: Event) -> None:
    """Look round after round, whatever a round ran into."""
    pause_s = 0.0
    while not ending.wait(pause_s):
        try:
            _take_turns(db, desk, clock, ending)
        except DatabaseAway:
            log.warning("deadlines cannot be looked at: the database is away")
            pause_s = AWAY_S
        except GridcircleError as error:
            log.warning("deadlines cannot be looked at: %s", error.key)
            pause_s = LOOK_S


def _take_turns(db: Database, desk: Desk, clock: Callable[[], datetime], ending: Event) -> None:
    """A few cases whose deadline passed, a few that follow a plan, a rest, until the end: no backlog of the one holds
    up the other, and neither holds up who asks the service.
    """
    moves = _rounds(lambda: rehoming(db, clock), clock, PLANS_S)
    deeds = _rounds(lambda: escalating(db, desk, clock) if desk.settings.escalation else iter(()), clock, 0)
    next_at: datetime | None = None
    lapses = _rounds(lambda: _forgetting(db, clock), clock, POSITIONS_S, first_s=POSITIONS_S)
    with closing(moves), closing(deeds), closing(lapses):
        begun = clock()
        for found, moved, _ in zip(deeds, moves, lapses, strict=False):
            for incident_id, key in found.faults if found else ():
                log.warning("the deadline of case %s passed, and nothing could be done: %s", incident_id, key)
            next_at = found.next_at if found else next_at
            if moved or found:
                steps = (moved.steps if moved else 0) + (sum(found.done.values()) if found else 0)
                pause_s = escalation_rule().rest_s(steps, (clock() - begun).total_seconds())
            else:
                left_s = LOOK_S if next_at is None else (next_at - clock()).total_seconds()
                pause_s, next_at = min(max(left_s, REST_S), LOOK_S), None
            if ending.wait(pause_s):
                return
            begun = clock()


def _forgetting(db: Database, clock: Callable[[], datetime]) -> Iterator[None]:
    """All at once: they are few."""
    forget_positions(db, clock())
    return iter(())


def _rounds(
    begin: Callable[[], Iterator[T]], clock: Callable[[], datetime], every_s: float, first_s: float = 0
) -> Generator[T | None]:
    """What comes of one round after the other; None while none is due, and once after each."""
    due_at = clock() + timedelta(seconds=first_s)
    while True:
        while clock() < due_at:
            yield None
        due_at = clock() + timedelta(seconds=every_s)
        yield from begin()
        yield None
