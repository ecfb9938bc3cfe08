"""``gridcircle profile``: who reaches an open station at each hour of a week, and what other hours would bring."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from geo.actions.reach.profile import extra_of, week_from
from geo.actions.reach.profile import profile as compute
from geo.cli.output import Json, language, progress
from geo.cli.session import answer_figures, city_of, engine_of, open_database
from geo.cli.tables import headers, percent
from geo.files.write import OutTable, write_tables
from geo.profile import GROUPS, Gain, Profile, ProfileWish, share
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.settings import Settings
from geo.words import sentence

HOURS_OF_DAY = 24


class Policy(StrEnum):
    """What unknown hours count as."""

    OPEN = "open"
    CLOSED = "closed"


class Grouping(StrEnum):
    """What figures are told apart by."""

    KIND = "kind"
    SERVICE = "service"


def profile(  # noqa: PLR0913, PLR0917 -- the options of a command
    mode: Annotated[str, typer.Option(help="A way of moving of geo/rules/modes.toml. / 出行方式。")] = DEFAULT_MODE,
    surface: Annotated[str, typer.Option(help="What lies on the ground. / 路面状况。")] = DEFAULT_SURFACE,
    minutes: Annotated[float, typer.Option(help="Cutoff; reached itself. / 时限，含端点。")] = 15,
    week: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First of seven days; this Monday. / 起始日。")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of station. / 站点类型。")] = None,
    service: Annotated[str | None, typer.Option(help="Only stations with this service. / 服务事项。")] = None,
    unknown: Annotated[Policy, typer.Option(help="Unknown hours count as this. / 时间不明者计为。")] = Policy.CLOSED,
    by: Annotated[Grouping | None, typer.Option(help="Each of these apart as well. / 分类列出。")] = None,
    extra: Annotated[str | None, typer.Option(help="Additional hours, `whose: hours`. / 延时服务。")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write, a row an hour. / 输出文件。")] = None,
    as_json: Json = False,
) -> None:
    """Who reaches an open station, hour by hour. / 按时刻统计可到达开放站点的人数。"""
    wish = ProfileWish(
        mode=mode,
        surface=surface,
        minutes=minutes,
        instants=week_from(_midnight(week)),
        step_hours=1,
        kind=kind,
        service=service,
        unknown=unknown.value,
        by=None if by is None else by.value,
        extra=None if extra is None else extra_of(extra),
    )
    with open_database() as db, progress("profile_computing"):
        found = compute(engine_of(db), wish)
    if out is not None:
        _write(out, found)
    answer_figures(_data(found), [*_sentences(found), *_table(found)], found.provenance.made, as_json=as_json)


def _midnight(day: datetime | None) -> datetime:
    """When the week begins, in the city's time zone."""
    zone = ZoneInfo(Settings().timezone)
    if day is not None:
        return day.replace(tzinfo=zone)
    now = datetime.now(zone)
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())


def _data(found: Profile) -> dict[str, Any]:
    gain = found.gain
    return {
        "provenance": asdict(found.provenance),
        "unknown": found.wish.unknown,
        "everybody": dict(zip(GROUPS, found.everybody.tolist(), strict=True)),
        "whenever": dict(zip(GROUPS, found.whenever.tolist(), strict=True)),
        "stations": found.n_stations,
        "stations_unsaid": found.n_unsaid,
        "unsure_years": list(found.unsure_years),
        "gain": None if gain is None else _gain(gain),
        "moments": list(found.rows()),
    }


def _gain(gain: Gain) -> dict[str, Any]:
    people = {"person_hours": gain.person_hours, "newly_reached": gain.newly_reached, "gaining": gain.gaining}
    told = {name: dict(zip(GROUPS, of_group.tolist(), strict=True)) for name, of_group in people.items()}
    return {"stations": gain.n_stations, **told}


def _write(path: Path, found: Profile) -> None:
    rows = list(found.rows())
    about = {**city_of(), **asdict(found.provenance), "unknown": found.wish.unknown, "extra": found.wish.extra or ""}
    write_tables(path, [OutTable("profile", headers(path, list(rows[0])), [list(row.values()) for row in rows])], about)


def _sentences(found: Profile) -> list[str]:
    wish, everybody = language(), float(found.everybody[0])
    shares = [share(people, everybody) or 0.0 for people in found.covered[:, 0].tolist()]
    best = shares.index(max(shares))
    told = [
        sentence(
            "profile_done",
            wish,
            residents=f"{everybody:,.0f}",
            stations=found.n_stations,
            whenever=percent(share(float(found.whenever[0]), everybody)),
            minutes=f"{found.wish.minutes:g}",
            most=percent(shares[best]),
            best_at=f"{found.wish.instants[best]:%Y-%m-%d %H:%M}",
            least=percent(min(shares)),
            mean=percent(sum(shares) / len(shares)),
            instants=len(shares),
        )
    ]
    if found.n_unsaid:
        told.append(
            sentence(
                "profile_unsaid",
                wish,
                unsaid=found.n_unsaid,
                stations=found.n_stations,
                unknown=sentence(f"profile_unknown_{found.wish.unknown}", wish),
                share=percent(share(float(found.unsaid[:, 0].mean()), everybody)),
            )
        )
    if found.unsure_years:
        told.append(sentence("profile_unsure_years", wish, years=", ".join(map(str, found.unsure_years))))
    return told if found.gain is None else [*told, _gain_sentence(found.gain)]


def _gain_sentence(gain: Gain) -> str:
    residents, elderly, children = (f"{hours:,.0f}" for hours in gain.person_hours)
    return sentence(
        "profile_gain",
        language(),
        stations=gain.n_stations,
        person_hours=residents,
        gaining=f"{gain.gaining[0]:,.0f}",
        newly=f"{gain.newly_reached[0]:,.0f}",
        elderly=elderly,
        children=children,
    )


def _table(found: Profile) -> list[str]:
    """A line for each hour of the day, a column for each day."""
    names = sentence("profile_weekdays", language()).split()
    days = [names[at.weekday()] for at in found.wish.instants[::HOURS_OF_DAY]]
    shares = [percent(share(people, float(found.everybody[0]))) for people in found.covered[:, 0].tolist()]
    head = " | ".join([sentence("profile_hour", language()), *days])
    lines = [" | ".join([f"{hour:02}", *shares[hour::HOURS_OF_DAY]]) for hour in range(HOURS_OF_DAY)]
    return [head, *lines]
