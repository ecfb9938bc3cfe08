"""Forget where teams were: what is older than the rule keeps is erased, not only left out."""

from __future__ import annotations

from datetime import datetime

from geo.rules.dispatch import dispatch_rule
from geo.store import resources
from geo.store.database import Database


def forget_positions(db: Database, at: datetime) -> int:
    """Erase positions that are older than they may be kept (geo/rules/dispatch.toml); how many were erased.

    Parameters
    ----------
    db
        Where teams are.
    at
        Now; aware.
    """
    with db.write() as conn:
        return resources.forget_positions(conn, at - dispatch_rule().forgotten_after)
