"""A town of two square communities with four square grids each, and ways to write its files. Everything in metres."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import text

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.compute.project import Frame
from geo.imports.options import ImportOptions
from geo.imports.places import in_degrees
from geo.store.database import Database
from geo.store.tables import metadata

AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FRAME = Frame(103.2, 40.4)
SUBDISTRICT, WEST, EAST = "990101001000", "990101001001", "990101001002"

Box = tuple[float, float, float, float]
Feature = tuple[Mapping[str, Any], Any]

AREA_BOXES: dict[str, Box] = {SUBDISTRICT: (0, 0, 2000, 1000), WEST: (0, 0, 1000, 1000), EAST: (1000, 0, 2000, 1000)}


def square(*box: float) -> shapely.Geometry:
    """A box in metres from the town's south-west corner, as degrees."""
    return in_degrees(shapely.box(*box), FRAME)


def lonlat(x_m: float, y_m: float) -> tuple[float, float]:
    point = in_degrees(shapely.Point(x_m, y_m), FRAME)
    return point.x, point.y


def areas() -> list[Feature]:
    levels = {SUBDISTRICT: "subdistrict", WEST: "community", EAST: "community"}
    return [
        ({"level": levels[code], "code": code, "name": f"区{code[-3:]}", "parent_code": None}, square(*box))
        for code, box in AREA_BOXES.items()
    ]


def grid_boxes() -> dict[str, Box]:
    """Code -> box: four grids of 500 m in each community."""
    corners = [(0, 500), (500, 500), (0, 0), (500, 0)]
    return {
        f"{code}{number:03}": (x0 + x, y, x0 + x + 500, y + 500)
        for code, x0 in ((WEST, 0), (EAST, 1000))
        for number, (x, y) in enumerate(corners, start=1)
    }


def grids(boxes: Mapping[str, Box] | None = None, **more: Any) -> list[Feature]:
    return [
        ({"code": code, "name": f"网格{code[-3:]}", "kind": "basic", "community_code": code[:12], **more}, square(*box))
        for code, box in (boxes or grid_boxes()).items()
    ]


def write_geojson(path: Path, features: Sequence[Feature]) -> Path:
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": dict(properties),
                        "geometry": None if shape is None else shapely.geometry.mapping(shape),
                    }
                    for properties, shape in features
                ],
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )
    return path


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def stations(count: int, **changes: Any) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        lon, lat = lonlat(100 + 150 * number, 500)
        rows.append(
            {
                "id": f"S{number}",
                "name": f"驿站{number}",
                "kind": "canteen",
                "opening_hours": "Mo-Fr 08:30-17:30",
                "capacity": 10 + number,
                "lon": lon,
                "lat": lat,
                **changes,
            }
        )
    return rows


def incidents(count: int, **changes: Any) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        lon, lat = lonlat(50 + 90 * number, 300)
        rows.append(
            {
                "编号": f"I{number}",
                "发生时间": "2026-02-01 08:30",
                "类别": "路灯故障",
                "内容": "路灯不亮",
                "状态": "办理中",
                "经度": lon,
                "纬度": lat,
                **changes,
            }
        )
    return rows


def load(db: Database, folder: Path) -> None:
    """The areas and live grids of the town."""
    import_areas(db, write_geojson(folder / "areas.geojson", areas()), ImportOptions(), AT)
    import_grids(db, write_geojson(folder / "grids.geojson", grids()), ImportOptions(publish=True), AT)


def everything(db: Database) -> dict[str, list[str]]:
    """Every row of every table but the list of imports, counts made of other rows, how often something changed, and
    what figures keep of cases that went, as the database writes it.
    """
    with db.read() as conn:
        return {
            table.name: sorted(conn.execute(text(f"select t::text from {table.name} t")).scalars())
            for table in metadata.sorted_tables
            if table.name not in {"import_batch", "incident_square", "gone_case", "gone_step", "dispatch_change"}
        }
