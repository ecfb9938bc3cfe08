"""Figures about cases against a plain replay of random histories; sums, roundings, percentiles, and what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.case_figures import check_sum, percent_of
from geo.case_states import STAGES, moves_from
from geo.clocks import CLOCKS, Limit
from geo.compute.cases.deadlines import used
from geo.compute.cases.dials import us_of
from geo.compute.cases.figures import (
    CaseLimits,
    Parts,
    Told,
    counts_in,
    percentiles_in,
    rate_tallies,
    stage_tallies,
)
from geo.compute.cases.spells import Passages
from geo.compute.hidden_cells import hidden_cells
from geo.errors import Refused
from geo.rules.case_catalogue import LIMITED_STAGES
from geo.rules.clocks import office_week
from geo.rules.figures import figure_rule
from geo.units import NONE
from tests.case_replay import Story, replayed, stage_spells

CITY = ZoneInfo("Asia/Shanghai")
WEEK = office_week("Asia/Shanghai")
BEGIN = datetime(2025, 9, 26, 8, 0, tzinfo=CITY)
"""A Friday; Sunday the 28th is worked, and 1 to 8 October are off."""
ARRIVAL = timedelta(minutes=15)
LIMITS = [
    Limit("urgent_hours", 2),
    Limit("urgent_hours", 24),
    Limit("work_hours", 2),
    Limit("work_hours", 12.5),
    Limit("work_days", 1),
    Limit("work_days", 5),
    Limit("natural_days", 3),
]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A lawful history of up to 14 moves, some to the microsecond, some exactly when an office opens or closes."""
    at = BEGIN + timedelta(hours=draw(st.integers(0, 200)))
    story = Story().report(at, draw(st.sampled_from(["collected", "filed"])))
    for _ in range(draw(st.integers(0, 14))):
        lawful = [move.key for move in moves_from(story.moves[-1][3]) if move.key not in {"claim", "release"}]  # type: ignore[arg-type]
        onward = [key for key in lawful if key not in {"merge", "withdraw"}]
        if not lawful:
            break
        at += timedelta(
            hours=draw(st.integers(0, 3) | st.integers(0, 60)),
            microseconds=draw(st.sampled_from([0, 0, 1, 999_999, 1_800_000_000])),
        )
        story.move(at, draw(st.sampled_from(onward * 5 + lawful)))
        if story.moves[-1][3] == "evaluated":
            story.rated += draw(st.sampled_from([[], [(at, True)], [(at, False)]]))
        if story.moves[-1][3] == "dispatched" and draw(st.booleans()):
            story.arrived.append(at + timedelta(minutes=draw(st.integers(-5, 30))))
    known = draw(st.sampled_from([LIMITED_STAGES, LIMITED_STAGES, ("dispatch",), ()]))
    story.limits = {stage: draw(st.sampled_from(LIMITS)) for stage in known}
    return story


def arrays_of(stories: Sequence[Story], as_of: datetime) -> tuple[Passages, CaseLimits, Told]:
    known = [(case, passage) for case, story in enumerate(stories) for passage in story.passages if passage.at <= as_of]
    passages = Passages(
        np.array([case for case, _ in known], dtype=np.int64),
        np.array([STAGES.index(passage.stage) for _, passage in known], dtype=np.int32),
        np.array([us_of(passage.at) for _, passage in known], dtype=np.int64),
    )
    number = {
        stage: np.array([LIMITS.index(s.limits[stage]) if stage in s.limits else NONE for s in stories])
        for stage in LIMITED_STAGES
    }
    rated = [[entry for entry in story.rated if entry[0] <= as_of] for story in stories]
    told = Told(
        arrived_us=np.array([us_of(min(story.arrived)) if story.arrived else NONE for story in stories]),
        rated_us=np.array([us_of(entries[-1][0]) if entries else NONE for entries in rated]),
        is_satisfied=np.array([bool(entries) and entries[-1][1] for entries in rated]),
    )
    return passages, CaseLimits(LIMITS, number), told


