"""Numbers of persons are masked however they are written; codes, order numbers, dates and amounts are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.rules.masks import mask_rules
from geo.text_masks import MASK, masked

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999, annex B: 2^(18-i) mod 11."""

PROVINCES = ("11", "15", "21", "31", "37", "44", "50", "54", "62", "65", "71", "81", "83")
ISSUERS = ("62", "4", "51", "55", "2221", "2720", "35", "60", "81", "9558")

AREAS = (("10", 8), ("21", 8), ("29", 8), ("471", 7), ("755", 8), ("999", 7), ("701", 7))
"""Area codes without their zero, and how many digits a number there has."""

GAPS = ("", "", " ", "-", " - ", "  ", "\u3000", "－", "—", "\u00a0", "\u200b", "\n", ") ")

texts = st.text(st.characters(exclude_categories=("Nd", "Cs"), exclude_characters="XxＸｘ×"), max_size=12)
"""Anything but digits, and what could be a check character."""


@st.composite
def identities(draw: st.DrawFn) -> str:
    """A valid number of 18 places, its check character computed by the standard."""
    day = date(1900, 1, 1) + timedelta(days=draw(st.integers(0, 46_000)))
    area = draw(st.sampled_from(PROVINCES)) + f"{draw(st.integers(0, 9999)):04}"
    places = f"{area}{day:%Y%m%d}{draw(st.integers(0, 999)):03}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, places, strict=True))
    return places + "10X98765432"[total % 11]


@st.composite
def old_identities(draw: st.DrawFn) -> str:
    """A number of 15 digits of somebody born from 1930 to 1999."""
    day = date(1930, 1, 1) + timedelta(days=draw(st.integers(0, 25_566)))
    area = draw(st.sampled_from(PROVINCES[:10])) + f"{draw(st.integers(0, 9999)):04}"
    return f"{area}{day:%y%m%d}{draw(st.integers(0, 999)):03}"


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A mobile number, or a landline with its area code, with or without the country's."""
    if draw(st.booleans()):
        number = f"1{draw(st.integers(3, 9))}{draw(st.integers(0, 10**9 - 1)):09}"
        return draw(st.sampled_from(["", "86", "0086", "0"])) + number
    area, digits = draw(st.sampled_from(AREAS))
    local = f"{draw(st.integers(2, 8))}{draw(st.integers(0, 10 ** (digits - 1) - 1)):0{digits - 1}}"
    return draw(st.sampled_from(["0", "86", "0086", "860"])) + area + local


@st.composite
def cards(draw: st.DrawFn) -> str:
    """16 to 19 digits, the last one by Luhn's formula."""
    issuer = draw(st.sampled_from(ISSUERS))
    length = draw(st.integers(16, 19))
    places = issuer + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=19, max_size=19)))
    places = places[: length - 1]
    total = 0
    for index, digit in enumerate(reversed(places)):
        value = int(digit) * 2 if index % 2 == 0 else int(digit)
        total += value // 10 + value % 10
    return places + str(-total % 10)


@st.composite
def formatted(draw: st.DrawFn, number: str) -> str:
    """A number as people may write it: gaps anywhere, or dots in threes and fours; plain or full-width digits."""
    if draw(st.booleans()):
        said = "".join(place + draw(st.sampled_from(GAPS)) for place in number[:-1]) + number[-1]
    else:
        said = f"{number[:3]}.{number[3:7]}.{number[7:]}"
    if draw(st.booleans()):
        said = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isdigit() else sign for sign in said)
    return said.replace("X", draw(st.sampled_from("XxＸｘ")))


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("identity", identities), ("identity", old_identities), ("phone", phones), ("card", cards)],
)
@settings(deadline=None)
@given(st.data())
def test_nothing_of_a_number_survives_in_any_formatting(
    kind: str, numbers: Callable[[], st.SearchStrategy[str]], data: st.DataObject
) -> None:
    before, after = data.draw(texts), data.draw(texts)
    said = data.draw(formatted(data.draw(numbers())))
    found = masked(f"{before}{said}{after}")
    assert found.text == f"{before}{MASK}{after}"
    assert found.total == 1
    if kind != "card":  # some cards read as identity numbers, too
        assert getattr(found, kind) == 1


numbers_of_all_kinds = st.one_of(identities(), old_identities(), phones(), cards())


