"""Write the grids in force to a file that can be imported again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from geo.actions.city.about_city import about_city, made_of_rows
from geo.files.write import OutTable, about_made, write_tables
from geo.grids import POSTS, Grid
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.grids import live_grids

HEADERS = (
    "code",
    "name",
    "kind",
    "community_code",
    *(f"{post}_{what}" for post in POSTS for what in ("filled", "phone")),
)


def export_grids(db: Database, path: Path, at: datetime) -> int:
    """The grids in force at a moment, with their posts: how many.

    Raises
    ------
    BadFile
        If the file cannot be written.
    """
    with db.read() as conn:
        grids, city = live_grids(conn, at), about_city(conn)
        code_of_area = {area.id: area.code for area in live_areas(conn, "community")}
    rows = [_row(grid, code_of_area[grid.community_id]) for grid in grids]
    shapes = [grid.shape for grid in grids]
    made = made_of_rows("export_grids_method", rows, shapes)
    about = about_made(city, made, in_force_at=at.isoformat(timespec="seconds"), grids=len(rows))
    write_tables(path, [OutTable("grids", HEADERS, rows, shapes)], about)
    return len(rows)


def _row(grid: Grid, community_code: str) -> list[Any]:
    row: list[Any] = [grid.code, grid.name, grid.kind, community_code]
    for name in POSTS:
        post = grid.posts.get(name)
        row += [post.is_filled, post.duty_phone] if post else [None, None]
    return row
