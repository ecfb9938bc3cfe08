"""The service sees to what comes with time: deadlines that pass, plans that come into force."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Final

from geo.actions.case_desk import Desk
from geo.actions.escalate_breaches import NOTHING, escalate_breaches
from geo.actions.rehome_incidents import rehome_left_behind
from geo.errors import DatabaseAway, GridcircleError
from geo.store.database import Database

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""How often is looked at least: a limit that is shorter from report to deadline is told so much later at most."""

REST_S: Final = 1.0
"""Between two looks at least."""

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
            rehome_left_behind(db, clock)
            found = escalate_breaches(db, desk, clock, ending.is_set) if desk.settings.escalation else NOTHING
        except DatabaseAway:
            log.warning("deadlines cannot be looked at: the database is away")
            pause_s = AWAY_S
            continue
        except GridcircleError as error:
            log.warning("deadlines cannot be looked at: %s", error.key)
            pause_s = LOOK_S
            continue
        for incident_id, key in found.faults:
            log.warning("the deadline of case %s passed, and nothing could be done: %s", incident_id, key)
        left_s = LOOK_S if found.next_at is None else (found.next_at - clock()).total_seconds()
        pause_s = min(max(left_s, REST_S), LOOK_S)
