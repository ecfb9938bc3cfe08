"""A proposal of one net for several becomes drafts: exact in people, on units, and ready to be edited and published.

Both communities are cut into ten by ten units of 100 m with a home of ten residents in each, and have four square grids
in force. The base net has their borders, too, but for the one in the middle: 100 m farther west in the western
community, which leaves each grid at least four fifths of its people, and 200 m in the eastern one, which does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from geo.actions.city.plan_access import Hand
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_people import import_people
from geo.actions.layers.open_merge import open_merge, origin_of
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.compute.fabric.shapes import fabric_of
from geo.compute.plans.rows import arc_rows
from geo.drafts import BORDER_KINDS
from geo.errors import BadMove, Conflict, NotAllowed, NotFound
from geo.layers import MergeTaken, MergeWish, TakenUp
from geo.plan_ops import Paint
from geo.plan_rows import PlanRows
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.units import NONE
from tests.db.test_plans import accepted
from tests.drawn_layers import HEALTH, NETS, PLAIN, POLICE, homes, take, zone
from tests.plan_towns import HAND, rounded
from tests.small_town import AT, EAST, WEST, areas, everything, load, square, write_csv, write_geojson

N, UNIT_M = 10, 100.0
WISH = MergeWish("health")
BASE_ZONES = [
    zone(f"{side}{k}", x0, y0, x1, y0 + 500)
    for side, west, middle, east in (("W", 0, 400, 1000), ("E", 1000, 1300, 2000))
    for k, (x0, x1, y0) in enumerate(
        [(west, middle, 500), (middle, east, 500), (west, middle, 0), (middle, east, 0)], 1
    )
]


def cut(db: Database, code: str, columns: Sequence[int] = range(N)) -> None:
    """Cut a community into square units, numbered row by row from the south-west."""
    west = 0 if code == WEST else 1000
    boxes = [(west + UNIT_M * column, UNIT_M * row) for row in range(N) for column in columns]
    fabric = fabric_of(np.array([rounded(square(x, y, x + UNIT_M, y + UNIT_M)) for x, y in boxes], dtype=object))
    is_edge = (fabric.left == NONE) | (fabric.right == NONE)
    kinds = np.where(is_edge, BORDER_KINDS.index("community"), BORDER_KINDS.index("street")).astype(np.int32)
    arcs = dict(enumerate(arc_rows(fabric, kinds, list(range(len(boxes))))))
    with db.write() as conn:
        rows = PlanRows(arcs, {}, {}, len(arcs), len(boxes))
        told = {"method": "drawn", "inputs_hash": "drawn", "report": {"units": len(boxes)}}
        drafts.save_fabric(conn, community_of(conn, code=code).id, rows, is_cut=True, at=AT, **told)


@pytest.fixture
def town(db: Database, tmp_path: Path) -> Database:
    load(db, tmp_path)
    return with_layers(db, tmp_path)


def with_layers(db: Database, folder: Path) -> Database:
    import_people(db, write_csv(folder / "people.csv", homes()), PLAIN, AT)
    take(db, folder, POLICE, *NETS[POLICE])
    take(db, folder, HEALTH, *BASE_ZONES)
    for code in (WEST, EAST):
        cut(db, code)
    return db


def grids_of(db: Database, draft: TakenUp) -> dict[str, tuple[str, float]]:
    """Code -> name and residents, as the draft itself counts them."""
    view = view_plan(db, draft.plan.id)
    people = view.figures.residents.tolist()
    return {grid.code[-3:]: (grid.name, people[place]) for place, grid in enumerate(view.draft.grids)}


def take_up(db: Database, wish: MergeWish = WISH) -> MergeTaken:
    return open_merge(db, wish, None, HAND)


def test_one_draft_a_community_with_exactly_the_proposals_people(town: Database) -> None:
    taken = take_up(town)
    west, east = taken.drafts
    assert [draft.plan.community_code for draft in taken.drafts] == [WEST, EAST]
    assert grids_of(town, west) == {
        "001": ("网格001", 200),
        "002": ("网格002", 300),
        "003": ("网格003", 200),
        "004": ("网格004", 300),
    }
    # nobody's old number is given to somebody else
    assert grids_of(town, east) == {
        "005": ("zone E1", 150),
        "006": ("zone E2", 350),
        "007": ("zone E3", 150),
        "008": ("zone E4", 350),
    }
    merged = {zone.code: zone.residents for zone in taken.proposal.zones}
    for draft in taken.drafts:
        people = grids_of(town, draft)
        assert {grid.zone_code: merged[grid.zone_code] for grid in draft.origin.grids} == {
            grid.zone_code: people[grid.code[-3:]][1] for grid in draft.origin.grids
        }
        assert (draft.residents, draft.doubts) == (1000, 0)
    assert {grid.is_kept for grid in west.origin.grids} == {True}
    assert {grid.is_kept for grid in east.origin.grids} == {False}


def test_every_unit_is_in_the_grid_of_its_zone(town: Database) -> None:
    taken = take_up(town)
    zone_of_unit = {(community, no): code for community, no, code in taken.proposal.zone_of_unit}
    for draft in taken.drafts:
        view = view_plan(town, draft.plan.id)
        zone_of_grid = {grid.id: grid.zone_code for grid in draft.origin.grids}
        assert len(view.draft.unit_no) == N * N
        for no, place in zip(view.draft.unit_no.tolist(), view.draft.grid_of_unit.tolist(), strict=True):
            assert zone_of_unit[draft.plan.community_id, no] == zone_of_grid[view.draft.grids[place].id]
        assert not [problem for problem in view.problems if problem.severity == "error"]


def test_grids_that_stay_are_those_of_the_plan_in_force(town: Database) -> None:
    with town.read() as conn:
        live = plans.live_plans(conn, AT)
        ids = dict(conn.exec_driver_sql("select code, grid_id from plan_grid").all())
    west, east = take_up(town).drafts
    for draft in (west, east):
        assert draft.plan.base_plan_id == live[draft.plan.community_id].id
        assert draft.plan.state == "draft"
    assert {grid.code: grid.id for grid in west.origin.grids} == {code: ids[code] for code in ids if code[:12] == WEST}
    assert not {grid.id for grid in east.origin.grids} & set(ids.values())


def test_the_draft_is_edited_and_published(town: Database) -> None:
    draft, _ = take_up(town).drafts
    one, two = (next(grid.id for grid in draft.origin.grids if grid.code.endswith(code)) for code in ("001", "002"))
    column = tuple(10 * row + 4 for row in range(5, 10))
    edited = edit_plan(town, draft.plan.id, 1, Paint(column, one), HAND)
    later = replace(HAND, at=AT + timedelta(days=30))
    done = publish_plan(town, draft.plan.id, 2, accepted(view_plan(town, draft.plan.id)), None, later)
    assert (done.plan.state, edited.plan.version) == ("published", 2)
    people = grids_of(town, replace(draft, plan=done.plan))
    assert (people["001"][1], people["002"][1]) == (250, 250)
    kinds = {(step.old_id, step.new_id): (step.kind, round(step.share, 3)) for step in done.lineage}
    assert kinds[one, one] == kinds[two, two] == ("kept", 1.0)


def test_the_crosswalk_stays_with_the_draft_and_with_what_goes_on_from_it(town: Database) -> None:
    west, _ = take_up(town).drafts
    found = origin_of(town, west.plan.id)
    assert found == west.origin
    assert (found.base, list(found.layers)) == ("health", ["health", "police"])
    assert west.plan.note is not None
    assert west.plan.note == f"health, police → health ({found.inputs_hash[:12]})"
    police = [(row.from_code, row.to_code, row.residents, row.share_of_from) for row in found.crosswalks["police"]]
    assert sorted(police, key=lambda row: row[1] or "") == [
        ("P1", f"{WEST}{number:03}", people, people / 1000) for number, people in enumerate((200, 300, 200, 300), 1)
    ]
    assert {row.share_of_to for rows in found.crosswalks.values() for row in rows} == {1.0}
    again = open_plan(town, WEST, west.plan.id, None, HAND).plan
    assert origin_of(town, again.id) == found
    with pytest.raises(NotFound, match="not begun with a proposal"):
        origin_of(town, west.plan.base_plan_id or 0)


def test_one_community_alone(town: Database) -> None:
    (draft,) = open_merge(town, replace(WISH, community=EAST), "2027", HAND).drafts
    assert (draft.plan.community_code, draft.plan.note) == (EAST, "2027")
    with town.read() as conn:
        assert len(plans.list_plans(conn, None, "draft")) == 1


def test_a_community_without_a_plan_is_numbered_from_the_first(db: Database, tmp_path: Path) -> None:
    import_areas(db, write_geojson(tmp_path / "areas.geojson", areas()), PLAIN, AT)
    west, east = take_up(with_layers(db, tmp_path)).drafts
    for draft, letter in ((west, "W"), (east, "E")):
        assert draft.plan.base_plan_id is None
        assert {grid.code[-3:]: grid.zone_code for grid in draft.origin.grids} == {
            f"{number:03}": f"{letter}{number}" for number in range(1, 5)
        }


def test_where_nobody_lives_ground_decides_what_stays(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path)
    nobody = [{**home, "residents": 0, "households": 0} for home in homes()]
    import_people(db, write_csv(tmp_path / "people.csv", nobody), PLAIN, AT)
    take(db, tmp_path, POLICE, *NETS[POLICE])
    take(db, tmp_path, HEALTH, *BASE_ZONES)
    for code in (WEST, EAST):
        cut(db, code)
    west, east = take_up(db).drafts
    assert {grid.is_kept for grid in west.origin.grids} == {True}
    assert {grid.is_kept for grid in east.origin.grids} == {False}


def test_ground_that_no_grid_could_have_is_refused_and_nothing_is_begun(town: Database, tmp_path: Path) -> None:
    """The eastern community lies in two pieces, and the base knows of one of them."""
    cut(town, EAST, (0, *range(2, N)))
    take(town, tmp_path, HEALTH, *BASE_ZONES[:4], zone("E1", 1000, 0, 1100, 1000))
    before = everything(town)
    with pytest.raises(BadMove, match="80 units of 区002 lie in no zone of health and border on none"):
        take_up(town)
    assert everything(town) == before
    assert len(take_up(town, replace(WISH, community=WEST)).drafts) == 1


def test_a_base_that_is_elsewhere_is_refused_and_other_communities_are_left_alone(
    town: Database, tmp_path: Path
) -> None:
    take(town, tmp_path, HEALTH, *BASE_ZONES[:4])
    before = everything(town)
    with pytest.raises(BadMove, match="covers no unit"):
        take_up(town, replace(WISH, community=EAST))
    assert everything(town) == before
    assert [draft.plan.community_code for draft in take_up(town).drafts] == [WEST]


def test_another_proposal_than_the_one_looked_at_is_refused(town: Database, tmp_path: Path) -> None:
    known = take_up(town, replace(WISH, community=WEST)).proposal.inputs_hash
    take(town, tmp_path, POLICE, zone("P1", 0, 0, 1100, 1000), zone("P2", 1100, 0, 2000, 1000))
    before = everything(town)
    with pytest.raises(Conflict, match="out of date"):
        open_merge(town, WISH, None, HAND, inputs_hash=known)
    assert everything(town) == before


def test_units_cut_anew_meanwhile_are_noticed(town: Database) -> None:
    with pytest.raises(Conflict, match="cut into units anew"):
        open_merge(town, WISH, None, HAND, step=lambda _share: cut(town, EAST))
    with town.read() as conn:
        assert plans.list_plans(conn, None, "draft") == []


def test_somebody_elses_area(town: Database) -> None:
    with town.read() as conn:
        hand = Hand(at=AT, area_id=community_of(conn, code=EAST).id)
    for wish in (WISH, replace(WISH, community=WEST)):
        with pytest.raises(NotAllowed):
            open_merge(town, wish, None, hand)
    assert len(open_merge(town, replace(WISH, community=EAST), None, hand).drafts) == 1
