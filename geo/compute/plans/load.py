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
from geo.work import WORK_KINDS, CountedGround, CountedShare, WorkCounts

SECONDS_PER_HOUR = 3600

TOUR_CONSTANT = 0.7124
"""Length of the shortest round past many places strewn over an area, by the root of their number times the area.

Source: Beardwood, Halton and Hammersley (1959), Proc. Cambridge Phil. Soc. 55, 299-327, who prove that it is constant;
its value after Johnson, McGeoch and Rothberg (1996), Proc. 7th ACM-SIAM Symp. Discrete Algorithms, 341-350.
"""


class KnownWork(NamedTuple):
    """What has been counted of each grid's work, and for whom it has to be estimated; arrays of (n_grids,)."""

    visits: FloatArray
    """Counted, due a month."""
    cases: FloatArray
    """Counted, a month; where nobody has counted, none are taken."""
    households: FloatArray
    """Those of units in which nobody has counted visits: the cycle makes theirs."""
    special_households: FloatArray
    """Counted ones of hardship and special groups, in these units."""
    households_by_share: FloatArray
    """Of ``households``, those of units in which nobody has counted special ones either."""


def known_work(
    counts: WorkCounts,
    ground: CountedGround,
    households: FloatArray,
    grid_of_home: IntArray,
    grid_of_count: IntArray,
    n_grids: int,
) -> KnownWork:
    """What has been counted in each grid, and the households of units in which it has not.

    Not open cases, which tell how much waits and not what a month brings. Whether a household's unit was counted is
    told by the community's own cut, so that a grid that has a part of a unit gets either its counts or nothing: all
    grids together have the same work by every plan.

    Parameters
    ----------
    counts
        All there are.
    ground
        The units that they were made for.
    households
        (n_homes,) of each home.
    grid_of_home, grid_of_count
        (n_homes,) and (n_counts,) place among the grids of the one that each lies in; NONE: in none.
    n_grids
        How many grids there are.
    """
    has_visits, has_special = (ground.is_counted(counts, kind) for kind in ("visits_due", "special_households"))
    of_unit = np.append(has_visits, False)  # NONE: a home in no unit has not been counted
    is_left = ~of_unit[ground.unit_of_home]
    by_share = is_left & ~np.append(has_special, False)[ground.unit_of_home]
    special = counts.of_kind("special_households") * ~of_unit[ground.unit_of_count]
    return KnownWork(
        visits=_sums(grid_of_count, counts.of_kind("visits_due"), n_grids),
        cases=_sums(grid_of_count, counts.of_kind("cases_a_month"), n_grids),
        households=_sums(grid_of_home, households * is_left, n_grids),
        special_households=_sums(grid_of_count, special, n_grids),
        households_by_share=_sums(grid_of_home, households * by_share, n_grids),
    )


def _sums(group: IntArray, value: FloatArray, n_groups: int) -> FloatArray:
    """(n_groups,) sums of what is in a group; NONE is in none."""
    return np.asarray(np.bincount(group + 1, weights=value, minlength=n_groups + 1)[1:], np.float64)


def counted_shares(counts: WorkCounts, ground: CountedGround, households: FloatArray) -> dict[str, CountedShare]:
    """Kind -> in how much of the ground it was counted, of the kinds that somebody has counted.

    ``households`` is (n_homes,) of each home.
    """
    told = {}
    for kind in WORK_KINDS:
        if kind in counts.dates:
            is_counted = ground.is_counted(counts, kind)
            its = households[np.append(is_counted, False)[ground.unit_of_home]]
            told[kind] = CountedShare(int(is_counted.sum()), ground.n_units, float(its.sum()), float(households.sum()))
    return told


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
        What has been counted, and for whom it is estimated.
    round_m
        (n_grids,) one round past all homes, measured or as :func:`walking_m` has it.
    rule
        Cycles and minutes.
    """
    special = known.special_households + known.households_by_share * rule.special_share
    visits = known.visits + visits_per_month(known.households, special, rule)
    rounds = rule.rounds_a_work_day * rule.work_days
    return LoadHours(
        visits=visits * rule.minutes_of_visit / MINUTES_PER_HOUR,
        cases=known.cases * rule.minutes_of_case / MINUTES_PER_HOUR,
        shops=figures.shops / rule.shops_every_months * rule.minutes_of_shop / MINUTES_PER_HOUR,
        patrol=rounds * round_m / rule.speed_m_s / SECONDS_PER_HOUR,
    )


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
