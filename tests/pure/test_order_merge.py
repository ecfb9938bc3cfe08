"""Calls made matters: cases known by hand, and a search through all pairs as the other answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.compute.cases.order_ground import first_holding, near_shapes
from geo.compute.cases.order_merge import (
    ALONE,
    BY_CALLER,
    BY_LINK,
    BY_PLACE,
    FOREVER,
    Calls,
    Closeness,
    Matters,
    matters_of,
)
from geo.units import NONE
from tests.small_town import lonlat, square

CLOSE = Closeness(within_m=50, within_s=86_400, caller_within_s=30 * 86_400)
HOUR = 3600


class Call(NamedTuple):
    at_s: int
    x_m: float | None = None
    item: int = 0
    caller: int = NONE
    link: int = NONE
    ended_s: int = FOREVER
    is_known: bool = False


def merged(*calls: Call) -> Matters:
    return matters_of(
        Calls(
            called_s=np.array([call.at_s for call in calls], dtype=np.int64),
            ended_s=np.array([call.ended_s for call in calls], dtype=np.int64),
            item=np.array([call.item for call in calls], dtype=np.int64),
            caller=np.array([call.caller for call in calls], dtype=np.int64),
            xy_m=np.array([[np.nan if c.x_m is None else c.x_m, 0.0] for c in calls], dtype=float).reshape(-1, 2),
            link=np.array([call.link for call in calls], dtype=np.int64),
            is_known=np.array([call.is_known for call in calls], dtype=bool),
            lead=np.arange(len(calls)),
        ),
        CLOSE,
    )


def leads(*calls: Call) -> list[int]:
    return merged(*calls).lead.tolist()


def test_nothing_is_nothing() -> None:
    assert leads() == []


def test_within_fifty_metres_and_a_day() -> None:
    assert leads(Call(0, 0), Call(HOUR, 50), Call(HOUR, -50.1)) == [0, 0, 2]
    assert leads(Call(0, 0), Call(86_400, 0)) == [0, 0]
    assert leads(Call(0, 0), Call(86_401, 0)) == [0, 1]
    assert leads(Call(0, 0), Call(HOUR, 0, item=1)) == [0, 1]


def test_a_matter_does_not_creep_on() -> None:
    assert leads(*(Call(n * HOUR, 40.0 * n) for n in range(5))) == [0, 0, 2, 2, 4]


def test_the_nearest_then_the_earliest() -> None:
    assert leads(Call(0, 0), Call(1, 60), Call(2, 35)) == [0, 1, 1]
    assert leads(Call(0, 0), Call(1, 60), Call(2, 30)) == [0, 1, 0]


def test_a_caller_is_followed_through_their_last_call() -> None:
    found = merged(Call(0, 0), Call(1, 10, caller=7), Call(9 * 86_400, 5000, caller=7), Call(2, None, caller=8))
    assert found.lead.tolist() == [0, 0, 0, 3]
    assert found.why.tolist() == [ALONE, BY_PLACE, BY_CALLER, ALONE]
    assert leads(Call(0, caller=7), Call(30 * 86_400, caller=7), Call(61 * 86_400, caller=7)) == [0, 0, 2]


def test_what_it_names_itself_goes_before_all() -> None:
    found = merged(Call(0, 0, caller=7), Call(1, 1000, item=5), Call(2, 0, caller=7, link=1))
    assert found.lead.tolist() == [0, 1, 1]
    assert found.why[2] == BY_LINK


def test_what_names_a_later_one_goes_where_that_goes() -> None:
    """It was merged into it: an export, taken in elsewhere, has the same matters."""
    assert leads(Call(0, link=1), Call(1)) == [1, 1]
    assert leads(Call(0, 0, link=2), Call(1, 0), Call(2, 0)) == [1, 1, 1]  # the later one has joined another
    assert leads(Call(0, link=1), Call(1, link=3), Call(2, link=0), Call(3), Call(4, link=0)) == [3] * 5
    assert leads(Call(0, 0, link=1), Call(9, is_known=True), Call(1, 0)) == [1, 1, 2]


def test_names_of_itself_and_rings_are_passed_over() -> None:
    assert leads(Call(0, link=0), Call(1, link=2), Call(2, link=1)) == [0, 1, 1]


def test_what_has_ended_takes_in_nobody() -> None:
    assert leads(Call(0, 0, ended_s=HOUR), Call(HOUR - 1, 0), Call(HOUR, 0), Call(HOUR + 1, 0)) == [0, 0, 2, 2]
    assert leads(Call(0, ended_s=5), Call(9, link=0)) == [0, 1]


def test_a_matter_that_was_there_joins_none() -> None:
    assert leads(Call(0, 0), Call(1, 0, is_known=True), Call(2, 0)) == [0, 1, 0]
    assert leads(Call(0, 0), Call(0, 0, is_known=True)) == [1, 1]


def by_hand(calls: list[Call]) -> list[int]:
    """All pairs, again and again."""
    after: dict[int, int] = {}
    place = {n: (call.at_s, not call.is_known, n) for n, call in enumerate(calls)}
    for me, when in place.items():
        chain = [me]
        while calls[chain[-1]].link != NONE and not calls[chain[-1]].is_known and len(chain) <= len(calls):
            chain.append(calls[chain[-1]].link)
        if len(chain) <= len(calls) and place[chain[-1]] > when:
            after[me] = chain[-1]
    calls = [call._replace(link=after.get(call.link, call.link)) for call in calls]
    lead: dict[int, int] = {}
    for me in sorted(set(place) - set(after), key=lambda n: place[n]):
        call, before = calls[me], list(lead)
        is_open = {matter: calls[matter].ended_s > call.at_s for matter in lead.values()}
        lead[me] = me
        if call.is_known:
            continue
        if call.link in before:
            if is_open[lead[call.link]]:
                lead[me] = lead[call.link]
            continue
        same = [
            n for n in before if call.caller != NONE and (calls[n].caller, calls[n].item) == (call.caller, call.item)
        ]
        if same and call.at_s - calls[same[-1]].at_s <= CLOSE.caller_within_s and is_open[lead[same[-1]]]:
            lead[me] = lead[same[-1]]
            continue
        near = [
            (abs(calls[n].x_m - call.x_m), calls[n].at_s, n)
            for n in before
            if lead[n] == n
            and is_open[n]
            and calls[n].item == call.item
            and call.x_m is not None
            and calls[n].x_m is not None
            and abs(calls[n].x_m - call.x_m) <= 50
            and call.at_s - calls[n].at_s <= 86_400
        ]
        if near:
            lead[me] = min(near)[2]
    lead |= {me: lead[end] for me, end in after.items()}
    return [lead[n] for n in range(len(calls))]


CALLS = st.lists(
    st.builds(
        Call,
        at_s=st.integers(0, 40).map(lambda n: n * 8 * HOUR),
        x_m=st.none() | st.integers(0, 12).map(lambda n: n * 20.0),
        item=st.integers(0, 1),
        caller=st.integers(NONE, 3),
        link=st.integers(NONE, 12),
        ended_s=st.just(FOREVER) | st.integers(0, 60).map(lambda n: n * 8 * HOUR),
        is_known=st.booleans(),
    ),
    max_size=13,
)


@settings(max_examples=300, deadline=None)
@given(CALLS)
def test_as_all_pairs_have_it(calls: list[Call]) -> None:
    calls = [call._replace(link=call.link if call.link < len(calls) else NONE) for call in calls]
    assert leads(*calls) == by_hand(calls)


def test_the_first_shape_that_holds_a_point() -> None:
    shapes = np.array([square(0, 0, 100, 100), square(50, 0, 150, 100)], dtype=object)
    places = np.array([lonlat(75, 50), lonlat(125, 50), lonlat(300, 50), (np.nan, np.nan)])
    assert first_holding(places, shapes).tolist() == [0, 1, NONE, NONE]
    assert first_holding(places, shapes[:0]).tolist() == [NONE] * 4
    point, shape = near_shapes(np.array([lonlat(171, 50), lonlat(179, 50), (np.nan, np.nan)]), shapes, 25)
    assert list(zip(point.tolist(), shape.tolist(), strict=True)) == [(0, 1)]
