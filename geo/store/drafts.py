"""Plans in the making: their rows, what was done to them, and the community's own cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_, union, update

from geo.drafts import DraftGrid, NeighbourCut
from geo.errors import NotFound, StaleVersion
from geo.plan_rows import ArcRow, PlanRows, UnitPair
from geo.store.bulk import copy_rows
from geo.store.grids import posts_of_plans
from geo.store.plan_tables import fabric, fabric_arc, plan_bridge, plan_edit, plan_unit
from geo.store.tables import area, plan, plan_grid, plan_post
from geo.units import E7, NONE, FloatArray

TOUCH_DEG = 1e-6
"""Communities that are a decimetre apart at most are neighbours."""


def rows_of_plan(conn: Connection, plan_id: int, fabric_id: int) -> PlanRows:
    """All rows of a plan that is drawn on units."""
    units = conn.execute(select(plan_unit.c.unit_no, plan_unit.c.grid_id).where(plan_unit.c.plan_id == plan_id))
    g = plan_grid.c
    grids = conn.execute(select(g.grid_id, g.code, g.name, g.kind, g.is_locked).where(g.plan_id == plan_id))
    posts = posts_of_plans(conn, [plan_id])
    arcs, next_arc_no, next_unit_no = arcs_of_fabric(conn, fabric_id)
    return PlanRows(
        arcs=arcs,
        units={unit: grid for unit, grid in units},  # noqa: C416 -- rows are no pairs to the type checker
        grids={
            row.grid_id: DraftGrid(
                row.grid_id, row.code, row.name, row.kind, posts.get((plan_id, row.grid_id), {}), row.is_locked
            )
            for row in grids
        },
        next_arc_no=next_arc_no,
        next_unit_no=next_unit_no,
        bridges=_bridges_of_plan(conn, plan_id),
    )


def _bridges_of_plan(conn: Connection, plan_id: int) -> dict[UnitPair, str]:
    b = plan_bridge.c
    found = conn.execute(select(b.unit_no, b.other_unit_no, b.reason).where(b.plan_id == plan_id))
    return {(one, other): reason for one, other, reason in found}


def arcs_of_fabric(conn: Connection, fabric_id: int) -> tuple[dict[int, ArcRow], int, int]:
    """The arcs of a cut, and the next numbers of an arc and of a unit."""
    f = fabric.c
    numbers = conn.execute(select(f.next_arc_no, f.next_unit_no).where(f.id == fabric_id)).one()
    a = fabric_arc.c
    columns = (a.arc_no, a.left_unit, a.right_unit, a.kind, func.ST_AsBinary(a.geom).label("wkb"))
    found = conn.execute(select(*columns).where(a.fabric_id == fabric_id).order_by(a.arc_no)).all()
    lines = _lines_e7([bytes(row.wkb) for row in found])
    arcs = {
        row.arc_no: ArcRow(_number(row.left_unit), _number(row.right_unit), row.kind, line)
        for row, line in zip(found, lines, strict=True)
    }
    return arcs, numbers.next_arc_no, numbers.next_unit_no


def _number(unit: int | None) -> int:
    return NONE if unit is None else unit


def _lines_e7(wkb: Sequence[bytes]) -> list[tuple[tuple[int, int], ...]]:
    lonlat, line = shapely.get_coordinates(shapely.from_wkb(wkb), return_index=True)
    places = np.rint(lonlat * E7).astype(np.int64).tolist()
    bounds = np.searchsorted(line, np.arange(len(wkb) + 1)).tolist()
    return [tuple((lon, lat) for lon, lat in places[a:b]) for a, b in pairwise(bounds)]


def cut_of(conn: Connection, community_id: int) -> int | None:
    """The fabric that a community was cut into; None before it was."""
    query = select(fabric.c.id).where(fabric.c.community_id == community_id, fabric.c.is_cut)
    return conn.execute(query).scalar_one_or_none()


def cuts(conn: Connection, community_ids: Sequence[int], *, lock: bool = False) -> dict[int, int]:
    """Community -> the fabric that it was cut into; with ``lock`` it stays so until the transaction ends."""
    query = select(fabric.c.community_id, fabric.c.id).where(fabric.c.community_id.in_(community_ids), fabric.c.is_cut)
    found = conn.execute(query.with_for_update(read=True) if lock else query)
    return {row.community_id: row.id for row in found}


def neighbour_cuts(conn: Connection, community_id: int) -> list[NeighbourCut]:
    """The live communities that touch one and have been cut, by code."""
    own, other, f, arc = area.alias(), area.alias(), fabric.c, fabric_arc.c
    is_outer = arc.left_unit.is_(None) | arc.right_unit.is_(None)
    query = (
        select(other.c.code, other.c.name, f.made_at, func.array_agg(func.ST_AsBinary(arc.geom)).label("arcs"))
        .select_from(own)
        .join(other, (other.c.level == "community") & (other.c.id != own.c.id) & other.c.retired_at.is_(None))
        .join(fabric, (f.community_id == other.c.id) & f.is_cut)
        .join(fabric_arc, (arc.fabric_id == f.id) & is_outer)
        .where(own.c.id == community_id, func.ST_DWithin(own.c.geom, other.c.geom, TOUCH_DEG))
        .group_by(other.c.id, f.id)
        .order_by(other.c.code)
    )
    found = conn.execute(query).all()
    return [NeighbourCut(row.code, row.name, row.made_at, _pieces_e7(row.arcs)) for row in found]


def _pieces_e7(wkb: Sequence[bytes]) -> FloatArray:
    """(n, 2, 2) straight pieces of lines."""
    lonlat, line = shapely.get_coordinates(shapely.from_wkb([bytes(one) for one in wkb]), return_index=True)
    e7, is_one = np.rint(lonlat * E7), line[1:] == line[:-1]
    return np.stack([e7[:-1][is_one], e7[1:][is_one]], axis=1)


def number_of_units(conn: Connection, community_ids: Sequence[int]) -> int:
    """How many units some communities were cut into."""
    f, a = fabric.c, fabric_arc.c
    ours = select(f.id).where(f.community_id.in_(community_ids), f.is_cut)
    sides = (
        select(a.fabric_id, side).where(a.fabric_id.in_(ours), side.is_not(None))
        for side in (a.left_unit, a.right_unit)
    )
    return int(conn.execute(select(func.count()).select_from(union(*sides).subquery())).scalar_one())


def save_fabric(  # noqa: PLR0913 -- the columns of a row
    conn: Connection,
    community_id: int,
    rows: PlanRows,
    *,
    is_cut: bool,
    method: str,
    inputs_hash: str,
    report: Mapping[str, Any],
    at: datetime,
) -> int:
    """Store the arcs of a cut: its id. A community's own cut takes the place of the one before."""
    if is_cut:
        conn.execute(delete(fabric).where(fabric.c.community_id == community_id, fabric.c.is_cut))
    values = {
        "community_id": community_id,
        "is_cut": is_cut,
        "method": method,
        "inputs_hash": inputs_hash,
        "next_arc_no": rows.next_arc_no,
        "next_unit_no": rows.next_unit_no,
        "report": dict(report),
        "made_at": at,
    }
    fabric_id = int(conn.execute(insert(fabric).values(values).returning(fabric.c.id)).scalar_one())
    _copy_arcs(conn, fabric_id, rows.arcs)
    return fabric_id


