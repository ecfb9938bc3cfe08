"""Why a step was taken and why a level has a case, in the reader's language.

Reasons are in the words of whoever took the step, or ours where nobody did.
"""

from __future__ import annotations

from datetime import datetime

from geo.cases import Case, Step
from geo.clocks import written
from geo.rules.case_catalogue import CaseItem, level_for
from geo.words import Term, sentence

_TERMS = {"limit": "case_limit", "level": "case_level", "from_level": "case_level", "told": "case_level"}
"""What of that which was said is a key of a list."""


def reason_of(step: Step, language: str) -> str | None:
    """The reason in ``zh`` or ``en``; None: none was given.

    What somebody wrote stays as it is. A step of our own says the key of its sentence as ``why``, and what fills it.
    """
    key = step.said.get("why")
    if key is None:
        return step.reason
    values = {
        name: "-" if value is None else Term(value, _TERMS[name]) if name in _TERMS else value
        for name, value in step.said.items()
    }
    if "due" in values:
        values["due"] = written(datetime.fromisoformat(values["due"]))
    return sentence(key, language, **values)


def level_reason(case: Case, item: CaseItem | None, language: str) -> str | None:
    """Why the level has it that has it; None: only the category of the case is known."""
    if item is None or case.level is None:
        return None
    if case.level == item.level:
        return level_for(item).in_language(language)
    key = "case_level_no_grid" if case.lonlat is not None and case.grid_id is None else "case_level_raised"
    return sentence(key, language, level=Term(case.level, "case_level"), own=Term(item.level, "case_level"))
