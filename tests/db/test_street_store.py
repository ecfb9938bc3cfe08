"""Saving and loading streets, against a real PostGIS."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from geo.compute.streets.joined import joined
from geo.compute.streets.network import build_network
from geo.errors import StreetsMissing
from geo.store.database import Database
from geo.store.streets import extents, load_graph, save_network
from geo.streets import ENDS_ONLY, OPEN, Barriers, Gates, Lands, StreetNetwork
from geo.units import NONE
from tests.drawn_streets import NO_BARRIERS, NO_LANDS, barriers_of, key_at, lines_of, lonlat_of

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def saved(
    db: Database, network: StreetNetwork, barriers: Barriers = NO_BARRIERS, lands: Lands = NO_LANDS, **given
) -> int:
    told = {"source": "town", "network_date": date(2026, 1, 1), "import_id": None, "at": AT} | given
    with db.write() as conn:
        return save_network(conn, network, barriers, lands, **told)


def cross() -> StreetNetwork:
    """Two named streets that cross, and a motorway that nobody walks."""
    return build_network(
        lines_of(
            {"way": [(-100, 0), (0, 0), (100, 30)], "name": "东\t街\\1"},
            {"way": [(0, -50), (0, 0), (0, 50)], "highway": "footway", "is_bridge": True},
            {"way": [(-500, 200), (500, 200)], "highway": "motorway", "is_walkable": False},
        )
    )


def test_what_was_saved_comes_back(db: Database) -> None:
    network = cross()
    network_id = saved(
        db, network, barriers_of(("rail", [(-10, 5), (10, 5)], True), ("rail", [(-20, 9), (20, 9)], False))
    )
    with db.read() as conn:
        graph = load_graph(conn)
    assert graph.network_ids == (network_id,)
    assert graph.network_date == date(2026, 1, 1)
    assert len(graph.lonlat_of_node) == 5
    walkable = network.is_walkable_of_piece
    for values, kept in (
        (graph.length_m_of_piece, network.length_m_of_piece[walkable]),
        (graph.component_m_of_piece, network.component_m_of_piece[walkable]),
        (graph.lonlat_of_node[graph.from_node_of_piece], network.lonlat_of_node[network.from_node_of_piece[walkable]]),
        (graph.lonlat_of_node[graph.to_node_of_piece], network.lonlat_of_node[network.to_node_of_piece[walkable]]),
        (graph.lonlat_of_point, network.lonlat_of_point[: network.start_of_piece[walkable.sum()]]),
        (graph.start_of_piece, network.start_of_piece[: walkable.sum() + 1]),
    ):
        np.testing.assert_array_equal(values, kept)
    arrays = [value for value in vars(graph).values() if isinstance(value, np.ndarray)]
    assert not any(values.flags.writeable for values in arrays)
    assert tuple(graph.name_of_piece) == network.name_of_piece[:4]
    assert graph.start_of_barrier.tolist() == [0, 2]
    assert graph.lonlat_of_barrier_point[0, 1] < graph.lonlat_of_node[:, 1].max()


def driven() -> StreetNetwork:
    """A one-way with a limit, steps, a private drive behind a gate, a path, a forbidden turn, and a line only drawn."""
    return build_network(
        lines_of(
            {"way": [(0, 0), (100, 0)], "access": (OPEN, OPEN, 0, OPEN, 0), "max_kmh": 48.3, "highway": "primary"},
            {"way": [(100, 0), (100, 60)], "access": (OPEN, 0, 0, 0, 0), "is_steps": True, "highway": "steps"},
            {"way": [(100, 0), (150, 0), (200, 0)], "access": (ENDS_ONLY,) * 5, "highway": "service"},
            {"way": [(0, 0), (0, 70)], "access": (0, OPEN, OPEN, 0, 0), "highway": "cycleway"},
            {"way": [(0, 200), (50, 200)], "is_walkable": False, "highway": "proposed"},
            key_of_stop=key_at((150, 0)),
            access_of_stop=np.array([(0, ENDS_ONLY, ENDS_ONLY, 0, 0)], dtype=np.uint8),
            from_key_of_turn=key_at((0, 0)),
            via_key_of_turn=key_at((100, 0)),
            to_key_of_turn=key_at((150, 0)),
            is_only_of_turn=np.array([False]),
            is_for_bike_of_turn=np.array([True]),
            is_for_car_of_turn=np.array([True]),
        )
    )


def gates() -> Gates:
    """Two in a compound's outline, one in a wall."""
    ring = lonlat_of([(120, -30), (220, -30), (220, 30), (120, 30), (120, -30)])
    return Gates(lonlat_of([(120, 0), (220, 0), (0, 90)]), np.array([0, 0, NONE], np.int32), ring, np.array([0, 5]))


ROUTED = ("access_of_piece", "is_steps_of_piece", "max_kmh_of_piece", "length_m_of_piece")
TURNS = ("from_piece_of_turn", "to_piece_of_turn", "is_only_of_turn", "is_for_bike_of_turn", "is_for_car_of_turn")


