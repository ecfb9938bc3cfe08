"""Which part of a table each case belongs to: the grid and unit that it had at a moment, and what holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.case_figures import Why
from geo.case_histories import AreaRow, CaseHistories, GridRow
from geo.units import NONE, BoolArray, IntArray

RESTS: tuple[Why, ...] = ("without_grid", "grid_not_known")
"""Parts of the whole beside the areas."""


class CaseGrids(NamedTuple):
    """Where cases lay at the moment asked about."""

    grid: IntArray
    """(n_cases,) ids; -1: in none, or not known."""
    is_known: BoolArray
    """(n_cases,) False: it was moved since, and no step says from where."""
    is_moved: BoolArray
    """(n_cases,) a plan had put it into another grid by then."""


def grids_of_cases(histories: CaseHistories) -> CaseGrids:
    """The grid of each case as the steps have it; the row's own where no step speaks of it."""
    said = histories.grids
    grid, is_known = histories.grid_now.copy(), np.ones(len(histories.case_id), dtype=np.bool_)
    later = np.flatnonzero(~said.is_known)[::-1]  # the first of them is written last, and stays
    grid[said.case[later]] = said.before[later]
    is_known[said.case[later]] = said.is_rehome[later] | said.says_before[later]
    earlier = np.flatnonzero(said.is_known)
    grid[said.case[earlier]] = said.grid[earlier]
    is_known[said.case[earlier]] = True
    is_moved = np.zeros(len(grid), dtype=np.bool_)
    is_moved[said.case[said.is_known & said.is_rehome & (said.grid != said.before)]] = True
    return CaseGrids(grid, is_known, is_moved)


@dataclass(frozen=True)
class PlaceTree:
    """The whole (0), the areas and grids in it, and what lies in none of them."""

    parent: IntArray
    """(n_nodes,) -1: of the whole."""
    level: Sequence[str]
    """(n_nodes,) all, an area's level, grid, or one of ``RESTS``."""
    code: Sequence[str | None]
    name: Sequence[str | None]
    node_of_area: Mapping[int, int]
    node_of_grid: Mapping[int, int]

    def leaf_of(self, grids: CaseGrids) -> IntArray:
        """(n_cases,) the node of each case's grid, or of why it has none."""
        ids, number = np.unique(grids.grid, return_inverse=True)
        without, unknown = (self.level.index(rest) for rest in RESTS)
        nodes = np.array([self.node_of_grid.get(grid_id, without) for grid_id in ids.tolist()], dtype=np.int64)
        return np.where(grids.is_known, nodes[number], unknown)

    def at_level(self, level: str) -> IntArray:
        """(n_nodes,) the node of a level that holds each, or is it; -1: none."""
        found = np.full(len(self.parent), NONE, dtype=np.int64)
        is_there = np.array([one == level for one in self.level])
        node = np.arange(len(self.parent))
        while (node != NONE).any():
            here = (node != NONE) & is_there[node] & (found == NONE)
            found[here] = node[here]
            node = np.where(node == NONE, NONE, self.parent[node])
        return found

    def is_below(self, above: int) -> BoolArray:
        """(n_nodes,) whether a node lies in another, or is it."""
        node, found = np.arange(len(self.parent)), np.zeros(len(self.parent), dtype=np.bool_)
        while (node != NONE).any():
            found |= node == above
            node = np.where(node == NONE, NONE, self.parent[node])
        return found


def place_tree(areas: Sequence[AreaRow], grids: Sequence[GridRow]) -> PlaceTree:
    """The tree of all areas and grids; an area whose parent is not known hangs from the whole."""
    node_of_area = {area.id: number for number, area in enumerate(areas, start=1)}
    first_grid = 1 + len(areas)
    node_of_grid = {grid.id: number for number, grid in enumerate(grids, start=first_grid)}
    parents = [NONE]
    parents += [0 if area.parent_id is None else node_of_area.get(area.parent_id, 0) for area in areas]
    parents += [node_of_area.get(grid.community_id, 0) for grid in grids]
    parents += [0 for _ in RESTS]
    return PlaceTree(
        parent=np.array(parents, dtype=np.int64),
        level=["all", *(area.level for area in areas), *("grid" for _ in grids), *RESTS],
        code=[None, *(area.code for area in areas), *(grid.code for grid in grids), *(None for _ in RESTS)],
        name=[None, *(area.name for area in areas), *(grid.name for grid in grids), *(None for _ in RESTS)],
        node_of_area=node_of_area,
        node_of_grid=node_of_grid,
    )


class Label(NamedTuple):
    """What a part is called."""

    key: str | None
    name: str | None
    why: Why | None = None


@dataclass(frozen=True)
class Division:
    """A table's parts, and the tree that they are parts of."""

    labels: Sequence[Label]
    """(n_parts,) in the order in which they are told."""
    of_case: IntArray | None
    """(n_cases,) the part of each case; -1: not in the table. None: by period."""
    parent: IntArray
    """(n_nodes,) of the tree; -1: of the whole."""
    leaf_of_case: IntArray
    """(n_cases,) the node that each case lies in."""
    node_of_part: IntArray
    """(n_parts,) the node that each part is; -1: none, it is made of several."""
    whole_node: int
    """The node that all parts together are."""


def by_label(label_no: IntArray, labels: Sequence[str], names: Mapping[str, str], rest: Why) -> Division:
    """Parts by what each case is called: (n_cases,) which of some labels; -1: nothing, and ``rest`` says why."""
    found = np.unique(label_no[label_no != NONE]).tolist()
    keys = sorted({labels[number] for number in found})
    part = {key: place for place, key in enumerate(keys)}
    part_of_label = np.full(len(labels) + 1, len(keys))
    part_of_label[found] = [part[labels[number]] for number in found]
    parts = [Label(key, names.get(key, key)) for key in keys] + [Label(None, None, rest)]
    of_case = part_of_label[label_no]
    parent = np.array([NONE, *(0 for _ in parts)], dtype=np.int64)
    return Division(parts, of_case, parent, of_case + 1, np.arange(1, len(parts) + 1), 0)


def by_place(tree: PlaceTree, leaf: IntArray, level: str, area_id: int | None) -> Division:
    """Parts by grids or areas of a level, within an area, those of the whole in no such place as parts of their own."""
    whole = 0 if area_id is None else tree.node_of_area[area_id]
    is_inside = tree.is_below(whole)
    holder = tree.at_level(level)
    nodes = [node for node, one in enumerate(tree.level) if one == level and is_inside[node]]
    nodes.sort(key=lambda node: (tree.code[node] or "", node))
    rests = [] if area_id is not None else [tree.level.index(rest) for rest in RESTS]
    labels = [Label(tree.code[node], tree.name[node]) for node in nodes]
    labels += [Label(None, None, rest) for rest in RESTS[: len(rests)]] + [Label(None, None, "without_area")]
    part_of_node = np.where(is_inside, len(labels) - 1, NONE)
    for part, node in enumerate(nodes):
        part_of_node[holder == node] = part
    part_of_node[rests] = np.arange(len(nodes), len(nodes) + len(rests))
    node_of_part = np.array([*nodes, *rests, NONE], dtype=np.int64)
    return Division(labels, np.where(is_inside[leaf], part_of_node[leaf], NONE), tree.parent, leaf, node_of_part, whole)
