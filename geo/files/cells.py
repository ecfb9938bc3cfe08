"""Cells of files that a spreadsheet will open."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so would be run as a formula."""


def harmless(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs: text that could be a formula gets an apostrophe in front.

    >>> harmless("=HYPERLINK(1)"), harmless(-3), harmless("青河")
    ("'=HYPERLINK(1)", -3, '青河')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
