"""Eight layers over a city of 66,000 units: rebased and cross-walked, against overlay by polygonising."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.crosswalk import crosswalk
from geo.compute.layers.clean import clean_layer
from geo.compute.layers.edges import Edges, Shapes, edges_of, located
from geo.compute.layers.merge import MergeUnits, merge
from geo.compute.layers.overlap import overlaps
from geo.compute.layers.rebase import UnitGround, rebase
from geo.compute.layers.rings import mended
from geo.rules.layers import layer_rules
from geo.units import NONE, FloatArray, IntArray
from tests.bench.machine import Row, Table, median_s, timed, use_cores
from tests.dirty_layers import jittered

GRAPH = "generated, 66 k units"
JOB = "8 layers rebased and cross-walked"
JOB_OF_UNITS = "8 layers with the units' own borders, rebased and cross-walked"
N_SIDE = 258
STREET_M = 75.0
LAYERS = (2000, 2100, 2250, 2400, 2500, 2650, 2800, 2900)
"""Zones of each layer."""
TARGET = 10.0
ASTRAY_SHARE = 0.0005
"""The peer puts faces into zones and people into faces; so much of the people may differ where borders run through
buildings."""


class City(NamedTuple):
    """Units with a home each, and layers drawn over them."""

    units: UnitGround
    shapes: Shapes
    homes_xy_m: FloatArray
    neighbours: IntArray
    whole: list[Shapes]
    """Layers whose zones are whole plots, with their corners."""
    layers: list[Shapes]
    """The same as they were drawn: each polygon with corners of its own."""


def city() -> City:
    """Plots between bent streets, 5 to 55 people on each, and zones of whole plots."""
    rng = np.random.default_rng(2026)
    shapes = plots(rng)
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes))
    people = rng.integers(5, 56, len(shapes)).astype(np.float64)
    number = np.arange(len(shapes)).reshape(N_SIDE, N_SIDE)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    neighbours = np.concatenate([np.column_stack([a.ravel(), b.ravel()]) for a, b in pairs])
    ground = UnitGround(edges_of(shapes), inside, shapely.area(shapes), people)
    whole = [zones(shapes, inside, n, rng) for n in LAYERS]
    return City(ground, shapes, inside, neighbours, whole, [drawn(layer, rng) for layer in whole])


def plots(rng: np.random.Generator) -> Shapes:
    x, y = np.meshgrid(*[np.arange(N_SIDE + 1) * STREET_M] * 2)
    corner = np.stack([x, y], axis=-1) + rng.uniform(-0.25, 0.25, (*x.shape, 2)) * STREET_M
    ring = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1], corner[:-1, :-1]]
    found: Shapes = shapely.polygons(np.stack(ring, axis=2).reshape(-1, 5, 2))
    return found


def zones(shapes: Shapes, inside: FloatArray, n_zones: int, rng: np.random.Generator) -> Shapes:
    """Zones of whole plots about places drawn at random."""
    seeds = shapely.points(inside[rng.choice(len(inside), n_zones, replace=False)])
    zone = shapely.STRtree(seeds).query_nearest(shapely.points(inside), all_matches=False)[1]
    order = np.argsort(zone, kind="stable")
    bounds = np.searchsorted(zone[order], np.arange(n_zones + 1)).tolist()
    return np.array([shapely.coverage_union_all(shapes[order[a:b]]) for a, b in pairwise(bounds)])


def drawn(whole: Shapes, rng: np.random.Generator) -> Shapes:
    """Each zone digitised for itself: 0.4 m of noise, simplified by 3 m."""
    rough = shapely.simplify(jittered(shapely.segmentize(whole, 20.0), rng, 0.4), 3.0, preserve_topology=True)
    rings = [mended(shape, layer_rules().clean)[0] for shape in rough]
    return np.array([shape for shape in rings if shape is not None], dtype=object)


def bench(table: Table) -> None:
    if not table.wants_graph(GRAPH):
        return
    town = city()
    cleaned = [clean_layer(layer, layer_rules().clean) for layer in town.layers]
    assert all(one.is_whole for one in cleaned)
    clean_times(table, town)
    layers = [one.shapes for one in cleaned]
    use_cores(2)
    against_polygonising(table, town, layers, JOB)
    against_polygonising(table, town, town.whole, JOB_OF_UNITS)
    use_cores(1)
    parts(table, town, layers)


def clean_times(table: Table, town: City) -> None:
    seconds = timed(lambda: [clean_layer(layer, layer_rules().clean) for layer in town.layers])
    note = "checked: all zones kept, a coverage, every change listed"
    table.add(Row("8 layers cleaned and checked", GRAPH, "-", seconds, runs=1, note=note))


def against_polygonising(table: Table, town: City, layers: list[Shapes], job: str) -> None:
    table.compare(
        job,
        GRAPH,
        "union_all + polygonize",
        lambda: ours(town, layers),
        lambda: theirs(town, layers),
        differ(town),
        target=TARGET,
        runs=3,
        note="from cleaned polygons to 7 tables of people, two cores (the peer uses one); cleaning apart",
    )


def ours(town: City, layers: list[Shapes]) -> FloatArray:
    """(n_layers - 1, ...) sums of every table: first layer against each other one; and the zone of every unit."""
    zone = [rebase(town.units, edges_of(layer), layer_rules().sure_share).zone_of_unit for layer in layers]
    tables = [crosswalk(zone[0], other, town.units.people[:, None]) for other in zone[1:]]
    assert all(one.amounts.sum() == town.units.people.sum() for one in tables)
    return np.array(zone)


def theirs(town: City, layers: list[Shapes]) -> FloatArray:
    """All borders noded, faces made, each face put into a zone of every layer, each home into a face."""
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapely.boundary(np.concatenate(layers)))]))
    places = shapely.point_on_surface(faces)
    zone_of_face = np.full((len(layers), len(faces)), NONE, np.int64)
    for k, layer in enumerate(layers):
        zone, face = shapely.STRtree(places).query(layer, predicate="contains")
        zone_of_face[k, face] = zone
    home, face = shapely.STRtree(faces).query(shapely.points(town.homes_xy_m), predicate="within")
    zone = np.full((len(layers), len(town.homes_xy_m)), NONE, np.int64)
    zone[:, home] = zone_of_face[:, face]
    for other in zone[1:]:
        crosswalk(zone[0], other, town.units.people[:, None])
    return zone


def differ(town: City):
    """By people first: whoever is put elsewhere by the one than by the other."""

    def between(ours: IntArray, theirs: IntArray) -> str:
        share = [
            float(town.units.people[a != b].sum() / town.units.people.sum()) for a, b in zip(ours, theirs, strict=True)
        ]
        worst = max(share)
        return "" if worst <= ASTRAY_SHARE else f"{worst:.4%} of the people are elsewhere"

    return between


def parts(table: Table, town: City, layers: list[Shapes]) -> None:
    """What takes how long."""
    edges = [edges_of(layer) for layer in layers]
    sure = layer_rules().sure_share

    def add(job: str, seconds: float, note: str = "") -> None:
        table.add(Row(job, GRAPH, "-", seconds, runs=table.runs(3), note=note))

    add("8 layers rebased on units", median_s(lambda: [rebase(town.units, one, sure) for one in edges], table.runs(3)))
    add("homes located in 8 layers", median_s(lambda: [located(town.homes_xy_m, one) for one in edges], table.runs(3)))
    zone = np.array([located(town.homes_xy_m, one)[0] for one in edges])
    people = town.units.people[:, None]
    add("28 crosswalks of people", median_s(lambda: all_tables(zone, people), table.runs(3)))
    add("overlaps of zones, 28 pairs of layers", median_s(lambda: all_overlaps(edges), table.runs(3)))
    units = MergeUnits(
        zone,
        np.zeros(len(town.shapes), np.int64),
        town.units.people,
        town.neighbours,
        np.full(len(town.neighbours), 60.0),
    )
    add("8 layers merged into one", median_s(lambda: merge(units, 0, 1.0), table.runs(3)))


def all_tables(zone: IntArray, people: FloatArray) -> None:
    for i, one in enumerate(zone):
        for other in zone[i + 1 :]:
            crosswalk(one, other, people)


def all_overlaps(edges: list[Edges]) -> None:
    for i, one in enumerate(edges):
        for other in edges[i + 1 :]:
            overlaps(one, other)
