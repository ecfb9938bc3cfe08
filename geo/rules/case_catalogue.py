"""The catalogue of what cases are about: the typed face of case_catalogue.toml, or of a city's own files in its place.

A city names a file, or a folder of files, one for each version. A version is never changed: a case keeps its item and
its version, and both stay readable, those of the seed as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, cast

from geo.clocks import CLOCKS, ClockKind, Limit
from geo.errors import BadFile, NotFound, Refused
from geo.rules.case_levels import LEVELS, Level, Power, powers, read_powers
from geo.rules.case_needs import case_needs
from geo.rules.checked import Entry, FileFault, read_toml, refuse_faults
from geo.rules.headers import plain
from geo.rules.incident_categories import incident_categories
from geo.words import Named, Term, sentence

SEED = "case_catalogue.toml"

ITEM_KINDS = ("event", "component", "request")
"""What happened on public ground, a thing of the city that is out of order, what somebody asks the hotline for."""

LIMITED_STAGES = ("dispatch", "handle", "verify", "total")
"""What has a limit of its own."""

LONGEST_SHOWN = 40
"""Characters of a wrong code that are told."""

_CODE = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class CaseItem(Named):
    """One item of the catalogue."""

    code: str
    """Class and subclass, two digits each."""
    kind: str
    """One of ``ITEM_KINDS``."""
    category: str
    """A key of geo/rules/incident_categories.toml, which public maps show."""
    words: tuple[str, ...]
    """Other words under which files know it."""
    need: str
    """A key of geo/rules/case_needs.toml, if nobody says otherwise."""
    service: str | None
    """What a station or team should offer, in the word that stations use; None: nobody has to go."""
    level: Level
    """Which may decide."""
    power: Power | None
    """By which power or duty; None: the catalogue itself says the level."""
    limits: Mapping[str, Limit]
    """By ``LIMITED_STAGES``."""
    is_verified: bool
    """Whether somebody of the city has compared it with the city's own rule."""
    source: str


@dataclass(frozen=True)
class CaseCatalogue:
    """One version."""

    version: str
    in_force_from: date
    source: str
    items: Mapping[str, CaseItem]
    """By code."""

    def item(self, code: str) -> CaseItem:
        """An item by its code.

        Raises
        ------
        NotFound
            If the version has none of that code.
        """
        if code not in self.items:
            raise NotFound("case_item_unknown", code=code[:LONGEST_SHOWN], version=self.version)
        return self.items[code]

    def named(self, word: str) -> CaseItem | None:
        """The item that a file names by its code, a name or another word; None if there is none."""
        return self._by_word.get(plain(word))

    @cached_property
    def _by_word(self) -> dict[str, CaseItem]:
        return {word: item for item in self.items.values() for word in _words_of(item)}


@dataclass(frozen=True)
class CaseCatalogues:
    """All versions that are known here."""

    by_version: Mapping[str, CaseCatalogue]
    """The seed first, then those of the city by the day from which they hold."""

    def version(self, version: str) -> CaseCatalogue:
        """One version, in force or not.

        Raises
        ------
        NotFound
            If it is not known here.
        """
        if version not in self.by_version:
            raise NotFound("case_version_unknown", known=", ".join(self.by_version))
        return self.by_version[version]

    def in_force(self, day: date) -> CaseCatalogue:
        """The version that holds on a day: the seed only where the city has none, the first on days before all."""
        seed, *own = self.by_version.values()
        begun = [catalogue for catalogue in own if catalogue.in_force_from <= day]
        return (begun[-1:] or own[:1] or [seed])[0]


class LevelFor(NamedTuple):
    """Which level may decide, and why."""

    level: Level
    reason: str
    """Key of the sentence in geo/words."""
    basis: Named
    """The power or duty, or the item itself."""

    def in_language(self, language: str) -> str:
        """The reason in ``zh`` or ``en``."""
        return sentence(self.reason, language, level=Term(self.level, "case_level"), basis=self.basis)


def level_for(item: CaseItem) -> LevelFor:
    """Which level may decide a case of an item."""
    if item.power is None:
        return LevelFor(item.level, "case_level_by_catalogue", item)
    return LevelFor(item.level, f"case_level_by_{item.power.kind}", item.power)


