"""A hotline's year of orders taken in at once, against taking them in one by one."""

from __future__ import annotations

import csv
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from pydantic import SecretStr
from sqlalchemy import text

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.import_orders import import_orders
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.city.plan_access import Hand
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.orders import OrderWish
from geo.settings import Settings
from geo.store.database import Database
from geo.store.grids import live_grids
from tests.bench.cities import GRAPH
from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, timed
from tests.bench.million_cases import million_cases

CITY = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 2, 10, 0, tzinfo=CITY)
DESK = Desk(Settings(caller_key=SecretStr("k" * 40)))
N_ORDERS, N_QUICK = 56_880, 3_000
N_MATTERS_SHARE = 0.2
"""Calls come about so many matters: 11,394 of 56,880 (Chifeng)."""
N_ONE_BY_ONE = 200
ITEMS = ("0101", "0102", "0302", "0401", "9001", "9002", "9003")


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db, _ = million_cases(table.quick)
    with tempfile.TemporaryDirectory() as folder:
        rows = orders(db, N_QUICK if table.quick else N_ORDERS)
        path = written(Path(folder) / "orders.csv", rows)
        reports: list[ImportReport] = []
        ours_s = timed(lambda: reports.append(taken(db, path)))
        again_s = timed(lambda: reports.append(taken(db, path)))
    first, again = reports
    assert (first.added, again.added, again.unchanged) == (len(rows), 0, len(rows))
    peer_s = timed(lambda: one_by_one(db, rows[:N_ONE_BY_ONE])) * len(rows) / N_ONE_BY_ONE
    matters = int(first.totals["matters"])
    note = f"{len(rows):,} orders, {matters:,} matters; peer on {N_ONE_BY_ONE}, scaled; to be under 20 s"
    job, is_same = "orders of a hotline taken in", in_the_same_grids(db)
    table.add(Row(job, GRAPH, "one by one", ours_s, peer_s, peer_s / ours_s, is_same, 1, note=note))
    table.add(Row("the same file again", GRAPH, "-", again_s, runs=1, note="changes nothing"))


def orders(db: Database, n: int) -> list[dict[str, Any]]:
    """Calls of a year about a fifth as many matters, half of them with a known caller, most of them closed."""
    rng = np.random.default_rng(12345)
    with db.read() as conn:
        middles = shapely.get_coordinates([shapely.point_on_surface(grid.shape) for grid in live_grids(conn, AT)])
    n_matters = int(n * N_MATTERS_SHARE)
    place = middles[rng.integers(0, len(middles), n_matters)] + rng.uniform(-1, 1, (n_matters, 2)) * 0.001
    begun_min = rng.integers(3 * 1440, 365 * 1440, n_matters)
    matter = rng.integers(0, n_matters, n)
    found = []
    for number, which in enumerate(matter.tolist()):
        called = AT - timedelta(minutes=int(begun_min[which]) - int(rng.integers(0, 1440)))
        lon, lat = place[which] + rng.uniform(-1, 1, 2) * 0.0001
        is_closed = rng.random() < 0.9
        found.append(
            {
                "工单编号": f"2026{number:07}",
                "来电时间": f"{called:%Y-%m-%d %H:%M:%S}",
                "诉求内容": f"市民来电反映楼下问题多日无人处理，请尽快到现场核实，回电 1380013{number % 10_000:04}",
                "问题分类": ITEMS[which % len(ITEMS)],
                "事发地址": f"青河市某街道某社区{which % 300}号楼",
                "经度": f"{lon:.7f}" if rng.random() < 0.8 else "",
                "纬度": f"{lat:.7f}",
                "来电号码": f"0471{6_000_000 + which}" if rng.random() < 0.5 else "匿名",
                "承办单位": "属地街道办事处",
                "派单时间": f"{called + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
                "办结时间": f"{called + timedelta(days=2):%Y-%m-%d %H:%M:%S}" if is_closed else "",
                "办理结果": "已现场核实并处理" if is_closed else "",
            }
        )
        if not found[-1]["经度"]:
            found[-1]["纬度"] = ""
    return found


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def taken(db: Database, path: Path) -> ImportReport:
    return import_orders(db, path, ImportOptions(), OrderWish(), DESK, AT)


def one_by_one(db: Database, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        report = Report(
            item=row["问题分类"],
            occurred_at=datetime.fromisoformat(row["来电时间"]).replace(tzinfo=CITY),
            channel="member",
            text=row["诉求内容"],
            lonlat=(float(row["经度"]), float(row["纬度"])) if row["经度"] else None,
            address=row["事发地址"],
            source_key=row["工单编号"],
        )
        report_incident(db, report, DESK, Hand(AT), uuid4().hex)


def in_the_same_grids(db: Database) -> bool:
    """Whether both ways put every order into the same grid, seen by the same neighbours."""
    differ = text("""
        select count(*) from incident a join incident b using (source_key)
        where a.source = 'hotline' and b.source = 'member'
        and (a.grid_id, a.plan_id, a.border_grid_ids, a.border_area_ids, a.level)
            is distinct from (b.grid_id, b.plan_id, b.border_grid_ids, b.border_area_ids, b.level)
    """)
    with db.read() as conn:
        return int(conn.execute(differ).scalar_one()) == 0
