"""How long cases were in what stages, and when their limits ran out: many cases at once.

Moments are whole microseconds since 1970 (``_us``). The rules are those of geo/case_clocks.py and
geo/compute/cases/deadlines.py, which do it for one case; tests compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from geo.case_clocks import CLOCK_OF_STAGE, STAGE_CLOCKS
from geo.case_states import ENDED_STAGES, STAGES
from geo.clocks import Limit
from geo.compute.cases.deadlines import _reading_of
from geo.compute.cases.dials import Days, Hours, dial_over
from geo.rules.clocks import OfficeWeek
from geo.units import NONE, BoolArray, Int32Array, IntArray

NUMBER_OF: Final = {stage: number for number, stage in enumerate(STAGES)}

ENDED: Final = np.array([stage in ENDED_STAGES for stage in STAGES])
"""(n_stages,) nothing is left to do."""

CLOSED: Final = np.array([stage in {"closed", "evaluated"} for stage in STAGES])
"""(n_stages,) it was settled."""

DROPPED: Final = np.array([stage in {"merged", "withdrawn"} for stage in STAGES])
"""(n_stages,) it ended without being settled."""

PLACE_OF_STAGE: Final = np.array(
    [
        STAGE_CLOCKS.index(CLOCK_OF_STAGE[stage])
        if stage in CLOCK_OF_STAGE
        else (len(STAGE_CLOCKS) if stage in {"closed", "evaluated"} else NONE)
        for stage in STAGES
    ]
)
"""(n_stages,) how far a case is: which clock runs, the number of clocks once it is closed, -1 if it was dropped."""


class Passages(NamedTuple):
    """The stages that cases came to, case by case, in order."""

    case: IntArray
    """(n,) numbers of cases from 0, ascending; each case has one at least."""
    stage: Int32Array
    """(n,) index into ``STAGES``."""
    at_us: IntArray
    """(n,)"""

    @property
    def first(self) -> IntArray:
        """(n_cases,) the report of each."""
        return np.flatnonzero(np.diff(self.case, prepend=NONE))

    @property
    def last(self) -> IntArray:
        """(n_cases,) what each came to at last."""
        return np.flatnonzero(~self.goes_on)

    @property
    def goes_on(self) -> BoolArray:
        """(n,) whether the next one is of the same case."""
        goes_on: BoolArray = np.diff(self.case, append=NONE) == 0
        return goes_on


class Spells(NamedTuple):
    """From when until when cases were in something, case by case, in order."""

    case: IntArray
    begin_us: IntArray
    end_us: IntArray


def pauses_of(passages: Passages, *, closed: bool) -> Spells:
    """The spells in which cases were deferred, ``closed``: or had ended before they were opened again.

    A spell that still goes on, or that led to an end without the case being taken up again, is none.
    """
    pausing = np.zeros(len(STAGES), dtype=np.bool_)
    pausing[NUMBER_OF["deferred"]] = True
    pauses = pausing | ENDED if closed else pausing
    is_open = ~ENDED[passages.stage]
    n_cases = len(passages.first)
    last_open = np.full(n_cases, NONE)
    np.maximum.at(last_open, passages.case[is_open], np.flatnonzero(is_open))
    begins = np.flatnonzero(pauses[passages.stage] & (np.arange(len(passages.case)) < last_open[passages.case]))
    return Spells(passages.case[begins], passages.at_us[begins], passages.at_us[begins + 1])


def due_us(
    begin_us: IntArray, limit_no: IntArray, limits: Sequence[Limit], pauses: Spells, week: OfficeWeek
) -> IntArray:
    """When the limits of cases run out, the time of pauses left out; -1 where there is none.

    Parameters
    ----------
    begin_us
        (n_cases,) when the clock began.
    limit_no
        (n_cases,) which of the limits; -1: none.
    limits
        All that there are.
    pauses
        In order of time within a case, none of them touching the next.
    week
        The city's working week.

    Raises
    ------
    Refused
        If a moment lies outside of the years of the week.
    """
    found = np.full(len(begin_us), NONE, dtype=np.int64)
    for number, limit in enumerate(limits):
        chosen = np.flatnonzero(limit_no == number)
        if len(chosen):
            found[chosen] = _due_us(begin_us[chosen], limit, _of(pauses, chosen), week)
    return found


def used_of(spells: Spells, limit_no: IntArray, limits: Sequence[Limit], pauses: Spells, week: OfficeWeek) -> IntArray:
    """(n_spells,) how much of the limits' clocks ran in spells, pauses left out: microseconds, or days; -1: no limit.

    Parameters
    ----------
    spells
        At most one of a case, each holding all those of the pauses that it meets as a whole.
    limit_no
        (n_spells,) which of the limits; -1: none.
    limits, pauses, week
        As in :func:`due_us`.

    Raises
    ------
    Refused
        As in :func:`due_us`.
    """
    found = np.full(len(spells.case), NONE, dtype=np.int64)
    for number, limit in enumerate(limits):
        chosen = np.flatnonzero(limit_no == number)
        if not len(chosen):
            continue
        begin_us, end_us = spells.begin_us[chosen], spells.end_us[chosen]
        inner = _of(pauses, spells.case[chosen])
        is_within = (inner.begin_us >= begin_us[inner.case]) & (inner.end_us <= end_us[inner.case])
        case, pause_begin_us, pause_end_us = (array[is_within] for array in inner)
        moments_us = np.concatenate([begin_us, end_us])
        dial = dial_over(limit.clock, week, moments_us, 0)
        start = dial.start(begin_us)
        run = np.maximum(dial.reading(end_us) - start, 0)
        np.subtract.at(run, case, _missed(dial, start[case], pause_begin_us, pause_end_us))
        found[chosen] = run
    return found


def _due_us(begin_us: IntArray, limit: Limit, pauses: Spells, week: OfficeWeek) -> IntArray:
    amount = _reading_of(limit)
    dial = dial_over(limit.clock, week, np.concatenate([begin_us, pauses.end_us]), amount)
    start = dial.start(begin_us)
    reading = start + amount
    found_us = dial.moment(reading)
    rank = np.arange(len(pauses.case)) - np.searchsorted(pauses.case, pauses.case)
    for turn in range(int(rank.max(initial=NONE)) + 1):
        case, pause_begin_us, pause_end_us = (array[rank == turn] for array in pauses)
        counts = pause_begin_us < found_us[case]  # later ones of the case do not count either, if this does not
        case = case[counts]
        reading[case] += _missed(dial, start[case], pause_begin_us[counts], pause_end_us[counts])
        found_us[case] = dial.moment(reading[case])
    return found_us


def _missed(dial: Hours | Days, start: IntArray, begin_us: IntArray, end_us: IntArray) -> IntArray:
    """What the clock went on in pauses; nothing before it began."""
    missed: IntArray = np.maximum(dial.reading(end_us), start) - np.maximum(dial.reading(begin_us), start)
    return missed


def _of(spells: Spells, cases: IntArray) -> Spells:
    """Those of some cases (ascending), numbered by their place among these."""
    place = np.searchsorted(cases, spells.case)
    is_in = cases[np.minimum(place, len(cases) - 1)] == spells.case
    return Spells(place[is_in], spells.begin_us[is_in], spells.end_us[is_in])
