"""Load the files of the fictional city, in the order in which they need each other, and let its desks get to work."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Final

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.import_orders import import_orders
from geo.actions.imports.import_areas import import_areas
from geo.actions.imports.import_grids import import_grids
from geo.actions.imports.import_people import import_people
from geo.actions.imports.import_resources import import_resources
from geo.actions.imports.import_stations import import_stations
from geo.actions.imports.import_streets import import_streets
from geo.actions.play_day import play_day, rate_orders
from geo.actions.work.record_visits import import_visits
from geo.actions.work.tell_visits import VisitWish, tell_visits
from geo.demo import register
from geo.demo.incidents import DATA_MIDNIGHT, DATA_MORNING
from geo.demo.visits import done_rows
from geo.demo.write import FILES
from geo.errors import BadFile
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.orders import OrderWish
from geo.settings import Settings
from geo.store import cases
from geo.store.database import Database

PLANS_SINCE: Final = DATA_MIDNIGHT.replace(month=1, day=1)
"""Since when the demo's grids hold: before every case and visit."""

_ORDER: Final = (
    ("areas", import_areas, 0.05),
    ("streets", import_streets, 0.30),
    ("people", import_people, 0.40),
    ("stations", import_stations, 0.45),
    ("grids", import_grids, 0.60),
)
"""Kind, how it is imported, share of the work done after it (measured on the small city)."""

_ORDERS_DONE: Final = 0.75

_MOST_VISITS: Final = 5_000
"""Counts of visits to an import: a large city's are too many for one statement."""


def load_demo(
    db: Database, folder: Path, at: datetime, step: Callable[[float], None] | None = None
) -> list[ImportReport]:
    """Import every file of a demo city; its grids go live at once, and its times are moved so that they end now.

    Orders of two months come week by week as a hotline hands them over, teams were heard of minutes ago, visits are
    told up to today, and the desks have dealt with the cases of the last days (geo/demo/day.toml). Loading it again
    changes nothing but where the teams were seen last, and tells visits of periods that have begun since.

    Parameters
    ----------
    db
        Where to load it.
    folder
        Where ``gridcircle demo make`` has put the files.
    at
        Now.
    step
        Called with the share done.

    Returns
    -------
    One report per import, in the order loaded.

    Raises
    ------
    BadFile
        If a file is missing. What was imported before it stays.
    """
    tell = step or (lambda _share: None)
    desk = Desk(Settings(case_catalogue=None, timezone=str(DATA_MIDNIGHT.tzinfo)))
    now = desk.local(at)
    options = ImportOptions(
        publish=True,
        effective_from=PLANS_SINCE,
        data_date=DATA_MIDNIGHT.date(),
        actor="demo",
        timezone=desk.timezone,
    )
    reports, done = [], 0.0
    for kind, import_kind, share in _ORDER:
        reports.append(import_kind(db, folder / FILES[kind], options, at, partial(_part, tell, done, share)))
        done = share
        tell(done)
    with tempfile.TemporaryDirectory() as name:
        today = replace(options, data_date=now.date())
        reports.append(_teams(db, folder, Path(name), today, at))
        rows = _rows_of(folder / FILES["incidents"])
        reports += _orders(db, rows, Path(name), today, now, desk)
        tell(_ORDERS_DONE)
        reports += _visits(db, Path(name), today, now, _grid_codes(folder), desk)
    play_day(db, rows, at, desk)
    tell(1.0)
    return reports


def _rows_of(path: Path) -> list[register.Row]:
    """All rows of a file of the demo.

    Raises
    ------
    BadFile
        If it is missing.
    """
    if not path.exists():
        raise BadFile("file_missing", path=path.name)
    return register.read_rows(path)


def _teams(db: Database, folder: Path, scratch: Path, options: ImportOptions, at: datetime) -> ImportReport:
    rows = register.moved(_rows_of(folder / FILES["resources"]), ("position_at",), at - DATA_MORNING)
    return import_resources(db, register.write_rows(scratch / FILES["resources"], rows), options, at)


def _orders(
    db: Database, rows: list[register.Row], scratch: Path, options: ImportOptions, now: datetime, desk: Desk
) -> list[ImportReport]:
    """The register, moved by whole days so that it ends with yesterday, as it came in week by week; once.

    On another day the same orders would be told with other times: as news of them.
    """
    days = datetime.combine(now.date(), time(), now.tzinfo) - DATA_MIDNIGHT
    path, reports = scratch / FILES["incidents"], []
    source = options.source_of(path)
    with db.read() as conn:
        if cases.find_by_source(conn, source, rows[0][register.NUMBER]) is not None:
            return []
    for cut, handed in register.weekly(register.moved(rows, register.TIMES, days), now):
        handed_over = replace(options, source=source, data_date=cut.date())
        path = register.write_rows(path, [register.order_of(row) for row in handed])
        reports.append(import_orders(db, path, handed_over, OrderWish(), desk, cut))
        rate_orders(db, handed, source, cut, desk)
    return reports


def _visits(
    db: Database, scratch: Path, options: ImportOptions, now: datetime, codes: Collection[str], desk: Desk
) -> list[ImportReport]:
    """Visits done in the demo's grids, where none are told yet."""
    rows = done_rows(tell_visits(db, VisitWish(now, desk.timezone)), PLANS_SINCE.date(), codes)
    parts = [rows[first : first + _MOST_VISITS] for first in range(0, len(rows), _MOST_VISITS)]
    path = scratch / "qinghe_visits.csv"
    return [import_visits(db, register.write_rows(path, part), options, now) for part in parts]


def _grid_codes(folder: Path) -> set[str]:
    """Codes of the demo's own grids: nothing is made up of others that the database may hold."""
    drawn = json.loads((folder / FILES["grids"]).read_text(encoding="utf-8"))
    return {feature["properties"]["code"] for feature in drawn["features"]}


def _part(tell: Callable[[float], None], before: float, after: float, share: float) -> None:
    """One import's own progress as a stretch of the whole."""
    tell(before + share * (after - before))
