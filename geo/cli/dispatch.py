"""``gridcircle dispatch``: who can be sent to a case, and what is left behind while others are busy."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer
from shapely.geometry import mapping

from geo import settings
from geo.actions.city.plan_access import Hand
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.cover_left import cover_left
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.dispatch.rank_helpers import Assignee, RankedHelper, Ranking, RankWish, SetAside, rank_helpers
from geo.actions.posts.assign_grids import assign_grids
from geo.actions.posts.export_assignments import export_gaps
from geo.actions.posts.tell_assignments import tell_gaps, tell_grids_of
from geo.cli.assignments import assignee_lines, gaps_data, gaps_lines, held_lines
from geo.cli.output import Json, answer, language, progress
from geo.cli.session import engine_of, open_database, told_if_invented
from geo.cli.tables import number, percent
from geo.cover_left import CoverLeft, KindLeft
from geo.helpers import Helper, Reason
from geo.rules.case_catalogue import case_catalogues
from geo.rules.dispatch import dispatch_rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.store import resources
from geo.units import DS_PER_MINUTE
from geo.words import sentence

RULE = dispatch_rule()

dispatch_app = typer.Typer(no_args_is_help=True, help="Who can be sent. / 派遣。")

At = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], help="The city's clock; now if left out. / 时刻。"),
]


@dispatch_app.command()
def rank(  # noqa: PLR0913, PLR0917 -- one parameter an option
    incident_id: Annotated[int, typer.Argument(help="The case's number. / 案件编号。")],
    k: Annotated[int, typer.Option("-k", "--most", min=1, help="How many at most. / 最多几个。")] = RULE.k,
    service: Annotated[
        str | None, typer.Option(help="What is needed; as the item has it if left out. / 服务项目。")
    ] = None,
    minutes: Annotated[float, typer.Option(help="As far as this; reached itself. / 时限，含端点。")] = RULE.minutes,
    mode: Annotated[str, typer.Option(help="A way of moving of geo/rules/modes.toml. / 出行方式。")] = DEFAULT_MODE,
    surface: Annotated[str, typer.Option(help="What lies on the ground. / 路面状况。")] = DEFAULT_SURFACE,
    to_helper: Annotated[
        bool, typer.Option("--to-helper", help="People go there themselves. / 居民自行前往。")
    ] = False,
    path: Annotated[bool, typer.Option("--path", help="With the ways (--json). / 输出路线。")] = False,
    at: At = None,
    as_json: Json = False,
) -> None:
    """The nearest that can be sent to a case, and why nearer ones cannot. / 就近可派单位及原因。"""
    direction: Literal["from", "to"] = "to" if to_helper else "from"
    wish = RankWish(_moment(at), k, minutes, service, mode, surface, direction, path)
    now = settings.load()
    with open_database() as db:
        cache = HelperCache(StreetCache(db, now.arrays_abs))
        found = rank_helpers(db, cache, case_catalogues(now.case_catalogue), incident_id, wish)
        invented = told_if_invented(db)
    data = {**_ranking_data(found), "invented": invented[0] if invented else None}
    answer(data, [*_ranking_lines(found), *invented], as_json=as_json)


@dispatch_app.command()
def cover(at: At = None, as_json: Json = False) -> None:
    """What free stations and teams still cover, and who should move up. / 剩余覆盖与补位建议。"""
    with open_database() as db, progress("cover_computing"):
        streets = StreetCache(db, settings.load().arrays_abs)
        found = cover_left(db, engine_of(db), HelperCache(streets), _moment(at))
    answer(_cover_data(found), _cover_lines(found), as_json=as_json)


@dispatch_app.command()
def assigned(
    kind: Annotated[str | None, typer.Option(help="Only this kind, e.g. lawyer. / 岗位类别。")] = None,
    community: Annotated[str | None, typer.Option(help="Its 12-digit code; all if left out. / 社区代码。")] = None,
    out: Annotated[Path | None, typer.Option(help="Write it to .xlsx or .csv, too. / 导出文件。")] = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Grids without police post, judge, prosecutor, lawyer, mediator. / 未配备三官一律、调解员的网格。"""
    with open_database() as db:
        found = tell_gaps(db, _moment(at), kind, community)
        invented = told_if_invented(db)
    if out is not None:
        export_gaps(found, out, language(), invented[0] if invented else None)
    data = {**gaps_data(found), "invented": invented[0] if invented else None}
    answer(data, [*gaps_lines(found), *invented], as_json=as_json)


@dispatch_app.command()
def assign(
    post: Annotated[int, typer.Argument(help="The post's number. / 岗位编号。")],
    codes: Annotated[
        list[str] | None, typer.Argument(help="Codes of its grids; none: it has none. / 网格编码。")
    ] = None,
    since: At = None,
    as_json: Json = False,
) -> None:
    """Let these grids be a post's from now on, and no others. / 为岗位分配网格。"""
    now = _moment(None)
    with open_database() as db:
        with db.read() as conn:
            version = resources.get(conn, post).version
        begin = None if since is None else _moment(since)
        found = assign_grids(db, post, codes or [], begin, version, Hand(at=now))
        held = tell_grids_of(db, post)
    told = {"name": found.name, "n": len(codes or []), "since": f"{begin or now:%Y-%m-%d %H:%M}"}
    data = {"id": post, "name": found.name, "grids": [asdict(one) for one in held]}
    answer(data, [sentence("assigned_now", language(), **told), *held_lines(held)], as_json=as_json)


