"""Files of orders taken back: what nobody has gone on from is as it was, the rest stays, and all of it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.actions.imports.undo_import import undo_import
from geo.case_clocks import Passage, dues_of
from geo.case_reasons import reason_of
from geo.errors import BadMove
from geo.imports.report import Undone
from geo.store.database import Database
from tests.db.test_case_figures import tell
from tests.order_files import (
    DESK,
    DONE,
    HOUR,
    MONDAY,
    NEWER,
    NOW,
    SENT,
    Row,
    case,
    count,
    desk_moves,
    done,
    moves,
    newer,
    order,
    refuse_unlawful,
    sent,
    steps,
    take,
    warn_at,
)
from tests.plan_towns import PlanTown
from tests.small_town import everything

LATER = NOW + 5 * HOUR
SAME = (
    *("stage", "state", "text", "address", "unit", "level", "grid_id", "plan_id", "plan_version", "border_grid_ids"),
    *("lonlat", "stage_since", "stage_due_at", "due_at", "is_due_sure", "deferred_until", "merged_into_id"),
)


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


def standing(db: Database, number: str) -> dict[str, Any]:
    found = case(db, number)
    return {name: getattr(found, name) for name in SAME} | {"warn_at": warn_at(db, found.id)}


def touched(db: Database, import_id: int) -> set[int]:
    """Cases that an import brought, told of, or put orders into; asked of the database while it stands."""
    found = text("""
        select id from incident where import_id = :id
        union select incident_id from incident_step where said @> jsonb_build_object('import_id', cast(:id as bigint))
        union select merged_into_id from incident where import_id = :id and merged_into_id is not null
    """)
    with db.read() as conn:
        return set(conn.execute(found, {"id": import_id}).scalars())


def take_back(db: Database, import_id: int | None) -> Undone:
    """Taken back, the answer adding up, every case lawful, and once is enough."""
    assert import_id is not None
    all_of_it = touched(db, import_id)
    undone = undo_import(db, import_id, LATER)
    assert undone.removed + undone.put_back + len(undone.left) == undone.touched == len(all_of_it)
    refuse_unlawful(db)
    state = everything(db)
    with pytest.raises(BadMove, match="undone already"):
        undo_import(db, import_id, LATER + HOUR)
    assert everything(db) == state
    return undone


def left(undone: Undone) -> dict[int, str]:
    return {fault.evidence["id"]: fault.key for fault in undone.left}


FIRST = [
    order("R1"),
    order("R2", place=None, 问题分类="9003"),
    sent("R3", place=(900, 100)),
    done("R4", place=(100, 100)),
    order("R5", MONDAY + timedelta(minutes=5)),  # merged into the first
]
SECOND = [
    order("R1", place=(750, 750), 诉求内容="另有噪音", 承办单位="巴彦队"),
    order("R2", place=(250, 250), 问题分类="9003"),
    done("R3", place=(900, 100)),
    sent("R4", place=(100, 100)),
    done("R5", 来电时间=f"{MONDAY + timedelta(minutes=5):%Y-%m-%d %H:%M}"),
    order("R6", MONDAY + 2 * HOUR),  # goes into the first
    newer("R9"),
]


def numbers(rows: Sequence[Row]) -> list[str]:
    return [row["工单编号"] for row in rows]


def test_everything_is_as_it_was(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """Text, place, unit, closings, deadlines and warnings are put back by a step of their own; what was new is gone."""
    take(db, tmp_path, FIRST)
    before = {number: standing(db, number) for number in numbers(FIRST)}
    was = {number: steps(db, number) for number in numbers(FIRST)}
    second = take(db, tmp_path, SECOND, at=NOW + HOUR)
    assert [case(db, f"R{n}").stage for n in (1, 2, 3, 4)] == ["filed", "filed", "closed", "dispatched"]
    undone = take_back(db, second.import_id)
    assert (undone.removed, undone.put_back, undone.left) == (2, 5, ())
    assert {number: standing(db, number) for number in numbers(FIRST)} == before
    for number in numbers(FIRST):
        now = steps(db, number)
        assert now[: len(was[number])] == was[number]
        assert all(step.at == LATER for step in now if step.move in {"undo", "detach"})
    last = {number: steps(db, number)[-1] for number in ("R3", "R4")}
    assert [(step.move, step.from_stage, step.to_stage) for step in last.values()] == [
        ("undo", "closed", "dispatched"),
        ("undo", "dispatched", "closed"),
    ]
    assert "orders.csv" in (reason_of(last["R3"], "zh") or "")
    assert count(db, "incident_before") == 0
    assert count(db, "incident") == len(FIRST)


def test_it_can_be_taken_in_again(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """As if it were the first time, and back again."""
    take(db, tmp_path, FIRST)
    before = {number: standing(db, number) for number in numbers(FIRST)}
    second = take(db, tmp_path, SECOND, at=NOW + HOUR)
    after = {number: standing(db, number) for number in numbers(SECOND)[:4]}
    take_back(db, second.import_id)
    again = take(db, tmp_path, SECOND, at=NOW + HOUR)
    assert (again.added, again.changed, again.totals) == (second.added, second.changed, second.totals)
    assert {number: standing(db, number) for number in numbers(SECOND)[:4]} == after
    take_back(db, again.import_id)
    assert {number: standing(db, number) for number in numbers(FIRST)} == before


def test_its_clocks_run_as_if_the_file_had_never_come(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """A desk sends a case on after its closing was taken back: the time that it stood closed counts in full."""
    take(db, tmp_path, [order("R1")])
    second = take(db, tmp_path, [done("R1")], at=NOW + HOUR)
    take_back(db, second.import_id)
    desk_moves(db, "R1", "dispatch", Hand(LATER + HOUR), unit="队")
    lived = [Passage(MONDAY, "filed"), Passage(LATER + HOUR, "dispatched")]
    due = dues_of(lived, DESK.limits_of(case(db, "R1")), DESK.week)
    assert due.stage is not None
    assert due.total is not None
    assert (case(db, "R1").stage_due_at, case(db, "R1").due_at) == (due.stage.at, due.total.at)


def test_figures_count_as_if_the_file_had_never_come(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """From then on; as of a moment before that they tell what was known then."""
    take(db, tmp_path, FIRST)
    before, between = tell(db, as_of=NOW), NOW + 2 * HOUR
    second = take(db, tmp_path, SECOND, at=NOW + HOUR)
    known = tell(db, as_of=between)
    assert known.whole.rates != before.whole.rates
    take_back(db, second.import_id)
    assert tell(db, as_of=LATER).whole.rates["closing"] == before.whole.rates["closing"]
    assert tell(db, as_of=LATER).whole.rates["rework"] == before.whole.rates["rework"]
    assert tell(db, as_of=between) == known


def test_what_somebody_went_on_from_stays(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """Each reason why a case is left, new ones and old ones; the others are put back all the same."""
    token = create_token(db, name="desk of 李四", role="dispatcher", area_code=None, days=None, at=MONDAY)[0]
    desk = Hand(NOW + 2 * HOUR, None, token.id, token.name)
    place = {f"S{n}": (100 + 110 * n, 300) for n in range(8)}
    take(db, tmp_path, [order(f"S{n}", place=place[f"S{n}"]) for n in range(4)])
    rows = [done(f"S{n}", place=place[f"S{n}"]) for n in range(3)]
    rows += [sent("S3", place=place["S3"]), *(order(f"S{n}", place=place[f"S{n}"]) for n in range(4, 8))]
    second = take(db, tmp_path, rows, at=NOW + HOUR)
    desk_moves(db, "S1", "reopen", desk, reason="未清", unit="队")
    desk_moves(db, "S4", "claim", desk)
    third = take(
        db,
        tmp_path,
        [done("S3", place=place["S3"]), order("S9", MONDAY + HOUR, place["S5"]), done("S6", place=place["S6"])],
        at=NOW + 3 * HOUR,
    )
    was = {number: (case(db, number), steps(db, number)) for number in ("S1", "S3", "S4", "S5", "S6")}
    undone = take_back(db, second.import_id)
    assert left(undone) == {
        was["S1"][0].id: "undo_left_desk",
        was["S3"][0].id: "undo_left_file",
        was["S4"][0].id: "undo_left_desk",
        was["S5"][0].id: "undo_left_takes_in",
        was["S6"][0].id: "undo_left_file",
    }
    assert (undone.removed, undone.put_back) == (1, 2)  # S7; S0, S2
    assert {number: (case(db, number), steps(db, number)) for number in was} == was
    assert [case(db, f"S{n}").stage for n in (0, 2)] == ["filed", "filed"]
    told = " ".join(fault.in_language(language) for fault in undone.left for language in ("zh", "en"))
    assert f"导入 {third.import_id} " in told
    assert f"(in hand of desk: {token.id})" in told
    assert "李四" not in told


def test_one_that_another_of_the_file_leads_to_stays_with_it(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """An order merged into one of the same file was told of later: both stay. A case here that took in one keeps it."""
    told = Report("0302", MONDAY, "member", "…", (order("")["经度"], order("")["纬度"]))
    there = report_incident(db, told, DESK, Hand(MONDAY), "k").case
    half = MONDAY + timedelta(minutes=30)
    first = take(
        db,
        tmp_path,
        [
            order("T1"),
            order("T2", half),
            order("T3", half, (900, 100)),
            order("T4", half, 问题分类="0302"),
            order("T5", half + HOUR, 问题分类="0302"),
        ],
    )
    take(db, tmp_path, [done("T2", 来电时间=f"{half:%Y-%m-%d %H:%M}")], at=NOW + HOUR)
    desk_moves(db, "T1", "claim", Hand(NOW))
    undone = take_back(db, first.import_id)
    assert left(undone) == {case(db, "T1").id: "undo_left_desk", case(db, "T2").id: "undo_left_file"}
    assert (undone.removed, undone.put_back) == (3, 1)
    with db.read() as conn:
        log = conn.execute(
            text("select move from incident_step where incident_id = :id order by seq"), {"id": there.id}
        )
        assert log.scalars().all() == ["report", "absorb", "absorb", "detach", "detach"]


def test_files_one_after_the_other(db: Database, town: PlanTown, tmp_path: Path) -> None:
    """Taken back from the last to the first, everything is as before each; the first one alone leaves what followed."""
    imports, states = [], []
    for rows in ([order("U1")], [sent("U1")], [done("U1")], [sent("U1"), newer("U9")]):
        states.append(standing(db, "U1") if imports else None)
        imports.append(take(db, tmp_path, rows, at=NOW + len(imports) * HOUR).import_id)
    assert [stage for _, stage, _ in moves(db, "U1")] == ["filed", "dispatched", "closed", "dispatched"]
    assert moves(db, "U1")[2:] == [("settle", "closed", DONE), ("reopen", "dispatched", NEWER)]
    assert list(left(take_back(db, imports[1])).values()) == ["undo_left_file"]
    for import_id, state in zip(imports[:1:-1], states[:1:-1], strict=True):
        assert take_back(db, import_id).left == ()
        assert standing(db, "U1") == state
    assert case(db, "U1").stage_since == SENT
    assert take_back(db, imports[0]).removed == 1
    assert count(db, "incident") == count(db, "incident_step") == count(db, "incident_before") == 0


def test_what_an_older_version_took_in_is_left(db: Database, town: PlanTown, tmp_path: Path) -> None:
    take(db, tmp_path, [order("V1")])
    second = take(db, tmp_path, [done("V1")], at=NOW + HOUR)
    with db.write() as conn:
        conn.execute(text("delete from incident_before"))
    assert left(take_back(db, second.import_id)) == {case(db, "V1").id: "undo_left_not_kept"}
