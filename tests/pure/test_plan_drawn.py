"""What became of what was drawn, on a town of squares of 100 m: the distances are known from the drawing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.compute.fabric.faces import e7_of
from geo.compute.plans.drawn import led_of, left_out
from geo.compute.plans.rows import draft_of
from geo.drafts import Draft
from geo.errors import BadGeometry
from geo.plan_ops import Carve, Change, LonLat, Move, Paint, Split
from tests.plan_towns import drawn_community, drawn_rows, unit_no
from tests.pure.test_plan_edits import drawn, line
from tests.small_town import lonlat

Told = list[tuple[str, float, bool, tuple[float, float]]]


def town(locked: int | None = None) -> Draft:
    draft = draft_of(drawn_community(), drawn_rows())
    return replace(draft, grids=tuple(replace(grid, is_locked=grid.id == locked) for grid in draft.grids))


def told(change: Change) -> Told:
    """Which place, how far in metres, whether to a corner, and where to, in metres."""
    draft = town()
    one = np.subtract(lonlat(1000, 1000), lonlat(0, 0)) / 1000
    return [
        (led.which, round(led.distance_m, 1), led.is_corner, tuple(((led.led - np.array(lonlat(0, 0))) / one).round(0)))
        for led in led_of(draft, drawn(change), change)
    ]


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        # over the community's border 4 m from a corner of it, and over a grid's border far from any
        (((-20, 904), (520, 904)), [("start", 4.0, True, (0, 900))]),
        # the same from the other side
        (((520, 904), (-20, 904)), [("end", 4.0, True, (0, 900))]),
        # both ends stop a little short of the borders that they mean
        (((1.5, 950), (498.6, 950)), [("start", 1.5, False, (0, 950)), ("end", 1.4, False, (500, 950))]),
        # a corner of the way lies beside a corner of units
        (((-20, 850), (200, 801.5), (520, 850)), [("corner", 1.5, True, (200, 800))]),
        # far from all corners on both sides
        (((-20, 850), (520, 850)), []),
        # along a street: it is where it was drawn, to a metre
        (((-20, 801), (520, 801)), [("start", 1.0, True, (0, 800)), ("end", 1.0, True, (500, 800))]),
    ],
)
def test_ends_of_a_line_that_were_led(way: tuple[tuple[float, float], ...], expected: Told) -> None:
    assert told(Split(1, line(*way))) == expected


def test_a_ring_and_a_point_that_were_led() -> None:
    ring = line((201.2, 600), (350, 620), (350, 750), (220, 750))
    assert told(Carve(ring, "商圈")) == [("corner", 1.2, True, (200, 600))]
    over = line((106, 950), (250, 950), (250, 1030), (106, 1030))
    assert told(Carve(over, "商圈")) == [("crossing", 6.0, True, (100, 1000))]
    move = Move(((lonlat(501, 501), lonlat(520, 530)),))
    assert told(move) == [("taken", 1.4, True, (500, 500))]
    assert not told(Paint((unit_no(5, 5),), 1))


def test_ground_that_a_ring_leaves_out() -> None:
    over = e7_of(np.array(line((100, 900), (200, 900), (200, 1050), (100, 1050))))
    left = left_out(town(), over)
    assert (left.outside_m2, left.outside_share, left.locked_m2) == pytest.approx((5000, 1 / 3, 0), rel=1e-3)
    across = e7_of(np.array(line((440, 600), (550, 600), (550, 700), (440, 700))))
    left = left_out(town(locked=2), across)
    assert left.locked_m2 == pytest.approx(5000, rel=1e-3)
    assert left.outside_m2 == pytest.approx(0, abs=1e-3)
    assert "5,000" in left.in_language("zh")
    assert "锁定" in left.in_language("zh")


@pytest.mark.parametrize(
    ("ring", "percent"),
    [
        (line((100, 960), (200, 960), (200, 1060), (100, 1060)), "60"),
        (line((100, 1100), (200, 1100), (200, 1200), (100, 1200)), "100"),
        (((-179, -80), (179, -80), (179, 80), (-179, 80)), "100"),
    ],
)
def test_a_ring_mostly_outside_is_refused(ring: tuple[LonLat, ...], percent: str) -> None:
    with pytest.raises(BadGeometry) as refused:
        drawn(Carve(ring, "商圈"))
    assert (refused.value.key, refused.value.evidence["percent"]) == ("plan_ring_outside", percent)
    assert "河西社区" in refused.value.in_language("zh")