def provenance_of(conn: Connection, fabric_id: int) -> Mapping[str, Any]:
    """How a cut was made: method, inputs_hash, report, made_at."""
    f = fabric.c
    query = select(f.method, f.inputs_hash, f.report, f.made_at).where(f.id == fabric_id)
    return dict(conn.execute(query).mappings().one())


def _copy_arcs(conn: Connection, fabric_id: int, arcs: Mapping[int, ArcRow]) -> None:
    columns = ("fabric_id", "arc_no", "left_unit", "right_unit", "kind", "geom")
    lines = [shapely.LineString(np.array(arc.line) / E7) for arc in arcs.values()]
    told = [
        (fabric_id, no, _stored(arc.left), _stored(arc.right), arc.kind, line)
        for (no, arc), line in zip(arcs.items(), lines, strict=True)
    ]
    copy_rows(conn, fabric_arc, columns, told)


def _stored(unit: int) -> int | None:
    return None if unit == NONE else unit


def save_units(conn: Connection, plan_id: int, units: Mapping[int, int]) -> None:
    """Which grid has which unit, of a plan that has none stored yet."""
    copy_rows(conn, plan_unit, ("plan_id", "unit_no", "grid_id"), [(plan_id, no, grid) for no, grid in units.items()])


def save_bridges(conn: Connection, plan_id: int, bridges: Mapping[UnitPair, str]) -> None:
    """Which units hang together, of a plan in which no bridge between these is stored yet."""
    columns = ("plan_id", "unit_no", "other_unit_no", "reason")
    copy_rows(conn, plan_bridge, columns, [(plan_id, *pair, reason) for pair, reason in bridges.items()])


