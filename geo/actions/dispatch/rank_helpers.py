"""Who is nearest to a case, open and able to help, and why others that are nearer are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np

from geo.actions.city.load_city import Direction, LonLat, Wish
from geo.actions.city.trace_way import Way, ends_at, trace_way
from geo.actions.dispatch.helper_cache import HelperCache, Helpers, Near
from geo.actions.dispatch.judge_helpers import Verdict, judge
from geo.case_states import may_be_sent_to
from geo.compute.reach.pairs import homes_of_one
from geo.compute.streets.net import Stops, reversed_stops
from geo.errors import BadMove, NotAllowed, StreetsMissing
from geo.helpers import Helper, Reason
from geo.provenance import Provenance
from geo.rules.case_catalogue import CaseCatalogues
from geo.rules.dispatch import dispatch_rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE, DS_PER_M_AT_1_KMH
from geo.rules.professionals import ProfessionalKind, kinds_with_grids, professional_kinds
from geo.rules.request_limits import check_nearest
from geo.store import case_sight, locate
from geo.store.database import Database
from geo.store.helpers import DispatchCase, dispatch_case, glance_at_case
from geo.units import DS_PER_MINUTE, BoolArray, FloatArray, Int32Array, IntArray
from geo.words import Term

AIR = "air-1"
"""Name of the rule by which answers without streets are made: changes whenever the same inputs give other results."""


FEW = 64
"""So many of those who are reached are looked at together."""


@dataclass(frozen=True)
class RankWish:
    """What is asked."""

    at: datetime
    """Aware, in the city's time zone: who is open, and how old positions are."""
    k: int
    minutes: float
    """Whoever is farther is left out; the minutes themselves are reached."""
    service: str | None = None
    """What is needed of them; None: what the case's item says."""
    mode: str = DEFAULT_MODE
    surface: str = DEFAULT_SURFACE
    direction: Direction = "from"
    """Of the trip: from the helper, or to the helper where people go there themselves."""
    path: bool = False
    """Whether the way of each is wanted."""


@dataclass(frozen=True)
class RankedHelper:
    """Somebody who can be sent."""

    helper: Helper
    travel_ds: int
    """In the mode asked for; by air and a plain pace where the answer is degraded."""
    way_m: float | None
    """Along the way; None where the answer is degraded."""
    air_m: float
    """In a straight line."""
    is_stale: bool
    """A team whose last position is older than can be relied on."""
    reasons: Sequence[Reason]
    """What speaks for it, and what has to be known about it."""
    way: Way | None
    """Where it was asked for."""


@dataclass(frozen=True)
class SetAside:
    """Somebody nearer than the last one told who cannot be sent."""

    helper: Helper
    travel_ds: int | None
    """None where no way within the minutes leads there."""
    air_m: float
    reason: Reason


@dataclass(frozen=True)
class Assignee:
    """A post to whom the case's grid is assigned, whatever it offers."""

    helper: Helper
    """Its point is empty where its position is forgotten."""
    against: Reason | None
    """Why it cannot be sent now; None: it can."""


@dataclass(frozen=True)
class Ranking:
    """Who can be sent, nearest first, and who cannot."""

    incident_id: int
    lonlat: LonLat
    """Where help is needed."""
    at: datetime
    service: str | None
    """What is asked of them; None: anybody."""
    helpers: Sequence[RankedHelper]
    """Equally near ones: stations before teams, then by id."""
    set_aside: Sequence[SetAside]
    """Nearest first, those that no way leads to last; at most as many as the rule tells."""
    n_set_aside: int
    grid_id: int | None
    """The case's grid."""
    assigned: Sequence[Assignee]
    """In the order of kinds, then by id."""
    unassigned: Sequence[ProfessionalKind]
    """Kinds of which the grid should have one and has none, of those that any grid of the city has."""
    degraded: Reason | None
    """Why times are by air and a plain pace; None: they are along the streets."""
    provenance: Provenance


