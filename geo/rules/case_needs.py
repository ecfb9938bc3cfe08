"""The four kinds of need and the words of the ledger: the typed face of case_needs.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from geo.case_states import Stage
from geo.words import Named


@dataclass(frozen=True)
class Need(Named):
    """One kind of need."""

    key: str
    handling_en: str
    handling_zh: str
    moves: tuple[str, ...]
    """Keys of geo/case_states.py, made in this order when such a case comes in."""
    source: str

    def handling(self, language: str) -> str:
        """How it is dealt with, in ``zh`` or ``en``."""
        return self.handling_zh if language == "zh" else self.handling_en


@dataclass(frozen=True)
class LedgerWord(Named):
    """What a ledger calls some stages of a case."""

    key: str
    stages: tuple[Stage, ...]
    source: str


@cache
def case_needs() -> Mapping[str, Need]:
    """The kinds of need by key, the most pressing first."""
    return {
        key: Need(**{"key": key, **entry, "moves": tuple(entry["moves"])}) for key, entry in _table()["need"].items()
    }


@cache
def ledger_words() -> Mapping[str, LedgerWord]:
    """The words of the ledger by key, in the order of a case's life."""
    return {
        key: LedgerWord(**{"key": key, **entry, "stages": tuple(entry["stages"])})
        for key, entry in _table()["ledger"].items()
    }


def ledger_word(stage: Stage) -> LedgerWord | None:
    """What the ledger calls a stage; None: the case does not stand in it, or no longer.

    >>> ledger_word("deferred").key, ledger_word("collected")
    ('claimed', None)
    """
    return next((word for word in ledger_words().values() if stage in word.stages), None)


def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("geo.rules") / "case_needs.toml").read_text(encoding="utf-8"))
