"""Files of orders, taken in as a person would, and what the database holds of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.import_orders import import_orders
from geo.actions.cases.step_incident import step_incident
from geo.actions.city.plan_access import Hand
from geo.case_states import MOVES, OPEN_STAGES, TOLD_MOVES, Said
from geo.cases import Case, Step, standing_steps
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.orders import OrderWish
from geo.settings import Settings
from geo.store import cases
from geo.store.database import Database
from tests.small_town import lonlat

CITY = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=CITY)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CITY)
HOUR = timedelta(hours=1)
SENT, DONE = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=6)
NEWER = MONDAY + timedelta(days=1)
DESK = Desk(Settings(caller_key=SecretStr("k" * 40)))

Row = dict[str, Any]


def order(number: str, at: datetime = MONDAY, place: tuple[float, float] | None = (250, 750), **more: Any) -> Row:
    lon, lat = ("", "") if place is None else lonlat(*place)
    usual = {
        "工单编号": number,
        "来电时间": f"{at:%Y-%m-%d %H:%M:%S}",
        "诉求内容": "楼下垃圾无人清理",
        "问题分类": "城市管理/市容环卫/暴露垃圾",
        "经度": lon,
        "纬度": lat,
        "联系电话": "",
        "承办单位": "",
        "派单时间": "",
        "办结时间": "",
        "办理结果": "",
        "重复工单号": "",
    }
    return usual | more


def write(path: Path, rows: Sequence[Row], encoding: str = "gb18030") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def take(
    db: Database, folder: Path, rows: Sequence[Row], wish: OrderWish | None = None, at: datetime = NOW, **options: Any
) -> ImportReport:
    path = write(folder / "orders.csv", rows)
    return import_orders(db, path, ImportOptions(**options), wish or OrderWish(), DESK, at)


def case(db: Database, number: str, source: str = "hotline") -> Case:
    with db.read() as conn:
        found = cases.find_by_source(conn, source, number)
        assert found is not None, number
        return cases.get_case(conn, found)


def warn_at(db: Database, case_id: int) -> datetime | None:
    with db.read() as conn:
        found = conn.execute(text("select warn_at from incident where id = :id"), {"id": case_id}).scalar_one()
    return None if found is None else found.astimezone(CITY)


def steps(db: Database, number: str) -> list[Step]:
    with db.read() as conn:
        return cases.steps_of(conn, case(db, number).id)


def count(db: Database, table: str) -> int:
    with db.read() as conn:
        return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def sent(number: str, **more: Any) -> Row:
    return order(number, 承办单位="市容环卫中心", 派单时间=at(SENT), **more)


def done(number: str, when: datetime = DONE, **more: Any) -> Row:
    return sent(number, 办结时间=at(when), 办理结果="已清运", **more)


def moves(db: Database, number: str) -> list[tuple[str, str, datetime]]:
    return [(s.move, s.to_stage, s.at) for s in steps(db, number)]


def asked(report: ImportReport) -> list[tuple[int, str]]:
    return [(note.row, note.key) for note in report.notes if note.key.startswith("order_")]


def desk_moves(db: Database, number: str, move: str, hand: Hand, **said: Any) -> None:
    found = case(db, number)
    step_incident(db, found.id, found.version, move, Said(hand.at, **said), hand, DESK)


def newer(number: str, when: datetime = NEWER) -> Row:
    """A call that shows until when a file tells."""
    return order(number, when, (900, 900), 问题分类="9003")


def refuse_unlawful(db: Database) -> None:
    """Every case is what its steps say, and steps lead on from each other."""
    with db.read() as conn:
        ids = list(conn.execute(text("select id from incident order by id")).scalars())
        for incident_id in ids:
            found, done = cases.get_case(conn, incident_id), cases.steps_of(conn, incident_id)
            assert [s.seq for s in done] == list(range(1, found.version + 1))
            assert done[-1].to_stage == found.stage
            assert [s.from_stage for s in done] == [None, *(s.to_stage for s in done[:-1])]
            stages = [s.at for s in standing_steps(done) if s.from_stage != s.to_stage]
            assert stages == sorted(stages)
            for s in done:
                if s.from_stage != s.to_stage and s.from_stage is not None and s.move != "undo":
                    assert s.from_stage in {**MOVES, **TOLD_MOVES}[s.move].leads_from
            assert (found.state == "open") == (found.stage in OPEN_STAGES)
            if found.merged_into_id is not None:
                into = cases.get_case(conn, found.merged_into_id)
                assert into.stage != "merged"
                assert any(s.said.get("merged") == found.id for s in cases.steps_of(conn, into.id))
