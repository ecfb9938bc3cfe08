"""Stations of an OpenStreetMap extract, by their tags."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from geo.actions.imports.import_stations import import_stations
from geo.imports.options import ImportOptions
from geo.store import stations
from geo.store.database import Database
from tests.osm_files import write_pbf

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_stations_by_tags(db: Database, tmp_path: Path) -> None:
    tagged = {
        1: {"amenity": "townhall", "name": "便民服务大厅", "opening_hours": "Mo-Fr 09:00-17:00", "phone": "0472-1"},
        2: {"amenity": "library"},
        3: {"amenity": "bench"},
    }
    nodes = {number: (103.2 + number / 1000, 40.4) for number in (1, 2, 3)}
    path = write_pbf(tmp_path / "town.osm.pbf", nodes, tagged=tagged)
    report = import_stations(db, path, ImportOptions(), AT)
    assert (report.read, report.added) == (2, 2)
    with db.read() as conn:
        kept = {station.source_key: station for station in stations.live(conn)}
    assert set(kept) == {"n1", "n2"}
    assert (kept["n1"].kind, kept["n1"].name, kept["n1"].phone) == ("service_hall", "便民服务大厅", "0472-1")
    assert kept["n2"].kind == "reading_room"
    assert import_stations(db, path, ImportOptions(), AT).unchanged == 2
