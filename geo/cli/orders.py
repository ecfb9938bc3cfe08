"""``gridcircle cases import`` and ``gridcircle cases export``: orders of a hotline come in, cases go out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from geo import settings
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.export_cases import export_cases
from geo.actions.cases.import_orders import import_orders
from geo.case_states import STAGES
from geo.cli.imports import print_faults, report_lines
from geo.cli.output import Json, answer, language, progress, refuse
from geo.cli.session import open_database
from geo.errors import BadRows, Refused
from geo.imports.options import ImportOptions
from geo.orders import OrderWish
from geo.store.case_lists import CaseFilter
from geo.words import sentence


def import_(  # noqa: PLR0913, PLR0917 -- one parameter an option
    file: Annotated[Path, typer.Argument(help="Orders of a hotline: XLSX or CSV. / 热线工单文件。")],
    source: Annotated[str | None, typer.Option(help="Who the orders come from; hotline if left out. / 来源。")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Under which header a field stands; remembered. / 字段=列名。"),
    ] = None,
    datum: Annotated[str, typer.Option(help="WGS-84, CGCS2000, GCJ-02, BD-09.")] = "WGS-84",
    else_item: Annotated[str | None, typer.Option(help="Item where none is known. / 无法识别时的事项。")] = None,
    layer: Annotated[str | None, typer.Option(help="Sheet. / 工作表。")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text, e.g. gb18030. / 文字编码。")] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Land the good rows. / 跳过有错误的行。")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, change nothing. / 试运行。")] = False,
    as_json: Json = False,
) -> None:
    """Bring orders in: repeats become one matter, and the same file twice changes nothing. / 导入热线工单。"""
    now = settings.load()
    options = ImportOptions(
        source=source,
        layer=layer,
        encoding=encoding,
        keep_going=keep_going,
        rejected_dir=now.home_abs / "rejected",
        language=language(),
        timezone=now.timezone,
    )
    wish = OrderWish(dict(map(_column, column or ())), datum, else_item, dry_run)
    at = datetime.now(ZoneInfo(now.timezone))
    try:
        with open_database() as db, progress("importing", file=file.name) as step:
            report = import_orders(db, file, options, wish, Desk(now), at, step)
    except BadRows as error:
        refuse(error, as_json=as_json)
        if not as_json:
            print_faults(error)
        raise typer.Exit(1) from error
    lines = report_lines(report) + ([sentence("orders_dry_run", language())] if dry_run else [])
    answer(report.as_dict(), lines, as_json=as_json)


def export(  # noqa: PLR0913, PLR0917 -- one parameter an option
    out: Annotated[Path, typer.Argument(help="File; its ending (.xlsx .csv .gpkg .geojson) is the format. / 文件。")],
    stage: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(STAGES)}.")] = None,
    state: Annotated[str | None, typer.Option(help="open or closed. / 状态。")] = None,
    item: Annotated[str | None, typer.Option(help="Code of the catalogue. / 目录代码。")] = None,
    category: Annotated[str | None, typer.Option(help="Key of a category. / 类别。")] = None,
    channel: Annotated[str | None, typer.Option(help="Where it came in. / 来源渠道。")] = None,
    unit: Annotated[str | None, typer.Option(help="Who is responsible. / 责任单位。")] = None,
    grid: Annotated[int | None, typer.Option(help="Number of a grid. / 网格编号。")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Overdue ones only. / 仅超期。")] = False,
    since: Annotated[datetime | None, typer.Option(help="From this moment on. / 起始时间。")] = None,
    before: Annotated[datetime | None, typer.Option(help="Before this moment. / 截止时间。")] = None,
    as_json: Json = False,
) -> None:
    """Write cases to a file, as rows that a one-form platform takes. / 导出案件（一表通格式）。"""
    desk = Desk(settings.load())
    now = datetime.now(desk.zone)
    unknown = [one for one in stage or () if one not in STAGES]
    if unknown:
        raise Refused("export_stage_unknown", stage=unknown[0][:50], known=", ".join(STAGES))
    wanted = CaseFilter(
        stages=tuple(stage) if stage else None,
        state=state,
        item=item,
        category=category,
        channel=channel,
        unit=unit,
        grid_id=grid,
        overdue_at=now if overdue else None,
        since=None if since is None else since.replace(tzinfo=desk.zone),
        before=None if before is None else before.replace(tzinfo=desk.zone),
    )
    with open_database() as db:
        rows = export_cases(db, out, wanted, desk, now, language())
    answer(
        {"file": str(out), "rows": rows}, [sentence("export_done", language(), path=out, rows=rows)], as_json=as_json
    )


def _column(said: str) -> tuple[str, str]:
    field, sign, header = said.partition("=")
    if not sign or not field.strip() or not header.strip():
        raise Refused("order_column_form", value=said[:100])
    return field.strip(), header.strip()
