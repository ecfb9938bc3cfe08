"""Rates and times of stages from the histories of cases: which cases count when, and in which of them it came off.

A rate is a list of cases, the moment at which each enters the count, and whether it came off. Everything else (parts,
periods, sums) is counting. docs/figures.md says each rate in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from geo.case_clocks import STAGE_CLOCKS
from geo.case_states import Stage
from geo.clocks import Limit
from geo.compute.cases.spells import (
    CLOSED,
    DROPPED,
    NUMBER_OF,
    PLACE_OF_STAGE,
    Passages,
    Spells,
    due_us,
    pauses_of,
    used_of,
)
from geo.rules.clocks import OfficeWeek
from geo.units import NONE, BoolArray, IntArray

RUN_OUT: Final = frozenset({"response", "closing", "on_time", "on_time_less_deferred"})
"""Rates that count a case when its time has run out."""


class Tally(NamedTuple):
    """What a rate counts."""

    case: IntArray
    """(n,) numbers of cases, each once."""
    at_us: IntArray
    """(n,) when each enters the count."""
    is_met: BoolArray
    """(n,)"""

    def only(self, chosen: BoolArray) -> Tally:
        """Some of them; ``chosen``: (n,)."""
        return Tally(self.case[chosen], self.at_us[chosen], self.is_met[chosen])


class StageTally(NamedTuple):
    """How long a stage took, the first time that each case got through it."""

    stage: str
    case: IntArray
    """(n,)"""
    end_us: IntArray
    """(n,) when it got through."""
    wall_us: IntArray
    """(n,)"""
    used: IntArray
    """(n,) on the limit's own clock, deferred time left out: microseconds, or days; -1: there is no limit."""
    limit_no: IntArray
    """(n,)"""

    def only(self, chosen: BoolArray) -> StageTally:
        """Some of them; ``chosen``: (n,)."""
        return StageTally(self.stage, *(array[chosen] for array in self[1:]))


@dataclass(frozen=True)
class CaseLimits:
    """The limits of cases."""

    limits: Sequence[Limit]
    """All that there are."""
    number: Mapping[str, IntArray]
    """By dispatch, handle, verify and total: (n_cases,) which of them; -1: none."""


@dataclass(frozen=True)
class Told:
    """What steps said that rates ask for."""

    arrived_us: IntArray
    """(n_cases,) when help first arrived; -1: nobody said."""
    rated_us: IntArray
    """(n_cases,) when somebody last said whether the caller is satisfied; -1: nobody did."""
    is_satisfied: BoolArray
    """(n_cases,) what was said then."""


class Parts(NamedTuple):
    """How a table is divided."""

    n: int
    of_case: IntArray | None
    """(n_cases,) the part of each case; -1: not in the table. None: by period."""
    edges_us: IntArray
    """(2,) where the period begins and ends; (n + 1,) by period."""

    def of(self, case: IntArray, at_us: IntArray) -> IntArray:
        """(n,) the part that each case counts in at a moment; -1: none."""
        period = np.searchsorted(self.edges_us, at_us, side="right") - 1
        is_within = (at_us >= self.edges_us[0]) & (at_us < self.edges_us[-1])
        part = period if self.of_case is None else self.of_case[case]
        return np.where(is_within, part, NONE)


def rate_tallies(
    passages: Passages, limits: CaseLimits, told: Told, week: OfficeWeek, as_of_us: int, arrival_us: int
) -> dict[str, Tally]:
    """What each rate counts, by its key in geo/rules/figures.toml.

    Parameters
    ----------
    passages
        All that is known as of the moment asked about.
    limits, told
        Of the same cases.
    week
        The city's working week.
    as_of_us
        That moment: what runs out later has not run out.
    arrival_us
        Help that takes no longer is in time.

    Raises
    ------
    Refused
        If a moment lies outside of the years of the week.
    """
    return {
        **_of_reported(passages),
        **_of_answers(passages, limits, week, as_of_us),
        **_of_due(passages, limits, week, as_of_us),
        **_of_closed(passages),
        **_of_told(passages, told, arrival_us),
    }


