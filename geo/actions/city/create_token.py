"""Make a bearer token."""

from __future__ import annotations

from datetime import datetime, timedelta

from geo.cases import CLOCK
from geo.errors import NotFound, Refused
from geo.store import locate as places
from geo.store import tokens as rows
from geo.store.database import Database
from geo.tokens import ROLES, Role, Token, hash_of, new_secret


def create_token(
    db: Database, *, name: str, role: Role, area_code: str | None, days: int | None, at: datetime
) -> tuple[Token, str]:
    """A new token and its secret, which is kept nowhere.

    ``area_code`` None: everywhere. ``days`` None: it does not end.

    Raises
    ------
    NotFound
        If there is no such area.
    Refused
        If the role is not one a token can have, or the name is that of the clock.
    """
    if name == CLOCK:
        raise Refused("token_name_taken", name=name)
    if role not in ROLES[1:]:
        raise Refused("token_role_unknown", role=role, roles=", ".join(ROLES[1:]))
    secret = new_secret()
    with db.write() as conn:
        area_id = None if area_code is None else places.find_area(conn, area_code)
        if area_code is not None and area_id is None:
            raise NotFound("token_area_unknown", code=area_code)
        expires_at = None if days is None else at + timedelta(days=days)
        token = rows.add(
            conn, name=name, role=role, area_id=area_id, secret_hash=hash_of(secret), at=at, expires_at=expires_at
        )
    return token, secret
