"""Polygons of a plan: 2,800 grids of a city of 66,000 units, from borders stored once, against unions of polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.compute.fabric.rings import shapes_of
from geo.compute.fabric.shapes import fabric_of
from geo.units import E7, IntArray
from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, median_s

JOB, WEAVE_JOB, GRAPH = "polygons of a plan, 2,800 grids", "borders of 66 k units", "drawn city, 66 k units"
TARGET = 5.0
N_ROWS, N_GRIDS = 258, 2_800
STEP_E7, BEND_E7 = 4_000, 900
"""How far plots are from each other, and how far their corners and borders are moved: some 40 and 8 metres."""
PLACES_OF_SIDE = 3
CORNER_E7 = (1_032_000_000, 404_000_000)
NEARLY_DEG = 1e-12


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    units = drawn_city(np.random.default_rng(2026))
    grid_of_unit = nearest_of(units, np.random.default_rng(2027))
    fabric = fabric_of(units)
    took_s = median_s(lambda: fabric_of(units), table.runs())
    table.add(
        Row(WEAVE_JOB, GRAPH, "-", took_s, runs=table.runs(), note=f"{len(fabric.left)} arcs; exact check included")
    )
    by_grid = [units[grid_of_unit == grid] for grid in range(N_GRIDS)]
    for peer, union, target in (
        ("shapely union_all", shapely.union_all, TARGET),
        ("shapely coverage_union_all", shapely.coverage_union_all, None),
    ):
        table.compare(
            JOB,
            GRAPH,
            peer,
            lambda: shapes_of(fabric, grid_of_unit, N_GRIDS),
            lambda union=union: [union(here) for here in by_grid],
            _differ,
            target=target,
            note="the peer's units are sorted by grid beforehand",
        )


def drawn_city(rng: np.random.Generator) -> NDArray[np.object_]:
    """Plots in rows, with bent sides of several places; neighbours have the same."""
    n, places = N_ROWS + 1, PLACES_OF_SIDE
    corner = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), axis=2) * STEP_E7
    corner = corner + rng.integers(-BEND_E7, BEND_E7, corner.shape)
    share = np.arange(1, places + 1)[:, None] / (places + 1)
    sides = []
    for one, other in ((corner[:-1], corner[1:]), (corner[:, :-1], corner[:, 1:])):
        straight = one[:, :, None] + (other - one)[:, :, None] * share
        sides.append(np.rint(straight + rng.integers(-BEND_E7 // 4, BEND_E7 // 4, straight.shape)))
    east, north = sides
    c = corner[:, :, None].astype(np.float64)
    rings = np.concatenate(
        [
            *(c[:-1, :-1], east[:, :-1], c[1:, :-1], north[1:]),
            *(c[1:, 1:], east[:, 1:, ::-1], c[:-1, 1:], north[:-1, :, ::-1]),
        ],
        axis=2,
    )
    plots: NDArray[np.object_] = shapely.polygons((rings.reshape(N_ROWS**2, -1, 2) + CORNER_E7) / E7)
    return plots


def nearest_of(units: NDArray[np.object_], rng: np.random.Generator) -> IntArray:
    """Each unit goes to the nearest of some units."""
    middles = shapely.centroid(units)
    seeds = middles[rng.choice(len(units), N_GRIDS, replace=False)]
    grid: IntArray = shapely.STRtree(seeds).nearest(middles)
    return grid


def _differ(ours: NDArray[np.object_], theirs: list[Any]) -> str:
    peers = np.array(
        [shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]) for shape in theirs]
    )
    n_areas = int((np.abs(shapely.area(ours) - shapely.area(peers)) > NEARLY_DEG * shapely.area(peers)).sum())
    if n_areas:
        return f"{n_areas} grids differ in their area"
    same = shapely.equals_exact(shapely.normalize(ours), shapely.normalize(peers), NEARLY_DEG)
    return "" if same.all() else f"{int((~same).sum())} grids differ"
