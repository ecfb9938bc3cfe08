"""Callers: one number gives one hash however it is written, and nothing tells the number without the key."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from geo.caller import KEY_FILE, _make_key, caller_hash, caller_key, same_number
from geo.errors import Refused
from geo.settings import Settings, load

KEY = b"a key of the tests, longer than 32 characters"
OTHER_KEY = b"another key, which is also long enough to be one"

mobiles = st.integers(13_000_000_000, 19_999_999_999).map(str)


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in text)


def ways_to_write(number: str) -> Iterable[str]:
    """One mobile number as people and telephone systems write it."""
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}"
    yield from (number, spaced, spaced.replace(" ", "-"), full_width(spaced), f" {number}\n", f"电话：{number}")
    yield from (f"+86{number}", f"86{number}", f"0086 {spaced}", f"+86 0{number}", f"0{number}", f"（+86）{number}")


@given(mobiles)
def test_one_number_has_one_hash_however_it_is_written(number: str) -> None:
    assert {caller_hash(said, KEY) for said in ways_to_write(number)} == {caller_hash(number, KEY)}


@given(mobiles)
def test_it_is_hmac_sha256_of_the_digits(number: str) -> None:
    assert caller_hash(number, KEY) == hmac.new(KEY, number.encode(), hashlib.sha256).digest()
    assert caller_hash(number, KEY) != caller_hash(number, OTHER_KEY)
    assert caller_hash(number, KEY) != hashlib.sha256(number.encode()).digest()


@given(mobiles, mobiles)
def test_two_numbers_have_two_hashes(one: str, other: str) -> None:
    assert (caller_hash(one, KEY) == caller_hash(other, KEY)) == (one == other)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("0471-6543210", "04716543210"),
        ("（0471）6543210", "04716543210"),
        ("+86 471 6543210", "04716543210"),
        ("0086-0471-6543210", "04716543210"),
        ("010 12345678", "01012345678"),
        ("+86 10 12345678", "01012345678"),
        ("6543210", "6543210"),  # without an area code: a number of its own
        ("86543210", "86543210"),  # begins like the country's code and is none
        ("12345", "12345"),
        ("+49 30 1234567", "49301234567"),
    ],
)
def test_numbers_that_are_no_mobiles(said: str, same: str) -> None:
    assert same_number(said) == same


@pytest.mark.parametrize("said", ["", "匿名", "1234", "1" * 21, "1" * 10_000_000, "号码 12 34"])
def test_what_cannot_be_dialled_is_refused_without_being_repeated(said: str) -> None:
    with pytest.raises(Refused) as refusal:
        caller_hash(said, KEY)
    assert refusal.value.evidence == {"least": 5, "most": 20}
    assert refusal.value.__cause__ is None


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "fresh")
    key = caller_key(settings)
    file = tmp_path / "fresh" / KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key) >= 32
    assert caller_key(settings) == key
    assert [path.name for path in file.parent.iterdir()] == [KEY_FILE], "nothing else is left"
    assert caller_key(Settings(home=tmp_path / "second")) != key


def test_all_who_make_it_at_once_have_the_same_key(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: caller_key(settings), range(32)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_who_makes_it_second_keeps_the_first_one_s(tmp_path: Path) -> None:
    key = caller_key(Settings(home=tmp_path))
    _make_key(tmp_path / KEY_FILE)
    assert caller_key(Settings(home=tmp_path)) == key
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = Settings(home=tmp_path)
    caller_key(settings)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        caller_key(settings)


@pytest.mark.parametrize("text", ["", "short", "  \n" * 40])
def test_a_broken_key_is_refused_and_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / KEY_FILE
    file.touch(mode=0o600)
    file.write_text(text, encoding="ascii")
    with pytest.raises(Refused, match="at least 32 characters"):
        caller_key(Settings(home=tmp_path))
    assert file.read_text(encoding="ascii") == text


def test_the_key_of_the_settings_comes_first(tmp_path: Path) -> None:
    assert caller_key(Settings(home=tmp_path, caller_key=SecretStr(KEY.decode()))) == KEY
    assert not list(tmp_path.iterdir())


def test_a_key_in_the_settings_is_long_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCIRCLE_CALLER_KEY", "too-short-secret")
    with pytest.raises(Refused) as refusal:
        load()
    assert "GRIDCIRCLE_CALLER_KEY" in str(refusal.value)
    assert "too-short" not in str(refusal.value)
    monkeypatch.setenv("GRIDCIRCLE_CALLER_KEY", KEY.decode())
    assert KEY.decode() not in repr(load())


def test_nothing_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        caller_hash("13800138000", caller_key(Settings(home=tmp_path)))
    assert not caplog.records
