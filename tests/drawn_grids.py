"""Plans drawn as text: every character is a square unit of 100 m, every letter a grid; dots are outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely

from geo.areas import Area
from geo.compute.fabric.faces import Fabric
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.figures import figures_of_grids, unit_of_homes
from geo.compute.project import Frame
from geo.drafts import BORDER_KINDS, CodeBook, Draft, DraftBridge, DraftGrid, PlanHomes
from geo.grids import Post
from geo.plan_problems import Inspection
from geo.rules.code_schemes import code_schemes
from geo.units import E7, NONE, IntArray

COMMUNITY = "990101001001"
FRAME = Frame(103.2, 40.4)
STEP_E7 = (11_778, 9_005)
"""100 m to the east and to the north at the frame's centre, to some centimetres."""
CORNER_E7 = (1_032_000_000, 404_000_000)
CODES = CodeBook(code_schemes()["unit_grid"])
"""No code was given before."""
STAFFED = {"chief": Post(True, None), "member": Post(True, None)}


def draft_of(*rows: str, kinds: Mapping[str, str] | None = None) -> Draft:
    """A draft of the drawn grids: ids from 1 in the order of their letters, units from the north-west, row by row.

    ``kinds`` says what the border between two grids runs along, by their letters in order; else it is a street.
    """
    letters = sorted({letter for row in rows for letter in row} - {"."})
    unit_at = _units(rows)
    fabric, pairs = _fabric(unit_at)
    grid_of_unit = np.array([letters.index(letter) for row in rows for letter in row if letter != "."], np.int64)
    kind_of_arc = [_kind(pair, letters, grid_of_unit, kinds or {}) for pair in pairs]
    units = shapes_of(fabric, np.zeros(len(grid_of_unit), np.int64), 1)[0]
    return Draft(
        community=Area(1, "community", COMMUNITY, "社区", None, None, units, "test", COMMUNITY),
        fabric=fabric,
        kind_of_arc=np.array(kind_of_arc, np.int32),
        arc_no=np.arange(len(pairs)),
        unit_no=np.arange(100, 100 + len(grid_of_unit)),
        grid_of_unit=grid_of_unit,
        grids=tuple(
            DraftGrid(number, f"{COMMUNITY}{number:03}", letter, "basic", STAFFED)
            for number, letter in enumerate(letters, 1)
        ),
    )


def _units(rows: tuple[str, ...]) -> IntArray:
    """(rows + 2, columns + 2) the unit at each place, south first, with a rim of NONE."""
    unit_at = np.full((len(rows) + 2, len(rows[0]) + 2), NONE)
    unit = 0
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            if letter != ".":
                unit_at[len(rows) - y, x + 1] = unit
                unit += 1
    return unit_at


def _fabric(unit_at: IntArray) -> tuple[Fabric, list[tuple[int, int]]]:
    """One arc a side of a square, to the north or to the east."""
    ends: list[tuple[tuple[int, int], tuple[int, int]]] = []
    pairs: list[tuple[int, int]] = []
    n_rows, n_columns = unit_at.shape
    for y in range(1, n_rows):
        for x in range(1, n_columns):
            here, west, south = int(unit_at[y, x]), int(unit_at[y, x - 1]), int(unit_at[y - 1, x])
            if west != here:
                ends.append(((x, y), (x, y + 1)))
                pairs.append((west, here))
            if south != here:
                ends.append(((x, y), (x + 1, y)))
                pairs.append((here, south))
    node, place = np.unique(np.array(ends).reshape(-1, 2), axis=0, return_inverse=True)
    from_to = place.reshape(-1, 2).astype(np.int32)
    sides = np.array(pairs, np.int32)
    fabric = Fabric(
        node_e7=(np.array(CORNER_E7) + (node - 1) * STEP_E7).astype(np.int32),
        from_node=np.ascontiguousarray(from_to[:, 0]),
        to_node=np.ascontiguousarray(from_to[:, 1]),
        left=np.ascontiguousarray(sides[:, 0]),
        right=np.ascontiguousarray(sides[:, 1]),
        start_of_inner=np.zeros(len(pairs) + 1, np.int64),
        inner_e7=np.empty((0, 2), np.int32),
    )
    return fabric, pairs


def _kind(pair: tuple[int, int], letters: list[str], grid_of_unit: IntArray, kinds: Mapping[str, str]) -> int:
    if NONE in pair:
        return BORDER_KINDS.index("community")
    both = "".join(sorted(letters[grid_of_unit[unit]] for unit in pair))
    return BORDER_KINDS.index(kinds.get(both, "street"))


def lonlat_at(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place in squares from the south-west corner of the drawing."""
    return (CORNER_E7[0] + x * STEP_E7[0]) / E7, (CORNER_E7[1] + y * STEP_E7[1]) / E7


def homes_at(*places: tuple[float, float], **counts: float | list[float]) -> PlanHomes:
    """Buildings at places in squares; counts are told once for all, or one a home; by default 0."""
    n = len(places)

    def count_of(name: str) -> np.ndarray:
        return np.broadcast_to(np.asarray(counts.get(name, 0.0), np.float64), (n,)).copy()

    return PlanHomes(
        id=np.arange(1000, 1000 + n),
        lonlat=np.array([lonlat_at(*place) for place in places], np.float64).reshape(-1, 2),
        is_building=np.ones(n, np.int64),
        households=count_of("households"),
        residents=count_of("residents"),
        elderly=count_of("elderly"),
        children=count_of("children"),
        shops=count_of("shops"),
    )


def with_bridges(draft: Draft, *pairs: tuple[int, int]) -> Draft:
    """The draft with footbridges between places of units."""
    return replace(draft, bridges=tuple(sorted(DraftBridge(min(pair), max(pair), "天桥") for pair in pairs)))


def inspection_of(draft: Draft, homes: PlanHomes, **more: object) -> Inspection:
    """All that is known of a draft, derived as the product does."""
    unit_of_home = unit_of_homes(unit_shapes(draft), homes.lonlat)
    found = Inspection(
        draft=draft,
        figures=figures_of_grids(draft, homes, unit_of_home, FRAME),
        shapes=shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids)),
        homes=homes,
        unit_of_home=unit_of_home,
        frame=FRAME,
        scheme=CODES.scheme,
    )
    return replace(found, **more)  # type: ignore[arg-type]


def unit_shapes(draft: Draft) -> np.ndarray:
    """(n_units,) polygons in degrees."""
    n_units = len(draft.unit_no)
    return shapes_of(draft.fabric, np.arange(n_units), n_units)


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Geometry:
    """A box of so many squares, in degrees."""
    return shapely.box(*lonlat_at(x0, y0), *lonlat_at(x1, y1))
