"""Random edits of drafts, and what must hold after each of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.areas import Area
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.edits import edited
from geo.compute.plans.figures import n_pieces, unit_of_homes
from geo.compute.plans.rows import delta_of, draft_of, rows_of, stepped, turned
from geo.drafts import CodeBook, Draft
from geo.errors import GridcircleError
from geo.plan_ops import Bridge, Carve, Change, Lock, Merge, Move, Paint, Rename, Renumber, SetPost, Split
from geo.plan_rows import PlanRows
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.units import E7, NONE


@dataclass
class World:
    """A plan under random hands."""

    community: Area
    rows: PlanRows
    homes_lonlat: np.ndarray
    people: np.ndarray
    rng: np.random.Generator
    done: int = 0
    refused: int = 0
    given: dict[str, set[int]] = field(default_factory=dict)
    """Code -> ids of all grids that had it."""
    seen: tuple[PlanRows, Draft] | None = None
    """The draft that was last asked for, and the rows it was made of."""

    def draft(self) -> Draft:
        if self.seen is None or self.seen[0] is not self.rows:
            self.seen = self.rows, draft_of(self.community, self.rows)
        return self.seen[1]

    def codes(self) -> CodeBook:
        """Every code that was ever seen has been given."""
        for grid in self.rows.grids.values():
            self.given.setdefault(grid.code, set()).add(grid.id)
        return CodeBook(code_scheme(DEFAULT_SCHEME), {code: frozenset(ids) for code, ids in self.given.items()})

    def step(self) -> tuple[PlanRows, Change | None]:
        """One random edit; the rows before it, and None for the edit if it was refused."""
        before, draft = self.rows, self.draft()
        change = any_change(draft, self.rng)
        try:
            after = edited(draft, change, self.codes())
        except GridcircleError:
            self.refused += 1
            assert self.rows == before
            return before, None
        new = [grid.code for grid in after.grids if grid.id < 0]
        assert not self.given.keys() & set(new), "a code given twice"
        if not isinstance(change, Bridge):
            pieces = dict(zip((grid.id for grid in draft.grids), n_pieces(draft).tolist(), strict=True))
            for grid, n in zip(after.grids, n_pieces(after).tolist(), strict=True):
                assert n <= max(1, pieces.get(grid.id, 1)), "a grid fell to pieces"
        next_id = max(before.grids) + 1
        grids = tuple(grid if grid.id > 0 else replace(grid, id=next_id - grid.id) for grid in after.grids)
        self.rows = rows_of(replace(after, grids=grids), before)
        self.done += 1
        return before, change

    def check(self, before: PlanRows) -> None:
        """What holds after any edit."""
        draft = self.draft()
        n_units, n_grids = len(draft.unit_no), len(draft.grids)
        assert draft.grid_of_unit.min() >= 0
        assert sorted(set(draft.grid_of_unit.tolist())) == list(range(n_grids)), "a grid without a unit"
        units = shapes_of(draft.fabric, np.arange(n_units), n_units)
        grids = shapes_of(draft.fabric, draft.grid_of_unit, n_grids)
        assert shapely.coverage_is_valid(units)
        assert shapely.coverage_is_valid(grids)
        whole = shapely.coverage_union_all(units)
        assert abs(shapely.area(grids).sum() / whole.area - 1) < 1e-9
        # a new place in the community's own border is rounded to a centimetre, as all are
        assert abs(whole.area / self.community.shape.area - 1) < 1e-5, "the community's own border moved"
        unit = unit_of_homes(units, self.homes_lonlat)
        assert (unit != NONE).all()
        counted = np.bincount(draft.grid_of_unit[unit], weights=self.people, minlength=n_grids)
        assert counted.sum() == self.people.sum()
        delta = delta_of(before, self.rows)
        assert same(stepped(before, delta), self.rows)
        assert same(stepped(self.rows, turned(delta)), before)
        self.check_locks(before)
        self.check_bridges(units, grids)

    def check_bridges(self, units: np.ndarray, grids: np.ndarray) -> None:
        """Bridges join units that share no border; a grid's polygons and bridges are as many pieces as are counted."""
        draft = self.draft()
        sides = {frozenset(pair) for pair in zip(draft.fabric.left.tolist(), draft.fabric.right.tolist(), strict=True)}
        assert not sides & {frozenset(bridge[:2]) for bridge in draft.bridges}
        assert [bridge[:2] for bridge in draft.bridges] == sorted({bridge[:2] for bridge in draft.bridges})
        for place, pieces in enumerate(n_pieces(draft).tolist()):
            parts = shapely.get_parts(grids[place])
            own = np.flatnonzero(draft.grid_of_unit == place)
            joined = [(unit,) for unit in own[shapely.get_num_geometries(units[own]) > 1].tolist()]  # islands of a unit
            joined += [bridge[:2] for bridge in draft.bridges if set(bridge[:2]) <= set(own.tolist())]
            links = [link for some in joined for link in pairwise(parts_of(parts, units[list(some)]))]
            graph = coo_array((np.ones(len(links)), np.array(links, int).reshape(-1, 2).T), (len(parts), len(parts)))
            assert connected_components(graph, directed=False)[0] == pieces

    def check_locks(self, before: PlanRows) -> None:
        """A grid that was locked is still there, on the same ground."""
        locked = [grid for grid in before.grids.values() if grid.is_locked]
        then, now = (shapes_by_id(draft_of(self.community, rows)) if locked else {} for rows in (before, self.rows))
        for grid in locked:
            moved = then[grid.id].symmetric_difference(now[grid.id])
            # where a neighbour is cut the common border gets a place, rounded as all are
            assert moved.area <= then[grid.id].length / E7, grid


