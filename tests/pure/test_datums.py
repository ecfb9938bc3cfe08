"""Places of shifted maps: against offsets measured elsewhere, and there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.compute.datums import DATUMS, from_wgs84, to_wgs84

GEOD = Geod(ellps="WGS84")

CITIES = {  # offset of GCJ-02 in metres, as several converters have it
    "Hohhot": (111.6708, 40.8183, 604),
    "Beijing": (116.3913, 39.9075, 555),
    "Chengdu": (104.0668, 30.5728, 360),
    "Shanghai": (121.4737, 31.2304, 482),
    "Shenzhen": (114.0579, 22.5431, 606),
    "Urumqi": (87.6168, 43.8256, 265),
}


def metres(one: np.ndarray, other: np.ndarray) -> float:
    return float(GEOD.inv(*one[0], *other[0])[2])


@pytest.mark.parametrize("city", CITIES)
def test_offset_of_a_city_is_the_one_that_is_known(city: str) -> None:
    lon, lat, offset_m = CITIES[city]
    place = np.array([[lon, lat]])
    assert metres(place, from_wgs84(place, "GCJ-02")) == pytest.approx(offset_m, abs=20)


def test_a_published_pair_of_places() -> None:
    # Tian'anmen as two Chinese maps have it, published with the conversion tools of both
    place = np.array([[116.404, 39.915]])
    assert from_wgs84(place, "GCJ-02")[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    baidu_of_gcj = from_wgs84(to_wgs84(place, "GCJ-02"), "BD-09")[0]
    assert baidu_of_gcj == pytest.approx([116.41036949371029, 39.92133699351021], abs=1e-7)


@given(st.floats(73, 135), st.floats(18, 53.5), st.sampled_from(DATUMS))
def test_there_and_back(lon: float, lat: float, datum: str) -> None:
    place = np.array([[lon, lat]])
    assert to_wgs84(from_wgs84(place, datum), datum) == pytest.approx(place, abs=2e-9)
    assert from_wgs84(to_wgs84(place, datum), datum) == pytest.approx(place, abs=2e-9)


def test_outside_of_the_box_nothing_is_shifted() -> None:
    reykjavik = np.array([[-21.9, 64.1]])
    assert np.array_equal(from_wgs84(reykjavik, "GCJ-02"), reykjavik)
    assert np.array_equal(to_wgs84(reykjavik, "GCJ-02"), reykjavik)


@pytest.mark.parametrize("datum", DATUMS)
def test_no_places(datum: str) -> None:
    assert to_wgs84(np.empty((0, 2)), datum).shape == (0, 2)
