"""The table of a community's units in which counts of work are filled in."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from geo.files.plan_formats import WORKBOOK
from geo.files.plan_sheet import Tables, inert
from geo.files.write import About, about_made, write_tables
from geo.work import WORK_KINDS, UnitWork

ENDINGS = (WORKBOOK, ".csv")

WORK_FIELDS = ("community_code", "unit_no", "lon", "lat", "households", *WORK_KINDS)
"""As the import of counts reads them; households are there to recognise a unit by."""

PLACE_DIGITS = 7
"""Decimals of a degree: about a centimetre."""


def write_work(path: Path, work: UnitWork, city: About, language: str) -> None:
    """Write the table; what nobody has counted is empty. The import passes over what stands below it in a CSV file.

    ``city``: what the file says of the city itself.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    is_workbook = path.suffix.lower() == WORKBOOK
    places = zip(work.unit_no.tolist(), work.lonlat.tolist(), work.households.tolist(), strict=True)
    rows = [
        [
            work.community.code,
            unit_no,
            round(lon, PLACE_DIGITS),
            round(lat, PLACE_DIGITS),
            households,
            *(_number(float(work.of_kind[kind][place])) for kind in WORK_KINDS),
        ]
        for place, (unit_no, (lon, lat), households) in enumerate(places)
    ]
    table = Tables(language if is_workbook else None).table("work", WORK_FIELDS, rows)
    community = inert(f"{work.community.code} {work.community.name}")
    days = {f"{kind}_as_of": day.isoformat() for kind, day in sorted(work.dates.items())}
    homes = replace(work.made, dates={"homes": work.made.dates["homes"]})
    write_tables(path, [table], about_made(city, homes, community=community, **days))


def _number(value: float) -> float | int | None:
    """A cell: empty where nobody has counted, whole where it is whole."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else value
