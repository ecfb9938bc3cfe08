"""Three departments' nets over the small town, and homes in it: every figure of them is known from the drawing.

The town is 2,000 m by 1,000 m. ``police`` has its two halves, ``health`` four quarters whose middle border lies 100 m
farther west, ``fire`` the western 1,500 m only. Homes stand on a lattice of 100 m, ten residents in each.
"""

from __future__ import annotations

from pathlib import Path

from geo.actions.imports.import_people import import_people
from geo.actions.layers.import_layer import import_layer
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.layers import LayerWish
from geo.store.database import Database
from tests.small_town import AT, Feature, load, lonlat, square, write_csv, write_geojson

PLAIN = ImportOptions()
POLICE = LayerWish("police", "公安局", "警务网格")
HEALTH = LayerWish("health", "卫健委", "卫生网格")
FIRE = LayerWish("fire", "消防队", "消防网格")

N_HOMES, RESIDENTS = 200, 2000.0


def zone(code: str, *box: float) -> Feature:
    return {"code": code, "name": f"zone {code}"}, square(*box)


NETS = {
    POLICE: (zone("P1", 0, 0, 1000, 1000), zone("P2", 1000, 0, 2000, 1000)),
    HEALTH: tuple(
        zone(f"H{k}", x0, y0, x1, y0 + 500)
        for k, (x0, x1, y0) in enumerate([(0, 900, 0), (900, 2000, 0), (0, 900, 500), (900, 2000, 500)], start=1)
    ),
    FIRE: (zone("F1", 0, 0, 700, 1000), zone("F2", 700, 0, 1500, 1000)),
}


def take(
    db: Database, folder: Path, wish: LayerWish, *features: Feature, options: ImportOptions = PLAIN
) -> ImportReport:
    return import_layer(db, write_geojson(folder / f"{wish.name}.geojson", features), wish, options, AT)


def homes() -> list[dict[str, object]]:
    """One home in the middle of every square of 100 m."""
    found = []
    for number in range(N_HOMES):
        lon, lat = lonlat(50 + 100 * (number % 20), 50 + 100 * (number // 20))
        found.append({"id": f"B{number:03}", "residents": 10, "households": 4, "lon": lon, "lat": lat})
    return found


def load_town(db: Database, folder: Path) -> None:
    """The town, its homes, and the three nets."""
    load(db, folder)
    import_people(db, write_csv(folder / "people.csv", homes()), PLAIN, AT)
    for wish, features in NETS.items():
        take(db, folder, wish, *features)
