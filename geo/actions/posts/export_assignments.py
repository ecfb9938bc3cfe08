"""Write which grids have no post of a kind: a sheet of counts, a sheet of grids."""

from __future__ import annotations

from pathlib import Path

from geo.assignments import Gaps
from geo.errors import BadFile
from geo.files.plan_formats import WORKBOOK
from geo.files.plan_sheet import Tables
from geo.files.write import write_tables

ENDINGS = (WORKBOOK, ".csv")


def export_gaps(found: Gaps, path: Path, language: str, invented: str | None = None) -> int:
    """Write .xlsx or .csv, with when and how it was found, and that the city is invented if it is: how many rows.

    Raises
    ------
    BadFile
        If the ending is unknown or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise BadFile("export_ending_unknown", path=path.name, endings=", ".join(ENDINGS))
    tables = Tables(language)
    counts = [
        [one.kind.name.in_language(language), one.grids, one.assigned, len(one.without), one.posts]
        for one in found.kinds
    ]
    rows = [
        [one.kind.name.in_language(language), grid.code, grid.name, grid.community_code, grid.community_name]
        for one in found.kinds
        for grid in one.without
    ]
    fields = ("post_kind", "code", "name", "community_code", "community_name")
    sums = tables.table("assigned", ("post_kind", "grids", "grids_assigned", "grids_without", "posts"), counts)
    about = {"at": found.at.isoformat(), "method": found.method, "inputs_hash": found.inputs_hash}
    about |= {} if invented is None else {"invented": invented}
    write_tables(path, [sums, tables.table("unassigned", fields, rows)], about)
    return len(rows)
