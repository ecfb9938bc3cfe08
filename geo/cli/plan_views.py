"""``gridcircle plan``: what a plan holds, what it changes, and where a code comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.city.find_code import CodeStory, find_code
from geo.actions.plans.export_plan import export_changes, export_plan, print_changes
from geo.actions.plans.plan_consequences import compare_days, compare_plans, consequences_of
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.cli.output import Json, answer, language
from geo.cli.session import answer_figures, city_of, open_database
from geo.cli.tables import number, percent
from geo.errors import Refused
from geo.files.plan_formats import write_comparison
from geo.files.plan_sheet import about_changes
from geo.plan_changes import Comparison, Consequences, GridSide
from geo.plan_figures import METHOD
from geo.plans import Plan
from geo.provenance import Made
from geo.settings import Settings
from geo.store import drafts, plans
from geo.store.coverage import people_date
from geo.store.database import Database
from geo.words import sentence
from geo.work import CountedShare

PlanId = Annotated[int, typer.Argument(help="Its number. / 方案编号。")]


def show(plan_id: PlanId, as_json: Json = False) -> None:
    """Its grids with people, load and breaches. / 查看方案。"""
    with open_database() as db:
        view = view_plan(db, plan_id)
        rows = _grid_rows(view)
        with db.read() as conn:
            homes_date = people_date(conn)
    lines = [line_of(view.plan), *(sentence("plan_grid_line", language(), **_shown(row)) for row in rows)]
    lines += _counted_in(view.counted_shares, view.counts.dates)
    told = {"plan": asdict(view.plan), "grids": rows, "balance": view.balance._asdict()}
    told |= {"work_dates": dict(view.counts.dates), "work_counted": _counted_data(view.counted_shares)}
    made = Made(METHOD, {"homes": homes_date, **view.counts.dates}, view.inputs_hash)
    answer_figures(told, lines, made, as_json=as_json)


def problems(plan_id: PlanId, as_json: Json = False) -> None:
    """Every breach of every rule. / 检查规则。"""
    with open_database() as db:
        found = view_plan(db, plan_id).problems
    lines = [f"{problem.severity:8} {problem.in_language(language())}" for problem in found]
    rows = [{"id": p.id, "rule": p.rule, "severity": p.severity, "grid_ids": p.grid_ids} for p in found]
    answer({"problems": rows}, lines or [sentence("plan_no_problems", language())], as_json=as_json)


def history(plan_id: PlanId, as_json: Json = False) -> None:
    """All that was done to it. / 编辑历史。"""
    with open_database() as db, db.read() as conn:
        plans.get_plan(conn, plan_id)
        edits = [dict(edit._mapping) for edit in drafts.edits_of(conn, plan_id)]  # noqa: SLF001 -- a row's public name
    lines = [f"{edit['seq']:5} {edit['made_at']:%Y-%m-%d %H:%M} {edit['op']} {edit['request']}" for edit in edits]
    answer({"edits": edits}, lines, as_json=as_json)


def consequences(
    plan_id: PlanId,
    out: Annotated[Path | None, typer.Option(help=".xlsx, .json, .gpkg or .pdf. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """Whom it moves, and who must be told. / 方案影响。"""
    with open_database() as db:
        own = Settings().case_catalogue
        found = consequences_of(db, plan_id, zone(), own)
        if out is not None and out.suffix.lower() == ".pdf":
            today, number = now().astimezone(zone()).date(), Settings().map_approval_number
            print_changes(db, plan_id, out, language(), today, zone(), number)
        elif out is not None:
            export_changes(db, plan_id, out, language(), zone(), own_catalogue=own)
    told, counted = found.changes.comparison, _counted_told(found.changes)
    lines = _changes_told(told)
    for row in counted:
        amounts = {name: f"{row[name]:g}" for name in ("whole", "moved")}
        lines.append(sentence("plan_work_moved", language(), **{**row, **amounts}))
    data = {"moved": asdict(told.moved), "whole": asdict(told.whole), "counted": counted}
    answer_figures(data, lines, _made_of(told), as_json=as_json)


def compare(
    plan_ids: Annotated[list[int] | None, typer.Argument(metavar="[A B]", help="Two plans. / 两个方案编号。")] = None,
    from_day: Annotated[datetime | None, typer.Option("--from", help="Its beginning. / 起始时间（零时）。")] = None,
    to_day: Annotated[datetime | None, typer.Option("--to", help="Its beginning. / 结束时间（零时）。")] = None,
    community: Annotated[str | None, typer.Option(help="With days: 12-digit code. / 社区代码（按日期时）。")] = None,
    out: Annotated[Path | None, typer.Option(help=".xlsx, .json or .gpkg. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """Two plans, or the grids in force on two days, held against each other. / 比较两个方案或两个日期。"""
    days = [day for day in (local(from_day), local(to_day)) if day is not None]
    with open_database() as db:
        told = _compared(db, plan_ids or [], days, community)
    if out is not None:
        write_comparison(out, told, city_of() | about_changes(told.made), language())
    hours = [
        {"code": change.name.code, **{when: side and side.load and side.load.hours for when, side in sides.items()}}
        for change in told.grids
        if (sides := {"before": change.before, "after": change.after})
    ]
    data = {"moved": asdict(told.moved), "whole": asdict(told.whole), "hours_per_month": hours}
    data["work_counted"] = _counted_data(told.made.work_counted)
    answer_figures(data, _changes_told(told), _made_of(told), as_json=as_json)


def code(
    code: Annotated[str, typer.Argument(help="A grid's code, old or new. / 网格编码（新旧均可）。")],
    at: Annotated[datetime | None, typer.Option(help="Who had it then. / 时间点。")] = None,
    as_json: Json = False,
) -> None:
    """Which grid has or had a code, when, and what became of it. / 查询编码的沿革。"""
    with open_database() as db:
        stories = find_code(db, code, now(), local(at))
    rows = [_story_row(story) for story in stories]
    lines = [line for row in rows for line in _story_told(row)]
    answer({"grids": rows}, lines or [sentence("plan_code_unused", language(), code=code)], as_json=as_json)


def export(
    plan_id: PlanId,
    out: Annotated[Path, typer.Option(help=".gpkg, .zip (Shapefile), .geojson, .xlsx, .topojson. / 输出文件。")],
    as_json: Json = False,
) -> None:
    """Write it to a file. / 导出方案。"""
    with open_database() as db:
        export_plan(db, plan_id, out, language())
    answer({"file": out.name}, [sentence("plan_exported", language(), id=plan_id, file=out.name)], as_json=as_json)


def _made_of(told: Comparison) -> Made:
    made = told.made
    return Made(made.method, {"homes": made.homes_date, **made.work_dates}, made.inputs_hash)


def _compared(db: Database, plan_ids: list[int], days: list[datetime], community: str | None) -> Comparison:
    """Two plans, or two days of one community or of all."""
    if len(plan_ids) == 2 and not days and community is None:
        return compare_plans(db, plan_ids[0], plan_ids[1], zone())
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
    since, until = (None if at is None else at.astimezone(zone()) for at in (story.spell.since, story.spell.until))
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


def line_of(plan: Plan) -> str:
    """A plan as one line."""
    state = sentence(f"plan_state_{plan.state}", language())
    told = {"id": plan.id, "community": plan.community_name, "version": plan.version, "note": plan.note or ""}
    return sentence("plan_line", language(), state=state, **told)


def now() -> datetime:
    """This moment, in the city's time zone."""
    return datetime.now(zone())


def local(at: datetime | None) -> datetime | None:
    """A moment that was typed in: without a zone it is the city's; None stays None."""
    return at if at is None or at.tzinfo else at.replace(tzinfo=zone())


def zone() -> ZoneInfo:
    """The city's time zone."""
    return ZoneInfo(Settings().timezone)
