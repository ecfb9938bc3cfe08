"""How grids are numbered: the typed face of code_schemes.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate

from geo.errors import Refused

DEFAULT_SCHEME = "unit_grid"
"""What plans are numbered by unless somebody begins one by another scheme."""

SEQUENCE = "sequence"
DIGITS_OF_COMMUNITY = {"county": slice(0, 6), "street": slice(6, 9), "community": slice(9, 12)}
"""Where the parts of a community's own code stand."""


@dataclass(frozen=True)
class CodeScheme:
    """How the code of a grid is made of its community's code and a number."""

    key: str
    parts: tuple[tuple[str, int], ...]
    """What, and how many digits; the sequence comes last."""
    literals: Mapping[str, str]
    first: int
    whole: str
    """Sequence of a grid that is all of its community; empty: as any other."""
    row_e7: int
    """How high a row is, in ten-millionths of a degree of latitude."""
    is_verified: bool
    source: str

    @property
    def digits(self) -> int:
        """Of the whole code."""
        return sum(digits for _, digits in self.parts)

    @property
    def last(self) -> int:
        """The highest number there is."""
        return int(10 ** self.parts[-1][1]) - 1

    def prefix(self, community_code: str) -> str:
        """What all grids of a community have in front.

        >>> code_schemes()["unit_grid"].prefix("150102001001"), code_schemes()["street_of_four"].prefix("150102001001")
        ('150102001001', '1501020001001')
        """
        said = {**self.literals, **{part: community_code[where] for part, where in DIGITS_OF_COMMUNITY.items()}}
        return "".join(said[part].zfill(digits) for part, digits in self.parts if part != SEQUENCE)

    def code(self, community_code: str, number: int) -> str:
        """The code of a grid by its number."""
        return self.prefix(community_code) + str(number).zfill(self.parts[-1][1])

    def number_of(self, code: str, community_code: str) -> int | None:
        """The number that a code of this scheme gives a grid of the community; None if it is no such code.

        >>> scheme = code_schemes()["unit_grid"]
        >>> scheme.number_of("150102001001012", "150102001001"), scheme.number_of("150102001001", "150102001001")
        (12, None)
        """
        prefix = self.prefix(community_code)
        rest = code.removeprefix(prefix)
        is_code = code.startswith(prefix) and len(code) == self.digits and re.fullmatch("[0-9]+", rest)
        if not is_code or (int(rest) < self.first and rest != self.whole):
            return None
        return int(rest)

    def community_of(self, code: str) -> str | None:
        """The 12 digits of the community that a code of this scheme names; None if it is no such code.

        >>> code_schemes()["street_of_four"].community_of("1501020001001012")
        '150102001001'
        """
        ends = accumulate(digits for _, digits in self.parts)
        said = {part: code[end - digits : end] for (part, digits), end in zip(self.parts, ends, strict=True)}
        found = "".join(said[part][where.start - where.stop :] for part, where in DIGITS_OF_COMMUNITY.items())
        return found if self.number_of(code, found) is not None else None


@cache
def code_schemes() -> Mapping[str, CodeScheme]:
    """All schemes by key."""
    data = tomllib.loads((resources.files("geo.rules") / "code_schemes.toml").read_text(encoding="utf-8"))
    return {
        key: CodeScheme(
            key=key,
            parts=tuple((str(part), int(digits)) for part, digits in entry["parts"]),
            literals=entry.get("literals", {}),
            first=entry["first"],
            whole=entry.get("whole", ""),
            row_e7=round(entry["row_deg"] * 10_000_000),
            is_verified=entry["is_verified"],
            source=entry["source"],
        )
        for key, entry in data.items()
    }


def code_scheme(key: str) -> CodeScheme:
    """One scheme.

    Raises
    ------
    Refused
        If there is none of that name; the sentence says which there are.
    """
    scheme = code_schemes().get(key)
    if scheme is None:
        raise Refused("code_scheme_unknown", scheme=key, known=", ".join(code_schemes()))
    return scheme


def code_digits() -> list[int]:
    """How many digits a code may have, by any scheme; ascending."""
    return sorted({scheme.digits for scheme in code_schemes().values()})


def scheme_of(code: str) -> CodeScheme | None:
    """The scheme that makes such a code; None if none does.

    >>> scheme_of("1501020001001012").key, scheme_of("7")
    ('street_of_four', None)
    """
    return next((scheme for scheme in code_schemes().values() if scheme.community_of(code) is not None), None)
