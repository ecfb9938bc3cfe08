"""The units of communities as they are stored, in one piece, with who lives in them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.areas import Area
from geo.compute.fabric.faces import lengths_m_of_arcs
from geo.compute.fabric.rings import neighbours_of, shapes_of
from geo.compute.layers.edges import edges_of
from geo.compute.layers.rebase import UnitGround
from geo.compute.plans.figures import unit_of_homes
from geo.compute.plans.rows import draft_of
from geo.compute.project import Frame
from geo.drafts import Draft, DraftGrid
from geo.errors import NotFound
from geo.imports.places import frame_about
from geo.layers import CityUnits
from geo.plan_rows import PlanRows
from geo.store.areas import live_areas
from geo.store.drafts import arcs_of_fabric, cut_of
from geo.store.plan_homes import homes_in
from geo.units import NONE, FloatArray, IntArray

ANY = DraftGrid(0, "", "", "basic", {})
"""Stands for the grid of every unit where grids do not matter."""


class _Cut(NamedTuple):
    """One community's units."""

    community: Area
    unit_no: IntArray
    shapes: NDArray[np.object_]
    neighbours: IntArray
    border_m: FloatArray


def stored_units(conn: Connection, community: str | None = None) -> CityUnits:
    """The units of one community, by its code, or of all that have been cut.

    Raises
    ------
    NotFound
        If none has been cut, or not that one.
    """
    found = find_units(conn, community)
    if found is None:
        raise NotFound("layer_no_units", community=community or "-")
    return found


def find_units(conn: Connection, community: str | None = None) -> CityUnits | None:
    """As :func:`stored_units`, and None if none has been cut."""
    communities = [area for area in live_areas(conn, "community") if community in (None, area.code)]
    cuts = [cut for area in communities if (cut := _cut(conn, area)) is not None]
    if not cuts:
        return None
    shapes = np.concatenate([cut.shapes for cut in cuts])
    offsets = np.cumsum([0, *(len(cut.shapes) for cut in cuts)])[:-1].tolist()
    homes = homes_in(conn, [cut.community.id for cut in cuts]).homes
    unit = unit_of_homes(shapes, homes.lonlat)
    counts = [
        np.bincount(unit, weights=each, minlength=len(shapes)).astype(np.float64)
        for each in (np.ones(len(unit)), homes.households, homes.residents)
    ]
    return CityUnits(
        shapes=list(shapes),
        community=np.concatenate([np.full(len(cut.shapes), cut.community.id, np.int64) for cut in cuts]),
        unit_no=np.concatenate([cut.unit_no for cut in cuts]),
        neighbours=np.concatenate([cut.neighbours + start for cut, start in zip(cuts, offsets, strict=True)]),
        border_m=np.concatenate([cut.border_m for cut in cuts]),
        homes=counts[0].astype(np.int64),
        households=counts[1],
        residents=counts[2],
        home_id=homes.id,
        unit_of_home=unit,
    )


def cut_shapes(conn: Connection, community: Area) -> NDArray[np.object_] | None:
    """(n_units,) multipolygons, EPSG:4326, of a community's own units; None if it has not been cut."""
    draft = _cut_draft(conn, community)
    return None if draft is None else _shapes(draft)


def _cut_draft(conn: Connection, community: Area) -> Draft | None:
    fabric_id = cut_of(conn, community.id)
    if fabric_id is None:
        return None
    arcs, next_arc_no, next_unit_no = arcs_of_fabric(conn, fabric_id)
    units = {unit: ANY.id for arc in arcs.values() for unit in (arc.left, arc.right) if unit != NONE}
    return draft_of(community, PlanRows(arcs, units, {ANY.id: ANY}, next_arc_no, next_unit_no))


def _shapes(draft: Draft) -> NDArray[np.object_]:
    n_units = len(draft.unit_no)
    return shapes_of(draft.fabric, np.arange(n_units), n_units)


def _cut(conn: Connection, community: Area) -> _Cut | None:
    draft = _cut_draft(conn, community)
    if draft is None:
        return None
    lengths_m = lengths_m_of_arcs(draft.fabric, frame_about(community.shape))
    pairs, length_m = neighbours_of(draft.fabric, np.arange(len(draft.unit_no)), lengths_m)
    return _Cut(community, draft.unit_no, _shapes(draft), pairs, length_m)


def ground_of_units(units: CityUnits, frame: Frame) -> UnitGround:
    """Units as ground in metres."""
    shapes = np.asarray(shapely.transform(np.array(units.shapes, dtype=object), frame.to_xy_m))
    inside: FloatArray = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return UnitGround(edges_of(shapes), inside, shapely.area(shapes), units.residents)
