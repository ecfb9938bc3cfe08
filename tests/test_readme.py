"""What the README says is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from geo.settings import Settings
from tests.bench.readme import BEGIN, END, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_settings_table_is_the_settings() -> None:
    told = dict(re.findall(r"^\| `(GRIDCIRCLE_\w+)` \| `?([^|`]*)`? \|", README, re.M))
    fields = {f"GRIDCIRCLE_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert told.keys() == fields.keys()
    for name, default in fields.items():
        shown = "" if default is None else str(default)
        assert told[name].strip() == shown, name


def test_every_linked_file_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_the_table_of_speed_is_what_was_measured() -> None:
    assert README.split(BEGIN)[1].split(END)[0] == table()


def test_no_placeholder_is_left() -> None:
    assert not re.findall(r"\b[A-Z]+_(?:TABLE|RUN)\b", README)
