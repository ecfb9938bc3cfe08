"""A town of two streets along a railway, drawn in metres: what is near in a straight line is far on foot.

The southern street and the northern one run from west to east, 40 m apart, with the railway between them; they are
joined where it ends, 1,000 m from their beginning. A station stands at the western end of the southern street, another
at the eastern end of the northern one::

    north-west ------------------ north --------------+--- E      y = 40
    ======================== railway ==============   |
    W ----------- south ----------- south-east -------+---        y = 0
    x = 0          500     600       900             1000  1100

=========== ========= ======= ======= ======= =======
home        residents W, m    E, m    W, air  E, air
=========== ========= ======= ======= ======= =======
north-west  100       2,040   1,100   40      1,100
south       60        500     608     500     601
south-east  40        900     208     900     204
north       30        1,440   500     601     500
=========== ========= ======= ======= ======= =======

From the eastern station one goes straight to the corner of the southern street, 108 m: there is no railway any more.
The western community has the first two homes, the eastern one the others.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import insert

from geo.compute.streets.network import build_network
from geo.store import tables
from geo.store.database import Database
from geo.store.streets import save_network
from tests import small_town
from tests.drawn_streets import NO_LANDS, XY, barriers_of, lines_of
from tests.small_town import AT

EAST_M, NORTH_M = 450, 600
"""Where the beginning of the southern street lies in the small town."""

HOMES: dict[str, tuple[XY, tuple[float, float, float]]] = {
    "north-west": ((0, 40), (100, 20, 10)),
    "south": ((500, 0), (60, 6, 6)),
    "south-east": ((900, 0), (40, 4, 4)),
    "north": ((600, 40), (30, 3, 3)),
}
"""Where they are, and residents, elderly, children."""

STATIONS: dict[str, tuple[XY, int | None]] = {"W": ((0, 0), 50), "E": ((1100, 40), None)}
"""Where they are, and capacity."""


def at(x_m: float, y_m: float) -> XY:
    return EAST_M + x_m, NORTH_M + y_m


def point(xy_m: XY) -> str:
    lon, lat = small_town.lonlat(*at(*xy_m))
    return f"SRID=4326;POINT({lon:.9f} {lat:.9f})"


def load(db: Database, folder: Path) -> None:
    """Areas, grids, streets, homes and stations."""
    small_town.load(db, folder)
    lines = lines_of(
        {"way": [at(0, 0), at(1000, 0), at(1100, 0)], "name": "南街"},
        {"way": [at(0, 40), at(1000, 40), at(1100, 40)], "name": "北街"},
        {"way": [at(1000, 0), at(1000, 40)]},
    )
    railway = barriers_of(("rail", [at(-100, 20), at(990, 20)], True))
    with db.write() as conn:
        network = build_network(lines)
        told = {"source": "drawn", "network_date": date(2026, 1, 1), "import_id": None, "at": AT}
        save_network(conn, network, railway, NO_LANDS, **told)  # type: ignore[arg-type]
        for name, (xy_m, (residents, elderly, children)) in HOMES.items():
            people = {"residents": residents, "elderly": elderly, "children": children}
            where = {"geom": point(xy_m), "start": point(xy_m), "source": "drawn", "source_key": name}
            conn.execute(insert(tables.home).values(kind="building", name=name, **people, **where))
        for name, (xy_m, capacity) in STATIONS.items():
            where = {"geom": point(xy_m), "source": "drawn", "source_key": name}
            values = {"name": name, "kind": "party_mass_centre", "services": [], "capacity": capacity, "updated_at": AT}
            conn.execute(insert(tables.station).values(**values, **where))
