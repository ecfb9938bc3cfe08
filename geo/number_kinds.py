"""Whether digits are a number of a person: by their places, and by their check digit where it has one."""

from __future__ import annotations

from geo.rules.masks import NumberRule, mask_rules

_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
"""Of the places of an identity number, without its check character."""


def number_rule(places: str) -> NumberRule | None:
    """The rule that a number meets as a whole, given in plain digits and X; None if it is none of a person.

    >>> [rule and rule.kind for rule in map(number_rule, ("150203199001011231", "13800138000", "150102001001001"))]
    ['identity', 'phone', None]
    """
    for rule in mask_rules().numbers.values():
        if rule.pattern.fullmatch(places) and (not rule.luhn or is_luhn(places)):
            return rule
    return None


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit that Luhn's formula asks for (ISO/IEC 7812-1, annex B).

    >>> is_luhn("4111111111111111"), is_luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def is_checked_identity(places: str) -> bool:
    """Whether the last place is the check character of an identity number (GB 11643-1999, by ISO 7064 MOD 11-2).

    >>> is_checked_identity("11010519491231002X"), is_checked_identity("110105194912310021")
    (True, False)
    """
    if len(places) != len(_WEIGHTS) + 1 or not places[:-1].isdecimal():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, places[:-1], strict=True))
    return places[-1] == "10X98765432"[total % 11]
