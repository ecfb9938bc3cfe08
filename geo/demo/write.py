"""The files of a city: GeoJSON with one feature per line, CSV, and their checksums."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import mapping

from geo.demo.city import City
from geo.demo.frame import shape_to_lonlat
from geo.demo.incidents import DATA_MIDNIGHT
from geo.demo.professionals import ASSIGNED_SINCE
from geo.rules.incident_categories import incident_categories

FILES: Final = {
    "areas": "qinghe_areas.geojson",
    "streets": "qinghe_streets.geojson",
    "people": "qinghe_buildings.geojson",
    "stations": "qinghe_stations.csv",
    "resources": "qinghe_resources.csv",
    "grids": "qinghe_grids.geojson",
    "incidents": "qinghe_incidents.csv",
}
"""Kind of import -> file, in the order in which they are loaded."""


CHECKSUMS: Final = "SHA256SUMS"
"""In the form that `sha256sum --check` reads."""


def write_city(city: City, folder: Path) -> dict[str, str]:
    """Write all files into a folder.

    Returns
    -------
    File name -> sha256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "areas": _geojson("areas", _areas(city)),
        "streets": _geojson("streets", _streets(city)),
        "people": _geojson("people", _people(city)),
        "stations": _csv(_stations(city)),
        "resources": _csv(_resources(city)),
        "grids": _geojson("grids", _grids(city)),
        "incidents": _csv(_incidents(city)),
    }
    sums = {FILES[kind]: hashlib.sha256(text.encode("utf-8")).hexdigest() for kind, text in texts.items()}
    for kind, text in texts.items():
        (folder / FILES[kind]).write_bytes(text.encode("utf-8"))
    lines = [f"{sums[name]}  {name}\n" for name in sorted(sums)]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return sums


Feature = tuple[Any, dict[str, Any]]
"""Shape in degrees and properties."""


def _geojson(name: str, features: Iterable[Feature]) -> str:
    head = {
        "type": "FeatureCollection",
        "name": f"qinghe_{name}",
        "about": {"data_date": DATA_MIDNIGHT.date().isoformat(), "fictional": True},
    }
    lines = [
        _json({"type": "Feature", "properties": properties, "geometry": mapping(shapely.orient_polygons(shape))})
        for shape, properties in features
    ]
    return _json(head).removesuffix("}") + ',"features":[\n' + ",\n".join(lines) + "\n]}\n"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _areas(city: City) -> Iterator[Feature]:
    for area in city.areas:
        yield (
            area.shape,
            {
                "level": area.level,
                "code": area.code,
                "name": area.name,
                "name_en": area.name_en,
                "parent_code": area.parent_code,
            },
        )


def _grids(city: City) -> Iterator[Feature]:
    posts = city.posts
    for i in sorted(range(len(posts.code)), key=posts.code.__getitem__):
        yield (
            city.grids_lonlat[i],
            {
                "code": posts.code[i],
                "name": posts.name[i],
                "kind": posts.kind[i],
                "community_code": posts.code[i][:12],
                "chief_filled": bool(posts.is_chief_filled[i]),
                "chief_phone": posts.chief_phone[i],
                "member_filled": bool(posts.is_member_filled[i]),
                "member_phone": posts.member_phone[i],
            },
        )


def _streets(city: City) -> Iterator[Feature]:
    lines = (*city.barriers, *city.ways)
    shapes = [*(land.shape for land in city.lands), *(way.line for way in lines), *city.gates]
    tags = [
        *(land.tags for land in city.lands),
        *(way.tags for way in lines),
        *({"barrier": "gate"} for _ in city.gates),
    ]
    return zip(shape_to_lonlat(shapes), tags, strict=True)


def _people(city: City) -> Iterator[Feature]:
    b = city.buildings
    number = 0
    last = -1
    for i, shape in enumerate(shape_to_lonlat(b.shapes)):
        plot = int(b.plot[i])
        number = number + 1 if plot == last else 1
        last = plot
        compound = city.compound_of_plot[plot]
        yield (
            shape,
            {
                "id": f"{city.posts.code[int(b.grid[i])]}-{i + 1:05d}",
                "name": f"{compound}{number}号楼" if compound else f"{city.addresses.of(b.shapes[i].centroid)}楼",
                "compound": compound,
                "floors": int(b.floors[i]),
                "households": int(b.households[i]),
                "residents": int(b.residents[i]),
                "elderly": int(b.elderly[i]),
                "children": int(b.children[i]),
                "shops": int(b.shops[i]),
                "unit_entrances": int(b.unit_entrances[i]),
                "head_filled": bool(b.is_head_filled[i]),
            },
        )


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    out = io.StringIO()
    rows = list(rows)
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _stations(city: City) -> Iterator[dict[str, Any]]:
    for row in city.stations:
        place, entrance = shape_to_lonlat(row.place), shape_to_lonlat(row.entrance)
        yield {
            "id": row.key, "name": row.name, "kind": row.kind, "services": row.services,
            "opening_hours": row.opening_hours, "address": row.address, "phone": row.phone, "capacity": row.capacity,
            "staff": row.staff,
            "lon": place.x, "lat": place.y, "entrance_lon": entrance.x, "entrance_lat": entrance.y,
        }  # fmt: skip


def _resources(city: City) -> Iterator[dict[str, Any]]:
    for row in city.resources:
        place = shape_to_lonlat(row.place)
        yield {
            "id": row.key, "name": row.name, "kind": row.kind, "services": row.services, "staff": row.staff,
            "duty_hours": row.duty_hours, "lon": place.x, "lat": place.y, "position_at": _moment(row.position_at),
            "grids": ";".join(row.grids), "assigned_since": ASSIGNED_SINCE if row.grids else "",
        }  # fmt: skip


def _incidents(city: City) -> Iterator[dict[str, Any]]:
    category = incident_categories()
    for row in city.incidents:
        place = shape_to_lonlat(row.place)
        yield {
            "编号": row.key, "发生时间": row.occurred_at.isoformat(), "类别": category[row.category].name_zh,
            "事项代码": row.item, "内容": row.text, "地址": row.address, "承办单位": row.unit or "",
            "派单时间": _moment(row.sent_at), "办结时间": _moment(row.closed_at),
            "状态": "办理中" if row.closed_at is None else "已办结", "经度": place.x, "纬度": place.y,
        }  # fmt: skip


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
