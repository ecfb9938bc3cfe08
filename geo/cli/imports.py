"""``gridcircle import`` and ``gridcircle imports``: bring files in, list what came, take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_incidents import import_incidents
from geo.actions.imports.import_official_circles import import_official_circles
from geo.actions.imports.import_people import import_people
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.import_stations import import_stations
from geo.actions.imports.import_streets import import_streets
from geo.actions.imports.undo_import import undo_import
from geo.actions.work.import_work import import_work
from geo.actions.work.record_visits import import_visits
from geo.caller import caller_key
from geo.cli.output import Json, Step, answer, language, progress, refuse, say
from geo.cli.session import open_database
from geo.coverage import INPUTS
from geo.errors import BadRows
from geo.imports.options import ImportOptions
from geo.imports.report import ImportBatch, ImportReport, Undone
from geo.settings import Settings
from geo.store.coverage import is_behind_data
from geo.store.database import Database
from geo.store.imports import list_batches
from geo.words import sentence

SHOWN_NOTES = 20
"""So many remarks are printed; --json has all."""

Importer = Callable[[Database, Path, ImportOptions, datetime, Step | None], ImportReport]


class Kind(StrEnum):
    """What a file holds."""

    AREAS = "areas"
    GRIDS = "grids"
    STATIONS = "stations"
    STREETS = "streets"
    PEOPLE = "people"
    INCIDENTS = "incidents"
    RESOURCES = "resources"
    CIRCLES = "circles"
    WORK = "work"
    VISITS = "visits"


IMPORTERS: dict[Kind, Importer] = {
    Kind.AREAS: import_areas,
    Kind.GRIDS: import_grids,
    Kind.STATIONS: import_stations,
    Kind.STREETS: import_streets,
    Kind.PEOPLE: import_people,
    Kind.INCIDENTS: import_incidents,
    Kind.RESOURCES: import_resources,
    Kind.CIRCLES: import_official_circles,
    Kind.WORK: import_work,
    Kind.VISITS: import_visits,
}

import_app = typer.Typer(add_completion=False)
imports_app = typer.Typer(help="Imports so far, and taking one back. / 导入记录与撤销。")


@import_app.command("import")
def import_(  # noqa: PLR0913, PLR0917 -- one parameter an option
    kind: Annotated[Kind, typer.Argument(help="What the file holds. / 文件内容的种类。")],
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile, GeoParquet, CSV, XLSX, zip, OSM PBF.")],
    crs: Annotated[str | None, typer.Option(help="Coordinate system, e.g. EPSG:4525. / 坐标系。")] = None,
    source: Annotated[str | None, typer.Option(help="Who the rows come from. / 数据来源。")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, sheet or zip member. / 图层或工作表。")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text, e.g. gb18030. / 文字编码。")] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Land the good rows. / 跳过有错误的行。")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Retire rows no longer there. / 停用缺失的行。")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Grids: make them live. / 网格立即生效。")] = False,
    data_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day the data speak of. / 数据日期。")
    ] = None,
    effective_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Grids with --publish: since when. / 方案生效日期。")
    ] = None,
    residents: Annotated[float | None, typer.Option(min=0, help="People: their true total. / 人口总数。")] = None,
    as_json: Json = False,
) -> None:
    """Bring a file in: all of it or nothing, and the same file twice changes nothing."""
    settings = Settings()
    options = ImportOptions(
        source=source,
        crs=crs,
        layer=layer,
        encoding=encoding,
        keep_going=keep_going,
        replace=replace,
        publish=publish,
        effective_from=effective_from.replace(tzinfo=ZoneInfo(settings.timezone)) if effective_from else None,
        residents=residents,
        data_date=_day(data_date),
        rejected_dir=settings.home_abs / "rejected",
        language=language(),
        timezone=settings.timezone,
        secret=lambda: caller_key(settings),
    )
    at = datetime.now(ZoneInfo(settings.timezone))
    try:
        with open_database() as db, progress("importing", file=file.name) as step:
            report = IMPORTERS[kind](db, file, options, at, step)
            is_behind = report.import_id is not None and _is_behind(db, kind, at)
    except BadRows as error:
        refuse(error, as_json=as_json)
        if not as_json:
            print_faults(error)
        raise typer.Exit(1) from error
    answer(report.as_dict(), report_lines(report), as_json=as_json)
    if is_behind:
        say("coverage_behind")


@imports_app.callback(invoke_without_command=True)
def imports(context: typer.Context, as_json: Json = False) -> None:
    """List all imports when no other command is named."""
    if context.invoked_subcommand is None:
        list_(as_json)


@imports_app.command("list")
def list_(as_json: Json = False) -> None:
    """All imports, the newest first."""
    with open_database() as db, db.read() as conn:
        batches = list_batches(conn)
    lines = [_batch_line(batch) for batch in batches] or [sentence("imports_none", language())]
    answer({"imports": [_batch_data(batch) for batch in batches]}, lines, as_json=as_json)


@imports_app.command()
def undo(
    import_id: Annotated[int, typer.Argument(help="Its number in `gridcircle imports`. / 导入编号。")],
    as_json: Json = False,
) -> None:
    """Take one import back as a whole."""
    at = datetime.now(ZoneInfo(Settings().timezone))
    with open_database() as db:
        undone = undo_import(db, import_id, at)
        is_behind = _is_behind(db, undone.batch.kind, at)
    answer(_undone_data(undone), _undone_lines(undone), as_json=as_json)
    if is_behind:
        say("coverage_behind")


def _undone_data(undone: Undone) -> dict[str, Any]:
    left = [fault.as_dict() for fault in undone.left]
    counts = {"touched": undone.touched, "removed": undone.removed, "put_back": undone.put_back, "left": left}
    return {"undone": undone.batch.id, **(counts if undone.batch.kind == "orders" else {})}


def _undone_lines(undone: Undone) -> list[str]:
    batch, counts = undone.batch, {"touched": undone.touched, "removed": undone.removed, "put_back": undone.put_back}
    told = {"id": batch.id, "kind": _kind_name(batch.kind), "filename": batch.filename, "left": len(undone.left)}
    key = "import_undone_cases" if batch.kind == "orders" else "import_undone"
    return [sentence(key, language(), **told, **counts), *(fault.in_language(language()) for fault in undone.left)]


def _is_behind(db: Database, kind: str, at: datetime) -> bool:
    """Whether coverage is to be computed anew after an import of a kind; others have nothing to do with it."""
    if kind not in INPUTS:
        return False
    with db.read() as conn:
        return is_behind_data(conn, at)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def print_faults(error: BadRows) -> None:
    """The faults after the first, which the refusal itself has named, and where the rejected rows are."""
    for fault in error.evidence["faults"][1:]:
        typer.echo(fault[language()], err=True)
    if error.evidence["rejected_file"]:
        typer.echo(sentence("rejected_written", language(), path=error.evidence["rejected_file"]), err=True)


def report_lines(report: ImportReport) -> list[str]:
    """What a report says to people."""
    tongue = language()
    counts = {
        name: getattr(report, name)
        for name in ("read", "added", "changed", "unchanged", "rejected", "missing", "retired")
    }
    lines = [sentence("import_done", tongue, kind=_kind_name(report.kind), **counts)]
    if report.import_id is not None:
        lines.append(sentence("import_undo_hint", tongue, id=report.import_id))
    lines += [f"  {sentence(f'total_{name}', tongue)}: {value:,.10g}" for name, value in report.totals.items()]
    lines += [fault.in_language(tongue) for fault in report.faults]
    lines += [note.in_language(tongue) for note in report.notes[:SHOWN_NOTES]]
    if len(report.notes) > SHOWN_NOTES:
        lines.append(sentence("notes_more", tongue, count=len(report.notes) - SHOWN_NOTES))
    if report.rejected_file:
        lines.append(sentence("rejected_written", tongue, path=report.rejected_file))
    return lines


def _batch_line(batch: ImportBatch) -> str:
    key = "import_line_undone" if batch.undone_at else "import_line"
    counts = {name: batch.report.get(name, 0) for name in ("added", "changed", "retired")}
    when = batch.landed_at.astimezone(ZoneInfo(Settings().timezone)).strftime("%Y-%m-%d %H:%M")
    facts = {"id": batch.id, "kind": _kind_name(batch.kind), "filename": batch.filename, "source": batch.source}
    return sentence(key, language(), at=when, **facts, **counts)


def _kind_name(kind: str) -> str:
    return sentence(f"kind_{kind}", language())


def _batch_data(batch: ImportBatch) -> dict[str, Any]:
    return {name: getattr(batch, name) for name in batch.__dataclass_fields__}
