"""Who is assigned to the case's grid: marked, first where the rule says so, told with why it cannot be sent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, insert, text

from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.cover_left import cover_left
from geo.actions.dispatch.rank_helpers import Ranking
from geo.store.assignment_tables import assignment
from geo.store.database import Database
from geo.store.tables import area, grid
from tests.db.test_compute_coverage import box
from tests.dispatch_towns import AT, STREET, Town, at, point

HERE = 1000
"""Where the case is, metres along the street."""


@pytest.fixture
def town(db: Database) -> Town:
    return Town(db).streets(*STREET)


@pytest.fixture
def grids(db: Database) -> tuple[int, int]:
    """The case's grid, and another one."""
    with db.write() as conn:
        values = {"level": "community", "code": "990101001001", "name": "一社区", "source": "town", "source_key": "1"}
        values["geom"] = box(-100, -100, 6100, 100)
        community = conn.execute(insert(area).values(values).returning(area.c.id)).scalar_one()
        new = insert(grid).values([{"community_id": community}] * 2).returning(grid.c.id)
        one, two = conn.execute(new).scalars()
    return one, two


@pytest.fixture
def case(town: Town, grids: tuple[int, int]) -> int:
    return town.add_case(HERE, grid_id=grids[0])


def add_post(town: Town, x_m: float, kind: str, **values: object) -> int:
    return town.add_team(x_m, kind=kind, **{"position_at": None, **values})


def give(
    town: Town, post: int, grid_id: int, since: datetime = AT - timedelta(days=9), until: datetime | None = None
) -> None:
    row = {"resource_id": post, "grid_id": grid_id, "since": since, "until": until, "updated_at": AT}
    with town.db.write() as conn:
        conn.execute(insert(assignment).values(**row, source="t", source_key=f"{post} {grid_id} {since}"))


def names(found: Ranking) -> list[str]:
    return [one.helper.name for one in found.helpers]


def keys(found: Ranking, place: int = 0) -> list[str]:
    return [reason.key for reason in found.helpers[place].reasons]


def test_the_nearest_first_and_the_grids_own_marked(town: Town, case: int, grids: tuple[int, int]) -> None:
    """Police, judge, prosecutor, lawyer: the nearest available, as the published practice has it."""
    add_post(town, 1200, "police_officer", services=["调解"])
    own = add_post(town, 1500, "police_officer", services=["调解"])
    give(town, own, grids[0])
    found = town.rank(case)
    assert [(one.helper.name, one.travel_ds) for one in found.helpers] == [("队0", 1800), ("队1", 4500)]
    assert (keys(found, 0), keys(found, 1)) == ([], ["helper_assigned"])
    assert [(one.helper.name, one.against) for one in found.assigned] == [("队1", None)]
    assert found.unassigned == []


def test_a_mediator_of_the_grid_before_all_nearer_ones(town: Town, case: int, grids: tuple[int, int]) -> None:
    """As far as the cutoff, though the search has enough long before; the others stay in their order."""
    for x_m in (1100, 1200, 1300):
        town.add_station(x_m)
    own = add_post(town, 5000, "mediator", services=["调解"])  # 36,000 ds: beyond the first step of the search
    assert names(town.rank(case, k=2)) == ["站0", "站1"]
    give(town, own, grids[0])
    found = town.rank(case, k=2, minutes=60)
    assert [(one.helper.name, one.travel_ds) for one in found.helpers] == [("队0", 36_000), ("站0", 900)]
    assert keys(found)[0] == "helper_assigned"
    assert names(town.rank(case, k=1)) == ["队0"]
    assert names(town.rank(case, k=4)) == ["队0", "站0", "站1", "站2"]
    assert names(town.rank(case, k=2, minutes=59)) == ["站0", "站1"], "never beyond the minutes"
    assert names(town.rank(case, k=2, service="别的")) == []
    assert names(town.rank(town.add_case(HERE, grid_id=grids[1]), k=2)) == ["站0", "站1"]
    assert names(town.rank(town.add_case(HERE), k=2)) == ["站0", "站1"], "a case in no grid is nobody's"


def test_also_by_air(db: Database, grids: tuple[int, int]) -> None:
    town = Town(db)
    case = town.add_case(HERE, grid_id=grids[0])
    town.add_station(1100)
    give(town, add_post(town, 1600, "mediator", services=["调解"]), grids[0])
    found = town.rank(case, k=1)
    assert found.degraded is not None
    assert names(found) == ["队0"]


def test_who_is_nearer_and_cannot_is_told_as_before(town: Town, case: int, grids: tuple[int, int]) -> None:
    town.add_station(1100, staff=0)
    give(town, add_post(town, 1300, "mediator", services=["调解"]), grids[0])
    town.add_station(1200, services=["别的"])
    town.add_station(1400)
    found = town.rank(case, k=1, service="调解")
    assert names(found) == ["队0"]
    assert [(one.helper.name, one.reason.key) for one in found.set_aside] == [
        ("站0", "helper_nobody_on_duty"),
        ("站1", "helper_unfit"),
    ]
    town.add_station(1050)
    two = town.rank(case, k=2, service="调解")
    assert names(two) == ["队0", "站3"]
    assert [one.helper.name for one in two.set_aside] == ["站0", "站1"], "nearer than the last who is told"


