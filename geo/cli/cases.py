"""``gridcircle cases``: taking in reports and following cases without a browser."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from threading import Event
from typing import Annotated, Any
from uuid import uuid4

import typer

from geo import settings
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.escalate_breaches import escalate_breaches
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.cases.step_incident import Placing, Sent, place_incident, step_incident
from geo.actions.city.plan_access import Hand
from geo.actions.plans.rehome_incidents import rehome_incidents
from geo.case_reasons import level_reason, reason_of
from geo.case_states import STAGES, Said, moves_from
from geo.cases import Case
from geo.cli import orders
from geo.cli.output import Json, answer, language
from geo.cli.session import open_database
from geo.errors import Refused
from geo.rules.case_catalogue import level_for
from geo.rules.case_levels import LEVELS, Level
from geo.store import cases
from geo.store.case_lists import CaseFilter, list_cases
from geo.store.lists import Slice
from geo.words import Term, sentence

cases_app = typer.Typer(no_args_is_help=True, help="Cases from the report to the end. / 案件。")
cases_app.command("import")(orders.import_)
cases_app.command()(orders.export)

CaseId = Annotated[int, typer.Argument(help="Its number. / 案件编号。")]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Take it out of another desk's hands; needs --reason. / 从其他席位接手。")
]
LON_LAT = 2


@cases_app.command()
def items(as_json: Json = False) -> None:
    """What cases can be about: the catalogue in force. / 现行案件目录。"""
    desk = _desk()
    catalogue = desk.catalogue(_now(desk))
    rows = [
        {
            "code": item.code,
            "name": item.in_language(language()),
            "level": level_for(item).level,
            "service": item.service,
        }
        for item in catalogue.items.values()
    ]
    lines = [f"{row['code']}  {row['name']}  ({row['service'] or '-'})" for row in rows]
    answer({"version": catalogue.version, "items": rows}, lines, as_json=as_json)


@cases_app.command()
def report(  # noqa: PLR0913, PLR0917 -- one option for each thing that is told
    item: Annotated[str, typer.Argument(help="Code or name of the catalogue. / 目录代码或名称。")],
    at: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Where; none: to be located. / 位置。")] = None,
    datum: Annotated[str, typer.Option(help="WGS-84, CGCS2000, GCJ-02, BD-09.")] = "WGS-84",
    text: Annotated[str | None, typer.Option(help="What was told. / 内容。")] = None,
    address: Annotated[str | None, typer.Option(help="In words. / 地址。")] = None,
    channel: Annotated[str, typer.Option(help="hotline, member, resident, patrol, ... / 来源。")] = "hotline",
    number: Annotated[str | None, typer.Option(help="Its number outside. / 外部编号。")] = None,
    happened: Annotated[datetime | None, typer.Option(help="When; none: now. / 事发时间。")] = None,
    asset: Annotated[str | None, typer.Option(help="Code of the thing it is about. / 部件编码。")] = None,
    as_json: Json = False,
) -> None:
    """Take in a report. / 登记案件。"""
    desk = _desk()
    now = _now(desk)
    told = Report(
        item=item,
        occurred_at=now if happened is None else happened.replace(tzinfo=desk.zone),
        channel=channel,
        text=text,
        lonlat=None if at is None else _place(at),
        datum=datum,
        address=address,
        source_key=number,
        asset=asset,
    )
    with open_database() as db:
        found = report_incident(db, told, desk, Hand(now), uuid4().hex)
    others = [asdict(other) for other in found.suggestions]
    lines = [_line(found.case, desk), level_reason(found.case, found.item, language()) or ""]
    lines += [
        sentence("case_may_be", language(), id=other.id, why=Term(other.why, "case_same"))
        for other in found.suggestions
    ]
    answer(
        {"case": _row(found.case, desk), "masked": dict(found.masked), "suggestions": others}, lines, as_json=as_json
    )


@cases_app.command("list")
def list_(
    stage: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(STAGES)}.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Those that have ended, too. / 含已结束。")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Overdue ones only. / 仅超期。")] = False,
    no_grid: Annotated[bool, typer.Option("--no-grid", help="Those that lie in no grid. / 仅网格外。")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Cases, those that are due first. / 案件列表。"""
    desk = _desk()
    wanted = CaseFilter(
        state=None if closed or stage else "open",
        stages=tuple(stage) if stage else None,
        overdue_at=_now(desk) if overdue else None,
        is_in_grid=False if no_grid else None,
    )
    with open_database() as db, db.read() as conn:
        matched, found = list_cases(conn, wanted, Slice(limit), due_first=True)
    lines = [_line(case, desk) for case in found]
    answer({"matched": matched, "cases": [_row(case, desk) for case in found]}, lines, as_json=as_json)


@cases_app.command()
def show(case_id: CaseId, as_json: Json = False) -> None:
    """A case and all that was done to it. / 查看案件。"""
    desk = _desk()
    with open_database() as db, db.read() as conn:
        case, steps = cases.get_case(conn, case_id), cases.steps_of(conn, case_id)
    lines = [
        _line(case, desk),
        *(f"  {desk.local(s.at):%Y-%m-%d %H:%M} {s.move} {reason_of(s, language()) or ''}" for s in steps),
    ]
    lines.append(sentence("case_moves", language(), moves=", ".join(move.key for move in moves_from(case.stage))))
    answer({"case": _row(case, desk), "steps": [asdict(step) for step in steps]}, lines, as_json=as_json)


