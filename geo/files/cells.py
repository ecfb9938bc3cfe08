"""Cells of files that a spreadsheet will open."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so would be run as a formula."""

NOT_WORKED_OUT = "#CALC!"
"""Stands for a formula whose value was not stored."""

FAILED = frozenset(
    {NOT_WORKED_OUT, "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"}
)
"""What a spreadsheet shows where a cell has no value."""

ABOUT = "about"
"""Name of what says how the rows of a file came about: a sheet, a layer, or rows below the others."""


def harmless(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs: text that could be a formula gets an apostrophe in front.

    >>> harmless("=HYPERLINK(1)"), harmless(-3), harmless("青河")
    ("'=HYPERLINK(1)", -3, '青河')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def loosened(value: Any) -> Any:
    """A cell that :func:`harmless` wrote, as it was before.

    >>> loosened("'=HYPERLINK(1)"), loosened("'twas"), loosened(None)
    ('=HYPERLINK(1)', "'twas", None)
    """
    bound = isinstance(value, str) and value[:1] == "'" and value[1:].startswith(FORMULA_STARTS)
    return value[1:] if bound else value
