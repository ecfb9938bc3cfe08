"""The squares that incidents are counted in."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, text

from geo.store.database import sql
from geo.store.square_tables import incident_lattice, incident_square


def fit_squares(conn: Connection, cell_m: float) -> None:
    """See that incidents are counted in squares of this width: where they are not, count all of them anew.

    Whoever writes incidents waits until the caller's transaction ends.
    """
    if conn.execute(select(incident_lattice.c.cell_m)).scalar_one_or_none() == cell_m:
        return
    conn.execute(text("lock table incident in share mode"))
    conn.execute(delete(incident_lattice))
    conn.execute(delete(incident_square))
    conn.execute(insert(incident_lattice).values(cell_m=cell_m))
    conn.execute(sql("count_squares"), {"cell_m": cell_m})
