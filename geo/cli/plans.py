"""``gridcircle plan``: drafts of grids from the first cut into units to being put into force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.edit_plan import Edited, edit_plan
from geo.actions.export_plan import export_changes, export_plan, print_changes
from geo.actions.find_code import CodeStory, find_code
from geo.actions.open_plan import open_plan
from geo.actions.plan_access import Hand
from geo.actions.plan_consequences import compare_days, compare_plans, consequences_of
from geo.actions.plan_states import propose_plan, redraft_plan, withdraw_plan
from geo.actions.plan_view import PlanView, view_plan
from geo.actions.publish_plan import publish_plan
from geo.actions.store_cuts import cut_and_store
from geo.cli.output import Json, answer, language, progress
from geo.cli.session import open_database
from geo.cli.tables import number, percent
from geo.errors import Refused
from geo.files.plan_formats import write_comparison
from geo.files.plan_sheet import about_changes
from geo.plan_changes import Comparison, Consequences, GridSide
from geo.plan_ops import (
    Bridge,
    Carve,
    Lock,
    LonLat,
    Merge,
    Move,
    Paint,
    PlanOp,
    Redo,
    Rename,
    Renumber,
    SetPost,
    Split,
    Undo,
)
from geo.plans import Plan
from geo.settings import Settings
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.words import sentence
from geo.work import CountedShare

plan_app = typer.Typer(no_args_is_help=True, help="Drafts and plans of grids. / 网格方案。")

PlanId = Annotated[int, typer.Argument(help="Its number. / 方案编号。")]
GridId = Annotated[int, typer.Argument(help="A grid's permanent id. / 网格编号（固定）。")]
UnitNo = Annotated[int, typer.Argument(help="A unit's number. / 单元号。")]
Version = Annotated[int | None, typer.Option(help="Refuse if it is no longer this version. / 版本号。")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what it would do. / 仅预演，不更改。")]
Places = Annotated[str, typer.Argument(metavar="'LON,LAT LON,LAT ...'", help="Points in order. / 依次各点。")]


@plan_app.command()
def units(
    communities: Annotated[
        list[str] | None, typer.Argument(help="12-digit codes; none: all. / 社区代码，缺省为全部。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Cut communities into units: street blocks and building plots. / 把社区划分为单元。"""
    with open_database() as db, progress("plan_cutting") as step:
        found = cut_and_store(db, communities or None, _now(), step)
    rows = [{"community": cut.community.code, **cut.report} for cut in found]
    lines = [sentence("plan_units_cut", language(), code=row["community"], units=row["units"]) for row in rows]
    answer({"communities": rows}, lines, as_json=as_json)


@plan_app.command("list")
def list_(
    community: Annotated[str | None, typer.Option(help="12-digit code. / 社区代码。")] = None,
    state: Annotated[str | None, typer.Option(help="draft, proposed, published, superseded, withdrawn.")] = None,
    as_json: Json = False,
) -> None:
    """Plans, the newest first. / 列出方案。"""
    with open_database() as db, db.read() as conn:
        area_id = None if community is None else community_of(conn, code=community).id
        found = plans.list_plans(conn, area_id, state)
    answer({"plans": [asdict(plan) for plan in found]}, [_line_of(plan) for plan in found], as_json=as_json)