def write_step(
    conn: Connection,
    plan_id: int,
    fabric_id: int,
    before: PlanRows,
    after: PlanRows,
    shapes: Mapping[int, BaseGeometry],
) -> None:
    """Change the rows of a plan to another state.

    ``shapes``: id -> multipolygon of every grid whose outline may have changed, new ones included.
    """
    _write_grids(conn, plan_id, before, after, shapes)
    gone = [no for no, arc in before.arcs.items() if after.arcs.get(no) != arc]
    come = {no: arc for no, arc in after.arcs.items() if before.arcs.get(no) != arc}
    if gone or come:
        conn.execute(delete(fabric_arc).where(fabric_arc.c.fabric_id == fabric_id, fabric_arc.c.arc_no.in_(gone)))
        _copy_arcs(conn, fabric_id, come)
    left = [no for no, grid in before.units.items() if after.units.get(no) != grid]
    given = {no: grid for no, grid in after.units.items() if before.units.get(no) != grid}
    if left:
        conn.execute(delete(plan_unit).where(plan_unit.c.plan_id == plan_id, plan_unit.c.unit_no.in_(left)))
    save_units(conn, plan_id, given)
    _write_bridges(conn, plan_id, before, after)
    numbers = {"next_arc_no": after.next_arc_no, "next_unit_no": after.next_unit_no}
    conn.execute(update(fabric).where(fabric.c.id == fabric_id).values(numbers))


def _write_bridges(conn: Connection, plan_id: int, before: PlanRows, after: PlanRows) -> None:
    b = plan_bridge.c
    gone = [pair for pair, reason in before.bridges.items() if after.bridges.get(pair) != reason]
    if gone:
        is_gone = tuple_(b.unit_no, b.other_unit_no).in_(gone)
        conn.execute(delete(plan_bridge).where(b.plan_id == plan_id, is_gone))
    come = {pair: reason for pair, reason in after.bridges.items() if before.bridges.get(pair) != reason}
    save_bridges(conn, plan_id, come)


def _write_grids(
    conn: Connection, plan_id: int, before: PlanRows, after: PlanRows, shapes: Mapping[int, BaseGeometry]
) -> None:
    """Grids that change are written anew: what hangs from them is checked at the end of the transaction."""
    changed = {
        grid for grid in before.grids.keys() | after.grids.keys() if before.grids.get(grid) != after.grids.get(grid)
    }
    anew = sorted((changed | shapes.keys()) & after.grids.keys())
    gone = sorted((changed | shapes.keys()) & before.grids.keys())
    drawn = dict(shapes)
    missing = [grid for grid in anew if grid not in drawn]
    if missing:
        g = plan_grid.c
        query = select(g.grid_id, func.ST_AsBinary(g.geom).label("wkb")).where(
            g.plan_id == plan_id, g.grid_id.in_(missing)
        )
        drawn |= {row.grid_id: shapely.from_wkb(bytes(row.wkb)) for row in conn.execute(query)}
    units = {no: grid for no, grid in before.units.items() if grid in gone}
    conn.execute(delete(plan_grid).where(plan_grid.c.plan_id == plan_id, plan_grid.c.grid_id.in_(gone)))
    save_grids(conn, plan_id, [after.grids[grid] for grid in anew], drawn)
    # the units went with their grids: those that stay come back as they were, to be changed below
    save_units(conn, plan_id, {no: grid for no, grid in units.items() if grid in after.grids})


