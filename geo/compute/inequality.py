"""How unevenly something is spread over people: Gini, Lorenz curve, the worst-off tenth. All weighted by people.

Source
------
Gini (1912), Variabilità e mutabilità; Lorenz (1905), Publ. Amer. Stat. Assoc. 9, 209-219; the ratio of the worst-off
tenth to the best-off four tenths after Palma (2011), Development and Change 42, 87-153.
"""

from __future__ import annotations

import numpy as np

from geo.units import FloatArray


def gini(values: FloatArray, people: FloatArray) -> float | None:
    """Half the mean difference of two people, as a share of the mean: 0 where all have the same, below 1.

    Parameters
    ----------
    values
        (n,) what each has; none below 0.
    people
        (n,) how many people each value stands for, fractions allowed.

    Returns
    -------
    None where there is nobody; 0 where nobody has anything.

    >>> gini(np.array([1.0, 1.0]), np.array([5.0, 7.0])), gini(np.array([0.0, 1.0]), np.array([3.0, 1.0]))
    (0.0, 0.75)
    """
    order = np.argsort(values, kind="stable")
    value, weight = values[order], people[order]
    upto = np.cumsum(weight)
    if not len(upto) or upto[-1] <= 0:
        return None
    whole = float((weight * value).sum())
    # every person against those below minus those above
    return float((weight * value * (2 * upto - weight - upto[-1])).sum() / (upto[-1] * whole)) if whole > 0 else 0.0


def held_by(values: FloatArray, people: FloatArray, shares: FloatArray) -> FloatArray:
    """How much the people with the least have together.

    Parameters
    ----------
    values, people
        As in :func:`gini`.
    shares
        (m,) shares of all people, 0 to 1. A value that a share ends in is split.

    Returns
    -------
    (m,) sums of value x people; all 0 where there is nobody.
    """
    order = np.argsort(values, kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(people[order])])
    held = np.concatenate([[0.0], np.cumsum((people * values)[order])])
    found: FloatArray = np.interp(np.asarray(shares) * upto[-1], upto, held)
    return found


def lorenz(values: FloatArray, people: FloatArray, n_parts: int = 10) -> FloatArray | None:
    """The Lorenz curve at ``n_parts`` + 1 even steps: the share of the whole held by each share of people.

    None where there is nobody or nobody has anything.
    """
    held = held_by(values, people, np.linspace(0, 1, n_parts + 1))
    return held / held[-1] if held[-1] > 0 else None


def mean(values: FloatArray, people: FloatArray) -> float | None:
    """Mean over people; None where there is nobody."""
    everybody = float(people.sum())
    return float((values * people).sum()) / everybody if everybody > 0 else None


def mean_of_highest(values: FloatArray, people: FloatArray, share: float) -> float | None:
    """Mean over the share of people whose values are highest; None where there is nobody."""
    everybody = float(people.sum())
    if everybody <= 0:
        return None
    rest, whole = held_by(values, people, np.array([1 - share, 1.0]))
    return float((whole - rest) / (share * everybody))


def highest_to_lowest(values: FloatArray, people: FloatArray, highest: float, lowest: float) -> float | None:
    """What the share of people with the highest values has together, over what that with the lowest has.

    None where the latter have nothing.
    """
    low, rest, whole = held_by(values, people, np.array([lowest, 1 - highest, 1.0]))
    return float((whole - rest) / low) if low > 0 else None


def quantile(values: FloatArray, people: FloatArray, share: float) -> float | None:
    """The least value that at least this share of people do not exceed; None where there is nobody.

    >>> quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(people[order])
    if not len(upto) or upto[-1] <= 0:
        return None
    position = int(np.searchsorted(upto, share * upto[-1] * (1 - 1e-12)))
    return float(values[order][position])
