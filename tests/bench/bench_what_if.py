"""A what-if in a city of 2,814 grids: one station moved, against computing the city anew with the station there."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from shapely.geometry import Point

from geo.actions.engine import Base, Engine, base_of
from geo.actions.load_demo import load_demo
from geo.actions.street_cache import StreetCache
from geo.actions.what_if import what_if
from geo.changes import MoveStation
from geo.demo.city import DEFAULT_SEED, build_city
from geo.demo.large import large_plan
from geo.demo.write import write_city
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.what_if import WhatIf, WhatIfWish
from tests.bench.graphs import GENERATED
from tests.bench.machine import Table
from tests.bench.peers_postgis import cluster_url
from tests.databases import create_database

JOB, GRAPH, PEER = "what-if: one station moved", "demo city, 2,814 grids", "ours, whole city anew"
TARGET = 10.0
AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
MOVED = 20
"""Stations moved, one after the other; each by some hundred metres."""
STEP_DEG = 0.004


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db = Database(create_database(cluster_url(), "what_if_test"), size=2)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rng = np.random.default_rng(DEFAULT_SEED)
            write_city(build_city(large_plan(rng), rng), Path(folder))
            migrate(db)
            load_demo(db, Path(folder), AT)
        engine = Engine(db, StreetCache(db))
        base = engine.base("planning", "dry", 15, AT)
        chosen = np.random.default_rng(1).choice(len(base.stations), MOVED, replace=False).tolist()
        table.compare(
            JOB,
            GRAPH,
            PEER,
            lambda: [_imagined(db, engine, base, i) for i in chosen],
            lambda: [_anew(base, i) for i in chosen],
            _differ,
            target=TARGET,
            note=f"{MOVED} questions, one after the other; ours includes naming the winners from the database",
        )
    finally:
        db.close()


def _place(base: Base, number: int) -> tuple[float, float]:
    door = base.stations[number].door
    return door.x + STEP_DEG, door.y


def _imagined(db: Database, engine: Engine, base: Base, number: int) -> WhatIf:
    change = MoveStation(base.stations[number].id, _place(base, number))
    return what_if(db, engine, WhatIfWish("planning", "dry", 15, AT, (change,)))


def _anew(base: Base, number: int) -> Base:
    stations = list(base.stations)
    stations[number] = replace(stations[number], entrance=Point(*_place(base, number)))
    return base_of(replace(base.city, stations=stations), base.wish, base.direction)


def _differ(imagined: list[WhatIf], anew: list[Base]) -> str:
    for told, base in zip(imagined, anew, strict=True):
        covered = base.homes.residents[np.diff(base.of_homes.start_of_home) > 0].sum()
        if abs(told.after.residents - covered) > 1e-6:
            return f"{told.after.residents} residents against {covered}"
    return ""
