"""What an import of streets says: counts and lengths to compare with the file, remarks on what was left out."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.network import components_m
from geo.errors import BadFile
from geo.files.street_lines import StreetFile
from geo.imports.report import Fault, ImportReport
from geo.rules.reach import reach_rule
from geo.streets import StreetNetwork

ROWS_SHOWN = 10
"""So many row numbers a remark repeats."""


def street_totals(network: StreetNetwork, file: StreetFile) -> dict[str, float]:
    """Sums of a network; also kept as its summary."""
    walkable = network.is_walkable_of_piece
    ends = np.concatenate([network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]])
    lengths_m = components_m(network)
    small_m = lengths_m[lengths_m < reach_rule().min_component_m]
    return {
        "walkable_km": round(float(network.length_m_of_piece[walkable].sum()) / 1000, 3),
        "pieces": int(walkable.sum()),
        "junctions": len(np.unique(ends)),
        "components": len(lengths_m),
        "components_not_used": len(small_m),
        "components_not_used_km": round(float(small_m.sum()) / 1000, 3),
        "barriers_that_stop": int(file.barriers.stops_walkers_of_line.sum()),
        "missing_points": file.n_missing_points,
    }


def check_place(file: StreetFile, town: BaseGeometry | None, filename: str) -> None:
    """Streets of another place than the loaded areas are a mistake.

    Raises
    ------
    BadFile
        If their box does not touch that of the areas; the sentence tells whether longitude and latitude look swapped.
    """
    if town is None:
        return
    ground = shapely.box(*town.bounds)
    west, south = file.lines.lonlat_of_point.min(axis=0)
    east, north = file.lines.lonlat_of_point.max(axis=0)
    if ground.intersects(shapely.box(west, south, east, north)):
        return
    is_swapped = ground.intersects(shapely.box(south, west, north, east))
    key = "streets_swapped" if is_swapped else "streets_elsewhere"
    raise BadFile(key, path=filename, lon=f"{west:.4f}", lat=f"{south:.4f}")


def street_remarks(file: StreetFile, totals: dict[str, float]) -> tuple[Fault, ...]:
    """What reach will not use, and what the file lacks."""
    remarks = []
    if totals["components_not_used"]:
        evidence = {"count": totals["components_not_used"], "km": totals["components_not_used_km"]}
        remarks.append(Fault(0, "", "streets_small_components", evidence))
    if file.n_missing_points:
        remarks.append(Fault(0, "", "streets_missing_points", {"count": file.n_missing_points}))
    if file.empty_rows:
        rows = ", ".join(map(str, file.empty_rows[:ROWS_SHOWN]))
        remarks.append(Fault(0, "", "streets_without_length", {"count": len(file.empty_rows), "rows": rows}))
    return tuple(remarks)


def unchanged_report(source: str, filename: str, read: int) -> ImportReport:
    """For a file that is live already."""
    return ImportReport(
        import_id=None,
        kind="streets",
        source=source,
        filename=filename,
        read=read,
        added=0,
        changed=0,
        unchanged=read,
        rejected=0,
        missing=0,
        retired=0,
    )
