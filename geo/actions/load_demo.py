"""Load the files of the fictional city, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from geo.actions.import_areas import import_areas
from geo.actions.import_grids import import_grids
from geo.actions.import_incidents import import_incidents
from geo.actions.import_people import import_people
from geo.actions.import_resources import import_resources
from geo.actions.import_stations import import_stations
from geo.actions.import_streets import import_streets
from geo.demo.incidents import DATA_MIDNIGHT
from geo.demo.write import FILES
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.store.database import Database

PLANS_SINCE: Final = DATA_MIDNIGHT.replace(month=1, day=1)
"""Since when the demo's grids hold: before every incident of its register."""

_ORDER: Final = (
    ("areas", import_areas, 0.05),
    ("streets", import_streets, 0.50),
    ("people", import_people, 0.70),
    ("stations", import_stations, 0.75),
    ("resources", import_resources, 0.78),
    ("incidents", import_incidents, 0.85),
    ("grids", import_grids, 1.0),
)
"""Kind, how it is imported, share of the work done after it (measured on the small city)."""


def load_demo(
    db: Database, folder: Path, at: datetime, step: Callable[[float], None] | None = None
) -> list[ImportReport]:
    """Import every file of a demo city; its grids go live at once. Loading it again changes nothing.

    Parameters
    ----------
    db
        Where to load it.
    folder
        Where ``gridcircle demo make`` has put the files.
    at
        Now, for the list of imports.
    step
        Called with the share done.

    Returns
    -------
    One report per file, in the order loaded.

    Raises
    ------
    BadFile
        If a file is missing. What was imported before it stays.
    """
    tell = step or (lambda _share: None)
    options = ImportOptions(publish=True, effective_from=PLANS_SINCE, data_date=DATA_MIDNIGHT.date(), actor="demo")
    reports, done = [], 0.0
    for kind, import_kind, share in _ORDER:
        reports.append(import_kind(db, folder / FILES[kind], options, at, partial(_part, tell, done, share)))
        done = share
        tell(done)
    return reports


def _part(tell: Callable[[float], None], before: float, after: float, share: float) -> None:
    """One import's own progress as a stretch of the whole."""
    tell(before + share * (after - before))