class _Reached(NamedTuple):
    """Helpers that are reached, the nearest first."""

    number: IntArray
    """In ``Helpers.all``."""
    ds: Int32Array

    def of(self, places: IntArray) -> Iterator[tuple[int, int, int]]:
        """Place among them, number and time of some of them, in turn; most are never asked for."""
        for first in range(0, len(places), FEW):
            part = places[first : first + FEW]
            yield from zip(part.tolist(), self.number[part].tolist(), self.ds[part].tolist(), strict=True)


class _Choice(NamedTuple):
    """Numbers of helpers, with their times, the nearest first."""

    chosen: list[tuple[int, int]]
    refused: list[tuple[int, int]]
    """Nearer than the last chosen: those that offer what is needed and cannot be sent."""
    unfit: list[tuple[int, int]]
    """Nearer than the last chosen: those that do not offer it."""


class _Question:
    """One question: judges everybody at most once."""

    def __init__(self, cache: HelperCache, helpers: Helpers, case: DispatchCase, wish: RankWish, service: str | None):
        self._cache = cache
        self._verdicts: dict[int, Verdict] = {}
        self.helpers = helpers
        self.case = case
        self.wish = wish
        self.service = service
        self.offers: BoolArray = helpers.offers(service)
        self.assigned: list[int] = helpers.assigned_to(case.grid_id, wish.at)
        """Numbers of the posts to whom the case's grid is assigned."""

    def verdict(self, number: int) -> Verdict:
        """Whether the helper of a number can be sent."""
        if number not in self._verdicts:
            helper = self.helpers.all[number]
            # the case itself takes no room from whoever is on it already
            busy = self.helpers.busy_of(helper) - (self.case.sent == (helper.family, helper.id))
            verdict = judge(helper, self.wish.at, busy, self._cache.hours_state)
            self._verdicts[number] = verdict if verdict.against else self._of_grid(number, helper, verdict)
        return self._verdicts[number]

    def _of_grid(self, number: int, helper: Helper, verdict: Verdict) -> Verdict:
        """The same with what the grids of a post say: whether the case's is one of them."""
        kind = professional_kinds().get(helper.kind) if helper.family == "resource" else None
        if kind is None or not kind.has_grids:
            return verdict
        if number in self.assigned:
            return replace(verdict, reasons=[Reason("helper_assigned"), *verdict.reasons])
        if kind.serves_others or not self.helpers.assigned.grids_of(helper.id, self.wish.at):
            return verdict
        return replace(verdict, against=Reason("helper_other_grids"))

    @cached_property
    def first(self) -> list[int]:
        """Numbers of those that come before all others: posts of the case's grid whose kind's rule says so."""
        kinds, everybody = professional_kinds(), self.helpers.all
        own = [number for number in self.assigned if self.offers[number]]
        own = [number for number in own if kinds[everybody[number].kind].first == "assigned"]
        return [number for number in own if self.verdict(number).against is None]

    def choose(self, reached: _Reached) -> _Choice:
        """The first ``k`` that can be sent, and who is nearer than the last of them and cannot."""
        offers = self.offers[reached.number]
        own, after = self._first_of(reached)
        left, before = self.wish.k - len(own), {number for number, _ in own}
        chosen: list[tuple[int, int]] = []
        refused: list[tuple[int, int]] = []
        end = after if left == 0 else len(reached.number)
        for place, number, ds in reached.of(np.flatnonzero(offers)):
            if place >= end:
                break
            if number in before:
                continue
            if self.verdict(number).against is not None:
                refused.append((number, ds))
                continue
            if len(chosen) < left:
                chosen.append((number, ds))
                if len(chosen) == left:
                    end = max(place, after)
        unfit = reached.of(np.flatnonzero(~offers[:end]))
        return _Choice([*own, *chosen], refused, [(number, ds) for _, number, ds in unfit])

    def _first_of(self, reached: _Reached) -> tuple[list[tuple[int, int]], int]:
        """Those of ``first`` that are reached, nearest first, no more than are asked for; the place after the last."""
        if not self.first:
            return [], 0
        places = np.flatnonzero(np.isin(reached.number, self.first))[: self.wish.k]
        return [(number, ds) for _, number, ds in reached.of(places)], int(places.max(initial=-1)) + 1


