"""What became of what was drawn for an edit, as its answer tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geo.plan_ops import LonLat
from geo.words import Bilingual, Term, sentence

Which = Literal["start", "end", "crossing", "corner", "taken"]
"""What of a drawing: the first and the last place where a line meets older borders, any other, a corner of it, a place
that was taken hold of."""


@dataclass(frozen=True)
class Led(Bilingual):
    """A place of a drawing that does not lie where it was drawn."""

    which: Which
    drawn: LonLat
    led: LonLat
    distance_m: float
    is_corner: bool
    """Whether a border had a place there before."""

    def in_language(self, language: str) -> str:
        """What a person reads, in ``zh`` or ``en``."""
        onto = Term("corner" if self.is_corner else "border", "plan_led_onto")
        which = Term(self.which, "plan_led_which")
        return sentence("plan_led", language, which=which, onto=onto, distance_m=f"{self.distance_m:.1f}")


@dataclass(frozen=True)
class LeftOut(Bilingual):
    """Ground inside a drawn ring that the new grid does not get."""

    community: str
    """Its name."""
    outside_m2: float
    """Not of the community."""
    outside_share: float
    """Of the ring."""
    locked_m2: float
    """Of locked grids."""

    def in_language(self, language: str) -> str:
        """What a person reads, in ``zh`` or ``en``: of what is half a square metre or more."""
        told = []
        if self.outside_m2 >= 0.5:
            percent, area_m2 = f"{100 * self.outside_share:.1f}", f"{self.outside_m2:,.0f}"
            told.append(
                sentence("plan_left_outside", language, community=self.community, percent=percent, area_m2=area_m2)
            )
        if self.locked_m2 >= 0.5:
            told.append(sentence("plan_left_locked", language, area_m2=f"{self.locked_m2:,.0f}"))
        return {"zh": "", "en": " "}[language].join(told)
