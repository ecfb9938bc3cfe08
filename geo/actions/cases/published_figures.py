"""Figures that were told once as final, kept: whoever asks again is told the same table without counting anew."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.case_memory import CaseMemory
from geo.actions.cases.tell_figures import FigureSight, tell_figures
from geo.actions.city.street_cache import kept
from geo.case_figures import FigureTable, FigureWish
from geo.store.database import Database

KEPT = 24
"""Tables: the two months that people look at, by all that viewers may ask by, for some areas."""


class PublishedFigures:
    """Keeps what viewers are told: whole months as of a day that is past, which never change. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._memory = CaseMemory()
        self._tables: OrderedDict[tuple[FigureWish, FigureSight], FigureTable] = OrderedDict()

    def tell(self, db: Database, desk: Desk, wish: FigureWish, now: datetime, sight: FigureSight) -> FigureTable:
        """As :func:`tell_figures`, whose refusals a table that was told once has passed for good."""
        key = (wish, sight)
        with self._lock:
            if key in self._tables:
                return kept(self._tables, key, KEPT)
        found = tell_figures(db, desk, wish, now, sight, self._memory)
        if found.is_final and not sight.is_exact:  # beside exact ones stands what is known as of now
            with self._lock:
                self._tables[key] = found
                kept(self._tables, key, KEPT)
        return found
