"""Cells of files that a spreadsheet will open."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""Text that begins so would be run as a formula, here or there: some programs narrow wide signs, or pass over blanks.

Source: OWASP, CSV Injection. The same list: ``csvCell`` in webmap/static/dom.js.
"""

NOT_WORKED_OUT = "#CALC!"
"""Stands for a formula whose value was not stored."""

FAILED = frozenset(
    {NOT_WORKED_OUT, "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"}
)
"""What a spreadsheet shows where a cell has no value."""

REJECTED = ("row", "reason")
"""First headers of a file of rows that an import did not take: where each stood, and what was wrong with it."""

ABOUT = "about"
"""Name of what says how the rows of a file came about: a sheet, a layer, or rows below the others."""


def harmless(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs: text that could be a formula gets an apostrophe in front, one more where it
    has one already, so that :func:`loosened` gives back what it was.

    >>> harmless("=HYPERLINK(1)"), harmless(-3), harmless("青河"), harmless("'=1")
    ("'=HYPERLINK(1)", -3, '青河', "''=1")
    """
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(FORMULA_STARTS) else value


def loosened(value: Any) -> Any:
    """A cell that :func:`harmless` wrote, as it was before.

    >>> loosened("'=HYPERLINK(1)"), loosened("'twas"), loosened(None)
    ('=HYPERLINK(1)', "'twas", None)
    """
    bound = isinstance(value, str) and value[:1] == "'" and value.lstrip("'").startswith(FORMULA_STARTS)
    return value[1:] if bound else value
