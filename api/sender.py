"""The service sends what others are to be told of steps of cases, as soon as there is something to send."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from selectors import EVENT_READ, DefaultSelector
from threading import Event, Thread
from typing import Final

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.send_outbox import send_outbox
from geo.errors import Busy, DatabaseAway
from geo.store import case_news, outbox
from geo.store.database import Database
from geo.store.ear import Ear

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""How often is looked even if nothing was told."""

REST_S: Final = 1.0
"""Between two looks, unless something is told: while another process sends, what is due stays so."""

TOGETHER_S: Final = 0.2
"""After something is told: what follows within that time goes out with it."""

AWAY_S: Final = 5.0
"""Until the database is tried again."""

PATIENCE_S: Final = 2.0
"""How long the end waits for a receiver that is slow; its message comes free again and is sent later."""


class Sender:
    """One thread that sends, of however many processes serve: they leave it to one another.

    Parameters
    ----------
    db
        Where the messages wait; two connections are used at a time.
    desk
        The city's settings, clock and catalogue.
    clock
        Now.
    """

    def __init__(self, db: Database, desk: Desk, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._desk = desk
        self._clock = clock
        self._ending = Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send as long as the service runs."""
        bell, rope = socket.socketpair()
        # A receiver may take half a minute: the process need not wait for it.
        thread = Thread(target=self._send, args=[bell], name="sender", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            rope.close()
            thread.join(PATIENCE_S)
            bell.close()

    def _send(self, bell: socket.socket) -> None:
        """Send round after round; where the database went away, wait and begin anew."""
        while not self._ending.is_set():
            try:
                ear = self._db.ear(case_news.CHANNEL)
            except DatabaseAway:
                self._ending.wait(AWAY_S)
                continue
            try:
                self._rounds(ear, bell)
            except (DatabaseAway, Busy) as error:
                log.warning("messages to others cannot be sent: %s", error.key)
                self._ending.wait(AWAY_S)
            finally:
                ear.close()

    def _rounds(self, ear: Ear, bell: socket.socket) -> None:
        """Send what is due, then wait for what is told, or due, or the end.

        Raises
        ------
        DatabaseAway
            If the database went away.
        """
        with DefaultSelector() as told:
            told.register(ear, EVENT_READ)
            told.register(bell, EVENT_READ)
            while not self._ending.is_set():
                send_outbox(self._db, self._desk, self._clock, self._ending.is_set)
                told.select(self._pause_s())
                self._ending.wait(TOGETHER_S)
                ear.has_heard()

    def _pause_s(self) -> float:
        with self._db.read() as conn:
            due_at = outbox.next_due_at(conn)
        if due_at is None:
            return LOOK_S
        return min(max((due_at - self._clock()).total_seconds(), REST_S), LOOK_S)
