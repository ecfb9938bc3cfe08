"""Deadlines that pass in a real database: what goes up, once, whoever looks, whatever happens meanwhile."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from api.watch import watching
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.escalate_breaches import NOTHING, Escalated, escalate_breaches, escalating
from geo.actions.cases.step_incident import Stepped
from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.case_reasons import reason_of
from geo.cases import CLOCK, Case, Step
from geo.errors import Refused
from geo.rules.escalation import escalation_rule
from geo.settings import Settings
from geo.store import breaches, cases
from geo.store.database import Database
from tests.db.test_cases import CITY, DESK, MONDAY, later, report, step
from tests.db.test_coverage_command import gridcircle
from tests.plan_towns import PlanTown
from tests.small_town import lonlat

FRIDAY = datetime(2026, 3, 6, 9, 0, tzinfo=CITY)


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def hand(db: Database, town: PlanTown) -> Hand:
    token = create_token(db, name="desk 1", role="dispatcher", area_code=None, days=None, at=MONDAY)[0]
    return Hand(MONDAY, None, token.id, token.name)


def look(db: Database, at: datetime) -> Escalated:
    return escalate_breaches(db, DESK, lambda: at)


def known(db: Database, case_id: int) -> tuple[Case, list[Step]]:
    with db.read() as conn:
        return cases.get_case(conn, case_id), cases.steps_of(conn, case_id)


def moves(db: Database, case_id: int) -> list[str]:
    return [one.move for one in known(db, case_id)[1]]


def test_a_case_goes_up_level_by_level_each_with_the_whole_limit(db: Database, hand: Hand) -> None:
    """Snow: half an hour to dispatch, round the clock, decided by the subdistrict."""
    first = report(db, hand, item="0103").case
    due = MONDAY + timedelta(minutes=30)
    assert (first.level, first.stage_due_at) == ("subdistrict", due)
    found = look(db, due)
    assert (found.done, found.next_at) == ({}, due)  # the moment itself is in time
    at = due + timedelta(minutes=4)
    assert look(db, at).done == {"escalate": 1}
    assert look(db, at).done == {}
    case, steps = known(db, first.id)
    # the town has no district: the city is next
    assert (case.stage, case.level, case.holder, case.due_at) == ("escalated", "city", None, first.due_at)
    assert case.stage_due_at == at + timedelta(minutes=30)
    (last,) = steps[1:]
    assert (last.move, last.token_name, last.at, last.from_stage) == ("escalate", CLOCK, at, "filed")
    assert (last.said["due"], last.said["level"], last.said["from_level"]) == (due.isoformat(), "city", "subdistrict")
    assert last.said["source"]
    for language, words in (("en", "2026-03-02 09:30"), ("zh", "派遣时限")):
        assert words in (reason_of(last, language) or "")
    # nobody is above the city: it is overdue, and that is all
    assert look(db, at + timedelta(days=2)) == Escalated({}, (), None)
    case = known(db, first.id)[0]
    assert case.is_overdue(at + timedelta(days=2))
    assert case.version == 2


def test_what_waits_what_ended_and_what_is_merged_stays(db: Database, hand: Hand) -> None:
    sent = [step(db, report(db, hand), "dispatch", hand, unit="环卫") for _ in range(2)]
    waits = step(db, sent[0], "defer", hand, reason="待配件", until=FRIDAY)
    merged = step(db, report(db, hand), "merge", hand, into=sent[1].case.id)
    ended = step(db, report(db, hand), "withdraw", hand, reason="误报")
    for at in (MONDAY + timedelta(days=2), FRIDAY):
        look(db, at)  # the second that was sent goes up
        assert [moves(db, one.case.id)[-1] for one in (waits, merged, ended)] == ["defer", "merge", "withdraw"]
    assert look(db, FRIDAY + timedelta(minutes=1)).done == {"escalate": 1}
    case = known(db, waits.case.id)[0]
    assert (case.stage, case.deferred_until) == ("escalated", None)


def test_what_is_done_and_not_verified_is_told_once(db: Database, hand: Hand) -> None:
    done = step(db, step(db, report(db, hand), "dispatch", hand, unit="环卫"), "handle", hand)
    at = MONDAY + timedelta(hours=25)  # of 24
    assert look(db, at).done == {"overdue": 1}
    case, steps = known(db, done.case.id)
    assert (case.stage, case.level, case.stage_due_at) == ("handled", done.case.level, done.case.stage_due_at)
    assert "督办" in (reason_of(steps[-1], "zh") or "")
    back = step(db, Stepped(case, steps[-1]), "feed_back", later(hand, hours=26), reason="已清理")
    assert back.case.stage_due_at == case.stage_due_at  # the clock runs on, and its passing was told
    assert look(db, at + timedelta(days=9)).done == {}


def test_a_unit_is_warned_once_and_in_time(db: Database, hand: Hand) -> None:
    sent = step(db, report(db, hand), "dispatch", later(hand, hours=9), unit="环卫")  # at 18:00, due Tuesday 18:00
    warned = datetime(2026, 3, 3, 16, 24, tzinfo=CITY)
    assert look(db, warned - timedelta(minutes=1)).next_at == warned
    for minutes, deeds in ((1, {"warn": 1}), (2, {}), (96, {}), (97, {"escalate": 1})):
        assert look(db, warned + timedelta(minutes=minutes)).done == deeds
    steps = known(db, sent.case.id)[1]
    assert [one.move for one in steps] == ["report", "dispatch", "warn", "escalate"]
    assert "80%" in (reason_of(steps[2], "en") or "")


def test_who_was_away_at_the_warning_is_told_of_the_breach_alone(db: Database, hand: Hand) -> None:
    sent = step(db, report(db, hand), "dispatch", hand, unit="环卫")
    assert look(db, FRIDAY).done == {"escalate": 1}
    assert moves(db, sent.case.id) == ["report", "dispatch", "escalate"]


def test_who_has_it_in_hand_keeps_it_and_is_told(db: Database, hand: Hand) -> None:
    held = step(db, report(db, hand), "claim", hand)
    with db.write() as conn:
        conn.execute(
            text(
                "insert into webhook (name, target, secret, sees, language, made_at) values"
                " ('w', 'https://city.example', 's', 'viewer', 'zh', now())"
            )
        )
    with db.read() as conn:
        newest = cases.newest_step_id(conn)
    assert look(db, FRIDAY).done == {"escalate": 1}
    with db.read() as conn:
        (told,) = cases.steps_after(conn, newest, 10)
        assert conn.execute(text("select step_id from outbox")).scalars().all() == [told.id]
    case = known(db, held.case.id)[0]
    assert (told.incident_id, told.seq, case.holder) == (case.id, case.version, "desk 1")


def test_a_case_that_moved_on_between_look_and_deed_is_left(db: Database, hand: Hand) -> None:
    first, second = report(db, hand), report(db, hand, lonlat=lonlat(750, 250))
    asked: list[int] = []

    at = MONDAY + timedelta(hours=3)  # of 2

    def moves_on() -> datetime:
        """Asked by the round, by its beginning, by the first few and in the midst of the first case."""
        asked.append(1)
        if len(asked) == 4:
            step(db, second, "dispatch", later(hand, hours=3), unit="环卫")
        return at

    assert escalate_breaches(db, DESK, moves_on).done == {"escalate": 1}
    assert moves(db, first.case.id) == ["report", "escalate"]
    assert moves(db, second.case.id) == ["report", "dispatch"]


def test_a_round_that_is_cut_off_loses_and_doubles_nothing(db: Database, hand: Hand) -> None:
    ids = [report(db, hand, lonlat=lonlat(100 + 200 * n, 250)).case.id for n in range(4)]
    asked: list[int] = []

    def dies() -> datetime:
        """Asked by the round, by its beginning, by the first few, then in the midst of each case."""
        asked.append(1)
        if len(asked) == 6:
            raise KeyboardInterrupt
        return FRIDAY

    with pytest.raises(KeyboardInterrupt):
        escalate_breaches(db, DESK, dies)
    assert [known(db, one)[0].stage for one in ids] == ["escalated", "escalated", "filed", "filed"]
    assert look(db, FRIDAY).done == {"escalate": 2}
    assert {tuple(moves(db, one)) for one in ids} == {("report", "escalate")}


def test_two_processes_at_once_do_it_once(db: Database, hand: Hand) -> None:
    ids = [report(db, hand, lonlat=lonlat(100 + 80 * n, 250)).case.id for n in range(10)]
    found: list[Escalated] = []
    threads = [threading.Thread(target=lambda: found.append(look(db, FRIDAY))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.done.get("escalate", 0) for one in found) == len(ids)
    assert {tuple(moves(db, one)) for one in ids} == {("report", "escalate")}
    with db.read() as held:
        assert breaches.is_only_watch(held)
        assert look(db, FRIDAY) == NOTHING


def test_one_case_that_cannot_be_dealt_with_does_not_hold_up_the_others(db: Database, hand: Hand) -> None:
    odd, plain = report(db, hand).case, report(db, hand, lonlat=lonlat(750, 250)).case
    with db.write() as conn:
        conn.execute(text("update incident set catalogue_version = 'lost' where id = :id"), {"id": odd.id})
    found = look(db, FRIDAY)
    assert (found.done, found.faults) == ({"escalate": 1}, ((odd.id, "case_version_unknown"),))
    assert moves(db, plain.id) == ["report", "escalate"]


def test_what_a_file_brings_of_old_deadlines_is_left_alone(db: Database, hand: Hand) -> None:
    old, fresh = (report(db, hand).case for _ in range(2))  # due on Monday at 11:00
    with db.write() as conn:
        for case, landed_at in ((old, MONDAY + timedelta(hours=3)), (fresh, MONDAY)):
            batch = conn.execute(
                text(
                    "insert into import_batch (kind, source, filename, sha256, actor, landed_at)"
                    " values ('orders', 's', 'f', 'x', 'a', :at) returning id"
                ),
                {"at": landed_at},
            ).scalar_one()
            conn.execute(text("update incident set import_id = :b where id = :id"), {"b": batch, "id": case.id})
    assert look(db, FRIDAY).done == {"escalate": 1}
    assert [moves(db, case.id) for case in (old, fresh)] == [["report"], ["report", "escalate"]]
    assert known(db, old.id)[0].is_overdue(FRIDAY)
    assert look(db, FRIDAY).done == {}


BACKLOG = 3000
"""Overdue cases."""


@pytest.fixture
def backlog(db: Database, hand: Hand) -> list[int]:
    """Their ids, the longest overdue first: copies of one case, each due a second after the one before."""
    first = report(db, hand).case.id
    with db.write() as conn:
        columns = conn.execute(
            text(
                "select string_agg(attname, ', ') from pg_attribute where attrelid = 'incident'::regclass"
                " and attnum > 0 and not attisdropped and attname not in ('id', 'source_key', 'stage_due_at')"
            )
        ).scalar_one()
        copied = f"insert into incident ({columns}, source_key, stage_due_at) select {columns}, 'copy ' || n,"
        copied += " stage_due_at + n * interval '1 second' from incident, generate_series(1, :n) n where id = :id"
        conn.execute(text(copied), {"n": BACKLOG - 1, "id": first})
        return list(conn.execute(text("select id from incident order by stage_due_at")).scalars())


def test_who_is_urgent_or_new_waits_for_no_backlog(db: Database, hand: Hand, backlog: list[int]) -> None:
    now, few = [FRIDAY], escalation_rule().at_once
    urgent = backlog[-1]
    with db.write() as conn:
        conn.execute(text("update incident set need = 'urgent' where id = :id"), {"id": urgent})
    with closing(escalating(db, DESK, lambda: now[0])) as work:
        assert next(work).done == {"escalate": few}
        first = [urgent, *backlog[: few - 1]]
        assert escalated(db) == set(first)
        # while the clock rests others take cases in hand, the next ones in its list among them, and nobody else watches
        held = step(db, Stepped(known(db, backlog[few])[0], known(db, first[0])[1][0]), "claim", later(hand, days=4))
        assert (held.case.holder, look(db, FRIDAY)) == ("desk 1", NOTHING)
        fresh = report(db, later(hand, days=4), item="0103", lonlat=lonlat(750, 250)).case  # half an hour
        assert fresh.stage_due_at is not None
        now[0] = fresh.stage_due_at + timedelta(seconds=1)
        assert next(work) == Escalated({"escalate": few}, (), now[0])
        assert escalated(db) == {*first, fresh.id, *backlog[few - 1 : 2 * few - 2]}
    # another process goes on where this one was stopped
    with closing(escalating(db, DESK, lambda: now[0])) as work:
        next(work)
    assert escalated(db) == {urgent, fresh.id, *backlog[: 3 * few - 2]}


def escalated(db: Database) -> set[int]:
    with db.read() as conn:
        return set(conn.execute(text("select incident_id from incident_step where move = 'escalate'")).scalars())


def test_the_clock_rests_as_long_as_the_rule_says(db: Database, hand: Hand) -> None:
    ids = [report(db, hand, lonlat=lonlat(100 + 80 * n, 250)).case.id for n in range(7)]
    rests: list[float] = []
    assert escalate_breaches(db, DESK, lambda: FRIDAY, rests.append).done == {"escalate": len(ids)}
    rule = escalation_rule()
    rounds, left = divmod(len(ids), rule.at_once)
    assert rests == [rule.at_once / rule.per_s] * rounds + [left / rule.per_s, 0]


def test_the_command_does_the_same(db: Database, hand: Hand) -> None:
    case = report(db, hand).case  # long ago by the clock of the machine
    code, told = gridcircle(db, "cases", "escalate")
    assert (code, "1 cases escalated" in told) == (0, True)
    assert moves(db, case.id) == ["report", "escalate"]


@pytest.mark.parametrize(("is_on", "looks", "done"), [(True, 10, ["report", "escalate"]), (False, 4, ["report"])])
def test_the_service_does_it_by_itself_unless_turned_off(
    db: Database, hand: Hand, is_on: bool, looks: int, done: list[str]
) -> None:
    case, asked, seen = report(db, hand).case, list[int](), threading.Event()

    def clock() -> datetime:
        """Asked some times for the first few of plans and deadlines, and again for the next few after these."""
        asked.append(1)
        if len(asked) == looks:
            seen.set()
        return FRIDAY

    with watching(db, Desk(Settings(escalation=is_on)), clock):
        assert seen.wait(30)
    assert moves(db, case.id) == done


def test_nobody_is_called_like_the_clock(db: Database) -> None:
    with pytest.raises(Refused, match="Choose another name"):
        create_token(db, name=CLOCK, role="dispatcher", area_code=None, days=None, at=MONDAY)
