"""Tiles, decoded by GDAL: what is in them, at which zoom, for whom, and when they change."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import insert, text, update

from geo.publication import rule
from geo.store import street_tables, tables
from geo.store.database import Database
from geo.store.tiles import LAYERS, data_version, map_content
from tests.web.conftest import Bearer
from tests.web.world import AT, World, lonlat

EVERYTHING = ",".join(LAYERS)
MIDDLE = lonlat(1000, 500)


def address_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place."""
    x = (lon + 180) / 360 * 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
    return math.floor(x), math.floor(y)


def middle_of(x: int, y: int, z: int) -> tuple[float, float]:
    """The place in the middle of a tile."""
    lat = math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / 2**z)))
    return (x + 0.5) / 2**z * 360 - 180, math.degrees(lat)


Read = Callable[..., dict[str, gpd.GeoDataFrame]]


@pytest.fixture
def read(client: TestClient, tmp_path: Path) -> Read:
    """Layers of the tile at a place, by name, in lon/lat; shapes as they reach over the tile's border."""

    def get(
        layers: str = EVERYTHING,
        *,
        at: tuple[float, float] = MIDDLE,
        z: int = 14,
        headers: dict[str, str] | None = None,
    ) -> dict[str, gpd.GeoDataFrame]:
        x, y = address_of(*at, z)
        answer = client.get(f"/tiles/{layers}/{z}/{x}/{y}.mvt", headers=headers)
        if answer.status_code == 204:
            return {}
        assert answer.status_code == 200, answer.text
        file = tmp_path / str(z) / str(x) / f"{y}.mvt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.content)
        found = {name: pyogrio.read_dataframe(file, layer=name, CLIP="NO") for name, _ in pyogrio.list_layers(file)}
        return {name: table.set_crs(3857, allow_override=True).to_crs(4326) for name, table in found.items()}

    return get


def test_a_tile_holds_each_layer_asked_for_and_no_other(read: Read) -> None:
    assert set(read("grid,station")) == {"grid", "grid_label", "station"}
    assert set(read(EVERYTHING, at=lonlat(250, 500), z=13)) >= {"land", "street", "area", "grid", "station", "incident"}


def test_grids_tell_the_public_share_and_only_that(read: Read, world: World) -> None:
    grids = read("grid", z=12)["grid"].set_index("mvt_id")
    first, second, third, fourth = (grids.loc[number] for number in world.grid)
    public = rule()
    assert first["share_pct"] == 100, "all of them are covered"
    assert third["share_pct"] == 100 * public.part(847.25, 1204.5) // public.total(1204.5)  # type: ignore[operator]
    assert math.isnan(second["share_pct"]), "nine residents are too few for a figure"
    assert math.isnan(fourth["share_pct"]), "nobody lives there"
    assert set(grids.columns) <= {"code", "name", "kind", "share_pct", "geometry"}


def test_a_grid_lies_where_it_was_drawn(read: Read, world: World) -> None:
    shown = read("grid", z=12)["grid"].set_index("mvt_id").loc[world.grid[1]].geometry
    drawn = shapely.box(*lonlat(500, 0), *lonlat(1000, 1000))
    unit = 360 / 2**12 / 4096
    assert shown.hausdorff_distance(drawn) < 2 * unit


def test_the_name_of_a_grid_stands_in_one_tile_only(read: Read) -> None:
    z = 15
    corners = [address_of(*lonlat(x_m, y_m), z) for x_m in (0, 2000) for y_m in (0, 1000)]
    columns, rows = [x for x, _ in corners], [y for _, y in corners]
    assert max(columns) - min(columns) > 1, "the city must span several tiles for this to tell anything"
    names = []
    for x in range(min(columns), max(columns) + 1):
        for y in range(min(rows), max(rows) + 1):
            labels = read("grid", at=middle_of(x, y, z), z=z).get("grid_label")
            names += [] if labels is None else labels["name"].tolist()
    assert sorted(names) == ["第1网格", "第2网格", "第3网格", "第4网格"]


