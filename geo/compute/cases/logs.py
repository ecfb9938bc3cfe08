"""What was known of cases at a moment, from all that is stored of them; and logs of which some cases are read anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from geo.case_histories import (
    HAS_ARRIVED,
    HAS_GRID,
    HAS_UNIT,
    HAS_WORDS,
    IS_PASSAGE,
    IS_RATED,
    IS_REHOME,
    IS_REPORT,
    IS_SATISFIED,
    IS_UNDO,
    SAYS_BEFORE,
    SEQ_SHIFT,
    STAGE_BITS,
    CaseHistories,
    CaseLogs,
    CaseRows,
    GridSaying,
    Sayings,
    StepRows,
)
from geo.compute.cases.dials import us_of
from geo.units import NONE, BoolArray, IntArray

Rows = TypeVar("Rows", CaseRows, StepRows, Sayings)


def as_known(logs: CaseLogs, as_of_us: int) -> CaseHistories:
    """Cases that were reported by a moment and still count then, with what was known of them.

    What was stored later says nothing about the days that it tells of; what was taken back by then is as if it had
    never been.
    """
    rows, steps, sayings = logs.rows, logs.steps, logs.sayings
    case = np.cumsum(np.diff(steps.case_id, prepend=steps.case_id[:1]) != 0)  # each has a step at least
    stands = _stands(logs, as_of_us)
    is_known = stands & (steps.at_us <= as_of_us) & (steps.known_us <= as_of_us)
    # whatever has no report among its steps has no history from the beginning
    is_report = is_known & ((steps.code & (IS_REPORT | IS_PASSAGE)) == (IS_REPORT | IS_PASSAGE))
    counts = np.zeros(len(rows.case_id), dtype=np.bool_)
    counts[case[is_report]] = True
    counts &= (rows.reported_us <= as_of_us) & (rows.until_us > as_of_us)
    number = np.cumsum(counts) - 1
    stands, is_known, case = stands & counts[case], is_known & counts[case], number[case]
    passes = np.flatnonzero(is_known & ((steps.code & IS_PASSAGE) != 0))
    speaks = np.flatnonzero((steps.code & HAS_WORDS) != 0)
    n_cases = int(counts.sum())
    arrived_us = np.full(n_cases, NONE, dtype=np.int64)
    has_later = np.zeros(n_cases, dtype=np.bool_)
    has_later[case[stands & ~is_known]] = True
    says_unit = is_known[speaks] & _has(steps, speaks, HAS_UNIT)
    unit_no, units = _last_units(logs, rows.unit_no[counts], has_later, case[speaks], says_unit)
    _first_arrivals(arrived_us, case[speaks], is_known[speaks] & _has(steps, speaks, HAS_ARRIVED), sayings)
    rated = np.flatnonzero(is_known & ((steps.code & IS_RATED) != 0))
    rated_us, is_satisfied = np.full(n_cases, NONE, dtype=np.int64), np.zeros(n_cases, dtype=np.bool_)
    rated_us[case[rated]] = steps.at_us[rated]  # the last one is written last
    is_satisfied[case[rated]] = _has(steps, rated, IS_SATISFIED)
    return CaseHistories(
        case_id=rows.case_id[counts],
        grid_now=rows.grid_now[counts],
        kind_no=rows.kind_no[counts],
        unit_no=unit_no,
        passage_case=case[passes],
        stage=(steps.code[passes] & STAGE_BITS).astype(np.int32),
        at_us=steps.at_us[passes],
        grids=_grids(steps, speaks, sayings, case, is_known, stands),
        arrived_us=arrived_us,
        rated_us=rated_us,
        is_satisfied=is_satisfied,
        kinds=logs.kinds,
        units=units,
    )


def arrivals_read(logs: CaseLogs, arrivals: Sequence[str], zone: ZoneInfo) -> CaseLogs:
    """Logs with the moments at which help arrived, instead of places in a list of how they are written.

    ``zone``: of those that name none. What cannot be read as a moment is as if it were not said.
    """
    read_us = [_moment_us(written, zone) for written in arrivals]
    arrived_us = np.array([*read_us, NONE], dtype=np.int64)[logs.sayings.arrived_us]
    return replace(logs, sayings=logs.sayings._replace(arrived_us=arrived_us))


def _moment_us(written: str, zone: ZoneInfo) -> int:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return NONE
    return us_of(at if at.tzinfo is not None else at.replace(tzinfo=zone))


FOREVER_US: Final = int(np.iinfo(np.int64).max)
"""Of what still counts."""


def last_change_us(logs: CaseLogs) -> int:
    """From when on all that is stored is known, so that one moment is as good as another; 0: there is nothing."""
    ends_us = logs.rows.until_us[logs.rows.until_us != FOREVER_US]
    moments = (logs.rows.reported_us, ends_us, logs.steps.at_us, logs.steps.known_us)
    return max(int(column.max(initial=0)) for column in moments)


def joined(logs: CaseLogs, more: CaseLogs, gone: IntArray) -> CaseLogs:
    """Logs of which some cases (ids, ascending) are as ``more`` has them, which has none but those."""
    kinds, kind_no = _extended(logs.kinds, more.kinds)
    units, unit_no = _extended(logs.units, more.units)
    rows = more.rows._replace(kind_no=_renumbered(more.rows.kind_no, kind_no))
    rows = rows._replace(unit_no=_renumbered(rows.unit_no, unit_no))
    undone_no = np.where(more.sayings.undone_no == NONE, NONE, more.sayings.undone_no + len(logs.undone))
    sayings = more.sayings._replace(unit_begin=more.sayings.unit_begin + len(logs.words), undone_no=undone_no)
    return CaseLogs(
        rows=_merged(logs.rows, rows, gone),
        steps=_merged(logs.steps, more.steps, gone),
        sayings=_merged(logs.sayings, sayings, gone),
        kinds=kinds,
        units=units,
        undone=[*logs.undone, *more.undone],
        words=logs.words + more.words,
    )


def _spans(case_id: IntArray, ids: IntArray) -> tuple[IntArray, IntArray]:
    """Where each of some cases begins and ends."""
    return np.searchsorted(case_id, ids, side="left"), np.searchsorted(case_id, ids, side="right")


def _merged(old: Rows, new: Rows, gone: IntArray) -> Rows:
    """Rows in the order of cases, those of some cases from ``new``: a few long pieces, put end to end at once."""
    begins, ends = (ends.tolist() for ends in _spans(old.case_id, gone))
    starts, stops = (ends.tolist() for ends in _spans(new.case_id, gone))
    pieces = [(old, 0, begins[0] if begins else len(old.case_id))]
    for place in range(len(begins)):
        pieces.append((new, starts[place], stops[place]))
        pieces.append((old, ends[place], begins[place + 1] if place + 1 < len(begins) else len(old.case_id)))
    pieces = [piece for piece in pieces if piece[1] < piece[2]] or pieces[:1]
    columns = range(len(old))
    return type(old)(*(np.concatenate([rows[n][first:last] for rows, first, last in pieces]) for n in columns))


Named = TypeVar("Named", bound="str | tuple[str | None, str | None]")


def _extended(names: Sequence[Named], more: Sequence[Named]) -> tuple[list[Named], IntArray]:
    """All names, those known first; (n_more,) the numbers of the others among them."""
    number = {name: place for place, name in enumerate(names)}
    numbers = [number.setdefault(name, len(number)) for name in more]
    return list(number), np.array(numbers, dtype=np.int64)


def _renumbered(number: IntArray, new: IntArray) -> IntArray:
    return np.where(number == NONE, NONE, np.append(new, NONE)[number])


def _stands(logs: CaseLogs, as_of_us: int) -> BoolArray:
    """(n_steps,) False: it was taken back by a moment, or took something back by then."""
    steps, sayings = logs.steps, logs.sayings
    stands = np.ones(len(steps.code), dtype=np.bool_)
    takes_back = np.flatnonzero(((steps.code & IS_UNDO) != 0) & (steps.known_us <= as_of_us))
    if not len(takes_back):
        return stands
    stands[takes_back] = False
    speaks = np.flatnonzero((steps.code & HAS_WORDS) != 0)
    place = np.searchsorted(speaks, takes_back)
    for step, undone_no in zip(takes_back.tolist(), sayings.undone_no[place].tolist(), strict=True):
        if undone_no != NONE:
            first, last = np.searchsorted(steps.case_id, steps.case_id[step] + np.arange(2))
            seqs = steps.code[first:last] >> SEQ_SHIFT
            stands[first:last] &= ~np.isin(seqs, logs.undone[undone_no])
    return stands


def _has(steps: StepRows, chosen: IntArray, bit: int) -> BoolArray:
    has: BoolArray = (steps.code[chosen] & bit) != 0
    return has


def _last_units(
    logs: CaseLogs, unit_no: IntArray, has_later: BoolArray, case: IntArray, is_said: BoolArray
) -> tuple[IntArray, list[str]]:
    """Who was responsible: the row's own if nothing was done since, else as steps said last; and all that there are."""
    is_meant = np.flatnonzero(is_said)
    is_meant = is_meant[has_later[case[is_meant]]]
    begin, size = logs.sayings.unit_begin[is_meant], logs.sayings.unit_size[is_meant]
    said = [
        logs.words[first:last].decode() for first, last in zip(begin.tolist(), (begin + size).tolist(), strict=True)
    ]
    units, said_no = _extended(logs.units, said)
    found = np.where(has_later, NONE, unit_no)
    found[case[is_meant]] = said_no  # the last one is written last
    return found, units


def _first_arrivals(arrived_us: IntArray, case: IntArray, is_said: BoolArray, sayings: Sayings) -> None:
    is_told = is_said & (sayings.arrived_us != NONE)
    case, told_us = case[is_told], sayings.arrived_us[is_told]
    last_first = np.argsort(-told_us, kind="stable")
    arrived_us[case[last_first]] = told_us[last_first]


def _grids(
    steps: StepRows, speaks: IntArray, sayings: Sayings, case: IntArray, is_known: BoolArray, stands: BoolArray
) -> GridSaying:
    places = stands[speaks] & _has(steps, speaks, HAS_GRID)
    chosen = speaks[places]
    return GridSaying(
        case=case[chosen],
        is_known=is_known[chosen],
        is_rehome=_has(steps, chosen, IS_REHOME),
        says_before=_has(steps, chosen, SAYS_BEFORE),
        grid=sayings.grid[places],
        before=sayings.before[places],
    )
