"""The large city: how long it takes, and that its counts are those it promises."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import shapely

from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.large import large_plan
from geo.demo.write import write_city
from tests.bench.machine import Row, Table, timed
from tests.demo_city import DemoCity, Walks

JOB = "large fictional city, made and written"


def bench(table: Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(lambda: make(Path(folder)))
        check(Path(folder))
    table.add(Row(JOB, "generated", "-", seconds, runs=1, note="to be under 120 s; its counts are checked"))


def make(folder: Path) -> None:
    rng = np.random.default_rng(DEFAULT_SEED)
    write_city(build_city(large_plan(rng), rng), folder)


def check(folder: Path) -> None:
    city = DemoCity(folder)
    assert len(city.grids.tags) == 2_814
    assert shapely.coverage_is_valid(city.grids.lonlat)
    assert len(city.buildings.tags) == 15_200
    assert city.buildings.column("residents").sum() == 2_000_000
    assert len(city.stations) == 336 + 92 + 210 + 347 + 14
    assert (~city.grids.column("chief_filled")).sum() == 7
    assert Walks(city).n_components() == 1
