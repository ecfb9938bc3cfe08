"""``gridcircle plan``: drafts of grids from the first cut into units to being put into force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from geo.actions.city.plan_access import Hand
from geo.actions.plans.edit_plan import Edited, edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_states import propose_plan, redraft_plan, withdraw_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.work.check_cuts import check_cuts
from geo.actions.work.store_cuts import cut_and_store
from geo.cli import plan_views
from geo.cli.output import Json, answer, language, progress
from geo.cli.plan_views import PlanId, line_of, local, now
from geo.cli.session import open_database
from geo.errors import Refused
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
from geo.store import plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.words import sentence

plan_app = typer.Typer(no_args_is_help=True, help="Drafts and plans of grids. / 网格方案。")

GridId = Annotated[int, typer.Argument(help="A grid's permanent id. / 网格编号（固定）。")]
UnitNo = Annotated[int, typer.Argument(help="A unit's number. / 单元号。")]
Version = Annotated[int | None, typer.Option(help="Refuse if it is no longer this version. / 版本号。")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what it would do. / 仅预演，不更改。")]
Places = Annotated[str, typer.Argument(metavar="'LON,LAT LON,LAT ...'", help="Points in order. / 依次各点。")]

WEST_OF_GREENWICH = {"ignore_unknown_options": True}
"""For commands that take places: -70.9 is a longitude, not an option. What is no place is refused as such."""


@plan_app.command()
def units(
    communities: Annotated[
        list[str] | None, typer.Argument(help="12-digit codes; none: all. / 社区代码，缺省为全部。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Cut communities into units: street blocks and building plots. / 把社区划分为单元。"""
    with open_database() as db, progress("plan_cutting") as step:
        found = cut_and_store(db, communities or None, now(), step)
        rows = [{"community": cut.community.code, **cut.report} for cut in found]
        odd = [asdict(border) for border in check_cuts(db, found)]
    lines = [sentence("plan_units_cut", language(), code=row["community"], units=row["units"]) for row in rows]
    lines += [sentence("plan_problem_neighbours", language(), **border) for border in odd]
    answer({"communities": rows, "odd_borders": odd}, lines, as_json=as_json)


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
    answer({"plans": [asdict(plan) for plan in found]}, [line_of(plan) for plan in found], as_json=as_json)


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


plan_app.command()(plan_views.show)
plan_app.command()(plan_views.problems)
plan_app.command()(plan_views.history)


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


@plan_app.command(context_settings=WEST_OF_GREENWICH)
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


@plan_app.command(context_settings=WEST_OF_GREENWICH)
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


@plan_app.command(context_settings=WEST_OF_GREENWICH)
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
        plan = propose_plan(db, plan_id, _version(db, plan_id, version), local(until), _hand())
    answer({"plan": asdict(plan)}, [line_of(plan)], as_json=as_json)


@plan_app.command()
def redraft(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Take a proposal back to be edited on. / 退回草案。"""
    with open_database() as db:
        plan = redraft_plan(db, plan_id, _version(db, plan_id, version), _hand())
    answer({"plan": asdict(plan)}, [line_of(plan)], as_json=as_json)


@plan_app.command()
def withdraw(plan_id: PlanId, version: Version = None, as_json: Json = False) -> None:
    """Give up a draft or a proposal. / 撤回方案。"""
    with open_database() as db:
        plan = withdraw_plan(db, plan_id, _version(db, plan_id, version), _hand())
    answer({"plan": asdict(plan)}, [line_of(plan)], as_json=as_json)


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
        done = publish_plan(db, plan_id, known, accepted, local(effective_from), _hand())
    lineage = [step._asdict() for step in done.lineage]
    told = {"plan": asdict(done.plan), "lineage": lineage, "accepted": dict(done.accepted)}
    lines = [sentence("plan_assignments_follow", language(), n=done.followed)] if done.followed else []
    answer({**told, "followed": done.followed}, [line_of(done.plan), *lines], as_json=as_json)


plan_app.command()(plan_views.consequences)
plan_app.command()(plan_views.compare)
plan_app.command()(plan_views.code)
plan_app.command()(plan_views.export)


def _edit(plan_id: int, op: PlanOp, version: int | None, *, dry_run: bool, as_json: bool) -> None:
    with open_database() as db:
        done = edit_plan(db, plan_id, _version(db, plan_id, version), op, _hand(), dry_run=dry_run)
    key = "plan_would_edit" if dry_run else "plan_edited"
    codes = {grid.id: grid.code for grid in (*done.before.grids, *done.after.grids)}
    grids = ", ".join(codes[grid] for grid in done.touched)
    told = sentence(key, language(), id=plan_id, version=done.plan.version, grids=grids or "–")
    became = [part.in_language(language()) for part in (*done.led, done.left_out) if part]
    answer(_edited_told(done), [told, *became], as_json=as_json)


def _edited_told(done: Edited) -> dict[str, Any]:
    return {
        "plan": asdict(done.plan),
        "touched": list(done.touched),
        "grids": [asdict(grid) for grid in done.after.grids if grid.id in done.touched],
        "can_undo": done.can_undo,
        "can_redo": done.can_redo,
        "snapped": [asdict(led) for led in done.led],
        "left_out": done.left_out and asdict(done.left_out),
    }


def _places(text: str) -> tuple[LonLat, ...]:
    try:
        found = tuple((float(lon), float(lat)) for lon, lat in (part.split(",") for part in text.split()))
    except ValueError as error:
        raise Refused("what_if_lonlat_unread", text=text) from error
    if not found:
        raise Refused("what_if_lonlat_unread", text=text)
    return found


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


def _hand() -> Hand:
    """Whoever is at the keyboard of the server may do everything."""
    return Hand(at=now())
