"""A drawn community for plans: 1 km by 1 km, ten by ten units of 100 m, four grids of 25 units, a home in each unit.

Every unit has 16 households, 40 residents (10 elderly, 5 children) and a shop, so every grid has 400 households.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection, insert

from geo.actions.city.plan_access import Hand
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.plans.open_plan import Opened, open_plan
from geo.areas import Area
from geo.compute.fabric.shapes import fabric_of
from geo.compute.plans.rows import arc_rows
from geo.drafts import BORDER_KINDS, DraftGrid
from geo.imports.options import ImportOptions
from geo.plan_rows import ArcRow, PlanRows
from geo.store import drafts
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.store.tables import home
from geo.units import NONE
from tests.small_town import AT, WEST, areas, grid_boxes, grids, square, write_geojson

N = 10
"""Units along each side."""
UNIT_M = 100.0
HAND = Hand(at=AT, token_name="test")
HOUSEHOLDS, RESIDENTS = 16.0, 40.0


@dataclass(frozen=True)
class PlanTown:
    """What is in the database."""

    community_id: int
    plan_id: int
    """The plan in force."""
    grid: tuple[int, ...]
    """Permanent ids: north-west, north-east, south-west, south-east."""


def rounded(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda lonlat: np.rint(lonlat * 1e7) / 1e7)


def unit(column: int, row: int) -> shapely.Geometry:
    """The square of a unit, counted from the south-west corner."""
    x, y = column * UNIT_M, row * UNIT_M
    return rounded(square(x, y, x + UNIT_M, y + UNIT_M))


def unit_no(column: int, row: int) -> int:
    return row * N + column


def drawn_arcs() -> dict[int, ArcRow]:
    """The borders of all units."""
    shapes = np.array([unit(column, row) for row in range(N) for column in range(N)], dtype=object)
    fabric = fabric_of(shapes)
    is_edge = (fabric.left == NONE) | (fabric.right == NONE)
    kinds = np.where(is_edge, BORDER_KINDS.index("community"), BORDER_KINDS.index("street")).astype(np.int32)
    return dict(enumerate(arc_rows(fabric, kinds, list(range(N * N)))))


def drawn_rows() -> PlanRows:
    """The same town without a database: its grids have the ids 1 to 4."""
    grids = {number: DraftGrid(number, f"{WEST}{number:03}", f"网格{number:03}", "basic", {}) for number in range(1, 5)}
    of_unit = {unit_no(c, r): 1 + (c >= N // 2) + 2 * (r < N // 2) for r in range(N) for c in range(N)}
    arcs = drawn_arcs()
    return PlanRows(arcs, of_unit, grids, len(arcs), N * N)


def drawn_community() -> Area:
    """Where it lies."""
    shape = shapely.coverage_union_all([unit(column, row) for row in range(N) for column in range(N)])
    return Area(1, "community", WEST, "河西社区", None, None, shape, "test", WEST)


def build_plan_town(db: Database, folder: Path) -> PlanTown:
    """Areas, grids in force, homes, and the community's cut into units."""
    import_areas(db, write_geojson(folder / "areas.geojson", areas()), ImportOptions(source="test"), AT)
    boxes = {code: box for code, box in grid_boxes().items() if code.startswith(WEST)}
    options = ImportOptions(source="test", publish=True)
    more = {"chief_filled": "yes", "member_filled": "yes"}
    import_grids(db, write_geojson(folder / "grids.geojson", grids(boxes, **more)), options, AT)
    with db.write() as conn:
        community = community_of(conn, code=WEST)
        conn.execute(insert(home), [_home(column, row) for row in range(N) for column in range(N)])
        save_drawn_cut(conn, community.id)
        found = conn.exec_driver_sql("select plan_id, grid_id from plan_grid order by code").all()
    return PlanTown(community.id, found[0].plan_id, tuple(row.grid_id for row in found))


def save_drawn_cut(conn: Connection, community_id: int) -> None:
    """The community's cut into the units that are drawn."""
    arcs = drawn_arcs()
    rows = PlanRows(arcs, {}, {}, len(arcs), N * N)
    drafts.save_fabric(conn, community_id, rows, is_cut=True, method="drawn", inputs_hash="drawn", report={}, at=AT)


def begin(db: Database) -> Opened:
    """A draft that goes on from the plan in force."""
    return open_plan(db, WEST, None, None, HAND)


def _home(column: int, row: int) -> dict[str, object]:
    x, y = (column + 0.5) * UNIT_M, (row + 0.5) * UNIT_M
    shape = square(x - 10, y - 10, x + 10, y + 10)
    return {
        "kind": "building",
        "name": f"{column}-{row}",
        "geom": f"SRID=4326;{shape.wkt}",
        "start": f"SRID=4326;{shape.centroid.wkt}",
        "households": HOUSEHOLDS,
        "residents": RESIDENTS,
        "elderly": 10.0,
        "children": 5.0,
        "shops": 1,
        "source": "test",
        "source_key": f"{column}-{row}",
    }
