"""What is stored of the cases of a period, kept: asked again, only cases with steps since then are read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.case_figures import FigureWish
from geo.case_histories import CaseHistories, CaseLogs
from geo.compute.cases.dials import us_of
from geo.compute.cases.logs import arrivals_read, as_known, joined, last_change_us
from geo.compute.cases.tables import Counted
from geo.store import case_histories
from geo.store.case_histories import Read, Stored

MOST_STEPS: Final = 1_500_000
"""Of all periods kept together: about 150 bytes each."""

MOST_NEW: Final = 5_000
"""After so many steps a period is read anew."""


class Known(NamedTuple):
    """What was known of cases at a moment, and what is counted of them."""

    histories: CaseHistories
    counted: Counted
    """Deadlines after the moment with the others."""


@dataclass(frozen=True)
class _Span:
    """The cases of a period, up to a step."""

    stored: Stored
    logs: CaseLogs
    last_change_us: int
    latest: Known
    """At any moment from then on."""


class CaseMemory:
    """Keeps what is stored of the cases of some periods. Threads may share it; so may not what it hands out."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._spans: OrderedDict[tuple[datetime, datetime, Desk], _Span] = OrderedDict()

    def known(self, conn: Connection, desk: Desk, wish: FigureWish, count: Callable[[CaseHistories], Counted]) -> Known:
        """What was known of the cases of a period at a moment.

        Parameters
        ----------
        conn
            A transaction that sees one moment: so does what is handed out.
        desk
            By whose clock arrivals are told that name none.
        wish
            The period, and the moment.
        count
            What is counted of cases, each by itself, whatever the moment.
        """
        span = self._span(conn, desk, wish, count)
        gone = case_histories.read_gone(conn, wish.before, wish.as_of)
        as_of_us = us_of(wish.as_of)
        if not len(gone.logs.rows.case_id) and as_of_us >= span.last_change_us:
            return span.latest
        ids = gone.logs.rows.case_id
        histories = as_known(joined(span.logs, _read(gone, desk), ids), as_of_us)
        return Known(histories, count(histories))

    def _span(self, conn: Connection, desk: Desk, wish: FigureWish, count: Callable[[CaseHistories], Counted]) -> _Span:
        key, now = (wish.since, wish.before, desk), case_histories.stored_until(conn)
        with self._lock:
            span = self._spans.get(key)
        if span is not None and span.stored == now:
            self._keep(key, span)
            return span
        found = None if span is None else _brought_on(conn, desk, wish, span, now)
        if found is None:
            found = _read(case_histories.read_logs(conn, wish.since, wish.before), desk)
        last = last_change_us(found)
        histories = as_known(found, last)
        made = _Span(now, found, last, Known(histories, count(histories)))
        self._keep(key, made)
        return made

    def _keep(self, key: tuple[datetime, datetime, Desk], span: _Span) -> None:
        """Those asked for last, as long as they are not too many together; never an older one for a newer one."""
        with self._lock:
            kept = self._spans.get(key)
            if kept is None or kept.stored <= span.stored:
                self._spans[key] = span
            self._spans.move_to_end(key)
            while sum(len(one.logs.steps.code) for one in self._spans.values()) > MOST_STEPS:
                self._spans.popitem(last=False)


def _brought_on(conn: Connection, desk: Desk, wish: FigureWish, span: _Span, now: Stored) -> CaseLogs | None:
    """The logs with what was stored since; None: they are to be read anew."""
    if span.stored.files != now.files or span.stored.step_id > now.step_id:
        return None
    ids = case_histories.changed_since(conn, span.stored, MOST_NEW)
    if ids is None:
        return None
    some = case_histories.read_some(conn, wish.since, wish.before, ids)
    return joined(span.logs, _read(some, desk), np.array(ids, dtype=np.int64))


def _read(read: Read, desk: Desk) -> CaseLogs:
    return arrivals_read(read.logs, read.arrivals, desk.zone)