def stage_tallies(passages: Passages, limits: CaseLimits, week: OfficeWeek) -> list[StageTally]:
    """How long each stage took, and the whole.

    A case got through a stage when it moved on: what was returned, or sent back for rework, did not.
    """
    place, goes_on = PLACE_OF_STAGE[passages.stage], passages.goes_on
    begins = np.ones(len(place), dtype=np.bool_)
    begins[1:] = (place[1:] != place[:-1]) | ~goes_on[:-1]
    begin = np.maximum.accumulate(np.where(begins, np.arange(len(place)), 0))
    moves_on = np.flatnonzero(goes_on & (np.append(place[1:], [NONE])[: len(place)] > place))
    deferred = pauses_of(passages, closed=False)
    found = []
    for number, stage in enumerate(STAGE_CLOCKS):
        ends = moves_on[place[moves_on] == number]
        ends = ends[np.unique(passages.case[ends], return_index=True)[1]]
        at_us = passages.at_us
        spells = Spells(passages.case[ends], at_us[begin[ends]], at_us[ends + 1])
        found.append(_stage(stage, spells, limits, deferred, week))
    closed, closed_us = _first(passages, CLOSED[passages.stage])
    whole = Spells(closed, passages.at_us[passages.first][closed], closed_us)
    return [*found, _stage("total", whole, limits, deferred, week)]


def counts_in(tally: Tally, parts: Parts) -> IntArray:
    """(n_parts, 2) in how many cases of each part it came off, and how many there are."""
    part = parts.of(tally.case, tally.at_us)
    is_in = part != NONE
    met = np.bincount(part[is_in & tally.is_met], minlength=parts.n)
    return np.stack([met, np.bincount(part[is_in], minlength=parts.n)], axis=1).astype(np.int64)


def percentiles_in(part: IntArray, value: IntArray, n_parts: int, percents: Sequence[int]) -> tuple[IntArray, IntArray]:
    """Percentiles by nearest rank: the smallest value that so many per cent of the part's values do not exceed.

    Parameters
    ----------
    part
        (n,) from 0.
    value
        (n,)
    n_parts, percents
        How many parts there are; above 0, at most 100.

    Returns
    -------
    (n_parts,) how many values there are, and (n_parts, n_percents); -1 where there is none.

    Examples
    --------
    >>> percentiles_in(np.array([0, 0, 0, 0]), np.array([9, 1, 5, 7]), 2, (50, 95))[1].tolist()
    [[5, 9], [-1, -1]]
    """
    sorted_value = _sorted_within(part, value)
    n = np.bincount(part, minlength=n_parts)
    start = np.cumsum(n) - n
    found = np.full((n_parts, len(percents)), NONE, dtype=np.int64)
    for column, percent in enumerate(percents):
        rank = (percent * n[n > 0] + 99) // 100
        found[n > 0, column] = sorted_value[start[n > 0] + rank - 1]
    return n, found


def _sorted_within(part: IntArray, value: IntArray) -> IntArray:
    """Values from the least on, part by part: as one number each, which is sorted in a tenth of the time of two."""
    least = value.min(initial=0)
    width = int(value.max(initial=0) - least) + 1
    if width * (int(part.max(initial=0)) + 1) > np.iinfo(np.int64).max:
        sorted_value: IntArray = value[np.lexsort((value, part))]
        return sorted_value
    found: IntArray = np.sort(part * width + (value - least)) % width + least
    return found


def _stage(stage: str, spells: Spells, limits: CaseLimits, deferred: Spells, week: OfficeWeek) -> StageTally:
    limit_no = limits.number[stage][spells.case]
    used = used_of(spells, limit_no, limits.limits, deferred, week)
    return StageTally(stage, spells.case, spells.end_us, spells.end_us - spells.begin_us, used, limit_no)


