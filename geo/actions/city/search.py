"""Find places by name or code."""

from __future__ import annotations

from geo.store.database import Database
from geo.store.search import Place, find_places


def search(db: Database, words: str, limit: int) -> tuple[int, list[Place]]:
    """How many places match the words, and the best ``limit`` of them."""
    with db.read() as conn:
        return find_places(conn, words.strip(), limit)
