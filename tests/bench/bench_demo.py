"""The large city: how long it takes, and that its counts are those it promises."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import shapely

from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.large import large_plan
from geo.demo.write import write_city
from tests.demo_city import DemoCity, Walks

LIMIT_S = 120.0


def bench_large_city(tmp_path: Path) -> None:
    start = time.perf_counter()
    rng = np.random.default_rng(DEFAULT_SEED)
    write_city(build_city(large_plan(rng), rng), tmp_path)
    took_s = time.perf_counter() - start
    print(f"\nlarge city made and written in {took_s:.0f} s")
    city = DemoCity(tmp_path)
    assert len(city.grids.tags) == 2_814
    assert shapely.coverage_is_valid(city.grids.lonlat)
    assert len(city.buildings.tags) == 15_200
    assert city.buildings.column("residents").sum() == 2_000_000
    assert len(city.stations) == 336 + 92 + 210 + 347 + 14
    assert (~city.grids.column("chief_filled")).sum() == 7
    assert Walks(city).n_components() == 1
    assert took_s < LIMIT_S
