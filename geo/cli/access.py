"""``gridcircle access``: who is served how well."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer

from geo.access import AccessReport, AccessWish, AreaAccess, GroupAccess, Supply
from geo.actions.reach.access import access as compute
from geo.cli.honesty import Minutes, ModeKey, Out, SurfaceKey, shortened
from geo.cli.output import Json, language, progress
from geo.cli.session import answer_figures, engine_of, open_database
from geo.cli.tables import number, percent, write_out
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.words import sentence


def access(  # noqa: PLR0913, PLR0917 -- the options of a command
    minutes: Minutes = 15,
    mode: ModeKey = DEFAULT_MODE,
    surface: SurfaceKey = DEFAULT_SURFACE,
    method: Annotated[str, typer.Option(help="2sfca, e2sfca or gaussian. / 计算方法。")] = "2sfca",
    demand: Annotated[str, typer.Option(help="residents, elderly or children. / 需求人群。")] = "residents",
    supply: Annotated[str, typer.Option(help="capacity, stations or auto. / 供给口径。")] = "auto",
    missing_capacity: Annotated[
        float | None, typer.Option(help="What an unknown capacity counts as; left out without. / 未知能力计为。")
    ] = None,
    by: Annotated[str, typer.Option(help="grid, community … city. / 按层级列出。")] = "community",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Share out what stations offer, and tell how unevenly people are served. / 供需可达性与公平性。"""
    wish = AccessWish(minutes, mode, surface, method, demand, cast("Supply", supply), missing_capacity, by)
    with open_database() as db, progress("access_computing"):
        found = compute(engine_of(db), wish, datetime.now(UTC))
    if out is not None:
        rows = [area.row() for area in found.areas]
        facts = {"access_method": found.method, "demand": found.demand, "supply": found.supply.kind}
        write_out(out, "access", rows, found.provenance, per_people=found.per_people, **facts)
    answer_figures(_data(found), [*_sentences(found, wish), *_table(found)], found.provenance.made, as_json=as_json)


def _data(found: AccessReport) -> dict[str, Any]:
    return {**asdict(found), "areas": [area.row() for area in found.areas]}


def _sentences(found: AccessReport, wish: AccessWish) -> list[str]:
    tongue, told, demand = language(), found.supply, found.groups[found.demand]
    lines = [
        sentence(
            "access_done",
            tongue,
            total=number(told.total, 0),
            unit=sentence(f"access_unit_{told.kind}", tongue),
            stations=told.n_stations,
            people=number(demand.people, 0),
            group=sentence(f"group_{found.demand}", tongue),
            minutes=f"{found.provenance.minutes:g}",
            method=found.method,
            mean=number(demand.supply.mean, 2),
            per=found.per_people,
            unserved=number(demand.people_unserved, 0),
        )
    ]
    if told.n_left_out:
        lines.append(sentence("access_left_out", tongue, count=told.n_left_out))
    if told.n_assumed:
        lines.append(sentence("access_assumed", tongue, count=told.n_assumed, capacity=wish.missing_capacity))
    if told.n_without_demand:
        lines.append(sentence("access_without_demand", tongue, count=told.n_without_demand))
    if not found.is_verified:
        lines.append(sentence("access_not_verified", tongue, method=found.method))
    for name, group in found.groups.items():
        lines += _group(found, name, group)
    return lines


def _group(found: AccessReport, name: str, group: GroupAccess) -> list[str]:
    tongue, horizon = language(), f"{found.horizon_minutes:g}"
    reached, everybody, supply = group.minutes_of_reached, group.minutes_up_to_horizon, group.supply
    return [
        sentence(
            "access_group",
            tongue,
            group=sentence(f"group_{name}", tongue),
            people=number(group.people, 0),
            unreached=number(group.people_unreached, 0),
            share=percent(group.people_unreached / group.people if group.people else None),
            horizon=horizon,
        ),
        sentence(
            "access_group_minutes",
            tongue,
            horizon=horizon,
            mean=number(reached.mean),
            worst=number(reached.worst_tenth_mean),
            gini=number(reached.gini, 3),
            mean_all=number(everybody.mean),
            worst_all=number(everybody.worst_tenth_mean),
            gini_all=number(everybody.gini, 3),
        ),
        sentence(
            "access_group_supply",
            tongue,
            per=found.per_people,
            mean=number(supply.mean, 2),
            worst=number(supply.worst_tenth_mean, 2),
            gini=number(supply.gini, 3),
        ),
    ]


def _table(found: AccessReport) -> list[str]:
    head = sentence("access_table_head", language(), per=found.per_people)
    return [head, *shortened([_line(area) for area in found.areas])]


def _line(area: AreaAccess) -> str:
    people = f"{number(area.people, 0)} | {number(area.supply, 2)} | {number(area.people_unserved, 0)}"
    return f"{area.code} {area.name} | {people} | {number(area.minutes)}"
