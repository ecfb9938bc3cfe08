"""The units of a community with what has been counted in each."""

from __future__ import annotations

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, community_for
from geo.actions.work.layer_units import find_units
from geo.areas import Area
from geo.compute.plans.figures import unit_of_homes
from geo.compute.plans.load import counted
from geo.errors import NotFound
from geo.provenance import Made, digest_of
from geo.store.coverage import people_date
from geo.store.database import Database
from geo.store.work_counts import counts_in
from geo.work import METHOD, WORK_KINDS, UnitWork


def list_work(db: Database, community_code: str, hand: Hand) -> UnitWork:
    """Every unit of a community with its numbers.

    Raises
    ------
    NotFound
        If there is no such community, or it has not been cut into units: looking cuts nothing.
    NotAllowed
        If it lies outside the hand's area.
    """
    with db.read() as conn:
        community = community_for(conn, community_code, hand)
        return _work_of(conn, community)


def _work_of(conn: Connection, community: Area) -> UnitWork:
    units = find_units(conn, community.code)
    if units is None:
        raise NotFound("work_nothing_to_list", code=community.code)
    shapes = np.array(units.shapes, dtype=object)
    counts = counts_in(conn, [community.id])
    unit = unit_of_homes(shapes, counts.lonlat)
    dates = {"homes": people_date(conn), **counts.dates}
    hashed = digest_of(METHOD, community.code, units.unit_no, units.households, tuple(counts[:-1]), unit, dates)
    return UnitWork(
        community=community,
        unit_no=units.unit_no,
        lonlat=shapely.get_coordinates(shapely.point_on_surface(shapes)),
        households=units.households,
        of_kind={kind: counted(counts, kind, unit, len(shapes)) for kind in WORK_KINDS},
        dates=counts.dates,
        made=Made(METHOD, dates, hashed),
    )
