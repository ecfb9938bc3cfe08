"""Import grids: one draft plan a community, or at once the live one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import shapely
from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, begin, may_replace, refuse_faults, remarks_on_missing
from geo.errors import BadMove, Conflict
from geo.files.read import read_table
from geo.files.table import FileTable
from geo.grids import Grid
from geo.imports.grids import GridReading, PlannedGrid, read_grids
from geo.imports.options import ImportOptions
from geo.imports.report import Fault, ImportReport
from geo.plans import Plan
from geo.rules.code_schemes import DEFAULT_SCHEME, scheme_of
from geo.store import imports, plans
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.grids import grids_of_plans


@dataclass(frozen=True)
class Before:
    """The plans that an import follows, by community id."""

    live: Mapping[int, Plan]
    """The plan in force."""
    grids: Mapping[int, Mapping[str, Grid]]
    """By code, of the plan compared with: the one in force, or for a new draft the newest draft after it."""
    ids: Mapping[int, Mapping[str, int]]
    """Permanent id by code, from the plan in force, else the newest draft."""


@dataclass(frozen=True)
class Change:
    """What a community's new plan changes."""

    grids: Sequence[PlannedGrid]
    added: frozenset[str]
    changed: frozenset[str]
    gone: frozenset[str]

    @property
    def is_any(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.added or self.changed or self.gone)


def import_grids(
    db: Database, path: Path, options: ImportOptions, at: datetime, step: Callable[[float], None] | None = None
) -> ImportReport:
    """Import a file of grids, in one transaction.

    A community whose grids are what they were gets no new plan. Grids keep their permanent id by their code.

    Raises
    ------
    BadFile
        If the file cannot be read.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    BadMove
        If ``effective_from`` is not after the beginning of a plan that it would follow.
    AlreadyLive
        If somebody else published a plan of one of the communities meanwhile.
    """
    order = Order("grids", path, options, at)
    table = read_table(path, crs=options.crs, layer=options.layer, encoding=options.encoding)
    tell = step or (lambda _share: None)
    tell(0.2)
    with db.write() as conn:
        communities = {area.code: area for area in live_areas(conn, "community")}
        before = _before(conn, options.publish, at)
        followed = {community: list(grids.values()) for community, grids in before.grids.items()}
        found = read_grids(table, communities, followed, keep_missing=not options.replace)
        tell(0.6)
        return _land(conn, order, table, found, before)


def _before(conn: Connection, publish: bool, at: datetime) -> Before:
    live, drafts = plans.live_plans(conn, at), plans.newest_drafts(conn)
    newer = {key: draft for key, draft in drafts.items() if key not in live or draft.id > live[key].id}
    followed = {plan.id for plan in (live if publish else {**live, **newer}).values()}
    grids: dict[int, dict[str, Grid]] = {}
    ids: dict[int, dict[str, int]] = {}
    known = grids_of_plans(conn, [plan.id for plan in (*newer.values(), *live.values())])
    for grid in sorted(known, key=lambda grid: grid.plan_id in {plan.id for plan in live.values()}):
        ids.setdefault(grid.community_id, {})[grid.code] = grid.id  # the plan in force comes last and wins
        if grid.plan_id in followed:
            grids.setdefault(grid.community_id, {})[grid.code] = grid
    return Before(live, grids, ids)