def _moment(at: datetime | None) -> datetime:
    zone = ZoneInfo(settings.load().timezone)
    return datetime.now(zone) if at is None else at.replace(tzinfo=zone)


def _ranking_data(found: Ranking) -> dict[str, Any]:
    return {
        "incident_id": found.incident_id,
        "lonlat": found.lonlat,
        "at": found.at.isoformat(),
        "service": found.service,
        "helpers": [_ranked_data(one) for one in found.helpers],
        "set_aside": [_set_aside_data(one) for one in found.set_aside],
        "number_set_aside": found.n_set_aside,
        "grid_id": found.grid_id,
        "assigned": [_assignee_data(one) for one in found.assigned],
        "unassigned": [kind.key for kind in found.unassigned],
        "is_degraded": found.degraded is not None,
        "detail": _degraded(found),
        "provenance": asdict(found.provenance),
    }


def _ranked_data(one: RankedHelper) -> dict[str, Any]:
    return {
        **_helper_data(one.helper),
        "staff": one.helper.staff,
        "travel_ds": one.travel_ds,
        "way_m": one.way_m,
        "air_m": one.air_m,
        "is_stale": one.is_stale,
        "reasons": [_reason_data(reason) for reason in one.reasons],
        "way": None if one.way is None else mapping(one.way.line),
    }


def _assignee_data(one: Assignee) -> dict[str, Any]:
    told = {name: getattr(one.helper, name) for name in ("id", "name", "kind", "staff")}
    return {**told, "against": None if one.against is None else _reason_data(one.against)}


def _set_aside_data(one: SetAside) -> dict[str, Any]:
    told = {"travel_ds": one.travel_ds, "air_m": one.air_m, "reason": _reason_data(one.reason)}
    return {**_helper_data(one.helper), **told}


def _helper_data(helper: Helper) -> dict[str, Any]:
    told = {name: getattr(helper, name) for name in ("family", "id", "name", "kind")}
    return {**told, "lonlat": helper.lonlat}


def _reason_data(reason: Reason) -> dict[str, str]:
    return {"key": reason.key, "text": reason.in_language(language())}


def _degraded(found: Ranking) -> str | None:
    return None if found.degraded is None else sentence("rank_degraded", language(), why=found.degraded)


def _ranking_lines(found: Ranking) -> list[str]:
    degraded = _degraded(found)
    lines = [] if degraded is None else [degraded]
    lines += [sentence("rank_any_service", language())] if found.service is None else []
    lines += [
        f"{_minutes(one.travel_ds)} | {number(one.way_m, 0)} m | {one.helper.name} | "
        + ", ".join(reason.in_language(language()) for reason in one.reasons)
        for one in found.helpers
    ]
    lines += assignee_lines(found)
    if not found.helpers:
        lines.append(sentence("rank_nobody", language(), minutes=f"{found.provenance.minutes:g}"))
    if found.set_aside:
        lines.append(sentence("rank_set_aside", language(), count=found.n_set_aside))
    lines += [
        f"{_minutes(one.travel_ds)} | {one.helper.name} | {one.reason.in_language(language())}"
        for one in found.set_aside
    ]
    return lines


def _minutes(ds: int | None) -> str:
    return "–" if ds is None else f"{ds / DS_PER_MINUTE:.1f} min"


def _cover_data(found: CoverLeft) -> dict[str, Any]:
    kinds = [
        {
            **{name: value for name, value in asdict(left).items() if name not in {"minimum", "move_up"}},
            "kept_share": left.kept_share,
            "minimum_share": left.minimum.kept_share,
            "is_short": left.is_short,
            "move_up": _move_up_data(left),
        }
        for left in found.kinds
    ]
    return {"at": found.at.isoformat(), "kinds": kinds, "provenance": asdict(found.provenance)}


def _move_up_data(left: KindLeft) -> dict[str, Any] | None:
    move = left.move_up
    if move is None:
        return None
    return {"helper": _helper_data(move.helper), "station": _helper_data(move.station), "residents": move.residents}


def _cover_lines(found: CoverLeft) -> list[str]:
    lines = [line for left in found.kinds for line in _kind_lines(left)]
    if not any(left.is_short for left in found.kinds):
        lines.append(sentence("cover_all_kept", language()))
    return lines


def _kind_lines(left: KindLeft) -> list[str]:
    tongue = language()
    share = left.kept_share
    is_under = share is not None and share < left.minimum.kept_share
    told = {"kind": left.kind, "on": left.residents_present, "kept": percent(share)}
    wanted = {"minimum": percent(left.minimum.kept_share)}
    if share is None:
        lines = [sentence("cover_kind_nobody", tongue, kind=left.kind, present=left.present, free=left.free)]
    elif is_under:
        lines = [sentence("cover_kind_short", tongue, **told, **wanted)]
    else:
        lines = [sentence("cover_kind_kept", tongue, **told)]
    lines += [
        sentence("cover_kind_few", tongue, kind=left.kind, area=thin.name, free=thin.free, minimum=thin.minimum)
        for thin in left.thin
    ]
    if left.move_up is not None:
        move = {"name": left.move_up.helper.name, "station": left.move_up.station.name}
        lines.append(sentence("cover_move_up", tongue, kind=left.kind, **move, residents=left.move_up.residents))
    return lines
