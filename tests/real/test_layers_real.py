"""Sacramento's tracts made dirty in five ways come back clean: nothing lost, every change told, nobody uncounted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import geopandas
import numpy as np
import pytest
import shapely

from geo.actions.imports.import_people import import_people
from geo.actions.layers.audit_layers import audit_layers, cross_layers
from geo.actions.layers.import_layer import import_layer
from geo.compute.crosswalk import crosswalk
from geo.compute.layers.audit import moved_homes
from geo.compute.layers.clean import Cleaned, clean_layer, is_coverage
from geo.compute.layers.edges import Shapes, edges_of, located
from geo.compute.layers.overlap import overlaps
from geo.compute.layers.rebase import UnitGround, rebase
from geo.compute.layers.rings import mended
from geo.compute.project import Frame
from geo.imports.options import ImportOptions
from geo.layers import LayerWish
from geo.rules.layers import layer_rules
from geo.store.database import Database
from geo.units import NONE, FloatArray
from tests.dirty_layers import jittered, shifted, simplified, with_twin_rings
from tests.real_data import FOLDER, needs_real_data

pytestmark = needs_real_data

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
RULE = layer_rules().clean
SHAPEFILE = FOLDER / "sacramento" / "sacramentot2.shp"


class Tracts(NamedTuple):
    shapes: Shapes
    """(403,) in metres."""
    people: FloatArray
    homes_xy_m: FloatArray
    """Ten places in every tract, for a tenth of its people each."""
    people_of_home: FloatArray
    frame: Frame


@pytest.fixture(scope="module")
def tracts() -> Tracts:
    found = geopandas.read_file(SHAPEFILE)
    lonlat = np.asarray(found.geometry.values, dtype=object)
    frame = Frame.of(shapely.get_coordinates(lonlat))
    shapes = shapely.transform(lonlat, frame.to_xy_m)
    people = found["TOT_POP"].to_numpy(np.float64)
    rng = np.random.default_rng(7)
    homes = np.concatenate([_inside(shape, rng) for shape in shapes])
    return Tracts(shapes, people, homes, np.repeat(people / 10, 10), frame)


def _inside(shape: shapely.Geometry, rng: np.random.Generator) -> FloatArray:
    """Ten places in a shape, one of them within 3 m of its border where the shape is wide enough."""
    west, south, east, north = shape.bounds
    found = [shapely.get_coordinates(shapely.point_on_surface(shape))]
    while sum(map(len, found)) < 10:
        tried = rng.uniform((west, south), (east, north), (60, 2))
        found.append(tried[shapely.contains_xy(shape, *tried.T)])
    return np.concatenate(found)[:10]


def whole(shapes: Shapes) -> tuple[Shapes, dict[int, list[str]]]:
    """Rings in order, as an import does before it cleans; and what had to be done to which zone."""
    told: dict[int, list[str]] = {}
    found = []
    for k, shape in enumerate(shapes):
        good, done = mended(shape, RULE)
        assert good is not None, k
        found.append(good)
        if done:
            told[k] = list(done)
    return np.array(found, dtype=object), told


def dropped(shapes: Shapes) -> Shapes:
    """Twenty tracts gone, among them neighbours."""
    return np.delete(shapes, np.random.default_rng(3).choice(len(shapes), 20, replace=False))


def doubled(shapes: Shapes) -> Shapes:
    """Twelve parts in their tract a second time, and three whole tracts handed in twice."""
    rng = np.random.default_rng(4)
    return np.concatenate([with_twin_rings(shapes, rng.choice(len(shapes), 12, replace=False)), shapes[[5, 50, 300]]])


def moved(shapes: Shapes) -> Shapes:
    rng = np.random.default_rng(5)
    return shifted(shapes, rng.choice(len(shapes), 20, replace=False), rng)


WAYS: dict[str, Callable[[Shapes], Shapes]] = {
    # with this seed GEOS 3.14 gives all of one tract to its neighbour, at the rule's snapping distance
    "jitter": lambda shapes: jittered(shapes, np.random.default_rng(3)),
    "each simplified for itself": simplified,
    "pieces shifted": moved,
    "neighbours dropped": dropped,
    "rings and tracts doubled": doubled,
}


class Case(NamedTuple):
    drawn: Shapes
    mendings: dict[int, list[str]]
    found: Cleaned


@pytest.fixture(scope="module")
def case_of(tracts: Tracts) -> Callable[[str], Case]:
    """Each way once: GEOS takes some seconds."""

    @cache
    def made(way: str) -> Case:
        drawn, mendings = whole(WAYS[way](tracts.shapes))
        return Case(drawn, mendings, clean_layer(drawn, RULE))

    return made


CaseOf = Callable[[str], Case]


@pytest.mark.parametrize("way", WAYS)
def test_dirt_comes_off_and_nothing_else(way: str, tracts: Tracts, case_of: CaseOf) -> None:
    drawn, mendings, found = case_of(way)
    check_whole(drawn, found)
    check_told(drawn, found)
    if way == "rings and tracts doubled":
        assert sum("ring_twice" in done for done in mendings.values()) == 12
        assert found.twin_of[-3:].tolist() == [5, 50, 300]
        assert [change.kind for change in found.changes] == ["twin"] * 3
    if way == "neighbours dropped":
        assert len(found.gaps) > 10, "others lay at the edge, where nobody can say that they are missing"
        missing = shapely.difference(shapely.union_all(tracts.shapes), shapely.union_all(drawn))
        assert sum(gap.m2 for gap in found.gaps) < missing.area
        assert all(shapely.area(shapely.difference(gap.shape, missing)) < 1 for gap in found.gaps)
        assert found.changes == ()
    if way in ("jitter", "each simplified for itself"):
        true_m2 = shapely.area(tracts.shapes)
        assert (np.abs(shapely.area(found.shapes) - true_m2) / true_m2).max() < 0.02


def check_whole(drawn: Shapes, found: Cleaned) -> None:
    """A coverage with every zone in its place, whose areas sum up to the ground, which is what was drawn."""
    assert found.is_whole
    kept = found.twin_of == NONE
    assert len(found.shapes) == len(drawn)
    assert not shapely.is_empty(found.shapes[kept]).any()
    assert is_coverage(found.shapes)
    edges = edges_of(found.shapes)
    assert overlaps(edges, edges, 1e-3).m2.sum() == 0
    sum_m2 = shapely.area(found.shapes).sum()
    assert sum_m2 == pytest.approx(shapely.union_all(found.shapes).area, rel=1e-9)
    common = shapely.area(shapely.intersection(found.shapes[kept], drawn[kept])) / shapely.area(found.shapes[kept])
    assert common.min() > 0.9, "each is where it was drawn"


def check_told(drawn: Shapes, found: Cleaned) -> None:
    """Whatever changed by more than 1 % is listed with its figures, and nothing is listed that did not."""
    before, after = shapely.area(drawn), shapely.area(found.shapes)
    off = shapely.area(shapely.symmetric_difference(drawn, found.shapes))
    told = {change.zone: change for change in found.changes}
    assert set(np.flatnonzero(np.abs(after - before) > 0.01 * before).tolist()) <= told.keys()
    assert told.keys() == set(np.flatnonzero(off > 0.01 * before).tolist())
    for zone, change in told.items():
        assert (change.before_m2, change.after_m2) == (pytest.approx(before[zone]), pytest.approx(after[zone]))


@pytest.mark.parametrize("way", ["jitter", "each simplified for itself", "pieces shifted"])
def test_people_are_conserved_and_every_moved_home_listed(way: str, tracts: Tracts, case_of: CaseOf) -> None:
    drawn, _, found = case_of(way)
    clean, raw = edges_of(found.shapes), edges_of(drawn)
    zone, count = located(tracts.homes_xy_m, clean)
    listed = moved_homes(tracts.homes_xy_m, raw, clean)
    place, shape = shapely.STRtree(drawn).query(shapely.points(tracts.homes_xy_m), predicate="intersects")
    drawn_in: list[set[int]] = [set() for _ in zone]
    for p, s in zip(place.tolist(), shape.tolist(), strict=True):
        drawn_in[p].add(s)
    wanted = [
        k for k, (before, after) in enumerate(zip(drawn_in, zone.tolist(), strict=True)) if before != {after} - {NONE}
    ]
    assert listed.home.tolist() == wanted
    assert count.max() == 1
    truth = np.repeat(np.arange(len(tracts.shapes)), 10)
    table = crosswalk(truth, zone, tracts.people_of_home[:, None])
    assert table.amounts.sum() == pytest.approx(tracts.people.sum(), rel=1e-12)
    assert tracts.people.sum() == pytest.approx(1_796_857)
    strayed = table.amounts[table.is_move].sum() / tracts.people.sum()
    assert strayed < 0.005


def test_the_dirty_layer_rebased_on_the_true_tracts(tracts: Tracts, case_of: CaseOf) -> None:
    """Tracts as units: each goes back to itself, and shifted pieces raise no question below a tenth."""
    found = case_of("pieces shifted").found
    inside = shapely.get_coordinates(shapely.point_on_surface(tracts.shapes))
    units = UnitGround(edges_of(tracts.shapes), inside, shapely.area(tracts.shapes), tracts.people)
    rebased = rebase(units, edges_of(found.shapes), 0.9)
    assert rebased.zone_of_unit.tolist() == list(range(len(tracts.shapes)))
    assert rebased.questions.tolist() == []
    common = shapely.area(shapely.intersection(tracts.shapes, found.shapes)) / shapely.area(tracts.shapes)
    assert rebased.share_inside == pytest.approx(common, abs=1e-9)


def test_through_the_store(tracts: Tracts, db: Database, tmp_path: Path) -> None:
    """True tracts and dirty ones as two departments' layers: what was lost on the way would show in the crosswalk."""
    plain = ImportOptions()
    true = import_layer(db, SHAPEFILE, LayerWish("census", "bureau", "tract"), ImportOptions(crs="EPSG:4326"), AT)
    assert (true.added, [note.key for note in true.notes if note.key.startswith("layer")]) == (403, [])
    drawn = shapely.transform(doubled(jittered(tracts.shapes, np.random.default_rng(2))), tracts.frame.to_lonlat)
    codes = [f"T{k}" for k in range(len(drawn))]
    geopandas.GeoDataFrame({"code": codes}, geometry=drawn, crs=4326).to_file(tmp_path / "dirty.gpkg")
    dirty = import_layer(db, tmp_path / "dirty.gpkg", LayerWish("health", "clinic", "round"), plain, AT)
    keys = [note.key for note in dirty.notes]
    assert (dirty.read, dirty.added, dirty.rejected) == (406, 406, 0)
    assert (keys.count("layer_ring_twice"), keys.count("layer_twin")) == (12, 3)
    lonlat = tracts.frame.to_lonlat(tracts.homes_xy_m)
    rows = [
        f"{k},{x!r},{y!r},{n!r}"
        for k, ((x, y), n) in enumerate(zip(lonlat.tolist(), tracts.people_of_home.tolist(), strict=True))
    ]
    (tmp_path / "people.csv").write_text("\n".join(["id,lon,lat,residents", *rows]), encoding="utf-8")
    import_people(db, tmp_path / "people.csv", plain, AT)
    audit = audit_layers(db)
    assert audit.residents == pytest.approx(1_796_857)
    (pair,) = audit.pairs
    assert (
        pair.residents_both + pair.residents_only_a + pair.residents_only_b + pair.residents_neither
        == pytest.approx(audit.residents)
    )
    assert pair.kept_a_share is not None
    assert pair.kept_a_share > 0.995
    table = cross_layers(db, "census", "health").rows
    assert sum(row.residents for row in table) == pytest.approx(1_796_857)
