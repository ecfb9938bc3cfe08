"""Homes in the store."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from geo.people import Homes
from geo.store.database import sql
from geo.streets import read_only


def load_homes(conn: Connection) -> Homes:
    """All live homes; empty arrays while none are loaded."""
    rows = np.array([tuple(row) for row in conn.execute(sql("live_homes"))], dtype=np.float64).reshape(-1, 8)
    households, residents, elderly, children = (read_only(np.ascontiguousarray(column)) for column in rows[:, 3:7].T)
    return Homes(
        id=read_only(rows[:, 0].astype(np.int64)),
        lonlat_of_start=read_only(np.ascontiguousarray(rows[:, 1:3])),
        households=households,
        residents=residents,
        elderly=elderly,
        children=children,
        floors=read_only(rows[:, 7].astype(np.int64)),
    )
