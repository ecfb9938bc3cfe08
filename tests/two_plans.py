"""A town of square blocks, drawn on whole 1e-7 degrees, whose grids are told by letters: one a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

import numpy as np
import shapely

from geo.areas import Area
from geo.drafts import PlanHomes
from geo.grids import Grid, Post
from geo.plan_changes import CaseName, Covered, GridLoad, PlanSide, Things
from geo.provenance import Provenance
from geo.units import NONE, FloatArray, IntArray

WEST, SOUTH, SIDE = 103.2, 40.4, 0.001
COMMUNITY = Area(1, "community", "150102001001", "青河社区", "Qinghe", None, shapely.Point(0, 0), "t", "1")
STAFFED = {"chief": Post(True, "0999-5550101"), "member": Post(True, None)}
COVERED_BY = Provenance("reach-2", "planning", "dry", 15, date(2026, 1, 1), date(2025, 12, 31), "c" * 64)


NameT = TypeVar("NameT")
NOISE = CaseName("Noise of building", "施工噪声", "工单-7", "noise", "0301")


@dataclass(frozen=True)
class Spots(Generic[NameT]):
    """Stations or cases."""

    id: IntArray
    name: Sequence[NameT]
    lonlat: FloatArray


def block(column: int, row: int) -> shapely.Polygon:
    """Column from the west, row from the south."""
    west, south, east, north = (round(x, 7) for x in corners(column, row))
    return shapely.box(west, south, east, north)


def corners(column: int, row: int) -> tuple[float, float, float, float]:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return west, south, west + SIDE, south + SIDE


def middle(column: int, row: int) -> tuple[float, float]:
    west, south, east, north = corners(column, row)
    return (west + east) / 2, (south + north) / 2


def code_of(grid: int) -> str:
    return f"{COMMUNITY.code}{grid:03d}"


def blocks_of(drawing: str) -> dict[str, list[tuple[int, int]]]:
    """Letter -> its blocks. The first line is the northernmost."""
    rows = drawing.split()
    found: dict[str, list[tuple[int, int]]] = {}
    for i, line in enumerate(rows):
        for column, letter in enumerate(line):
            found.setdefault(letter, []).append((column, len(rows) - 1 - i))
    return found


def grids_of(drawing: str, posts: Mapping[str, Mapping[str, Post]] | None = None) -> list[Grid]:
    """The grids of a drawing: A has the id 1. Blocks with a dot are in none."""
    return [
        Grid(
            id=ord(letter) - 64,
            plan_id=1,
            community_id=COMMUNITY.id,
            code=code_of(ord(letter) - 64),
            name=f"网格{letter}",
            kind="basic",
            shape=shapely.MultiPolygon(shapely.get_parts(shapely.union_all([block(*b) for b in blocks])).tolist()),
            posts=dict((posts or {}).get(letter, STAFFED)),
        )
        for letter, blocks in sorted(blocks_of(drawing).items())
        if letter != "."
    ]


def side_of(
    drawing: str, day: date | None = None, *, load: bool = False, posts: Mapping[str, Mapping[str, Post]] | None = None
) -> PlanSide:
    """A plan as drawn; every block has one home and is one unit, in order of rows from the south."""
    letter_of_block = {block: letter for letter, blocks in blocks_of(drawing).items() for block in blocks}
    ids = [
        NONE if letter == "." else ord(letter) - 64
        for _, letter in sorted(letter_of_block.items(), key=lambda item: item[0][::-1])
    ]
    grids = grids_of(drawing, posts)
    of_home = np.array(ids, dtype=np.int64)
    loads = {grid.id: GridLoad(10.0 * ids.count(grid.id), 100.0 * grid.id) for grid in grids} if load else None
    return PlanSide((1,), 1, day, grids, of_home, of_home, loads)


def things_of(
    drawing: str,
    *,
    stations: Sequence[tuple[int, int]] = (),
    incidents: Sequence[tuple[int, int]] = (),
    names: Mapping[int, str] | None = None,
    covered: Sequence[int] | None = None,
    due: Sequence[int] | None = None,
) -> Things:
    """Homes 100, 101 and so on, one a block: 10 residents in the first, 11 in the next, half as many households."""
    rows = drawing.split()
    places = [(column, row) for row in range(len(rows)) for column in range(len(rows[0]))]
    number = np.arange(len(places), dtype=np.float64)
    homes = PlanHomes(
        id=np.arange(len(places), dtype=np.int64) + 100,
        lonlat=np.array([middle(*place) for place in places]),
        is_building=np.array([int(i % 2 == 0) for i in range(len(places))]),
        households=(number + 10) / 2,
        residents=number + 10,
        elderly=np.ones(len(places)),
        children=number,
        shops=np.zeros(len(places)),
    )
    return Things(
        communities=[COMMUNITY],
        homes=homes,
        name_of_home=names or {},
        homes_date=date(2025, 12, 31),
        stations=spots(stations, "驿站"),
        incidents=spots(incidents, NOISE),
        covered=None if covered is None else Covered(np.isin(np.arange(len(places)), covered), COVERED_BY),
        of_units=None if due is None else {"visits_due": np.array(due, dtype=np.float64)},
        work_dates={} if due is None else {"visits_due": date(2026, 1, 31)},
    )


def spots(places: Sequence[tuple[int, int]], name: NameT) -> Spots[NameT]:
    lonlat = np.array([middle(*place) for place in places]).reshape(-1, 2)
    return Spots(np.arange(len(places), dtype=np.int64) + 1, [name] * len(places), lonlat)
