"""Homes in the store."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, func, select

from geo.people import Homes
from geo.rules.bounds import bounds_rule
from geo.store.database import sql
from geo.store.tables import home
from geo.streets import read_only
from geo.units import FloatArray

N_COLUMNS = 12

M_PER_DEGREE = 111_700.0
"""Not less than any degree of latitude on the WGS 84 ellipsoid, nor, times its cosine, of longitude (111,694 m)."""


def load_homes(conn: Connection) -> Homes:
    """All live homes; empty arrays while none are loaded."""
    found = conn.execute(sql("live_homes"), {"m_per_degree": M_PER_DEGREE, "wall_m": bounds_rule().wall_m})
    rows = np.array([tuple(row) for row in found], dtype=np.float64).reshape(-1, N_COLUMNS)
    households, residents, elderly, children = (read_only(np.ascontiguousarray(column)) for column in rows[:, 3:7].T)
    return Homes(
        id=read_only(rows[:, 0].astype(np.int64)),
        lonlat_of_start=read_only(np.ascontiguousarray(rows[:, 1:3])),
        spread_m=read_only(_spread_m(rows[:, 2], rows[:, 8:])),
        households=households,
        residents=residents,
        elderly=elderly,
        children=children,
        floors=read_only(rows[:, 7].astype(np.int64)),
    )


def names_of(conn: Connection, home_ids: Sequence[int]) -> dict[int, str]:
    """What homes are called: their compound, else the building itself; those without a name are left out."""
    name = func.coalesce(func.nullif(home.c.compound, ""), home.c.name)
    rows = conn.execute(select(home.c.id, name).where(home.c.id.in_(home_ids), name.is_not(None)))
    return {home_id: called for home_id, called in rows if called}


def _spread_m(lat: FloatArray, outline: FloatArray) -> FloatArray:
    """How far from the start the walk may begin, from (is a cell, entrance known, degrees of lon and of lat)."""
    is_cell, is_known, lon, north = outline.T
    rule = bounds_rule()
    half_m = np.where(is_cell == 1, rule.cell_m, rule.building_m) / math.sqrt(2)
    outline_m = np.hypot(lon * np.cos(np.radians(lat)), north) * M_PER_DEGREE
    spread_m: FloatArray = np.where(is_known == 1, 0.0, np.where(outline_m > 0, outline_m, half_m))
    return spread_m
