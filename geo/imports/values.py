"""One cell to one value, or why not."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from geo.own_numbers import MARK_LETTERS
from geo.rules.headers import plain, value_words
from geo.text import CONTROL
from geo.text_masks import MASK, masked

SHOWN_CHARACTERS = 40
"""So much of a wrong value a report repeats."""

EXACT_FLOAT = 2**53
"""Whole numbers up to here are exact in a spreadsheet's number cell: 15 digits always are."""

MOST_WHOLE = 2**31 - 1
"""The most that a column of whole numbers holds."""

SPREADSHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 -- day 0 of a serial date, whose zone is the file's
SPREADSHEET_DAYS = (10_000, 80_000)
"""1927 .. 2119: numbers outside are no dates."""

_SCIENTIFIC = re.compile(r"\d(\.\d+)?e[+]?\d+", re.IGNORECASE)
_MARKED = re.compile(rf"-[a-p]{{{MARK_LETTERS}}}$")
"""A masked number with what keeps it apart from others (geo.own_numbers)."""
_USUAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}")
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(?:(\d{1,2})[:时点](\d{1,2})?分?(?::?(\d{1,2})(?:\.\d+)?秒?)?)?"
)
_SEPARATOR = re.compile(r"[;；、,，|/\n]+")


class CellError(ValueError):
    """A cell that cannot become a value; says so by a key of geo/words and what its sentence speaks of."""

    def __init__(self, key: str, **evidence: Any) -> None:
        super().__init__(key)
        self.key = key
        self.evidence = evidence


def shown(value: Any) -> str:
    """A wrong value as the report repeats it: no number of a person, which may have slipped into any column."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT
    text = masked(str(int(value) if whole else value)).text
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def text_of(value: Any, limit: int) -> str | None:
    """Text without what a database or a page chokes on; a number as it would be written."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        value = int(value)
    text = CONTROL.sub(" ", str(value)).strip()
    if len(text) > limit:
        raise CellError("text_too_long", length=len(text), limit=limit)
    return text or None


def number_of(value: Any) -> float:
    """A finite number, full-width digits and thousands separators allowed."""
    try:
        number = float(_narrow(value).replace(",", "")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError) as error:
        raise CellError("number_expected", value=shown(value)) from error
    if not math.isfinite(number):
        raise CellError("number_expected", value=shown(value))
    return number


def whole_number_of(value: Any) -> int:
    """A whole number, not negative, and not beyond what a column holds."""
    number = number_of(value)
    if not number.is_integer() or not 0 <= number <= MOST_WHOLE:
        raise CellError("whole_number_expected", value=shown(value))
    return int(number)


def code_of(value: Any, digits: int | Sequence[int]) -> str:
    """A code of so many digits, or of as many as one of some schemes has.

    A number cell is taken while it is exact; a rounded one cannot be brought back.
    """
    lengths = (digits,) if isinstance(digits, int) else tuple(digits)
    wanted = ", ".join(map(str, lengths))
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= EXACT_FLOAT:
            raise CellError("code_not_digits", value=shown(value), digits=wanted)
        value = int(value)
    text = _narrow(str(value)).lstrip("'").removesuffix(".0").replace(" ", "")
    if _SCIENTIFIC.fullmatch(text):
        raise CellError("code_scientific", value=shown(value), digits=wanted)
    if not (text.isascii() and text.isdigit()):
        raise CellError("code_not_digits", value=shown(value), digits=wanted)
    if len(text) not in lengths:
        raise CellError("code_length", value=shown(value), digits=wanted, length=len(text))
    return text


def own_number_of(value: Any, limit: int) -> str:
    """The number under which somebody else keeps a thing; one that a spreadsheet has rounded is none any more, nor one
    that it took for a date, nor one of which the rejected rows keep nothing that tells it from others.
    """
    if isinstance(value, (date, time, timedelta)):  # a datetime is a date
        raise CellError("own_number_date", value=shown(value))
    text = _narrow(text_of(value, limit) or "").lstrip("'")
    if isinstance(value, float) and (not value.is_integer() or abs(value) >= EXACT_FLOAT):
        raise CellError("own_number_rounded", value=shown(value))
    if _SCIENTIFIC.fullmatch(text):
        raise CellError("own_number_rounded", value=shown(value))
    if MASK in text and not _MARKED.search(text):
        raise CellError("own_number_masked", value=shown(value))
    return text


def yes_no_of(value: Any) -> bool:
    """Yes or no, in the words of headers.toml."""
    return word_of(str(int(value)) if isinstance(value, (bool, int, float)) else value, "yes_no") == "yes"


def word_of(value: Any, field: str) -> str:
    """What a word of a fixed list stands for, e.g. 街道 -> subdistrict."""
    words = value_words(field)
    word = words.get(plain(str(value)))
    if word is None:
        raise CellError("word_unknown", value=shown(value), known=", ".join(dict.fromkeys(words.values())))
    return word


def list_of(value: Any, limit: int) -> list[str]:
    """Several words in one cell, in their order, each once."""
    parts = value if isinstance(value, (list, tuple)) else _SEPARATOR.split(str(value))
    texts = [text_of(part, limit) for part in parts if part is not None]
    return list(dict.fromkeys(text for text in texts if text))


def time_of(value: Any, zone: ZoneInfo) -> datetime:
    """A moment; one without a zone is in ``zone``, one without a time of day at its midnight."""
    try:
        moment = _moment(value)
    except (ValueError, OverflowError) as error:
        raise CellError("time_unreadable", value=shown(value)) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not SPREADSHEET_DAYS[0] <= value <= SPREADSHEET_DAYS[1]:
            raise ValueError(value)
        return SPREADSHEET_EPOCH + timedelta(seconds=round(value * 86_400))
    if isinstance(value, str) and _USUAL_TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    text = _narrow(str(value))
    match = _TIME.fullmatch(text)
    if match:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 -- the caller knows the zone
    return datetime.fromisoformat(text)


def _narrow(text: str) -> str:
    """Full-width digits and signs as the plain ones."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()
