"""What every file says of the city itself, and of rows that are handed on as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.provenance import Made, digest_of
from geo.store.areas import is_invented
from geo.words import LANGUAGES, sentence


def about_city(conn: Connection) -> dict[str, str]:
    """That the city is invented, in every language, for the sheet that says how a file came about; else nothing."""
    return {"invented": _told("city_invented")} if is_invented(conn) else {}


def made_of_rows(key: str, rows: Sequence[Sequence[Any]], shapes: Sequence[BaseGeometry]) -> Made:
    """How rows came about that are handed on as they are stored; the same rows have the same hash.

    ``key``: of the sentence that says what they are.
    """
    return Made(_told(key), {}, digest_of(rows, [shape.wkb_hex for shape in shapes]))


def _told(key: str) -> str:
    return " / ".join(sentence(key, language) for language in LANGUAGES)
