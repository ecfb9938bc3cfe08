"""The demo city in units, out of the real database: every unit fits, no building is cut, nothing is lost."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geo.actions.load_demo import load_demo
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import PlanView, view_plan
from geo.actions.work.cut_units import CutUnits, cut_units
from geo.compute.fabric.rings import shapes_of
from geo.compute.units.neighbours import odd_corners, outer_border
from geo.drafts import BORDER_KINDS
from geo.errors import BadGeometry, BadMove, Cancelled, NotFound
from geo.imports.places import in_metres
from geo.plan_ops import Split
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.units import NONE
from tests.fitting import fits
from tests.plan_towns import HAND

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
AT = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
SOUTH_MARKET = "990101001002"


@pytest.fixture
def city(db: Database) -> Database:
    load_demo(db, BOUNDARIES, AT)
    return db


def units_of(cut: CutUnits) -> np.ndarray:
    n_units = cut.report["units"]
    return shapes_of(cut.fabric, np.arange(n_units), n_units)


def buildings_of(db: Database) -> np.ndarray:
    with db.read() as conn:
        rows = conn.execute(text("select st_asbinary(geom) from home where kind = 'building' order by id"))
        return shapely.from_wkb([bytes(wkb) for wkb in rows.scalars()])


def test_every_community_of_the_demo_city(city: Database) -> None:
    shares: list[float] = []
    cuts = cut_units(city, None, AT, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [cut.community.code for cut in cuts] == [f"99010100100{n}" for n in range(1, 7)]
    buildings = buildings_of(city)
    held = np.zeros(len(buildings), np.int64)
    for cut in cuts:
        units = units_of(cut)
        assert shapely.coverage_is_valid(units)
        whole = shapely.union_all(units)
        assert shapely.area(units).sum() == pytest.approx(whole.area, rel=1e-9)
        assert shapely.hausdorff_distance(whole.boundary, cut.community.shape.boundary) < 2.5e-7
        tree = shapely.STRtree(units)
        within, building = shapely.STRtree(buildings).query(units, "contains")
        held += np.bincount(building, minlength=len(buildings))
        assert len(set(within.tolist())) == len(within), "at most one building to a unit"
        assert not tree.query(buildings, "overlaps").size, "no unit cuts a building"
        assert cut.report["buildings"] == len(within)
        assert cut.report["buildings_cut"] == 0
        assert cut.report["units_without_building"] == len(units) - len(within)
        assert set(np.unique(cut.kind_of_arc)) <= {BORDER_KINDS.index(kind) for kind in cut.report["border_m"]}
        outside = (cut.fabric.left == NONE) | (cut.fabric.right == NONE)
        assert ((cut.kind_of_arc == BORDER_KINDS.index("community")) == outside).all()
    assert (held == 1).all(), "every building in exactly one unit"
    fits([units_of(cut) for cut in cuts])
    borders = [outer_border(cut.fabric) for cut in cuts]
    assert not any(len(odd_corners(one, other)) for one, other in combinations(borders, 2))


def off_m2(db: Database, view: PlanView) -> float:
    """Ground that changes grid where a draft begins."""
    with db.read() as conn:
        before = {grid.id: grid.shape for grid in grids_of_plans(conn, [view.plan.base_plan_id])}
    drawn = [in_metres(before[grid.id], view.frame) for grid in view.draft.grids]
    now = [in_metres(shape, view.frame) for shape in view.shapes]
    return float(shapely.area(shapely.symmetric_difference(now, drawn)).sum()) / 2


def test_drafts_of_all_communities_fit_to_the_last_digit_whatever_is_drawn_in_them(city: Database) -> None:
    rng = np.random.default_rng(4)
    drafts = []
    for code in (f"99010100100{n}" for n in range(1, 7)):
        plan = open_plan(city, code, None, None, HAND).plan
        assert off_m2(city, view_plan(city, plan.id)) < 200
        for _ in range(4):
            view = view_plan(city, plan.id)
            grid = int(rng.integers(len(view.draft.grids)))
            west, south, east, north = view.shapes[grid].bounds
            x, y = rng.uniform((west, south), (east, north), (2, 2)).T
            ends = [(float(x[0]), south - 1e-4), (float(x[1]), north + 1e-4)]
            if rng.random() < 0.5:
                ends = [(west - 1e-4, float(y[0])), (east + 1e-4, float(y[1]))]
            with suppress(BadGeometry, BadMove):
                edit_plan(city, plan.id, view.plan.version, Split(view.draft.grids[grid].id, tuple(ends)), HAND)
        drafts.append(view_plan(city, plan.id))
    assert sum(view.plan.version - 1 for view in drafts) > 12
    fits([view.shapes for view in drafts])
    fits([shapes_of(view.draft.fabric, np.arange(len(view.draft.unit_no)), len(view.draft.unit_no)) for view in drafts])


def test_borders_run_along_what_the_city_has(city: Database) -> None:
    reports = {cut.community.code: cut.report["border_m"] for cut in cut_units(city, None, AT)}
    old_town, west_garden = reports[SOUTH_MARKET], reports["990101001003"]
    assert old_town["street"] > old_town["plot"] * 0.5
    assert "wall" not in old_town or old_town["wall"] < 0.05 * old_town["street"]
    assert west_garden["plot"] > 0
    assert all("water" not in metres for metres in reports.values()), "the river is a border of communities here"


def test_one_community_is_cut_alike_alone_and_among_all(city: Database) -> None:
    (alone,) = cut_units(city, [SOUTH_MARKET], AT)
    among = next(cut for cut in cut_units(city, None, AT) if cut.community.code == SOUTH_MARKET)
    assert alone.inputs_hash == among.inputs_hash
    assert all(np.array_equal(one, other) for one, other in zip(alone.fabric, among.fabric, strict=True))
    assert np.array_equal(alone.kind_of_arc, among.kind_of_arc)


def test_another_process_cuts_alike(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cut_units(city, None, AT)
    monkeypatch.setattr("geo.actions.work.cut_units.helpers_for", lambda _n: 1)
    for one, other in zip(here, cut_units(city, None, AT), strict=True):
        assert (one.community.code, one.inputs_hash, one.report) == (
            other.community.code,
            other.inputs_hash,
            other.report,
        )
        assert all(np.array_equal(mine, theirs) for mine, theirs in zip(one.fabric, other.fabric, strict=True))
        assert np.array_equal(one.kind_of_arc, other.kind_of_arc)


def test_another_building_makes_another_cut(city: Database) -> None:
    (before,) = cut_units(city, [SOUTH_MARKET], AT)
    with city.write() as conn:
        conn.execute(
            text(
                """update home set retired_at = now() where id = (
                     select h.id from home h join area a on st_contains(a.geom, h.geom)
                      where a.code = :code order by h.id limit 1)"""
            ),
            {"code": SOUTH_MARKET},
        )
    (after,) = cut_units(city, [SOUTH_MARKET], AT)
    assert after.inputs_hash != before.inputs_hash
    assert after.report["buildings"] == before.report["buildings"] - 1


def test_footways_and_private_streets_part_nothing(city: Database) -> None:
    (before,) = cut_units(city, [SOUTH_MARKET], AT)
    with city.write() as conn:
        conn.execute(text("delete from street_piece where highway = 'footway'"))
    (same,) = cut_units(city, [SOUTH_MARKET], AT)
    assert same.inputs_hash == before.inputs_hash
    with city.write() as conn:
        conn.execute(
            text(
                """update street_piece set foot = 2, bike_forward = 0, bike_backward = 0, car_forward = 2,
                          car_backward = 2 where highway = 'living_street'"""
            )
        )
    (closed,) = cut_units(city, [SOUTH_MARKET], AT)
    assert closed.report["border_m"]["street"] < before.report["border_m"]["street"]


def test_who_is_not_there_is_told(city: Database) -> None:
    with pytest.raises(NotFound) as refused:
        cut_units(city, [SOUTH_MARKET, "990101001099"], AT)
    assert refused.value.evidence == {"codes": "990101001099"}


def test_a_cut_can_be_called_off(city: Database) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise Cancelled("job_cancelled")

    with pytest.raises(Cancelled):
        cut_units(city, None, AT, stop)


def test_a_city_without_streets_or_areas(db: Database) -> None:
    assert cut_units(db, None, AT) == []
