"""``gridcircle figures``: rates and times of stages; ``gridcircle check-sum``: does a published table add up?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from geo import settings
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.figure_periods import period_of
from geo.actions.cases.tell_figures import FigureSight, grouping, tell_figures
from geo.case_figures import METHOD, FigureRow, FigureTable, FigureWish, SumCheck, check_sum
from geo.cli.output import Json, answer, language
from geo.cli.session import open_database, told_if_invented
from geo.cli.tables import headers
from geo.errors import Refused
from geo.files.write import OutTable, write_tables
from geo.rules.figures import figure_rule
from geo.words import Term, sentence, terms

RATE_COLUMNS = ("code", "part", "rate", "numerator", "denominator", "percent")
TIME_COLUMNS = ("code", "part", "stage", "clock", "cases", "median", "p95", "wall_median_h", "wall_p95_h")

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Or by days. / 或按日期。")]


def figures(  # noqa: PLR0913, PLR0917 -- what typer hands over
    by: Annotated[
        str, typer.Option(help="all, grid, community, subdistrict, item, unit, day, week or month. / 统计方式。")
    ] = "all",
    month: Annotated[
        str | None, typer.Option(help="Like 2026-03; the last that is over if left out. / 统计月份。")
    ] = None,
    since: Day = None,
    before: Day = None,
    item: Annotated[str | None, typer.Option(help="Only of this item, by its code. / 只统计该事项（代码）。")] = None,
    unit: Annotated[str | None, typer.Option(help="Only of this unit. / 只统计该责任单位。")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="As it was known then; now if left out. / 截至时间。"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table to .xlsx, .csv or .json. / 输出表格文件。")] = None,
    as_json: Json = False,
) -> None:
    """Rates with numerator and denominator, and times of stages. / 案件统计。"""
    desk, now = Desk(settings.load()), datetime.now(UTC)
    begin, end = period_of(month, since and since.date(), before and before.date(), now, desk.zone)
    moment = desk.local(now) if as_of is None else as_of.replace(tzinfo=desk.zone)
    wish = FigureWish(begin, end, moment, grouping(by), item, unit)
    with open_database() as db:
        found = tell_figures(db, desk, wish, now, FigureSight(is_exact=True))
        invented = told_if_invented(db)
    lines = [_head(found), *_lines(found), *_notes(found), *invented]
    if out is not None:
        _write(out, found, desk.local(now), invented)
        lines.append(sentence("export_done", language(), path=out, rows=len(found.rows) + 1))
    answer({**_data(found, desk.local(now)), "invented": _said(invented)}, lines, as_json=as_json)


def check(
    whole: Annotated[str, typer.Argument(help="The total as printed. / 所列总数。")],
    parts: Annotated[list[str], typer.Argument(help="The parts as printed. / 各分项。")],
    percent: Annotated[
        list[str] | None, typer.Option(help="The percentage of each part as printed. / 各分项所列百分比。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether a published total is the sum of its parts, and what its percentages were taken of. / 核对合计。"""
    found = check_sum(_count(whole), [_count(part) for part in parts], [_percent(text) for text in percent or []])
    data = {**asdict(found), "difference": found.difference, "adds_up": found.adds_up}
    answer(data, _check_lines(found), as_json=as_json)


def _check_lines(found: SumCheck) -> list[str]:
    told = {"whole": found.whole, "sum": found.sum_of_parts, "difference": found.difference}
    lines = [sentence("sum_adds_up" if found.adds_up else "sum_differs", language(), **told)]
    if found.base is not None:
        rounding = terms(found.rounding, "rounding")
        lines.append(sentence(f"sum_base_{found.base}", language(), **told, rounding=rounding))
    return lines


def _count(text: str) -> int:
    """A number as printed, with or without commas.

    Raises
    ------
    Refused
        If it is no count.
    """
    plain = text.replace(",", "").replace("，", "")
    if not (plain.isascii() and plain.isdigit()):
        raise Refused("figures_number_bad", value=text[:40])
    return int(plain)


