"""Bearer tokens: a role, an area, an end, and a secret that only its holder keeps."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["public", "viewer", "dispatcher", "planner", "publisher", "administrator"]

ROLES: tuple[Role, ...] = ("public", "viewer", "dispatcher", "planner", "publisher", "administrator")
"""Ascending: each may do all that those before it may."""

PREFIX = "gc_"
"""Begins every secret, so that one left in a file or a log can be searched for."""

Standing = Literal["holds", "expired", "revoked"]


@dataclass(frozen=True)
class Token:
    """One token as it is stored: never the secret."""

    id: int
    name: str
    """What it is for, not who holds it."""
    role: Role
    area_id: int | None
    """None: everywhere."""
    area_code: str | None
    area_name: str | None
    secret_hash: bytes
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def standing(self, at: datetime) -> Standing:
        """Whether it holds at a moment. The end itself is no longer within it."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "expired"
        return "holds"


def new_secret() -> str:
    """A secret of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret: its SHA-256.

    A fast hash is enough here, and no salt is needed: the secret is 256 random bits, not a word that could be guessed.
    """
    return hashlib.sha256(secret.encode()).digest()


def is_secret_of(secret: str, token: Token) -> bool:
    """Whether a secret belongs to a token, in a time that tells nothing about how much of it is right."""
    return hmac.compare_digest(hash_of(secret), token.secret_hash)


def allows(role: Role, needed: Role) -> bool:
    """Whether a role may do what another is needed for.

    >>> allows("planner", "viewer"), allows("viewer", "planner"), allows("public", "public")
    (True, False, True)
    """
    return ROLES.index(role) >= ROLES.index(needed)
