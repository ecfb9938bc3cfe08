"""Numbers of persons, typed into every free text by its real door, come out by none that the public has, or viewers."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from itertools import chain, product
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from geo.store.database import Database
from geo.store.tiles import LAYERS
from tests.db.test_coverage_command import gridcircle
from tests.plan_towns import PlanTown, build_plan_town, unit_no
from tests.small_town import areas, grid_boxes, grids, incidents, lonlat, square, stations, write_csv, write_geojson
from tests.web.conftest import ORIGIN
from tests.web.test_api_plans import bearer, edit

NAME = "欧阳静思"
"""Of a person: no program knows that it is one. It is typed into cases alone, whose words are for dispatchers."""

TOLD = "拨打139/1357/2468或一三九一三五七二四六八，身份证11010519491231002X，QQ76543210987，ouyang@mail.example"
DIGITS = "110105194912310046"
"""An identity number that passes for a telephone's: a post's takes no letters."""
SECRETS = ("13913572468", "11010519491231002", DIGITS, "76543210987", "ouyang", "一三九一三五七二四六八")
CASE = f"{NAME}{TOLD}"
HIDDEN = re.compile(r"[\s/\-_.,、，]|\\u[0-9a-f]{4}")


def typed_into_files(db: Database, folder: Path) -> None:
    """Every file that the program takes."""
    lon, lat = lonlat(300, 400)
    place = {"lon": lon, "lat": lat}
    case = {
        "工单编号": "G1",
        "来电时间": "2026-02-01 09:00",
        "分类": "0101",
        "来电号码": "13913572468",
        "经度": lon,
        "纬度": lat,
    }
    words = {
        "标题": CASE,
        "内容": CASE,
        "地址": CASE,
        "承办单位": CASE,
        "办理结果": CASE,
        "派单时间": "2026-02-01 10:00",
    }
    home = {"id": "H1", "name": TOLD, "compound": TOLD, "residents": 30, "households": 10}
    team = {
        "id": "R1",
        "name": TOLD,
        "kind": TOLD,
        "services": "身份证11010519491231002X",
        "position_at": "2026-02-01 09:00",
    }
    asked = {"name": TOLD, "address": TOLD, "phone": "11010519491231002X", "services": "身份证11010519491231002X"}
    west = {code: box for code, box in grid_boxes().items() if code.startswith("990101001002")}
    named = [(dict(area) | {"name": TOLD, "name_en": TOLD}, shape) for area, shape in areas()]
    zone = [({"code": "Z1", "name": TOLD}, square(0, 0, 1000, 1000))]
    files = {
        "areas": write_geojson(folder / "areas.geojson", named),
        "grids": write_geojson(folder / "east.geojson", grids(west, name=TOLD, chief_phone=DIGITS)),
        "stations": write_csv(folder / "stations.csv", stations(2, **asked)),
        "people": write_geojson(folder / "people.geojson", [(home, square(310, 410, 330, 430))]),
        "resources": write_csv(folder / "resources.csv", [team | place]),
        "incidents": write_csv(folder / "incidents.csv", incidents(12, 内容=CASE)),
        "circles": write_geojson(folder / "circles.geojson", [({"name": TOLD}, square(0, 0, 500, 500))]),
    }
    for kind, path in files.items():
        more = ("--source", "test") if kind == "areas" else ()
        code, said = gridcircle(db, "import", kind, str(path), *more)
        assert code == 0, (kind, said)
    for kind in ("stations", "resources", "grids", "people"):  # what is masked is compared as masked
        again = json.loads(gridcircle(db, "import", kind, str(files[kind]), "--json")[1])
        assert (again["added"], again["changed"]) == (0, 0), kind
    orders = write_csv(folder / "orders.csv", [case | words])
    assert gridcircle(db, "cases", "import", str(orders))[0] == 0
    zones = write_geojson(folder / "zones.geojson", zone)
    for option in ("--name", "--department", "--kind"):
        hostile = {"--name": "N", "--department": "D", "--kind": "K", option: TOLD}
        assert gridcircle(db, "layers", "import", str(zones), *chain.from_iterable(hostile.items()))[0] == 1, option
    layer = ("--name", "N", "--department", "D", "--kind", "K")
    code, said = gridcircle(db, "layers", "import", str(zones), *layer)
    assert code == 0, said


def typed_into_requests(client: TestClient, db: Database, town: PlanTown) -> None:
    """Everything that can be said by HTTP."""
    admin, lonlat_ = bearer(db, "administrator"), lonlat(320, 420)
    station = {
        "name": TOLD,
        "kind": TOLD,
        "lonlat": lonlat_,
        "services": [TOLD],
        "address": TOLD,
        "phone": "11010519491231002X",
    }
    case = {
        "item": "0101",
        "occurred_at": "2026-02-01T09:00:00+08:00",
        "channel": "hotline",
        "text": CASE,
        "lonlat": lonlat_,
    }
    made = [
        client.post("/api/v1/stations", json=station, headers=admin),
        client.post(
            "/api/v1/incidents", json=case | {"address": CASE, "unit": CASE, "caller": "13913572468"}, headers=admin
        ),
        client.post("/api/v1/plans", json={"community": "990101001001", "note": TOLD}, headers=admin),
    ]
    assert [answer.status_code for answer in made] == [201] * 3, [answer.text for answer in made]
    case_id, plan = made[1].json()["id"], made[2].json()["id"]
    step = {"move": "dispatch", "unit": CASE, "reason": CASE}
    stepped = client.post(f"/api/v1/incidents/{case_id}/steps", json=step, headers=admin | {"If-Match": '"1"'})
    assert stepped.status_code == 200, stepped.text
    bridged = [unit_no(0, 0), unit_no(9, 9)]
    edits: list[dict[str, Any]] = [
        {"op": "rename", "grid": town.grid[0], "name": TOLD},
        {"op": "post", "grid": town.grid[0], "post": "chief", "is_filled": True, "duty_phone": "0999-5550116"},
        {"op": "bridge", "units": bridged, "reason": TOLD},
        {
            "op": "carve",
            "name": f"{TOLD}园",
            "polygon": [lonlat(x, y) for x, y in ((20, 20), (180, 20), (180, 180), (20, 180))],
        },
    ]
    refused = edit(client, admin, plan, 1, **(edits[1] | {"duty_phone": DIGITS}))
    assert (refused.status_code, DIGITS in refused.text) == (422, False)
    for version, body in enumerate(edits, start=1):
        done = edit(client, admin, plan, version, **body)
        assert done.status_code == 200, done.text
    version = len(edits) + 1
    proposed = client.post(f"/api/v1/plans/{plan}/propose", json={}, headers=admin | {"If-Match": f'"{version}"'})
    assert proposed.status_code == 200, proposed.text
    comment = client.post(f"/api/v1/plans/{plan}/comments", json={"grid": town.grid[0], "text": TOLD})
    assert comment.status_code == 201, comment.text
    judged = {"state": "shown", "answer": TOLD}
    shown = client.patch(f"/api/v1/plans/{plan}/comments/{comment.json()['id']}", json=judged, headers=admin)
    assert shown.status_code == 200, shown.text


@pytest.fixture
def client(app: FastAPI, db: Database, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "zh"}, raise_server_exceptions=False) as client:
        town = build_plan_town(db, tmp_path)
        typed_into_files(db, tmp_path)
        typed_into_requests(client, db, town)
        yield client


FILLED: dict[str, list[Any]] = {
    "layers": list(LAYERS), "z": [14], "ending": ["geojson", "gpkg", "csv", "xlsx"], "folder": ["x"], "version": ["x"],
}  # fmt: skip


def questions(document: dict[str, Any], db: Database) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, parameters) of everything that can be read, for everything there is."""
    lon, lat = lonlat(320, 420)
    known = {"lon": lon, "lat": lat, "q": "拨打", "by": "grid", "bbox": "103,40,104,41", "limit": 1000}
    with db.read() as conn:
        ids = {
            name: list(conn.execute(text(f"select id from {name}")).scalars()) for name in ("grid", "station", "plan")
        }
    x, y = tile_of(lon, lat, 14)
    filled = {**FILLED, **{f"{name}_id": found for name, found in ids.items()}, "x": [x], "y": [y]}
    for path, methods in document["paths"].items():
        if "get" not in methods or path == "/api/v1/events":
            continue
        names = re.findall(r"\{(\w+)(?::path)?\}", path)
        asked = [p for p in methods["get"].get("parameters", []) if p["in"] == "query"]
        query = {p["name"]: known[p["name"]] for p in asked if p["name"] in known}
        for p in asked:
            if p["required"] and p["name"] not in query:
                query[p["name"]] = p.get("schema", p).get("examples", ["1"])[0]
        for values in product(*(filled.get(name, [1]) for name in names)):
            address = path.format(**dict(zip(names, values, strict=True)))
            yield address, {}
            if query:
                yield address, query


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the web mercator tile of a place."""
    n = 2**z
    return int((lon + 180) / 360 * n), int((1 - asinh(tan(radians(lat))) / pi) / 2 * n)


def said_in(answer: httpx.Response) -> str:
    """All text of an answer, the signs that may break a number taken out."""
    content = answer.content
    if content.startswith(b"PK"):  # a spreadsheet is a zip
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(map(parts.read, parts.namelist()))
    return HIDDEN.sub("", content.decode("utf-8", "ignore"))


def test_nothing_of_a_person_comes_out_to_viewers_and_the_public(
    app: FastAPI, client: TestClient, db: Database
) -> None:
    name = f"窗口 {TOLD}"
    code, secret = gridcircle(db, "token", "create", "--name", name, "--role", "viewer", "--json")
    assert code == 0, secret
    viewer = {"Authorization": f"Bearer {re.findall(r'gc_[A-Za-z0-9_-]+|[A-Za-z0-9_-]{30,}', secret)[0]}"}
    assert client.get("/api/v1/me", headers=viewer).json()["role"] == "viewer"
    answered: set[str] = set()
    for path, query in questions(app.openapi(), db):
        for headers in ({}, viewer):
            answer = client.get(path, params=query, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, (path, query, answer.text)
            said = said_in(answer)
            leaked = [one for one in (*SECRETS, NAME) if one in said]
            assert not leaked, (path, query, leaked, said[:2000])
            if answer.status_code == 200 and "***" in said:
                answered.add(re.sub(r"\d+", "1", path))
    # the walk did pass where the texts are shown
    assert len(answered) > 8, answered
