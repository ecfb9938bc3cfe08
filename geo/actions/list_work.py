"""The units of a community with what has been counted in each."""

from __future__ import annotations

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.layer_units import stored_units
from geo.actions.plan_access import Hand, community_for
from geo.actions.store_cuts import cut_and_store
from geo.areas import Area
from geo.compute.load import counted
from geo.compute.plan_figures import unit_of_homes
from geo.store import drafts
from geo.store.database import Database
from geo.store.work_counts import counts_in
from geo.work import WORK_KINDS, UnitWork


def list_work(db: Database, community_code: str, hand: Hand) -> UnitWork:
    """Every unit of a community with its numbers. A community that has not been cut yet is cut first.

    Raises
    ------
    NotFound
        If there is no such community.
    NotAllowed
        If it lies outside the hand's area.
    """
    with db.read() as conn:
        community = community_for(conn, community_code, hand)
        is_cut = drafts.cut_of(conn, community.id) is not None
    if not is_cut:
        cut_and_store(db, [community.code], hand.at)
    with db.read() as conn:
        return _work_of(conn, community)


def _work_of(conn: Connection, community: Area) -> UnitWork:
    units = stored_units(conn, community.code)
    shapes = np.array(units.shapes, dtype=object)
    counts = counts_in(conn, [community.id])
    unit = unit_of_homes(shapes, counts.lonlat)
    return UnitWork(
        community=community,
        unit_no=units.unit_no,
        lonlat=shapely.get_coordinates(shapely.point_on_surface(shapes)),
        households=units.households,
        of_kind={kind: counted(counts, kind, unit, len(shapes)) for kind in WORK_KINDS},
        dates=counts.dates,
    )