def _first(passages: Passages, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Cases that came to one of some stages, and when they first did."""
    places = np.flatnonzero(chosen)
    case, first = np.unique(passages.case[places], return_index=True)
    return case, passages.at_us[places[first]]


def _has(passages: Passages, chosen: BoolArray) -> BoolArray:
    """(n_cases,) whether a case came to one of some stages."""
    has: BoolArray = np.bincount(passages.case[chosen], minlength=len(passages.first)) > 0
    return has


def _follows(passages: Passages, before: Stage, after: Stage) -> BoolArray:
    """(n_cases,) whether a case went from one stage to another."""
    came = np.zeros(len(passages.case), dtype=np.bool_)
    is_pair = (passages.stage[:-1] == NUMBER_OF[before]) & (passages.stage[1:] == NUMBER_OF[after])
    came[1:] = is_pair & passages.goes_on[:-1]
    return _has(passages, came)


def _of_reported(passages: Passages) -> dict[str, Tally]:
    case, at_us = np.arange(len(passages.first)), passages.at_us[passages.first]
    is_filed = _has(passages, passages.stage == NUMBER_OF["filed"])
    end = passages.stage[passages.last]
    kept = np.flatnonzero(~DROPPED[end])
    return {"filing": Tally(case, at_us, is_filed), "solved": Tally(kept, at_us[kept], CLOSED[end][kept])}


def _of_answers(passages: Passages, limits: CaseLimits, week: OfficeWeek, as_of_us: int) -> dict[str, Tally]:
    """Whoever was dropped before anybody was sent needed no answer."""
    reported_us = passages.at_us[passages.first]
    none = Spells(*(np.zeros(0, dtype=np.int64) for _ in Spells._fields))
    ends_us = due_us(reported_us, limits.number["dispatch"], limits.limits, none, week)
    answered_us = np.full(len(reported_us), NONE, dtype=np.int64)
    case, at_us = _first(passages, PLACE_OF_STAGE[passages.stage] > STAGE_CLOCKS.index("dispatch"))
    answered_us[case] = at_us
    is_answered = answered_us != NONE
    has_run = (ends_us != NONE) & (ends_us < as_of_us)
    counted = np.flatnonzero(has_run & (is_answered | ~DROPPED[passages.stage[passages.last]]))
    return {"response": Tally(counted, ends_us[counted], (is_answered & (answered_us <= ends_us))[counted])}


def _of_due(passages: Passages, limits: CaseLimits, week: OfficeWeek, as_of_us: int) -> dict[str, Tally]:
    reported_us, end = passages.at_us[passages.first], passages.stage[passages.last]
    pauses = pauses_of(passages, closed=True)
    ends_us = due_us(reported_us, limits.number["total"], limits.limits, pauses, week)
    closed = np.flatnonzero(passages.stage == NUMBER_OF["closed"])
    closed_us = np.full(len(end), NONE, dtype=np.int64)
    closed_us[passages.case[closed]] = passages.at_us[closed]  # the last one is what stays
    due = np.flatnonzero((ends_us != NONE) & (ends_us < as_of_us) & ~DROPPED[end])
    is_in_time = CLOSED[end] & (closed_us <= ends_us)
    undeferred = due[end[due] != NUMBER_OF["deferred"]]
    return {
        "closing": Tally(due, ends_us[due], CLOSED[end][due]),
        "on_time": Tally(due, ends_us[due], is_in_time[due]),
        "on_time_less_deferred": Tally(undeferred, ends_us[undeferred], is_in_time[undeferred]),
    }


def _of_closed(passages: Passages) -> dict[str, Tally]:
    case, at_us = _first(passages, CLOSED[passages.stage])
    is_reworked, is_reopened = _follows(passages, "fed_back", "dispatched"), _follows(passages, "closed", "dispatched")
    return {
        "first_pass": Tally(case, at_us, ~(is_reworked | is_reopened)[case]),
        "rework": Tally(case, at_us, is_reworked[case]),
        "second_dispatch": Tally(case, at_us, is_reopened[case]),
    }


def _of_told(passages: Passages, told: Told, arrival_us: int) -> dict[str, Tally]:
    rated = np.flatnonzero(told.rated_us != NONE)
    case, sent_us = _first(passages, passages.stage == NUMBER_OF["dispatched"])
    took_us = told.arrived_us[case] - sent_us
    is_known = (told.arrived_us[case] != NONE) & (took_us >= 0)
    case, sent_us, took_us = case[is_known], sent_us[is_known], took_us[is_known]
    return {
        "satisfied": Tally(rated, told.rated_us[rated], told.is_satisfied[rated]),
        "arrival": Tally(case, sent_us, took_us <= arrival_us),
    }
