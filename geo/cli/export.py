"""``gridcircle export``: figures, grids and stations as XLSX, GeoPackage or GeoJSON; a table to count work in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from geo.actions.city.plan_access import Hand
from geo.actions.plans.export_grids import export_grids
from geo.actions.reach.export_coverage import export_coverage
from geo.actions.stations.export_stations import export_stations
from geo.actions.work.export_work import export_work
from geo.cli.output import Json, answer, language
from geo.cli.session import open_database
from geo.settings import Settings
from geo.words import sentence

export_app = typer.Typer(no_args_is_help=True, help="Write what is stored to a file. / 导出。")

Out = Annotated[
    Path, typer.Argument(help="File to write; its ending (.xlsx .gpkg .geojson) is the format. / 输出文件。")
]


@export_app.command()
def coverage(out: Out, as_json: Json = False) -> None:
    """The current figures of all areas and grids, with how they were computed."""
    with open_database() as db:
        _answer(out, export_coverage(db, out, _now(), language()), as_json=as_json)


@export_app.command()
def grids(out: Out, as_json: Json = False) -> None:
    """The grids in force now, with their posts."""
    with open_database() as db:
        _answer(out, export_grids(db, out, _now()), as_json=as_json)


@export_app.command()
def stations(out: Out, as_json: Json = False) -> None:
    """All stations that are not closed."""
    with open_database() as db:
        _answer(out, export_stations(db, out, _now()), as_json=as_json)


@export_app.command()
def work(
    out: Annotated[Path, typer.Argument(help="File to write, .xlsx or .csv. / 输出文件。")],
    community: Annotated[str, typer.Option(help="12-digit code. / 社区代码。")],
    as_json: Json = False,
) -> None:
    """The units of a community with what was counted in each, to fill in and import. / 单元工作量填报表。"""
    with open_database() as db:
        _answer(out, export_work(db, community, out, Hand(at=_now()), language()), as_json=as_json)


def _now() -> datetime:
    return datetime.now(ZoneInfo(Settings().timezone))


def _answer(out: Path, rows: int, *, as_json: bool) -> None:
    answer(
        {"file": str(out), "rows": rows}, [sentence("export_done", language(), path=out, rows=rows)], as_json=as_json
    )