@plan_app.command("open")
def open_(
    community: Annotated[str, typer.Argument(help="12-digit code. / 社区代码。")],
    base: Annotated[int | None, typer.Option(help="Plan to go on from; none: the one in force. / 基于的方案。")] = None,
    note: Annotated[str | None, typer.Option(help="What it is for. / 说明。")] = None,
    codes: Annotated[
        str | None, typer.Option(help="unit_grid, street_of_four or service_grid; none: as before. / 编码规则。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Begin a draft. / 新建草案。"""
    with open_database() as db, progress("plan_opening"):
        opened = open_plan(db, community, base, note, _hand(), scheme=codes)
    told = sentence("plan_opened", language(), id=opened.plan.id, questions=len(opened.questions))
    questions = [asdict(question) for question in opened.questions]
    answer({"plan": asdict(opened.plan), "questions": questions}, [told], as_json=as_json)


@plan_app.command()
def show(plan_id: PlanId, as_json: Json = False) -> None:
    """Its grids with people, load and breaches. / 查看方案。"""
    with open_database() as db:
        view = view_plan(db, plan_id)
        rows = _grid_rows(view)
    lines = [_line_of(view.plan), *(sentence("plan_grid_line", language(), **_shown(row)) for row in rows)]
    lines += _counted_in(view.counted_shares, view.counts.dates)
    told = {"plan": asdict(view.plan), "grids": rows, "balance": view.balance._asdict()}
    answer(
        {**told, "work_dates": dict(view.counts.dates), "work_counted": _counted_data(view.counted_shares)},
        lines,
        as_json=as_json,
    )


@plan_app.command()
def problems(plan_id: PlanId, as_json: Json = False) -> None:
    """Every breach of every rule. / 检查规则。"""
    with open_database() as db:
        found = view_plan(db, plan_id).problems
    lines = [f"{problem.severity:8} {problem.in_language(language())}" for problem in found]
    rows = [{"id": p.id, "rule": p.rule, "severity": p.severity, "grid_ids": p.grid_ids} for p in found]
    answer({"problems": rows}, lines or [sentence("plan_no_problems", language())], as_json=as_json)


@plan_app.command()
def history(plan_id: PlanId, as_json: Json = False) -> None:
    """All that was done to it. / 编辑历史。"""
    with open_database() as db, db.read() as conn:
        plans.get_plan(conn, plan_id)
        edits = [dict(edit._mapping) for edit in drafts.edits_of(conn, plan_id)]  # noqa: SLF001 -- a row's public name
    lines = [f"{edit['seq']:5} {edit['made_at']:%Y-%m-%d %H:%M} {edit['op']} {edit['request']}" for edit in edits]
    answer({"edits": edits}, lines, as_json=as_json)


@plan_app.command()
def paint(
    plan_id: PlanId,
    grid: GridId,
    unit: Annotated[list[int], typer.Argument(help="Units. / 单元号。")],
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give units to a grid. / 把单元划给网格。"""
    _edit(plan_id, Paint(tuple(unit), grid), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def split(
    plan_id: PlanId, grid: GridId, line: Places, version: Version = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Cut a grid along a line. / 沿线拆分网格。"""
    _edit(plan_id, Split(grid, _places(line)), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def merge(
    plan_id: PlanId,
    grid: Annotated[list[int], typer.Argument(help="Grids; the first stays. / 网格编号，保留第一个。")],
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make one grid of several. / 合并网格。"""
    _edit(plan_id, Merge(tuple(grid)), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def move(
    plan_id: PlanId,
    ends: Annotated[list[str], typer.Argument(metavar="'LON,LAT LON,LAT'", help="From, to. / 起点 终点。")],
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Move vertices; neighbours follow. / 移动边界顶点。"""
    moves = tuple((places[0], places[-1]) for places in map(_places, ends))
    _edit(plan_id, Move(moves), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def carve(
    plan_id: PlanId, name: str, polygon: Places, version: Version = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Cut a special grid out of others. / 划出专属网格。"""
    _edit(plan_id, Carve(_places(polygon), name), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def post(
    plan_id: PlanId,
    grid: GridId,
    post: Annotated[str, typer.Argument(help="chief or member.")],
    filled: Annotated[bool, typer.Option("--filled/--vacant", help="Filled or not. / 是否在岗。")] = True,
    phone: Annotated[str | None, typer.Option(help="The post's duty phone. / 值班电话。")] = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Say whether a post is filled; never by whom. / 设置岗位。"""
    if post not in {"chief", "member"}:
        raise Refused("plan_post_unknown", post=post)
    _edit(plan_id, SetPost(grid, post, filled, phone), version, dry_run=False, as_json=as_json)


@plan_app.command()
def lock(
    plan_id: PlanId,
    grid: GridId,
    locked: Annotated[bool, typer.Option("--on/--off", help="Lock or unlock. / 锁定或解锁。")] = True,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Keep a grid's border as it is. / 锁定网格边界。"""
    _edit(plan_id, Lock(grid, locked), version, dry_run=False, as_json=as_json)


@plan_app.command()
def rename(plan_id: PlanId, grid: GridId, name: str, version: Version = None, as_json: Json = False) -> None:
    """Call a grid something else. / 网格更名。"""
    _edit(plan_id, Rename(grid, name), version, dry_run=False, as_json=as_json)


@plan_app.command()
def renumber(
    plan_id: PlanId,
    reuse: Annotated[bool, typer.Option("--reuse", help="Codes of gone grids, too. / 重用已撤销的编码。")] = False,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Number all grids anew, west to east and north to south. / 重新编号。"""
    _edit(plan_id, Renumber(reuse), version, dry_run=dry_run, as_json=as_json)


@plan_app.command()
def bridge(
    plan_id: PlanId,
    unit: UnitNo,
    other: UnitNo,
    reason: Annotated[str, typer.Option(help="What joins them. / 连接方式，如天桥。")] = "",
    is_open: Annotated[bool, typer.Option("--open/--gone", help="Say so, or take it back. / 设立或取消。")] = True,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Say that two units which share no border hang together. / 指定两个不相邻单元之间的连接。"""
    _edit(plan_id, Bridge((unit, other), reason, is_open), version, dry_run=False, as_json=as_json)


@plan_app.command()
def undo(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Take back the last edit that stands. / 撤销。"""
    _edit(plan_id, Undo(), version, dry_run=False, as_json=as_json)


@plan_app.command()
def redo(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Do again what was taken back last. / 重做。"""
    _edit(plan_id, Redo(), version, dry_run=False, as_json=as_json)


@plan_app.command()
def propose(
    plan_id: PlanId,
    until: Annotated[datetime | None, typer.Option(help="Closing date of comments. / 征求意见截止时间。")] = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Lay a draft out for the public to comment on. / 公开征求意见。"""
    with open_database() as db:
        plan = propose_plan(db, plan_id, _version(db, plan_id, version), _local(until), _hand())
    answer({"plan": asdict(plan)}, [_line_of(plan)], as_json=as_json)


@plan_app.command()
def redraft(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Take a proposal back to be edited on. / 退回草案。"""
    with open_database() as db:
        plan = redraft_plan(db, plan_id, _version(db, plan_id, version), _hand())
    answer({"plan": asdict(plan)}, [_line_of(plan)], as_json=as_json)


@plan_app.command()
def withdraw(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Give up a draft or a proposal. / 撤回方案。"""
    with open_database() as db:
        plan = withdraw_plan(db, plan_id, _version(db, plan_id, version), _hand())
    answer({"plan": asdict(plan)}, [_line_of(plan)], as_json=as_json)


@plan_app.command()
def publish(
    plan_id: PlanId,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="RULE=REASON", help="Accept a rule's warnings. / 确认警告及理由。")
    ] = None,
    effective_from: Annotated[datetime | None, typer.Option(help="From when it holds. / 生效时间。")] = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Put a plan into force. / 发布方案。"""
    accepted = dict(_accepted(text) for text in accept or [])
    with open_database() as db:
        known = _version(db, plan_id, version)
        done = publish_plan(db, plan_id, known, accepted, _local(effective_from), _hand())
    lineage = [step._asdict() for step in done.lineage]
    told = {"plan": asdict(done.plan), "lineage": lineage, "accepted": dict(done.accepted)}
    answer(told, [_line_of(done.plan)], as_json=as_json)


@plan_app.command()
def consequences(
    plan_id: PlanId,
    out: Annotated[Path | None, typer.Option(help=".xlsx, .json, .gpkg or .pdf. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """Whom it moves, and who must be told. / 方案影响。"""
    with open_database() as db:
        found = consequences_of(db, plan_id, _zone())
        if out is not None and out.suffix.lower() == ".pdf":
            print_changes(db, plan_id, out, language(), _now().astimezone(_zone()).date(), _zone())
        elif out is not None:
            export_changes(db, plan_id, out, language(), _zone())
    told, counted = found.changes.comparison, _counted_told(found.changes)
    lines = _changes_told(told)
    for row in counted:
        amounts = {name: f"{row[name]:g}" for name in ("whole", "moved")}
        lines.append(sentence("plan_work_moved", language(), **{**row, **amounts}))
    data = {"moved": asdict(told.moved), "whole": asdict(told.whole), "counted": counted}
    answer(data, lines, as_json=as_json)


@plan_app.command()
def compare(
    plan_ids: Annotated[list[int] | None, typer.Argument(metavar="[A B]", help="Two plans. / 两个方案编号。")] = None,
    from_day: Annotated[datetime | None, typer.Option("--from", help="Its beginning. / 起始时间（零时）。")] = None,
    to_day: Annotated[datetime | None, typer.Option("--to", help="Its beginning. / 结束时间（零时）。")] = None,
    community: Annotated[str | None, typer.Option(help="With days: 12-digit code. / 社区代码（按日期时）。")] = None,
    out: Annotated[Path | None, typer.Option(help=".xlsx, .json or .gpkg. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """Two plans, or the grids in force on two days, held against each other. / 比较两个方案或两个日期。"""
    days = [day for day in (_local(from_day), _local(to_day)) if day is not None]
    with open_database() as db:
        told = _compared(db, plan_ids or [], days, community)
    if out is not None:
        write_comparison(out, told, about_changes(told.made), language())
    hours = [
        {"code": change.name.code, **{when: side and side.load and side.load.hours for when, side in sides.items()}}
        for change in told.grids
        if (sides := {"before": change.before, "after": change.after})
    ]
    data = {"moved": asdict(told.moved), "whole": asdict(told.whole), "hours_per_month": hours}
    data["work_counted"] = _counted_data(told.made.work_counted)
    answer(data, _changes_told(told), as_json=as_json)


@plan_app.command()
def code(
    code: Annotated[str, typer.Argument(help="A grid's code, old or new. / 网格编码（新旧均可）。")],
    at: Annotated[datetime | None, typer.Option(help="Who had it then. / 时间点。")] = None,
    as_json: Json = False,
) -> None:
    """Which grid has or had a code, when, and what became of it. / 查询编码的沿革。"""
    with open_database() as db:
        stories = find_code(db, code, _now(), _local(at))
    rows = [_story_row(story) for story in stories]
    lines = [line for row in rows for line in _story_told(row)]
    answer({"grids": rows}, lines or [sentence("plan_code_unused", language(), code=code)], as_json=as_json)


@plan_app.command()
def export(
    plan_id: PlanId,
    out: Annotated[Path, typer.Option(help=".gpkg, .zip (Shapefile), .geojson, .xlsx, .topojson. / 输出文件。")],
    as_json: Json = False,
) -> None:
    """Write it to a file. / 导出方案。"""
    with open_database() as db:
        export_plan(db, plan_id, out, language())
    answer({"file": out.name}, [sentence("plan_exported", language(), id=plan_id, file=out.name)], as_json=as_json)


def _compared(db: Database, plan_ids: list[int], days: list[datetime], community: str | None) -> Comparison:
    """Two plans, or two days of one community or of all."""
    if len(plan_ids) == 2 and not days and community is None:
        return compare_plans(db, plan_ids[0], plan_ids[1], _zone())
    if len(days) == 2 and not plan_ids:
        return compare_days(db, days[0], days[1], community)
    raise Refused("plans_compare_which")


def _counted_told(changes: Consequences) -> list[dict[str, Any]]:
    """Of each kind of work that was counted: how it is called, all of it, what changes grid, and the day."""
    return [
        {
            "kind": kind,
            "name": sentence(f"plan_column_{kind}", language()),
            "whole": whole,
            "moved": changes.of_units_moved.get(kind, 0.0),
            "day": changes.comparison.made.work_dates[kind].isoformat(),
        }
        for kind, whole in changes.of_units_whole.items()
    ]


def _story_row(story: CodeStory) -> dict[str, Any]:
    grid = story.spell.grid
    heirs = [
        {"id": h.grid.id, "code": h.grid.code, "name": h.grid.name, "kind": h.kind, "ground_share": h.ground_share}
        for h in story.heirs
    ]
    since, until = (None if at is None else at.astimezone(_zone()) for at in (story.spell.since, story.spell.until))
    return {"id": grid.id, "code": grid.code, "name": grid.name, "since": since, "until": until, "today": heirs}


def _story_told(row: dict[str, Any]) -> list[str]:
    day = "–" if row["until"] is None else f"{row['until']:%Y-%m-%d}"
    lines = [sentence("plan_code_had", language(), **{**row, "since": f"{row['since']:%Y-%m-%d}", "until": day})]
    for heir in row["today"]:
        told = {**heir, "kind": sentence(f"plan_descent_{heir['kind']}", language())}
        lines.append(sentence("plan_code_heir", language(), **{**told, "share": percent(heir["ground_share"])}))
    return lines


def _changes_told(told: Comparison) -> list[str]:
    share = percent(told.moved_share)
    moved = {name: number(value, 0) for name, value in asdict(told.moved).items()}
    lines = [sentence("plan_moves", language(), share=share, **moved)]
    for flow in told.moves:
        before, after = ("–" if side is None else side.code for side in (flow.before, flow.after))
        counts = number(flow.counts.residents, 0)
        lines.append(sentence("plan_move_line", language(), before=before, after=after, residents=counts))
    return [*lines, *_load_told(told)]


def _load_told(told: Comparison) -> list[str]:
    """Hours of the grids that are not as they were, and which counts they rest on."""
    changed = [change for change in told.grids if change.state != "kept"]
    loads = [(change.name.code, *map(_hours_of, (change.before, change.after))) for change in changed]
    lines = [sentence("plan_load_today", language())] if loads else []
    lines += [sentence("plan_load_line", language(), code=code, before=old, after=new) for code, old, new in loads]
    return lines + _counted_in(told.made.work_counted, told.made.work_dates)


def _hours_of(side: GridSide | None) -> str:
    return "–" if side is None or side.load is None else number(side.load.hours)


def _counted_in(shares: Mapping[str, CountedShare], days: Mapping[str, date]) -> list[str]:
    """In how much of the ground each kind of work was counted."""
    return [
        sentence(
            "plan_work_counted",
            language(),
            name=sentence(f"plan_column_{kind}", language()),
            day=days[kind].isoformat(),
            **{name: number(value, 0) for name, value in share._asdict().items()},
        )
        for kind, share in shares.items()
    ]


def _counted_data(shares: Mapping[str, CountedShare]) -> dict[str, Any]:
    return {kind: share._asdict() for kind, share in shares.items()}


def _edit(plan_id: int, op: PlanOp, version: int | None, *, dry_run: bool, as_json: bool) -> None:
    with open_database() as db:
        done = edit_plan(db, plan_id, _version(db, plan_id, version), op, _hand(), dry_run=dry_run)
    key = "plan_would_edit" if dry_run else "plan_edited"
    codes = {grid.id: grid.code for grid in (*done.before.grids, *done.after.grids)}
    grids = ", ".join(codes[grid] for grid in done.touched)
    told = sentence(key, language(), id=plan_id, version=done.plan.version, grids=grids or "–")
    answer(_edited_told(done), [told], as_json=as_json)


def _edited_told(done: Edited) -> dict[str, Any]:
    return {
        "plan": asdict(done.plan),
        "touched": list(done.touched),
        "grids": [asdict(grid) for grid in done.after.grids if grid.id in done.touched],
        "can_undo": done.can_undo,
        "can_redo": done.can_redo,
    }


def _grid_rows(view: PlanView) -> list[dict[str, Any]]:
    figures, hours = view.figures, view.load.total
    return [
        {
            "id": grid.id,
            "code": grid.code,
            "name": grid.name,
            "kind": grid.kind,
            "units": int(figures.units[place]),
            "households": float(figures.households[place]),
            "residents": float(figures.residents[place]),
            "shops": float(figures.shops[place]),
            "hours_per_month": round(float(hours[place]), 1),
        }
        for place, grid in enumerate(view.draft.grids)
    ]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: number(value, 0) if isinstance(value, float) else value for key, value in row.items()}


def _line_of(plan: Plan) -> str:
    state = sentence(f"plan_state_{plan.state}", language())
    return sentence("plan_line", language(), id=plan.id, state=state, version=plan.version, note=plan.note or "")


def _places(text: str) -> tuple[LonLat, ...]:
    try:
        return tuple((float(lon), float(lat)) for lon, lat in (part.split(",") for part in text.split()))
    except ValueError as error:
        raise Refused("what_if_lonlat_unread", text=text) from error


def _accepted(text: str) -> tuple[str, str]:
    rule, _, reason = text.partition("=")
    if not rule.strip() or not reason.strip():
        raise Refused("plan_acceptance_unread", text=text)
    return rule.strip(), reason.strip()


def _version(db: Database, plan_id: int, version: int | None) -> int:
    if version is not None:
        return version
    with db.read() as conn:
        return plans.get_plan(conn, plan_id).version


def _now() -> datetime:
    return datetime.now(ZoneInfo(Settings().timezone))


def _local(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo else at.replace(tzinfo=_zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(Settings().timezone)


def _hand() -> Hand:
    """Whoever is at the keyboard of the server may do everything."""
    return Hand(at=_now())
