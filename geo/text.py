"""What counts as text in anything that people type or load."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of what follows: names made with them read as other names.

Source: Unicode categories Cc (without tab and line feed) and the explicit formatting characters of UAX #9, 2.1-2.5.
"""

UNSEEN = frozenset({"Cf", "Me", "Mn"})
"""Unicode categories of what is no sign of its own: format characters (zero width, direction), marks on other signs."""

FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are blank."""


def seen(text: str) -> str:
    """A text without what nobody sees in it.

    >>> seen("GD\u200b-1\u3164"), seen("青山路")
    ('GD-1', '青山路')
    """
    if text.isascii():
        return text
    return "".join(sign for sign in text if sign not in FILLERS and unicodedata.category(sign) not in UNSEEN)


def is_blank(text: str) -> bool:
    """Whether there is nothing to be read in a text."""
    return not seen(text).strip()


def is_one_line(text: str) -> bool:
    """Whether a text has no control character, tab or line break."""
    return not CONTROL.search(text) and "\t" not in text and text.splitlines() in ([], [text])
