"""Why a step was taken, in the reader's language: in the words of whoever took it, or ours where nobody did."""

from __future__ import annotations

from datetime import datetime

from geo.cases import Step
from geo.clocks import written
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
