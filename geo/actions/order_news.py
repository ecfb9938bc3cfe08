"""What a later file tells of orders that are known here: steps that follow lawfully, and questions for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from geo.actions.case_desk import Desk
from geo.actions.report_incident import due_columns
from geo.case_clocks import Passage
from geo.case_states import ENDED_STAGES, MOVES, TOLD_MOVES, Stage
from geo.imports.report import Fault
from geo.orders import Happening, Way
from geo.store import order_rows, tokens
from geo.store.cases import cases_by_id
from geo.store.order_rows import Standing, Told
from geo.words import Term

Row = Mapping[str, Any]

NOTHING_TOLD = Told((), frozenset())


@dataclass(frozen=True)
class Known:
    """A row of an order that is known."""

    number: int
    """Where it stands in the file."""
    row: Row
    standing: Standing


@dataclass(frozen=True)
class News:
    """What a file tells that was not known."""

    told: Mapping[int, Sequence[Happening]]
    """By case; each has one at least."""
    known: Mapping[int, Known]
    """The rows that tell it, by case."""
    questions: tuple[Fault, ...]
    """Where what was done here says otherwise: nothing is changed, a person decides."""

    @property
    def closings(self) -> Mapping[int, datetime]:
        """Case -> when it was closed outside."""
        return {case: steps[-1].at for case, steps in self.told.items() if steps[-1].move == "settle"}

    def of_unchanged(self, held: Mapping[int, tuple[Stage, int]]) -> News:
        """What is told of cases that are as they were read, now that they are held; the others become questions."""
        gone = [case for case, known in self.known.items() if held.get(case, (None, 0))[1] != known.standing.version]
        return News(
            {case: steps for case, steps in self.told.items() if case not in gone},
            {case: known for case, known in self.known.items() if case not in gone},
            self.questions + tuple(_question(self.known[case], "order_changed_meanwhile") for case in gone),
        )

    def count(self, move: str) -> int:
        """Cases with such a step."""
        return sum(any(step.move == move for step in steps) for steps in self.told.values())


def news_of(conn: Connection, known: Sequence[Known], batch: tuple[int, datetime]) -> News:
    """What rows of known orders tell; ``batch`` is the import's id and when it came. Nothing is held or changed."""
    telling = [one for one in known if _may_tell(one)]
    told = order_rows.told_of(conn, [one.standing.id for one in telling])
    holders = {one.standing.holder_token_id for one in telling if one.standing.holder_token_id is not None}
    holding = holders - tokens.ended(conn, sorted(holders), batch[1])
    found: dict[int, Sequence[Happening]] = {}
    rows, questions = {}, []
    for one in telling:
        steps = _told_by(one, told.get(one.standing.id, NOTHING_TOLD), holding)
        if isinstance(steps, Fault):
            questions.append(steps)
        elif steps:
            marks = {"imported": True, "import_id": batch[0], "taken_at": batch[1].isoformat(timespec="seconds")}
            found[one.standing.id] = [replace(step, said={**step.said, **marks}) for step in steps]
            rows[one.standing.id] = one
    return News(found, rows, tuple(questions))


def _may_tell(one: Known) -> bool:
    """Whether a look at the steps is needed: most rows of a file that comes every month tell nothing new."""
    stage, closed_at = one.standing.stage, one.row["closed_at"]
    if one.standing.is_retired:
        return False
    if stage in ENDED_STAGES:
        return closed_at is not None and closed_at != one.standing.since
    return closed_at is not None or _is_sent_later(one)


def _is_sent_later(one: Known) -> bool:
    """Whether it was sent on outside, and not here; without a unit nobody knows to whom."""
    stage, sent_at = one.standing.stage, one.row["dispatched_at"]
    if sent_at is None or (one.row["unit"] or one.standing.unit) is None:
        return False
    return stage in {"collected", "filed"} or (stage in MOVES["dispatch"].leads_from and sent_at > one.standing.since)


def _told_by(one: Known, told: Told, holding: set[int]) -> list[Happening] | Fault:
    """Steps that follow from a row, which may be none; or the question that it raises."""
    stage, closed_at = one.standing.stage, one.row["closed_at"]
    if closed_at is not None and closed_at in told.closed_at:
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
    told_at = one.row["closed_at"] or one.row["dispatched_at"]
    evidence = {
        "number": one.row["source_key"],
        "id": one.standing.id,
        "stage": Term(one.standing.stage, "case_stage"),
        "since": f"{one.standing.since.astimezone(told_at.tzinfo):%Y-%m-%d %H:%M}",
        "told": Term("closed" if one.row["closed_at"] else "dispatched", "case_stage"),
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
        sent = next((step.said["unit"] for step in news.told[case_id] if step.move == "dispatch"), case.unit)
        yield (
            *(case_id, way.stage, "closed" if way.stage in ENDED_STAGES else "open", way.since, sent, way.version),
            *(due["stage_due_at"], due["due_at"], due["warn_at"] if is_ahead else None, due["is_due_sure"]),
        )
