"""Taking an import back, as far as cases go: what stays keeps its whole history, with steps that say what is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    cast,
    delete,
    exists,
    literal,
    not_,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import NullType

from geo.cases import CLOCK
from geo.errors import BadMove
from geo.imports.report import Fault, ImportBatch, Undone
from geo.store import order_rows, tokens
from geo.store.imports import kept_ids
from geo.store.incident_tables import incident, incident_step
from geo.store.tables import BEFORE, import_batch

NAMED = 10
"""So many cases a refusal names."""

PUT_BACK = (
    *("text", "address", "geom", "grid_id", "plan_id", "plan_version", "border_grid_ids", "level", "unit"),
    *("state", "stage", "stage_since", "stage_due_at", "due_at", "warn_at", "breached_due_at", "is_due_sure"),
    "deferred_until",
)
"""What a file of orders changes of a case that was there before, or what follows from it."""

SAID = ("unit", "level", "grid_id")
"""Which of them a step names where they change."""


class _Told(NamedTuple):
    """A step that a file wrote into a case that was there before."""

    seq: int
    move: str


def refuse_touched_cases(conn: Connection, batch: ImportBatch, at: datetime) -> None:
    """Refuse to take an import back whose cases were dealt with since, or that others' cases followed.

    Raises
    ------
    BadMove
        With the cases, the desks that have them in hand, and what can be done.
    """
    i = incident.c
    found = conn.execute(select(i.id, i.holder_token_id).where(_touched(batch)).order_by(i.id)).all()
    if not found:
        return
    holders = {row.holder_token_id for row in found if row.holder_token_id is not None}
    desks = sorted(holders - tokens.ended(conn, sorted(holders), at))
    raise BadMove(
        "import_cases_touched",
        id=batch.id,
        count=len(found),
        cases=_named([row.id for row in found]),
        desks=", ".join(map(str, desks)) or "–",
    )


def put_cases_back(conn: Connection, batch: ImportBatch, at: datetime) -> Undone:
    """Take orders back as far as nothing has happened since: what of the cases that the file brought is to go, and how
    many that were there before were put back, with a step that says so. The others are left, each with its reason.

    Those to go are all that the file brought but those left; they are still there.
    """
    ours, told = _brought(conn, batch.id), _told_steps(conn, batch.id)
    order_rows.hold(conn, sorted({*ours, *told, *(into for into in ours.values() if into is not None)}))
    why = _why_left(conn, batch, sorted({*ours, *told}), {case_id: steps[0].seq for case_id, steps in told.items()})
    for case_id in sorted(why.keys() & ours.keys()):  # what stays is merged into something that stays
        into = ours[case_id]
        if into in ours and into not in why:
            why[into] = Fault(0, "", "undo_left_takes_in", {"id": into})
    changed = {case_id: steps for case_id, steps in told.items() if any(step.move != "note" for step in steps)}
    kept = set(conn.execute(kept_ids(incident, batch.id)).scalars())
    for case_id in sorted(changed.keys() - kept - why.keys()):
        why[case_id] = Fault(0, "", "undo_left_not_kept", {"id": case_id})
    _put_back(conn, batch, {case_id: steps for case_id, steps in changed.items() if case_id not in why}, at)
    before = BEFORE["incident"]
    conn.execute(delete(before).where(before.c.changed_by_import_id == batch.id))
    took_in = {into for case_id, into in ours.items() if into is not None and into not in ours and case_id not in why}
    return Undone(
        batch,
        removed=len(ours.keys() - why.keys()),
        put_back=len((told.keys() | took_in) - why.keys()),
        left=tuple(why[case_id] for case_id in sorted(why)),
    )


def _brought(conn: Connection, import_id: int) -> dict[int, int | None]:
    """Cases that a file brought -> what each is merged into."""
    i = incident.c
    chosen = select(i.id, i.merged_into_id).where(i.import_id == import_id, i.id.not_in(kept_ids(incident, import_id)))
    return {row.id: row.merged_into_id for row in conn.execute(chosen)}


def _told_steps(conn: Connection, import_id: int) -> dict[int, list[_Told]]:
    """Steps that a file wrote into cases that were there before, by case, in order."""
    s = incident_step.c
    chosen = select(s.incident_id, s.seq, s.move).where(_is_of(import_id)).order_by(s.incident_id, s.seq)
    found: dict[int, list[_Told]] = {}
    for case_id, seq, move in conn.execute(chosen):
        found.setdefault(case_id, []).append(_Told(seq, move))
    return found


def _why_left(
    conn: Connection, batch: ImportBatch, ids: Sequence[int], first_seq: Mapping[int, int]
) -> dict[int, Fault]:
    """Cases on which something else happened since a file told of them, each with what it was.

    ``first_seq``: the file's first step in cases that were there before.
    """
    i, s, other = incident.c, incident_step.c, incident.alias("other").c
    told_by = cast(s.said["import_id"].astext, BigInteger)
    took_in = cast(s.said["merged"].astext, BigInteger)
    foreign = exists(select(1).where(other.id == took_in, other.import_id.is_distinct_from(batch.id)))
    others_file = or_(told_by.in_(_standing(batch.id)), and_(s.move == "absorb", foreign))
    chosen = (
        select(s.incident_id, s.seq, _by_desk().label("by_desk"), s.token_name == CLOCK, told_by, i.holder_token_id)
        .join(incident, i.id == s.incident_id)
        .where(s.incident_id == any_(literal(list(ids), ARRAY(BigInteger))))
        .where(or_(_by_desk(), others_file, _by_clock()))
        .order_by(s.incident_id, s.seq.desc())
    )
    why: dict[int, Fault] = {}
    for case_id, seq, by_desk, by_clock, later, holder in conn.execute(chosen):
        if seq < first_seq.get(case_id, 0) or (by_clock and case_id not in first_seq):
            continue  # what the clock did to a case that goes, goes with it
        told = {"id": case_id, "import": later or "–", "desk": holder or "–"}
        key = "undo_left_desk" if by_desk else "undo_left_clock" if by_clock else "undo_left_file"
        why.setdefault(case_id, Fault(0, "", key if by_desk or by_clock or later else "undo_left_takes_in", told))
    return why


def _by_desk() -> ColumnElement[bool]:
    s = incident_step.c
    return and_(not_(s.said.has_key("imported")), s.token_name.is_distinct_from(CLOCK))


def _by_clock() -> ColumnElement[bool]:
    """The clock moved a case on; that it told somebody of it does not count."""
    s = incident_step.c
    return and_(s.token_name == CLOCK, s.from_stage.is_distinct_from(s.to_stage))


def _put_back(conn: Connection, batch: ImportBatch, steps_of_case: Mapping[int, Sequence[_Told]], at: datetime) -> None:
    """Write into cases that are held what they were before an import, and a step that says so."""
    i, before = incident.c, BEFORE["incident"]
    ids = list(steps_of_case)
    was = [i[name].label(f"is_{name}") for name in SAID] + [before.c[name].label(f"was_{name}") for name in SAID]
    chosen = select(i.id, i.version, i.stage, before.c.stage.label("was_stage"), *was).join(before, before.c.id == i.id)
    mine = and_(before.c.changed_by_import_id == batch.id, i.id == any_(literal(ids, ARRAY(BigInteger))))
    rows = conn.execute(chosen.where(mine).order_by(i.id)).all()
    marks = {"imported": True, "import_id": batch.id, "why": "order_taken_back", "file": batch.filename}
    steps = []
    for row in rows:
        is_now, it_was = ({name: getattr(row, f"{when}_{name}") for name in SAID} for when in ("is", "was"))
        said = {name: it_was[name] for name in SAID if it_was[name] != is_now[name]}
        said |= {"from_grid_id": is_now["grid_id"]} if "grid_id" in said else {}
        undone = [step.seq for step in steps_of_case[row.id]]
        steps.append(
            (row.id, row.version + 1, "undo", row.stage, row.was_stage, at, None, said | marks | {"undone": undone})
        )
    if not steps:
        return
    values: dict[str, Any] = {name: type_coerce(before.c[name], NullType()) for name in PUT_BACK}
    values |= {"version": i.version + 1, "updated_at": at}
    conn.execute(update(incident).where(mine, before.c.id == i.id).values(values))
    order_rows.insert_steps(conn, steps, at)


def leave_cases(conn: Connection, import_id: int, at: datetime, left: Collection[int] = ()) -> None:
    """Write into cases that stay what of the import's is gone: orders that they took in, and notes.

    ``left``: cases of the import that are left as they are.
    """
    i = incident.c
    matter = incident.alias("matter")
    stays = or_(matter.c.import_id.is_distinct_from(import_id), matter.c.id.in_(left))
    goes = and_(i.import_id == import_id, i.id.not_in(kept_ids(incident, import_id)), i.id.not_in(left))
    taken_in = (
        select(i.merged_into_id.label("id"), i.id.label("merged"), i.source_key)
        .join(matter, matter.c.id == i.merged_into_id)
        .where(goes, stays)
    )
    marks = {"imported": True, "import_id": import_id}
    told = [
        (row.id, "detach", {"merged": row.merged, "number": row.source_key, **marks}) for row in conn.execute(taken_in)
    ]
    told += [(case_id, "note", {"undone": seq, **marks}) for case_id, seq in _notes(conn, import_id, left)]
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


def _notes(conn: Connection, import_id: int, left: Collection[int]) -> Iterable[tuple[int, int]]:
    """Notes of an import in cases that stay, and that no step takes back yet."""
    for case_id, steps in _told_steps(conn, import_id).items():
        if case_id not in left and not any(step.move == "undo" for step in steps):
            yield from ((case_id, step.seq) for step in steps if step.move == "note")


def _touched(batch: ImportBatch) -> ColumnElement[bool]:
    """Cases of an import that somebody dealt with since, or that took in others; what the clock
    did by itself and steps of undone imports count not.
    """
    i, s, later = incident.c, incident_step.c, BEFORE["incident"].c
    other = incident.alias("other").c
    is_ours = or_(i.import_id == batch.id, i.id.in_(kept_ids(incident, batch.id)))
    by_import = exists(select(1).where(later.id == i.id, later.changed_by_import_id > batch.id))
    told_by = cast(s.said["import_id"].astext, BigInteger)
    by_step = exists(select(1).where(s.incident_id == i.id, or_(_by_desk(), told_by.in_(_standing(batch.id)))))
    takes_in = exists(select(1).where(other.merged_into_id == i.id, other.import_id.is_distinct_from(batch.id)))
    was_ours = exists(select(1).where(later.id == i.id, later.import_id == batch.id))
    since = and_(i.updated_at > batch.landed_at, or_(by_step, takes_in))
    return or_(and_(or_(is_ours, was_ours), by_import), and_(is_ours, since))


def _standing(other_than: int) -> Select[tuple[int]]:
    """Ids of the other imports that were not taken back."""
    b = import_batch.c
    return select(b.id).where(b.undone_at.is_(None), b.id != other_than)


def _is_of(import_id: int) -> ColumnElement[bool]:
    """Steps that an import wrote into cases that were there before."""
    return incident_step.c.said.contains({"import_id": import_id})


def _named(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:NAMED])) + (" …" if len(ids) > NAMED else "")
