"""What all who deal with a city's cases share: its clocks, its catalogue, its secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from geo.caller import caller_key
from geo.cases import Case
from geo.clocks import Limit
from geo.rules.case_catalogue import CaseCatalogue, CaseCatalogues, CaseItem, case_catalogues
from geo.rules.clocks import OfficeWeek, office_week
from geo.settings import Settings


@dataclass(frozen=True)
class Desk:
    """A city's desk."""

    settings: Settings

    @property
    def timezone(self) -> str:
        """By whose wall clock deadlines run."""
        return self.settings.timezone

    @property
    def catalogues(self) -> CaseCatalogues:
        """All versions of what cases are about.

        Raises
        ------
        BadFile
            If the city's own has faults.
        """
        return case_catalogues(self.settings.case_catalogue)

    @cached_property
    def caller_key(self) -> bytes:
        """What callers' numbers are hashed with; made when the first number comes.

        Raises
        ------
        Refused
            If its file can be read by others, or is too short to be a key.
        """
        return caller_key(self.settings)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's."""
        return ZoneInfo(self.timezone)

    @property
    def week(self) -> OfficeWeek:
        """When the city's offices are open."""
        return office_week(self.timezone)

    def local(self, at: datetime) -> datetime:
        """A moment by the city's wall clock."""
        return at.astimezone(self.zone)

    def catalogue(self, at: datetime) -> CaseCatalogue:
        """The version that holds at a moment."""
        return self.catalogues.in_force(self.local(at).date())

    def item_of(self, case: Case) -> CaseItem | None:
        """The item of a case, of the version that it was taken from; None: only its category is known."""
        if case.item is None or case.catalogue_version is None:
            return None
        return self.catalogues.version(case.catalogue_version).item(case.item)

    def limits_of(self, case: Case) -> Mapping[str, Limit]:
        """By stage; none where only the category is known."""
        item = self.item_of(case)
        return {} if item is None else item.limits
