"""Settings come from the environment, are checked, and are told in a sentence when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo import settings
from geo.errors import Refused
from geo.settings import CHECKOUT, Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(f"GRIDCIRCLE_{field.upper()}" for field in Settings.model_fields), "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_serve_this_machine_only() -> None:
    found = settings.load()
    assert (found.host, found.port) == ("127.0.0.1", 8000)
    assert found.database_url is None


def test_default_home_lies_in_the_checkout_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load().home_abs == CHECKOUT / ".local" == ROOT / ".local"


def test_home_of_ones_own_is_seen_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDCIRCLE_HOME", "here")
    assert settings.load().home_abs == tmp_path / "here"
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.setenv("GRIDCIRCLE_HOME", "~/state")
    assert settings.load().home_abs == Path("/somewhere/state")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCIRCLE_PORT", "")
    assert settings.load().port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight thousand"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("LANGUAGE", "fr"),
        ("TIMEZONE", "Asia/Qinghe"),
        ("TIMEZONE", "../etc/passwd"),
        ("WORKERS_DB", "0"),
        ("DATABASE_URL", "mysql://someone:secret@here/db"),
    ],
)
def test_a_wrong_value_is_told_by_the_variable_s_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GRIDCIRCLE_{name}", value)
    with pytest.raises(Refused) as refusal:
        settings.load()
    assert refusal.value.key == "setting_bad"
    assert f"GRIDCIRCLE_{name}" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_the_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCIRCLE_DATABASE_URL", "postgresql://someone:secret@here/db")
    assert "secret" not in repr(settings.load())


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "GRIDCIRCLE_LANGUAGE": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "GRIDCIRCLE_LANGUAGE": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "GRIDCIRCLE_PORT": "wrong"}, "zh"),
    ],
)
def test_language(variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert settings.language() == language