def rank_helpers(
    db: Database,
    cache: HelperCache,
    catalogues: CaseCatalogues,
    incident_id: int,
    wish: RankWish,
    area_id: int | None = None,
    patience_s: float | None = None,
) -> Ranking:
    """The nearest who can be sent to a case.

    Parameters
    ----------
    db
        Where cases are.
    cache
        Who can help, and the streets.
    catalogues
        What a case's item needs, where nobody says it.
    incident_id
        The case.
    wish
        What is asked.
    area_id
        The area that the asker answers for; None: all.
    patience_s
        How long to wait for streets that are being made ready, before answering by air; None: however long it takes.

    Raises
    ------
    NotFound
        If there is no such case, mode or surface.
    NotAllowed
        If the case is not seen from the area.
    BadMove
        If the case is still to be located, or has ended for good.
    Refused
        If more are asked for than a request may, or the minutes are not above 0 or beyond the horizon of the search.
    """
    check_nearest(wish.k)
    search = Wish.of(wish.minutes, wish.mode, wish.surface)
    case, helpers = _at_one_moment(db, cache, incident_id)
    if not may_be_sent_to(case.stage):
        raise BadMove("rank_ended", id=incident_id, stage=Term(case.stage, "case_stage"))
    if case.lonlat is None:
        raise BadMove("rank_not_located", id=incident_id)
    if area_id is not None:
        _check_sight(db, area_id, incident_id)
    question = _Question(cache, helpers, case, wish, wish.service or _service_of(catalogues, case))
    try:
        roads = cache.roads(helpers.versions, search.mode, search.surface, patience_s)
    except StreetsMissing as error:
        return _by_air(question, case.lonlat, search, Reason(error.key))
    if roads is None:
        return _by_air(question, case.lonlat, search, Reason("rank_streets_rebuilt"))
    return _along_streets(question, case.lonlat, search, cache.near(roads, helpers))


def _at_one_moment(db: Database, cache: HelperCache, incident_id: int) -> tuple[DispatchCase, Helpers]:
    """The case and everybody who can help. A glance is enough while nothing has changed, as nearly always."""
    case, now = glance_at_case(db, incident_id)
    helpers = cache.known(now)
    if helpers is None:
        with db.read() as conn:
            case, now = dispatch_case(conn, incident_id)
            helpers = cache.helpers(conn, now)
    return case, helpers


def _check_sight(db: Database, area_id: int, incident_id: int) -> None:
    with db.read() as conn:
        if not case_sight.is_seen(conn, incident_id, area_id):
            raise NotAllowed("token_outside_area", area=locate.chain_of(conn, area_id)[-1].name)


def _service_of(catalogues: CaseCatalogues, case: DispatchCase) -> str | None:
    if case.item is None or case.catalogue_version is None:
        return None
    return catalogues.version(case.catalogue_version).item(case.item).service