def test_a_team_of_other_grids_alone(town: Town, case: int, grids: tuple[int, int]) -> None:
    warm = add_post(town, 1100, "warm_team", services=["调解"])
    assert names(town.rank(case)) == ["队0"], "one that has no grids of its own is sent anywhere"
    give(town, warm, grids[1])
    assert town.set_aside(case) == [("队0", "helper_other_grids")]
    give(town, warm, grids[0])
    assert names(town.rank(case)) == ["队0"]


@pytest.mark.parametrize(
    ("values", "moment", "key"),
    [
        ({"staff": 0}, AT, "helper_nobody_on_duty"),
        ({"duty_hours": "Mo-Fr 09:00-12:00"}, at(12), "helper_off_duty_until"),
        ({"duty_hours": "off"}, AT, "helper_off_duty"),
        ({"position_at": AT - timedelta(minutes=121)}, AT, "helper_position_lost"),
        ({"position_at": AT, "geom": "SRID=4326;POINT EMPTY"}, AT, "helper_no_position"),
    ],
)
def test_the_grids_own_who_cannot_be_sent_is_told_with_why(
    town: Town, case: int, grids: tuple[int, int], values: dict[str, object], moment: datetime, key: str
) -> None:
    own = add_post(town, 1100, "judge", services=["调解"], **{"geom": point(1100, 0), **values})
    give(town, own, grids[0])
    found = town.rank(case, at=moment)
    assert names(found) == []
    assert [one.against.key for one in found.assigned if one.against] == [key]
    assert [kind.key for kind in found.unassigned] == []


def test_a_fixed_post_is_never_stale_and_says_until_when_it_is_on_duty(
    town: Town, case: int, grids: tuple[int, int]
) -> None:
    give(town, add_post(town, 1100, "judge", services=["调解"], duty_hours="Mo-Fr 09:00-12:00", staff=2), grids[0])
    found = town.rank(case)
    assert keys(found) == ["helper_assigned", "helper_on_duty_until", "helper_staff"]
    assert not found.helpers[0].is_stale


def test_how_many_cases_at_once(town: Town, case: int) -> None:
    """A police post two, as the catalogue has it; a team one."""
    post = add_post(town, 1100, "police_officer", services=["调解"])
    for n in range(2):
        assert names(town.rank(case)) == ["队0"], n
        town.send(town.add_case(5999), None, team=post)
    assert town.set_aside(case) == [("队0", "helper_full")]


def test_kinds_that_the_grid_has_not(town: Town, case: int, grids: tuple[int, int]) -> None:
    give(town, add_post(town, 1100, "lawyer"), grids[1])
    give(town, add_post(town, 1100, "judge"), grids[0])
    give(town, add_post(town, 1100, "warm_team"), grids[1])
    found = town.rank(case)
    assert [kind.key for kind in found.unassigned] == ["lawyer"], "no prosecutor anywhere, and no warm team expected"
    assert [kind.key for kind in town.rank(town.add_case(HERE)).unassigned] == []


def test_of_the_moment_asked_about(town: Town, case: int, grids: tuple[int, int]) -> None:
    own = add_post(town, 1100, "judge", services=["调解"])
    give(town, own, grids[0], AT, AT + timedelta(days=1))
    told = [bool(town.rank(case, at=AT + timedelta(hours=h)).assigned) for h in (-1, 0, 23, 24)]
    assert told == [False, True, True, False]


def test_a_change_is_seen_at_the_next_question_and_nothing_is_read_without_one(
    town: Town, case: int, grids: tuple[int, int]
) -> None:
    own = add_post(town, 1100, "mediator", services=["调解"])
    town.add_station(1050)
    assert names(town.rank(case, k=1)) == ["站0"]
    give(town, own, grids[0])
    first = town.rank(case, k=1)
    assert names(first) == ["队0"]
    said: list[str] = []
    engine = town.db.engine
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    again = town.rank(case, k=1)
    assert said == [], "one glance, past SQLAlchemy; no query for any of them"
    assert again.provenance.inputs_hash == first.provenance.inputs_hash
    with town.db.write() as conn:
        conn.execute(text("update assignment set until = :at"), {"at": AT})
    ended = town.rank(case, k=1)
    assert names(ended) == ["站0"]
    assert ended.provenance.inputs_hash != first.provenance.inputs_hash


def test_posts_do_not_move_up(town: Town, grids: tuple[int, int]) -> None:
    add_post(town, 1100, "judge")
    town.add_team(1200)
    found = cover_left(town.db, Engine(town.db, StreetCache(town.db)), town.cache, AT)
    assert [kind.kind for kind in found.kinds] == ["patrol"]
