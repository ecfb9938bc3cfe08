"""One of each question about plans and layers, so that what they run is compiled."""

from __future__ import annotations

import numpy as np
import shapely

from geo.areas import Area
from geo.compute.fabric.faces import lengths_m_of_arcs
from geo.compute.fabric.shapes import fabric_of
from geo.compute.layers.edges import edges_of, located
from geo.compute.layers.overlap import overlaps
from geo.compute.plans.edits import edited
from geo.compute.plans.rows import arc_rows, draft_of
from geo.compute.plans.start import grids_of_units
from geo.compute.units.cut import cut_units
from geo.drafts import BORDER_KINDS, CodeBook, Draft, DraftGrid
from geo.imports.places import frame_about, in_metres
from geo.plan_ops import Carve, Move, Split
from geo.plan_rows import PlanRows
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.rules.units import unit_rule

WEST, SOUTH, SIDE = 103.2, 40.4, 0.001
"""Corner of four units and the side of one, in degrees."""


def warm_plans() -> None:
    """Ask them all of four units in two grids."""
    draft, codes = _draft(), CodeBook(code_scheme(DEFAULT_SCHEME))
    middle = (WEST + SIDE, SOUTH + SIDE)
    edited(draft, Split(1, ((WEST - SIDE, SOUTH + SIDE / 2), (WEST + 3 * SIDE, SOUTH + SIDE / 2))), codes)
    edited(draft, Move(((middle, (middle[0] + SIDE / 10, middle[1])),)), codes)
    around = [(middle[0] + x * SIDE / 4, middle[1] + y * SIDE / 4) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    edited(draft, Carve(tuple(around), "—"), codes)
    frame = frame_about(draft.community.shape)
    units = np.array([in_metres(unit, frame) for unit in _units()], dtype=object)
    shifted = shapely.transform(units, lambda xy_m: xy_m + 20.0)
    grids_of_units(draft.fabric, lengths_m_of_arcs(draft.fabric, frame), units, np.ones(4), shifted, 0.9)
    located(np.zeros((1, 2)), edges_of(units))
    overlaps(edges_of(units), edges_of(shifted))
    _cut(draft)


def _units() -> np.ndarray:
    boxes = [
        shapely.box(WEST + x * SIDE, SOUTH + y * SIDE, WEST + (x + 1) * SIDE, SOUTH + (y + 1) * SIDE)
        for y in range(2)
        for x in range(2)
    ]
    return np.array(boxes, dtype=object)


def _draft() -> Draft:
    fabric = fabric_of(_units())
    arcs = arc_rows(fabric, np.full(len(fabric.left), BORDER_KINDS.index("street"), np.int32), [0, 1, 2, 3])
    grids = {number: DraftGrid(number, f"990101001001{number:03}", "", "basic", {}) for number in (1, 2)}
    rows = PlanRows(dict(enumerate(arcs)), {0: 1, 1: 1, 2: 2, 3: 2}, grids, len(arcs), 4)
    shape = shapely.MultiPolygon([shapely.box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)])
    return draft_of(Area(0, "community", "990101001001", "", None, None, shape, "", ""), rows)


def _cut(draft: Draft) -> None:
    """A community with a street and two buildings on one side of it."""
    street = shapely.LineString([(WEST + SIDE, SOUTH - SIDE), (WEST + SIDE, SOUTH + 3 * SIDE)])
    buildings = [
        shapely.box(x, SOUTH + SIDE / 2, x + SIDE / 5, SOUTH + SIDE) for x in (WEST + SIDE / 5, WEST + SIDE / 2)
    ]
    lines = {"street": np.array([street], dtype=object)}
    cut_units(draft.community.shape, lines, np.array(buildings, dtype=object), unit_rule())
