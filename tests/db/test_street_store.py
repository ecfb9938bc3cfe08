"""Saving and loading streets, against a real PostGIS."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from geo.compute.network import build_network, joined
from geo.errors import StreetsMissing
from geo.store.database import Database
from geo.store.streets import extents, load_graph, save_network
from geo.streets import Barriers, Lands, StreetNetwork
from tests.drawn_streets import NO_BARRIERS, NO_LANDS, barriers_of, lines_of

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
    assert len(arrays) == 9
    assert not any(values.flags.writeable for values in arrays)
    assert tuple(graph.name_of_piece) == network.name_of_piece[:4]
    assert graph.start_of_barrier.tolist() == [0, 2]
    assert graph.lonlat_of_barrier_point[0, 1] < graph.lonlat_of_node[:, 1].max()


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
    assert hash_of(build_network(lines_of({"way": [(0, 0), (0, 81)]}))) != plain


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
