"""Every file with figures says how they were made, from which days and inputs, and whether the city is invented."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pypdf
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from geo.actions.city.create_token import create_token
from geo.actions.work.import_work import import_work
from geo.actions.work.store_cuts import cut_and_store
from geo.cli import main
from geo.files.plan_formats import CHANGES, FIELDS_FILE, WRITERS
from geo.files.write import WRITERS as TABLES
from geo.imports.options import ImportOptions
from geo.store.database import Database
from geo.words import catalogue
from tests.db.test_cli import leaves
from tests.db.test_coverage_command import gridcircle
from tests.drawn_layers import load_town
from tests.plan_towns import PlanTown, unit_no
from tests.small_town import AT, EAST, WEST

CITY = catalogue()["city_invented"]
DATED = text("update import_batch set data_date = '2026-06-01'")


def about_of(file: bytes, ending: str) -> dict[str, str]:
    """What a file says of itself, read as its format's own readers do."""
    if ending == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(file))["about"].iter_rows(values_only=True))[1:]
        return {str(key): str(value) for key, value, *_ in rows}
    if ending == "gpkg":
        with tempfile.NamedTemporaryFile(suffix=".gpkg") as kept:
            Path(kept.name).write_bytes(file)
            frame = pyogrio.read_dataframe(kept.name, layer="about")
        return dict(zip(frame["key"], frame["value"], strict=True))
    if ending == "zip":
        told = zipfile.ZipFile(io.BytesIO(file)).read(FIELDS_FILE).decode().splitlines()
        return dict(line.removeprefix("* ").split(": ", 1) for line in told if line.startswith("* "))
    if ending == "csv":
        rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
        return dict(rows[rows.index(["about", ""]) + 1 :])
    found: dict[str, str] = json.loads(file)["about"]
    return found


def silent_about(about: dict[str, str]) -> list[str]:
    """What a file does not say."""
    ends = ("_date", "_at", "as_of", "occurred")
    days = {name: day for name, day in about.items() if day and (name == "at" or name.endswith(ends))}
    told = {
        "invented": CITY["zh"] in about.get("invented", "") or CITY["en"] in about.get("invented", ""),
        "method": about.get("method"),
        "dates": days,
        "hash": len(about.get("inputs_hash", "")) == 64,
    }
    return [aspect for aspect, said in told.items() if not said]


def staff_of(db: Database) -> dict[str, str]:
    _, secret = create_token(db, name="t", role="administrator", area_code=None, days=None, at=AT)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def world(plan_town: PlanTown, db: Database, tmp_path: Path) -> PlanTown:
    """The planners' town instead of the drawn city, with work that was counted in one unit."""
    table = tmp_path / "work.csv"
    table.write_text(f"community_code,unit_no,visits_due\n{WEST},{unit_no(0, 0)},7\n", encoding="utf-8")
    import_work(db, table, ImportOptions(source="work"), AT)
    with db.write() as conn:
        conn.execute(text("update home set import_id = (select min(id) from import_batch)"))
        conn.execute(DATED)
    return plan_town


@pytest.mark.parametrize("ending", [ending.removeprefix(".") for ending in WRITERS])
def test_a_plan_says_how_it_was_made(ending: str, client: TestClient, db: Database, world: PlanTown) -> None:
    staff = staff_of(db)
    plan = client.post("/api/v1/plans", json={"community": WEST}, headers=staff).json()["id"]
    file = client.get(f"/api/v1/plans/{plan}/export.{ending}", headers=staff)
    assert file.status_code == 200, file.text
    about = about_of(file.content, ending)
    assert not silent_about(about)
    assert (about["method"], about["homes_date"], about["visits_due_as_of"]) == (
        "plan-figures-1",
        "2026-06-01",
        f"{AT:%Y-%m-%d}",
    )
    told = client.get(f"/api/v1/plans/{plan}", headers=staff).json()
    assert about["inputs_hash"] == told["inputs_hash"]


@pytest.mark.parametrize("ending", [ending.removeprefix(".") for ending in CHANGES])
def test_what_a_plan_changes_says_how_it_was_made(
    ending: str, client: TestClient, db: Database, world: PlanTown
) -> None:
    staff = staff_of(db)
    plan = client.post("/api/v1/plans", json={"community": WEST}, headers=staff).json()["id"]
    file = client.get(f"/api/v1/plans/{plan}/consequences.{ending}", headers=staff)
    assert not silent_about(about_of(file.content, ending))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_printed_page_says_that_the_city_is_invented(
    language: str, client: TestClient, db: Database, world: PlanTown
) -> None:
    staff = {**staff_of(db), "Accept-Language": language}
    plan = client.post("/api/v1/plans", json={"community": WEST}, headers=staff).json()["id"]
    path = f"/api/v1/plans/{plan}/consequences.pdf"
    pages = pypdf.PdfReader(io.BytesIO(client.get(path, headers=staff).content)).pages
    words = "".join(CITY[language].split())
    assert all(words in "".join(page.extract_text().split()) for page in pages)
    assert "plan-changes-1" in "".join(page.extract_text() for page in pages)
    with db.write() as conn:
        conn.execute(text("update area set code = '15' || substr(code, 3)"))
    pages = pypdf.PdfReader(io.BytesIO(client.get(path, headers=staff).content)).pages
    assert not any(words in "".join(page.extract_text().split()) for page in pages)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_table_of_work_says_how_it_was_made_and_comes_back(
    ending: str, client: TestClient, db: Database, world: PlanTown, tmp_path: Path
) -> None:
    staff = staff_of(db)
    file = client.get(f"/api/v1/communities/{WEST}/work-counts.{ending}", headers=staff).content
    assert not silent_about(about_of(file, ending))
    path = tmp_path / f"back.{ending}"
    path.write_bytes(file)
    assert import_work(db, path, ImportOptions(source="work"), AT).unchanged == 1


