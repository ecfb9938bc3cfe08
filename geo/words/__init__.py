"""The message catalogue: every sentence that a person reads, by key, in Chinese and English.

Each ``*.toml`` beside this file holds one topic. An entry is a table with ``en`` and ``zh``; both carry the same
``{placeholders}`` (held by a test). Other packages bring folders of their own through :func:`load_folder`.
"""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")

JOINT = {"zh": "、", "en": ", "}
"""Between things that are listed inside a sentence."""

Catalogue = dict[str, dict[str, str]]


class Bilingual(ABC):
    """What speaks both languages itself: put into a sentence, it is told in the sentence's."""

    @abstractmethod
    def in_language(self, language: str) -> str:
        """What a person reads, in ``zh`` or ``en``."""


@dataclass(frozen=True)
class Named(Bilingual):
    """An entry of a catalogue that has a name in each language."""

    name_en: str
    name_zh: str

    def in_language(self, language: str) -> str:
        """The name in ``zh`` or ``en``."""
        return self.name_zh if language == "zh" else self.name_en


class Term(str, Bilingual):
    """A key of a fixed list: to programs the key itself, inside a sentence its name.

    >>> Term("grid", "case_level"), sentence("case_level_grid", "zh")
    ('grid', '网格')
    """

    topic: str

    def __new__(cls, key: str, topic: str) -> Term:
        """A key whose name stands in geo/words under ``topic_key``."""
        term = super().__new__(cls, key)
        term.topic = topic
        return term

    def in_language(self, language: str) -> str:
        """The name of the key."""
        return catalogue()[f"{self.topic}_{self}"][language]


MINUTES_PER_HOUR, MINUTES_PER_DAY = 60, 24 * 60


class Span(int, Bilingual):
    """Whole minutes: to programs the number, inside a sentence days, hours and minutes, the two greatest of them.

    >>> [Span(minutes).in_language("en") for minutes in (0, 59, 60, 125, 38_080)]
    ['0 min', '59 min', '1 h', '2 h 5 min', '26 d 10 h']
    """

    def in_language(self, language: str) -> str:
        """What a person reads."""
        days, rest = divmod(int(self), MINUTES_PER_DAY)
        hours, minutes = divmod(rest, MINUTES_PER_HOUR)
        parts = [(days, "span_days"), (hours, "span_hours"), (minutes, "span_minutes")]
        first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
        told = [(number, key) for number, key in parts[first : first + 2] if number] or parts[-1:]
        return " ".join(sentence(key, language, n=number) for number, key in told)


def terms(keys: Iterable[str], topic: str) -> tuple[Term, ...]:
    """Several keys of one list."""
    return tuple(Term(key, topic) for key in keys)


def load_folder(folder: Path) -> Catalogue:
    """All entries of the ``*.toml`` files in a folder: key -> language -> sentence.

    Raises
    ------
    ValueError
        If two files define one key.
    """
    entries: Catalogue = {}
    for file in sorted(folder.glob("*.toml")):
        topic = tomllib.loads(file.read_text(encoding="utf-8"))
        twice = entries.keys() & topic.keys()
        if twice:
            raise ValueError(f"{file.name} defines again: {', '.join(sorted(twice))}")
        entries.update(topic)
    return entries


@cache
def catalogue() -> Catalogue:
    """The sentences of ``geo``."""
    return load_folder(Path(__file__).parent)


def fill(text: str, values: dict[str, Any]) -> str:
    """A sentence with its placeholders filled. Values are put in as they are: escaping is the page's work."""
    return text.format_map(values)


def sentence(key: str, language: str, **values: Any) -> str:
    """The sentence of a key in ``zh`` or ``en``, with its placeholders filled.

    Values that speak both languages, and tuples of them, are told in the sentence's.
    """
    return fill(catalogue()[key][language], {name: _told(value, language) for name, value in values.items()})


def _told(value: Any, language: str) -> Any:
    if isinstance(value, Bilingual):
        return value.in_language(language)
    if isinstance(value, tuple) and value and all(isinstance(part, Bilingual) for part in value):
        return JOINT[language].join(part.in_language(language) for part in value)
    return value
