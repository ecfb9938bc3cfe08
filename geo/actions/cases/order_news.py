"""What a later file tells of orders that are known here: steps that follow lawfully, and questions for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.order_changes import Known, changed_in, placed, question_of, steps_of
from geo.actions.cases.order_ground import ground_at
from geo.actions.cases.report_incident import due_columns
from geo.case_clocks import Passage
from geo.case_states import ENDED_STAGES, MOVES, OPEN_STAGES, TOLD_MOVES, Stage
from geo.imports.report import Fault
from geo.orders import Happening, Way
from geo.store import order_rows, tokens
from geo.store.cases import cases_by_id
from geo.store.order_rows import Told
from geo.words import Term

Row = Mapping[str, Any]

SENDING = ("dispatch", "reopen")
"""Moves of a file that name whom it was sent to."""

NOTHING_TOLD = Told((), frozenset())


@dataclass(frozen=True)
class Batch:
    """The import that tells."""

    import_id: int
    at: datetime
    """When the file came."""
    until: datetime
    """The latest moment that it tells of."""
    is_latest: bool
    """Whether no file of the source that came before knows more."""


@dataclass(frozen=True)
class News:
    """What a file tells that was not known."""

    told: Mapping[int, Sequence[Happening]]
    """By case; each has one at least."""
    known: Mapping[int, Known]
    """The rows that tell it, by case."""
    questions: tuple[Fault, ...]
    """Where what was done here says otherwise: nothing is changed, a person decides."""
    columns: Mapping[int, Mapping[str, Any]]
    """What is written anew of cases, by column."""
    older: int
    """Orders that stand otherwise here because a later file said so."""

    @property
    def closings(self) -> Mapping[int, datetime]:
        """Case -> when it was closed outside."""
        return {case: step.at for case, steps in self.told.items() for step in steps if step.move == "settle"}

    def of_unchanged(self, held: Mapping[int, tuple[Stage, int]]) -> News:
        """What is told of cases that are as they were read, now that they are held; the others become questions."""
        gone = [case for case, known in self.known.items() if held.get(case, (None, 0))[1] != known.standing.version]
        return News(
            {case: steps for case, steps in self.told.items() if case not in gone},
            {case: known for case, known in self.known.items() if case not in gone},
            self.questions + tuple(_question(self.known[case], "order_changed_meanwhile") for case in gone),
            {case: columns for case, columns in self.columns.items() if case not in gone},
            self.older,
        )

    def count(self, *moves: str) -> int:
        """Cases with a step of some moves."""
        return sum(any(step.move in moves for step in steps) for steps in self.told.values())


def news_of(conn: Connection, known: Sequence[Known], batch: Batch, desk: Desk) -> News:
    """What rows of known orders tell. Nothing is held or changed."""
    written = order_rows.writings(conn, [one.standing.id for one in known if one.standing.stage in OPEN_STAGES])
    known = [replace(one, writing=written.get(one.standing.id)) for one in known]
    telling = [one for one in known if _may_tell(one) or changed_in(one)]
    told = order_rows.told_of(conn, [one.standing.id for one in telling])
    holders = {one.standing.holder_token_id for one in telling if one.standing.holder_token_id is not None}
    holding = holders - tokens.ended(conn, sorted(holders), batch.at)
    found: dict[int, list[Happening]] = {}
    changed: list[tuple[Known, tuple[str, ...]]] = []
    questions, older = [], 0
    for one in telling:
        tells = told.get(one.standing.id, NOTHING_TOLD)
        differs, is_again = changed_in(one, tells), _is_open_again(one, tells)
        if (differs and not batch.is_latest) or (is_again and not _is_believed(one, batch)):
            older += 1
            differs, is_again = (), False
        steps = _opened_again(one, batch, holding, desk) if is_again else _told_by(one, tells, holding, batch)
        if not isinstance(steps, Fault):
            found[one.standing.id] = steps
            if any(step.move in {*SENDING, "settle"} for step in steps):  # which names the unit, or nobody is sent now
                differs = tuple(name for name in differs if name != "unit")
            in_hand = one.standing.holder_token_id if one.standing.holder_token_id in holding else None
            question = question_of(one, tells, differs, in_hand) if differs else None
            if question is None and differs:
                changed.append((one, differs))
        else:
            question = steps
        questions += [] if question is None else [question]
    columns = {}
    for one, differs, place in _with_places(conn, changed, batch, desk):
        steps, columns[one.standing.id] = steps_of(one, differs, place, (batch.at, batch.until))
        found[one.standing.id] = _together(steps, found[one.standing.id])
    marks = {"imported": True, "import_id": batch.import_id, "taken_at": batch.at.isoformat(timespec="seconds")}
    return News(
        told={
            case: [replace(step, said={**step.said, **marks}) for step in steps]
            for case, steps in found.items()
            if steps
        },
        known={one.standing.id: one for one in telling if found.get(one.standing.id)},
        questions=tuple(questions),
        columns=columns,
        older=older,
    )


def _together(changes: Sequence[Happening], steps: Sequence[Happening]) -> list[Happening]:
    """Both; a case is filed once."""
    is_filed = any(step.move == "file" for step in steps)
    return [step for step in changes if step.move != "file" or not is_filed] + list(steps)


def _with_places(
    conn: Connection, changed: Sequence[tuple[Known, tuple[str, ...]]], batch: Batch, desk: Desk
) -> Iterator[tuple[Known, tuple[str, ...], Mapping[str, Any]]]:
    """Rows that say something otherwise, with the columns of their new places; all are looked up at once."""
    moved = [one for one, differs in changed if "place" in differs]
    places: dict[int, Mapping[str, Any]] = {}
    if moved:
        ground = ground_at(conn, batch.at)
        lonlat = np.array([(one.row["geom"].x, one.row["geom"].y) for one in moved], dtype=np.float64)
        found = cases_by_id(conn, [one.standing.id for one in moved])
        for one, spot in zip(moved, ground.spots(lonlat), strict=True):
            item = desk.item_of(found[one.standing.id])
            places[one.standing.id] = placed(one, spot, ground, None if item is None else item.level)
    for one, differs in changed:
        yield one, differs, places.get(one.standing.id, {})


def _may_tell(one: Known) -> bool:
    """Whether a look at the steps is needed: most rows of a file that comes every month tell nothing new."""
    stage, closed_at = one.standing.stage, one.row["closed_at"]
    if one.standing.is_retired:
        return False
    if stage in ENDED_STAGES:
        return bool(one.row["is_open"]) if closed_at is None else closed_at != one.standing.since
    return closed_at is not None or _is_sent_later(one)


def _is_sent_later(one: Known) -> bool:
    """Whether it was sent on outside, and not here; without a unit nobody knows to whom."""
    stage, sent_at = one.standing.stage, one.row["dispatched_at"]
    if sent_at is None or (one.row["unit"] or one.standing.unit) is None:
        return False
    return stage in {"collected", "filed"} or (stage in MOVES["dispatch"].leads_from and sent_at > one.standing.since)


def _is_open_again(one: Known, told: Told) -> bool:
    """Whether files had closed it, nobody here did anything since, and a row has it open."""
    if not one.row["is_open"]:
        return False
    if one.standing.stage == "merged":
        return bool(told.closed_at)
    ended_at = [at for at, stage in told.passages if stage == "closed"][-1:]
    return one.standing.stage in {"closed", "evaluated"} and ended_at != [] and ended_at[0] in told.closed_at


def _is_believed(one: Known, batch: Batch) -> bool:
    """Whether a row that has an order open knows of its closing: it was sent anew since, or the file tells of later."""
    return _is_sent_anew(one) or (batch.is_latest and batch.until >= one.standing.since)


def _is_sent_anew(one: Known) -> bool:
    sent_at = one.row["dispatched_at"]
    return one.standing.stage == "closed" and sent_at is not None and sent_at > one.standing.since


def _opened_again(one: Known, batch: Batch, holding: set[int], desk: Desk) -> list[Happening] | Fault:
    """The step that opens a closed case again, when it was sent anew or else as late as the file tells of."""
    standing, unit = one.standing, one.row["unit"] or one.standing.unit
    if standing.holder_token_id in holding:
        return _question(one, "order_in_hand", desk=standing.holder_token_id)
    if standing.stage not in MOVES["reopen"].leads_from or unit is None:
        return _question(one, "order_open_again")
    at = one.row["dispatched_at"] if _is_sent_anew(one) else batch.until
    closed = f"{desk.local(standing.since):%Y-%m-%d %H:%M}"
    said = {"unit": unit, "withdrawn": standing.since.isoformat()}
    said |= {} if one.row["feedback"] else {"why": "order_opened_again", "closed": closed}
    return [Happening(at, standing.id, "reopen", MOVES["reopen"].to, one.row["feedback"], said)]


def _told_by(one: Known, told: Told, holding: set[int], batch: Batch) -> list[Happening] | Fault:
    """Steps that follow from a row, which may be none; or the question that it raises."""
    stage, closed_at = one.standing.stage, one.row["closed_at"]
    if closed_at in told.closed_at and not (closed_at in told.withdrawn and batch.is_latest):
        closed_at = None  # said before: what was done here since stands
    if stage == "merged":
        return [] if closed_at is None else [_step(one, closed_at, "note", None, {"closed_at": closed_at.isoformat()})]
    if stage in ENDED_STAGES:
        is_other = closed_at is not None and (stage == "withdrawn" or bool(told.closed_at))
        return _question(one, "order_ended_otherwise") if is_other else []
    last_at = told.passages[-1][0] if told.passages else one.standing.since
    is_sent = _is_sent_later(one)
    if closed_at is None and not is_sent:
        return []
    if one.standing.holder_token_id in holding:
        return _question(one, "order_in_hand", desk=one.standing.holder_token_id)
    if (closed_at or one.row["dispatched_at"]) < last_at:
        return _question(one, "order_moved_since")
    sent_at = one.row["dispatched_at"] if is_sent and one.row["dispatched_at"] >= last_at else None
    return _steps(one, sent_at, closed_at)


def _steps(one: Known, sent_at: datetime | None, closed_at: datetime | None) -> list[Happening]:
    """Through the tables of moves, at the times of the file; of a case that was not filed here this is told, too."""
    wished = [("file", sent_at or closed_at), ("dispatch", sent_at), ("settle", closed_at)]
    steps, stage = [], one.standing.stage
    for key, at in wished:
        move = {**MOVES, **TOLD_MOVES}[key]
        if at is None or move.to is None or stage not in move.leads_from:
            continue
        said = {"unit": one.row["unit"] or one.standing.unit} if "unit" in move.needs else {}
        steps.append(_step(one, at, key, move.to, said))
        stage = move.to
    return steps


def _step(one: Known, at: datetime, move: str, to: Stage | None, said: Mapping[str, Any]) -> Happening:
    reason = one.row["feedback"] if move in {"settle", "note"} else None
    return Happening(at, one.standing.id, move, to, reason, said)


def _question(one: Known, key: str, **more: Any) -> Fault:
    is_sent = one.row["closed_at"] is None and one.row["dispatched_at"] is not None
    told_at = one.row["closed_at"] or one.row["dispatched_at"] or one.row["occurred_at"]
    evidence = {
        "number": one.row["source_key"],
        "id": one.standing.id,
        "stage": Term(one.standing.stage, "case_stage"),
        "since": f"{one.standing.since.astimezone(told_at.tzinfo):%Y-%m-%d %H:%M}",
        "told": Term("closed" if one.row["closed_at"] else "dispatched" if is_sent else "filed", "case_stage"),
        "told_at": f"{told_at:%Y-%m-%d %H:%M}",
    }
    return Fault(one.number, "source_key", key, evidence | more)


def standing_after(
    conn: Connection, news: News, ways: Mapping[int, Way], desk: Desk, at: datetime
) -> Iterable[Sequence[Any]]:
    """The cases whose stage the news change, as ``order_rows.STANDING_COLUMNS``; the ways have been walked."""
    moved = [case for case, known in news.known.items() if ways[case].stage != known.standing.stage]
    found, told = cases_by_id(conn, moved), order_rows.told_of(conn, moved)
    for case_id in moved:
        case, way = found[case_id], ways[case_id]
        passages = told.get(case_id, NOTHING_TOLD).passages or [(case.reported_at or case.occurred_at, case.stage)]
        later = [(step.at, step.to) for step in news.told[case_id] if step.to is not None]
        whole = [Passage(desk.local(moment), stage) for moment, stage in (*passages, *later)]
        due = due_columns(whole, desk.limits_of(case), desk.week)
        is_ahead = due["stage_due_at"] is not None and due["stage_due_at"] > at
        sent = next((step.said["unit"] for step in news.told[case_id] if step.move in SENDING), case.unit)
        yield (
            *(case_id, way.stage, "closed" if way.stage in ENDED_STAGES else "open", way.since, sent, way.version),
            *(due["stage_due_at"], due["due_at"], due["warn_at"] if is_ahead else None, due["is_due_sure"]),
        )
