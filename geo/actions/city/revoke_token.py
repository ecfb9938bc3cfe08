"""End a bearer token before its time."""

from __future__ import annotations

from datetime import datetime

from geo.store import tokens as rows
from geo.store.database import Database
from geo.tokens import Token


def revoke_token(db: Database, token_id: int, at: datetime) -> Token:
    """Revoke a token; from then on it opens nothing.

    Raises
    ------
    NotFound
        If there is none with that number.
    """
    with db.write() as conn:
        return rows.revoke(conn, token_id, at)
