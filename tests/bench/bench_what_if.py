"""A what-if in a city of 2,814 grids: one station moved, against computing the city anew with the station there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shapely.geometry import Point

from geo.actions.city.engine import Base, Engine, base_of
from geo.actions.city.street_cache import StreetCache
from geo.actions.reach.what_if import what_if
from geo.changes import MoveStation
from geo.store.database import Database
from geo.what_if import WhatIf, WhatIfWish
from tests.bench.cities import AT, GRAPH, large_city
from tests.bench.graphs import GENERATED
from tests.bench.machine import Table

JOB, PEER = "what-if: one station moved", "ours, whole city anew"
TARGET = 10.0
MOVED = 20
"""Stations moved, one after the other; each by some hundred metres."""
STEP_DEG = 0.004


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    with large_city("what_if_test") as db:
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
