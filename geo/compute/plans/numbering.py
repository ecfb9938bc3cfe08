"""Codes of grids: in which order they are numbered, what is free, and what became of whom from plan to plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.plans.figures import centres_of_grids
from geo.drafts import CodeBook, Draft
from geo.errors import BadMove
from geo.grids import Grid
from geo.plan_figures import Descent
from geo.rules.code_schemes import CodeScheme
from geo.units import E7, NONE, FloatArray, IntArray


class Placed(NamedTuple):
    """Homes, or units, in two plans; arrays of (n,)."""

    before: IntArray
    """The grid's id; NONE: in no grid."""
    after: IntArray
    weight: FloatArray


def order_west_east_north_south(lonlat: FloatArray, ids: IntArray, scheme: CodeScheme) -> IntArray:
    """The order in which grids are numbered: row by row from the north, in each row from the west.

    "West to east and north to south" orders squares on a chessboard, not grids of any shape: of two grids each may lie
    farther west, or farther north, than the other. Rows of a fixed height, counted from the equator and so the same
    whatever is redrawn, make it an order of any places: by row from north to south, then by longitude, then the
    northern first, then by id.

    Parameters
    ----------
    lonlat
        (n,) centres; a grid without one (NaN) comes last.
    ids
        (n,) no two the same.
    scheme
        How high a row is.

    Returns
    -------
    (n,) places in the arrays, in order.
    """
    is_placed = np.asarray(np.isfinite(lonlat).all(axis=1))
    e7 = np.rint(np.where(is_placed[:, None], lonlat, 0.0) * E7).astype(np.int64)
    row = e7[:, 1] // scheme.row_e7
    return np.lexsort((ids, -e7[:, 1], e7[:, 0], -row, ~is_placed))


def number(
    community_code: str,
    ids_in_order: Sequence[int],
    scheme: CodeScheme,
    kept: Mapping[int, str] | None = None,
    retired: Collection[str] = (),
) -> dict[int, str]:
    """Give every grid of a community a code.

    Parameters
    ----------
    community_code
        12 digits.
    ids_in_order
        All grids, in the order of their numbers to be.
    scheme
        What codes look like.
    kept
        Grid -> the code that it keeps; the others get the lowest numbers that are free. None: all are numbered anew.
    retired
        Codes that are not given, as somebody may still ask for them.

    Raises
    ------
    BadMove
        If the scheme has fewer numbers left than there are grids, or if a code to be kept is no code of the scheme or
        is there twice.
    """
    whole = scheme.prefix(community_code) + scheme.whole
    if kept is None and scheme.whole and len(ids_in_order) == 1 and whole not in retired:
        return {ids_in_order[0]: whole}
    codes = dict(kept or {})
    used = _numbers_kept(community_code, scheme, codes)
    used |= {n for code in retired if (n := scheme.number_of(code, community_code)) is not None}
    free = (n for n in count(scheme.first) if n not in used)
    for grid in ids_in_order:
        if grid not in codes:
            n = next(free)
            _refuse_exhausted(community_code, scheme, n)
            codes[grid] = scheme.code(community_code, n)
    return {grid: codes[grid] for grid in ids_in_order}


def _numbers_kept(community_code: str, scheme: CodeScheme, kept: Mapping[int, str]) -> set[int]:
    used: set[int] = set()
    for code in kept.values():
        n = scheme.number_of(code, community_code)
        if n is None:
            raise BadMove("plan_code_not_of_scheme", code=code, digits=scheme.digits, community=community_code)
        if n in used:
            raise BadMove("plan_code_kept_twice", code=code)
        used.add(n)
    return used


def _refuse_exhausted(community_code: str, scheme: CodeScheme, n: int) -> None:
    if n > scheme.last:
        raise BadMove("plan_codes_exhausted", community=community_code, last=scheme.last)


def numbered(draft: Draft, codes: CodeBook, *, is_reusing: bool = False) -> list[str]:
    """The codes of all grids of a draft numbered anew, in the order of ``Draft.grids``.

    Codes that another grid has or had are left out, so that whoever asks for an old code is not sent to a stranger;
    those that the draft's own grids have now, or alone had, may change hands among them.

    Parameters
    ----------
    draft
        Its grids.
    codes
        How they are numbered, and who had which code.
    is_reusing
        Whether all codes are given, those of other grids included: without a gap.

    Raises
    ------
    BadMove
        If the scheme has fewer numbers left than there are grids.
    """
    ids = np.array([grid.id for grid in draft.grids], np.int64)
    own = frozenset(ids.tolist())
    strangers = {code for code, grids in codes.grids_of_code.items() if not grids <= own}
    retired = set[str]() if is_reusing else strangers - {grid.code for grid in draft.grids}
    order = order_west_east_north_south(centres_of_grids(draft), ids, codes.scheme)
    given = number(draft.community.code, ids[order].tolist(), codes.scheme, retired=retired)
    return [given[grid.id] for grid in draft.grids]


