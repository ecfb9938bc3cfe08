"""The burden guard: fields that watch staff are refused by name, other fields are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from shapely import Point, box

from geo.burden import burden_of, refuse_burden
from geo.errors import Refused
from geo.files.table import FileTable
from geo.imports.incidents import read_incidents
from geo.imports.orders import OrderSense, read_orders
from geo.imports.places import Town
from geo.imports.resources import read_resources
from geo.imports.stations import read_stations
from geo.imports.visits import read_done
from geo.imports.work import read_counts
from geo.rules.burden import burdens, is_guarded
from geo.rules.case_catalogue import case_catalogues
from geo.rules.headers import _table
from geo.words import LANGUAGES, catalogue

AT = datetime(2026, 3, 1, tzinfo=UTC)
TOWN = Town(box(103, 40, 104, 41))
SENSE = OrderSense(
    case_catalogues(None).in_force(AT.date()), AT, "Asia/Shanghai", lambda number: number.encode(), lambda: b"secret"
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("签到时间", "check_in"),
        ("巡查打卡", "check_in"),
        ("签 到", "check_in"),
        ("签\u200b到_时间", "check_in"),
        ("check_in", "check_in"),
        ("lastCheckIn", "check_in"),
        ("CHECK-IN TIME", "check_in"),
        ("ｃｈｅｃｋｉｎ", "check_in"),
        ("qiandao_shijian", "check_in"),
        ("网格员积分", "score"),
        ("memberScore", "score"),
        ("KPI", "score"),
        ("月度排名", "ranking"),
        ("rank", "ranking"),
        ("leaderboard_position", "ranking"),
        ("在线时长（分钟）", "online_time"),
        ("onlineTime", "online_time"),
        ("点赞数", "online_time"),
        ("App安装率", "install_rate"),
        ("GPS轨迹", "track"),
        ("gps_track", "track"),
        ("GPSTrack", "track"),
        ("trajectory", "track"),
        ("必传照片", "forced_photo"),
        ("photo_required", "forced_photo"),
        ("selfie", "forced_photo"),
        ("脱岗次数", "check_in"),
        ("脫崗次數", "check_in"),
        ("点位打点", "check_in"),
        ("巡查扫码", "check_in"),
        ("fingerprintAt", "check_in"),
        ("工分", "score"),
        ("红旗榜", "ranking"),
        ("hallOfFame", "ranking"),
        ("在岗时长", "online_time"),
        ("idle_time", "online_time"),
        ("人员实时位置", "track"),
        ("位置上报", "track"),
        ("电子围栏", "track"),
        ("geo-fence", "track"),
        ("whereabouts", "track"),
        ("水印", "forced_photo"),
        ("簽到", "check_in"),
        ("簽到時間", "check_in"),
        ("到岗", "check_in"),
        ("到崗時間", "check_in"),
        ("signin", "check_in"),
        ("sign_in_time", "check_in"),
        ("lastSignIn", "check_in"),
        ("checked_in", "check_in"),
        ("checkedInAt", "check_in"),
        ("clock-in", "check_in"),
        ("ClockOutTime", "check_in"),
        ("punch", "check_in"),
        ("attendance_rate", "check_in"),
        ("qiandaoShijian", "check_in"),
        ("daka", "check_in"),
        ("KAOQIN_1", "check_in"),
        ("сhесk_іn", "check_in"),  # Cyrillic
        ("chеck‑in", "check_in"),
        ("ch\u200bec\u00adk\u2060_in", "check_in"),
        ("chéck ïn", "check_in"),
        ("𝐜𝐡𝐞𝐜𝐤_𝐢𝐧", "check_in"),
        ("签\ufe0f到", "check_in"),
        ("签·到·率", "check_in"),
        ("是否考核", "score"),
        ("考核結果", "score"),
        ("積分", "score"),
        ("appraisal_result", "score"),
        ("服务评分", "score"),
        ("排名（全市）", "ranking"),
        ("mingci", "ranking"),
        ("軌跡", "track"),
        ("巡查轨迹", "track"),
        ("步數", "track"),
        ("今日步数", "track"),
        ("track.gpx", "track"),
        ("gpxFile", "track"),
        ("heartbeat", "online_time"),
        ("last-heart-beat", "online_time"),
        ("现场拍照", "forced_photo"),
        ("走訪照片", "forced_photo"),
        ("patrolPhoto", "forced_photo"),
        ("人臉", "forced_photo"),
        ("qian_dao", "check_in"),
        ("daKaShiJian", "check_in"),
        ("ji-fen", "score"),
        ("worker_points", "score"),
        ("Pai Ming", "ranking"),
        ("xing_zong_1", "track"),
        ("trackpoints", "track"),
        ("locationTrace", "track"),
        ("pai_zhao", "forced_photo"),
    ],
)
def test_fields_that_watch_staff_are_refused(name: str, kind: str) -> None:
    assert burden_of(name) == kind
    with pytest.raises(Refused) as refusal:
        refuse_burden(["名称", name])
    assert refusal.value.evidence["kind"] == kind
    for language in LANGUAGES:
        told = refusal.value.in_language(language)
        assert name in told
        assert catalogue()[f"burden_{kind}"][language] in told
        assert catalogue()["burden_law_mobile_apps"][language] in told


@pytest.mark.parametrize(
    "name",
    [
        "name", "check", "checkpoint", "checking", "position_at", "point", "points", "franking", "tracking_number",
        "trackless", "contractor", "online", "time", "photo", "photos", "", "   ", "1234", "地址", "站点名称",
        "面积分类", "报名次数", "节日活动", "各自拍摄", "初步数量", "照片", "分类", "积水", "等级", "到达时间",
        "流转轨迹", "satisfactionScore", "signal", "signal_id", "designing", "photo_of_pothole", "现场照片",
        "排水", "考古", "参考核实意见", "满意度评分", "站点名", "地点名称", "在岗人数", "苏步青路", "race",
        "trackball", "board", "underscore", "opus", "punchline", "indaka", "dakar", "clock", "in", "sign", "likely",
        "到场时限", "里程", "门牌", "简体", "轨道交通", "数据来源", "积雪", "time_in_stage", "步行街",
        "施工分类",
        "手工分拣",
        "日活动",
        "距离岗亭",
        "位置",
        "performance_class",
    ],
)  # fmt: skip
def test_other_fields_are_not(name: str) -> None:
    assert burden_of(name) is None
    refuse_burden([name])


def test_no_field_that_the_program_reads_itself_is_refused() -> None:
    kinds = [fields for kind, fields in _table().items() if isinstance(fields, dict) and kind != "values"]
    assert len(kinds) > 5
    refuse_burden(alias for fields in kinds for aliases in fields.values() for alias in aliases)


FORBIDDEN = ["簽到", "checkedIn", "gps_trасk", "步数"]


@pytest.mark.parametrize("header", FORBIDDEN)
def test_every_file_that_tells_of_people_at_work_is_refused_as_a_whole(header: str) -> None:
    doors = {
        "incidents": lambda table: read_incidents(table, TOWN, AT, "Asia/Shanghai", lambda: b""),
        "orders": lambda table: read_orders(table, TOWN, SENSE),
        "resources": lambda table: read_resources(table, TOWN, AT, "Asia/Shanghai"),
        "visits": lambda table: read_done(table, AT.date(), ZoneInfo("Asia/Shanghai")),
        "work": lambda table: read_counts(table, TOWN, {}),
    }
    for kind, door in doors.items():
        assert is_guarded(kind)
        table = FileTable(f"{kind}.csv", {"id": ["1"], header: [""]}, None, [2], None)
        with pytest.raises(Refused) as refusal:
            door(table)
        assert refusal.value.key == "burden_refused"
        assert header in str(refusal.value)


def test_a_header_that_a_city_names_itself_is_looked_at_too() -> None:
    table = FileTable("orders.csv", {"单号": ["1"], "打卡时间": ["2026-02-01 08:00"]}, None, [2], None)
    sense = replace(SENSE, headers={"occurred_at": "打卡时间", "source_key": "单号"})
    with pytest.raises(Refused, match="打卡时间"):
        read_orders(table, TOWN, sense)


@pytest.mark.parametrize("header", ["在岗人数", "值守人数", "staff", "Staff on duty"])
def test_how_many_are_on_duty_is_a_count_and_never_who(header: str) -> None:
    columns = {"id": ["R1"], "name": ["队"], "kind": ["team"], "position_at": ["2026-02-01 08:00"], header: [" ２ "]}
    table = FileTable("teams.csv", columns, np.array([Point(103.2, 40.4)]), [2], None)
    assert read_resources(table, TOWN, AT, "Asia/Shanghai").rows[0]["staff"] == 2
    for told in ("张三", "张三、李四", "2 张三", "1.5", "-1", str(10**10)):
        columns[header] = [told]
        assert len(read_resources(table, TOWN, AT, "Asia/Shanghai").faults) == 1, told
    for watched in ("在岗打卡", "在岗签到时间", "值守人员轨迹", "staff_check_in", "staff photo", "staffRanking"):
        with pytest.raises(Refused, match="burden|" + watched):
            refuse_burden([watched], is_of_teams=True)


def test_photos_pass_among_cases_not_among_teams() -> None:
    for name in ("照片", "photo", "photos1", "team_photo", "头像"):
        assert burden_of(name, is_of_teams=True) == "forced_photo"
        assert burden_of(name) is None


def test_files_of_places_are_not_looked_at() -> None:
    """In extracts of OpenStreetMap ``track`` is a kind of road."""
    table = FileTable(
        "stations.csv", {"id": ["1"], "kind": ["canteen"], "track": [""]}, np.array([Point(103.2, 40.4)]), [2], None
    )
    assert len(read_stations(table, TOWN).rows) == 1


def test_a_file_of_teams_with_such_a_column_is_refused_as_a_whole() -> None:
    columns = {"id": ["R1"], "name": ["队"], "kind": ["team"], "position_at": ["2026-02-01 08:00"], "运动轨迹": ["..."]}
    table = FileTable("teams.csv", columns, np.array([Point(103.2, 40.4)]), [2], None)
    with pytest.raises(Refused, match="运动轨迹"):
        read_resources(table, TOWN, AT, "Asia/Shanghai")
    del columns["运动轨迹"]
    assert len(read_resources(table, TOWN, AT, "Asia/Shanghai").rows) == 1


def test_a_very_long_name_is_told_in_part() -> None:
    with pytest.raises(Refused) as refusal:
        refuse_burden(["签到" * 100_000])
    assert len(str(refusal.value)) < 300


def test_every_kind_has_words_a_law_and_a_source() -> None:
    for key, burden in burdens().items():
        assert f"burden_{key}" in catalogue()
        assert f"burden_law_{burden.law}" in catalogue()
        assert burden.source
        assert {burden_of(word) for word in burden.en} <= {key}
        assert {burden_of(word, is_of_teams=True) for word in (*burden.en, *burden.of_teams)} == {key}
