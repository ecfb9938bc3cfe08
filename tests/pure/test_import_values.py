"""Cells: what can be read, what cannot, and what is taken out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.areas import codes_above, level_of_code
from geo.imports.incidents import category_of
from geo.imports.stations import kind_of
from geo.imports.values import CellError, code_of, list_of, number_of, time_of, word_of, yes_no_of
from geo.rules.headers import columns_of
from geo.rules.incident_categories import incident_categories
from geo.rules.station_kinds import station_kind, station_kinds

SHANGHAI = ZoneInfo("Asia/Shanghai")


@given(st.integers(10**14, 10**15 - 1))
def test_a_code_is_read_however_it_was_stored(code: int) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(code))
    assert {code_of(value, 15) for value in (code, float(code), str(code), f" {code}.0", f"'{code}", wide)} == {
        str(code)
    }


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("1.5E+14", "code_scientific"),
        ("1.50102001001001e+14", "code_scientific"),
        (1.5, "code_not_digits"),
        (1e17, "code_not_digits"),
        ("99010100100Ⅰ", "code_not_digits"),
        ("九九", "code_not_digits"),
        (99010100, "code_length"),
        ("", "code_not_digits"),
    ],
)
def test_codes_that_cannot_be_read(value: Any, key: str) -> None:
    with pytest.raises(CellError) as caught:
        code_of(value, 15)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01 08:05",
        "2026/3/1 8:05:00",
        "2026年3月1日8时5分",
        "２０２６-03-01T08:05",
        "2026-03-01T00:05Z",
        "20260301T080500+0800",
        datetime(2026, 3, 1, 8, 5),  # noqa: DTZ001 -- as a spreadsheet has it
        datetime(2026, 3, 1, 0, 5, tzinfo=UTC),
        (datetime(2026, 3, 1, 8, 5) - datetime(1899, 12, 30)) / timedelta(days=1),  # noqa: DTZ001
    ],
)
def test_times(value: Any) -> None:
    assert time_of(value, SHANGHAI) == datetime(2026, 3, 1, 8, 5, tzinfo=SHANGHAI)


def test_a_day_begins_at_midnight() -> None:
    assert time_of(date(2026, 3, 1), SHANGHAI) == time_of("2026.3.1", SHANGHAI) == datetime(2026, 3, 1, tzinfo=SHANGHAI)


@pytest.mark.parametrize("value", ["", "soon", "2026-13-01", "03/01/2026", 5, True, "25:00"])
def test_no_times(value: Any) -> None:
    with pytest.raises(CellError):
        time_of(value, SHANGHAI)


@pytest.mark.parametrize(("value", "number"), [("１２.５", 12.5), ("1,250", 1250), (" 3 ", 3), (7, 7)])
def test_numbers(value: Any, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["ten", "nan", "inf", "1e999", "40°24'", None])
def test_no_numbers(value: Any) -> None:
    with pytest.raises(CellError):
        number_of(value)


def test_words_of_both_languages() -> None:
    assert {word_of(word, "level") for word in ("街道", "subdistrict", "Sub-District", "苏木")} == {"subdistrict"}
    assert [yes_no_of(value) for value in ("是", "空缺", True, 0, 1.0, "Y")] == [True, False, True, False, True, True]
    assert list_of("政务；社保, 政务、调解", 99) == ["政务", "社保", "调解"]


def test_catalogues_know_their_own_words() -> None:
    for entry in incident_categories().values():
        assert {category_of(word) for word in (entry.key, entry.code, entry.name_en, entry.name_zh)} == {entry.key}
    for kind in station_kinds().values():
        assert {kind_of(word) for word in (kind.key, kind.name_en, kind.name_zh, *kind.words)} == {kind.key}
        assert kind.serves in ("residents", "workers")
    assert (kind_of("police"), station_kind("police").serves) == ("police", "residents")


def test_headers_of_both_languages_and_cut_ones() -> None:
    found = columns_of("grids", ["网格编码", "社区代码", "名称(必填)", "other", "CHIEF_FILL"])
    assert found == {
        "code": "网格编码",
        "community_code": "社区代码",
        "name": "名称(必填)",
        "chief_filled": "CHIEF_FILL",
    }


def test_codes_say_their_level() -> None:
    codes = [*reversed(codes_above("150102001001")), "150102001001"]
    assert [level_of_code(code) for code in codes] == ["province", "city", "district", "subdistrict", "community"]
