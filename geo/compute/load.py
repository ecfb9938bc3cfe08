"""How much work a grid is, in hours a month: visits by cycle, cases, shops, and the way between homes.

Hours, not heads: 400 households in towers and 400 in yards along three kilometres are not the same work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.inequality import gini
from geo.plan_figures import Balance, GridFigures, LoadHours
from geo.rules.load import LoadRule
from geo.units import MINUTES_PER_HOUR, NONE, FloatArray, IntArray
from geo.work import WORK_KINDS, WorkCounts

SECONDS_PER_HOUR = 3600

TOUR_CONSTANT = 0.7124
"""Length of the shortest round past many places strewn over an area, by the root of their number times the area.

Source: Beardwood, Halton and Hammersley (1959), Proc. Cambridge Phil. Soc. 55, 299-327, who prove that it is constant;
its value after Johnson, McGeoch and Rothberg (1996), Proc. 7th ACM-SIAM Symp. Discrete Algorithms, 341-350.
"""


class KnownWork(NamedTuple):
    """What somebody has counted, by grid; arrays of (n_grids,), NaN where nobody has, None if nowhere."""

    special_households: FloatArray | None = None
    """Households of hardship and special groups."""
    visits: FloatArray | None = None
    """Visits due a month: takes the place of those that the cycle makes."""
    cases: FloatArray | None = None
    """Cases a month; not known counts as none."""


def known_work(counts: WorkCounts, grid_of_count: IntArray, n_grids: int) -> KnownWork:
    """What has been counted in each grid; not open cases, which tell how much waits and not what a month brings.

    Parameters
    ----------
    counts
        All there are.
    grid_of_count
        (n_counts,) place among the grids of the one that each count lies in; NONE: in none.
    n_grids
        How many grids there are.
    """
    kinds = ("special_households", "visits_due", "cases_a_month")
    return KnownWork(*(counted(counts, kind, grid_of_count, n_grids) for kind in kinds))


def counted(counts: WorkCounts, kind: str, group_of_count: IntArray, n_groups: int) -> FloatArray:
    """(n_groups,) sums of the counts of one kind by group; NaN where there is no such count.

    ``group_of_count`` is (n_counts,), NONE for what is in no group.
    """
    is_meant = (counts.kind == WORK_KINDS.index(kind)) & (group_of_count != NONE)
    group = group_of_count[is_meant]
    total = np.bincount(group, weights=counts.number[is_meant], minlength=n_groups)
    return np.where(np.bincount(group, minlength=n_groups) > 0, total, np.nan)


def visits_per_month(households: FloatArray, special: FloatArray, rule: LoadRule) -> FloatArray:
    """Visits that the cycle asks for.

    Parameters
    ----------
    households, special
        (n,) all households, and those of special groups; more special ones than households count as all.
    rule
        How often whom.
    """
    monthly = np.minimum(special, households)
    return monthly / rule.special_every_months + (households - monthly) / rule.others_every_months


def walking_m(homes: FloatArray, area_m2: FloatArray, rule: LoadRule) -> FloatArray:
    """Length of one round past all homes of a grid, along its streets.

    An estimate for many homes strewn evenly: of few homes the true round is longer, of homes that stand together on a
    corner of their grid much shorter.

    Parameters
    ----------
    homes, area_m2
        (n_grids,) how many places on how much ground.
    rule
        How much longer than straight the way along streets is.

    Source
    ------
    ``TOUR_CONSTANT`` times the root of homes times area.
    """
    return TOUR_CONSTANT * rule.detour_factor * np.sqrt(homes * area_m2)


def load_of_grids(figures: GridFigures, known: KnownWork, round_m: FloatArray, rule: LoadRule) -> LoadHours:
    """Hours a month by what they go into.

    Parameters
    ----------
    figures
        Of the grids.
    known
        What has been counted.
    round_m
        (n_grids,) one round past all homes, measured or as :func:`walking_m` has it.
    rule
        Cycles and minutes.
    """
    households = figures.households
    special = _known(known.special_households, households * rule.special_share)
    visits = _known(known.visits, visits_per_month(households, special, rule))
    cases = _known(known.cases, np.zeros(len(households)))
    rounds = rule.rounds_a_work_day * rule.work_days
    return LoadHours(
        visits=visits * rule.minutes_of_visit / MINUTES_PER_HOUR,
        cases=cases * rule.minutes_of_case / MINUTES_PER_HOUR,
        shops=figures.shops / rule.shops_every_months * rule.minutes_of_shop / MINUTES_PER_HOUR,
        patrol=rounds * round_m / rule.speed_m_s / SECONDS_PER_HOUR,
    )


def hours_per_month(figures: GridFigures, known: KnownWork, rule: LoadRule) -> FloatArray:
    """(n_grids,) hours of work a month, the round past all homes estimated."""
    round_m = walking_m(figures.homes.astype(np.float64), figures.area_m2, rule)
    return load_of_grids(figures, known, round_m, rule).total


def _known(counted: FloatArray | None, otherwise: FloatArray) -> FloatArray:
    return otherwise if counted is None else np.where(np.isnan(counted), otherwise, counted)


def balance_of(hours: FloatArray, rule: LoadRule) -> Balance:
    """How evenly work is spread over grids; the bars of two plans are the same, so that they can be compared.

    Parameters
    ----------
    hours
        (n_grids,) a month; none below 0.
    rule
        Bars of the histogram, and a full-time month.
    """
    edges = np.arange(0.0, rule.last_hours + rule.bin_hours / 2, rule.bin_hours)
    counts, _ = np.histogram(hours, np.append(edges, np.inf))
    told = [float(value) for value in (hours.mean(), hours.min(), hours.max())] if len(hours) else [None] * 3
    mean, smallest, largest = told
    return Balance(
        grids=len(hours),
        mean=mean,
        smallest=smallest,
        largest=largest,
        largest_to_smallest=largest / smallest if smallest and largest is not None else None,
        gini=gini(hours, np.ones(len(hours))),
        over_full_time=int((hours > rule.full_time_hours).sum()),
        bin_from=tuple(edges.tolist()),
        grids_in_bin=tuple(counts.tolist()),
    )