class TestAgainstAReplay:
    @settings(max_examples=250, deadline=None)
    @given(st.lists(stories(), min_size=1, max_size=8), st.integers(200, 900))
    def test_rates(self, told: list[Story], hours: int) -> None:
        as_of = BEGIN + timedelta(hours=hours)
        passages, limits, said = arrays_of(told, as_of)
        found = rate_tallies(passages, limits, said, WEEK, us_of(as_of), ARRIVAL // timedelta(microseconds=1))
        assert tuple(sorted(found)) == tuple(sorted(figure_rule().cohort_of_rate))
        wanted = [replayed(story, WEEK, as_of, ARRIVAL) for story in told]
        for rate, tally in found.items():
            entries = zip(tally.case.tolist(), tally.at_us.tolist(), tally.is_met.tolist(), strict=True)
            expected = [(case, us_of(at), met) for case, of in enumerate(wanted) for at, met in of.get(rate, [])]
            assert list(entries) == expected, rate

    @settings(max_examples=250, deadline=None)
    @given(st.lists(stories(), min_size=1, max_size=8))
    def test_times_of_stages(self, told: list[Story]) -> None:
        as_of = BEGIN + timedelta(days=400)
        passages, limits, _ = arrays_of(told, as_of)
        wanted = [stage_spells(story) for story in told]
        for tally in stage_tallies(passages, limits, WEEK):
            stage = tally.stage
            having = [case for case, spells in enumerate(wanted) if stage in spells]
            assert tally.case.tolist() == having
            rows = zip(having, tally.wall_us.tolist(), tally.used.tolist(), tally.limit_no.tolist(), strict=True)
            for case, wall_us, run, number in rows:
                begin, end, deferred = wanted[case][stage]
                assert wall_us == us_of(end) - us_of(begin)
                if number == NONE:
                    assert run == NONE
                    continue
                clock = LIMITS[number].clock
                # what ran in all, less what ran while it was deferred
                expected = Fraction(used(begin, end, clock, WEEK)) - sum(
                    Fraction(used(begin, b, clock, WEEK)) - Fraction(used(begin, a, clock, WEEK)) for a, b in deferred
                )
                unit = 3_600_000_000 if clock.endswith("hours") else 1
                assert run == pytest.approx(float(expected * unit), abs=1), (stage, clock)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(stories(), min_size=1, max_size=30), st.integers(300, 900), st.data())
    def test_parts_add_up_to_the_whole(self, told: list[Story], hours: int, data: st.DataObject) -> None:
        as_of = BEGIN + timedelta(hours=hours)
        passages, limits, said = arrays_of(told, as_of)
        part = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(told), max_size=len(told))))
        edges = np.array([us_of(BEGIN + timedelta(days=day)) for day in (1, 3, 8, 20)])
        for tally in rate_tallies(passages, limits, said, WEEK, us_of(as_of), 1).values():
            whole = counts_in(tally, Parts(1, np.zeros_like(part), edges[[0, -1]]))[0].tolist()
            assert counts_in(tally, Parts(4, part, edges[[0, -1]])).sum(axis=0).tolist() == whole
            assert counts_in(tally, Parts(3, None, edges)).sum(axis=0).tolist() == whole
            assert whole[0] <= whole[1]

    def test_nothing_gives_nothing(self) -> None:
        passages, limits, said = arrays_of([], BEGIN)
        found = rate_tallies(passages, limits, said, WEEK, us_of(BEGIN), 1)
        assert all(not len(tally.case) for tally in found.values())
        assert all(not len(tally.case) for tally in stage_tallies(passages, limits, WEEK))


