"""Where the next page of a list begins, as text that only the list itself reads."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from api.inputs import BIGGEST_ID
from geo.errors import Refused
from geo.store.case_lists import Due

EPOCH, STEP = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
SAID = re.compile(rb"(-?[0-9]{1,17}|never)\.([0-9]{1,19})")


def cursor_of(due: Due) -> str:
    """Text for a link; exact to the microsecond, as the database is."""
    at = "never" if due.at is None else (due.at - EPOCH) // STEP
    return urlsafe_b64encode(f"{at}.{due.id}".encode()).decode().rstrip("=")


def due_of(cursor: str) -> Due:
    """What a cursor means.

    Raises
    ------
    Refused
        If no list gave it out.
    """
    try:
        said = SAID.fullmatch(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if said is None or int(said[2]) > BIGGEST_ID:
            raise Refused("cursor_bad")
        return Due(None if said[1] == b"never" else EPOCH + int(said[1]) * STEP, int(said[2]))
    except (ValueError, OverflowError) as error:
        raise Refused("cursor_bad") from error