# On the command line


def with_files() -> set[str]:
    """Every command that can write a table, with the words that reach it."""
    found = [leaf for name in main.COMMANDS for leaf in leaves(main.load(name), name)]
    return {
        path
        for path, command in found
        if any({"--out", "--doors"} & set(parameter.opts) or parameter.name == "out" for parameter in command.params)
    }


OF_DEMO: dict[str, tuple[str, ...]] = {
    "coverage": (),
    "access": (),
    "honesty": (),
    "crossings": (),
    "profile": (),
    "what-if": tuple(word for station in range(1, 9) for word in ("--close", str(station))),
    "figures": (),
    "dispatch assigned": (),
    "export coverage": (),
    "export grids": (),
    "export stations": (),
    "cases export": (),
}
OF_LAYERS: dict[str, tuple[str, ...]] = {
    "layers audit": (),
    "layers crosswalk": ("police", "health"),
    "layers changes": ("police",),
    "layers merge": ("--base", "police", "--layer", "health", "--open-plan"),
    "layers origin": ("{plan}",),
}
OF_PLANS: dict[str, tuple[str, ...]] = {
    "plan consequences": ("{plan}",),
    "plan compare": ("{base}", "{plan}"),
    "plan export": ("{plan}",),
    "export work": ("--community", WEST),
}


def written(db: Database, command: str, words: tuple[str, ...], out: Path) -> tuple[str, bytes]:
    """What a command prints, and the file that it writes."""
    to = (str(out),) if command.startswith(("export", "cases")) else ("--out", str(out))
    code, told = gridcircle(db, *command.split(), *words, *to)
    assert code == 0, (command, told)
    return told, out.read_bytes()


def test_every_command_that_writes_a_table_is_asked() -> None:
    # what makes the demo's own files
    assert with_files() - {"demo make"} == OF_DEMO.keys() | OF_LAYERS.keys() | OF_PLANS.keys()


@pytest.mark.parametrize("command", OF_DEMO)
def test_figures_of_the_demo_city_say_how_they_were_made(command: str, city: Database, tmp_path: Path) -> None:
    told, file = written(city, command, OF_DEMO[command], tmp_path / "out.xlsx")
    about = about_of(file, "xlsx")
    assert not silent_about(about)
    if not command.startswith(("export", "cases")):
        assert CITY["en"] in told
        code, text = gridcircle(city, *command.split(), *OF_DEMO[command], "--json")
        data: Any = json.loads(text)
        assert (code, data["invented"]) == (0, CITY["en"])
        if command not in {"what-if", "figures"}:  # which ask about this very moment
            assert about["inputs_hash"] in str(data)


@pytest.mark.parametrize("ending", [ending.removeprefix(".") for ending in TABLES])
def test_every_format_says_it(ending: str, city: Database, tmp_path: Path) -> None:
    _, file = written(city, "export coverage", (), tmp_path / f"out.{ending}")
    assert not silent_about(about_of(file, ending))


def test_files_of_layers_say_how_they_were_made(db: Database, tmp_path: Path) -> None:
    load_town(db, tmp_path)
    cut_and_store(db, [WEST, EAST], AT)
    with db.write() as conn:
        conn.execute(DATED)
    for command, words in OF_LAYERS.items():
        plan = gridcircle(db, "plan", "list", "--json")[1]
        filled = tuple(word.format(plan=next(iter(json.loads(plan)["plans"]), {}).get("id")) for word in words)
        told, file = written(db, command, filled, tmp_path / "out.xlsx")
        about = about_of(file, "xlsx")
        assert not silent_about(about), command
        assert not headers_without_words(file), command
        if command != "layers changes":
            assert CITY["en"] in told, command
            assert f"hash of inputs {about['inputs_hash'][:12]}" in told, command
    code, _ = gridcircle(db, "layers", "audit", "--doors", str(tmp_path / "doors.gpkg"))
    assert code == 0
    assert not silent_about(about_of((tmp_path / "doors.gpkg").read_bytes(), "gpkg"))


def test_files_of_plans_say_how_they_were_made(db: Database, world: PlanTown, tmp_path: Path) -> None:
    plan = json.loads(gridcircle(db, "plan", "open", WEST, "--json")[1])["plan"]["id"]
    for command, words in OF_PLANS.items():
        filled = tuple(word.format(plan=plan, base=world.plan_id) for word in words)
        told, file = written(db, command, filled, tmp_path / "out.xlsx")
        assert not silent_about(about_of(file, "xlsx")), command
        if command in {"plan consequences", "plan compare"}:
            assert CITY["en"] in told
            assert "How: method plan-changes-1, from people of 2026-06-01" in told
    assert CITY["en"] in gridcircle(db, "plan", "show", str(plan))[1]


@pytest.mark.parametrize("command", OF_DEMO)
def test_headers_of_a_workbook_are_words(command: str, city: Database, tmp_path: Path) -> None:
    """But for what can be imported again, whose headers the import knows."""
    if command in {"export grids", "export stations"}:
        return
    assert not headers_without_words(written(city, command, OF_DEMO[command], tmp_path / "out.xlsx")[1])


def headers_without_words(workbook: bytes) -> list[str]:
    sheets = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets
    heads = [str(cell.value) for sheet in sheets if sheet.title != "about" for cell in sheet[1]]
    return [head for head in heads if "_" in head or head != head.strip() or len(head) < 2]
