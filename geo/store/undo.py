"""Taking an import back as a whole: what it added goes, what it changed or retired is as it was before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, delete, exists, or_, select, type_coerce, update
from sqlalchemy.types import NullType

from geo.errors import BadMove
from geo.imports.report import ImportBatch, Undone
from geo.store.assignment_tables import assignment
from geo.store.gone_cases import cases_in_grids, keep_for_figures
from geo.store.imports import kept_ids, lock_batch
from geo.store.incident_tables import incident
from geo.store.layer_tables import layer
from geo.store.plan_tables import fabric
from geo.store.street_tables import street_network
from geo.store.tables import BEFORE, UNDOABLE, area, grid, import_batch, plan, plan_grid, resource, token
from geo.store.undo_cases import leave_cases, put_cases_back, refuse_touched_cases
from geo.store.visit_tables import visit_count
from geo.store.work_tables import work_count

POSITION = ("geom", "position_at")


def undo(conn: Connection, import_id: int, at: datetime) -> Undone:
    """Take one import back, in the caller's transaction; of orders what nobody has gone on from since.

    Raises
    ------
    NotFound
        If there is no such import.
    BadMove
        If it was undone already, or if what it brought was changed or is used since.
    """
    batch = lock_batch(conn, import_id)
    if batch.undone_at is not None:
        raise BadMove("import_undone_already", id=import_id, at=batch.undone_at.isoformat(timespec="minutes"))
    undone = Undone(batch)
    if batch.kind == "orders":
        undone = put_cases_back(conn, batch, at)
    else:
        refuse_touched_cases(conn, batch, at)
    left = [fault.evidence["id"] for fault in undone.left]
    for table in UNDOABLE:
        if table is not incident:
            _refuse_if(conn, _changed_later(table, batch), "import_changed_since", import_id)
    _undo_streets(conn, import_id)
    counted = exists(select(1).where(visit_count.c.plan_id == plan.c.id, plan.c.import_id == import_id))
    _refuse_if(conn, counted, "import_in_use", import_id)
    _refuse_if(conn, cases_in_grids(import_id), "import_in_use", import_id)
    _refuse_if(conn, _is_assigned(import_id), "import_in_use", import_id)
    keep_for_figures(conn, import_id, at, left)
    _undo_plans(conn, import_id)
    conn.execute(delete(layer).where(layer.c.import_id == import_id))
    _refuse_if(conn, _area_in_use(import_id), "import_in_use", import_id)
    leave_cases(conn, import_id, at, left)
    for table in UNDOABLE:
        stays = [] if table is not incident else left
        conn.execute(delete(table).where(_added(table, import_id), table.c.id.not_in(stays)))
        _restore(conn, table, import_id)
    conn.execute(update(import_batch).where(import_batch.c.id == import_id).values(undone_at=at))
    return undone


def _refuse_if(conn: Connection, condition: ColumnElement[bool], key: str, import_id: int) -> None:
    if conn.execute(select(condition)).scalar_one():
        raise BadMove(key, id=import_id)


def _added(table: Table, import_id: int) -> ColumnElement[bool]:
    """Rows that were not there before the import."""
    return and_(table.c.import_id == import_id, table.c.id.not_in(kept_ids(table, import_id)))


def _changed_later(table: Table, batch: ImportBatch) -> ColumnElement[bool]:
    """Whether a row that the import touched was touched again, by another import or by hand.

    An undone import keeps no rows, so whatever is kept under a higher number is live.
    """
    later = BEFORE[table.name]
    ours = kept_ids(table, batch.id)
    by_import = exists(
        select(1).where(
            later.c.changed_by_import_id > batch.id, or_(later.c.import_id == batch.id, later.c.id.in_(ours))
        )
    )
    if "updated_at" not in table.c:
        return by_import
    touched_by_us = or_(table.c.import_id == batch.id, table.c.id.in_(ours))
    return or_(by_import, exists(select(1).where(touched_by_us, table.c.updated_at > batch.landed_at)))


def _restore(conn: Connection, table: Table, import_id: int) -> None:
    before = BEFORE[table.name]
    values: dict[str, Any] = {
        c.name: type_coerce(before.c[c.name], NullType()) for c in table.columns if c.name != "id"
    }
    if table is resource:  # a team is not put back to where it was before
        is_newer = resource.c.position_at > before.c.position_at
        for name in POSITION:
            values[name] = case((is_newer, type_coerce(resource.c[name], NullType())), else_=values[name])
    kept = before.c.changed_by_import_id == import_id
    conn.execute(update(table).where(kept, table.c.id == before.c.id).values(values))
    conn.execute(delete(before).where(kept))


def _area_in_use(import_id: int) -> ColumnElement[bool]:
    """Whether something that stays points at an area that the undo would delete."""
    child = area.alias("child")
    goes = _added(area, import_id)
    stays = exists(select(1).where(child.c.parent_id == area.c.id, child.c.import_id != import_id))
    users = [
        exists(select(1).where(column == area.c.id))
        for column in (plan.c.community_id, fabric.c.community_id, token.c.area_id, work_count.c.community_id)
    ]
    return exists(select(1).where(goes, or_(stays, *users)))


def _is_assigned(import_id: int) -> ColumnElement[bool]:
    """Whether somebody was given a grid that the undo would delete."""
    ours = and_(grid.c.id == assignment.c.grid_id, grid.c.import_id == import_id)
    return exists(select(1).where(ours, assignment.c.import_id.is_distinct_from(import_id)))


def _undo_streets(conn: Connection, import_id: int) -> None:
    network = street_network
    ours = network.c.import_id == import_id
    followed = exists(select(1).where(ours, network.c.retired_by_import_id.is_not(None)))
    _refuse_if(conn, followed, "import_changed_since", import_id)
    conn.execute(delete(network).where(ours))
    conn.execute(
        update(network)
        .where(network.c.retired_by_import_id == import_id)
        .values(retired_at=None, retired_by_import_id=None)
    )


def _undo_plans(conn: Connection, import_id: int) -> None:
    """Delete the import's plans; a plan that one of them took over from is live again until its own end.

    A plan that takes over inherits the end of the one before, so that the end can be given back.
    """
    ours, other = plan.alias("ours"), plan.alias("other")
    built_on = exists(select(1).where(other.c.base_plan_id == ours.c.id, other.c.import_id.is_distinct_from(import_id)))
    reused = exists(
        select(1).where(
            grid.c.import_id == import_id,
            plan_grid.c.grid_id == grid.c.id,
            plan_grid.c.plan_id == other.c.id,
            other.c.import_id.is_distinct_from(import_id),
        )
    )
    edited = or_(ours.c.version != 1, ours.c.state.not_in(("draft", "published")))
    mine = ours.c.import_id == import_id
    _refuse_if(conn, exists(select(1).where(mine, or_(built_on, edited))), "import_changed_since", import_id)
    _refuse_if(conn, reused, "import_in_use", import_id)
    gone = delete(plan).where(plan.c.import_id == import_id)
    successors = conn.execute(gone.returning(plan.c.base_plan_id, plan.c.effective_to, plan.c.state)).all()
    for base_plan_id, effective_to, state in successors:
        if base_plan_id is not None and state == "published":
            conn.execute(
                update(plan).where(plan.c.id == base_plan_id).values(state="published", effective_to=effective_to)
            )
    conn.execute(delete(grid).where(grid.c.import_id == import_id))
