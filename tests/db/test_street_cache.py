"""Streets laid out once: per version, per travel, per way of moving, and once for all processes."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from geo.actions.city.street_cache import Laid, StreetCache
from geo.compute.streets.network import build_network
from geo.rules.modes import mode, modes, surface
from geo.store import stations
from geo.store.database import Database
from geo.store.streets import save_network
from geo.streets import CLOSED, OPEN
from tests.db.test_compute_coverage import AT, add_station
from tests.drawn_streets import NO_LANDS, barriers_of, lines_of
from tests.trips import FREE, with_turn

FOOT_ONLY = (OPEN, CLOSED, CLOSED, CLOSED, CLOSED)
WALKER, DRIVER, DRY, ICE = mode("planning"), mode("car"), surface("dry"), surface("ice")


def bring_streets(db: Database, *, lane: bool = False, name: str = "学府路") -> None:
    """A crossing with a restriction for cars and a footpath, and perhaps a lane more."""
    ways = [
        {"way": [(0, 0), (1500, 0), (3000, 0)], "access": FREE, "name": name},
        {"way": [(1500, -1500), (1500, 0), (1500, 1500)], "access": FREE},
        {"way": [(3000, 0), (3000, 1500)], "access": FOOT_ONLY},
        *([{"way": [(0, 0), (0, 1500)], "access": FREE}] if lane else []),
    ]
    lines = with_turn(lines_of(*ways), (0, 0), (1500, 0), (1500, 1500), is_only=False)
    with db.write() as conn:
        save_network(
            conn,
            build_network(lines),
            barriers_of(("wall", [(0, 50), (700, 50)], True)),
            NO_LANDS,
            source="town",
            network_date=date(2026, 1, 1),
            import_id=None,
            at=AT,
        )


@pytest.fixture
def town(db: Database) -> Database:
    bring_streets(db)
    with db.write() as conn:
        for x in (0, 800, 2500):
            add_station(conn, x, 20)
    return db


def forget_pieces(db: Database) -> None:
    """The database no longer has the pieces: whoever knows them has them from elsewhere."""
    with db.write() as conn:
        conn.execute(text("delete from street_piece"))


def assert_same(one: object, other: object) -> None:
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype  # type: ignore[attr-defined]
        assert np.array_equal(one, other)  # type: ignore[arg-type]
    elif hasattr(one, "_fields"):
        for value, peer in zip(one, other, strict=True):  # type: ignore[call-overload]
            assert_same(value, peer)
    elif isinstance(one, (list, tuple)):
        assert list(one) == list(other)  # type: ignore[call-overload]
    else:
        assert one == other


def assert_same_streets(one: Laid, other: Laid) -> None:
    for field in fields(one.graph):
        assert_same(getattr(one.graph, field.name), getattr(other.graph, field.name))
    for travel in ("foot", "bike", "car"):
        ground, peer = one.ground_of(travel), other.ground_of(travel)
        for field in fields(ground):
            assert_same(getattr(ground, field.name), getattr(peer, field.name))
    for each in modes().values():
        assert_same(one.net_of(each, ICE), other.net_of(each, ICE))


def test_another_process_has_the_same_streets_without_the_database(town: Database, tmp_path: Path) -> None:
    first = StreetCache(town, tmp_path / "arrays").live()
    for travel in ("foot", "bike", "car"):
        first.ground_of(travel)
    assert len(first.ground_of("car").is_only_of_turn) == 1
    forget_pieces(town)
    second = StreetCache(town, tmp_path / "arrays").live()
    assert_same_streets(first, second)
    assert not second.graph.lonlat_of_node.flags.writeable


def test_without_a_folder_nothing_is_kept(town: Database) -> None:
    assert len(StreetCache(town).live().graph.length_m_of_piece) == 5
    forget_pieces(town)
    assert len(StreetCache(town).live().graph.length_m_of_piece) == 0


@pytest.mark.parametrize("damage", ["graph", "foot", "all", "file"])
def test_a_damaged_folder_is_made_anew_from_the_database(town: Database, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "arrays"
    first = StreetCache(town, folder).live()
    first.ground_of("foot")
    if damage == "file":
        shutil.rmtree(folder)
        folder.write_text("in the way")
    for kept in folder.glob("*") if damage == "all" else folder.glob(f"{damage}-*"):
        for file in kept.iterdir():
            file.write_bytes(file.read_bytes()[:100])
    assert_same_streets(first, StreetCache(town, folder).live())
    if damage != "file":
        forget_pieces(town)
        assert_same_streets(first, StreetCache(town, folder).live())


def test_another_version_is_another_folder_even_where_only_a_name_changed(town: Database, tmp_path: Path) -> None:
    cache = StreetCache(town, tmp_path)
    first = cache.live()
    bring_streets(town, name="新学府路")
    second = cache.live()
    assert second.graph.arrays_hash == first.graph.arrays_hash
    assert "新学府路" in second.graph.name_of_piece
    assert "学府路" not in second.graph.name_of_piece
    bring_streets(town, lane=True)
    assert cache.live().graph.arrays_hash != first.graph.arrays_hash
    lengths_m = [laid.graph.length_m_of_piece.sum() for laid in (first, StreetCache(town, tmp_path).live())]
    assert lengths_m == pytest.approx([7500, 9000])


def test_what_was_laid_out_is_there_for_the_next_who_asks(town: Database) -> None:
    cache = StreetCache(town)
    with town.read() as conn:
        live = stations.live(conn)
    joined = cache.joined(live, WALKER, DRY)
    assert cache.joined(live, WALKER, DRY) is joined
    assert joined.ground is cache.live().ground
    assert joined.net is cache.live().net_of(WALKER, DRY)
    # 20 m from the street each; by car the same doors join the same street
    assert set(joined.doors.connector_ds_of_joint.tolist()) == {180}
    assert cache.joined(live[:1], WALKER, DRY).doors_xy_m.shape == (1, 2)
    assert set(cache.joined(live, DRIVER, ICE).doors.connector_ds_of_joint.tolist()) == {204}


def test_threads_share_what_one_of_them_laid_out(town: Database, tmp_path: Path) -> None:
    cache = StreetCache(town, tmp_path)
    with town.read() as conn:
        live = stations.live(conn)
    wishes = [(each, on) for each in modes().values() for on in (DRY, ICE)] * 3
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda wish: cache.joined(live, *wish), wishes))
    assert len({id(joined.laid) for joined in found}) == 1
    assert len({id(joined.ground) for joined in found}) == 3
    plain = StreetCache(town)
    for (each, on), joined in zip(wishes, found, strict=True):
        assert_same(joined.net, plain.live().net_of(each, on))
