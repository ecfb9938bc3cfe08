"""Write the units of a community with what has been counted in each: a table to be filled in and imported."""

from __future__ import annotations

from pathlib import Path

from geo.actions.city.about_city import about_city
from geo.actions.city.plan_access import Hand
from geo.actions.work.list_work import list_work
from geo.errors import BadFile
from geo.files.work_sheet import ENDINGS, write_work
from geo.store.database import Database


def export_work(db: Database, community_code: str, path: Path, hand: Hand, language: str) -> int:
    """Write .xlsx or .csv: how many units.

    Raises
    ------
    NotFound
        If there is no such community, or it has not been cut into units.
    NotAllowed
        If it lies outside the hand's area.
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise BadFile("export_ending_unknown", path=path.name, endings=", ".join(ENDINGS))
    found = list_work(db, community_code, hand)
    with db.read() as conn:
        city = about_city(conn)
    write_work(path, found, city, language)
    return len(found.unit_no)
