"""Administrative areas, from the province down to the community."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

LEVELS = ("province", "city", "district", "subdistrict", "community")
"""From the widest to the narrowest."""

CODE_DIGITS = 12
"""County 6 (GB/T 2260) + street 3 (GB/T 10114) + committee 3 (statistics office)."""

_DIGITS_OF_LEVEL = {"province": 2, "city": 4, "district": 6, "subdistrict": 9, "community": 12}


@dataclass(frozen=True)
class Area:
    """One area as it is stored."""

    id: int
    level: str
    code: str
    name: str
    name_en: str | None
    parent_id: int | None
    shape: BaseGeometry
    """Multipolygon, EPSG:4326."""
    source: str
    source_key: str


def depth(level: str) -> int:
    """0 for a province, 4 for a community."""
    return LEVELS.index(level)


def level_of_code(code: str) -> str:
    """The level that a code's trailing zeros say.

    >>> level_of_code("150102000000"), level_of_code("150102001001")
    ('district', 'community')
    """
    return next(level for level, digits in _DIGITS_OF_LEVEL.items() if set(code[digits:]) <= {"0"})


def codes_above(code: str) -> list[str]:
    """Codes that an area's parent may have by its own code, the nearest first.

    >>> codes_above("150102001001")
    ['150102001000', '150102000000', '150100000000', '150000000000']
    """
    above = (code[:digits].ljust(CODE_DIGITS, "0") for digits in reversed(_DIGITS_OF_LEVEL.values()))
    return [other for other in dict.fromkeys(above) if other != code]
