"""Which column of a file holds which field, and which word stands for which value: the face of headers.toml."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

SHAPEFILE_HEADER_BYTES = 10
"""A DBF header ends here, so a header of this length may be the beginning of a longer one."""

_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_JOINTS = re.compile(r"[\s_\-*:]+")


@cache
def _table() -> dict[str, Any]:
    text = (resources.files("geo.rules") / "headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def plain(word: str) -> str:
    """A word as it is compared: full-width forms narrowed, no case, no joints, nothing in brackets.

    >>> plain("联系电话（必填）"), plain("Opening_Hours ")
    ('联系电话', 'openinghours')
    """
    narrow = unicodedata.normalize("NFKC", word).casefold()
    return _JOINTS.sub("", _IN_BRACKETS.sub("", narrow)) or _JOINTS.sub("", narrow)


def columns_of(kind: str, headers: Iterable[str]) -> dict[str, str]:
    """Field -> header of the file, for every field of a kind of rows that the file has.

    A field's aliases are tried in their order, so that ``id`` does not win over ``source_key``.
    """
    by_plain: dict[str, str] = {}
    cut: dict[str, str] = {}
    for name in headers:
        by_plain.setdefault(plain(name), name)
        if len(name.encode("gb18030")) == SHAPEFILE_HEADER_BYTES:
            cut[plain(name)] = name
    found: dict[str, str] = {}
    for field, aliases in _table()[kind].items():
        header: str | None = next((by_plain[plain(alias)] for alias in aliases if plain(alias) in by_plain), None)
        header = header or next((cut[part] for alias in aliases for part in cut if plain(alias).startswith(part)), None)
        if header is not None and header not in found.values():
            found[field] = header
    return found


def is_known_header(word: str) -> bool:
    """Whether a word is the header of a field of any kind of rows."""
    return plain(word) in _header_words()


@cache
def _header_words() -> frozenset[str]:
    kinds = (fields for kind, fields in _table().items() if kind not in {"values", "source"})
    return frozenset(plain(alias) for fields in kinds for aliases in fields.values() for alias in aliases)


def is_code_header(word: str) -> bool:
    """Whether a word is the header of codes of areas, grids or items, in any kind of rows."""
    return plain(word) in _code_words()


@cache
def _code_words() -> frozenset[str]:
    kinds = (fields for kind, fields in _table().items() if kind not in {"values", "source"})
    return frozenset(
        plain(alias) for fields in kinds for field, names in fields.items() if field.endswith("code") for alias in names
    )


@cache
def value_words(field: str) -> dict[str, str]:
    """Word as compared -> the value that it stands for, e.g. 街道 -> subdistrict."""
    values = _table()["values"][field]
    return {plain(word): value for value, words in values.items() for word in (value, *words)}
