"""The burden guard: what the program will not be told about the people who work in grids.

Rules against formalism forbid check-ins, points, rankings, online time, tracks and forced photos of grass-roots
staff. A field that is stored is a field that is asked for, so such fields are refused by name where staff are written
about: in files and in what clients send. That a field of another name is not used so cannot be known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from geo.errors import Refused
from geo.rules.burden import burdens
from geo.words import Term

LONGEST_SHOWN = 40
"""Characters of a refused name that are told."""

_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS = re.compile(r"[\W_]+")
_JOINTS = re.compile(r"[^a-z]+")


def refuse_burden(field_names: Iterable[str]) -> None:
    """Refuse fields that burden staff.

    Parameters
    ----------
    field_names
        As a file or a client calls them.

    Raises
    ------
    Refused
        On the first of them, with its kind and the law.
    """
    for name in field_names:
        kind = burden_of(name)
        if kind is not None:
            law = Term(burdens()[kind].law, "burden_law")
            raise Refused("burden_refused", field=name[:LONGEST_SHOWN], kind=Term(kind, "burden"), law=law)


def burden_of(name: str) -> str | None:
    """Which kind of burden a field is by its name; None: none.

    >>> burden_of("lastCheckIn"), burden_of("签 到 时间"), burden_of("checking_account"), burden_of("地址")
    ('check_in', 'check_in', None, None)
    """
    narrow = unicodedata.normalize("NFKC", name)
    joined = _SIGNS.sub("", narrow)
    words = f" {_JOINTS.sub(' ', _WORD_BEGINS.sub(' ', narrow).lower())} "
    for key, burden in burdens().items():
        if burden.zh.search(joined) or any(f" {word} " in words for word in burden.en):
            return key
    return None