class TestRules:
    """Cases small enough to be worked out on paper."""

    def rates(self, *told: Story, as_of: datetime) -> dict[str, list[int]]:
        passages, limits, said = arrays_of(told, as_of)
        found = rate_tallies(passages, limits, said, WEEK, us_of(as_of), 900_000_000)
        everything = Parts(1, np.zeros(len(told), dtype=np.int64), np.array([0, us_of(as_of) + 1]))
        return {rate: counts_in(tally, everything)[0].tolist() for rate, tally in found.items()}

    def closed(self, hours: float) -> Story:
        """Closed so many hours after the report; a natural limit of 24 hours."""
        end = BEGIN + timedelta(hours=hours)
        story = Story(limits={"total": LIMITS[1]}).report(BEGIN, "filed")
        for key in ("handle", "feed_back", "verify", "close"):
            story.move(end, key)
        return story

    def test_the_moment_itself_is_in_time(self) -> None:
        told = [self.closed(24), self.closed(24 + 1 / 3600)]
        found = self.rates(*told, as_of=BEGIN + timedelta(days=9))
        assert (found["closing"], found["on_time"]) == ([2, 2], [1, 2])

    def test_what_is_not_due_yet_is_not_counted(self) -> None:
        told = self.closed(1)
        assert self.rates(told, as_of=BEGIN + timedelta(hours=24))["closing"] == [0, 0]
        assert self.rates(told, as_of=BEGIN + timedelta(hours=24, microseconds=1))["closing"] == [1, 1]

    def test_deferred_cases_are_due_unless_they_are_left_out(self) -> None:
        deferred = Story(limits={"total": LIMITS[1]}).report(BEGIN, "filed")
        deferred.move(BEGIN, "dispatch").move(BEGIN + timedelta(hours=1), "defer")
        found = self.rates(self.closed(3), deferred, as_of=BEGIN + timedelta(days=9))
        assert (found["on_time"], found["on_time_less_deferred"]) == ([1, 2], [1, 1])

    def test_a_deferral_on_the_day_of_the_report_moves_no_day(self) -> None:
        # three natural days from the 27th on, whatever was deferred until the morning of the 27th
        story = Story(limits={"total": LIMITS[6]}).report(BEGIN, "filed").move(BEGIN, "dispatch")
        story.move(BEGIN + timedelta(hours=1), "defer").move(BEGIN + timedelta(hours=25), "resume")
        for key in ("handle", "feed_back", "verify", "close"):
            story.move(datetime(2025, 9, 30, 0, 0, 1, tzinfo=CITY), key)
        found = self.rates(story, as_of=BEGIN + timedelta(days=9))
        assert (found["closing"], found["on_time"]) == ([1, 1], [0, 1])

    def test_a_duplicate_is_neither_due_nor_solved(self) -> None:
        merged = Story(limits={"total": LIMITS[1]}).report(BEGIN, "filed").move(BEGIN, "merge")
        found = self.rates(self.closed(3), merged, as_of=BEGIN + timedelta(days=9))
        assert (found["filing"], found["solved"], found["closing"]) == ([2, 2], [1, 1], [1, 1])


class TestPercents:
    def test_a_published_rate_that_was_truncated(self) -> None:
        assert str(percent_of(3232, 3413, "half_up", 2)) == "94.70"
        assert str(percent_of(3232, 3413, "truncated", 2)) == "94.69"

    @pytest.mark.parametrize(
        ("met", "of", "told"), [(996, 1054, "94.50"), (911, 972, "93.72"), (737, 972, "75.82"), (9, 16, "56.25")]
    )
    def test_published_rates(self, met: int, of: int, told: str) -> None:
        assert str(percent_of(met, of, "half_up", 2)) == told

    @pytest.mark.parametrize(("met", "rounding", "told"), [(1, "half_up", "0.13"), (1, "truncated", "0.12")])
    def test_a_half_goes_up(self, met: int, rounding: str, told: str) -> None:
        assert str(percent_of(met, 800, rounding, 2)) == told  # type: ignore[arg-type]  # 0.125

    @given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 4))
    def test_it_is_the_nearest_or_the_one_below(self, met: int, of: int, digits: int) -> None:
        exact, step = Fraction(100 * met, of), Fraction(1, 10**digits)
        down = percent_of(met, of, "truncated", digits)
        near = percent_of(met, of, "half_up", digits)
        assert down is not None
        assert near is not None
        assert 0 <= exact - Fraction(down) < step
        assert -step / 2 <= exact - Fraction(near) < step / 2

    def test_nothing_to_divide_by(self) -> None:
        assert percent_of(0, 0, "half_up", 2) is None


class TestSums:
    def test_a_published_table_that_does_not_add_up(self) -> None:
        parts = [4984, 711]
        percents = [percent_of(part, 5695, "half_up", 2) for part in parts]
        found = check_sum(5647, parts, [percent for percent in percents if percent is not None])
        assert (found.adds_up, found.sum_of_parts, found.difference) == (False, 5695, -48)
        assert found.base == "parts"

    def test_percentages_of_the_printed_whole(self) -> None:
        percents = [Decimal("88.26"), Decimal("12.59")]  # of 5,647
        assert check_sum(5647, [4984, 711], percents).base == "whole"
        assert check_sum(5647, [4984, 711], [Decimal("88.26"), Decimal("12.48")]).base == "neither"

    def test_it_says_how_they_were_rounded(self) -> None:
        found = check_sum(3413, [3232, 181], [Decimal("94.69"), Decimal("5.30")])
        assert (found.adds_up, found.base, found.rounding) == (True, "both", ("truncated",))
        assert check_sum(3413, [3232, 181], [Decimal("94.7"), Decimal("5.3")]).rounding == ("half_up",)

    def test_without_percentages(self) -> None:
        found = check_sum(10, [4, 6])
        assert (found.adds_up, found.base) == (True, None)

    def test_a_percentage_for_each_part_or_none(self) -> None:
        with pytest.raises(Refused, match="2 parts"):
            check_sum(10, [4, 6], [Decimal(40)])


