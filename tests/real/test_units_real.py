"""A real town cut into units: every place in exactly one, no building cut, borders where streets are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import insert

from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_streets import import_streets
from geo.actions.work.cut_units import CutUnits, cut_units
from geo.compute.fabric.fault import fault_of
from geo.compute.fabric.rings import shapes_of
from geo.compute.project import Frame
from geo.imports.options import ImportOptions
from geo.imports.places import in_degrees, in_metres
from geo.rules.units import unit_rule
from geo.store.database import Database
from geo.store.tables import home
from geo.store.unit_sources import street_shapes
from tests.real_data import FOLDER, needs_real_data
from tests.small_town import write_geojson

pytestmark = needs_real_data

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
CODE = "990101001001"
TOWNS = {
    "las_palmas": (FOLDER / "las_palmas" / "las_palmas.osm.pbf", (-15.4305, 28.1235)),
    "reykjavik": (FOLDER / "reykjavik" / "reykjavik.osm.pbf", (-21.93, 64.143)),
}
SIDE_M, N_BUILDINGS, BUILDING_M, CLEAR_M = 1200.0, 300, 12.0, 12.0


def buildings_beside(streets: np.ndarray, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Squares in metres that no street touches and that touch no other."""
    near = shapely.STRtree(np.array([in_metres(line, frame) for line in streets], dtype=object))
    half = SIDE_M / 2 - CLEAR_M
    places = shapely.points(rng.uniform(-half, half, (40 * N_BUILDINGS, 2)))
    squares = shapely.buffer(places, BUILDING_M / 2, cap_style="square")
    is_free = np.ones(len(squares), np.bool_)
    is_free[near.query(squares, "dwithin", CLEAR_M)[0]] = False
    kept: list[shapely.Geometry] = []
    for one in squares[is_free]:
        if len(kept) < N_BUILDINGS and (not kept or shapely.distance(one, np.array(kept)).min() > 2):
            kept.append(one)
    return np.array(kept, dtype=object)


@pytest.fixture(params=sorted(TOWNS))
def cut(request: pytest.FixtureRequest, db: Database, tmp_path: Path) -> tuple[CutUnits, np.ndarray, Frame]:
    path, middle = TOWNS[request.param]
    frame = Frame(*middle)
    half = SIDE_M / 2
    square = in_degrees(shapely.box(-half, -half, half, half), frame)
    told = {"level": "community", "code": CODE, "name": "中心社区", "parent_code": None}
    import_areas(db, write_geojson(tmp_path / "areas.geojson", [(told, square)]), ImportOptions(source="test"), AT)
    import_streets(db, path, ImportOptions(), AT)
    with db.write() as conn:
        streets = street_shapes(conn, unit_rule().streets, square)
        built = buildings_beside(streets, frame, np.random.default_rng(7))
        conn.execute(insert(home), [_home(number, in_degrees(shape, frame)) for number, shape in enumerate(built)])
    return cut_units(db, [CODE], AT)[0], built, frame


def _home(number: int, shape: shapely.Geometry) -> dict[str, object]:
    counts = {"households": 4.0, "residents": 10.0, "elderly": 1.0, "children": 1.0}
    shapes = {"geom": f"SRID=4326;{shape.wkt}", "start": f"SRID=4326;{shape.centroid.wkt}"}
    return {"kind": "building", **shapes, **counts, "source": "test", "source_key": str(number)}


def test_it_is_cut_without_gap_overlap_or_a_cut_building(cut: tuple[CutUnits, np.ndarray, Frame]) -> None:
    units, built, frame = cut
    assert fault_of(units.fabric) is None
    n = units.report["units"]
    shapes = shapes_of(units.fabric, np.arange(n), n)
    assert shapely.coverage_is_valid(shapely.get_parts(shapes))
    ground = units.community.shape
    # where a unit's corner comes to lie on the community's border, that bends by a ten-millionth of a degree at most
    assert shapely.area(shapes).sum() == pytest.approx(ground.area, abs=1e-7 * ground.length)
    assert len(built) == N_BUILDINGS == units.report["buildings"]
    assert units.report["buildings_cut"] == 0
    in_m = np.array([in_metres(shape, frame) for shape in shapes], dtype=object)
    building, unit = shapely.STRtree(in_m).query(built, "intersects")
    shared_m2 = shapely.area(shapely.intersection(built[building], in_m[unit]))
    whole = shared_m2 > 0.999 * BUILDING_M**2
    assert np.bincount(building[whole], minlength=len(built)).tolist() == [1] * len(built)
    assert units.report["street_share"] > 0.3
    assert n > 100
