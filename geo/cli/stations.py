"""``gridcircle stations``: add, edit and close a station by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from shapely.geometry import Point

from geo.actions.stations.add_station import add_station
from geo.actions.stations.close_station import close_station
from geo.actions.stations.edit_station import edit_station
from geo.cli.output import Json, answer, language
from geo.cli.session import open_database
from geo.imports.stations import kind_of
from geo.imports.values import list_of
from geo.rules.import_limits import import_limits
from geo.settings import Settings
from geo.stations import Station
from geo.store import stations
from geo.store.database import Database
from geo.words import sentence

stations_app = typer.Typer(no_args_is_help=True, help="Stations by hand. / 手工维护站点。")

Place = Annotated[tuple[float, float] | None, typer.Option(metavar="LON LAT", help="In degrees. / 经度 纬度。")]
Name = Annotated[str | None, typer.Option(help="Name. / 名称。")]
Kind = Annotated[str | None, typer.Option(help="Kind, by key or name. / 类型。")]
Services = Annotated[str | None, typer.Option(help="Services, separated by ;. / 服务项目，用；分隔。")]
Hours = Annotated[str | None, typer.Option(help="Opening hours, e.g. Mo-Fr 08:30-17:30. / 开放时间。")]
Address = Annotated[str | None, typer.Option(help="Address. / 地址。")]
Phone = Annotated[str | None, typer.Option(help="Phone. / 电话。")]
Capacity = Annotated[int | None, typer.Option(min=0, help="How many it can serve at once. / 容量。")]
Staff = Annotated[int | None, typer.Option(min=0, help="Persons on duty, a count. / 在岗人数。")]
Version = Annotated[int | None, typer.Option(help="Refuse if it is no longer this version. / 版本号。")]
StationId = Annotated[int, typer.Argument(help="Its number. / 站点编号。")]


@stations_app.command()
def add(  # noqa: PLR0913, PLR0917 -- one parameter an option
    name: Annotated[str, typer.Option(help="Name. / 名称。")],
    kind: Annotated[str, typer.Option(help="Kind, by key or name. / 类型。")],
    place: Annotated[tuple[float, float], typer.Option(metavar="LON LAT", help="In degrees. / 经度 纬度。")],
    entrance: Place = None,
    services: Services = None,
    opening_hours: Hours = None,
    address: Address = None,
    phone: Phone = None,
    capacity: Capacity = None,
    staff: Staff = None,
    as_json: Json = False,
) -> None:
    """Add a station."""
    told: dict[str, Any] = {"name": name, "kind": kind, "geom": place, "entrance": entrance, "services": services}
    told |= {"opening_hours": opening_hours, "address": address, "phone": phone, "capacity": capacity}
    told["staff"] = staff
    with open_database() as db:
        station = add_station(db, _values(told), uuid4(), _now())
    _answer("station_added", station, as_json=as_json)


@stations_app.command()
def edit(  # noqa: PLR0913, PLR0917 -- one parameter an option
    station_id: StationId,
    name: Name = None,
    kind: Kind = None,
    place: Place = None,
    entrance: Place = None,
    services: Services = None,
    opening_hours: Hours = None,
    address: Address = None,
    phone: Phone = None,
    capacity: Capacity = None,
    staff: Staff = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Change what is named; the rest stays. An empty text clears a field."""
    told: dict[str, Any] = {"name": name, "kind": kind, "geom": place, "entrance": entrance, "services": services}
    told |= {"opening_hours": opening_hours, "address": address, "phone": phone, "capacity": capacity}
    told["staff"] = staff
    with open_database() as db:
        known = _version(db, station_id, version)
        station = edit_station(db, station_id, _values(told), known, _now())
    _answer("station_edited", station, as_json=as_json)


@stations_app.command()
def close(station_id: StationId, version: Version = None, as_json: Json = False) -> None:
    """Close a station for good; it stays in the records."""
    with open_database() as db:
        with db.read() as conn:
            station = stations.get(conn, station_id)
        close_station(db, station_id, version or station.version, _now())
    _answer("station_closed", station, as_json=as_json)


def _now() -> datetime:
    return datetime.now(ZoneInfo(Settings().timezone))


def _version(db: Database, station_id: int, version: int | None) -> int:
    with db.read() as conn:
        return version or stations.get(conn, station_id).version


def _values(told: dict[str, Any]) -> dict[str, Any]:
    """What was said, as columns of the store. Nothing said: not there; an empty text: null."""
    values = {name: value if value != "" else None for name, value in told.items() if value is not None}
    for name in ("geom", "entrance"):
        if name in values:
            values[name] = Point(values[name])
    if values.get("kind"):
        values["kind"] = kind_of(values["kind"])
    if "services" in values:
        values["services"] = list_of(values["services"] or "", import_limits().longest_name)
    return values


def _answer(key: str, station: Station, *, as_json: bool) -> None:
    data: dict[str, Any] = {field: getattr(station, field) for field in station.__dataclass_fields__}
    data["point"] = [station.point.x, station.point.y]
    data["entrance"] = [station.entrance.x, station.entrance.y] if station.entrance else None
    answer(data, [sentence(key, language(), id=station.id, name=station.name)], as_json=as_json)
