"""The fictional city: its sums, its ground, its streets, and what there is to find in it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo import hours
from geo.demo import write
from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.small import small_plan
from geo.rules.incident_categories import incident_categories
from tests.demo_city import DemoCity, Walks

ROOT = Path(__file__).parents[2]
BOUNDARIES = ROOT / "data" / "boundaries"
WORKERS = ("energy_station", "driver_station", "works_depot")
REACH_M = 1000.0


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return DemoCity(BOUNDARIES)


@pytest.fixture(scope="module")
def walks(city: DemoCity) -> Walks:
    return Walks(city)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    """The city of another seed: what holds by design holds there too."""
    folder = tmp_path_factory.mktemp("other")
    write.write_city(build_city(small_plan(), np.random.default_rng(7)), folder)
    return DemoCity(folder)


@pytest.fixture(params=["city", "other"])
def any_city(request: pytest.FixtureRequest) -> DemoCity:
    found: DemoCity = request.getfixturevalue(request.param)
    return found


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    sums = write.write_city(build_city(small_plan(), np.random.default_rng(DEFAULT_SEED)), tmp_path)
    assert set(sums) == set(write.FILES.values())
    for name in (*sums, write.CHECKSUMS):
        assert (tmp_path / name).read_bytes() == (BOUNDARIES / name).read_bytes(), f"{name}: run `gridcircle demo make`"


def test_checksums_are_true_and_nothing_else_lies_there() -> None:
    listed = dict(reversed(line.split()) for line in (BOUNDARIES / write.CHECKSUMS).read_text().splitlines())
    assert {file.name for file in BOUNDARIES.iterdir()} == {*listed, write.CHECKSUMS, "README.md"}
    for name, digest in listed.items():
        assert hashlib.sha256((BOUNDARIES / name).read_bytes()).hexdigest() == digest


def test_another_seed_is_another_city(city: DemoCity, other: DemoCity) -> None:
    for name in ("qinghe_buildings.geojson", "qinghe_stations.csv", "qinghe_grids.geojson"):
        assert (city.folder / name).read_bytes() != (other.folder / name).read_bytes()


def test_files_are_small_and_readable_line_by_line() -> None:
    sizes = [file.stat().st_size for file in BOUNDARIES.iterdir()]
    assert max(sizes) < 1_500_000
    assert sum(sizes) < 3_000_000
    for file in BOUNDARIES.glob("*.geojson"):
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") == text.count('{"type":"Feature",') + 2, "one feature a line"
        assert not re.search(r"\d\.\d{8}", text), "a centimetre is enough"


def test_sums_are_those_of_the_source(any_city: DemoCity) -> None:
    buildings = any_city.buildings
    assert len(buildings.tags) == 517
    assert buildings.column("residents").sum() == 68_000
    assert buildings.column("shops").sum() == 816
    assert buildings.column("unit_entrances").sum() == 1_381
    assert buildings.column("unit_entrances").min() >= 1
    assert len(any_city.grids.tags) == 60
    levels = any_city.areas.column("level").tolist()
    assert [levels.count(level) for level in ("province", "city", "district", "subdistrict", "community")] == [
        1,
        1,
        1,
        1,
        6,
    ]


def test_counts_of_a_building_are_possible(any_city: DemoCity) -> None:
    for tags in any_city.buildings.tags:
        assert 0 <= tags["elderly"] + tags["children"] <= tags["residents"]
        assert 0 < tags["households"] <= tags["residents"]
        assert 1 <= tags["floors"] <= 36


def test_more_elderly_in_the_old_core_more_children_in_the_new_estates(city: DemoCity) -> None:
    community = city.buildings.column("id").astype("U12")
    residents = city.buildings.column("residents")

    def share(key: str, code: str) -> float:
        mine = community == f"990101001{code}"
        return float(city.buildings.column(key)[mine].sum() / residents[mine].sum())

    assert share("elderly", "001") > 1.5 * share("elderly", "005")
    assert share("children", "005") > 1.5 * share("children", "001")


def test_grids_tile_communities_and_communities_the_subdistrict(any_city: DemoCity) -> None:
    grids, areas = any_city.grids, any_city.areas
    assert shapely.is_valid(grids.lonlat).all()
    assert shapely.coverage_is_valid(grids.lonlat)
    shape_of_code = dict(zip(areas.column("code"), areas.lonlat, strict=True))
    for code in set(grids.column("community_code")):
        mine = grids.lonlat[grids.column("community_code") == code]
        assert shapely.coverage_union_all(mine).equals(shape_of_code[code])
    communities = areas.where(lambda tags: tags["level"] == "community").lonlat
    assert shapely.coverage_is_valid(communities)
    assert shapely.coverage_union_all(communities).equals(shape_of_code["990101001000"])
    for tags in areas.tags:
        if tags["parent_code"]:
            assert shape_of_code[tags["parent_code"]].covers(shape_of_code[tags["code"]])


def test_codes_count_from_west_to_east_in_bands_from_north_to_south(any_city: DemoCity) -> None:
    codes = any_city.grids.column("code")
    assert all(re.fullmatch(r"990101\d{9}", code) for code in codes)
    east, north = shapely.get_coordinates(shapely.centroid(any_city.grids.xy)).T
    for community in np.unique(codes.astype("U12")):
        mine = np.flatnonzero(codes.astype("U12") == community)
        mine = mine[np.argsort(codes[mine])]
        assert [int(code[12:]) for code in codes[mine]] == list(range(1, len(mine) + 1))
        for before, after in pairwise(mine):
            assert east[after] > east[before] or north[after] < north[before]


def test_grids_are_of_a_size_to_walk(any_city: DemoCity) -> None:
    metres = np.sqrt(shapely.area(any_city.grids.xy))
    assert metres.min() > 130
    assert metres.max() < 420


def test_one_grid_is_overloaded_one_has_no_chief_one_is_special(any_city: DemoCity) -> None:
    households = np.bincount(any_city.grid_of_building(), any_city.buildings.column("households"))
    kind = any_city.grids.column("kind")
    assert (households[kind == "basic"] > 500).sum() == 1
    assert households.max() > 800
    assert households[kind == "basic"].min() >= 300
    assert households[kind == "special"].max() < 300
    assert (kind == "special").sum() == 1
    assert (~any_city.grids.column("chief_filled")).sum() == 1


def test_the_readme_names_what_there_is_to_find(city: DemoCity) -> None:
    readme = (BOUNDARIES / "README.md").read_text(encoding="utf-8")
    found = readme.split("## What there is to find")[1]
    codes = city.grids.column("code")
    households = np.bincount(city.grid_of_building(), city.buildings.column("households"))
    assert re.findall(r"`(\d{15})`", found) == [
        codes[np.argmax(households)],
        *codes[~city.grids.column("chief_filled")],
        *codes[city.grids.column("kind") == "special"],
    ]
    for name in write.FILES.values():
        assert f"`{name}`" in readme


def test_buildings_stand_clear_of_each_other_and_of_every_line(any_city: DemoCity) -> None:
    homes = any_city.buildings.xy
    assert shapely.is_valid(any_city.buildings.lonlat).all()
    first, second = shapely.STRtree(homes).query(homes, "dwithin", distance=2.0)
    assert (first == second).all(), "two metres between buildings"
    lines = shapely.STRtree([*any_city.streets.xy, *any_city.barriers.xy])
    assert lines.query(homes, "dwithin", distance=1.0).size == 0
    water = any_city.map.where(lambda tags: tags.get("natural") == "water").xy
    assert shapely.STRtree(water).query(homes, "dwithin", distance=20.0).size == 0
    any_city.grid_of_building()


def test_streets_hang_together(any_city: DemoCity) -> None:
    assert Walks(any_city).n_components() == 1
    kinds = set(any_city.streets.column("highway"))
    assert kinds >= {"primary", "secondary", "tertiary", "residential", "living_street", "pedestrian", "footway"}


def test_streets_meet_only_in_vertices(any_city: DemoCity) -> None:
    lines = any_city.streets.lonlat
    for i, j in shapely.STRtree(lines).query(lines, "intersects").T:
        if i < j:
            shared = set(map(tuple, shapely.get_coordinates(lines[i]).tolist())) & set(
                map(tuple, shapely.get_coordinates(lines[j]).tolist())
            )
            met = shapely.get_coordinates(shapely.intersection(lines[i], lines[j])).tolist()
            assert set(map(tuple, met)) <= shared, (any_city.streets.tags[i], any_city.streets.tags[j])


def test_few_ways_cross_railway_and_river_and_none_shares_a_node(city: DemoCity) -> None:
    rail = city.map.where(lambda tags: tags.get("railway") == "rail" and "name" in tags)
    river = city.map.where(lambda tags: tags.get("waterway") == "river")
    crossing_rail = {
        city.streets.tags[i]["name"] for i in shapely.STRtree(city.streets.xy).query(rail.xy, "intersects")[1]
    }
    assert crossing_rail == {"迎宾路", "桥东路", "东环路"}
    over = city.streets.where(lambda tags: "bridge" in tags)
    _, crossing = shapely.STRtree(city.streets.xy).query(river.xy, "intersects")
    assert {city.streets.tags[i].get("name") for i in crossing} == {"北环路", "建设街", "青河大街"}
    assert all(city.streets.tags[i]["bridge"] == "yes" for i in crossing)
    nodes = set(map(tuple, shapely.get_coordinates(over.lonlat).tolist()))
    for line in (*rail.lonlat, *river.lonlat):
        assert not nodes & set(map(tuple, shapely.get_coordinates(line).tolist()))


def test_every_compound_has_a_gate_and_no_way_runs_through_a_wall(any_city: DemoCity) -> None:
    walls = any_city.barriers.where(lambda tags: "barrier" in tags)
    assert shapely.STRtree(walls.xy).query(any_city.streets.xy, "intersects").size == 0
    ways = shapely.STRtree(any_city.streets.xy)
    compounds = any_city.map.where(lambda tags: tags.get("landuse") == "residential" and "name" in tags)
    assert len(compounds.tags) > 40
    for shape in compounds.xy:
        assert len(ways.query(shape.exterior, "intersects")) > 0
    walled = shapely.STRtree(walls.xy).query(compounds.xy, "dwithin", distance=0.5)[0]
    assert len(set(walled)) == len(compounds.tags)


def test_every_gate_stands_on_a_path_and_in_the_outline_of_its_compound(any_city: DemoCity) -> None:
    compounds = any_city.map.where(lambda tags: tags.get("landuse") == "residential" and "name" in tags)
    outlines = shapely.get_exterior_ring(compounds.xy)
    gate, compound = shapely.STRtree(outlines).query(any_city.gates.xy, "dwithin", distance=0.2)
    assert gate.tolist() == list(range(len(any_city.gates.tags)))
    assert len(set(compound)) > 0.9 * len(compounds.tags)
    vertices = set(map(tuple, shapely.get_coordinates(any_city.streets.lonlat).tolist()))
    assert set(map(tuple, shapely.get_coordinates(any_city.gates.lonlat).tolist())) <= vertices


def test_one_compound_lets_nobody_through_and_the_way_round_is_longer(city: DemoCity, walks: Walks) -> None:
    private = city.streets.where(lambda tags: tags.get("access") == "private")
    compound = city.map.where(lambda tags: tags.get("name") == "明珠小区").lonlat[0]
    assert shapely.intersects(compound, private.lonlat).all()
    ends = shapely.get_coordinates([line.boundary for line in private.lonlat])
    outside = ends[~shapely.contains_xy(compound, *ends.T)]
    assert len(outside) == 3
    through_m = walks.metres_between(outside)
    round_m = Walks(city, through_private=False).metres_between(outside)
    assert (round_m - through_m).max() > 250
    assert np.isfinite(round_m).all()


def test_steps_have_a_ramp_beside_them(any_city: DemoCity) -> None:
    (steps,) = any_city.streets.where(lambda tags: tags["highway"] == "steps").lonlat
    (ramp,) = any_city.streets.where(lambda tags: tags.get("name") == "湖滨坡道").lonlat
    assert {steps.coords[0], steps.coords[-1]} == {ramp.coords[0], ramp.coords[-1]}
    assert ramp.length > 3 * steps.length


def test_the_one_way_street_runs_north_all_along(any_city: DemoCity) -> None:
    oneway = any_city.streets.where(lambda tags: tags.get("oneway") == "yes")
    assert {tags["name"] for tags in oneway.tags} == {"文化路"}
    assert all(line.coords[0][1] < line.coords[-1][1] for line in oneway.lonlat)


def test_names_are_put_together_from_words_and_are_nobodys(city: DemoCity) -> None:
    words = tomllib.loads((ROOT / "geo" / "demo" / "words.toml").read_text(encoding="utf-8"))
    syllables = {entry[0] for key in words for entry in words[key] if isinstance(words[key], list)}
    lanes = {tags["name"] for tags in city.streets.tags if tags["highway"] in ("residential", "living_street")}
    for name in lanes:
        stem = name[:-1]
        halves = [(stem[:cut], stem[cut:]) for cut in range(1, len(stem))]
        assert name[-1] in "街路巷"
        assert stem in syllables or any(a in syllables and b in syllables for a, b in halves), name
    for tags in (*city.buildings.tags, *city.grids.tags):
        assert re.search(r"(号楼|号楼楼|楼|网格)$", tags["name"])
        assert not {"person", "contact", "leader", "holder"} & tags.keys()


def test_stations_have_hours_phones_and_addresses_that_hold(city: DemoCity) -> None:
    streets = {tags.get("name") for tags in city.streets.tags}
    assert [row["name"] for row in city.stations if not row["opening_hours"]] == ["铁南小区便民服务站"]
    for row in city.stations:
        if row["opening_hours"]:
            hours.validate(row["opening_hours"])
        assert re.fullmatch(r"0999-555\d{4}", row["phone"])
        found = re.fullmatch(r"青河市(\D+)\d+号", row["address"])
        assert found
        assert found[1] in streets
    said = " ".join(row["opening_hours"] for row in city.stations)
    assert all(part in said for part in ("Fr[2]", "24/7", "Sa 09:00-17:00", "Th 08:30-20:00", "-18:30", "11:30-13:30"))
    inside = city.areas.where(lambda tags: tags["level"] == "subdistrict").xy[0]
    assert inside.contains(city.station_points(city.stations)).all()


def test_entrances_are_not_in_buildings_and_reach_a_street(city: DemoCity, walks: Walks) -> None:
    for point in city.station_points(city.stations):
        assert len(walks.joins(point, within_m=30.0)[0]) > 0


def test_incidents_are_of_two_months_in_clusters_and_of_the_catalogue(city: DemoCity) -> None:
    assert len(city.incidents) == 300
    known = {category.name_zh for category in incident_categories().values()}
    first, last = datetime.fromisoformat("2026-09-01T00:00+08:00"), datetime.fromisoformat("2026-11-01T00:00+08:00")
    for row in city.incidents:
        assert row["类别"] in known
        assert first <= datetime.fromisoformat(row["发生时间"]) < last
    at = shapely.points([[float(row["经度"]), float(row["纬度"])] for row in city.incidents])
    grid = shapely.STRtree(city.grids.lonlat).query(at, "within")[1]
    per_grid = np.sort(np.bincount(grid, minlength=60))[::-1]
    assert per_grid[:10].sum() > 1.5 * 300 * 10 / 60, "the fullest sixth has far more than a sixth"


def test_a_pocket_lies_behind_the_railway(city: DemoCity, walks: Walks) -> None:
    homes = shapely.centroid(city.buildings.xy)
    residents = city.buildings.column("residents")
    serving = city.station_points([row for row in city.stations if row["kind"] not in WORKERS])
    on_foot_m = np.min([walks.metres(station, homes) for station in serving], axis=0)
    by_air_m = np.min([shapely.distance(homes, station) for station in serving], axis=0)
    assert np.isfinite(on_foot_m).all(), "every home reaches the streets"
    is_fooled = (on_foot_m > REACH_M) & (by_air_m <= REACH_M)
    south = city.buildings.column("id").astype("U12") == "990101001006"
    assert residents[is_fooled & south].sum() > 3_000
    assert by_air_m[is_fooled & south].min() < 150
    assert on_foot_m[is_fooled & south].max() > 1_300
    assert 0.85 < residents[on_foot_m <= REACH_M].sum() / 68_000 < 0.95
    assert (by_air_m <= REACH_M).all()


def test_the_map_puts_a_station_near_and_the_street_puts_it_far(city: DemoCity, walks: Walks) -> None:
    (station,) = [row for row in city.stations if row["name"] == "站前日间照料中心"]
    (door,) = city.station_points([station])
    homes = shapely.centroid(city.buildings.xy)
    by_air_m = shapely.distance(homes, door)
    nearest_across = int(
        np.argmin(np.where(city.buildings.column("id").astype("U12") == "990101001006", by_air_m, np.inf))
    )
    assert by_air_m[nearest_across] < 150
    assert walks.metres(door, homes[[nearest_across]])[0] > 20 * by_air_m[nearest_across]
