"""The message catalogue: every sentence that a person reads, by key, in Chinese and English.

Each ``*.toml`` beside this file holds one topic. An entry is a table with ``en`` and ``zh``; both carry the same
``{placeholders}`` (held by a test). Other packages bring folders of their own through :func:`load_folder`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")

Catalogue = dict[str, dict[str, str]]


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
    """The sentence of a key in ``zh`` or ``en``, with its placeholders filled."""
    return fill(catalogue()[key][language], values)
