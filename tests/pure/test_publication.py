from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.publication import PublicationRule, rule

counts = st.floats(0, 1e7)


@given(counts)
def test_no_total_below_k_is_shown_and_none_is_off_by_more_than_half_a_step(count: float) -> None:
    shown = rule().total(count)
    if count < rule().k:
        assert shown is None
    else:
        assert shown is not None
        assert shown >= rule().k
        assert abs(shown - count) <= rule().round_to / 2
        assert shown % rule().round_to == 0


@given(counts, counts)
def test_people_reached_are_never_overstated_nor_more_than_there_are(one: float, other: float) -> None:
    reached, residents = sorted((one, other))
    shown = rule().reached(reached)
    assert 0 <= shown <= reached < shown + rule().round_to
    total = rule().total(residents)
    assert total is None or shown <= total


@given(counts, counts)
def test_a_part_is_the_whole_only_when_it_is_all_of_them(one: float, other: float) -> None:
    some, whole = sorted((one, other))
    shown, total = rule().part(some, whole), rule().total(whole)
    if total is None:
        assert shown is None
    else:
        assert shown is not None
        assert 0 <= shown <= total
        assert (shown == total) == (some == whole)


@given(st.integers(10, 1000))
def test_classes_hold_every_count_from_k_on(n: int) -> None:
    lower = max(bound for bound in rule().classes if bound <= n)
    above = rule().class_above(lower)
    assert above is None or n < above


def test_ages_begin_at_the_subdistrict() -> None:
    told = {level for level in ("grid", "community", "subdistrict", "district", "city") if rule().shows_ages(level)}
    assert told == {"subdistrict", "district", "city"}


@pytest.mark.parametrize("classes", [(5, 10), (20, 10), (10, 10)])
def test_a_rule_that_would_show_too_little_is_refused(classes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="classes ascend"):
        PublicationRule(k=10, round_to=10, levels_with_ages=(), cell_m=300, recent_months=12, classes=classes)
