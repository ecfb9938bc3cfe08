"""Tell and deal with the cases of the demo city's day: by the same actions as any desk, each as of its moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.report_incident import LonLat, Report, report_incident
from geo.actions.cases.step_incident import NOBODY, Outcome, Sent, step_incident
from geo.actions.city.plan_access import Hand
from geo.case_states import Said
from geo.cases import Case
from geo.demo.day import DayCase, demo_day
from geo.demo.incidents import unit_for
from geo.demo.register import Row
from geo.errors import StaleVersion
from geo.resources import Resource
from geo.stations import Station
from geo.store import areas, cases, resources, stations
from geo.store.database import Database

DESKS: Final = ("演示坐席一", "演示坐席二")

_BORDER_DEG: Final = 0.0002
"""About 20 m: within what is told to the grids on both sides (geo/rules/incidents.toml)."""
_BESIDE_DEG: Final = 0.0001


@dataclass(frozen=True)
class Helpers:
    """Who can be sent, by service."""

    team: Mapping[str, tuple[int, str]]
    """Id and name of the first that offers it."""
    station: Mapping[str, tuple[int, str]]


def play_day(db: Database, rows: Sequence[Row], at: datetime, desk: Desk) -> list[Case]:
    """Take in the cases of the day that are not known yet, and make their moves, all in the order of time.

    Parameters
    ----------
    db
        The demo city, its grids in force.
    rows
        The register, for places and words.
    at
        Now.
    desk
        The city's clocks and the seed catalogue.

    Returns
    -------
    The cases as these moves left them. One that somebody else took up meanwhile is theirs: it goes no further here.
    """
    day = demo_day()
    with db.read() as conn:
        helpers = Helpers(_by_service(resources.live(conn)), _by_service(stations.live(conn)))
        communities = [area.shape for area in areas.live_areas(conn, "community")]
        reports = _reports(day.cases, rows, communities, at)
        known = [cases.find_by_source(conn, report.channel, report.source_key or "") for report in reports]
    told = [(at - timedelta(minutes=case.ago), number, "report") for number, case in enumerate(day.cases)]
    told += [
        (at - timedelta(minutes=case.ago - after), number, move)
        for number, case in enumerate(day.cases)
        for move, after in case.moves.items()
    ]
    standing: dict[int, Case] = {}
    for moment, number, move in sorted(told):
        hand = Hand(moment, token_name=DESKS[number % len(DESKS)])
        if move == "report" and known[number] is None:
            report = reports[number]
            standing[number] = report_incident(db, report, desk, hand, report.source_key or "").case
        elif number in standing:
            _step(db, standing, number, (move, hand), desk, helpers)
    return list(standing.values())


def rate_orders(db: Database, rows: Sequence[Row], source: str, at: datetime, desk: Desk) -> None:
    """Ask every fourth caller whose order was settled: whether they are satisfied, and when help was there."""
    asked = {row["编号"]: row for row in rows if _number(row) % 4 == 0 and row["办结时间"]}
    with db.read() as conn:
        ids = [cases.find_by_source(conn, source, key) for key in asked]
        found = cases.cases_by_id(conn, [case_id for case_id in ids if case_id is not None])
    for case in found.values():
        if case.stage != "closed":
            continue
        number = _number(asked[case.source_key])
        sent_at = datetime.fromisoformat(asked[case.source_key]["派单时间"])
        outcome = Outcome(number % 20 != 0, sent_at + timedelta(minutes=4 + 7 * number % 19))
        hand = Hand(at, token_name=DESKS[0])
        step_incident(db, case.id, case.version, "evaluate", Said(at), hand, desk, outcome=outcome)


def _step(
    db: Database, standing: dict[int, Case], number: int, made: tuple[str, Hand], desk: Desk, helpers: Helpers
) -> None:
    """One move of a case of the day; whoever was quicker with it keeps it."""
    (move, hand), told, case = made, demo_day().cases[number], standing[number]
    sent, unit = _sent(told, case, helpers, desk) if move == "dispatch" else (NOBODY, None)
    other = standing.get(number - 1) if move == "merge" else None
    said = Said(
        hand.at,
        reason=demo_day().reason.get(move),
        unit=unit,
        level=told.level if move == "escalate" else None,
        until=hand.at + timedelta(days=told.days or 0) if move == "defer" else None,
        into=None if other is None else other.id,
    )
    outcome = _outcome(told, case, move)
    try:
        stepped = step_incident(db, case.id, case.version, move, said, hand, desk, sent=sent, outcome=outcome)
    except StaleVersion:
        del standing[number]
        return
    standing[number] = stepped.case
    if other is not None:  # it was told
        standing[number - 1] = replace(other, version=other.version + 1)


def _sent(told: DayCase, case: Case, helpers: Helpers, desk: Desk) -> tuple[Sent, str | None]:
    """Who is sent, and what they are called; an office alone where nobody of the kind offers the service."""
    item, office = desk.item_of(case), (NOBODY, unit_for(told.item) or case.unit)
    if item is None or item.service is None or told.sends is None:
        return office
    if told.sends == "team" and item.service in helpers.team:
        team_id, name = helpers.team[item.service]
        return Sent(resource_id=team_id), name
    if told.sends == "station" and item.service in helpers.station:
        station_id, name = helpers.station[item.service]
        return Sent(station_id=station_id), name
    return office


def _outcome(told: DayCase, case: Case, move: str) -> Outcome | None:
    if move == "handle" and case.stage_since is not None:
        return Outcome(arrived_at=case.stage_since + timedelta(minutes=6 + told.ago % 13))
    return Outcome(told.satisfied) if move == "evaluate" else None


def _by_service(offering: Sequence[Resource | Station]) -> dict[str, tuple[int, str]]:
    return {service: (one.id, one.name) for one in reversed(offering) for service in one.services}


def _reports(
    told: Sequence[DayCase], rows: Sequence[Row], communities: Sequence[BaseGeometry], at: datetime
) -> list[Report]:
    """What was told of each case: words and place of an order of the register, or of the case before."""
    border, n_taken, found = _at_border(rows, communities), Counter[str](), list[Report]()
    for number, case in enumerate(told):
        of_item = [row for row in rows if row["事项代码"] == case.item] if case.place in {"register", "unknown"} else []
        pool = border if case.place == "border" else of_item or rows
        row = pool[n_taken[case.item] % len(pool)]
        n_taken[case.item] += case.place != "same"
        report = Report(
            item=case.item,
            occurred_at=at - timedelta(minutes=case.ago),
            channel=case.channel,
            text=row["内容"] if case.text is None else case.text.format(address=row["地址"]),
            lonlat=None if case.place == "unknown" else _lonlat(row),
            address=row["地址"],
            source_key=f"QHD-{number + 1:03d}",
        )
        if case.place == "same" and found[-1].lonlat is not None:
            lon, lat = found[-1].lonlat
            report = replace(report, text=found[-1].text, address=found[-1].address, lonlat=(lon, lat + _BESIDE_DEG))
        found.append(report)
    return found


def _at_border(rows: Sequence[Row], communities: Sequence[BaseGeometry]) -> Sequence[Row]:
    """Orders about places where two communities meet; all of them where there are none."""
    points = shapely.points([_lonlat(row) for row in rows])
    near = shapely.STRtree(communities).query(points, "dwithin", distance=_BORDER_DEG)[0].tolist()
    return [rows[place] for place, count in Counter(near).items() if count > 1] or rows


def _lonlat(row: Row) -> LonLat:
    return float(row["经度"]), float(row["纬度"])


def _number(row: Row) -> int:
    """The running number of an order."""
    return int(row["编号"].rpartition("-")[2])