def _along_streets(question: _Question, lonlat: LonLat, search: Wish, near: Near) -> Ranking:
    here = near.roads.place(lonlat)
    if not len(here.stops.piece_of_joint):
        off_street = Reason("no_street_near", {"limit_m": f"{search.rule.max_connector_m:g}"})
        return _by_air(question, lonlat, search, off_street)
    choice, reached, searched_ds = _searched(question, search, near, here.stops)
    air_m = np.hypot(*(near.xy_m - here.xy_m).T)
    ranked = [
        _with_reasons(question, (number, ds), _way_m(search, ds, way), float(air_m[number]), way)
        for (number, ds), way in zip(choice.chosen, _ways(question, search, near, choice), strict=True)
    ]
    is_far = np.ones(len(air_m), np.bool_)
    is_far[reached.number] = False
    if searched_ds < search.cutoff_ds:  # who is on a street and was not reached is farther than those told
        is_far &= ~near.has_street
    beyond = Reason("helper_beyond", {"minutes": f"{search.minutes:g}"})
    unreached = [
        (number, beyond if near.has_street[number] else Reason("helper_no_street"))
        for number in _nearer_by_air(question, choice, is_far, air_m)
    ]
    set_aside = _set_aside(question, choice, air_m, unreached)
    return _told(question, lonlat, ranked, set_aside, None, near.roads.provenance(search))


def _searched(question: _Question, search: Wish, near: Near, stops: Stops) -> tuple[_Choice, _Reached, int]:
    """Search outward until there are enough: the choice, who was reached, and how far was searched."""
    net = near.roads.net
    if question.wish.direction == "from":
        net, stops = near.roads.turned, reversed_stops(net, stops)
    points, n = near.points[question.wish.direction], len(question.helpers.all)
    missed = {number for number in question.first if near.has_street[number]}  # looked for as far as the cutoff
    for horizon_ds in _horizons(search):
        number, ds = homes_of_one(net, stops, points, n, horizon_ds)
        order = np.argsort(ds, kind="stable")
        reached = _Reached(number[order].astype(np.int64), ds[order])
        choice = question.choose(reached)
        if len(choice.chosen) == question.wish.k and not (missed and missed.difference(reached.number.tolist())):
            break
    return choice, reached, horizon_ds


def _horizons(search: Wish) -> Iterator[int]:
    steps = (round(minutes * DS_PER_MINUTE) for minutes in dispatch_rule().steps_minutes[search.mode.travel])
    yield from (step for step in steps if step < search.cutoff_ds)
    yield search.cutoff_ds


def _ways(question: _Question, search: Wish, near: Near, choice: _Choice) -> Iterator[Way | None]:
    """Of those chosen, where the ways are asked for, or needed to tell how long they are: not all are as quick."""
    if not question.wish.path and search.mode.travel == "foot":
        yield from (None for _ in choice.chosen)
        return
    assert question.case.lonlat is not None
    here = ends_at(near.joined, question.case.lonlat, search)
    for number, ds in choice.chosen:
        there = ends_at(near.joined, question.helpers.all[number].lonlat, search)
        ends = (there, here) if question.wish.direction == "from" else (here, there)
        yield trace_way(near.joined, *ends, ds)


def _way_m(search: Wish, ds: int, way: Way | None) -> float:
    """On foot the time says how long the way is."""
    return ds / search.ds_per_m if way is None or search.mode.travel == "foot" else way.metres


def _with_reasons(
    question: _Question, one: tuple[int, int], way_m: float | None, air_m: float, way: Way | None
) -> RankedHelper:
    number, ds = one
    verdict = question.verdict(number)
    offered = [] if question.service is None else [Reason("helper_offers", {"service": question.service})]
    told = question.helpers.all[number], ds, way_m, air_m, verdict.is_stale
    shown = way if question.wish.path else None
    return RankedHelper(*told, reasons=[*offered, *verdict.reasons], way=shown)


def _nearer_by_air(question: _Question, choice: _Choice, is_far: BoolArray, air_m: FloatArray) -> list[int]:
    """Who offers what is needed, is not reached, and lies nearer in a straight line than somebody who is told."""
    is_asked = is_far & question.offers
    if len(choice.chosen) == question.wish.k:
        is_asked &= air_m < max(air_m[number] for number, _ in choice.chosen)
    numbers = np.flatnonzero(is_asked)
    nearer: list[int] = numbers[np.argsort(air_m[numbers], kind="stable")].tolist()
    return nearer


