"""What counts as text in anything that people type or load."""

from __future__ import annotations

import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of what follows: names made with them read as other names.

Source: Unicode categories Cc (without tab and line feed) and the explicit formatting characters of UAX #9, 2.1-2.5.
"""


def is_one_line(text: str) -> bool:
    """Whether a text has no control character, tab or line break."""
    return not CONTROL.search(text) and "\t" not in text and text.splitlines() in ([], [text])
