"""Tables of TOML files that a city writes itself: read field by field, and every fault told with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from geo.errors import BadFile
from geo.words import Bilingual, sentence

T = TypeVar("T")

MOST_TOLD = 50
"""So many faults of a file are told; the number says how many there are."""


@dataclass(frozen=True)
class FileFault(Bilingual):
    """One thing wrong in a file, in words."""

    where: str
    """As the file writes it: ``[[item]] 0101 limits.handle``."""
    key: str
    """Key of the sentence in geo/words."""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``, with its place filled in."""
        return sentence(self.key, language, where=self.where, **self.evidence)

    def __str__(self) -> str:
        return self.in_language("en")


class FileFaults(tuple[FileFault, ...], Bilingual):
    """Several faults, a line each."""

    __slots__ = ()

    def in_language(self, language: str) -> str:
        """All sentences in ``zh`` or ``en``."""
        return "\n".join(fault.in_language(language) for fault in self)


class Entry:
    """One table of a file. What cannot be read is noted as a fault and comes back as a harmless value.

    Parameters
    ----------
    said
        What the file has there.
    prefix
        What stands in front of a field's name where a fault is told.
    faults
        Where faults are noted; shared by all tables of a file.
    """

    def __init__(self, said: object, prefix: str, faults: list[FileFault]) -> None:
        self.prefix = prefix
        self.faults = faults
        self._asked: set[str] = set()
        self._said: Mapping[str, Any] = said if isinstance(said, dict) else {}
        if not isinstance(said, dict):
            self.fault("", "rule_table_expected")

    def fault(self, name: str, key: str, **evidence: Any) -> None:
        """Something wrong with a field; without a name, with the table."""
        where = f"{self.prefix}{name}" if name else self.prefix.rstrip(" .")
        self.faults.append(FileFault(where, key, evidence))

    def value(self, name: str, kind: type[T], key: str, otherwise: T, default: T | None = None) -> T:
        """A field of exactly a type: a truth is no number, and a moment no date.

        Parameters
        ----------
        name
            Of the field.
        kind
            The type.
        key
            Of the sentence if it is of another type.
        otherwise
            What stands in where there is a fault, so that reading can go on.
        default
            What leaving the field out means; None: that it is missing.
        """
        self._asked.add(name)
        found = self._said.get(name, default)
        if isinstance(found, kind) and type(found) is kind:
            return found
        self.fault(name, "fault_missing" if found is None else key)
        return otherwise

    def text(self, name: str, default: str | None = None) -> str:
        """Text that is not blank."""
        found = self.value(name, str, "fault_text", "", default).strip()
        if not found and isinstance(self._said.get(name), str):
            self.fault(name, "fault_missing")
        return found

    def choice(self, name: str, among: Collection[str], default: str | None = None) -> str:
        """One of some words; the first of them where there is a fault."""
        found = self.value(name, str, "fault_text", "", default)
        if found in among or found == default:
            return found
        if found:
            self.fault(name, "fault_choice", bound=", ".join(among))
        return next(iter(among))

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words; none if it is left out."""
        found: list[object] = self.value(name, list, "rule_list_expected", [], [])
        if not all(isinstance(word, str) and word.strip() for word in found):
            self.fault(name, "rule_list_expected")
            return ()
        return tuple(str(word).strip() for word in found)

    def truth(self, name: str, *, default: bool) -> bool:
        """Yes or no."""
        return self.value(name, bool, "fault_truth", default, default)

    def number(self, name: str) -> float:
        """A number, whole or broken."""
        self._asked.add(name)
        found = self._said.get(name)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found
        self.fault(name, "fault_missing" if found is None else "fault_number")
        return 1

    def day(self, name: str) -> date:
        """A date."""
        return self.value(name, date, "rule_date_expected", date.max)

    def table(self, name: str) -> Entry:
        """A table inside this one; an empty one if it is left out."""
        self._asked.add(name)
        return Entry(self._said.get(name, {}), f"{self.prefix}{name}.", self.faults)

    def tables(self, name: str, named_by: str) -> Sequence[Entry]:
        """Tables ``[[name]]``, told apart in faults by one of their fields, or by their number from 1."""
        found: list[object] = self.value(name, list, "rule_tables_expected", [], [])
        labels = (entry.get(named_by) if isinstance(entry, dict) else None for entry in found)
        return [
            Entry(entry, f"[[{name}]] {label if isinstance(label, str) and label else number} ", self.faults)
            for number, (entry, label) in enumerate(zip(found, labels, strict=True), start=1)
        ]

    def named(self, among: Iterable[str]) -> Sequence[str]:
        """Those of some fields that the file has here."""
        return [name for name in among if name in self._said]

    def nothing_else(self) -> None:
        """A fault for every field that nobody asked for: a slip of the pen would otherwise change nothing, silently."""
        for name in self._said:
            if name not in self._asked:
                self.fault(name, "fault_unknown_field")


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says.

    Raises
    ------
    BadFile
        If it cannot be read, or is no TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadFile("rule_file_unreadable", path=str(path), reason=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise BadFile("rule_file_not_utf8", path=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise BadFile("rule_file_not_toml", path=str(path), reason=str(error)) from error


def refuse_faults(path: str, faults: Sequence[FileFault]) -> None:
    """Refuse a file that has faults.

    Raises
    ------
    BadFile
        With every fault, its place and the mend.
    """
    if faults:
        raise BadFile("rule_file_faulty", path=path, number=len(faults), told=FileFaults(faults[:MOST_TOLD]))