def save_grids(conn: Connection, plan_id: int, grids: Sequence[DraftGrid], shapes: Mapping[int, BaseGeometry]) -> None:
    """Grids of a plan that are not stored yet, with their posts."""
    columns = ("plan_id", "grid_id", "code", "name", "kind", "is_locked", "geom")
    copy_rows(
        conn, plan_grid, columns, [(plan_id, g.id, g.code, g.name, g.kind, g.is_locked, shapes[g.id]) for g in grids]
    )
    posts = [(plan_id, g.id, name, post.is_filled, post.duty_phone) for g in grids for name, post in g.posts.items()]
    copy_rows(conn, plan_post, ("plan_id", "grid_id", "post", "is_filled", "duty_phone"), posts)


def note_edit(conn: Connection, plan_id: int, version: int, values: Mapping[str, Any], at: datetime) -> None:
    """Write down what was done, and count the plan's version up from the one that it was done to.

    Raises
    ------
    StaleVersion
        If the plan is at another version by now.
    """
    guarded = update(plan).where(plan.c.id == plan_id, plan.c.version == version).values(version=version + 1)
    if not conn.execute(guarded).rowcount:
        refuse_stale(conn, plan_id, version)
    conn.execute(insert(plan_edit).values({**values, "plan_id": plan_id, "seq": version + 1, "made_at": at}))


def refuse_stale(conn: Connection, plan_id: int, version: int) -> None:
    """Say what was done to a plan since a version.

    Raises
    ------
    StaleVersion
        Always.
    NotFound
        If there is no such plan.
    """
    now = conn.execute(select(plan.c.version).where(plan.c.id == plan_id)).scalar_one_or_none()
    if now is None:
        raise NotFound("plan_unknown", id=plan_id)
    edits = conn.execute(
        select(plan_edit.c.grid_ids).where(plan_edit.c.plan_id == plan_id, plan_edit.c.seq > version)
    ).scalars()
    touched = sorted({grid for grids in edits for grid in grids})
    codes = conn.execute(
        select(plan_grid.c.code).where(plan_grid.c.plan_id == plan_id, plan_grid.c.grid_id.in_(touched))
    ).scalars()
    raise StaleVersion(
        "plan_stale", id=plan_id, version=version, now=now, grid_ids=touched, grids=", ".join(sorted(codes)) or "-"
    )


def edits_of(conn: Connection, plan_id: int) -> list[Row[Any]]:
    """All that was done to a plan, in order, without what it did to rows."""
    e = plan_edit.c
    columns = (e.seq, e.op, e.target, e.request, e.grid_ids, e.token_name, e.made_at)
    return list(conn.execute(select(*columns).where(e.plan_id == plan_id).order_by(e.seq)))


def steps_of(conn: Connection, plan_id: int) -> list[tuple[int, str]]:
    """``seq`` and operation of all that was done to a plan, in order: little enough of a log however long it is."""
    e = plan_edit.c
    return [(seq, op) for seq, op in conn.execute(select(e.seq, e.op).where(e.plan_id == plan_id).order_by(e.seq))]


def delta_of_edit(conn: Connection, plan_id: int, seq: int) -> dict[str, Any]:
    """What one edit did to rows."""
    e = plan_edit.c
    found: dict[str, Any] = conn.execute(select(e.delta).where(e.plan_id == plan_id, e.seq == seq)).scalar_one()
    return found
