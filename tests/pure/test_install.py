"""Fetching the map's scripts, by the npm that set-up installed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from geo.errors import MissingPiece
from webmap import install
from webmap.assets import missing
from webmap.install import install_assets


def test_files_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = install_assets(tmp_path)
    assert not missing(tmp_path)
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".js", ".css"}

    shutil.rmtree(tmp_path / "npm")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    assert install_assets(tmp_path) == folder, "nobody is asked when all is there"


def test_registry_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(MissingPiece) as refusal:
        install_assets(tmp_path)
    assert refusal.value.key == "npm_failed"
    assert "127.0.0.1:9" in str(refusal.value)
    assert len(missing(tmp_path)) > 0


def test_package_that_was_tampered_with_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in install.MANIFEST:
        text = (Path(install.__file__).parent / name).read_text()
        (tmp_path / name).write_text(re.sub(r'"sha512-.{8}', '"sha512-tampered', text))
    monkeypatch.setattr(install, "__file__", str(tmp_path / "install.py"))
    with pytest.raises(MissingPiece) as refusal:
        install_assets(tmp_path / "home")
    assert "sha512-tampered" in str(refusal.value)