class TestPercentiles:
    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50)), max_size=60), st.integers(1, 100))
    def test_nearest_rank(self, values: list[tuple[int, int]], percent: int) -> None:
        part = np.array([part for part, _ in values], dtype=np.int64)
        value = np.array([value for _, value in values], dtype=np.int64)
        n, found = percentiles_in(part, value, 3, (percent,))
        for number in range(3):
            mine = sorted(value for part, value in values if part == number)
            assert n[number] == len(mine)
            least = next((v for v in mine if 100 * sum(w <= v for w in mine) >= percent * len(mine)), NONE)
            assert found[number, 0] == least


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """A tree of up to three levels, and two numbers of each leaf; often small ones, sometimes none."""
    parent, leaves = [NONE], []
    for _ in range(draw(st.integers(1, 4))):
        area = len(parent)
        parent.append(0)
        for _ in range(draw(st.integers(0, 4))):
            leaves.append(len(parent))
            parent.append(area)
        if parent[-1] == 0:
            leaves.append(area)
    number = st.one_of(st.integers(0, 14), st.integers(0, 100))
    counts = [[0, 0] for _ in parent]
    for leaf in leaves:
        of, met = draw(number), draw(number)
        node = leaf
        while node != NONE:
            counts[node] = [counts[node][0] + min(of, met), counts[node][1] + of]
            node = parent[node]
    return parent, counts


class TestHiding:
    def hidden(self, parent: Sequence[int], counts: Sequence[Sequence[int]]) -> list[bool]:
        return hidden_cells(np.array(parent), np.array(counts), 10, compares=True).tolist()

    @settings(max_examples=300, deadline=None)
    @given(trees())
    def test_no_small_number_is_told(self, tree: tuple[list[int], list[list[int]]]) -> None:
        for cell, (met, of) in zip(self.hidden(*tree), tree[1], strict=True):
            assert cell or not any(0 < number < 10 for number in (met, of, of - met))

    @settings(max_examples=300, deadline=None)
    @given(trees())
    def test_no_hidden_number_follows_from_those_that_are_told(self, tree: tuple[list[int], list[list[int]]]) -> None:
        """Sums as equations in the hidden numbers: none of these may be determined by them."""
        parent, counts = tree
        hidden = np.flatnonzero(self.hidden(parent, counts))
        place = {node: number for number, node in enumerate(hidden.tolist())}
        equations = []
        for node in range(len(parent)):
            children = [child for child, above in enumerate(parent) if above == node]
            row = np.zeros(len(hidden))
            for child in children:
                if child in place:
                    row[place[child]] = 1
            if children and node in place:
                row[place[node]] = -1
            equations.append(row)
        free = np.linalg.svd(np.array(equations))[2][np.linalg.matrix_rank(np.array(equations)) :] if place else []
        for node in place:
            assert np.abs(np.array(free)[:, place[node]]).max() > 1e-9, f"{node} of {parent} {counts}"

    @settings(max_examples=300, deadline=None)
    @given(trees())
    def test_the_whole_is_hidden_only_for_itself(self, tree: tuple[list[int], list[list[int]]]) -> None:
        """So that it is hidden in the tables of all trees, or in none."""
        met, of = tree[1][0]
        assert self.hidden(*tree)[0] == any(0 < number < 10 for number in (met, of, of - met))

    def test_nothing_is_hidden_without_need(self) -> None:
        assert self.hidden([-1, 0, 0], [[70], [30], [40]]) == [False, False, False]
        assert self.hidden([-1, 0, 0], [[30], [30], [0]]) == [False, False, False]

    def test_a_difference_counts_as_a_number(self) -> None:
        assert self.hidden([-1], [[95, 100]]) == [True]

    def test_two_hidden_ones_whose_sum_is_small_are_not_enough(self) -> None:
        # 3 and 4 alone would tell that there are 7
        assert self.hidden([-1, 0, 0, 0, 0], [[87], [3], [4], [30], [50]]) == [False, True, True, True, False]

    def test_a_part_hidden_for_others_hides_one_of_its_own(self) -> None:
        # the community of 3 takes the one of 30 with it, and of that the smaller grid
        parent = [-1, 0, 0, 0, 2, 2]
        assert self.hidden(parent, [[133], [3], [30], [100], [12], [18]]) == [False, True, True, False, True, False]


def test_all_clocks_are_tried() -> None:
    assert {limit.clock for limit in LIMITS} == set(CLOCKS)
