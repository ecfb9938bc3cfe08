"""``gridcircle coverage``: compute who reaches a station on foot, and say it in a table."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from geo.actions.compute_coverage import LEVELS, compute_coverage
from geo.cli.output import Json, answer, language, progress
from geo.cli.session import open_database
from geo.coverage import CoverageRun
from geo.errors import NotFound
from geo.store import figures
from geo.store.database import Database
from geo.store.figures import Counts
from geo.words import sentence


def coverage(
    minutes: Annotated[float, typer.Option(help="Cutoff; reached itself. / 步行时限，含端点。")] = 15,
    pace: Annotated[str, typer.Option(help="A pace of geo/rules/paces.toml. / 步速。")] = "planning",
    by: Annotated[str, typer.Option(help="Figures by all, city … grid. / 按层级列出结果。")] = "district",
    force: Annotated[bool, typer.Option("--force", help="Compute even if nothing changed. / 强制重算。")] = False,
    as_json: Json = False,
) -> None:
    """Who reaches a station within some minutes on foot. / 计算步行可达覆盖。"""
    if by not in LEVELS:
        raise NotFound("level_unknown", level=by, known=", ".join(LEVELS))
    at = datetime.now(UTC)
    with open_database() as db:
        with progress("circles_computing") as step:
            run = compute_coverage(db, minutes=minutes, pace=pace, at=at, step=step, force=force)
        rows = _rows(db, run, by)
    is_new = run.computed_at == at
    data = {"is_new": is_new, "run": asdict(run), "by": by, "figures": rows}
    answer(data, [*_sentences(run, is_new), *_table(rows)], as_json=as_json)


def _rows(db: Database, run: CoverageRun, level: str) -> list[dict[str, Any]]:
    with db.read() as conn:
        everybody = figures.of_all(conn, run.id)
        entries = [] if level == "all" else figures.by_level(conn, run.id, level, None)
    rows = [{"code": entry.code, "name": entry.name, **_told(entry.counts)} for entry in entries]
    return rows if everybody is None else [*rows, {"code": "", "name": "", **_told(everybody)}]


def _told(counts: Counts) -> dict[str, Any]:
    return {
        **asdict(counts),
        "share": _share(counts.residents_covered, counts.residents),
        "air_circle_share": _share(counts.residents_in_air_circle, counts.residents),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _sentences(run: CoverageRun, is_new: bool) -> list[str]:
    residents, wish = run.report["residents"], language()
    told = [
        sentence(
            "coverage_done",
            wish,
            residents=f"{residents['all']:,.0f}",
            covered=f"{residents['covered']:,.0f}",
            minutes=f"{run.minutes:g}",
            share=_percent(_share(residents["covered"], residents["all"])),
            air_m=f"{run.air_circle_m:,.0f}",
            air_share=_percent(_share(run.report["residents_in_air_circle"], residents["all"])),
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


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head = sentence("coverage_table_head", language())
    everybody = sentence("coverage_everybody", language())
    lines = [
        f"{row['code']} {row['name'] or everybody} | {row['residents']:,.0f} | "
        f"{_percent(row['share'])} | {_percent(row['air_circle_share'])}".lstrip()
        for row in rows
    ]
    return [head, *lines]