def _land(conn: Connection, order: Order, table: FileTable, found: GridReading, before: Before) -> ImportReport:
    reading = found.reading
    rejected_file = refuse_faults(order, table, reading)
    import_id = begin(conn, order)
    wanted = {**found.plans, **_emptied(conn, order, found, before)}
    changes = {community: _change(grids, before.grids.get(community, {})) for community, grids in wanted.items()}
    made = [
        _save(conn, order, import_id, community, change, before)
        for community, change in sorted(changes.items(), key=lambda item: item[0])  # as two imports may meet
        if change.is_any
    ]
    in_file = {row["code"] for row in reading.rows}
    added = sum(len(change.added) for change in changes.values())
    changed = sum(len(change.changed & in_file) for change in changes.values())
    retired = sum(len(change.gone) for change in changes.values())
    missing = retired or _missing(conn, order, found, before)
    notes = remarks_on_missing(order, reading, missing) + _remark_on_plans(order, len(made))
    report = ImportReport(
        import_id=import_id,
        kind=order.kind,
        source=order.source,
        filename=order.path.name,
        read=reading.read,
        added=added,
        changed=changed,
        unchanged=len(reading.rows) - added - changed,
        rejected=reading.rejected,
        missing=missing,
        retired=retired,
        faults=reading.faults,
        notes=reading.notes + notes,
        totals={"plans": len(made)},
        rejected_file=rejected_file,
    )
    return imports.close_batch(conn, import_id, report)


def _absent(conn: Connection, order: Order, found: GridReading, before: Before) -> set[int]:
    """Communities of this source that have grids but are not in the file at all."""
    ours = plans.communities_of_source(conn, order.source)
    return {community for community in ours - found.plans.keys() if before.grids.get(community)}


def _emptied(conn: Connection, order: Order, found: GridReading, before: Before) -> dict[int, list[PlannedGrid]]:
    """Plans without grids for communities that the file no longer has; only with --replace."""
    if not may_replace(order, found.reading):
        return {}
    return {community: [] for community in _absent(conn, order, found, before)}


def _missing(conn: Connection, order: Order, found: GridReading, before: Before) -> int:
    communities = found.plans.keys() | _absent(conn, order, found, before)
    return sum(len(before.grids.get(community, {}).keys() - found.codes) for community in communities)


def _change(grids: Sequence[PlannedGrid], before: Mapping[str, Grid]) -> Change:
    new = {grid.code: grid for grid in grids}
    changed = {code for code in new.keys() & before.keys() if not _same(new[code], before[code])}
    return Change(
        grids, frozenset(new.keys() - before.keys()), frozenset(changed), frozenset(before.keys() - new.keys())
    )


def _same(new: PlannedGrid, old: Grid) -> bool:
    told = (new.name, new.kind, new.posts) == (old.name, old.kind, old.posts)
    return told and bool(shapely.equals_exact(new.shape, old.shape, 0.0))


def _save(conn: Connection, order: Order, import_id: int, community: int, change: Change, before: Before) -> int:
    ids = before.ids.get(community, {})
    grids = [plans.NewGrid(ids.get(g.code), g.code, g.name, g.kind, g.shape, g.posts) for g in change.grids]
    base = before.live.get(community)
    made_by = (scheme_of(grid.code) for grid in grids)
    scheme = next((scheme.key for scheme in made_by if scheme is not None), DEFAULT_SCHEME)
    plan_id = plans.save_plan(conn, community, grids, base=base, import_id=import_id, scheme=scheme, at=order.at)
    if order.options.publish:
        plans.hold_line(conn, community)
        last = plans.last_in_line(conn, community)
        if last is not None and (base is None or last.id != base.id):
            raise Conflict("import_plan_to_come", plan=last.id, community=last.community_name, day=last.effective_from)
        plans.make_live(conn, plan_id, base, _beginning(order, base), is_coverage=None)
    return plan_id


def _beginning(order: Order, base: Plan | None) -> datetime:
    """Since when a plan holds: after the beginning of the one that it follows."""
    beginning = order.options.effective_from or order.at
    if base is not None and base.effective_from is not None and beginning <= base.effective_from:
        raise BadMove("plan_begins_too_early", wished=beginning.isoformat(), base=base.effective_from.isoformat())
    return beginning


def _remark_on_plans(order: Order, made: int) -> tuple[Fault, ...]:
    if not made:
        return ()
    return (Fault(0, "", "plans_live" if order.options.publish else "plans_drafted", {"plans": made}),)
