"""A morning at the dispatchers' desks: cases of every stage and clock in the demo city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.cases.step_incident import step_incident
from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.case_states import Said
from geo.cases import Case
from geo.settings import Settings
from geo.store import tokens
from geo.store.database import Database
from geo.tokens import hash_of


@dataclass(frozen=True)
class Told:
    """One case of the morning."""

    item: str
    text: str
    grid: int | None
    """By its place in the order of codes; None: nobody knows where."""
    ago_minutes: float
    """When it was taken in."""
    channel: str = "hotline"
    address: str | None = None
    moves: tuple[str, ...] = ()
    """By the second desk, from a minute after it was taken in on."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Degrees away from the middle of the grid."""


MORNING = (
    Told("1101", "井盖缺失，已有人绊倒，请尽快处理", 3, 3, shift=(0.0006, 0.0002)),
    Told("1101", "人行道井盖没了", 3, 9, "resident", shift=(0.0007, 0.0002)),
    Told("0401", "路口水管破裂，水漫到路面", 7, 34, address="鼓楼东街与文化路口"),
    Told("0403", "消防通道被三辆车堵住", 12, 28, "member", moves=("claim",)),
    Told("1501", "二单元电梯停运，有老人被困家中", 16, 55, moves=("claim", "dispatch")),
    Told("9001", "整栋楼暖气不热，室内只有十四度", 20, 180, moves=("claim", "dispatch", "handle")),
    Told("0101", "垃圾堆在小区东门外两天没人清", 10, 700, moves=("dispatch",)),
    Told("0302", "夜间施工噪声扰民", 5, 380, "resident"),
    Told("1102", "整条巷子路灯不亮", 22, 1500, "patrol", moves=("dispatch", "handle")),
    Told("0602", "邻里因停车位发生口角", 14, 15, "member"),
    Told("0501", "早市摊贩占道，公交无法进站", 18, 45, "patrol", moves=("claim", "dispatch", "return")),
    Told("9102", "咨询老年餐补贴如何办理", 9, 20, "platform"),
    Told("0402", "楼道内电动车飞线充电", 25, 90, "resident", moves=("dispatch",)),
    Told("1401", "大风把树刮倒，压住一辆车", None, 6, address="滨河路公交站往西二百米"),
    Told("0201", "电线杆上贴满小广告", None, 130, "platform", address="火车站广场附近"),
)
"""What came in, with the newest step of each."""

SAID = {
    "dispatch": {"unit": "市容环卫中心"},
    "return": {"reason": "不属于本单位职责，请转城管"},
}


def desk_of(db: Database, name: str, at: datetime) -> tuple[str, Hand]:
    """A new desk: its secret and its hand."""
    _, secret = create_token(db, name=name, role="dispatcher", area_code=None, days=None, at=at)
    token = tokens.find(db, hash_of(secret))
    assert token is not None
    return secret, Hand(at=at, token_id=token.id, token_name=name)


def fill_board(db: Database, hand: Hand, other: Hand, told: tuple[Told, ...] = MORNING) -> list[Case]:
    """Take the cases in, as of ``hand``'s now, and let the other desk make its moves; teams were just heard of."""
    with db.write() as conn:
        conn.execute(
            text("update resource set position_at = :at where position_at is not null"),
            {"at": hand.at - timedelta(minutes=4)},
        )
        rows = conn.execute(
            text(
                "select st_x(c), st_y(c) from (select code, st_pointonsurface(geom) c from plan_grid"
                " join plan on plan.id = plan_id where state = 'published' and effective_to is null) t order by code"
            )
        ).all()
    desk = Desk(Settings())
    return [_taken_in(db, each, [tuple(row) for row in rows], desk, hand, other) for each in told]


def _taken_in(db: Database, told: Told, places: list[Any], desk: Desk, hand: Hand, other: Hand) -> Case:
    at = hand.at - timedelta(minutes=told.ago_minutes)
    place = None
    if told.grid is not None:
        lon, lat = places[told.grid % len(places)]
        place = (lon + told.shift[0], lat + told.shift[1])
    report = Report(
        told.item, at - timedelta(minutes=2), told.channel, told.text, place, address=told.address, precision_m=20
    )
    case = report_incident(db, report, desk, Hand(at, None, hand.token_id, hand.token_name), uuid4().hex).case
    for number, move in enumerate(told.moves, 1):
        moment = at + timedelta(minutes=number)
        their = Hand(moment, None, other.token_id, other.token_name)
        said = Said(moment, **SAID.get(move, {}))
        case = step_incident(db, case.id, case.version, move, said, their, desk).case
    return case
