"""Every sentence exists in both languages with the same placeholders, and every key raised in code exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from geo.cli.imports import Kind
from geo.words import LANGUAGES, catalogue

ROOT = Path(__file__).parent.parent


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_say_the_same(key: str) -> None:
    entry = catalogue()[key]
    assert set(entry) == set(LANGUAGES)
    assert placeholders(entry["en"]) == placeholders(entry["zh"])
    assert all(text.strip() for text in entry.values())


def test_every_key_raised_in_code_exists() -> None:
    raised = re.compile(
        r"\b(?:GridcircleError|NotFound|Conflict|StaleVersion|AlreadyLive|Refused|BadFile|BadRows|BadGeometry|BadMove|"
        r"NotAllowed|WhoAreYou|Unready|DatabaseAway|StreetsMissing|CoverageMissing|MissingPiece|Busy|Cancelled|say|progress)"
        r"\(\s*\"([a-z0-9_]+)\""
    )
    unknown = {
        (str(file.relative_to(ROOT)), key)
        for package in ("geo", "api", "webmap")
        for file in (ROOT / package).rglob("*.py")
        for key in raised.findall(file.read_text(encoding="utf-8"))
        if key not in catalogue()
    }
    assert not unknown


def test_every_kind_of_import_has_a_name() -> None:
    assert {f"kind_{kind}" for kind in Kind} <= catalogue().keys()
