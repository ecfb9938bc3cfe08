"""Taking an import back, as far as cases go: what stays keeps its whole history, with steps that say what is gone."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, exists, not_, or_, select

from geo.cases import CLOCK
from geo.errors import BadMove
from geo.imports.report import ImportBatch
from geo.store import order_rows, tokens
from geo.store.imports import kept_ids
from geo.store.incident_tables import incident, incident_step
from geo.store.tables import BEFORE, import_batch

NAMED = 10
"""So many cases a refusal names."""


def refuse_touched_cases(conn: Connection, batch: ImportBatch, at: datetime) -> None:
    """Refuse to take an import back whose cases were dealt with since, or that others' cases followed.

    Raises
    ------
    BadMove
        With the cases, the desks that have them in hand, and what can be done.
    """
    i, s = incident.c, incident_step.c
    touched = select(i.id, i.holder_token_id).where(_touched(batch)).order_by(i.id)
    found = conn.execute(touched).all()
    if found:
        holders = {row.holder_token_id for row in found if row.holder_token_id is not None}
        desks = sorted(holders - tokens.ended(conn, sorted(holders), at))
        raise BadMove(
            "import_cases_touched",
            id=batch.id,
            count=len(found),
            cases=_named([row.id for row in found]),
            desks=", ".join(map(str, desks)) or "–",
        )
    followed = select(s.incident_id).distinct().order_by(s.incident_id)
    changes = or_(s.from_stage.is_distinct_from(s.to_stage), s.move.in_(("amend", "locate", "hand_over")))
    ids = conn.execute(followed.where(_is_of(batch.id), changes)).scalars().all()
    if ids:
        raise BadMove("import_cases_followed", id=batch.id, count=len(ids), cases=_named(list(ids)))


def leave_cases(conn: Connection, import_id: int, at: datetime) -> None:
    """Write into cases that stay what of the import's is gone: orders that they took in, and notes."""
    i, s = incident.c, incident_step.c
    matter = incident.alias("matter")
    stays = matter.c.import_id.is_distinct_from(import_id)
    taken_in = (
        select(i.merged_into_id.label("id"), i.id.label("merged"), i.source_key)
        .join(matter, matter.c.id == i.merged_into_id)
        .where(i.import_id == import_id, i.id.not_in(kept_ids(incident, import_id)), stays)
    )
    marks = {"imported": True, "import_id": import_id}
    told = [
        (row.id, "detach", {"merged": row.merged, "number": row.source_key, **marks}) for row in conn.execute(taken_in)
    ]
    noted = select(s.incident_id, s.seq).where(_is_of(import_id), s.move == "note")
    told += [(row.incident_id, "note", {"undone": row.seq, **marks}) for row in conn.execute(noted)]
    if not told:
        return
    told.sort(key=lambda one: (one[0], one[1]))
    held = order_rows.hold(conn, sorted({case_id for case_id, *_ in told}))
    steps, grown = [], {}
    for case_id, ones in groupby(told, key=lambda one: one[0]):
        stage, version = held[case_id]
        for _, move, said in ones:
            version += 1
            steps.append((case_id, version, move, stage, stage, at, None, said))
        grown[case_id] = version
    order_rows.set_versions(conn, grown, at)
    order_rows.insert_steps(conn, steps, at)


def _touched(batch: ImportBatch) -> ColumnElement[bool]:
    """Cases of an import that somebody dealt with since, or that took in others; what the clock
    did by itself and steps of undone imports count not.
    """
    i, s, later = incident.c, incident_step.c, BEFORE["incident"].c
    other = incident.alias("other").c
    is_ours = or_(i.import_id == batch.id, i.id.in_(kept_ids(incident, batch.id)))
    by_import = exists(select(1).where(later.id == i.id, later.changed_by_import_id > batch.id))
    told_by = cast(s.said["import_id"].astext, BigInteger)
    live = select(import_batch.c.id).where(import_batch.c.undone_at.is_(None), import_batch.c.id != batch.id)
    by_desk = and_(not_(s.said.has_key("imported")), s.token_name.is_distinct_from(CLOCK))
    by_step = exists(select(1).where(s.incident_id == i.id, or_(by_desk, told_by.in_(live))))
    takes_in = exists(select(1).where(other.merged_into_id == i.id, other.import_id.is_distinct_from(batch.id)))
    was_ours = exists(select(1).where(later.id == i.id, later.import_id == batch.id))
    since = and_(i.updated_at > batch.landed_at, or_(by_step, takes_in))
    return or_(and_(or_(is_ours, was_ours), by_import), and_(is_ours, since))


def _is_of(import_id: int) -> ColumnElement[bool]:
    """Steps that an import wrote into cases that were there before."""
    return incident_step.c.said.contains({"import_id": import_id})


def _named(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:NAMED])) + (" …" if len(ids) > NAMED else "")
