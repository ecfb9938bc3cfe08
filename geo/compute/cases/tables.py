"""Tables of figures about cases: counts by part, shares, percentiles, and what is hidden of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from geo.case_figures import HIDDEN, FigureRow, Ratio, StageTime, percent_of, rounded
from geo.clocks import DAY_CLOCKS, Limit
from geo.compute.cases.deadlines import S_PER_HOUR
from geo.compute.cases.dials import US_PER_S
from geo.compute.cases.figures import RUN_OUT, Parts, StageTally, Tally, counts_in, percentiles_in
from geo.compute.cases.parts import Division, Label
from geo.compute.hidden_cells import hidden_cells
from geo.rules.figures import FigureRule
from geo.units import NONE, BoolArray, IntArray

US_PER_HOUR = S_PER_HOUR * US_PER_S

StageClock = tuple[str, str | None]
"""A stage, and the clock of its limits; None: no limits."""


@dataclass(frozen=True)
class Counted:
    """What is counted."""

    tallies: Mapping[str, Tally]
    """By rate."""
    stages: Mapping[StageClock, StageTally]


@dataclass(frozen=True)
class _Halves:
    """The parts of a table, and the whole of them as a table of one part."""

    parts: Parts
    whole: Parts


def stages_by_clock(stages: Sequence[StageTally], limits: Sequence[Limit]) -> dict[StageClock, StageTally]:
    """Times of stages, told apart by the clocks that the limits run on."""
    clocks = sorted({limit.clock for limit in limits})
    number = np.array([*(clocks.index(limit.clock) for limit in limits), NONE], dtype=np.int64)
    found = {}
    for stage in stages:
        clock_no = number[stage.limit_no]
        for clock in (*range(len(clocks)), NONE):
            chosen = clock_no == clock
            if chosen.any():
                key = (stage.stage, None if clock == NONE else clocks[clock])
                found[key] = stage.only(chosen)
    return found


def run_out(counted: Counted, as_of_us: int) -> Counted:
    """What is counted at a moment: what runs out later has not run out."""
    has_run = {
        rate: tally.only(tally.at_us < as_of_us) if rate in RUN_OUT else tally
        for rate, tally in counted.tallies.items()
    }
    return Counted(has_run, counted.stages)


def figure_rows(
    counted: Counted,
    division: Division,
    edges_us: IntArray,
    rule: FigureRule,
    smallest: int | None,
    *,
    hides_all: bool = False,
) -> tuple[list[FigureRow], FigureRow]:
    """The rows of a table, and the whole.

    Parameters
    ----------
    counted
        All cases, those that are not in the table as well.
    division
        Parts of the table.
    edges_us
        Where the period begins and ends; by period, (n_parts + 1,).
    rule
        How figures are rounded.
    smallest
        No smaller number is told; None: all are.
    hides_all
        No number at all is told.
    """
    of_case, n_cases = division.of_case, len(division.leaf_of_case)
    in_whole = np.zeros(n_cases, dtype=np.int64) if of_case is None else np.minimum(of_case, 0)
    parts = Parts(len(division.labels), of_case, edges_us)
    halves = _Halves(parts, Parts(1, in_whole, edges_us[[0, -1]]))
    hidden = {} if smallest is None else _hidden(counted, division, edges_us[[0, -1]], rule, smallest)
    if hides_all:
        hidden = {key: np.ones(len(division.labels) + 1, np.bool_) for key in (*rule.cohorts, *counted.stages)}
    rates = {rate: counts.tolist() for rate, counts in _rates(counted, halves).items()}
    times = _times(counted, halves, rule, tells_counts=smallest is None)
    rows = [
        _row(label, place, rates, times, {key for key, cells in hidden.items() if cells[place]}, rule)
        for place, label in enumerate([*division.labels, Label(None, None)])
    ]
    return [row for row in rows[:-1] if row.why is None or _is_filled(row)], rows[-1]


def _is_filled(row: FigureRow) -> bool:
    """A rest that has no cases is not told."""
    return row.is_hidden or bool(row.times) or any(ratio.denominator for ratio in row.rates.values())


def _rates(counted: Counted, halves: _Halves) -> dict[str, IntArray]:
    """(n_parts + 1, 2) of each rate, the whole last."""
    return {
        rate: np.concatenate([counts_in(tally, halves.parts), counts_in(tally, halves.whole)])
        for rate, tally in counted.tallies.items()
    }


def _times(
    counted: Counted, halves: _Halves, rule: FigureRule, *, tells_counts: bool
) -> dict[StageClock, list[StageTime | None]]:
    """(n_parts + 1,) of each stage and clock, the whole last; None: no case got through.

    How many got through a stage says how many of those closed did not: only who sees all numbers is told.
    """
    return {
        key: [
            time
            for part in (halves.parts, halves.whole)
            for time in _stage_times(key, tally, part, rule, tells_counts=tells_counts)
        ]
        for key, tally in counted.stages.items()
    }


def _stage_times(
    key: StageClock, tally: StageTally, parts: Parts, rule: FigureRule, *, tells_counts: bool
) -> Iterator[StageTime | None]:
    stage, clock = key
    part = parts.of(tally.case, tally.end_us)
    is_in, percents = part != NONE, (rule.median, rule.high)
    n, wall_us = percentiles_in(part[is_in], tally.wall_us[is_in], parts.n, percents)
    _, used = percentiles_in(part[is_in], tally.used[is_in], parts.n, percents)
    unit = 1 if clock in DAY_CLOCKS else US_PER_HOUR

    def told(value: int, per: int) -> Decimal | None:
        if value == NONE:
            return None
        return Decimal(value) if per == 1 else rounded(Decimal(value) / per, rule.rounding, rule.hour_digits)

    for count, own, wall in zip(n.tolist(), used.tolist(), wall_us.tolist(), strict=True):
        if not count:
            yield None
            continue
        times = (*(told(value, unit) for value in own), *(told(value, US_PER_HOUR) for value in wall))
        yield StageTime(stage, clock, count if tells_counts else None, *times)


def _row(
    label: Label,
    place: int,
    rates: Mapping[str, Sequence[tuple[int, int]]],
    times: Mapping[StageClock, Sequence[StageTime | None]],
    hidden: set[str | StageClock],
    rule: FigureRule,
) -> FigureRow:
    ratios = {
        rate: HIDDEN if rule.cohort_of_rate[rate] in hidden else _ratio(rates[rate][place], rule)
        for rate in rule.cohort_of_rate
    }
    told = (
        StageTime(*key, None, None, None, None, None) if key in hidden else of_part[place]
        for key, of_part in times.items()
    )
    return FigureRow(
        label.key, label.name, label.why, bool(hidden), ratios, [time for time in told if time is not None]
    )


def _ratio(counts: tuple[int, int], rule: FigureRule) -> Ratio:
    met, of = counts
    return Ratio(met, of, percent_of(met, of, rule.rounding, rule.percent_digits))


def _hidden(
    counted: Counted, division: Division, span_us: IntArray, rule: FigureRule, smallest: int
) -> dict[str | StageClock, BoolArray]:
    """By cohort of rates, and stage and clock: (n_parts + 1,) whether a part is hidden, the whole last."""
    leaves = Parts(len(division.parent), division.leaf_of_case, span_us)
    columns: dict[str | StageClock, IntArray] = {
        cohort: _classes([counted.tallies[rate] for rate in rule.rates_of(cohort)], leaves) for cohort in rule.cohorts
    }
    for key, stage in counted.stages.items():
        part = leaves.of(stage.case, stage.end_us)
        columns[key] = np.bincount(part[part != NONE], minlength=leaves.n).astype(np.int64)[:, None]
    return {
        key: _of_parts(hidden_cells(division.parent, rolled_up(counts, division.parent), smallest), division)
        for key, counts in columns.items()
    }


def _classes(tallies: Sequence[Tally], leaves: Parts) -> IntArray:
    """(n_nodes, n_classes) the cases of a cohort by what each of its rates says of them.

    Every number of the cohort is a sum of such classes, and so is every difference that counts anything: no class may
    be small.
    """
    n_cases = 0 if leaves.of_case is None else len(leaves.of_case)
    code, at_us = np.zeros(n_cases, dtype=np.int64), np.zeros(n_cases, dtype=np.int64)
    for number, tally in enumerate(tallies):
        code[tally.case] += (1 + tally.is_met) * 3**number
        at_us[tally.case] = tally.at_us  # of one cohort, all rates count a case at the same moment
    case = np.flatnonzero(code)
    part = leaves.of(case, at_us[case])
    codes, place = np.unique(code[case], return_inverse=True)
    found = np.zeros((leaves.n, len(codes)), dtype=np.int64)
    np.add.at(found, (part[part != NONE], place[part != NONE]), 1)
    return found


def rolled_up(counts: IntArray, parent: IntArray) -> IntArray:
    """(n_nodes, m) what lies in each node or in any below it."""
    found = np.zeros_like(counts)
    node = np.arange(len(parent))
    while (node != NONE).any():
        is_there = node != NONE
        np.add.at(found, node[is_there], counts[is_there])
        node = np.where(is_there, parent[node], NONE)
    return found


def _of_parts(cells: BoolArray, division: Division) -> BoolArray:
    """(n_parts + 1,) the nodes' cells as the table has them; a part made of several nodes is hidden if one is."""
    found = np.where(division.node_of_part == NONE, False, cells[division.node_of_part])
    for part in np.flatnonzero(division.node_of_part == NONE).tolist():
        found[part] = cells[division.leaf_of_case[division.of_case == part]].any()
    return np.append(found, cells[division.whole_node])
