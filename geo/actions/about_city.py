"""What every file says of the city itself."""

from __future__ import annotations

from sqlalchemy import Connection

from geo.store.areas import is_invented
from geo.words import LANGUAGES, sentence


def about_city(conn: Connection) -> dict[str, str]:
    """That the city is invented, in every language, for the sheet that says how a file came about; else nothing."""
    if not is_invented(conn):
        return {}
    return {"invented": " / ".join(sentence("city_invented", language) for language in LANGUAGES)}
