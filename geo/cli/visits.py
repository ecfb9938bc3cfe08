"""``gridcircle visits``: what is due, a round, and counts of what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import shapely
import typer

from geo import settings
from geo.actions.city.street_cache import StreetCache
from geo.actions.work.find_tour import TourWish, find_tour
from geo.actions.work.tell_visits import VisitWish, tell_visits
from geo.cli.imports import Kind, import_
from geo.cli.output import Json, language
from geo.cli.session import answer_figures, open_database
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.visits import Standing, Tour, VisitRow, VisitTable
from geo.words import Term, sentence

visits_app = typer.Typer(help="Visits due as counts and hours, and rounds. / 应走访数量、工时与走访路线。")

At = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="The moment asked about; now if left out. / 时刻。"),
]


@visits_app.command("due")
def due(
    community: Annotated[str | None, typer.Option(help="Its 12-digit code; all if left out. / 社区代码。")] = None,
    by: Annotated[str, typer.Option(help="grid, community or subdistrict. / 统计方式。")] = "grid",
    at: At = None,
    as_json: Json = False,
) -> None:
    """Visits due and overdue, as counts, shares and hours. / 应走访与逾期数量。"""
    with open_database() as db:
        found = tell_visits(db, VisitWish(_moment(at), settings.load().timezone, by, community))
    answer_figures(_data(found), list(_lines(found)), found.made, as_json=as_json)


@visits_app.command("tour")
def tour(
    grid: Annotated[str, typer.Argument(help="Code of a grid in force. / 网格编码。")],
    kind: Annotated[str, typer.Option(help="other_households or shops. / 走访类别。")] = "other_households",
    mode: Annotated[str, typer.Option(help="Way of moving. / 出行方式。")] = DEFAULT_MODE,
    surface: Annotated[str, typer.Option(help="Surface. / 路面。")] = DEFAULT_SURFACE,
    post: Annotated[
        tuple[float, float] | None, typer.Option(help="Where it begins and ends: lon lat. / 起点经纬度。")
    ] = None,
    hours: Annotated[float | None, typer.Option(min=0.5, max=24, help="Of a day. / 每天小时数。")] = None,
    as_json: Json = False,
) -> None:
    """In which order to call at the homes or shops of a grid: a help, not a duty. / 走访路线建议。"""
    wish = TourWish(grid, _moment(None), kind, post, mode, surface, hours, path=as_json)
    with open_database() as db:
        found = find_tour(db, StreetCache(db, settings.load().arrays_abs), wish)
    line = None if found.line is None else shapely.geometry.mapping(found.line)
    answer_figures({**asdict(found), "line": line}, list(_tour_lines(found)), found.provenance.made, as_json=as_json)


@visits_app.command("import")
def import_done(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: grid_code, kind, day, number. / 已走访数量表。")],
    source: Annotated[str | None, typer.Option(help="Who the rows come from. / 数据来源。")] = None,
    as_json: Json = False,
) -> None:
    """Counts of visits done, all rows or none; as `gridcircle import visits`. / 导入已走访数量。"""
    import_(Kind.VISITS, file, source=source, as_json=as_json)


def _moment(at: datetime | None) -> datetime:
    zone = ZoneInfo(settings.load().timezone)
    return datetime.now(UTC).astimezone(zone) if at is None else at.replace(tzinfo=zone)


def _data(found: VisitTable) -> dict[str, Any]:
    rows = [asdict(row) for row in found.rows]
    terms = {kind: [asdict(term) for term in pair] for kind, pair in found.terms.items()}
    more = {"is_calendar_sure": found.is_calendar_sure, "carried": found.carried}
    return {"at": found.at.isoformat(), "terms": terms, "rows": rows, "whole": asdict(found.whole), **more}


def _lines(found: VisitTable) -> Iterator[str]:
    for kind, (ended, running) in found.terms.items():
        told = {"first": running.first, "last": running.last, "due": running.due}
        before = {"ended_first": ended.first, "ended_last": ended.last, "ended_due": ended.due}
        yield sentence("visits_term_line", language(), kind=Term(kind, "visit_kind"), **told, **before)
    for row in (*found.rows, found.whole):
        yield _title(row)
        for kind, (ended_now, now) in row.standings.items():
            if now.due or ended_now.due:
                yield _standing_line(kind, ended_now, now)
    if not found.is_calendar_sure:
        yield sentence("visits_calendar_unsure", language())
    if found.carried:
        yield sentence("visits_carried", language(), count=found.carried)


def _title(row: VisitRow) -> str:
    if row.why is not None:
        return sentence("visits_without_grid", language())
    return sentence("visits_whole", language()) if row.key is None else f"{row.key} {row.name}"


def _standing_line(kind: str, ended: Standing, now: Standing) -> str:
    name = Term(kind, "visit_kind")
    if now.done is None:
        return sentence("visits_hours_line", language(), kind=name, due=now.due, hours=now.hours)
    late = {"overdue": ended.open, "ended": ended.due, "percent": ended.percent}
    return sentence("visits_line", language(), kind=name, open=now.open, due=now.due, hours=now.hours, **late)


def _tour_lines(found: Tour) -> Iterator[str]:
    yield sentence(
        "tour_line",
        language(),
        stops=len({stop.lonlat for stop in found.stops}),
        days=len(found.minutes_of_day),
        travel=f"{found.travel_minutes:.1f}",
        least=f"{found.least_minutes:.1f}",
        ratio="–" if found.ratio is None else f"{found.ratio:.2f}",
    )
    for stop in found.stops:
        lon, lat = (f"{degrees:.6f}" for degrees in stop.lonlat)
        way, there = f"{stop.minutes_before:.1f}", f"{stop.minutes_there:.0f}"
        yield sentence(
            "tour_stop", language(), day=stop.day, minutes=way, count=stop.count, there=there, lon=lon, lat=lat
        )
    if found.left_out:
        yield sentence("tour_left_out", language(), count=found.left_out)
