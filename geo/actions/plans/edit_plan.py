"""Do something to a draft, or see what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, plan_for
from geo.compute.fabric.faces import e7_of
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.drawn import led_of, left_out
from geo.compute.plans.edits import edited
from geo.compute.plans.rows import delta_of, draft_of, rows_of, stepped, touched_grids, turned
from geo.drafts import Draft
from geo.errors import BadMove
from geo.plan_drawn import Led, LeftOut
from geo.plan_ops import Bridge, Carve, Change, PlanOp, Redo, Rename, SetPost, Undo
from geo.plan_rows import Delta, PlanRows
from geo.plans import Plan
from geo.rules.plan_edits import plan_edit_rule
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.text_masks import masked, masked_contact
from geo.units import NONE


@dataclass(frozen=True)
class Edited:
    """What an edit did, or would do."""

    plan: Plan
    """As it is after; with a dry run as it was."""
    before: Draft
    after: Draft
    touched: Sequence[int]
    """Ids of the grids that it touched, those that are gone included."""
    shapes: dict[int, BaseGeometry]
    """Id -> multipolygon, EPSG:4326, of the touched grids that there are."""
    can_undo: bool
    can_redo: bool
    led: Sequence[Led] = ()
    """Places of a drawing that were led elsewhere."""
    left_out: LeftOut | None = None
    """Of a drawn ring; None: nothing worth telling."""


@dataclass(frozen=True)
class Standing:
    """Edits that stand and that were taken back, the newest last: their ``seq``."""

    done: tuple[int, ...]
    undone: tuple[int, ...]

    @classmethod
    def of(cls, steps: Iterable[tuple[int, str]]) -> Standing:
        """What stands of a log: ``seq`` and operation of each edit, in order.

        >>> Standing.of([(2, "paint"), (3, "split"), (4, "undo")])
        Standing(done=(2,), undone=(3,))
        """
        done: list[int] = []
        undone: list[int] = []
        for seq, op in steps:
            if op == "undo":
                undone.append(done.pop())
            elif op == "redo":
                done.append(undone.pop())
            else:
                done.append(seq)
                undone.clear()
        return cls(tuple(done), tuple(undone))


def edit_plan(db: Database, plan_id: int, version: int, op: PlanOp, hand: Hand, *, dry_run: bool = False) -> Edited:
    """One edit of a draft, in one transaction; a dry run changes nothing.

    Raises
    ------
    NotFound
        If there is no such plan, grid or unit.
    NotAllowed
        If its community lies outside the hand's area.
    StaleVersion
        If the plan is not at that version any more; the sentence names the grids touched meanwhile.
    BadMove, BadGeometry
        If the plan is no draft, or the edit cannot be meant; the sentence says where and why.
    """
    op = _without_numbers(op)
    with db.read() if dry_run else db.write() as conn:
        plan = plan_for(conn, plan_id, hand, states=("draft",), version=version, lock=not dry_run)
        community = community_of(conn, area_id=plan.community_id)
        assert plan.fabric_id is not None, "drafts are drawn on units"
        rows = drafts.rows_of_plan(conn, plan_id, plan.fabric_id)
        before, steps = draft_of(community, rows), drafts.steps_of(conn, plan_id)
        if isinstance(op, Undo | Redo):
            after, delta, target = _replayed(conn, plan_id, rows, op, Standing.of(steps))
        else:
            changed, target = _changed(conn, plan, before, rows, op), None
            after = changed if dry_run else _with_ids(conn, community.id, changed)
            delta = delta_of(rows, after)
        draft = draft_of(community, after)
        touched = touched_grids(rows, after, delta)
        shapes = shapes_of_grids(draft, touched)
        name = type(op).__name__.lower()
        standing = Standing.of([*steps, (version + 1, name)])
        if not dry_run:
            drafts.write_step(conn, plan_id, plan.fabric_id, rows, after, shapes)
            values = {
                "op": name,
                "target": target,
                "request": asdict(op),
                "delta": delta,
                "grid_ids": touched,
                "token_name": hand.token_name,
            }
            drafts.note_edit(conn, plan_id, version, values, hand.at)
            plan = replace(plan, version=version + 1)
        led, left = _drawn(before, draft, op)
        return Edited(plan, before, draft, touched, shapes, bool(standing.done), bool(standing.undone), led, left)


def _drawn(before: Draft, after: Draft, op: PlanOp) -> tuple[Sequence[Led], LeftOut | None]:
    """What became of what was drawn."""
    if isinstance(op, Undo | Redo):
        return (), None
    led = led_of(before, after, op)
    if not isinstance(op, Carve):
        return led, None
    left, least_m2 = left_out(before, e7_of(np.array(op.polygon))), plan_edit_rule().least_left_out_m2
    return led, left if max(left.outside_m2, left.locked_m2) >= least_m2 else None


def _without_numbers(op: PlanOp) -> PlanOp:
    """The log of a plan keeps what was asked for: names and reasons without numbers of persons."""
    match op:
        case Carve() | Rename():
            return replace(op, name=masked(op.name).text)
        case Bridge():
            return replace(op, reason=masked(op.reason).text)
        case SetPost(duty_phone=str() as phone):
            return replace(op, duty_phone=masked_contact(phone))
    return op


def standing_of(conn: Connection, plan_id: int) -> Standing:
    """What of a plan's log stands."""
    return Standing.of(drafts.steps_of(conn, plan_id))


def shapes_of_grids(draft: Draft, grid_ids: Sequence[int]) -> dict[int, BaseGeometry]:
    """Id -> multipolygon of some grids; those that the draft does not have are left out."""
    places = [place for place, grid in enumerate(draft.grids) if grid.id in set(grid_ids)]
    label = np.full(len(draft.grids), NONE)
    label[places] = np.arange(len(places))
    shapes = shapes_of(draft.fabric, label[draft.grid_of_unit], len(places))
    return {draft.grids[place].id: shape for place, shape in zip(places, shapes, strict=True)}


def _changed(conn: Connection, plan: Plan, before: Draft, rows: PlanRows, change: Change) -> PlanRows:
    """The rows after a change; new grids have negative ids."""
    codes = plans.code_book(conn, plan.community_code, plan.code_scheme)
    return rows_of(edited(before, change, codes), rows)


def _with_ids(conn: Connection, community_id: int, rows: PlanRows) -> PlanRows:
    """The rows, new grids with permanent ids."""
    new = [grid for grid in rows.grids if grid < 0]
    if not new:
        return rows
    given = plans.new_grid_ids(conn, community_id, len(new))
    id_of = dict(zip(rows.grids, rows.grids, strict=True)) | dict(zip(new, given, strict=True))
    return replace(
        rows,
        units={unit: id_of[grid] for unit, grid in rows.units.items()},
        grids={id_of[grid.id]: replace(grid, id=id_of[grid.id]) for grid in rows.grids.values()},
    )


def _replayed(
    conn: Connection, plan_id: int, rows: PlanRows, op: Undo | Redo, standing: Standing
) -> tuple[PlanRows, Delta, int]:
    """The rows after going back or forth by one edit, what that does to rows, and which edit it is."""
    back = isinstance(op, Undo)
    targets = standing.done if back else standing.undone
    if not targets:
        raise BadMove("plan_nothing_to_undo" if back else "plan_nothing_to_redo")
    delta: Delta = drafts.delta_of_edit(conn, plan_id, targets[-1])
    delta = turned(delta) if back else delta
    return stepped(rows, delta), delta, targets[-1]
