"""What an address explains: drawn places whose scores can be counted on fingers."""

from __future__ import annotations

import pytest
import shapely

from geo.compute.cases.address import NamedPlace, scores_of, spoken

WEST, EAST = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)


def place(name: str, shape: shapely.Geometry, *, is_ground: bool = False) -> NamedPlace:
    return NamedPlace(name, shape, is_ground)


def test_the_road_of_the_area_that_was_named_comes_first() -> None:
    roads = [place("青山路", shapely.LineString([(x, 500), (x + 800, 500)])) for x in (100, 1100)]
    areas = [place("河西街道", WEST, is_ground=True)]
    scores = scores_of("河西街道青山路12号", [*roads, *areas], 100)
    assert scores.tolist() == pytest.approx([7 / 10, 3 / 10, 7 / 10])


def test_a_building_explains_its_compound_and_its_road() -> None:
    places = [
        place("芳草花园3号楼", shapely.box(100, 100, 120, 112)),
        place("芳草花园", shapely.box(80, 80, 200, 200)),
        place("迎宾路", shapely.LineString([(0, 60), (900, 60)])),
        place("河西街道", WEST, is_ground=True),
    ]
    scores = scores_of("河西街道 迎宾路 芳草花园3号楼", places, 100)
    assert scores[0] == 1.0
    assert scores[3] == 4 / 14  # the middle of the subdistrict lies with none of them


def test_what_lies_elsewhere_does_not_count() -> None:
    places = [place("芳草花园", shapely.box(1500, 500, 1600, 600)), place("河西街道", WEST, is_ground=True)]
    assert scores_of("河西街道芳草花园", places, 100).tolist() == pytest.approx([4 / 8, 4 / 8])


def test_a_name_that_stands_twice_covers_both() -> None:
    assert scores_of("青山青山", [place("青山", WEST)], 0).tolist() == [1.0]


@pytest.mark.parametrize(("address", "places"), [("", [place("青山路", WEST)]), ("青山路", []), ("！！ ", [])])
def test_nothing_explains_nothing(address: str, places: list[NamedPlace]) -> None:
    assert scores_of(address, places, 100).tolist() == [0.0] * len(places)


def test_marks_spaces_and_wide_signs_do_not_matter() -> None:
    assert spoken("河西街道, 青山路１２号!") == spoken("河西街道青山路12号")