def _percent(text: str) -> Decimal:
    try:
        found = Decimal(text.rstrip("%％"))
    except InvalidOperation as error:
        raise Refused("figures_percent_bad", value=text[:40]) from error
    if not found.is_finite() or found < 0:
        raise Refused("figures_percent_bad", value=text[:40])
    return found


def _data(found: FigureTable, queried_at: datetime) -> dict[str, Any]:
    rule = figure_rule()
    return {
        **_about(found, queried_at),
        "rounding": rule.rounding,
        "digits": rule.percent_digits,
        "notes": found.remarks,
        "rows": [asdict(row) for row in found.rows],
        "whole": asdict(found.whole),
    }


def _about(found: FigureTable, queried_at: datetime) -> dict[str, Any]:
    wish = found.wish
    return {
        "by": wish.by,
        "item": wish.item,
        "unit": wish.unit,
        "since": wish.since.isoformat(),
        "before": wish.before.isoformat(),
        "as_of": wish.as_of.isoformat(),
        "is_final": found.is_final,
        "queried_at": queried_at.isoformat(timespec="seconds"),
        "method": METHOD,
        "catalogue_versions": list(found.catalogue_versions),
        "inputs_hash": found.inputs_hash,
    }


def _head(found: FigureTable) -> str:
    wish = found.wish
    return sentence(
        "figures_as_of",
        language(),
        since=f"{wish.since:%Y-%m-%d}",
        before=f"{wish.before:%Y-%m-%d}",
        as_of=f"{wish.as_of:%Y-%m-%d %H:%M}",
        rounding=Term(figure_rule().rounding, "rounding"),
        versions=", ".join(found.catalogue_versions) or "–",
    )


def _notes(found: FigureTable) -> list[str]:
    told = [sentence(key, language(), count=count) for key, count in found.remarks.items()]
    return told if found.is_final else [*told, sentence("figures_not_final", language())]


def _lines(found: FigureTable) -> Iterator[str]:
    for row in (*found.rows, found.whole):
        yield _title(row)
        for rate, ratio in row.rates.items():
            if ratio.denominator:
                name = sentence(f"rate_{rate}", language())
                yield f"  {name}: {ratio.numerator:,} / {ratio.denominator:,} = {ratio.percent} %"


def _title(row: FigureRow) -> str:
    return " ".join(part for part in (row.key, _name(row)) if part)


def _name(row: FigureRow) -> str | None:
    if row.why is not None:
        return sentence(f"figures_rest_{row.why}", language())
    return row.name if row.key is not None else sentence("figures_whole", language())


def _said(invented: list[str]) -> str | None:
    return invented[0] if invented else None


def _write(path: Path, found: FigureTable, queried_at: datetime, invented: list[str]) -> None:
    rows = (*found.rows, found.whole)
    tables = [
        OutTable("rates", headers(path, RATE_COLUMNS), [line for row in rows for line in _rate_rows(row)]),
        OutTable("times", headers(path, TIME_COLUMNS), [line for row in rows for line in _time_rows(row)]),
    ]
    notes = {key: sentence(key, language(), count=count) for key, count in found.remarks.items()}
    about = {**_about(found, queried_at), "rounding": figure_rule().rounding, **notes}
    write_tables(path, tables, {"invented": _said(invented), **about} if invented else about)


def _rate_rows(row: FigureRow) -> Iterator[list[Any]]:
    for rate, ratio in row.rates.items():
        name = sentence(f"rate_{rate}", language())
        yield [row.key, _name(row), name, ratio.numerator, ratio.denominator, ratio.percent]


def _time_rows(row: FigureRow) -> Iterator[list[Any]]:
    for time in row.times:
        name = sentence(f"figures_stage_{time.stage}", language())
        told = (time.median, time.high, time.wall_median_h, time.wall_high_h)
        yield [row.key, _name(row), name, time.clock, time.n, *told]
