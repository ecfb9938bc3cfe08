"""Visits by grid in whole numbers: what is due, what was done, what is open; parts always add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from geo.case_figures import percent_of, rounded
from geo.compute.cases.tables import rolled_up
from geo.compute.hidden_cells import hidden_in_all
from geo.rules.figures import FigureRule
from geo.rules.visits import Counted, VisitKind
from geo.units import MINUTES_PER_HOUR, NONE, BoolArray, FloatArray, IntArray
from geo.visits import Standing

HIDDEN = Standing(None, None, None, None, None)


def targets_of_grids(households: FloatArray, special: FloatArray, shops: FloatArray) -> dict[Counted, IntArray]:
    """How many there are to be visited in each grid, in whole numbers: halves upwards.

    Parameters
    ----------
    households, special, shops
        (n_grids,) fractions allowed, as cells of a population grid have them. More special ones than households are
        all of them.

    Returns
    -------
    (n_grids,) each; special and other households add up to the households.
    """
    whole, special_whole = _whole(households), _whole(np.minimum(special, households))
    ones = np.ones(len(whole), np.int64)
    others = whole - special_whole
    return {"special_households": special_whole, "other_households": others, "shops": _whole(shops), "one": ones}


def _whole(values: FloatArray) -> IntArray:
    return np.asarray(np.floor(values + 0.5), np.int64)


def shared_out(number: int, weights: FloatArray) -> IntArray:
    """A count shared out by weights in whole numbers that add up to it: largest remainders first, then the first.

    Parameters
    ----------
    number
        0 or more.
    weights
        (n,) not below 0, some above.

    Returns
    -------
    (n,)

    Examples
    --------
    >>> shared_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = number * weights / weights.sum()
    found = np.asarray(np.floor(exact + 1e-9), np.int64)
    rest = np.argsort(found - exact, kind="stable")[: number - int(found.sum())]
    found[rest] += 1
    return found


def carried_over(number: int, was_here: BoolArray, grid_now: IntArray, households: FloatArray) -> dict[int, int]:
    """Where a count of a grid of an earlier plan belongs today: with its homes.

    Parameters
    ----------
    number
        Visits done in the earlier grid.
    was_here, grid_now, households
        (n_homes,) whether each lay in the earlier grid, the grid that it lies in now (NONE: none), how many live there.

    Returns
    -------
    Grid -> its part; all to NONE where no home lay in the earlier grid.
    """
    grids, place = np.unique(grid_now[was_here], return_inverse=True)
    if not len(grids):
        return {NONE: number}
    weights = sums_by(place, households[was_here], len(grids))
    if not weights.any():
        weights = sums_by(place, np.ones(len(place)), len(grids))
    return {int(grid): int(part) for grid, part in zip(grids, shared_out(number, weights), strict=True) if part}


def visit_sums(due: IntArray, done: IntArray, parent: IntArray) -> IntArray:
    """(n_nodes, 3) due, done and open of one term in every node of a tree.

    Parameters
    ----------
    due, done
        (n_nodes,) of the leaves; 0 of what has leaves below it. Visits beyond those due make up for none elsewhere.
    parent
        (n_nodes,) NONE: of the whole.
    """
    return rolled_up(np.stack([due, done, np.maximum(due - done, 0)], axis=1), parent)


def hidden_kinds(
    parent: IntArray,
    kinds: Mapping[str, VisitKind],
    sums: Mapping[str, Sequence[IntArray]],
    shows_classes: BoolArray,
    smallest: int,
) -> dict[str, BoolArray]:
    """By kind: (n_nodes,) whose numbers to hide, so that none below the smallest is told or follows from others.

    Parameters
    ----------
    parent
        (n_nodes,) NONE: of the whole.
    kinds
        By key.
    sums
        By key: as of :func:`visit_sums`, of all terms that are told.
    shows_classes
        (n_nodes,) whether households are told apart there.
    smallest
        No smaller number is told.
    """
    found: dict[str, BoolArray] = {}
    families = {key: "households" if kind.is_of_households else key for key, kind in kinds.items()}
    for family in dict.fromkeys(families.values()):
        keys = [key for key in kinds if families[key] == family]
        kind = kinds[keys[0]]
        # of the grid itself it is known that there is one; of what is not told, how many are due
        columns = slice(None if kind.counts != "one" else 1, None if kind.is_told else 1)
        tables = [counts[:, columns] for key in keys for counts in sums[key]]
        also = ~shows_classes if kind.is_of_households else np.zeros(len(parent), np.bool_)
        hidden = hidden_in_all(parent, tables, smallest, also, compares=True)
        found |= dict.fromkeys(keys, hidden)
    return found


def standings(
    sums: IntArray, kind: VisitKind, rule: FigureRule, hidden: BoolArray | None = None, *, is_done_told: bool = True
) -> list[Standing]:
    """How visits of one term stand in every node of a tree.

    Parameters
    ----------
    sums
        (n_nodes, 3) as of :func:`visit_sums`.
    kind, rule
        What a visit takes; how figures are rounded.
    hidden
        (n_nodes,) whose numbers are not told; None: all are.
    is_done_told
        False: only what is due is told.
    """
    is_hidden = np.zeros(len(sums), np.bool_) if hidden is None else hidden
    return [
        HIDDEN if off else _standing((row[0], row[1], row[2]), kind, rule, is_done_told=is_done_told and kind.is_told)
        for row, off in zip(sums.tolist(), is_hidden.tolist(), strict=True)
    ]


def _standing(counts: tuple[int, int, int], kind: VisitKind, rule: FigureRule, *, is_done_told: bool) -> Standing:
    due, done, left = counts
    minutes = Decimal(left if is_done_told else due) * Decimal(str(kind.minutes))
    hours = rounded(minutes / MINUTES_PER_HOUR, rule.rounding, rule.hour_digits)
    if not is_done_told:
        return Standing(due, None, None, None, hours)
    return Standing(due, done, left, percent_of(left, due, rule.rounding, rule.percent_digits), hours)


def sums_by(places: IntArray, values: FloatArray, n: int) -> FloatArray:
    """(n,) sums of values by place; NONE is in none."""
    is_there = places != NONE
    return np.asarray(np.bincount(places[is_there], weights=values[is_there], minlength=n), np.float64)
