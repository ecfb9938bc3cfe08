"""Numbers under which others keep their orders: how they are compared, and what of them may be kept."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable

from geo.text import seen
from geo.text_masks import masked

MARK_LETTERS = 12
"""So long is what tells two masked numbers apart: 48 bits."""


def as_compared(number: str) -> str:
    """A number as it is compared: without case, blanks around it and full-width forms, as the store does it, and
    without what is not seen, which is never stored.

    >>> as_compared(" ｇｄ２０２６-1 ") == as_compared("GD2026-1")
    True
    """
    return unicodedata.normalize("NFKC", seen(number)).strip().casefold()


def kept_number(number: str, secret: Callable[[], bytes]) -> str:
    r"""A number as it may be kept: what is not seen goes, that of a person in it is masked, and a keyed hash keeps it
    apart from others.

    The hash is in letters, so that it looks like no number itself. ``secret`` is asked for where one is needed.

    >>> kept_number("GD-20260301\u200b-000123", lambda: b"k")
    'GD-20260301-000123'
    >>> kept_number("13800138000", lambda: b"k") == kept_number("１３８００１３８０００", lambda: b"k")
    True
    """
    number = seen(number)
    found = masked(number)
    if not found.total:
        return number
    digest = hmac.digest(secret(), as_compared(number).encode(), hashlib.sha256).hex()[:MARK_LETTERS]
    return f"{found.text}-{''.join(chr(ord('a') + int(digit, 16)) for digit in digest)}"