@cases_app.command()
def step(  # noqa: PLR0913, PLR0917 -- one option for each thing that a move may need
    case_id: CaseId,
    move: Annotated[str, typer.Argument(help="One of the case's moves. / 操作。")],
    reason: Annotated[str | None, typer.Option(help="Why. / 原因。")] = None,
    unit: Annotated[str | None, typer.Option(help="Who is to deal with it. / 责任单位。")] = None,
    level: Annotated[str | None, typer.Option(help=", ".join(LEVELS))] = None,
    until: Annotated[datetime | None, typer.Option(help="Deferred until. / 缓办至。")] = None,
    into: Annotated[int | None, typer.Option(help="The case it is merged into. / 并入案件。")] = None,
    station: Annotated[int | None, typer.Option(help="The station that is sent. / 派出服务站。")] = None,
    team: Annotated[int | None, typer.Option(help="The team that is sent. / 派出队伍。")] = None,
    take_over: TakeOver = False,
    version: Annotated[int | None, typer.Option(help="Refuse if it is no longer this version. / 版本号。")] = None,
    as_json: Json = False,
) -> None:
    """Make a move with a case. / 办理案件。"""
    desk = _desk()
    now = _now(desk)
    deferred = None if until is None else until.replace(tzinfo=desk.zone)
    said = Said(now, reason, unit, _level(level), deferred, into)
    with open_database() as db:
        known = _version(db, case_id, version)
        sent = Sent(station, team)
        done = step_incident(db, case_id, known, move, said, Hand(now), desk, sent=sent, take_over=take_over)
    answer({"case": _row(done.case, desk)}, [_line(done.case, desk)], as_json=as_json)


@cases_app.command(context_settings={"ignore_unknown_options": True})
def place(
    case_id: CaseId,
    at: Annotated[str, typer.Argument(metavar="LON,LAT", help="Where it is. / 位置。")],
    datum: Annotated[str, typer.Option(help="WGS-84, CGCS2000, GCJ-02, BD-09.")] = "WGS-84",
    take_over: TakeOver = False,
    reason: Annotated[str | None, typer.Option(help="Why. / 理由。")] = None,
    version: Annotated[int | None, typer.Option(help="Refuse if it is no longer this version. / 版本号。")] = None,
    as_json: Json = False,
) -> None:
    """Say where a case is. / 补充位置。"""
    desk = _desk()
    with open_database() as db:
        known = _version(db, case_id, version)
        placing = Placing(_place(at), datum, reason=reason, take_over=take_over)
        done = place_incident(db, case_id, known, placing, Hand(_now(desk)), desk)
    answer({"case": _row(done.case, desk)}, [_line(done.case, desk)], as_json=as_json)


@cases_app.command()
def rehome(as_json: Json = False) -> None:
    """Let open cases follow plans that came into force by their date. / 按已生效方案调整未结案件的网格。"""
    desk = _desk()
    with open_database() as db, db.write() as conn:
        moved = rehome_incidents(conn, None, Hand(_now(desk))).moved
    answer({"moved": moved}, [sentence("cases_rehomed", language(), number=moved)], as_json=as_json)


@cases_app.command()
def escalate(as_json: Json = False) -> None:
    """See to deadlines that passed, as the service does by itself. / 处理已到期案件（自动升级）。"""
    desk = _desk()
    with open_database() as db:
        found = escalate_breaches(db, desk, lambda: _now(desk), Event().wait)
    counts = {deed: found.done.get(deed, 0) for deed in ("escalate", "overdue", "warn")}
    lines = [sentence("cases_escalated", language(), **counts, faults=len(found.faults))]
    lines += [f"{incident_id}: {key}" for incident_id, key in found.faults]
    answer({**counts, "faults": dict(found.faults)}, lines, as_json=as_json)


def _desk() -> Desk:
    return Desk(settings.load())


def _now(desk: Desk) -> datetime:
    return datetime.now(desk.zone)


def _version(db: Any, case_id: int, version: int | None) -> int:
    if version is not None:
        return version
    with db.read() as conn:
        return cases.get_case(conn, case_id).version


def _level(level: str | None) -> Level | None:
    found = next((known for known in LEVELS if known == level), None)
    if level is not None and found is None:
        raise Refused("case_level_unknown", level=level, known=", ".join(LEVELS))
    return found


def _place(text: str) -> tuple[float, float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise Refused("case_place_unreadable", text=text) from error
    if len(numbers) != LON_LAT:
        raise Refused("case_place_unreadable", text=text)
    return numbers[0], numbers[1]


def _line(case: Case, desk: Desk) -> str:
    item = desk.item_of(case)
    due = "-" if case.stage_due_at is None else f"{desk.local(case.stage_due_at):%Y-%m-%d %H:%M}"
    name = case.category if item is None else item.in_language(language())
    stage = Term(case.stage, "case_stage").in_language(language())
    return sentence("case_line", language(), id=case.id, name=name, stage=stage, unit=case.unit or "-", due=due)


def _row(case: Case, desk: Desk) -> dict[str, Any]:
    told = {name: value for name, value in asdict(case).items() if name not in {"point", "holder_token_id"}}
    times = {name: desk.local(value).isoformat() for name, value in told.items() if isinstance(value, datetime)}
    return {**told, **times, "lonlat": case.lonlat}
