"""The figures of real cities against a script that shares no line with the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.actions.compute_coverage import compute_coverage
from geo.store.database import Database
from tests.real.independent_figures import Figures, figures_of, people_of, stations_of
from tests.real.independent_streets import read_pbf, read_roads
from tests.real.test_reach_real import AT, CITIES, load, thirty_stations
from tests.real_data import needs_real_data

pytestmark = needs_real_data


def independent(name: str, folder: Path) -> Figures:
    city = CITIES[name]
    raw = read_roads(city.streets, city.street_layer) if city.street_layer else read_pbf(city.streets)
    stations = thirty_stations(folder) if name == "wuhan" else city.stations
    assert isinstance(stations, Path)
    return figures_of(raw, people_of(city.people, city.people_layer), stations_of(stations))


@pytest.mark.parametrize("name", ["las_palmas", "wuhan", "reykjavik"])
def test_the_same_people_are_covered(name: str, db: Database, tmp_path: Path) -> None:
    load(db, CITIES[name], tmp_path)
    report = compute_coverage(db, at=AT).report
    residents = report["residents"]
    theirs = independent(name, tmp_path)
    print(
        f"\n{name}: covered {residents['covered']:,.0f}, the script says {theirs.covered:,.0f} "
        f"({abs(residents['covered'] - theirs.covered) / theirs.residents:.4%} of residents apart; "
        f"{theirs.near_the_limit:,.0f} live within 1 m of the limit); "
        f"by circle {report['residents_in_air_circle']:,.0f}, the script {theirs.in_air_circle:,.0f}"
    )
    assert residents["all"] == pytest.approx(theirs.residents)
    assert report["residents_in_air_circle"] == pytest.approx(theirs.in_air_circle)
    # The product rounds every piece to a decisecond and breaks pieces at more places; the script rounds nothing. Only
    # who lives at the very limit may come out otherwise.
    assert residents["covered"] == pytest.approx(theirs.covered, abs=theirs.near_the_limit + 1e-6)
