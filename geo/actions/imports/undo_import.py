"""Take one import back as a whole."""

from __future__ import annotations

from datetime import datetime

from geo.imports.report import Undone
from geo.store.database import Database
from geo.store.undo import undo


def undo_import(db: Database, import_id: int, at: datetime) -> Undone:
    """Delete what an import added and restore what it changed or retired; all of it or nothing.

    Orders are taken back case by case: one that somebody has gone on from since is left as it is, and told of.

    Raises
    ------
    NotFound
        If there is no such import.
    BadMove
        If it was undone already, or if what it brought was changed or is used since.
    """
    with db.write() as conn:
        return undo(conn, import_id, at)
