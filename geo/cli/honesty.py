"""``gridcircle honesty`` and ``gridcircle crossings``: what circles promise, what the streets keep, what would help."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from geo.actions.reach.find_crossings import find_crossings
from geo.actions.reach.honesty import honesty as compute
from geo.cli.output import Json, language, progress
from geo.cli.session import answer_figures, engine_of, open_database
from geo.cli.tables import number, percent, write_out
from geo.honesty import Astray, Crossing, CrossingReport, CrossingWish, HonestyReport, HonestyWish, Promise
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.words import catalogue, sentence

SHOWN = 20
"""So many lines of a table are printed; --json and --out have all."""

Minutes = Annotated[float, typer.Option(help="Cutoff; reached itself. / 时限，含端点。")]
ModeKey = Annotated[str, typer.Option(help="A way of moving of geo/rules/modes.toml. / 出行方式。")]
SurfaceKey = Annotated[str, typer.Option(help="What lies on the ground. / 路面状况。")]
Out = Annotated[Path | None, typer.Option(help="File to write the table to. / 输出文件。")]


def honesty(
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    by: Annotated[str, typer.Option(help="station, circle, grid, community … city. / 按何种对象列出。")] = "station",
    circle_m: Annotated[float | None, typer.Option(help="Radius of the plain circle, m. / 直线圆半径。")] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Whom circles promise a station and do not bring there, and the reverse. / 服务圈承诺与实际可达的差别。"""
    wish = HonestyWish(minutes, mode, surface, by, circle_m)
    with open_database() as db, progress("honesty_computing"):
        found = compute(db, engine_of(db), wish, datetime.now(UTC))
    if out is not None:
        rows = [promise.row() for promise in (*found.whole, *found.promises)]
        write_out(out, "honesty", rows, found.provenance, circle_m=found.circle_m)
    lines = [*_sentences(found), *_table(found)]
    answer_figures(report_data(found), lines, found.provenance.made, as_json=as_json)


def report_data(found: HonestyReport) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "provenance": asdict(found.provenance),
        "by": found.by,
        "circle_m": found.circle_m,
        "stations": found.n_stations,
        "official_circles": found.n_official_circles,
        "has_areas": found.has_areas,
        "whole": [promise.row() for promise in found.whole],
        "astray": asdict(found.astray),
        "promises": [promise.row() for promise in found.promises],
    }


def _sentences(found: HonestyReport) -> list[str]:
    tongue = language()
    told = [_whole(found, promise) for promise in found.whole]
    told.append(_astray(found.astray))
    if not found.n_official_circles:
        told.append(sentence("honesty_no_circles", tongue))
    if not found.has_areas:
        told.append(sentence("honesty_no_areas", tongue))
    return told


def _whole(found: HonestyReport, promise: Promise) -> str:
    return sentence(
        f"honesty_whole_{promise.kind}",
        language(),
        **({"metres": number(found.circle_m, 0)} if promise.kind == "plain" else {"circles": found.n_official_circles}),
        minutes=f"{found.provenance.minutes:g}",
        promised=number(promise.promised.residents, 0),
        not_reached=number(promise.promised_not_reached.residents, 0),
        not_promised=number(promise.reached_not_promised.residents, 0),
        kept=percent(promise.kept_share),
    )


def _astray(astray: Astray) -> str:
    return sentence(
        "honesty_astray",
        language(),
        share=percent(astray.residents_astray / astray.residents if astray.residents else None),
        homes_share=percent(astray.homes_astray / astray.homes if astray.homes else None),
        median=number(astray.extra_minutes_median),
        p95=number(astray.extra_minutes_p95),
        horizon=f"{astray.horizon_minutes:g}",
        residents=number(astray.residents, 0),
    )


def _table(found: HonestyReport) -> list[str]:
    tongue = language()
    lines = [
        f"{promise.code} {promise.name} | {sentence(f'promise_{promise.kind}', tongue)} | "
        f"{number(promise.promised.residents, 0)} | {number(promise.reached.residents, 0)} | "
        f"{number(promise.promised_not_reached.residents, 0)} | {number(promise.reached_not_promised.residents, 0)} | "
        f"{percent(promise.kept_share)}"
        for promise in found.promises
    ]
    return [sentence("honesty_table_head", tongue), *shortened(lines)]


def shortened(lines: list[str]) -> list[str]:
    """A table as it is printed: its first lines, and how many more there are."""
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], sentence("table_more", language(), count=more)]


def crossings(
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    most: Annotated[int, typer.Option(help="How many to tell. / 列出多少处。")] = 20,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Where one crossing of a barrier would bring most people within the time. / 打通哪里可使最多居民进入时限。"""
    with open_database() as db, progress("crossings_computing"):
        wish = CrossingWish(minutes, mode, surface, most)
        found = find_crossings(db, engine_of(db), wish, datetime.now(UTC))
    if out is not None:
        rows = [crossing.row() for crossing in found.crossings]
        shapes = [crossing.line for crossing in found.crossings]
        write_out(out, "crossings", rows, found.provenance, shapes, max_m=found.max_m, apart_m=found.apart_m)
    data = {
        "provenance": asdict(found.provenance),
        "max_m": found.max_m,
        "apart_m": found.apart_m,
        "pairs": found.n_pairs,
        "helpful": found.n_helpful,
        "crossings": [crossing.row() for crossing in found.crossings],
    }
    answer_figures(data, _crossing_lines(found), found.provenance.made, as_json=as_json)


def _crossing_lines(found: CrossingReport) -> list[str]:
    tongue = language()
    facts = {"pairs": found.n_pairs, "helpful": found.n_helpful, "max_m": f"{found.max_m:g}"}
    told = [sentence("crossings_done", tongue, **facts, minutes=f"{found.provenance.minutes:g}")]
    if not found.crossings:
        return [*told, sentence("crossings_none", tongue)]
    lines = [_crossing_line(crossing) for crossing in found.crossings]
    return [*told, sentence("crossings_alone", tongue), sentence("crossings_table_head", tongue), *lines]


def _crossing_line(crossing: Crossing) -> str:
    row = crossing.row()
    barriers = ", ".join(f"{_barrier(b.kind)} {b.name or ''}".strip() for b in crossing.barriers)
    grids = ", ".join(f"{code} {name}" for _, code, name, _ in crossing.grids)
    people = f"{number(crossing.gained.residents, 0)} | {number(crossing.gained.elderly, 0)}"
    return f"{row['lon']:.6f}, {row['lat']:.6f} | {barriers} | {crossing.metres:.0f} | {people} | {grids}"


def _barrier(kind: str) -> str:
    return sentence(f"barrier_{kind}", language()) if f"barrier_{kind}" in catalogue() else kind
