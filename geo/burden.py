"""The burden guard: what the program will not be told about the people who work in grids.

Rules against formalism forbid check-ins, points, rankings, online time, tracks and forced photos of grass-roots
staff. A field that is stored is a field that is asked for, so such fields are refused by name where staff are written
about: in files and in what clients send. That a field of another name is not used so cannot be known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from geo.errors import Refused
from geo.rules.burden import alike, burdens
from geo.text import FILLERS, UNSEEN
from geo.words import Term

LONGEST_SHOWN = 40
"""Characters of a refused name that are told."""

LONGEST_NAME = 1000
"""Characters of a name that are looked at: no database or program has longer ones."""

MOST_PIECES = 4
"""Syllables of the longest word that is put together from them."""

_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS = re.compile(r"[\W_]+")
_JOINTS = re.compile(r"[^a-z]+")
_UNSEEN = UNSEEN | {"Cc"}


def refuse_burden(field_names: Iterable[str], *, is_of_teams: bool = False) -> None:
    """Refuse fields that burden staff.

    Parameters
    ----------
    field_names
        As a file or a client calls them.
    is_of_teams
        Whether they tell of nothing but people at work: then any photo is one of them.

    Raises
    ------
    Refused
        On the first of them, with its kind and the law.
    """
    for name in field_names:
        kind = burden_of(name, is_of_teams=is_of_teams)
        if kind is not None:
            law = Term(burdens()[kind].law, "burden_law")
            raise Refused("burden_refused", field=name[:LONGEST_SHOWN], kind=Term(kind, "burden"), law=law)


def burden_of(name: str, *, is_of_teams: bool = False) -> str | None:
    """Which kind of burden a field is by its name; None: none.

    >>> burden_of("lastCheckIn"), burden_of("簽 到 時間"), burden_of("checking_account"), burden_of("地址")
    ('check_in', 'check_in', None, None)
    >>> burden_of("сheсk-іn"), burden_of("照片"), burden_of("照片", is_of_teams=True)
    ('check_in', None, 'forced_photo')
    """
    read = _read(name)
    for key, burden in burdens().items():
        words = read.words
        for phrase in burden.honest:
            words = words.replace(f" {phrase} ", " ")
        if (
            burden.zh.search(read.joined)
            or any(f" {word} " in words for word in burden.en)
            or _is_parted(words, burden.en)
        ):
            return key
        if is_of_teams and _has(read._replace(words=words), burden.of_teams):
            return key
    return None


def named_among(name: str, words: Iterable[str]) -> bool:
    """Whether a field's name has one of some words in it: Latin ones as whole words, others anywhere.

    >>> named_among("visitPhoto1", ["photo"]), named_among("走访人姓名", ["走访人"]), named_among("photon", ["photo"])
    (True, True, False)
    """
    return _has(_read(name), words)


class _Name(NamedTuple):
    joined: str
    """Without anything but letters, in the case in which they are."""
    words: str
    """Of Latin letters, in small ones, a space before and behind each."""


def _read(name: str) -> _Name:
    plain = _plain(name[:LONGEST_NAME])
    return _Name(_SIGNS.sub("", plain), f" {_JOINTS.sub(' ', _WORD_BEGINS.sub(' ', plain).lower())} ")


def _is_parted(words: str, wanted: Iterable[str]) -> bool:
    """Whether a word is there in pieces, as pinyin is written by syllables: qian_dao."""
    pieces = words.split()
    spans = ((first, first + n) for n in range(2, MOST_PIECES + 1) for first in range(len(pieces) - n + 1))
    return not {"".join(pieces[first:last]) for first, last in spans}.isdisjoint(wanted)


def _has(read: _Name, words: Iterable[str]) -> bool:
    return any(f" {_JOINTS.sub(' ', word)} " in read.words if word.isascii() else word in read.joined for word in words)


def _plain(name: str) -> str:
    """A name without accents and what is not seen, in Latin letters and simplified characters where they look alike."""
    signs = unicodedata.normalize("NFKD", name)
    seen = "".join(sign for sign in signs if unicodedata.category(sign) not in _UNSEEN and sign not in FILLERS)
    return seen.translate(alike())
