"""How many people reach an open station at each hour, and what other hours would bring: load -> compute."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from geo.actions.city.engine import Base, Engine
from geo.compute.reach.profile import change_of_hours, people_covered
from geo.errors import NotFound, Refused
from geo.hours import CLOSED, OPEN, UNSAID, Mask, open_mask, unsure_years, validate
from geo.people import Homes
from geo.profile import HOURS_OF_WEEK, Extra, Gain, Profile, ProfileWish
from geo.rules.holidays import holiday_calendar
from geo.rules.request_limits import check_instants
from geo.stations import Station
from geo.units import BoolArray, FloatArray


def profile(engine: Engine, wish: ProfileWish) -> Profile:
    """Coverage at a row of moments.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode, surface, kind, service or station.
    Refused
        If hours cannot be read, no moment is asked for, or more than a request may ask for.
    """
    if not wish.instants:
        raise Refused("profile_no_instants")
    if wish.extra is not None:
        validate(wish.extra.hours)
    return profile_of(engine.base(wish.mode, wish.surface, wish.minutes, wish.instants[0]), wish)


def profile_of(base: Base, wish: ProfileWish) -> Profile:
    """The same from a base that is there already."""
    check_instants(len(wish.instants), len(base.stations))
    is_asked = _is_asked(base.stations, wish)
    texts = [station.opening_hours for station in base.stations]
    mask = open_mask(texts, wish.instants)
    mask[:, ~is_asked] = CLOSED
    people = _people(base.homes)

    def covered(is_open: BoolArray) -> FloatArray:
        return people_covered(base.of_homes, is_open, base.cutoff_ds, people)

    known, at_most = covered(mask == OPEN), covered(mask != CLOSED)
    is_open = _is_open(mask, wish)
    return Profile(
        provenance=replace(base.provenance, inputs_hash=_hash(base.provenance.inputs_hash, texts, wish)),
        wish=wish,
        everybody=people.sum(axis=0),
        whenever=covered(is_asked[None, :])[0],
        covered=at_most if wish.unknown == "open" else known,
        unsaid=at_most - known,
        n_stations=int(is_asked.sum()),
        n_unsaid=int((mask[:, is_asked] == UNSAID).all(axis=0).sum()),
        open_of_instant=(mask == OPEN).sum(axis=1),
        covered_of_group={key: covered(is_open & of_group) for key, of_group in _groups(base.stations, wish, is_asked)},
        gain=None if wish.extra is None else _gain(base, wish, wish.extra, is_open, is_asked),
        unsure_years=unsure_years(wish.instants),
    )


def week_from(monday: datetime) -> list[datetime]:
    """The 168 full hours from a moment on, by the wall clock of its zone."""
    return [monday + timedelta(hours=hour) for hour in range(HOURS_OF_WEEK)]


def extra_of(text: str) -> Extra:
    """Additional hours as they are written: ``whose: hours``.

    ``whose`` is ``all``, ``kind=key``, ``service=word`` or ``id=3,5``.

    >>> extra_of("kind=clinic: Sa 09:00-17:00").hours
    'Sa 09:00-17:00'

    Raises
    ------
    Refused
        If it is not of that form or the hours cannot be read.
    """
    whose, has_hours, hours = text.partition(":")
    key, _, value = (part.strip() for part in whose.partition("="))
    ids = [part.strip() for part in value.split(",")]
    fits = {"all": not value, "kind": bool(value), "service": bool(value), "id": all(map(str.isdecimal, ids))}
    if not has_hours or not fits.get(key):
        raise Refused("profile_extra_bad", text=text)
    validate(hours.strip())
    return Extra(
        kind=value if key == "kind" else None,
        service=value if key == "service" else None,
        station_ids=frozenset(map(int, ids)) if key == "id" else None,
        hours=hours.strip(),
    )


def _is_asked(stations: Sequence[Station], wish: ProfileWish) -> BoolArray:
    """(n_stations,) of the kind and with the service asked for."""
    chosen = np.array([_fits(station, wish.kind, wish.service) for station in stations], dtype=np.bool_)
    if not chosen.any() and (wish.kind is not None or wish.service is not None):
        raise NotFound("profile_no_stations", kind=wish.kind or "-", service=wish.service or "-")
    return chosen


def _fits(station: Station, kind: str | None, service: str | None) -> bool:
    return (kind is None or station.kind == kind) and (service is None or service in station.services)


def _is_open(mask: Mask, wish: ProfileWish) -> BoolArray:
    return np.asarray(mask != CLOSED if wish.unknown == "open" else mask == OPEN)


def _groups(stations: Sequence[Station], wish: ProfileWish, is_asked: BoolArray) -> Iterator[tuple[str, BoolArray]]:
    """Kinds or services of the stations asked for, by name, with the stations of each."""
    if wish.by is None:
        return
    asked = [station for station, is_one in zip(stations, is_asked, strict=True) if is_one]
    keys = {key for station in asked for key in ([station.kind] if wish.by == "kind" else station.services)}
    for key in sorted(keys):
        kind, service = (key, None) if wish.by == "kind" else (None, key)
        yield key, is_asked & np.array([_fits(station, kind, service) for station in stations])


def _gain(base: Base, wish: ProfileWish, extra: Extra, is_open: BoolArray, is_asked: BoolArray) -> Gain:
    applies = is_asked & np.array(
        [
            _fits(station, extra.kind, extra.service) and (extra.station_ids is None or station.id in extra.station_ids)
            for station in base.stations
        ]
    )
    if not applies.any():
        raise NotFound("profile_extra_nobody", hours=extra.hours)
    opens = open_mask([extra.hours], wish.instants) == OPEN
    change = change_of_hours(base.of_homes, is_open, is_open | (opens & applies), base.cutoff_ds, _people(base.homes))
    return Gain(
        n_stations=int(applies.sum()),
        gained=change.gained,
        person_hours=change.gained.sum(axis=0) * wish.step_hours,
        newly_reached=change.newly_reached,
        gaining=change.gaining,
    )


def _people(homes: Homes) -> FloatArray:
    return np.column_stack([homes.residents, homes.elderly, homes.children])


def _hash(base_hash: str, texts: Sequence[str | None], wish: ProfileWish) -> str:
    """sha256 over the base, the hours, the calendar and what was asked."""
    calendar = holiday_calendar("CN")
    days = None if calendar is None else sorted(calendar.weekday_of_special.items())
    return hashlib.sha256(repr([base_hash, texts, days, wish]).encode()).hexdigest()
