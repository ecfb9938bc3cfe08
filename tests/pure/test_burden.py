"""The burden guard: fields that watch staff are refused by name, other fields are not."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from shapely import Point, box

from geo.burden import burden_of, refuse_burden
from geo.errors import Refused
from geo.files.table import FileTable
from geo.imports.places import Town
from geo.imports.stations import read_resources
from geo.rules.burden import burdens
from geo.rules.headers import _table
from geo.words import LANGUAGES, catalogue

AT = datetime(2026, 3, 1, tzinfo=UTC)


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
    ],
)  # fmt: skip
def test_other_fields_are_not(name: str) -> None:
    assert burden_of(name) is None
    refuse_burden([name])


def test_no_field_that_the_program_reads_itself_is_refused() -> None:
    kinds = [fields for kind, fields in _table().items() if isinstance(fields, dict) and kind != "values"]
    assert len(kinds) > 5
    refuse_burden(alias for fields in kinds for aliases in fields.values() for alias in aliases)


def test_a_file_of_teams_with_such_a_column_is_refused_as_a_whole() -> None:
    columns = {"id": ["R1"], "name": ["队"], "kind": ["team"], "position_at": ["2026-02-01 08:00"], "运动轨迹": ["..."]}
    table = FileTable("teams.csv", columns, np.array([Point(103.2, 40.4)]), [2], None)
    town = Town(box(103, 40, 104, 41))
    with pytest.raises(Refused, match="运动轨迹"):
        read_resources(table, town, AT, "Asia/Shanghai")
    del columns["运动轨迹"]
    assert len(read_resources(table, town, AT, "Asia/Shanghai").rows) == 1


def test_a_very_long_name_is_told_in_part() -> None:
    with pytest.raises(Refused) as refusal:
        refuse_burden(["签到" * 100_000])
    assert len(str(refusal.value)) < 300


def test_every_kind_has_words_a_law_and_a_source() -> None:
    for key, burden in burdens().items():
        assert f"burden_{key}" in catalogue()
        assert f"burden_law_{burden.law}" in catalogue()
        assert burden.source
        assert {burden_of(word) for word in burden.en} == {key}
