"""Thousands of random edits of drafts, on a drawn town and on real census tracts: nothing is lost, nothing overlaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from geo.areas import Area
from geo.compute.fabric.edges import edges_of
from geo.compute.fabric.rings import shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.compute.plans.edits import edited
from geo.compute.plans.rows import arc_rows, delta_of, draft_of, rows_of, stepped, turned
from geo.compute.units.cut import cut_units
from geo.compute.units.kinds import kinds_of_arcs
from geo.drafts import BORDER_KINDS, CodeBook, Draft, DraftGrid
from geo.errors import BadGeometry, BadMove, GridcircleError
from geo.plan_ops import Carve, Change, Move, Rename, SetPost, Split
from geo.plan_rows import PlanRows
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.rules.units import unit_rule
from geo.units import E7, NONE
from tests.fitting import fits
from tests.plan_towns import RESIDENTS, N, drawn_community, drawn_rows
from tests.plan_worlds import World, same
from tests.pure.test_unit_borders import TOWNS
from tests.pure.test_unit_cut import drawn as drawn_at
from tests.pure.test_unit_cut import line as street
from tests.pure.test_unit_cut import turned as house
from tests.real_data import FOLDER, needs_real_data
from tests.small_town import WEST, lonlat

TRACTS = FOLDER / "sacramento" / "sacramentot2.shp"


def drawn_world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    places = np.array([lonlat(x, y) for x, y in rng.uniform(0, N * 100, (200, 2))])
    return World(drawn_community(), drawn_rows(), places, np.full(200, RESIDENTS), rng)


def tracts_world(seed: int, n_tracts: int) -> World:
    """The 403 census tracts, or those about the middle, as units, put into about twenty grids."""
    geopandas = pytest.importorskip("geopandas")
    rng = np.random.default_rng(seed)
    shapes = np.array(geopandas.read_file(TRACTS).geometry.values)
    middle = shapely.union_all(shapely.centroid(shapes)).centroid
    shapes = shapes[np.sort(np.argsort(shapely.distance(shapes, middle), kind="stable")[:n_tracts])]
    shapes = shapely.transform(shapes, lambda places: np.rint(places * 1e7) / 1e7)
    fabric = fabric_of(shapes)
    is_edge = (fabric.left == NONE) | (fabric.right == NONE)
    kinds = np.where(is_edge, BORDER_KINDS.index("community"), BORDER_KINDS.index("plot")).astype(np.int32)
    arcs = dict(enumerate(arc_rows(fabric, kinds, list(range(len(shapes))))))
    whole = shapely.coverage_union_all(shapes)
    community = Area(1, "community", "990101001001", "tracts", None, None, whole, "test", "1")
    grid_of_unit = grown(fabric.left, fabric.right, len(shapes), 20, rng)
    grids = {
        1 + n: DraftGrid(1 + n, f"990101001001{n + 1:03}", f"g{n}", "basic", {}) for n in set(grid_of_unit.tolist())
    }
    rows = PlanRows(
        arcs, {unit: 1 + int(grid) for unit, grid in enumerate(grid_of_unit)}, grids, len(arcs), len(shapes)
    )
    places = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return World(community, rows, places, rng.integers(0, 5000, len(shapes)).astype(float), rng)


def grown(left: np.ndarray, right: np.ndarray, n: int, n_grids: int, rng: np.random.Generator) -> np.ndarray:
    """Grids grown from random units, each in one piece."""
    neighbours: dict[int, set[int]] = {unit: set() for unit in range(n)}
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        if NONE not in (one, other):
            neighbours[one].add(other)
            neighbours[other].add(one)
    grid = np.full(n, NONE)
    seeds = rng.choice(n, n_grids, replace=False)
    grid[seeds] = np.arange(n_grids)
    waiting = seeds.tolist()
    while waiting:
        unit = waiting.pop(int(rng.integers(len(waiting))))
        for other in neighbours[unit]:
            if grid[other] == NONE:
                grid[other] = grid[unit]
                waiting.append(other)
    assert (grid != NONE).all()
    return grid


@pytest.mark.parametrize("seed", range(10))
def test_random_edits_of_a_drawn_town(seed: int) -> None:
    world = drawn_world(seed)
    walk(world, 200)
    assert world.done > 60
    assert world.refused > 20


@needs_real_data
@pytest.mark.parametrize(("seed", "n_tracts", "n_steps"), [(0, 403, 50), (1, 150, 190)])
def test_random_edits_of_real_tracts(seed: int, n_tracts: int, n_steps: int) -> None:
    world = tracts_world(seed, n_tracts)
    walk(world, n_steps)
    assert world.done > n_steps // 3


def cut_world(area: Area, shape: shapely.Geometry, met: np.ndarray, drawing: dict[str, Any], seed: int) -> World:
    """A community cut into units by itself, and these put into some grids."""
    rng = np.random.default_rng(seed)
    units = cut_units(shape, drawing["lines"], drawing["buildings"], unit_rule(), met)
    kinds = kinds_of_arcs(units.fabric, drawing["lines"], 0.5)
    arcs = dict(enumerate(arc_rows(units.fabric, kinds, list(range(len(units.shapes))))))
    grid_of_unit = grown(units.fabric.left, units.fabric.right, len(units.shapes), 3, rng)
    grids = {1 + n: DraftGrid(1 + n, f"{WEST}{n + 1:03}", f"g{n}", "basic", {}) for n in set(grid_of_unit.tolist())}
    of_unit = {unit: 1 + int(grid) for unit, grid in enumerate(grid_of_unit)}
    rows = PlanRows(arcs, of_unit, grids, len(arcs), len(units.shapes))
    places = shapely.get_coordinates(shapely.point_on_surface(units.shapes))
    return World(replace(area, shape=shape), rows, places, np.full(len(places), 10.0), rng)


@pytest.mark.parametrize("town", TOWNS)
def test_neighbours_that_are_cut_and_edited_by_themselves_fit_to_the_last_digit(town: list[shapely.Geometry]) -> None:
    """Whatever is drawn, in one community or in the other."""
    shapes = np.array([drawn_at(shape) for shape in town], dtype=object)
    streets = [
        street((90, -30), (110, 440)),
        street((-30, 120), (460, 131), (-30, 330)),
        street((203.5, 7.1), (180, 190)),
    ]
    houses = [house(x, y, 17, 12, x + y) for x in range(5, 400, 45) for y in range(15, 400, 40)]
    drawing = {"lines": {"street": np.array(streets, dtype=object)}, "buildings": np.array(houses, dtype=object)}
    worlds = [
        cut_world(drawn_community(), shape, shapely.get_coordinates(np.delete(shapes, i)), drawing, i)
        for i, shape in enumerate(shapes)
    ]
    begun = [outer_places(world.draft()) for world in worlds]
    for _ in range(60):
        for world in worlds:
            world.step()
    drafts = [world.draft() for world in worlds]
    assert [outer_places(draft) for draft in drafts] == begun
    assert min(world.done for world in worlds) > 15
    fits([shapes_of(draft.fabric, np.arange(len(draft.unit_no)), len(draft.unit_no)) for draft in drafts])
    fits([shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids)) for draft in drafts])


def outer_places(draft: Draft) -> set[tuple[int, ...]]:
    edges, _ = edges_of(draft.fabric)
    is_outer = (edges.left == NONE) | (edges.right == NONE)
    return set(map(tuple, edges.e7[edges.a[is_outer]].tolist()))


def walk(world: World, n_steps: int) -> None:
    """Random edits, each checked, with undoing in between; then all the way back."""
    begun, deltas = world.rows, []
    for number in range(n_steps):
        before, change = world.step()
        if change is None:
            continue
        world.check(before)
        deltas.append(delta_of(before, world.rows))
        if number % 7 == 0:
            world.rows = stepped(world.rows, turned(deltas.pop()))
            assert same(world.rows, before)
    ended = world.rows
    for delta in reversed(deltas):
        world.rows = stepped(world.rows, turned(delta))
    assert same(world.rows, begun)
    for delta in deltas:
        world.rows = stepped(world.rows, delta)
    assert same(world.rows, ended)


def test_arrays_and_rows_say_the_same() -> None:
    rows = drawn_rows()
    draft = draft_of(drawn_community(), rows)
    again = rows_of(draft, rows)
    assert same(again, rows)
    assert (again.next_arc_no, again.next_unit_no) == (rows.next_arc_no, rows.next_unit_no)


def test_a_delta_that_does_not_fit_is_refused() -> None:
    rows = drawn_rows()
    delta = delta_of(rows, PlanRows(rows.arcs, {**rows.units, 0: 2}, rows.grids, rows.next_arc_no, rows.next_unit_no))
    with pytest.raises(ValueError, match="row 0 is not as it was"):
        stepped(stepped(rows, delta), delta)


def test_grids_that_come_of_one_grid_are_called_differently() -> None:
    draft, codes = draft_of(drawn_community(), drawn_rows()), CodeBook(code_scheme(DEFAULT_SCHEME))
    first = edited(draft, Split(1, (lonlat(-10, 800), lonlat(510, 800))), codes)
    second = edited(first, Split(1, (lonlat(-10, 600), lonlat(510, 600))), codes)
    names = [grid.name for grid in second.grids]
    assert len(names) == len(set(names)) == 6


def drawn(change: Change) -> Draft:
    """The drawn town after one edit; its first grid reaches from 0 to 500 m east and from 500 to 1000 m north."""
    draft = draft_of(drawn_community(), drawn_rows())
    return edited(draft, change, CodeBook(code_scheme(DEFAULT_SCHEME)))


def refused(change: Change, kind: type[GridcircleError] = BadGeometry) -> GridcircleError:
    with pytest.raises(kind) as error:
        drawn(change)
    return error.value


def line(*places_m: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple(lonlat(*place) for place in places_m)


def test_a_scribble_is_told_where_it_crosses_itself() -> None:
    """Ten lines up and down and three across cross 30 times, the first line first with the last one back."""
    up = [(50 * i + side, (450, 1050)[(i + side // 40) % 2]) for i in range(10) for side in (0, 40)]
    across = [(480, 780), (-10, 780), (-10, 800), (510, 800), (510, 820), (-10, 820)]
    told = refused(Split(1, line(*up, *across)))
    assert (told.key, told.evidence["crossings"], told.evidence["limit"]) == ("plan_line_tangled", 30, 20)
    lon, lat = lonlat(22, 780)
    assert float(str(told.evidence["lon"])) == pytest.approx(lon, abs=1e-6)
    assert float(str(told.evidence["lat"])) == pytest.approx(lat, abs=1e-6)
    scribble = np.random.default_rng(1).uniform((10, 510), (490, 990), (2000, 2)).tolist()
    assert refused(Split(1, line(*scribble))).key == "plan_line_tangled"


def test_one_line_makes_no_more_parts_than_may_be() -> None:
    """Nineteen teeth in from the border leave twenty parts; a comb of thousands meets too much.

    The border has a corner every 100 m, and of the teeth there one end at most is led to it.
    """
    teeth = [(-4.25 + 12.5 * i, 1010 - 20 * (i % 2)) for i in range(41)]
    assert len(drawn(Split(1, line(*teeth[:39]))).grids) == 4 + 19
    told = refused(Split(1, line(*teeth)))
    assert (told.key, told.evidence["parts"]) == ("plan_line_too_many_parts", 21)
    comb = [(5 + 490 * i / 1999, 480 + 540 * (i % 2)) for i in range(1999)]
    assert refused(Split(1, line(*comb))).key == "fabric_line_tangled"


def test_a_line_beside_a_border_cuts_no_strip_off() -> None:
    """From corners of the border, 3 m aside between them: 1.5 m wide on the mean; with 10 m it is 5."""
    told = refused(Split(1, line((0, 1000), (0, 900), (3, 850), (0, 800))))
    assert told.key == "plan_part_narrow"
    assert float(str(told.evidence["width"])) == pytest.approx(1.5, abs=0.05)
    assert float(str(told.evidence["lat"])) == pytest.approx(lonlat(1, 850)[1], abs=5e-4)
    assert len(drawn(Split(1, line((0, 900), (10, 850), (0, 800)))).grids) == 5


def test_a_grid_touches_the_border_in_no_single_point() -> None:
    """Rings with a corner at the end of the border between two grids; one that runs along the border is fine."""
    told = refused(Carve(line((0, 500), (100, 600), (200, 550)), "x"))
    assert told.key == "plan_touches_itself"
    assert (told.evidence["lon"], told.evidence["lat"]) == tuple(f"{number:.7f}" for number in lonlat(0, 500))
    assert len(drawn(Carve(line((0, 500), (100, 600), (0, 600)), "x")).grids) == 5


def test_a_ring_of_two_places_is_refused() -> None:
    for ring in ((100, 600), (200, 600)), ((100, 600),), ((100, 600), (200, 600), (100, 600)), ():
        assert refused(Carve(line(*ring), "x")).key == "fabric_ring_short"


def test_a_line_of_many_points_makes_two_parts() -> None:
    x = np.linspace(-10, 510, 2000)
    assert len(drawn(Split(1, line(*zip(x, 750 + 40 * np.sin(x / 30), strict=True)))).grids) == 5


def test_a_line_ends_at_the_nearest_corner_of_the_outer_border() -> None:
    """The border has a corner every 100 m: 7 m away the line is led there, 20 m away it puts in one of its own."""
    before = outer_places(draft_of(drawn_community(), drawn_rows()))
    for x in (207, 193, 201):
        after = drawn(Split(1, line((x, 1010), (x, 490))))
        assert outer_places(after) == before
        assert len(after.grids) == 5
    after = drawn(Split(1, line((207, 1010), (207, 510), (-10, 510))))
    way = shapely.transform(shapes_of(after.fabric, after.grid_of_unit, 5)[4], metres)
    assert way.distance(shapely.Point(207, 993)) < 0.03, "the line leaves its way as late as it can"
    assert outer_places(after) == before | {place((0, 510))}
    assert outer_places(drawn(Split(1, line((220, 1010), (220, 490))))) == before | {place((220, 1000))}
    told = refused(Move(((lonlat(220, 1000), lonlat(220, 1000)), (lonlat(100, 900), lonlat(105, 900)))))
    assert told.key == "fabric_outer_border"


def place(xy_m: tuple[float, float]) -> tuple[int, ...]:
    return tuple(np.rint(np.array(lonlat(*xy_m)) * E7).astype(int).tolist())


def metres(degrees: np.ndarray) -> np.ndarray:
    one = np.subtract(lonlat(1000, 1000), lonlat(0, 0)) / 1000
    return (degrees - lonlat(0, 0)) / one


def test_a_ring_that_crosses_itself_is_told_where() -> None:
    bow_tie = line((100, 600), (200, 700), (100, 700), (200, 600))
    told = refused(Carve(bow_tie, "x"))
    lon, lat = lonlat(150, 650)
    assert told.key == "plan_ring_crosses_itself"
    assert float(str(told.evidence["lon"])) == pytest.approx(lon, abs=1e-6)
    assert float(str(told.evidence["lat"])) == pytest.approx(lat, abs=1e-6)
    ring = line((100, 600), (200, 600), (200, 700), (100, 700))
    assert len(drawn(Carve((*ring, ring[0]), "x")).grids) == 5


def test_a_carved_grid_in_pieces_is_told_by_its_name() -> None:
    """Two arms come in over the community's border; what joins them lies outside."""
    arms = line((100, 850), (200, 850), (200, 1050), (300, 1050), (300, 850), (400, 850), (400, 1100), (100, 1100))
    told = refused(Carve(arms, "商圈"), BadMove)
    assert (told.key, told.evidence) == ("plan_carved_in_pieces", {"name": "商圈", "pieces": 2})


