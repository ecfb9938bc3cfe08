"""Assignments through plans: worked out by hand, and against a search day by day."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from geo.assignments import Assigned, Claim, Line, Turn
from geo.compute.plans.follow import followed, turns_of

DAY0 = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return DAY0 + timedelta(days=number)


def told(claims: list[Claim], turns: list[Turn]) -> list[tuple[int, int, int | None, int | None]]:
    """Grid, days since and until, where it came from."""

    def number(at: datetime | None) -> int | None:
        return None if at is None else (at - DAY0).days

    return sorted(
        (one.grid_id, number(one.since) or 0, number(one.until), one.from_grid_id) for one in followed(claims, turns)
    )


CLAIM = Claim(1, 9, 1, day(0), None)


def test_a_split_gives_both_parts_a_merge_the_whole() -> None:
    split, merged = Turn(day(10), 5, 1, (1, 4)), Turn(day(20), 6, 4, (7,))
    assert told([CLAIM], []) == [(1, 0, None, None)]
    assert told([CLAIM], [split]) == [(1, 0, None, None), (4, 10, None, 1)]
    assert told([CLAIM], [merged, split]) == [(1, 0, None, None), (4, 10, 20, 1), (7, 20, None, 4)]


def test_a_grid_that_is_split_again_and_again_keeps_its_posts() -> None:
    turns = [Turn(day(10 * n), n, 1, (1, 100 + n)) for n in (1, 2, 3)]
    assert told([CLAIM], turns) == [(1, 0, None, None), (101, 10, None, 1), (102, 20, None, 1), (103, 30, None, 1)]


def test_what_was_said_with_the_plan_or_after_it_was_said_knowing_it() -> None:
    turn = Turn(day(10), 5, 1, (1, 4))
    assert told([CLAIM._replace(since=day(10))], [turn]) == [(1, 10, None, None)]
    assert told([CLAIM._replace(since=day(9))], [turn]) == [(1, 9, None, None), (4, 10, None, 1)]


def test_what_ends_before_the_plan_does_not_go_on() -> None:
    turn = Turn(day(10), 5, 1, (4,))
    assert told([CLAIM._replace(until=day(10))], [turn]) == [(1, 0, 10, None)]
    assert told([CLAIM._replace(until=day(12))], [turn]) == [(1, 0, 10, None), (4, 10, 12, 1)]


def test_nothing_is_left_of_a_grid_that_nobody_takes_over() -> None:
    assert told([CLAIM], [Turn(day(10), 5, 1, ())]) == [(1, 0, 10, None)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(1, 0.6, True, False), (4, 0.4, True, True)], (1, 4)),  # split: the new part is cut out of it
        ([(1, 0.97, True, False), (2, 0.03, True, False)], (1,)),  # a strip went to a neighbour
        ([(1, 0.5, True, False), (2, 0.5, True, False)], (1,)),  # even half: the neighbour has posts of its own
        ([(2, 1.0, False, False)], (2,)),  # merged into a neighbour
        ([(2, 0.9, False, False), (3, 0.01, False, False)], (2,)),
        ([(2, 0.02, False, False), (3, 0.01, False, False)], (2,)),  # the greatest heir, whatever it has
    ],
)
def test_who_takes_over(lines: list[tuple[int, float, bool, bool]], expected: tuple[int, ...]) -> None:
    rows = [Line(day(1), 5, 1, to, share, stays, is_new) for to, share, stays, is_new in lines]
    assert [turn.to_ids for turn in turns_of(rows, 0.05)] == [expected]


def test_against_a_walk_day_by_day() -> None:
    """Of many drawn histories: on each day the post has what a walk through all plans until then gives it."""
    dice = random.Random(7)
    for _ in range(60):
        days = sorted(dice.sample(range(1, 40), 8))
        turns = [
            Turn(day(at), plan, grid, tuple(sorted(dice.sample(range(6), dice.randint(0, 3)))))
            for plan, at in enumerate(days)
            for grid in dice.sample(range(6), 3)
        ]
        since, until = dice.randint(0, 20), dice.choice([None, dice.randint(21, 45)])
        claim = Claim(1, 9, dice.randrange(6), day(since), None if until is None else day(until))
        found = Assigned(followed([claim], turns))
        held = {claim.grid_id}
        for at in range(since, 46):
            if at > since:
                made = {turn.from_id: set(turn.to_ids) for turn in turns if turn.at == day(at)}
                held = set().union(*(made.get(grid, {grid}) for grid in held))
            is_over = until is not None and at >= until
            assert found.grids_of(9, day(at)) == (frozenset() if is_over else held), (turns, claim, at)