def test_the_public_gets_squares_and_a_dispatcher_points(read: Read, bearer: Bearer) -> None:
    squares = read("incident", at=lonlat(260, 520), z=13)["incident"]
    assert squares.geom_type.eq("Polygon").all()
    assert squares["n_class"].tolist() == [10]
    assert set(squares.columns) - {"mvt_id"} == {"n_class", "geometry"}
    points = read("incident", at=lonlat(260, 520), z=13, headers=bearer("dispatcher"))["incident"]
    assert points.geom_type.eq("Point").all()
    assert len(points) == 17
    assert set(points["state"]) == {"open", "closed"}
    seen_by_viewer = read("incident", at=lonlat(260, 520), z=13, headers=bearer("viewer"))["incident"]
    assert seen_by_viewer.geom_type.eq("Polygon").all()


def test_a_dispatcher_of_another_area_sees_no_points_outside_it(read: Read, bearer: Bearer) -> None:
    east = read("incident", at=lonlat(260, 520), z=13, headers=bearer("dispatcher", "990101001002"))
    assert len(east["incident"]) == 5


@pytest.mark.parametrize("z", range(11, 18))
def test_no_zoom_and_no_tile_border_breaks_a_square_open(read: Read, z: int) -> None:
    """Twelve incidents lie in one square, five in another: every tile that shows any shows the class of the twelve."""
    for east_m in (200, 250, 300):
        tile = read("incident", at=lonlat(east_m, 520), z=z)
        assert set(tile["incident"]["n_class"]) == {10} if "incident" in tile else z > 15
    for east_m in (1700, 1800, 1900):
        tile = read("incident", at=lonlat(east_m, 520), z=17)
        assert "incident" not in tile, "five are fewer than ten"


def test_a_square_cut_by_a_tile_border_is_counted_whole_on_both_sides(read: Read, db: Database) -> None:
    z, (lon, lat) = 17, MIDDLE
    edge = address_of(lon, lat, z)[0] / 2**z * 360 - 180
    beside = 4e-4
    with db.write() as conn:
        conn.execute(text("delete from incident"))
        for number in range(12):
            at = f"SRID=4326;POINT({edge + (beside if number % 2 else -beside)} {lat})"
            values = {"occurred_at": AT, "category": "x", "geom": at, "source": "cut", "source_key": str(number)}
            conn.execute(insert(tables.incident).values(**values))
        cells = conn.execute(text("select count(distinct lattice_cell(geom, :m)) from incident"), {"m": rule().cell_m})
        assert cells.scalar_one() == 1, "the border must run through one square for this to tell anything"
    for side in (-beside, beside):
        assert read("incident", at=(edge + side, lat), z=z)["incident"]["n_class"].tolist() == [10]


def test_tiles_and_api_show_the_same_squares(read: Read, client: TestClient) -> None:
    listed = client.get("/api/v1/incidents").json()["features"]
    drawn = read("incident", at=lonlat(260, 520), z=14)["incident"]
    assert [feature["properties"]["n_class"] for feature in listed] == drawn["n_class"].tolist()
    square = shapely.geometry.shape(listed[0]["geometry"])
    assert drawn.geometry.iloc[0].symmetric_difference(square).area < 0.05 * square.area


def test_far_out_small_streets_and_walls_are_left_out(read: Read, db: Database) -> None:
    with db.write() as conn:
        network = conn.execute(text("select id from street_network")).scalar_one()
        for number, highway in enumerate(("primary", "residential", "footway"), start=100):
            line = f"SRID=4326;LINESTRING({_place(200, 300)}, {_place(1800, 300 + number)})"
            conn.execute(
                insert(street_tables.street_piece).values(
                    network_id=network,
                    piece=number,
                    from_node=0,
                    to_node=1,
                    length_m=1600,
                    highway=highway,
                    is_walkable=True,
                    component_m=5000,
                    name=highway,
                    is_bridge=False,
                    is_tunnel=False,
                    geom=line,
                )
            )
    shown = {z: set(read("street", z=z).get("street", {"highway": []})["highway"]) for z in (7, 9, 12, 15)}
    assert "primary" not in shown[7]
    assert "primary" in shown[9]
    assert "residential" not in shown[9]
    assert {"primary", "residential"} <= shown[12]
    assert "footway" not in shown[12]
    assert "footway" in shown[15]


