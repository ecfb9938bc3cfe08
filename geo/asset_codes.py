"""Codes of the city's things (部件编码): how they are written, and which may be kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

from geo.errors import Refused
from geo.rules.incidents import incident_rule
from geo.text_masks import masked

_SIGNS = re.compile(r"[0-9A-Z._-]+")
_DIGITS = re.compile(r"[0-9]+")


def asset_code(said: str, districts: Callable[[int], Collection[str]]) -> str:
    """A code as it is kept and compared: wide letters plain, small ones great, without blanks.

    One in ten codes by the standard looks like a bank card: those of districts that are known here are none.
    ``districts`` (of codes of so many digits) is asked for only then.

    Raises
    ------
    Refused
        If it is no code, or a number of a person. The sentence does not repeat it.

    >>> asset_code(" ｌｄ-0017 b", lambda _digits: ())
    'LD-0017B'
    """
    rule = incident_rule()
    code = "".join(unicodedata.normalize("NFKC", said).upper().split())
    if len(code) > rule.longest_asset or not _SIGNS.fullmatch(code):
        raise Refused("asset_form", most=rule.longest_asset)
    is_standard = len(code) == rule.asset_code_digits and _DIGITS.fullmatch(code) is not None
    if masked(code).total and not (
        is_standard and code[: rule.asset_district_digits] in districts(rule.asset_district_digits)
    ):
        raise Refused("asset_personal")
    return code
