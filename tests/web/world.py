"""A city of four grids, drawn in metres: every answer of the API about it is known before it is asked.

Two communities of 1 km by 1 km lie side by side, west and east, each cut into two grids of 500 m by 1,000 m. One street
runs through the middle of all of them from west to east; a station stands on it in the first grid and in the last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from geo.compute.project import Frame
from geo.compute.streets.network import build_network
from geo.store import tables
from geo.store.database import Database
from geo.store.streets import save_network
from geo.streets import Lands
from tests.drawn_streets import FRAME, NO_BARRIERS, lines_of

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""A Friday, 10:00 in the city."""

HOURS = "Mo-Fr 08:30-18:30; Sa 09:00-17:00"
CITY, DISTRICT, SUBDISTRICT = "990100000000", "990101000000", "990101001000"
WEST, EAST = "990101001001", "990101001002"


@dataclass
class World:
    """Numbers (ids) of what is in the city."""

    area: dict[str, int] = field(default_factory=dict)
    """By code."""
    grid: list[int] = field(default_factory=list)
    """From west to east."""
    station: list[int] = field(default_factory=list)
    """Near the western end, near the eastern end, closed for good."""
    run: int = 0
    plan: list[int] = field(default_factory=list)


def lonlat(x_m: float, y_m: float, frame: Frame = FRAME) -> tuple[float, float]:
    """Degrees of a place drawn in metres."""
    lon, lat = frame.to_lonlat(_array(x_m, y_m))[0]
    return float(lon), float(lat)


def _array(x_m: float, y_m: float) -> Any:
    import numpy as np

    return np.array([[x_m, y_m]], dtype=float)


def point(x_m: float, y_m: float) -> str:
    lon, lat = lonlat(x_m, y_m)
    return f"SRID=4326;POINT({lon:.9f} {lat:.9f})"


def box(west_m: float, south_m: float, east_m: float, north_m: float) -> str:
    corners = [(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m), (west_m, south_m)]
    ring = ", ".join("{:.9f} {:.9f}".format(*lonlat(*corner)) for corner in corners)
    return f"SRID=4326;MULTIPOLYGON((({ring})))"


