"""Stages and moves of a case: the graph as a whole, what each move asks for, the tables of the docs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.case_states import (
    ENDED_STAGES,
    MOVES,
    OPEN_STAGES,
    STAGES,
    Detail,
    Move,
    Said,
    Stage,
    after,
    check_raised,
    moves_from,
)
from geo.errors import BadMove
from geo.rules.case_levels import LEVELS
from geo.rules.case_needs import case_needs, ledger_word, ledger_words
from geo.words import LANGUAGES, catalogue, sentence
from tests.case_tables import PAGES, ROWS, section, table

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ALL = Said(AT, reason="已现场核实", unit="市政", level="district", until=AT + timedelta(days=30), into=7)
"""Says whatever any move may ask for."""


def walk(*moves: str, begin: Stage = "collected") -> Stage:
    for move in moves:
        begin = after(begin, move, ALL)
    return begin


def reached_from(*begin: Stage) -> set[Stage]:
    found, fresh = set(begin), set(begin)
    while fresh:
        fresh = {after(stage, move.key, ALL) for stage in fresh for move in moves_from(stage)} - found
        found |= fresh
    return found


def test_the_seven_steps_of_city_management() -> None:
    assert walk("file", "dispatch", "handle", "feed_back", "verify", "close", "evaluate") == "evaluated"


@pytest.mark.parametrize(
    ("moves", "stage"),
    [
        (("file", "handle"), "handled"),
        (("file", "dispatch", "return"), "returned"),
        (("file", "dispatch", "return", "dispatch"), "dispatched"),
        (("file", "dispatch", "hand_over"), "dispatched"),
        (("file", "dispatch", "defer", "resume"), "dispatched"),
        (("file", "dispatch", "handle", "feed_back", "rework"), "dispatched"),
        (("file", "escalate", "escalate", "dispatch"), "dispatched"),
        (("file", "dispatch", "handle", "feed_back", "verify", "close", "reopen"), "dispatched"),
        (("claim", "release", "claim"), "collected"),
        (("merge",), "merged"),
        (("withdraw",), "withdrawn"),
    ],
)
def test_ways_that_cases_take(moves: tuple[str, ...], stage: Stage) -> None:
    assert walk(*moves) == stage


@pytest.mark.parametrize(
    ("stage", "move"),
    [
        ("collected", "dispatch"),  # nobody has looked at it yet
        ("collected", "close"),
        ("filed", "close"),
        ("dispatched", "close"),  # the unit does not judge its own work
        ("handled", "close"),
        ("handled", "withdraw"),  # work that was done is not made undone
        ("deferred", "handle"),
        ("closed", "merge"),
        ("closed", "claim"),
        ("evaluated", "reopen"),
        ("merged", "reopen"),
        ("withdrawn", "file"),
    ],
)
def test_ways_that_are_barred(stage: Stage, move: str) -> None:
    with pytest.raises(BadMove):
        after(stage, move, ALL)


def test_every_stage_is_reached_from_the_first() -> None:
    assert reached_from("collected") == set(STAGES)


@pytest.mark.parametrize("stage", OPEN_STAGES)
def test_every_open_case_can_be_closed_and_can_be_ended(stage: Stage) -> None:
    assert "closed" in reached_from(stage)


def test_ends_are_ends() -> None:
    assert set(OPEN_STAGES) | set(ENDED_STAGES) == set(STAGES)
    assert {move.key for move in moves_from("closed")} == {"evaluate", "reopen"}
    for stage in ("evaluated", "merged", "withdrawn"):
        assert moves_from(stage) == ()


@given(st.lists(st.integers(0, 99), max_size=40))
def test_whoever_makes_allowed_moves_only_is_never_stuck_before_an_end(choices: list[int]) -> None:
    stage: Stage = "collected"
    for choice in choices:
        allowed = moves_from(stage)
        if not allowed:
            assert stage in ENDED_STAGES
            return
        stage = after(stage, allowed[choice % len(allowed)].key, ALL)
        assert stage in STAGES


@given(st.sampled_from(STAGES), st.sampled_from([*MOVES, "", "FILE", "<script>"]))
def test_a_refusal_names_what_is_allowed_in_both_languages_and_nothing_that_was_typed(stage: Stage, move: str) -> None:
    allowed = [known.key for known in moves_from(stage)]
    if move in allowed:
        after(stage, move, ALL)
        return
    with pytest.raises(BadMove) as refusal:
        after(stage, move, ALL)
    for language in LANGUAGES:
        told = refusal.value.in_language(language)
        assert sentence(f"case_stage_{stage}", language) in told
        assert all(sentence(f"case_move_{key}", language) in told for key in allowed)
        assert "<script>" not in told
    if allowed:
        evidence = json.loads(json.dumps(refusal.value.evidence))
        assert (evidence["stage"], evidence["allowed"]) == (stage, allowed)
    else:
        assert refusal.value.key == "case_has_ended"


def test_the_sentence_of_a_refusal() -> None:
    with pytest.raises(BadMove) as refusal:
        after("verified", "dispatch", ALL)
    assert str(refusal.value) == (
        "A case that is verified does not allow “dispatch”. It allows: claim, release, close, merge."
    )
    assert refusal.value.in_language("zh") == "“已核实”的案件不能“派遣”，可进行：认领、放回、结案、合并。"


@pytest.mark.parametrize("move", MOVES.values(), ids=list(MOVES))
def test_what_a_move_needs_must_be_said(move: Move) -> None:
    stage = move.leads_from[0]
    for blank in (None, "", "  \n", "\u200b", "\u2060\u3164"):
        said = replace(ALL, reason=blank)
        if move.is_reason_needed:
            with pytest.raises(BadMove, match="reason"):
                after(stage, move.key, said)
        else:
            after(stage, move.key, said)
    for detail in get_args(Detail):
        said = replace(ALL, **{detail: None})
        if detail in move.needs:
            with pytest.raises(BadMove, match=rf"\({detail}\)"):
                after(stage, move.key, said)
        else:
            after(stage, move.key, said)


def test_moves_that_take_something_from_somebody_need_a_reason() -> None:
    silent = {"file", "dispatch", "claim", "release", "handle", "verify", "close", "evaluate", "resume", "merge"}
    assert {key for key, move in MOVES.items() if not move.is_reason_needed} == silent
    assert {move.role for move in MOVES.values()} == {"dispatcher"}


@pytest.mark.parametrize("until", [AT, AT - timedelta(seconds=1)])
def test_nothing_is_deferred_into_the_past(until: datetime) -> None:
    with pytest.raises(BadMove, match="not after now"):
        after("dispatched", "defer", replace(ALL, until=until))
    assert after("dispatched", "defer", replace(ALL, until=AT + timedelta(seconds=1))) == "deferred"


def test_escalation_leads_up_only() -> None:
    for low, now in enumerate(LEVELS):
        for high, wished in enumerate(LEVELS):
            if high > low:
                check_raised(now, wished)
            else:
                with pytest.raises(BadMove) as refusal:
                    check_raised(now, wished)
                assert sentence(f"case_level_{wished}", "zh") in refusal.value.in_language("zh")


def test_the_first_moves_of_each_kind_of_need_are_lawful() -> None:
    ends = {"urgent": "dispatched", "hard": "filed", "worry": "escalated", "hope": "deferred"}
    assert {key: walk(*known.moves) for key, known in case_needs().items()} == ends


def test_the_ledger_covers_the_stages_once() -> None:
    told = [stage for word in ledger_words().values() for stage in word.stages]
    assert len(told) == len(set(told))
    assert {stage for stage in STAGES if ledger_word(stage) is None} == {"collected", "merged", "withdrawn"}
    assert [word.in_language("zh") for word in ledger_words().values()] == ["建账", "领账", "清账"]


def test_a_case_goes_through_the_ledger_in_its_order() -> None:
    stage: Stage = "collected"
    words = []
    for move in ("file", "dispatch", "handle", "feed_back", "verify", "close"):
        stage = after(stage, move, ALL)
        word = ledger_word(stage)
        assert word is not None
        words.append(word.key)
    assert words == ["opened", "claimed", "claimed", "claimed", "claimed", "cleared"]


def test_everything_has_a_name() -> None:
    topics = {"case_stage": STAGES, "case_move": MOVES, "case_detail": get_args(Detail), "case_level": LEVELS}
    for topic, keys in topics.items():
        assert {f"{topic}_{key}" for key in keys} <= catalogue().keys()


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("name", ROWS)
def test_the_tables_of_the_docs_are_those_of_the_code(name: str, language: str) -> None:
    (told,) = section(name).findall(PAGES[language].read_text(encoding="utf-8"))
    assert told == table(name, language), "make them anew with: python -m tests.case_tables"
