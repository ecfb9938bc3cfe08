"""What an import says when it is done, or why it was refused."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from geo.words import sentence


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one row, in words."""

    row: int
    """Number of the row as a person counts it; 0 for the file as a whole."""
    field: str
    key: str
    """Key of the sentence in geo/words."""
    evidence: dict[str, Any] = dataclasses.field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``, with row and field filled in."""
        return sentence(self.key, language, **{"row": self.row, "field": self.field, **self.evidence})

    def as_dict(self) -> dict[str, Any]:
        """The fault with its sentence in both languages, ready for JSON."""
        return {
            "row": self.row,
            "field": self.field,
            "key": self.key,
            "zh": self.in_language("zh"),
            "en": self.in_language("en"),
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class ImportReport:
    """Counts that add up: read = added + changed + unchanged + rejected."""

    import_id: int | None
    """None: nothing changed, so there is nothing to list or to undo."""
    kind: str
    source: str
    filename: str
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    missing: int
    """Rows of the same source that this file no longer has."""
    retired: int
    """How many of the missing were retired (only with --replace)."""
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    """Repairs and remarks that do not refuse anything."""
    totals: dict[str, float] = dataclasses.field(default_factory=dict)
    """Sums to compare with the file: residents read, placed, outside the streets' extent, not placed; lengths; ..."""
    told_until: str | None = None
    """The latest moment that a file of orders tells of: so much of the register it knows."""
    rejected_file: str | None = None
    """Where the rejected rows were written."""

    @property
    def changed_something(self) -> bool:
        """Whether the store is any different after it."""
        return self.added + self.changed + self.retired > 0

    def as_dict(self) -> dict[str, Any]:
        """The report, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **plain,
            "faults": [fault.as_dict() for fault in self.faults],
            "notes": [note.as_dict() for note in self.notes],
        }


@dataclass(frozen=True)
class ImportBatch:
    """One import as the list of imports shows it."""

    id: int
    kind: str
    source: str
    filename: str
    actor: str
    data_date: date | None
    landed_at: datetime
    undone_at: datetime | None
    report: dict[str, Any]


@dataclass(frozen=True)
class Undone:
    """What became of an import that was taken back; of orders with all cases that it had touched:
    ``removed`` + ``put_back`` + those left.
    """

    batch: ImportBatch
    removed: int = 0
    """Cases that it had brought."""
    put_back: int = 0
    """Cases that were there before and are as they were."""
    left: tuple[Fault, ...] = ()
    """Cases that stay as they are, each with its reason."""

    @property
    def touched(self) -> int:
        """All cases that it had brought or changed."""
        return self.removed + self.put_back + len(self.left)