def free_codes(draft: Draft, n: int, codes: CodeBook) -> list[str]:
    """The next codes for ``n`` new grids, lowest numbers first: none that a grid has in the draft, or ever had.

    Raises
    ------
    BadMove
        If fewer are left.
    """
    taken = {*(grid.code for grid in draft.grids), *codes.grids_of_code}
    return list(number(draft.community.code, range(n), codes.scheme, {}, taken).values())


def lineage(before: IntArray, after: IntArray, residents: FloatArray, area_m2: FloatArray) -> list[Descent]:
    """What became of every grid of a plan in another one.

    Parameters
    ----------
    before, after
        (n,) grid of each piece of ground, or of each home, in the old plan and in the new one; NONE: in no grid.
    residents, area_m2
        (n,) of each piece. A grid's shares are those of its residents, or of its ground where nobody lives; that of
        pieces, if neither is known.

    Returns
    -------
    By old, then by new grid; those without an old one last. The shares of an old grid add up to 1.
    """
    pair, inverse = np.unique(np.stack([before, after], axis=1), axis=0, return_inverse=True)
    weights = np.stack([residents, area_m2, np.ones(len(before))], axis=1)
    of_pair = _sums(inverse.ravel(), weights, len(pair))
    is_new = pair[:, 0] == NONE
    whole = np.where(is_new[:, None], _whole(pair[:, 1], of_pair), _whole(pair[:, 0], of_pair))
    decides = np.argmax(whole > 0, axis=1)  # the first that there is any of
    rows = np.arange(len(pair))
    share = of_pair[rows, decides] / whole[rows, decides]
    ids = [(int(old), int(new)) for old, new in pair]
    kinds = _kinds(ids)
    found = [
        Descent(*both, kinds[both], float(part)) for both, part in zip(ids, share, strict=True) if both != (NONE, NONE)
    ]
    return sorted(found, key=lambda line: (line.old_id == NONE, line.old_id, line.new_id))


def lineage_with_ground(homes: Placed, units: Placed) -> list[Descent]:
    """What became of every grid, told by who lives there, and by ground where nobody does: parks and works have grids.

    Parameters
    ----------
    homes
        Weighed by residents.
    units
        Weighed by area. They count only where the grid before or after has no home: else ground on which nobody lives
        would make a line where none has moved.
    """
    is_told = ~(np.isin(units.before, homes.before) & np.isin(units.after, homes.after))
    before, after = (np.concatenate([one, other[is_told]]) for one, other in zip(homes[:2], units[:2], strict=True))
    no_area, nobody = np.zeros(len(homes.weight)), np.zeros(int(is_told.sum()))
    residents = np.concatenate([homes.weight, nobody])
    return lineage(before, after, residents, np.concatenate([no_area, units.weight[is_told]]))


def heirs_of(old_id: int, ground: BaseGeometry, today: Sequence[Grid], least_share: float) -> list[Descent]:
    """Which grids have the ground of another one, most of it first.

    Parameters
    ----------
    old_id
        The grid asked about.
    ground
        What it had, in degrees.
    today
        Grids that may have some of it; shapes in degrees.
    least_share
        Who has less of its ground, and is itself made of it by less, is a neighbour whose border was drawn anew.

    Returns
    -------
    Shares are of that ground. ``kept``: the grid itself, or one that has just its ground; ``split``: one of
    several; ``merged``: one that has more.
    """
    shapes = np.array([grid.shape for grid in today], dtype=object)
    shared = shapely.area(shapely.intersection(shapes, ground))
    of_old, of_new = shared / ground.area, shared / shapely.area(shapes)
    told = np.flatnonzero(np.maximum(of_old, of_new) >= least_share)
    order = told[np.lexsort((np.array([grid.id for grid in today], np.int64)[told], -of_old[told]))]

    def kind(place: int) -> str:
        if today[place].id == old_id:
            return "kept"
        if len(told) > 1:
            return "split"
        return "kept" if of_new[place] > 1 - least_share else "merged"

    return [Descent(old_id, today[place].id, kind(place), float(of_old[place])) for place in order.tolist()]


def _whole(grid: IntArray, of_pair: FloatArray) -> FloatArray:
    """(n_pairs, n_weights) what the grid of each pair has altogether."""
    grids, place = np.unique(grid, return_inverse=True)
    return _sums(place, of_pair, len(grids))[place]


def _sums(group: IntArray, columns: FloatArray, n_groups: int) -> FloatArray:
    """(n_groups, n_columns) sums of columns, (n, n_columns), by group."""
    return np.stack([np.bincount(group, column, n_groups) for column in columns.T], axis=1).astype(np.float64)


def _kinds(pairs: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    targets = Counter(old for old, _ in pairs)
    parents = Counter(new for _, new in pairs)

    def kind(old: int, new: int) -> str:
        if old == NONE:
            return "new"
        if new == NONE:
            return "gone"
        if old == new or (targets[old] == 1 and parents[new] == 1):
            return "kept"
        return "merged" if targets[old] == 1 else "split"

    return {(old, new): kind(old, new) for old, new in pairs}