@given(st.lists(numbers_of_all_kinds, min_size=1, max_size=5), st.sampled_from(["，", " 或 ", "; "]))
def test_each_of_several_numbers_is_counted(numbers: list[str], between: str) -> None:
    found = masked(between.join(numbers))
    assert found.text == between.join([MASK] * len(numbers))
    assert found.total == len(numbers)


messy = st.text(st.sampled_from("0123456789１３８ -.X0139（a)*"), max_size=60)


@settings(deadline=None)
@given(st.one_of(messy, st.text(max_size=60), st.lists(phones().flatmap(formatted), max_size=4).map(" ".join)))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text)
    again = masked(once.text)
    assert again.text == once.text
    assert again.total == 0


@given(texts)
def test_text_without_digits_stays(text: str) -> None:
    assert masked(text) == (text, 0, 0, 0)


@st.composite
def area_codes(draw: st.DrawFn) -> str:
    """12 digits of a community: county, subdistrict (streets, towns, townships), committee."""
    county = draw(st.sampled_from(PROVINCES[:10])) + f"{draw(st.integers(1, 99)):02}{draw(st.integers(1, 81)):02}"
    return f"{county}{draw(st.integers(1, 299)):03}{draw(st.integers(1, 399)):03}"


@given(area_codes(), st.integers(1, 999), st.sampled_from(["", " ", "-"]))
def test_codes_of_areas_and_grids_stay(code: str, sequence: int, joint: str) -> None:
    for text in (f"社区{code}", f"网格 {code}{joint}{sequence:03}。", f"{code[:6]} {code[6:9]} {code[9:]}"):
        assert masked(text) == (text, 0, 0, 0)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 999_999))  # noqa: DTZ001
def test_dates_and_order_numbers_stay(at: datetime, number: int) -> None:
    for text in (
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at:%Y年%m月%d日 %H时}",
        f"工单{at:%Y%m%d}-{number:06}",
        f"工单{at:%Y%m%d}{number:06}",
        f"编号 WO{at:%Y%m%d%H%M}",
    ):
        assert masked(text) == (text, 0, 0, 0)


@given(st.floats(73, 135), st.floats(18, 54), st.integers(4, 6), st.sampled_from([",", ", ", " ", "，"]))
def test_coordinates_stay(lon: float, lat: float, digits: int, joint: str) -> None:
    for text in (f"{lon:.{digits}f}{joint}{lat:.{digits}f}", f"经度{lon:.8f}"):
        assert masked(text) == (text, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "20260301-000123",
        "工单202603011234",
        "990101001001001",
        "138001380001234",
        "12345",
        "拨打 110、119 或 12345 热线",
        "客服 400-123-4567",
        "内线 6543210",
        "距离 1500.5 米，步行 13 分 45 秒",
        "共 13,800,138,000 元，其中 8163000000 元",
        "3 栋 2 单元 1301 室，面积 138.0 平方米",
        "1.5 2.5 3.5 4.5 5.5",
        "2026.03.01 08.30",
        "4111 1111 1111 1112",  # not by Luhn
        "6 8 10",
        "150102190013011231",  # no such month
    ],
)
def test_harmless_numbers_stay(text: str) -> None:
    assert masked(text) == (text, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (
            "13800138000 138 0013 8000 １３８００１３８０００ 15020319900101123X 150203 19900101 123x",
            "*** *** *** *** ***",
        ),
        ("回电(0471)6543210或0471-6543210转8", "回电(***或***转8"),
        ("+86 138 0013 8000", "+***"),
        ("卡号 6222 0260 0000 0000 012，户名张某", "卡号 ***，户名张某"),
        ("2026-03-01 13800138000", "2026-03-01 ***"),
        ("3 栋 13800138000", "3 栋 ***"),
        ("1301 13800138000 15020319900101123X", "1301 *** ***"),
        ("身份证15020319900101123Xabc", "身份证***abc"),
        ("15020319900101123X13800138000", "******"),
        ("٠١٣٨٠٠١٣٨٠٠٠", "***"),
        ("150203 900101 123", "***"),
        ("138\n0013\n8000", "***"),
    ],
)
def test_numbers_in_their_surroundings(text: str, hidden: str) -> None:
    assert masked(text).text == hidden


def test_the_kinds_are_counted() -> None:
    assert masked("15020319900101123X, 13800138000, 0471-6543210, 4111-1111-1111-1111")[1:] == (1, 2, 1)


def test_rules_have_sources() -> None:
    assert list(mask_rules()) == ["identity", "phone", "card"]
    assert all(rule.source for rule in mask_rules().values())