@cache
def case_catalogues(own: Path | None) -> CaseCatalogues:
    """The seed and the versions of a city.

    Parameters
    ----------
    own
        A TOML file in the shape of case_catalogue.toml, or a folder of them; None: the city has none.

    Raises
    ------
    BadFile
        If a file cannot be read or has faults: every one of them with its place.
    """
    seed = read_catalogue(tomllib.loads((resources.files("geo.rules") / SEED).read_text(encoding="utf-8")), SEED)
    found = [seed]
    for path in _files(own):
        catalogue = read_catalogue(read_toml(path), str(path))
        twin = next((other for other in found if other.version == catalogue.version), None)
        if twin is not None:
            raise BadFile("catalogue_version_twice", path=str(path), version=catalogue.version)
        found.append(catalogue)
    ordered = [seed, *sorted(found[1:], key=lambda catalogue: catalogue.in_force_from)]
    return CaseCatalogues({catalogue.version: catalogue for catalogue in ordered})


def read_catalogue(said: Mapping[str, Any], path: str) -> CaseCatalogue:
    """One version as a file says it.

    Raises
    ------
    BadFile
        If it has faults.
    """
    faults: list[FileFault] = []
    top = Entry(said, "", faults)
    held = {**powers(), **read_powers(top.tables("power", named_by="key"))}
    usual = _limits(top.table("usual_limits"))
    items = [_item(entry, held, usual) for entry in top.tables("item", named_by="code")]
    found = CaseCatalogue(
        version=top.text("version"),
        in_force_from=top.day("in_force_from"),
        source=top.text("source"),
        items={item.code: item for item in items},
    )
    top.nothing_else()
    if not items:
        top.fault("[[item]]", "fault_missing")
    faults += _twins(items)
    refuse_faults(path, faults)
    return found


def _item(entry: Entry, held: Mapping[str, Power], usual: Mapping[str, Limit]) -> CaseItem:
    """One entry; a harmless item in its place where it has faults, since the file is refused then."""
    level, power = _decides(entry, held)
    limits = {**usual, **_limits(entry.table("limits"))}
    for stage in LIMITED_STAGES:
        if stage not in limits:
            entry.fault(f"limits.{stage}", "fault_missing")
    item = CaseItem(
        code=entry.text("code"),
        kind=entry.choice("kind", ITEM_KINDS),
        category=entry.choice("category", incident_categories()),
        name_en=entry.text("name_en"),
        name_zh=entry.text("name_zh"),
        words=entry.words("words"),
        need=entry.choice("need", case_needs()),
        service=entry.text("service", default="") or None,
        level=level,
        power=power,
        limits=limits,
        is_verified=entry.truth("is_verified", default=False),
        source=entry.text("source"),
    )
    entry.nothing_else()
    if item.code and not _CODE.fullmatch(item.code):
        entry.fault("code", "catalogue_code_form")
    return item


def _decides(entry: Entry, held: Mapping[str, Power]) -> tuple[Level, Power | None]:
    """Level and power of an entry, which names one of them: the power says its level itself."""
    level = entry.choice("level", LEVELS, default="")
    key = entry.choice("power", held, default="")
    if bool(level) == bool(key):
        entry.fault("", "catalogue_level_or_power")
    power = held.get(key)
    return (cast("Level", level or LEVELS[0]), None) if power is None else (power.level, power)


def _limits(entry: Entry) -> dict[str, Limit]:
    """Limits by stage, of a table such as ``handle = { clock = "work_days", amount = 3 }``."""
    found = {}
    for stage in entry.named(LIMITED_STAGES):
        said = entry.table(stage)
        clock = cast("ClockKind", said.choice("clock", CLOCKS))
        amount = said.number("amount")
        said.nothing_else()
        try:
            found[stage] = Limit(clock, amount)
        except Refused as error:
            said.fault("amount", "catalogue_limit", why=error)
    entry.nothing_else()
    return found


def _words_of(item: CaseItem) -> Iterator[str]:
    """All words that name an item, as they are compared, each once."""
    yield from dict.fromkeys(plain(word) for word in (item.code, item.name_en, item.name_zh, *item.words) if word)


def _twins(items: Sequence[CaseItem]) -> Iterable[FileFault]:
    """A fault for each word that two items are called by."""
    first: dict[str, CaseItem] = {}
    for item in items:
        for word in _words_of(item):
            if word in first:
                yield FileFault(f"[[item]] {item.code}", "catalogue_twice", {"value": f"{word} ({first[word].code})"})
            first.setdefault(word, item)


def _files(own: Path | None) -> Sequence[Path]:
    if own is None:
        return []
    files = sorted(own.glob("*.toml")) if own.is_dir() else [own]
    if not files:
        raise BadFile("catalogue_folder_empty", path=str(own))
    return files
