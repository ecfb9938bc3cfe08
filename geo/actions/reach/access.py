"""Share supply out over people and tell how unevenly they are served: load -> compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from geo.access import (
    GROUPS,
    LEVELS,
    METHODS,
    SUPPLIES,
    AccessReport,
    AccessWish,
    AreaAccess,
    GroupAccess,
    SupplyTold,
    Unevenness,
)
from geo.actions.city.engine import Base, Engine
from geo.areas import Area
from geo.compute import inequality
from geo.compute.reach.access import Access, even_weights, floating_catchments, gaussian_weights, ring_weights
from geo.errors import NotFound, Refused
from geo.grids import Grid
from geo.rules.access import AccessRule, access_rule
from geo.units import DS_PER_MINUTE, NONE, BoolArray, FloatArray, Int32Array


@dataclass(frozen=True)
class _Found:
    """What was computed, home by home."""

    base: Base
    rule: AccessRule
    access: Access
    is_told_of_home: BoolArray
    """Whether a home's people are asked about."""

    @property
    def ds_of_home(self) -> Int32Array:
        """(n_homes,) to the nearest station; NONE beyond the horizon."""
        return self.base.nearest_ds

    def people(self, group: str) -> FloatArray:
        """(n_homes,) those of ``GROUPS`` who are asked about."""
        return people_of(self.base, group) * self.is_told_of_home

    @property
    def minutes(self) -> FloatArray:
        """(n_homes,) the unreached at the horizon."""
        horizon_ds = self.base.wish.rule.horizon_ds
        return np.where(self.ds_of_home == NONE, horizon_ds, self.ds_of_home) / DS_PER_MINUTE

    @property
    def supply(self) -> FloatArray:
        """(n_homes,) per ``per_people`` people."""
        return self.access.of_home * self.rule.per_people


def access(engine: Engine, wish: AccessWish, at: datetime, step: Callable[[float], None] | None = None) -> AccessReport:
    """The measures of access.

    ``step`` is told the share done, 0 to 1; what it raises calls the computation off.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode, surface, method, group of people, supply or level.
    Refused
        If the minutes are out of range, or a capacity below 0 is to be assumed.
    """
    _check(wish)
    rule = access_rule()
    base = engine.base(wish.mode, wish.surface, wish.minutes, at, step=step)
    supply, told = _supply(base, wish)
    found = floating_catchments(base.pairs, _weights(base, wish.method, rule), supply, people_of(base, wish.demand))
    case = _Found(base, rule, found, base.city.is_in_area(wish.area_id))
    areas = list(_areas(case, wish))
    return AccessReport(
        provenance=base.provenance.depending_on("access", wish, supply.tolist(), rule),
        method=wish.method,
        is_verified=rule.is_verified_of_method[wish.method],
        demand=wish.demand,
        per_people=rule.per_people,
        horizon_minutes=base.wish.rule.horizon_ds / DS_PER_MINUTE,
        supply=_told(told, supply, found),
        groups={group: _group(case, case.people(group)) for group in GROUPS},
        by=wish.by,
        areas=sorted(areas, key=lambda area: (area.supply is None, area.supply, area.code)),
    )


def _check(wish: AccessWish) -> None:
    choices = (
        ("method", wish.method, METHODS),
        ("demand", wish.demand, GROUPS),
        ("supply", wish.supply, SUPPLIES),
        ("by", wish.by, LEVELS),
    )
    for option, given, known in choices:
        if given not in known:
            raise NotFound("access_choice_unknown", option=option, given=given, known=", ".join(known))
    if wish.missing_capacity is not None and not 0 <= wish.missing_capacity < np.inf:
        raise Refused("access_capacity_bad", capacity=wish.missing_capacity)


def people_of(base: Base, group: str) -> FloatArray:
    """(n_homes,) counts of one of ``GROUPS``."""
    return np.array(getattr(base.homes, group), dtype=np.float64)


