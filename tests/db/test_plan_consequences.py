"""What a plan changes, wired to a real database: people, work, posts; plans and days held against each other."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import numpy as np
import pytest
from geoalchemy2.shape import from_shape
from openpyxl import load_workbook
from shapely import Point
from sqlalchemy import insert, text

from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.export_plan import export_changes, print_changes
from geo.actions.plans.plan_consequences import compare_days, compare_plans, consequences_of
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.compute.plans.figures import figures_of_shapes
from geo.errors import Refused
from geo.imports.places import in_metres
from geo.plan_ops import Paint
from geo.plans import Plan
from geo.store.database import Database
from geo.store.incident_tables import incident
from geo.units import NONE
from tests.db.test_plans import LATER, accepted
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.pure.test_plan_files import text_of
from tests.small_town import AT, WEST, lonlat


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def painted(db: Database, town: PlanTown) -> Plan:
    """A draft in which five units of the south-western grid belong to the north-western one."""
    draft = begin(db).plan
    row = tuple(unit_no(column, 4) for column in range(5))
    return edit_plan(db, draft.id, 1, Paint(row, town.grid[0]), HAND).plan


def test_what_a_draft_changes(db: Database, town: PlanTown, painted: Plan) -> None:
    changes = consequences_of(db, painted.id).changes
    told = changes.comparison
    assert (told.moved.residents, told.moved.households, told.moved.buildings) == (200, 80, 5)
    assert told.moved_share == pytest.approx(0.05)
    assert [(flow.before.id, flow.after.id) for flow in told.moves if flow.before and flow.after] == [
        (town.grid[2], town.grid[0])
    ]
    assert sorted(move.name or "" for move in changes.buildings) == [f"{column}-4" for column in range(5)]
    assert {post.grid.id for post in changes.posts} == {town.grid[0], town.grid[2]}
    assert [community.code for community in changes.communities] == [WEST]
    states = {change.id: change.state for change in told.grids}
    assert states[town.grid[0]] == states[town.grid[2]] == "changed"


def test_open_cases_are_called_by_their_number_and_item(db: Database, painted: Plan, tmp_path: Path) -> None:
    """A case of a version that nobody has any more, or of a category alone, is called by its category."""
    with db.write() as conn:
        for number, item, version in (("热-1", "0101", "seed-1"), ("热-2", "0101", "gone-9"), ("热-3", None, None)):
            said = {"category": "litter", "item": item, "catalogue_version": version}
            key = {"source": "hotline", "source_key": number, "occurred_at": AT}
            conn.execute(insert(incident).values(**said, **key, geom=from_shape(Point(lonlat(150, 450)), srid=4326)))
    moves = consequences_of(db, painted.id).changes.incidents
    told = [(move.name.number, move.name.item, *map(move.name.in_language, ("zh", "en"))) for move in moves]
    assert told == [
        ("热-1", "0101", "暴露垃圾", "Rubbish left in the open"),
        ("热-2", None, "暴露垃圾", "Litter and rubble"),
        ("热-3", None, "暴露垃圾", "Litter and rubble"),
    ]
    book = load_workbook(export_changes(db, painted.id, tmp_path / "changes.xlsx", "en"))
    rows = list(book["open cases"].iter_rows(min_row=2, max_col=4, values_only=True))
    assert [row[1:] for row in rows] == [
        ("热-1", "0101", "Rubbish left in the open"),
        ("热-2", None, "Litter and rubble"),
        ("热-3", None, "Litter and rubble"),
    ]


def test_work_before_is_told_although_the_plan_before_was_only_drawn(
    db: Database, town: PlanTown, painted: Plan
) -> None:
    grids = {change.id: change for change in consequences_of(db, painted.id).changes.comparison.grids}
    one = grids[town.grid[0]]
    assert one.before is not None
    assert one.after is not None
    assert one.before.load is not None
    assert one.after.load is not None
    assert one.after.load.hours > one.before.load.hours
    other = grids[town.grid[1]]
    assert other.before is not None
    assert other.after is not None
    assert other.before.load is not None
    assert other.after.load is not None
    assert other.after.load.hours == pytest.approx(other.before.load.hours, rel=1e-6)


def test_figures_by_shape_are_those_by_units(db: Database, town: PlanTown) -> None:
    view = view_plan(db, begin(db).plan.id)
    place = {grid.id: number for number, grid in enumerate(view.draft.grids)} | {NONE: NONE}
    shapes_m = np.array([in_metres(shape, view.frame) for shape in view.shapes], dtype=object)
    of_home = np.array([place[grid] for grid in view.grid_of_home.tolist()])
    found = figures_of_shapes(shapes_m, view.housed.homes, of_home)
    for name in ("homes", "buildings", "households", "residents", "elderly", "children", "shops", "pieces"):
        assert getattr(found, name).tolist() == getattr(view.figures, name).tolist()
    assert found.area_m2 == pytest.approx(view.figures.area_m2, rel=1e-9)
    assert found.compactness == pytest.approx(view.figures.compactness, rel=1e-9)


def test_plans_and_days_say_the_same(db: Database, town: PlanTown, painted: Plan) -> None:
    by_plan = compare_plans(db, town.plan_id, painted.id)
    publish_plan(db, painted.id, painted.version, accepted(view_plan(db, painted.id)), None, LATER)
    by_day = compare_days(db, AT + timedelta(days=1), LATER.at + timedelta(days=1), WEST)
    everywhere = compare_days(db, AT + timedelta(days=1), LATER.at + timedelta(days=1), None)
    assert by_day.moved == by_plan.moved == everywhere.moved
    back = compare_plans(db, painted.id, town.plan_id)
    assert back.moved == by_plan.moved
    nothing = compare_plans(db, painted.id, painted.id)
    assert nothing.moved.residents == 0
    assert {change.state for change in nothing.grids} == {"kept"}


def test_a_printed_map_says_its_number_and_whose_data_it_shows(
    db: Database, town: PlanTown, painted: Plan, tmp_path: Path
) -> None:
    out = tmp_path / "changes.pdf"
    with db.write() as conn:
        conn.exec_driver_sql("update area set source = 'osm-2026'")
    print_changes(db, painted.id, out, "en", AT.date(), UTC, "GS(2026)1")
    told = text_of(out.read_bytes())
    assert "Map approval number: GS(2026)1" in told
    assert "© OpenStreetMap contributors" in told


def test_plans_of_different_communities_are_not_compared(db: Database, town: PlanTown, painted: Plan) -> None:
    with db.write() as conn:
        conn.exec_driver_sql(
            "insert into plan (community_id, state, created_at)"
            " select id, 'draft', now() from area where code = '990101001002'"
        )
        other = conn.exec_driver_sql("select max(id) from plan").scalar_one()
    with pytest.raises(Refused, match="different communities"):
        compare_plans(db, painted.id, other)


def test_a_draft_that_nobody_edited_changes_nothing(db: Database, town: PlanTown) -> None:
    """Borders of an import come to lie decimetres off when they are put together from units."""
    draft = begin(db).plan
    with db.write() as conn:
        moved = "update plan_grid set geom = ST_Translate(geom, 0.000004, 0) where plan_id = :plan"
        conn.execute(text(moved), {"plan": town.plan_id})
    changes = consequences_of(db, draft.id).changes
    assert {change.state for change in changes.comparison.grids} == {"kept"}
    assert changes.comparison.ground == []
    assert changes.posts == []