def same(one: PlanRows, other: PlanRows) -> bool:
    return (one.arcs, one.units, one.grids, one.bridges) == (other.arcs, other.units, other.grids, other.bridges)


def parts_of(parts: np.ndarray, shapes: np.ndarray) -> list[int]:
    """Which of some polygons hold the polygons of some shapes."""
    inside = shapely.point_on_surface(shapely.get_parts(shapes))
    return [int(np.flatnonzero(shapely.intersects(parts, point))[0]) for point in inside]


def shapes_by_id(draft: Draft) -> dict[int, shapely.Geometry]:
    shapes = shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids))
    return {grid.id: shape for grid, shape in zip(draft.grids, shapes, strict=True)}


def any_change(draft: Draft, rng: np.random.Generator) -> Change:
    """An edit that somebody might try, sensible or not."""
    make = rng.choice(
        np.array([_paint, _split, _merge, _move, _carve, _bridge, _told], dtype=object),
        p=[0.25, 0.18, 0.1, 0.2, 0.1, 0.12, 0.05],
    )
    change: Change = make(draft, rng)
    return change


def _grid(draft: Draft, rng: np.random.Generator) -> int:
    return int(draft.grids[rng.integers(len(draft.grids))].id)


def _paint(draft: Draft, rng: np.random.Generator) -> Paint:
    """A unit at the border of a grid, as a rule, or at the other end of a bridge from it."""
    fabric = draft.fabric
    left, right = (np.append(draft.grid_of_unit, NONE)[side] for side in (fabric.left, fabric.right))
    arcs = np.flatnonzero((left != right) & (left != NONE) & (right != NONE))
    if draft.bridges and rng.random() < 0.2:
        one, other, _ = draft.bridges[rng.integers(len(draft.bridges))]
        return Paint((int(draft.unit_no[one]),), draft.grids[draft.grid_of_unit[other]].id)
    if not len(arcs) or rng.random() < 0.1:
        return Paint((int(rng.choice(draft.unit_no)),), _grid(draft, rng))
    arc = int(rng.choice(arcs))
    return Paint((int(draft.unit_no[fabric.left[arc]]),), draft.grids[int(right[arc])].id)


def _box(draft: Draft) -> tuple[np.ndarray, np.ndarray]:
    places = draft.fabric.node_e7 / E7
    return places.min(axis=0), places.max(axis=0)


def _split(draft: Draft, rng: np.random.Generator) -> Split:
    """A line from one side to the other through a place in the grid."""
    place = int(rng.integers(len(draft.grids)))
    units = np.flatnonzero(draft.grid_of_unit == place)
    arcs = np.flatnonzero(np.isin(draft.fabric.left, units) | np.isin(draft.fabric.right, units))
    nodes = draft.fabric.node_e7[draft.fabric.from_node[arcs]] / E7
    low, high = nodes.min(axis=0), nodes.max(axis=0)
    size = np.maximum(high - low, 1e-6)
    middle = low + size * rng.uniform(0.2, 0.8, 2)
    angle = rng.uniform(0, np.pi)
    way = np.array([np.cos(angle), np.sin(angle)]) * size * 1.5
    bend = middle + size * rng.uniform(-0.1, 0.1, 2)
    return Split(draft.grids[place].id, tuple(map(tuple, [middle - way, bend, middle + way])))


def _merge(draft: Draft, rng: np.random.Generator) -> Merge:
    return Merge((_grid(draft, rng), _grid(draft, rng)))


def _move(draft: Draft, rng: np.random.Generator) -> Move:
    low, high = _box(draft)
    nodes = draft.fabric.node_e7 / E7
    start = nodes[rng.integers(len(nodes))]
    return Move(((tuple(start), tuple(start + (high - low) * rng.normal(0, 0.01, 2))),))


def _carve(draft: Draft, rng: np.random.Generator) -> Carve:
    low, high = _box(draft)
    middle, size = low + (high - low) * rng.random(2), (high - low) * rng.uniform(0.02, 0.2)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
    corners = [middle + size * [np.cos(angle), np.sin(angle)] for angle in angles]
    return Carve(tuple(map(tuple, corners)), f"专属{rng.integers(10**6)}")


def _bridge(draft: Draft, rng: np.random.Generator) -> Bridge:
    """Between any two units, as a rule of one grid; or one that there is, taken back."""
    if draft.bridges and rng.random() < 0.2:
        one, other, _ = draft.bridges[rng.integers(len(draft.bridges))]
        return Bridge((int(draft.unit_no[other]), int(draft.unit_no[one])), is_open=False)
    one = int(rng.integers(len(draft.unit_no)))
    is_own = draft.grid_of_unit == draft.grid_of_unit[one]
    other = int(rng.choice(np.flatnonzero(is_own) if rng.random() < 0.4 else np.arange(len(is_own))))
    return Bridge((int(draft.unit_no[one]), int(draft.unit_no[other])), "天桥")


def _told(draft: Draft, rng: np.random.Generator) -> Any:
    grid = _grid(draft, rng)
    return [
        Rename(grid, f"n{rng.integers(100)}"),
        SetPost(grid, "member", bool(rng.random() < 0.5)),
        Lock(grid, bool(rng.random() < 0.3)),
        Renumber(),
    ][rng.integers(4)]
