"""Opening hours in OpenStreetMap's syntax: open or not at a moment, and until when.

What the syntax means here, checked against the library that reads it:

- ``Fr[2]`` is the *second Friday of the month* (day 8 to 14). A service day announced as "Friday of the second week"
  is the same day, unless weeks are counted from Monday and the month begins on a Saturday or Sunday: then the first
  week has no Friday and the second week's Friday is a week earlier (10 of the 36 months of 2025-2027). Whoever means
  that writes those days as dates.
- ``PH`` is a public holiday of the country of the time zone (geo/rules/hours.toml). For China the library knows the
  statutory days only: neither the days off that bridge a holiday nor the working weekends that make up for them.
  ``PH off`` is therefore right on 1-3 October and wrong on the rest of the holiday week. A dated table will mend it.
- A rule that is nothing but a comment ("by appointment") says that somebody may be there: not known, not open.
- ``sunrise`` and ``sunset`` are taken at fixed hours, since no place is given.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # its stub lacks the error

from geo.errors import Refused

LONE_COMMENT = re.compile(r'(?:^|;|,|\|\|)\s*"([^"]*)"\s*(?=$|;|,|\|\|)')
"""A rule of nothing but a comment."""


@dataclass(frozen=True)
class HoursState:
    """What the hours say at one moment."""

    is_open: bool | None
    """None: not known."""
    until: datetime | None
    """When the present state ends; None when it has no known end, or is not known itself."""
    opens_at: datetime | None
    """When it opens next, if it is closed and that is known."""


UNKNOWN = HoursState(is_open=None, until=None, opens_at=None)


def validate(text: str) -> None:
    """Refuse hours that cannot be read.

    Raises
    ------
    Refused
        If they are longer than the limit or not in the syntax.
    """
    limit = _rules()["max_characters"]
    if len(text) > limit:
        raise Refused("hours_too_long", length=len(text), limit=limit)
    try:
        _parsed(text, None)
    except ParserError as error:
        raise Refused("hours_unreadable", text=text) from error


def state(text: str | None, at: datetime) -> HoursState:
    """Open or not at a moment.

    Parameters
    ----------
    text
        The hours; None when nobody has told them. Hours that cannot be read count as not known.
    at
        An aware moment. The hours are judged in **its** time zone: convert it to the city's first.

    Returns
    -------
    HoursState
        Times in the zone of ``at``.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    >>> state("Mo-Fr 08:30-18:30", noon).until.isoformat()
    '2026-11-20T18:30:00+08:00'
    >>> state("24/7", noon)
    HoursState(is_open=True, until=None, opens_at=None)
    >>> state('"by appointment"', noon).is_open is None
    True
    """
    if text is None or len(text) > _rules()["max_characters"]:
        return UNKNOWN
    country = _rules()["country_of_timezone"].get(getattr(at.tzinfo, "key", None))
    try:
        hours = _parsed(text, country)
    except ParserError:
        return UNKNOWN
    # The library takes zones of one kind only: it is given wall-clock time and its answers get the zone back.
    wall = at.replace(tzinfo=None)
    now, comment = hours.state(wall)
    if now == State.UNKNOWN or (now == State.OPEN and comment and comment in LONE_COMMENT.findall(text)):
        return UNKNOWN
    change = hours.next_change(wall)
    until = None if change is None else change.replace(tzinfo=at.tzinfo)
    if now == State.OPEN:
        return HoursState(is_open=True, until=until, opens_at=None)
    opens = until if change is not None and hours.state(change)[0] == State.OPEN else None
    return HoursState(is_open=False, until=until, opens_at=opens)


@lru_cache(maxsize=4096)
def _parsed(text: str, country: str | None) -> OpeningHours:
    return OpeningHours(text, country=country, max_interval_days=_rules()["horizon_days"])


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads((resources.files("geo.rules") / "hours.toml").read_text(encoding="utf-8"))
