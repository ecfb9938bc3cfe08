"""Several layers made one, on units: a proposal that a person can follow cell by cell.

Within a community, units that lie in the same zone of every layer and hang together are a cell. One layer is the base,
and each of its zones, cut at the borders of communities, is a zone of the result. Every layer has a word on where a
cell belongs: it has the cell with a zone's people if the cell lies in that of its own zones in which most of them live.

1. A cell stays in its zone of the base unless more layers have it with a neighbouring zone's people.
2. Pieces that do not hang together with the most populous piece of their zone, and cells in no zone of the base, go to
   the neighbour that most layers have them with; of several, to the one with the longest common border.

Ties go to the zone of the base, then to the longer border, then to the lower number: equal input gives equal output.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.chains import component_of_node
from geo.units import NONE, BoolArray, FloatArray, IntArray

STAYED, OUTVOTED, LOOSE, GAP = range(4)
"""Why a cell is in its zone: from the base; by the other layers; joined to a neighbour; from no zone of the base."""


class MergeUnits(NamedTuple):
    """Units of all communities, with the zone of each layer that has them."""

    zone: IntArray
    """(n_layers, n_units) NONE where a unit is in no zone of a layer."""
    community: IntArray
    """(n_units,)"""
    people: FloatArray
    """(n_units,)"""
    neighbours: IntArray
    """(n_borders, 2) units with a common border, each pair once."""
    border_m: FloatArray
    """(n_borders,)"""


class Merged(NamedTuple):
    """One layer of several."""

    zone_of_unit: IntArray
    """(n_units,) NONE where no zone of the base is near."""
    community: IntArray
    """(n_zones,)"""
    base_zone: IntArray
    """(n_zones,) the zone of the base that it goes back to. Zones are in the order of (community, base zone)."""
    cell_of_unit: IntArray
    """(n_units,)"""
    reason_of_cell: IntArray
    """(n_cells,) ``STAYED``, ``OUTVOTED``, ``LOOSE`` or ``GAP``."""


class _Cells(NamedTuple):
    zone: IntArray
    """(n_layers, n_cells)"""
    community: IntArray
    people: FloatArray
    n_units: FloatArray
    borders: IntArray
    """(n_borders, 2) pairs of cells of one community, each both ways."""
    border_m: FloatArray


def merge(units: MergeUnits, base: int, least_border_m: float) -> Merged:
    """One zone for every unit.

    Parameters
    ----------
    units
        The units.
    base
        Which layer is the base.
    least_border_m
        Units with less of a common border are no neighbours.
    """
    joins = units.border_m >= least_border_m
    pairs, border_m = units.neighbours[joins], units.border_m[joins]
    is_inside = units.community[pairs[:, 0]] == units.community[pairs[:, 1]]
    pairs, border_m = pairs[is_inside], border_m[is_inside]
    is_same = (units.zone[:, pairs[:, 0]] == units.zone[:, pairs[:, 1]]).all(axis=0)
    cell_of_unit = pieces(len(units.people), pairs[is_same])
    cells = _cells(units, cell_of_unit, pairs, border_m)
    known, own = _zones_of_base(cells, base)
    spoken = _spoken_for(cells, own, len(known))
    zone = _voted(cells, own, spoken)
    was_outvoted = (zone != own) & (own != NONE)
    joined = _joined(cells, _without_loose(cells, zone, len(known)), spoken)
    # a piece that borders on no other zone stays a piece of its own, and gaps beside it are its
    joined = _joined(cells, np.where(joined == NONE, zone, joined), spoken)
    reason = np.select([own == NONE, joined == own, was_outvoted & (joined == zone)], [GAP, STAYED, OUTVOTED], LOOSE)
    return _numbered(known, joined, cell_of_unit, reason)


def _numbered(known: IntArray, zone: IntArray, cell_of_unit: IntArray, reason: IntArray) -> Merged:
    """Zones that have anything, without holes in their numbers."""
    kept = np.unique(zone[zone != NONE])
    number = np.full(len(known) + 1, NONE, np.int64)
    number[kept] = np.arange(len(kept))
    return Merged(number[zone][cell_of_unit], known[kept, 0], known[kept, 1], cell_of_unit, reason)


def pieces(n: int, pairs: IntArray) -> IntArray:
    """(n,) the piece that each thing belongs to, where ``pairs`` (n_pairs, 2) hang together.

    Pieces are numbered in the order of their first things.

    >>> pieces(4, np.array([[3, 1]])).tolist()
    [0, 1, 2, 1]
    """
    first, other = np.ascontiguousarray(pairs.T)
    piece: IntArray = np.unique(component_of_node(first, other, n), return_inverse=True)[1]
    return piece


def _cells(units: MergeUnits, cell_of_unit: IntArray, pairs: IntArray, border_m: FloatArray) -> _Cells:
    _, first = np.unique(cell_of_unit, return_index=True)
    n = len(first)
    a, b = cell_of_unit[pairs].T
    is_border = a != b
    key, row = np.unique(
        np.concatenate([a[is_border] * n + b[is_border], b[is_border] * n + a[is_border]]), return_inverse=True
    )
    length_m = np.bincount(row, weights=np.tile(border_m[is_border], 2), minlength=len(key)).astype(np.float64)
    return _Cells(
        units.zone[:, first],
        units.community[first],
        np.bincount(cell_of_unit, weights=units.people, minlength=n).astype(np.float64),
        np.bincount(cell_of_unit, minlength=n).astype(np.float64),
        np.column_stack([key // max(n, 1), key % max(n, 1)]),
        length_m,
    )


def _zones_of_base(cells: _Cells, base: int) -> tuple[IntArray, IntArray]:
    """(n_zones, 2) community and zone of the base, and (n_cells,) which of these a cell is in."""
    is_in = cells.zone[base] != NONE
    rows = np.column_stack([cells.community, cells.zone[base]])
    known, place = np.unique(rows[is_in], axis=0, return_inverse=True)
    own = np.full(len(is_in), NONE, np.int64)
    own[is_in] = place.reshape(-1)
    return known.reshape(-1, 2), own


def _spoken_for(cells: _Cells, own: IntArray, n_zones: int) -> IntArray:
    """(n_layers, n_zones) the zone of each layer that has most people of a zone of the result; NONE: none has any."""
    spoken = np.full((len(cells.zone), n_zones), NONE, np.int64)
    for layer, zone in enumerate(cells.zone):
        is_in = np.flatnonzero((own != NONE) & (zone != NONE))
        width = int(zone.max(initial=0)) + 1
        key, row = np.unique(own[is_in] * width + zone[is_in], return_inverse=True)
        people = np.bincount(row, weights=cells.people[is_in], minlength=len(key))
        n_units = np.bincount(row, weights=cells.n_units[is_in], minlength=len(key))
        others = np.bincount(zone[is_in], weights=cells.people[is_in], minlength=width)[key % width] - people
        # the last to be written wins: most people, then most units, then fewest people of other zones, then lowest
        order = np.lexsort((-key, -others, n_units, people))
        spoken[layer, key[order] // width] = key[order] % width
    return spoken


def _votes(cells: _Cells, spoken: IntArray, cell: IntArray, zone: IntArray) -> IntArray:
    """How many layers have a cell with most people of a zone, for each of some pairs."""
    mine = cells.zone[:, cell]
    votes: IntArray = ((mine == spoken[:, zone]) & (mine != NONE)).sum(axis=0)
    return votes


def _voted(cells: _Cells, own: IntArray, spoken: IntArray) -> IntArray:
    """Each cell of the base where most layers have it, among its own zone and those that it borders."""
    cell, near = cells.borders.T
    is_meant = (own[cell] != NONE) & (own[near] != NONE)
    here = np.flatnonzero(own != NONE)
    cell, zone = np.concatenate([here, cell[is_meant]]), np.concatenate([own[here], own[near[is_meant]]])
    length_m = np.concatenate([np.zeros(len(here)), cells.border_m[is_meant]])
    return _best(cells, spoken, own, (cell, zone, length_m))


def _best(cells: _Cells, spoken: IntArray, own: IntArray, offers: tuple[IntArray, IntArray, FloatArray]) -> IntArray:
    """Each cell in the best zone that is offered to it: most votes, its own, longest border, lowest number.

    ``offers`` are cells, zones, and metres of border; a cell without an offer stays where it is.
    """
    cell, zone, length_m = offers
    width = int(zone.max(initial=0)) + 1
    key, row = np.unique(cell * width + zone, return_inverse=True)
    cell, zone = key // width, key % width
    border_m = np.bincount(row, weights=length_m, minlength=len(key))
    order = np.lexsort((-zone, border_m, zone == own[cell], _votes(cells, spoken, cell, zone)))
    found = own.copy()
    found[cell[order]] = zone[order]
    return found


def _without_loose(cells: _Cells, zone: IntArray, n_zones: int) -> IntArray:
    """NONE for cells that do not hang together with the most populous piece of their zone."""
    a, b = cells.borders.T
    piece = pieces(len(zone), cells.borders[(zone[a] == zone[b]) & (zone[a] != NONE)])
    people = np.bincount(piece, weights=cells.people)
    n_units = np.bincount(piece, weights=cells.n_units)
    _, first = np.unique(piece, return_index=True)
    main = np.full(n_zones + 1, NONE, np.int64)
    order = np.lexsort((-np.arange(len(first)), n_units, people))
    main[zone[first[order]]] = order
    main[NONE] = NONE
    return np.where(main[zone] == piece, zone, NONE)


def _joined(cells: _Cells, zone: IntArray, spoken: IntArray) -> IntArray:
    """Cells without a zone join a neighbour that has one, ring by ring, until none is left that has such a one."""
    cell, near = cells.borders.T
    while True:
        is_offer: BoolArray = (zone[cell] == NONE) & (zone[near] != NONE)
        if not is_offer.any():
            return zone
        zone = _best(cells, spoken, zone, (cell[is_offer], zone[near[is_offer]], cells.border_m[is_offer]))
