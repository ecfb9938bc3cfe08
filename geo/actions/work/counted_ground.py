"""The units that counts of work were made for, and what lies in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from geo.actions.work.layer_units import cut_shapes
from geo.areas import Area
from geo.compute.reach.coverage import polygon_of_points
from geo.store.drafts import number_of_units
from geo.store.plan_homes import Housed
from geo.store.work_counts import communities_counted
from geo.units import NONE
from geo.work import CountedGround, WorkCounts


def counted_ground(conn: Connection, communities: Sequence[Area], housed: Housed, counts: WorkCounts) -> CountedGround:
    """The units of communities' own cuts, with the homes and counts in them; without counts nothing is looked up."""
    ids = [community.id for community in communities]
    with_counts = set(communities_counted(conn, ids)) if len(counts.kind) else set()
    cuts = [cut_shapes(conn, community) for community in communities if community.id in with_counts]
    shapes = np.concatenate([np.zeros(0, dtype=object), *(cut for cut in cuts if cut is not None)])
    n_units = number_of_units(conn, ids) if with_counts else 0
    places = (housed.homes.lonlat, counts.lonlat)
    if not len(shapes):
        return CountedGround(n_units, *(np.full(len(lonlat), NONE, np.int64) for lonlat in places))
    return CountedGround(n_units, *(polygon_of_points(lonlat, shapes) for lonlat in places))
