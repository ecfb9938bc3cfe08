"""The command `gridcircle profile` on a drawn street: one station, three homes in reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from geo.store import tables
from geo.store.database import Database
from tests.db.test_coverage_command import fill, gridcircle

WEEK = ("profile", "--week", "2025-09-29")
"""Monday and Tuesday are worked, then come days off."""

COVERED = 10.5
"""Residents of the drawn street within 15 minutes of the station, of 25.5."""


@pytest.fixture
def city(db: Database) -> Database:
    fill(db)
    with db.write() as conn:
        conn.execute(tables.station.update().values(opening_hours="Mo-Fr 08:00-18:00"))
    return db


def test_a_week_with_days_off(city: Database) -> None:
    code, text = gridcircle(city, *WEEK, "--json")
    assert code == 0
    told = json.loads(text)
    covered = [moment["residents_covered"] for moment in told["moments"]]
    working_day = [0] * 8 + [COVERED] * 10 + [0] * 6
    assert covered == working_day * 2 + [0] * 24 * 5
    assert (told["stations"], told["stations_unsaid"], told["unsure_years"]) == (1, 0, [])
    assert told["whenever"]["residents"] == COVERED


def test_additional_hours_and_a_file(city: Database, tmp_path: Path) -> None:
    out = tmp_path / "profile.xlsx"
    code, text = gridcircle(
        city, *WEEK, "--extra", "all: Mo-Tu 18:00-19:00; Sa 09:00-12:00", "--out", str(out), "--json"
    )
    assert code == 0
    assert (
        json.loads(text)["gain"]["person_hours"]["residents"] == 2 * COVERED
    )  # the Saturday is a day off, as a Sunday
    sheet = load_workbook(out)["profile"]
    assert sheet.max_row == 1 + 168


def test_people_are_told_a_table_and_what_is_not_known(city: Database) -> None:
    with city.write() as conn:
        conn.execute(tables.station.update().values(opening_hours=None))
    code, text = gridcircle(city, "profile", "--week", "2041-01-07", "--unknown", "open")
    assert code == 0
    lines = text.splitlines()
    assert lines[-27] == "hour | Mo | Tu | We | Th | Fr | Sa | Su"
    assert lines[-3] == " | ".join(["23", *["41.2%"] * 7])
    assert "1 of 1 stations" in text
    assert "2041" in text


def test_refusals(city: Database) -> None:
    assert gridcircle(city, *WEEK, "--kind", "circus")[0] == 1
    assert gridcircle(city, *WEEK, "--extra", "all: Mo-Fr 9-5")[0] == 1
    assert gridcircle(city, *WEEK, "--mode", "flying")[0] == 1