def _add(conn: Connection, table: Any, **values: Any) -> int:
    return int(conn.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


def _areas(conn: Connection, world: World) -> None:
    parent: int | None = None
    for level, code, name, name_en in (
        ("city", CITY, "青河市", "Qinghe"),
        ("district", DISTRICT, "青山区", None),
        ("subdistrict", SUBDISTRICT, "河西街道", None),
    ):
        parent = _area(conn, level, code, name, parent, box(0, 0, 2000, 1000), name_en)
        world.area[code] = parent
    world.area[WEST] = _area(conn, "community", WEST, "西社区", parent, box(0, 0, 1000, 1000))
    world.area[EAST] = _area(conn, "community", EAST, "东社区", parent, box(1000, 0, 2000, 1000))


def _area(
    conn: Connection, level: str, code: str, name: str, parent: int | None, geom: str, name_en: str | None = None
) -> int:
    values = {"level": level, "code": code, "name": name, "name_en": name_en, "parent_id": parent, "geom": geom}
    return _add(conn, tables.area, **values, source="drawn", source_key=code)


def _grids(conn: Connection, world: World) -> None:
    for number in range(4):
        community = world.area[WEST if number < 2 else EAST]
        if number % 2 == 0:
            begin = AT - timedelta(days=300)
            plan = {"community_id": community, "state": "published", "effective_from": begin, "created_at": begin}
            world.plan.append(_add(conn, tables.plan, **plan))
        grid = _add(conn, tables.grid, community_id=community)
        world.grid.append(grid)
        key = {"plan_id": world.plan[-1], "grid_id": grid}
        shape = box(500 * number, 0, 500 * (number + 1), 1000)
        code = f"{WEST if number < 2 else EAST}{number % 2 + 1:03d}"
        named = {"code": code, "name": f"第{number + 1}网格", "kind": "basic", "geom": shape}
        conn.execute(insert(tables.plan_grid).values(**key, **named))
        conn.execute(
            insert(tables.plan_post),
            [
                {**key, "post": "chief", "is_filled": number != 3, "duty_phone": f"0999-555010{number}"},
                {**key, "post": "member", "is_filled": True, "duty_phone": None},
            ],
        )


def _stations(conn: Connection, world: World) -> None:
    for number, (x_m, name, hours, retired_at) in enumerate(
        [(250, "西党群中心", HOURS, None), (1750, "东党群中心", None, None), (1000, "旧站", HOURS, AT)]
    ):
        values = {"name": name, "kind": "party_mass_centre", "services": ["休息", "咨询"], "opening_hours": hours}
        told = {"phone": "0999-5550100", "address": "一街1号", "capacity": 30, "updated_at": AT}
        where = {"geom": point(x_m, 500), "source": "drawn", "source_key": str(number), "retired_at": retired_at}
        world.station.append(_add(conn, tables.station, **values, **told, **where))


def _streets(conn: Connection) -> None:
    import shapely

    network = build_network(lines_of({"way": [(0, 500), (2000, 500)], "name": "一街"}))
    garden = shapely.box(*lonlat(100, 100), *lonlat(200, 200))
    lands = Lands(wkb=[shapely.to_wkb(garden)], kind=["compound"], name=["一家园"])
    save_network(
        conn, network, NO_BARRIERS, lands, source="drawn", network_date=date(2026, 6, 1), import_id=None, at=AT
    )


def _incidents(conn: Connection) -> None:
    for number in range(17):
        x_m = 260 if number < 12 else 1800  # twelve in one square, five in another
        told = {
            "occurred_at": AT - timedelta(days=number),
            "category": "堆物",
            "state": "open" if number % 2 else "closed",
            "stage": "filed" if number % 2 else "closed",
        }
        text = {"text": f"第{number}件", "geom": point(x_m, 520), "source": "drawn", "source_key": str(number)}
        _add(conn, tables.incident, **told, **text)


def _resources(conn: Connection) -> None:
    values = {"name": "巡逻一队", "kind": "patrol", "services": ["巡逻"], "position_at": AT}
    _add(conn, tables.resource, **values, geom=point(600, 500), source="drawn", source_key="1")


FIGURES: dict[str, tuple[float, float]] = {
    "grid 0": (1136.0, 1136.0),
    "grid 1": (9.0, 3.0),
    "grid 2": (1204.5, 847.25),
    "grid 3": (0.0, 0.0),
    WEST: (1145.0, 1139.0),
    EAST: (1204.5, 847.25),
    SUBDISTRICT: (2349.5, 1986.25),
    DISTRICT: (2349.5, 1986.25),
    CITY: (2349.5, 1986.25),
    "all": (2400.0, 1986.25),
}
"""Residents, and how many of them are covered."""


def add_run(conn: Connection) -> int:
    """A run that is the current one, without figures."""
    return _add(
        conn,
        tables.coverage_run,
        inputs_hash="f" * 64,
        method="network",
        mode="planning",
        surface="dry",
        speed_m_s=1000 / 900,
        minutes=15,
        cutoff_ds=9000,
        max_connector_m=200,
        air_circle_m=1000,
        pen_m=40,
        network_date=date(2026, 6, 1),
        data_date=date(2026, 6, 2),
        computed_at=AT,
        is_current=True,
    )


def _coverage(conn: Connection, world: World) -> None:
    world.run = add_run(conn)
    levels = {CITY: "city", DISTRICT: "district", SUBDISTRICT: "subdistrict", WEST: "community", EAST: "community"}
    for what, (residents, covered) in FIGURES.items():
        add_figure(
            conn,
            world.run,
            levels.get(what, what.split(" ")[0]),
            area_id=world.area.get(what),
            grid_id=world.grid[int(what[-1])] if what.startswith("grid") else None,
            residents=residents,
            covered=covered,
        )
    reach = {"street_m": 2000.0, "area_m2": 180_000.0, "residents_reached": 1136.0, "residents_in_air_circle": 1145.0}
    shape = {"run_id": world.run, "station_id": world.station[0], "geom": box(0, 460, 1250, 540)}
    conn.execute(insert(tables.circle).values(**shape, **reach))


def add_figure(
    conn: Connection,
    run_id: int,
    level: str,
    *,
    area_id: int | None,
    grid_id: int | None,
    residents: float,
    covered: float,
    elderly: float | None = None,
) -> None:
    """One row of figures; a fifth of the people are elderly and a tenth children unless told otherwise."""
    elderly = residents / 5 if elderly is None else elderly
    conn.execute(
        insert(tables.coverage_figure).values(
            run_id=run_id,
            level=level,
            area_id=area_id,
            grid_id=grid_id,
            homes=round(residents / 20),
            households=residents / 3,
            residents=residents,
            residents_covered=covered,
            residents_in_air_circle=residents,
            residents_no_street=0,
            residents_outside_streets=0,
            elderly=elderly,
            elderly_covered=min(elderly, covered),
            children=residents / 10,
            children_covered=covered / 10,
        )
    )


def build(db: Database) -> World:
    """Everything at once."""
    world = World()
    with db.write() as conn:
        _areas(conn, world)
        _grids(conn, world)
        _stations(conn, world)
        _streets(conn)
        _incidents(conn)
        _resources(conn)
        _coverage(conn, world)
    return world
