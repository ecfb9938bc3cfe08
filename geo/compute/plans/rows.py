"""Between a plan's arrays and its numbered rows: what differs between two states, and going from one to the other.

The arrays of a :class:`geo.drafts.Draft` are what is computed with; rows are what is kept. A row's number is its own
for good, so that what an edit did is the rows that went and the rows that came, and can be replayed both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

import numpy as np

from geo.areas import Area
from geo.compute.fabric.faces import Fabric
from geo.drafts import BORDER_KINDS, Draft, DraftBridge, DraftGrid
from geo.grids import Post
from geo.plan_rows import ArcRow, Delta, PlanRows, UnitPair
from geo.units import NONE, Int32Array

Key = TypeVar("Key")
Row = TypeVar("Row")


def draft_of(community: Area, rows: PlanRows) -> Draft:
    """The arrays of a state: units, arcs and grids in the order of their numbers."""
    unit_no = np.array(sorted(rows.units), np.int64)
    grid_ids = sorted(rows.grids)
    arc_no = np.array(sorted(rows.arcs), np.int64)
    arcs = [rows.arcs[no] for no in arc_no.tolist()]
    place_of_unit = {no: place for place, no in enumerate(unit_no.tolist())} | {NONE: NONE}
    place_of_grid = {grid_id: place for place, grid_id in enumerate(grid_ids)}
    return Draft(
        community=community,
        fabric=_fabric(arcs, place_of_unit),
        kind_of_arc=np.array([BORDER_KINDS.index(arc.kind) for arc in arcs], np.int32),
        arc_no=arc_no,
        unit_no=unit_no,
        grid_of_unit=np.array([place_of_grid[rows.units[no]] for no in unit_no.tolist()], np.int64),
        grids=tuple(rows.grids[grid_id] for grid_id in grid_ids),
        bridges=tuple(
            DraftBridge(place_of_unit[one], place_of_unit[other], reason)
            for (one, other), reason in sorted(rows.bridges.items())
        ),
    )


def _fabric(arcs: list[ArcRow], place_of_unit: Mapping[int, int]) -> Fabric:
    ends = np.array([[arc.line[0], arc.line[-1]] for arc in arcs], np.int64).reshape(-1, 2)
    node_e7, node = np.unique(ends, axis=0, return_inverse=True)
    from_to = node.reshape(-1, 2).astype(np.int32)
    inner = [place for arc in arcs for place in arc.line[1:-1]]
    return Fabric(
        node_e7=node_e7.astype(np.int32),
        from_node=np.ascontiguousarray(from_to[:, 0]),
        to_node=np.ascontiguousarray(from_to[:, 1]),
        left=np.array([place_of_unit[arc.left] for arc in arcs], np.int32),
        right=np.array([place_of_unit[arc.right] for arc in arcs], np.int32),
        start_of_inner=np.concatenate([[0], np.cumsum([len(arc.line) - 2 for arc in arcs])]).astype(np.int64),
        inner_e7=np.array(inner, np.int32).reshape(-1, 2),
    )


def rows_of(draft: Draft, before: PlanRows) -> PlanRows:
    """The rows of a state that follows on another.

    Arcs of which nothing changed keep their number; units keep theirs as ``draft.unit_no`` says. NONE in ``unit_no`` is
    a unit that is new.
    """
    n_new = int((draft.unit_no == NONE).sum())
    unit_no = draft.unit_no.copy()
    unit_no[unit_no == NONE] = before.next_unit_no + np.arange(n_new)
    numbers: list[int] = unit_no.tolist()
    no_of_arc = {arc: no for no, arc in before.arcs.items()}
    arcs, next_arc_no = {}, before.next_arc_no
    for arc in arc_rows(draft.fabric, draft.kind_of_arc, numbers):
        no = no_of_arc.get(arc)
        if no is None:
            no, next_arc_no = next_arc_no, next_arc_no + 1
        arcs[no] = arc
    grid_of_unit = [draft.grids[place].id for place in draft.grid_of_unit.tolist()]
    return PlanRows(
        arcs=arcs,
        units=dict(zip(numbers, grid_of_unit, strict=True)),
        grids={grid.id: grid for grid in draft.grids},
        next_arc_no=next_arc_no,
        next_unit_no=before.next_unit_no + n_new,
        bridges={(numbers[bridge.one], numbers[bridge.other]): bridge.reason for bridge in draft.bridges},
    )


def arc_rows(fabric: Fabric, kind_of_arc: Int32Array, unit_no: list[int]) -> list[ArcRow]:
    """Arcs as rows, in their order; ``unit_no`` is the number of each face."""
    nodes, inner, start = fabric.node_e7.tolist(), fabric.inner_e7.tolist(), fabric.start_of_inner.tolist()
    number = [*unit_no, NONE]  # the outside is the last, which is what NONE counts to
    columns = (fabric.from_node, fabric.to_node, fabric.left, fabric.right, kind_of_arc)
    return [
        ArcRow(
            number[left],
            number[right],
            BORDER_KINDS[kind],
            tuple(map(tuple, [nodes[one], *inner[start[arc] : start[arc + 1]], nodes[other]])),
        )
        for arc, (one, other, left, right, kind) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        )
    ]


def delta_of(before: PlanRows, after: PlanRows) -> Delta:
    """What went and what came."""
    return {
        "arcs": _difference(before.arcs, after.arcs, _arc_told),
        "units": _difference(before.units, after.units, int),
        "grids": _difference(before.grids, after.grids, asdict),
        "bridges": _difference(before.bridges, after.bridges, str, _pair_told),
    }


def _difference(
    before: Mapping[Key, Row], after: Mapping[Key, Row], told: Any, key_told: Callable[[Key], str] = str
) -> dict[str, dict[str, Any]]:
    return {
        "gone": {key_told(key): told(row) for key, row in before.items() if after.get(key) != row},
        "come": {key_told(key): told(row) for key, row in after.items() if before.get(key) != row},
    }


def _pair_told(pair: UnitPair) -> str:
    return "-".join(map(str, pair))


def _pair_read(told: str) -> UnitPair:
    one, other = told.split("-")
    return int(one), int(other)


def _arc_told(arc: ArcRow) -> list[Any]:
    return list(arc)


def turned(delta: Delta) -> Delta:
    """The way back."""
    return {kind: {"gone": sides["come"], "come": sides["gone"]} for kind, sides in delta.items()}


def stepped(rows: PlanRows, delta: Delta) -> PlanRows:
    """The state that a delta leads to.

    Raises
    ------
    ValueError
        If the rows that should go are not those of this state.
    """
    arcs = _stepped(rows.arcs, delta["arcs"], int, _arc_read)
    return replace(
        rows,
        arcs=arcs,
        units=_stepped(rows.units, delta["units"], int, int),
        grids=_stepped(rows.grids, delta["grids"], int, _grid_read),
        bridges=_stepped(rows.bridges, delta["bridges"], _pair_read, str),
        next_arc_no=max([rows.next_arc_no, *(no + 1 for no in arcs)]),
        next_unit_no=max([rows.next_unit_no, *(int(no) + 1 for no in delta["units"]["come"])]),
    )


def _stepped(
    rows: Mapping[Key, Row], sides: Mapping[str, Mapping[str, Any]], key_read: Callable[[str], Key], read: Any
) -> dict[Key, Row]:
    left = dict(rows)
    for key, row in sides["gone"].items():
        if left.pop(key_read(key), None) != read(row):
            raise ValueError(f"row {key} is not as it was")
    return {**left, **{key_read(key): read(row) for key, row in sides["come"].items()}}


def _arc_read(told: list[Any]) -> ArcRow:
    left, right, kind, line = told
    return ArcRow(left, right, kind, tuple((lon, lat) for lon, lat in line))


def _grid_read(told: Mapping[str, Any]) -> DraftGrid:
    posts = {name: Post(**post) for name, post in told["posts"].items()}
    return DraftGrid(**{**told, "posts": posts})


def touched_grids(before: PlanRows, after: PlanRows, delta: Delta) -> list[int]:
    """Ids of the grids that an edit changed: their row, their units, a border or bridge of one of these; ascending."""
    found = {int(no) for side in delta["grids"].values() for no in side}
    found |= {grid for side in delta["units"].values() for grid in side.values()}
    for side, rows in (("gone", before), ("come", after)):
        units = {unit for arc in delta["arcs"][side].values() for unit in arc[:2]}
        units |= {unit for pair in delta["bridges"][side] for unit in _pair_read(pair)}
        found |= {rows.units[unit] for unit in units - {NONE}}
    return sorted(found)