def _place(x_m: float, y_m: float) -> str:
    return "{:.8f} {:.8f}".format(*lonlat(x_m, y_m))


def test_closed_stations_and_retired_things_are_gone(read: Read, db: Database) -> None:
    assert sorted(read("station", z=12)["station"]["name"]) == ["东党群中心", "西党群中心"]
    with db.write() as conn:
        conn.execute(update(tables.station).values(retired_at=AT, updated_at=AT))
    assert read("station", z=12) == {}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/homes/10/1/1.mvt", 422),
        ("/tiles/street,,grid/10/1/1.mvt", 422),
        ("/tiles/grid,grid/10/1/1.mvt", 422),
        ("/tiles/grid/21/1/1.mvt", 422),
        ("/tiles/grid/-1/1/1.mvt", 422),
        ("/tiles/grid/x/1/1.mvt", 422),
        ("/tiles/grid/3/8/1.mvt", 404),
        ("/tiles/grid/3/1/8.mvt", 404),
        ("/tiles/grid/3/1/99999999999999999999.mvt", 422),
        ("/tiles/grid/3/1/1.mvt?cell_m=1", 422),
    ],
)
def test_addresses_that_are_no_tiles_are_refused_in_words(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_an_empty_tile_is_no_content_with_a_tag(client: TestClient) -> None:
    answer = client.get(f"/tiles/{EVERYTHING}/14/0/0.mvt")
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.headers["etag"]


def test_a_tile_is_sent_again_only_when_something_changed(client: TestClient, db: Database, bearer: Bearer) -> None:
    path = "/tiles/grid,station/12/{}/{}.mvt".format(*address_of(*lonlat(1000, 500), 12))
    first = client.get(path)
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": f'W/{first.headers["etag"]}, "x"'}).status_code == 304
    assert client.get(path, headers=tag | bearer("dispatcher")).status_code == 200, "staff see other things"
    with db.write() as conn:
        conn.execute(update(tables.station).values(name="新名", updated_at=AT.replace(year=2027)))
    assert client.get(path, headers=tag).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "insert into import_batch (kind, source, filename, sha256, actor, landed_at) values ('x','','','','',now())",
        "update coverage_run set is_current = false",
        "update plan set effective_to = now()",
        "update resource set position_at = position_at + interval '1 minute'",
        "update station set updated_at = updated_at + interval '1 minute'",
    ],
)
def test_the_version_follows_every_change_that_tiles_show(db: Database, world: World, change: str) -> None:
    with db.read() as conn:
        before = data_version(conn)
    with db.write() as conn:
        conn.execute(text(change))
    with db.read() as conn:
        assert data_version(conn) != before


def test_a_map_of_an_empty_database_looks_nowhere(db: Database) -> None:
    with db.read() as conn:
        content = map_content(conn)
    assert (content.bounds, content.is_fictional, content.shows_osm) == (None, False, False)


def test_the_map_knows_whose_data_it_shows(db: Database, world: World) -> None:
    with db.read() as conn:
        content = map_content(conn)
    assert content.is_fictional
    assert not content.shows_osm
    assert content.bounds == pytest.approx((*lonlat(0, 0), *lonlat(2000, 1000)), abs=1e-4)
    with db.write() as conn:
        conn.execute(text("update area set code = '15' || substr(code, 3)"))
        conn.execute(text("update street_network set source = 'baotou-OSM'"))
    with db.read() as conn:
        content = map_content(conn)
    assert (content.is_fictional, content.shows_osm) == (False, True)


def test_station_points_reach_over_the_border_so_that_symbols_are_whole(read: Read, db: Database) -> None:
    z = 16
    x, _ = address_of(*lonlat(1000, 500), z)
    east_edge = (x + 1) / 2**z * 360 - 180
    _, lat = lonlat(1000, 500)
    with db.write() as conn:
        conn.execute(
            update(tables.station)
            .where(tables.station.c.source_key == "0")
            .values(geom=f"SRID=4326;POINT({east_edge + 1e-5} {lat})")
        )
    assert len(read("station", z=z)["station"]) == 1