def _by_air(question: _Question, lonlat: LonLat, search: Wish, why: Reason) -> Ranking:
    """The same by straight lines and a plain pace."""
    helpers = question.helpers
    air_m = np.hypot(*(helpers.xy_m - helpers.frame.to_xy_m(np.array([lonlat], dtype=np.float64))).T)
    ds_per_m = DS_PER_M_AT_1_KMH / dispatch_rule().air_kmh[search.mode.travel]
    ds = np.floor(np.nan_to_num(air_m, posinf=1e9) * ds_per_m + 0.5).astype(np.int64)
    within = np.flatnonzero(ds <= search.cutoff_ds)
    order = within[np.argsort(ds[within], kind="stable")]
    choice = question.choose(_Reached(order, ds[order].astype(np.int32)))
    ranked = [_with_reasons(question, one, None, float(air_m[one[0]]), None) for one in choice.chosen]
    provenance = Provenance(AIR, search.mode.key, search.surface.key, search.minutes, None, None, "")
    return _told(question, lonlat, ranked, _set_aside(question, choice, air_m, []), why, provenance)


def _set_aside(
    question: _Question, choice: _Choice, air_m: FloatArray, unreached: Sequence[tuple[int, Reason]]
) -> tuple[Sequence[SetAside], int]:
    """Those that are told, and how many there are. Who does not offer what is needed is told where there is room."""
    helpers, most = question.helpers.all, dispatch_rule().most_set_aside
    unfit = Reason("helper_unfit", {"service": question.service})
    reached = [(number, ds, question.verdict(number).against or unfit) for number, ds in choice.refused]
    reached = reached[:most]
    reached += [(number, ds, unfit) for number, ds in choice.unfit[: most - len(reached)]]
    told = [
        SetAside(helpers[number], ds, float(air_m[number]), reason)
        for number, ds, reason in sorted(reached, key=lambda one: (one[1], one[0]))
    ]
    told += [SetAside(helpers[number], None, float(air_m[number]), reason) for number, reason in unreached]
    return told[:most], len(choice.refused) + len(choice.unfit) + len(unreached)


def _assigned(question: _Question) -> list[Assignee]:
    """Everybody to whom the case's grid is assigned."""
    helpers, at = question.helpers, question.wish.at
    found = [Assignee(helpers.all[number], question.verdict(number).against) for number in question.assigned]
    gone = helpers.placeless_assigned_to(question.case.grid_id, at)
    found += [Assignee(helper, Reason("helper_no_position")) for helper in gone]
    order = list(professional_kinds())
    return sorted(found, key=lambda one: (order.index(one.helper.kind), one.helper.id))


def _unassigned(question: _Question, assigned: Sequence[Assignee]) -> list[ProfessionalKind]:
    """Kinds of which the case's grid has none though it should; nothing is told of kinds that no grid has."""
    if question.case.grid_id is None:
        return []
    present = {one.helper.kind for one in assigned}
    used = question.helpers.kinds_assigned
    return [kind for kind in kinds_with_grids() if kind.is_expected and kind.key in used - present]


def _told(
    question: _Question,
    lonlat: LonLat,
    ranked: Sequence[RankedHelper],
    set_aside: tuple[Sequence[SetAside], int],
    degraded: Reason | None,
    provenance: Provenance,
) -> Ranking:
    wish, service, helpers, assigned = question.wish, question.service, question.helpers, _assigned(question)
    return Ranking(
        incident_id=question.case.id,
        lonlat=lonlat,
        at=wish.at,
        service=service,
        helpers=ranked,
        set_aside=set_aside[0],
        n_set_aside=set_aside[1],
        grid_id=question.case.grid_id,
        assigned=assigned,
        unassigned=_unassigned(question, assigned),
        degraded=degraded,
        provenance=provenance.depending_on(
            "rank", wish, service, lonlat, question.case.sent, question.case.grid_id, helpers.digest
        ),
    )
