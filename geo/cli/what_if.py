"""``gridcircle what-if``: what other stations, hours, streets or gates would change, and for whom."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.reach.what_if import what_if as compute
from geo.changes import (
    AddGate,
    AddStation,
    AddStreet,
    Change,
    ChangeHours,
    CloseStation,
    CutStreet,
    LonLat,
    MoveStation,
)
from geo.cli.output import Json, language, progress
from geo.cli.session import answer_figures, city_of, engine_of, open_database
from geo.cli.tables import headers, percent
from geo.errors import Refused
from geo.files.changes import read_changes
from geo.files.write import OutTable, write_tables
from geo.profile import share
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.settings import Settings
from geo.what_if import PlaceChange, WhatIf, WhatIfWish
from geo.words import sentence

NAMED = 5
"""Places named on the screen; files and --json have more."""


def what_if(  # noqa: PLR0913, PLR0917 -- the options of a command
    add: Annotated[list[str] | None, typer.Option(help="A station at lon,lat. / 新增站点。")] = None,
    close: Annotated[list[int] | None, typer.Option(help="A station's id. / 关闭站点。")] = None,
    move: Annotated[list[str] | None, typer.Option(help="id:lon,lat. / 移动站点。")] = None,
    hours: Annotated[list[str] | None, typer.Option(help="id: opening hours. / 调整开放时间。")] = None,
    street: Annotated[list[str] | None, typer.Option(help="'lon,lat lon,lat ...'. / 新增道路。")] = None,
    cut: Annotated[list[str] | None, typer.Option(help="lon,lat on a street. / 截断道路。")] = None,
    gate: Annotated[list[str] | None, typer.Option(help="lon,lat on a wall. / 新增出入口。")] = None,
    changes: Annotated[Path | None, typer.Option(help="Changes as a JSON file. / 改动文件。")] = None,
    mode: Annotated[str, typer.Option(help="A way of moving of geo/rules/modes.toml. / 出行方式。")] = DEFAULT_MODE,
    surface: Annotated[str, typer.Option(help="What lies on the ground. / 路面状况。")] = DEFAULT_SURFACE,
    minutes: Annotated[float, typer.Option(help="Cutoff; reached itself. / 时限，含端点。")] = 15,
    at: Annotated[datetime | None, typer.Option(help="Count only stations open then. / 仅计此刻开放的站点。")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of station. / 站点类型。")] = None,
    service: Annotated[str | None, typer.Option(help="Only stations with this service. / 服务事项。")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write, a row a grid. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """What would change for whom, without changing anything. / 推演改动的影响，不改动任何数据。"""
    zone = ZoneInfo(Settings().timezone)
    asked: list[Change] = [
        *([] if changes is None else read_changes(changes)),
        *(AddStation(_place(text)) for text in add or []),
        *(CloseStation(station_id) for station_id in close or []),
        *(MoveStation(number, _place(text)) for number, text in map(_of_station, move or [])),
        *(ChangeHours(number, text) for number, text in map(_of_station, hours or [])),
        *(AddStreet(tuple(map(_place, text.split()))) for text in street or []),
        *(CutStreet(_place(text)) for text in cut or []),
        *(AddGate(_place(text)) for text in gate or []),
    ]
    wish = WhatIfWish(
        mode=mode,
        surface=surface,
        minutes=minutes,
        at=datetime.now(zone) if at is None else at.replace(tzinfo=zone),
        changes=tuple(asked),
        open_only=at is not None,
        kind=kind,
        service=service,
    )
    with open_database() as db, progress("what_if_computing"):
        found = compute(db, engine_of(db), wish)
    if out is not None:
        rows = [asdict(grid) for grid in found.grids]
        fields = list(rows[0]) if rows else ["grid_id", "code", "name"]
        tables = [OutTable("what-if", headers(out, fields), [list(row.values()) for row in rows])]
        write_tables(out, tables, {**city_of(), **asdict(found.provenance)})
    answer_figures(asdict(found), _sentences(found), found.provenance.made, as_json=as_json)


def _place(text: str) -> LonLat:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Refused("what_if_lonlat_unread", text=text) from error
    return lon, lat


def _of_station(text: str) -> tuple[int, str]:
    number, _, rest = text.partition(":")
    if not number.strip().isdecimal() or not rest.strip():
        raise Refused("what_if_station_unread", text=text)
    return int(number), rest.strip()


def _sentences(found: WhatIf) -> list[str]:
    wish, before, after = language(), found.before.residents, found.after.residents
    everybody = found.everybody.residents
    told = [
        sentence(
            "what_if_done",
            wish,
            minutes=f"{found.wish.minutes:g}",
            before=f"{before:,.0f}",
            after=f"{after:,.0f}",
            before_share=percent(share(before, everybody)),
            after_share=percent(share(after, everybody)),
            gained=f"{found.gained.residents:,.0f}",
            lost=f"{found.lost.residents:,.0f}",
            nearer=f"{found.residents_nearer:,.0f}",
            farther=f"{found.residents_farther:,.0f}",
        )
    ]
    told += [_grid_sentence(asdict(grid)) for grid in found.grids]
    told += [sentence("what_if_station", wish, **_numbers(asdict(station))) for station in found.stations]
    told += _named("what_if_winners", found.winners) + _named("what_if_losers", found.losers)
    if found.week is not None:
        told.append(sentence("what_if_week", wish, **_numbers(asdict(found.week))))
    return told


def _grid_sentence(grid: dict[str, Any]) -> str:
    return sentence("what_if_grid", language(), **_numbers(grid))


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: f"{value:,.0f}" if isinstance(value, float) else value for key, value in values.items()}


def _named(key: str, places: Any) -> list[str]:
    shown: list[PlaceChange] = list(places)[:NAMED]
    names = ", ".join(f"{place.name or _lonlat(place)} ({place.residents:,.0f})" for place in shown)
    return [sentence(key, language(), names=names)] if shown else []


def _lonlat(place: PlaceChange) -> str:
    return f"{place.lonlat[0]}, {place.lonlat[1]}"
