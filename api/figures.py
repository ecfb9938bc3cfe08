"""Counts of people as the asker may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from api.deps import Who
from api.schemas import Count, Figures, ReachedByStation, Variety
from geo.publication import PublicationRule, rule
from geo.store.figures import ByStation, Counts
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
        told: dict[str, Any] = {name: v for name, v in asdict(counts).items() if name != "residents_all_kinds"}
        return Figures(is_rounded=False, **told, **_shares(told))
    return _public(counts, level, rule())


def _public(counts: Counts, level: str, shown: PublicationRule) -> Figures:
    ages = shown.shows_ages(level)
    reached = {
        "residents": shown.total(counts.residents),
        "residents_covered": shown.part(counts.residents_covered, counts.residents),
        "residents_in_air_circle": shown.part(counts.residents_in_air_circle, counts.residents),
        "residents_second": _known(shown.part, counts.residents_second, counts.residents),
        "residents_certain": _known(shown.part, counts.residents_certain, counts.residents),
        "residents_possible": _known(shown.at_most, counts.residents_possible, counts.residents),
    }
    return Figures(
        is_rounded=True,
        **reached,
        **_shares(reached),
        residents_no_street=shown.part(counts.residents_no_street, counts.residents),
        residents_outside_streets=shown.part(counts.residents_outside_streets, counts.residents),
        elderly=shown.total(counts.elderly) if ages else None,
        elderly_covered=shown.part(counts.elderly_covered, counts.elderly) if ages else None,
        children=shown.total(counts.children) if ages else None,
        children_covered=shown.part(counts.children_covered, counts.children) if ages else None,
        households=None,
        homes=None,
    )


def variety(counts: Counts, by_station: ByStation, *, is_exact: bool) -> Variety:
    """What of all kinds and services people reach, as the asker may see it."""
    shown = rule()
    residents = counts.residents if is_exact else shown.total(counts.residents)

    def part(count: float | None) -> Count | None:
        return count if is_exact else _known(shown.part, count, counts.residents)

    def told(aspect: str) -> list[ReachedByStation]:
        return [
            ReachedByStation(key=key, residents_covered=part(count), share=_share(part(count), residents))
            for key, count in sorted(by_station.get(aspect, {}).items())
        ]

    by_kind = told("kind")
    shares = [reached.share for reached in by_kind if reached.share is not None]
    everything = part(counts.residents_all_kinds)
    return Variety(
        by_kind=by_kind,
        by_service=told("service"),
        mean_share_of_kinds=round(sum(shares) / len(shares), 4) if shares else None,
        least_share_of_kinds=min(shares, default=None),
        residents_all_kinds=everything,
        all_kinds_share=_share(everything, residents),
    )


def shares_by_minute(counts: Counts, by_minute: Sequence[float] | None, *, is_exact: bool) -> list[float] | None:
    """The share that reaches a station within 0, 1, ... minutes; None where it is not told."""
    shown = rule()
    residents = counts.residents if is_exact else shown.total(counts.residents)
    if by_minute is None or not residents:
        return None
    reached = [count if is_exact else shown.part(count, counts.residents) for count in by_minute]
    return [round((count or 0) / residents, 4) for count in reached]


def _shares(told: Mapping[str, float | None]) -> dict[str, Any]:
    """Shares of the residents, from the very numbers that are shown."""
    names = {
        "share": "residents_covered",
        "air_share": "residents_in_air_circle",
        "share_low": "residents_certain",
        "share_high": "residents_possible",
        "second_share": "residents_second",
    }
    return {share: _share(told[name], told["residents"]) for share, name in names.items()}


def _known(shown: Callable[[float, float], int | None], count: float | None, whole: float) -> int | None:
    """A rounded count; None where the run did not ask for it."""
    return None if count is None else shown(count, whole)


def _share(part: float | None, total: float | None) -> float | None:
    return None if part is None or not total else round(part / total, 4)