def test_ways_of_moving_come_back_beside_another_source(db: Database) -> None:
    """An older source lies in front, so that every number of the second is another one."""
    network, found = driven(), gates()
    saved(db, cross(), source="a", gates=gates())
    saved(db, network, source="b", gates=found)
    with db.read() as conn:
        graph = load_graph(conn)
    n_before, n_own = 4, len(network.length_m_of_piece) - 1
    assert len(graph.length_m_of_piece) == n_before + n_own
    for name in ROUTED:
        np.testing.assert_array_equal(getattr(graph, name)[n_before:], getattr(network, name)[:n_own], err_msg=name)
    assert graph.highway_of_piece[n_before:] == network.highway_of_piece[:n_own]
    for name in TURNS:
        offset = n_before if "piece" in name else 0
        np.testing.assert_array_equal(getattr(graph, name), getattr(network, name) + offset, err_msg=name)
    via = graph.lonlat_of_node[graph.via_node_of_turn]
    np.testing.assert_array_equal(via, network.lonlat_of_node[network.via_node_of_turn])
    np.testing.assert_array_equal(graph.lonlat_of_gate, np.tile(found.lonlat_of_gate, (2, 1)))
    assert graph.outline_of_gate.tolist() == [0, 0, NONE, 1, 1, NONE]
    np.testing.assert_array_equal(graph.lonlat_of_outline_point, np.tile(found.lonlat_of_outline_point, (2, 1)))
    assert graph.start_of_outline.tolist() == [0, 5, 10]


def test_a_new_version_retires_the_old_one(db: Database) -> None:
    first = saved(db, cross())
    second = saved(db, build_network(lines_of({"way": [(0, 0), (0, 80)]})))
    with db.read() as conn:
        assert load_graph(conn).network_ids == (second,)
        rows = conn.exec_driver_sql("select id, version, retired_at is null from street_network order by id").all()
        assert [tuple(row) for row in rows] == [(first, 1, False), (second, 2, True)]
        (extent,) = extents(conn)
    assert extent.is_valid
    assert extent.area > 0


def test_no_streets_is_said(db: Database) -> None:
    with db.read() as conn:
        assert extents(conn) == []
        with pytest.raises(StreetsMissing, match="import streets"):
            load_graph(conn)


def test_two_sources_meet_where_their_coordinates_agree(db: Database) -> None:
    """The second file's path ends halfway along the first file's street, at one of its points."""
    saved(db, build_network(lines_of({"way": [(0, 0), (300, 0), (1000, 0)]})), source="streets")
    saved(db, build_network(lines_of({"way": [(300, 0), (300, 200)]})), source="paths", network_date=date(2025, 1, 1))
    with db.read() as conn:
        apart = load_graph(conn)
    assert len(apart.length_m_of_piece) == 2
    graph = joined(apart)
    assert sorted(np.round(graph.length_m_of_piece, 3)) == [200, 300, 700]
    assert np.allclose(graph.component_m_of_piece, 1200)
    assert len(graph.lonlat_of_node) == 4
    assert graph.network_date == date(2025, 1, 1)


def test_the_hash_tells_what_reach_depends_on(db: Database) -> None:
    def hash_of(network: StreetNetwork, barriers: Barriers = NO_BARRIERS) -> str:
        saved(db, network, barriers)
        with db.read() as conn:
            return load_graph(conn).arrays_hash

    street = {"way": [(0, 0), (0, 80)]}
    plain = hash_of(build_network(lines_of(street)))
    assert hash_of(build_network(lines_of(street | {"name": "Lane"}))) == plain
    assert hash_of(build_network(lines_of(street)), barriers_of(("rail", [(-9, 9), (9, 9)], False))) == plain
    assert hash_of(build_network(lines_of(street)), barriers_of(("rail", [(-9, 9), (9, 9)], True))) != plain
    others = [
        {"way": [(0, 0), (0, 81)]},
        street | {"access": (ENDS_ONLY, 0, 0, 0, 0)},
        street | {"access": (OPEN, OPEN, 0, 0, 0)},
        street | {"is_steps": True},
        street | {"access": (OPEN,) * 5},
        street | {"access": (OPEN,) * 5, "max_kmh": 30},
        street | {"access": (OPEN,) * 5, "highway": "primary"},
    ]
    assert len({plain, *(hash_of(build_network(lines_of(other))) for other in others)}) == 1 + len(others)
    saved(db, build_network(lines_of(street)), gates=gates())
    with db.read() as conn:
        assert load_graph(conn).arrays_hash != plain


def test_lands_of_one_part_and_of_many(db: Database) -> None:
    shapes = [
        shapely.box(103.2, 40.4, 103.3, 40.5),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
    ]
    saved(db, cross(), lands=Lands(wkb=[s.wkb for s in shapes], kind=["green", "water"], name=["公园", None]))
    with db.read() as conn:
        rows = conn.exec_driver_sql(
            "select kind, name, st_numgeometries(geom), st_area(geom) from land order by land"
        ).all()
    assert [tuple(row)[:3] for row in rows] == [("green", "公园", 1), ("water", None, 2)]
    assert rows[1][3] == pytest.approx(2)
