"""Every rule asked of every grid of a city: as one plan of 66,528 units, and community by community."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from geo.areas import Area
from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.figures import figures_of_grids, unit_of_homes
from geo.compute.plans.rules import problems_of
from geo.compute.project import Frame
from geo.drafts import BORDER_KINDS, Draft, DraftGrid, PlanHomes
from geo.grids import Post
from geo.plan_problems import Inspection, PlanBefore, Problem
from geo.rules.code_schemes import code_schemes
from geo.rules.plan_rules import plan_rules
from geo.units import E7, NONE, Int32Array, IntArray
from tests.bench.machine import Row, Table, median_s

JOB = "rule check of the whole city"
SEED = 7
FRAME = Frame(103.2, 40.4)
STEP_E7 = (7_080, 5_400)
"""60 m to the east and to the north."""
CORNER_E7 = (1_031_000_000, 403_300_000)
WIDE_EVERY = 997
"""One building in so many reaches over into the next unit to the east."""
N_COMMUNITIES = 279
COMMUNITY = "990101001001"


class Town(NamedTuple):
    """A plan and who lives in it."""

    draft: Draft
    homes: PlanHomes
    outlines: np.ndarray
    compounds: np.ndarray
    before: PlanBefore


def bench(table: Table) -> None:
    city, community = town_of(252, 264, (42, 67)), town_of(15, 16, (2, 5))
    check(city)
    runs = table.runs()
    whole_s = median_s(lambda: problems(city), runs)
    note = f"2,814 grids, 66,528 units and buildings, {len(problems(city))} breaches; to be under 3 s"
    table.add(Row(JOB, "as one plan", "-", whole_s, runs=runs, note=note))
    each_s = median_s(lambda: [problems(community) for _ in range(N_COMMUNITIES)], runs)
    note = (
        f"{N_COMMUNITIES} plans of 10 grids and 240 units, {each_s / N_COMMUNITIES * 1000:.1f} ms each; to be under 3 s"
    )
    table.add(Row(JOB, "by community", "-", each_s, runs=runs, note=note))


def problems(town: Town) -> list[Problem]:
    """All there is to do once a plan and its homes are read: units of homes, shapes, figures, rules."""
    draft, homes = town.draft, town.homes
    n_units = len(draft.unit_no)
    unit_of_home = unit_of_homes(shapes_of(draft.fabric, np.arange(n_units), n_units), homes.lonlat)
    plan = Inspection(
        draft=draft,
        figures=figures_of_grids(draft, homes, unit_of_home, FRAME),
        shapes=shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids)),
        homes=homes,
        unit_of_home=unit_of_home,
        frame=FRAME,
        scheme=code_schemes()["unit_grid"],
        outline_of_home=town.outlines,
        compound_of_home=town.compounds,
        before=town.before,
    )
    return problems_of(plan, plan_rules())


def check(town: Town) -> None:
    """What is found is what was put there."""
    found = problems(town)
    grid_of_unit = town.draft.grid_of_unit
    households = np.bincount(grid_of_unit, town.homes.households)
    assert sum(p.rule == "households" for p in found) == ((households < 300) | (households > 500)).sum()
    wide = np.arange(0, len(grid_of_unit), WIDE_EVERY)
    next_unit = np.minimum(wide + 1, len(grid_of_unit) - 1)
    is_cut = grid_of_unit[wide] != grid_of_unit[next_unit]
    is_cut &= town.homes.lonlat[wide, 1] == town.homes.lonlat[next_unit, 1]  # else there is nothing to the east
    assert sum(p.rule == "building_cut" for p in found) == is_cut.sum() > 0
    assert {p.rule for p in found if p.severity == "error"} <= {"building_cut", "code_wrong", "code_twice"}
    assert not any(p.rule in ("one_piece", "gap", "outside", "overlap", "closed", "empty") for p in found)


def town_of(width: int, height: int, grids: tuple[int, int]) -> Town:
    """Units in rows from the south-west, a building and 21 people or so in each; grids are rectangles of them."""
    rng = np.random.default_rng(SEED)
    x, y = np.tile(np.arange(width), height), np.repeat(np.arange(height), width)
    grid_of_unit = x * grids[0] // width + grids[0] * (y * grids[1] // height)
    n_grids, n_units = grids[0] * grids[1], width * height
    fabric = lattice(width, height, rng)
    outline = shapes_of(fabric, np.zeros(n_units, np.int64), 1)[0]
    staffed = {"chief": Post(True, None), "member": Post(True, None)}
    draft = Draft(
        community=Area(1, "community", COMMUNITY, "社区", None, None, outline, "bench", COMMUNITY),
        fabric=fabric,
        kind_of_arc=rng.integers(1, len(BORDER_KINDS), len(fabric.left)).astype(np.int32),
        arc_no=np.arange(len(fabric.left)),
        unit_no=np.arange(n_units),
        grid_of_unit=grid_of_unit,
        grids=tuple(
            DraftGrid(grid + 1, f"{COMMUNITY}{grid % 999 + 1:03}", f"网格{grid}", "basic", staffed)
            for grid in range(n_grids)
        ),
    )
    centre_e7 = np.array(CORNER_E7) + (np.column_stack([x, y]) + 0.5) * STEP_E7
    homes = PlanHomes(
        id=np.arange(n_units),
        lonlat=centre_e7 / E7,
        is_building=np.ones(n_units, np.int64),
        households=rng.integers(0, 36, n_units).astype(np.float64),
        residents=rng.integers(0, 90, n_units).astype(np.float64),
        elderly=np.zeros(n_units),
        children=np.zeros(n_units),
        shops=rng.integers(0, 3, n_units).astype(np.float64),
    )
    east = np.where(np.arange(n_units) % WIDE_EVERY == 0, 0.7, 0.25)[:, None] * np.array([[STEP_E7[0], 0]])
    low, high = centre_e7 - 0.25 * np.array(STEP_E7), centre_e7 + east + [0, 0.25 * STEP_E7[1]]
    blocks = zip((x // 3).tolist(), (y // 3).tolist(), strict=True)
    compounds = np.array([f"小区{a}-{b}" if (a + b) % 3 == 0 else "" for a, b in blocks], object)
    moved = np.where(rng.random(n_units) < 0.05, grid_of_unit % n_grids, grid_of_unit) + 1
    return Town(draft, homes, shapely.box(*(low / E7).T, *(high / E7).T), compounds, PlanBefore(moved))


def lattice(width: int, height: int, rng: np.random.Generator) -> Fabric:
    """Crooked blocks: corners off by up to 6 m, each side with three places between, off by up to 2 m."""
    unit = np.full((height + 2, width + 2), NONE)
    unit[1:-1, 1:-1] = np.arange(width * height).reshape(height, width)
    y, x = np.mgrid[0 : height + 1, 0 : width + 1]
    shake = rng.integers(-600, 600, (height + 1, width + 1, 2))
    node_e7 = (np.array(CORNER_E7) + np.stack([x, y], axis=2) * STEP_E7 + shake).reshape(-1, 2)
    node = np.arange((width + 1) * (height + 1)).reshape(height + 1, width + 1)
    upright = (node[:-1], node[1:], unit[1:-1, :-1], unit[1:-1, 1:])
    level = (node[:, :-1], node[:, 1:], unit[1:, 1:-1], unit[:-1, 1:-1])
    ends = [np.concatenate([a.ravel(), b.ravel()]).astype(np.int32) for a, b in zip(upright, level, strict=True)]
    from_node, to_node, left, right = ends
    inner = between(node_e7[from_node], node_e7[to_node], rng)
    start = np.arange(len(left) + 1) * inner.shape[1]
    return Fabric(node_e7.astype(np.int32), from_node, to_node, left, right, start, inner.reshape(-1, 2))


def between(first: IntArray, last: IntArray, rng: np.random.Generator) -> Int32Array:
    """(n_arcs, 3, 2) places on the way."""
    share = np.array([0.25, 0.5, 0.75])[None, :, None]
    straight = first[:, None] * (1 - share) + last[:, None] * share
    return (straight + rng.integers(-200, 200, straight.shape)).astype(np.int32)
