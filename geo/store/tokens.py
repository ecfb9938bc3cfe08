"""Rows of ``token``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, any_, func, insert, literal, or_, select, update

from geo.errors import NotFound
from geo.store.cases import CHANNEL
from geo.store.database import Database
from geo.store.tables import area, token
from geo.tokens import Role, Token

_FIND = """
    select t.id, t.name, t.role, t.area_id, a.code, a.name, t.secret_hash, t.created_at, t.expires_at, t.revoked_at
    from token t left join area a on a.id = t.area_id where t.secret_hash = %(secret_hash)s
"""
"""Columns as :class:`Token` has them."""


def add(
    conn: Connection,
    *,
    name: str,
    role: Role,
    area_id: int | None,
    secret_hash: bytes,
    at: datetime,
    expires_at: datetime | None,
) -> Token:
    """Keep a new token."""
    values = {"name": name, "role": role, "area_id": area_id, "secret_hash": secret_hash}
    made = insert(token).values(**values, created_at=at, expires_at=expires_at).returning(token.c.id)
    return get(conn, conn.execute(made).scalar_one())


def get(conn: Connection, token_id: int) -> Token:
    """The token with a number.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_select().where(token.c.id == token_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("token_unknown", token_id=token_id)
    return Token(**row)


def find(db: Database, secret_hash: bytes) -> Token | None:
    """The token with that hash, whatever its standing. Every request asks for one, so it is a glance."""
    row = db.glance(_FIND, {"secret_hash": secret_hash})
    if row is None:
        return None
    values = dict(zip(Token.__annotations__, row, strict=True))
    return Token(**values | {"secret_hash": bytes(values["secret_hash"])})


def every(conn: Connection) -> list[Token]:
    """All tokens, the oldest first."""
    return [Token(**row) for row in conn.execute(_select().order_by(token.c.id)).mappings()]


def revoke(conn: Connection, token_id: int, at: datetime) -> Token:
    """End a token, and let those know who listen with it. One that was revoked before keeps its day.

    Raises
    ------
    NotFound
        If there is none.
    """
    conn.execute(update(token).where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=at))
    conn.execute(select(func.pg_notify(CHANNEL, "")))
    return get(conn, token_id)


def ended(conn: Connection, token_ids: Sequence[int], at: datetime) -> set[int]:
    """Those of some tokens that open nothing any more: revoked, or at their end."""
    if not token_ids:
        return set()
    is_over = or_(token.c.revoked_at.is_not(None), token.c.expires_at <= at)
    return set(conn.execute(select(token.c.id).where(token.c.id == any_(literal(list(token_ids))), is_over)).scalars())


def _select() -> Select[Any]:
    return select(token, area.c.code.label("area_code"), area.c.name.label("area_name")).select_from(
        token.outerjoin(area, area.c.id == token.c.area_id)
    )