def _supply(base: Base, wish: AccessWish) -> tuple[FloatArray, SupplyTold]:
    """What every station offers; 0 for one that is left out."""
    n = len(base.stations)
    known = np.array([station.capacity is not None for station in base.stations], dtype=np.bool_)
    if wish.supply == "stations" or (wish.supply == "auto" and not known.any()):
        return np.ones(n), SupplyTold("stations", float(n), 0.0, n, 0, 0, 0)
    assumed = wish.missing_capacity if wish.missing_capacity is not None else 0.0
    each = [assumed if station.capacity is None else float(station.capacity) for station in base.stations]
    n_missing = int((~known).sum())
    is_left_out = wish.missing_capacity is None
    supply = np.array(each, dtype=np.float64)
    n_left_out, n_assumed = (n_missing, 0) if is_left_out else (0, n_missing)
    return supply, SupplyTold("capacity", float(supply.sum()), 0.0, n - n_left_out, n_left_out, n_assumed, 0)


def _told(told: SupplyTold, supply: FloatArray, found: Access) -> SupplyTold:
    lost = ~found.has_demand_of_station & (supply > 0)
    return replace(told, shared=float(supply[found.has_demand_of_station].sum()), n_without_demand=int(lost.sum()))


def _weights(base: Base, method: str, rule: AccessRule) -> FloatArray:
    ds, cutoff_ds = base.pairs.ds_of_pair, base.cutoff_ds
    if method == "e2sfca":
        return ring_weights(ds, cutoff_ds, rule.ring_weights)
    return gaussian_weights(ds, cutoff_ds) if method == "gaussian" else even_weights(ds, cutoff_ds)


def _group(case: _Found, people: FloatArray) -> GroupAccess:
    is_reached = case.ds_of_home != NONE
    has_street = np.diff(case.base.home_stops.start_of_point) > 0
    return GroupAccess(
        people=float(people.sum()),
        people_unreached=float(people[~is_reached].sum()),
        people_no_street=float(people[~has_street].sum()),
        people_unserved=float(people[case.access.of_home == 0].sum()),
        minutes_of_reached=_unevenness(case.minutes[is_reached], people[is_reached], case.rule, worst="most"),
        minutes_up_to_horizon=_unevenness(case.minutes, people, case.rule, worst="most"),
        supply=_unevenness(case.supply, people, case.rule, worst="least"),
    )


def _unevenness(values: FloatArray, people: FloatArray, rule: AccessRule, worst: str) -> Unevenness:
    curve = inequality.lorenz(values, people)
    turned = values if worst == "most" else -values
    mean_of_worst = inequality.mean_of_highest(turned, people, rule.tenth)
    return Unevenness(
        people=float(people.sum()),
        mean=inequality.mean(values, people),
        gini=inequality.gini(values, people),
        worst_tenth_mean=None if mean_of_worst is None else abs(mean_of_worst),
        tenth_to_four_tenths=inequality.highest_to_lowest(values, people, rule.tenth, rule.four_tenths),
        lorenz=None if curve is None else curve.tolist(),
    )


def _areas(case: _Found, wish: AccessWish) -> Iterator[AreaAccess]:
    city, level, people = case.base.city, wish.by, case.people(wish.demand)
    group = city.group_of_home(level)
    here: Sequence[Grid | Area] = case.base.grids if level == "grid" else city.areas_of(level)

    def sums(values: FloatArray, which: BoolArray) -> FloatArray:
        return np.bincount(group[which], weights=values[which], minlength=len(here)).astype(np.float64)

    is_here = group != NONE
    everybody = sums(people, is_here)
    supply, minutes = sums(people * case.supply, is_here), sums(people * case.minutes, is_here)
    unserved = sums(people, is_here & (case.access.of_home == 0))
    for i, thing in enumerate(here):
        lives = everybody[i] > 0
        if not lives and wish.area_id is not None:
            continue
        yield AreaAccess(
            level=level,
            id=thing.id,
            code=thing.code,
            name=thing.name,
            area_id=thing.community_id if isinstance(thing, Grid) else thing.id,
            people=float(everybody[i]),
            supply=float(supply[i] / everybody[i]) if lives else None,
            people_unserved=float(unserved[i]),
            minutes=float(minutes[i] / everybody[i]) if lives else None,
        )
