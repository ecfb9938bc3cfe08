"""Counts of people as the asker may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from api.deps import Who
from api.schemas import Count, Figures
from geo.publication import PublicationRule, rule
from geo.store.figures import Counts
from geo.store.locate import areas_within


@dataclass(frozen=True)
class Sight:
    """Whose figures an asker sees exactly: everybody's, those of some areas, or (the public) nobody's."""

    sees_all: bool
    area_ids: frozenset[int]

    def is_exact(self, area_id: int | None) -> bool:
        """Whether the figures of an area are shown as they are; None: those of everything that was loaded."""
        return self.sees_all or area_id in self.area_ids

    def sees_any(self, area_ids: Iterable[int]) -> bool:
        """Whether one of the areas that hold a place is shown as it is."""
        return self.sees_all or not self.area_ids.isdisjoint(area_ids)


def sight_of(conn: Connection, who: Who) -> Sight:
    """What an asker sees exactly."""
    if not who.may("viewer"):
        return Sight(sees_all=False, area_ids=frozenset())
    if who.area_id is None:
        return Sight(sees_all=True, area_ids=frozenset())
    return Sight(sees_all=False, area_ids=areas_within(conn, who.area_id))


def shown_reached(count: float, *, is_exact: bool) -> Count:
    """A number of people reached, rounded down for the public."""
    return count if is_exact else rule().reached(count)


def figures(counts: Counts, level: str, *, is_exact: bool) -> Figures:
    """The figures of one area or grid at a level."""
    if is_exact:
        return Figures(
            is_rounded=False,
            share=_share(counts.residents_covered, counts.residents),
            air_share=_share(counts.residents_in_air_circle, counts.residents),
            **asdict(counts),
        )
    return _public(counts, level, rule())


def _public(counts: Counts, level: str, shown: PublicationRule) -> Figures:
    ages = shown.shows_ages(level)
    residents = shown.total(counts.residents)
    covered = shown.part(counts.residents_covered, counts.residents)
    in_circle = shown.part(counts.residents_in_air_circle, counts.residents)
    return Figures(
        is_rounded=True,
        residents=residents,
        residents_covered=covered,
        share=_share(covered, residents),
        residents_in_air_circle=in_circle,
        air_share=_share(in_circle, residents),
        residents_no_street=shown.part(counts.residents_no_street, counts.residents),
        residents_outside_streets=shown.part(counts.residents_outside_streets, counts.residents),
        elderly=shown.total(counts.elderly) if ages else None,
        elderly_covered=shown.part(counts.elderly_covered, counts.elderly) if ages else None,
        children=shown.total(counts.children) if ages else None,
        children_covered=shown.part(counts.children_covered, counts.children) if ages else None,
        households=None,
        homes=None,
    )


def _share(part: float | None, total: float | None) -> float | None:
    return None if part is None or not total else round(part / total, 4)
