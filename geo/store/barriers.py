"""Barriers that stop walkers."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from sqlalchemy import Connection

from geo.honesty import Barrier
from geo.store.database import sql


def barriers_met(conn: Connection, lines: Sequence[shapely.LineString]) -> list[list[Barrier]]:
    """The live barriers that each straight line (EPSG:4326) meets, in that order, each kind and name once a line."""
    met: list[dict[Barrier, None]] = [{} for _ in lines]
    for number, kind, name in conn.execute(sql("barriers_met"), {"wkb": [shapely.to_wkb(line) for line in lines]}):
        met[number - 1][Barrier(kind, name)] = None
    return [list(barriers) for barriers in met]
