"""``gridcircle coverage``: compute who reaches a station, and say it in a table."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from geo.actions.reach.compute_coverage import LEVELS, compute_coverage
from geo.actions.reach.export_coverage import ASPECTS, export_coverage
from geo.cli.output import Json, language, progress
from geo.cli.session import answer_figures, open_database
from geo.cli.tables import percent
from geo.coverage import CoverageRun
from geo.errors import NotFound
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE, Mode, Surface
from geo.rules.modes import mode as mode_of
from geo.rules.modes import surface as surface_of
from geo.store import figures
from geo.store.database import Database
from geo.store.figures import Counts
from geo.words import sentence


def coverage(
    minutes: Annotated[float, typer.Option(help="Cutoff; reached itself. / 步行时限，含端点。")] = 15,
    mode: Annotated[str, typer.Option(help="A way of moving of geo/rules/modes.toml. / 出行方式。")] = DEFAULT_MODE,
    surface: Annotated[str, typer.Option(help="dry, packed_snow or ice. / 路面状况。")] = DEFAULT_SURFACE,
    by: Annotated[str, typer.Option(help="Figures by all, city … grid. / 按层级列出结果。")] = "district",
    out: Annotated[Path | None, typer.Option(help="Write the table to .xlsx, .csv or .json. / 输出表格文件。")] = None,
    force: Annotated[bool, typer.Option("--force", help="Compute even if nothing changed. / 强制重算。")] = False,
    as_json: Json = False,
) -> None:
    """Who reaches a station within some minutes. / 计算可达覆盖。"""
    if by not in (*LEVELS, *ASPECTS):
        raise NotFound("level_unknown", level=by, known=", ".join((*LEVELS, *ASPECTS)))
    at = datetime.now(UTC)
    with open_database() as db:
        with progress("circles_computing") as step:
            run = compute_coverage(db, minutes=minutes, mode=mode, surface=surface, at=at, step=step, force=force)
        rows = _aspect_rows(db, run, by) if by in ASPECTS else _rows(db, run, by)
        written = None if out is None else export_coverage(db, out, at, language(), by)
    is_new = run.computed_at == at
    data = {"is_new": is_new, "run": asdict(run), "by": by, "figures": rows, "file": out and str(out)}
    lines = [*_sentences(run, is_new), *(_aspect_table(rows) if by in ASPECTS else _table(rows))]
    if written is not None:
        lines.append(sentence("export_done", language(), path=out, rows=written))
    answer_figures(data, lines, run.provenance.made, as_json=as_json)


def _rows(db: Database, run: CoverageRun, level: str) -> list[dict[str, Any]]:
    with db.read() as conn:
        everybody = figures.of_all(conn, run.id)
        entries = [] if level == "all" else figures.by_level(conn, run.id, level, None)
    rows = [{"code": entry.code, "name": entry.name, **_told(entry.counts)} for entry in entries]
    return rows if everybody is None else [*rows, {"code": "", "name": "", **_told(everybody)}]


def _aspect_rows(db: Database, run: CoverageRun, aspect: str) -> list[dict[str, Any]]:
    """Who of all that were loaded reach a station of each kind, or with each service."""
    with db.read() as conn:
        of_kinds = figures.by_station_of_all(conn, run.id).get(aspect, {})
    everybody = run.report["residents"]["all"]
    return [
        {"key": key, "residents_covered": reached, "share": _share(reached, everybody)}
        for key, reached in of_kinds.items()
    ]


def _told(counts: Counts) -> dict[str, Any]:
    return {
        **asdict(counts),
        "share": _share(counts.residents_covered, counts.residents),
        "share_low": _share(counts.residents_certain, counts.residents),
        "share_high": _share(counts.residents_possible, counts.residents),
        "second_share": _share(counts.residents_second, counts.residents),
        "air_circle_share": _share(counts.residents_in_air_circle, counts.residents),
    }


def _share(part: float | None, whole: float) -> float | None:
    return part / whole if whole and part is not None else None


def _between(share: float | None, low: float | None, high: float | None) -> str:
    """A share with its bounds, rounded away from it: 61.2% (58.9-63.4%)."""
    if share is None or low is None or high is None:
        return percent(share)
    return f"{share:.1%} ({math.floor(low * 1000) / 10:.1f}-{math.ceil(high * 1000) / 10:.1f}%)"


def _sentences(run: CoverageRun, is_new: bool) -> list[str]:
    residents, bounds, wish = run.report["residents"], run.report["bounds"], language()
    everybody = residents["all"]
    told = [
        sentence(
            "coverage_done",
            wish,
            residents=f"{everybody:,.0f}",
            covered=f"{residents['covered']:,.0f}",
            minutes=f"{run.minutes:g}",
            share=_between(
                _share(residents["covered"], everybody),
                _share(bounds["certain"], everybody),
                _share(bounds["possible"], everybody),
            ),
            mode=_name_of(run, wish),
            air_m=f"{run.air_circle_m:,.0f}",
            air_share=percent(_share(run.report["residents_in_air_circle"], everybody)),
        ),
        sentence(
            "coverage_second",
            wish,
            second=f"{run.report['residents_second']:,.0f}",
            share=percent(_share(run.report["residents_second"], everybody)),
        ),
        sentence(
            "coverage_rest",
            wish,
            beyond=f"{residents['beyond']:,.0f}",
            no_street=f"{residents['no_street']:,.0f}",
            outside=f"{residents['outside_streets']:,.0f}",
            connector_m=f"{run.max_connector_m:g}",
        ),
    ]
    without = run.report["stations"]["without_street"]
    if without:
        stations = ", ".join(str(station_id) for station_id in without)
        told.append(sentence("coverage_stations_without_street", wish, stations=stations))
    if not is_new:
        told.insert(0, sentence("coverage_unchanged", wish, computed_at=f"{run.computed_at:%Y-%m-%d %H:%M} UTC"))
    return told


def _name_of(run: CoverageRun, wish: str) -> str:
    """The mode, and the surface unless it is the usual one."""
    named: list[Mode | Surface] = [mode_of(run.mode)]
    if run.surface != DEFAULT_SURFACE:
        named.append(surface_of(run.surface))
    return ", ".join(thing.name_zh if wish == "zh" else thing.name_en for thing in named)


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head = sentence("coverage_table_head", language())
    everybody = sentence("coverage_everybody", language())
    lines = [
        f"{row['code']} {row['name'] or everybody} | {row['residents']:,.0f} | "
        f"{_between(row['share'], row['share_low'], row['share_high'])} | {percent(row['second_share'])} | "
        f"{percent(row['air_circle_share'])}".lstrip()
        for row in rows
    ]
    return [head, *lines]


def _aspect_table(rows: list[dict[str, Any]]) -> list[str]:
    head = sentence("coverage_aspect_head", language())
    return [head, *(f"{row['key']} | {row['residents_covered']:,.0f} | {percent(row['share'])}" for row in rows)]