def test_a_duty_phone_is_a_number_and_names_nobody() -> None:
    for number in ("0471-5550101", "+86 471 5550101", "（0471）5550101#801", "12345", "15012345678"):
        assert drawn(SetPost(1, "chief", True, number)).grids[0].posts["chief"].duty_phone == number
    for text in ("张三丰 15012345678", "Zhang 15012345678", "--", "1" * 21, "0471\n5550101", "١٢٣٤٥"):
        told = refused(SetPost(1, "chief", True, text), BadMove)
        assert told.key == "plan_duty_phone_bad"
        assert text not in told.in_language("zh") + told.in_language("en")


def test_names_of_grids_are_one_line_and_differ() -> None:
    ring = line((100, 600), (200, 600), (200, 700))
    for name in ("a\nb", "a\tb", "a\u2028b", "a\u0085b", "a\u202eb", " "):
        assert refused(Rename(1, name), BadMove).key == "plan_name_no_line"
        assert refused(Carve(ring, name), BadMove).key == "plan_name_no_line"
    assert refused(Rename(1, "网格002 "), BadMove).key == "plan_name_taken"
    assert refused(Carve(ring, "网格001"), BadMove).key == "plan_name_taken"
    assert refused(Rename(1, "网格001"), BadMove).key == "plan_nothing_changes"
    assert drawn(Rename(1, "网　格 1")).grids[0].name == "网　格 1"


def test_a_ring_around_a_whole_grid_makes_that_grid_special() -> None:
    """It keeps its id, code and posts; with a strip of its neighbour there would be nothing left of it."""
    before = draft_of(drawn_community(), drawn_rows())
    ring = line((0, 500), (500, 500), (500, 1000), (0, 1000))
    after = drawn(Carve(ring, "商圈"))
    assert after.grids[0] == replace(before.grids[0], name="商圈", kind="special")
    assert after.grids[1:] == before.grids[1:]
    assert np.array_equal(after.grid_of_unit, before.grid_of_unit)
    assert drawn(Carve(ring, before.grids[0].name)).grids[0].kind == "special"
    wider = line((0, 500), (550, 500), (550, 1000), (0, 1000))
    assert refused(Carve(wider, "商圈"), BadMove).key == "plan_grid_would_be_empty"
