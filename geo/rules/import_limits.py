"""Limits of imports: the typed face of import_limits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class ImportLimits:
    """What rows and files are held against; each with its source in the file."""

    sliver_width_m: float
    """Overlaps and gaps narrower than this are repaired, wider ones refused."""
    snap_m: float
    noise_m2: float
    gap_enclosed_share: float
    outside_town_m: float
    entrance_within_m: float
    highest_latitude: float
    oldest_incident_year: int
    future_slack_minutes: int
    longest_name: int
    longest_text: int
    most_work_counted: int
    """In one cell of a file of counts."""
    largest_unpacked_bytes: int
    largest_workbook_bytes: int
    """Unpacked."""
    most_sheet_cells: int
    """Of the rectangle that the cells of a sheet span."""


@cache
def import_limits() -> ImportLimits:
    """The limits of geo/rules/import_limits.toml."""
    text = (resources.files("geo.rules") / "import_limits.toml").read_text(encoding="utf-8")
    return ImportLimits(**{name: entry["value"] for name, entry in tomllib.loads(text).items()})
