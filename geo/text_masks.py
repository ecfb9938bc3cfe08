"""Numbers that name a person, taken out of what people write: identity cards, phones, bank cards.

Not found: numbers in words (一三八), numbers glued to other digits, landlines without their area code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from geo.rules.masks import mask_rules

MASK = "***"

FEWEST_PLACES, MOST_PLACES = 10, 19
"""Of the shortest number that is masked, a landline's, and of the longest, a bank card's."""

_GAP = r"[\s()（）\u00ad\u200b-\u200d\u2060\ufeff‐-―−﹣－-]{0,3}"
_DOT = r"[.．·•]"
_X = "[XxＸｘ×]"
_CHAINS = (
    re.compile(rf"(?<!\d)(?:0\d+|\d+{_DOT}\d+){_DOT}\d(?:{_DOT}?\d)*(?:{_DOT}?{_X})?"),
    re.compile(rf"\d(?:{_GAP}\d)*(?:{_GAP}{_X})?"),
)
"""Digits of any script with what people put between those of one number: dots, two or more of them or behind a zero,
because 130.31891746 is a longitude; or spaces, brackets and hyphens."""

_DIGIT = re.compile(r"\d")
_GROUP = re.compile(rf"\d+|{_X}")


class Masked(NamedTuple):
    """Text with its numbers of persons masked, and how many there were."""

    text: str
    identity: int
    phone: int
    card: int

    @property
    def total(self) -> int:
        """Of all kinds."""
        return self.identity + self.phone + self.card


def masked(text: str) -> Masked:
    """Text without identity, phone and bank-card numbers, and how many there were of each kind.

    >>> masked("请回电 138-0013-8000，工单 20260301-000123")
    Masked(text='请回电 ***，工单 20260301-000123', identity=0, phone=1, card=0)
    >>> masked("网格 990101001001001，卡 ６２２２ 0260 0000 0000 012").text
    '网格 990101001001001，卡 ***'
    """
    if len(_DIGIT.findall(text)) < FEWEST_PLACES - 1:  # the last place may be an X
        return Masked(text, 0, 0, 0)
    counts: Counter[str] = Counter()
    for chain in _CHAINS:
        text = chain.sub(partial(_without_numbers, counts), text)
    return Masked(text, counts["identity"], counts["phone"], counts["card"])


def _without_numbers(counts: Counter[str], chain: re.Match[str]) -> str:
    """A chain of groups of digits with those that make up a number masked."""
    said = chain[0]
    groups = list(_GROUP.finditer(said))
    kept: list[str] = []
    done, first = 0, 0
    while first < len(groups):
        kind, length = _longest_number(groups[first : first + MOST_PLACES])
        if kind:
            kept += [said[done : groups[first].start()], MASK]
            done = groups[first + length - 1].end()
            counts[kind] += 1
        first += max(length, 1)
    return "".join([*kept, said[done:]])


def _longest_number(groups: Sequence[re.Match[str]]) -> tuple[str, int]:
    """Kind of the longest number that the first groups make up, and of how many; nothing and 0 if they make up none."""
    found, places = ("", 0), ""
    for length, group in enumerate(groups, start=1):
        places += "".join(str(int(digit)) if digit.isdecimal() else "X" for digit in group[0])
        if len(places) > MOST_PLACES:
            break
        kind = _kind_of(places) if len(places) >= FEWEST_PLACES else ""
        found = (kind, length) if kind else found
    return found


def _kind_of(places: str) -> str:
    """Kind of a number as a whole; nothing if it is none of a person.

    >>> _kind_of("150203199001011231"), _kind_of("13800138000"), _kind_of("150102001001001")
    ('identity', 'phone', '')
    """
    for kind, rule in mask_rules().items():
        if rule.pattern.fullmatch(places) and (not rule.luhn or _is_luhn(places)):
            return kind
    return ""


def _is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit that Luhn's formula asks for (ISO/IEC 7812-1, annex B).

    >>> _is_luhn("4111111111111111"), _is_luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
