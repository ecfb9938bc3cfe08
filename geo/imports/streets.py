"""What an import of streets says: counts and lengths to compare with the file, remarks on what was left out."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.project import Frame
from geo.compute.streets.network import components_m
from geo.errors import BadFile
from geo.files.street_lines import StreetFile
from geo.imports.report import Fault, ImportReport
from geo.rules.reach import reach_rule
from geo.streets import (
    BIKE_BACKWARD,
    BIKE_FORWARD,
    CLOSED,
    ENDS_ONLY,
    FOOT,
    Gates,
    StreetLines,
    StreetNetwork,
    is_for_cars,
)
from geo.units import BoolArray, FloatArray

ROWS_SHOWN = 10
"""So many row numbers a remark repeats."""

TOUCH_M = 0.5
"""A line that ends this near another was meant to meet it: half a lane of a footpath."""


def street_totals(network: StreetNetwork, file: StreetFile, gates: Gates) -> dict[str, float]:
    """Sums of a network; also kept as its summary."""
    walkable = network.is_walkable_of_piece
    ends = np.concatenate([network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]])
    is_bike = (network.access_of_piece[:, [BIKE_FORWARD, BIKE_BACKWARD]] != CLOSED).any(axis=1)
    is_private = network.access_of_piece[:, FOOT] == ENDS_ONLY
    is_link = (network.length_m_of_piece == 0) & (network.from_node_of_piece != network.to_node_of_piece)
    lengths_m = components_m(network)
    small_m = lengths_m[lengths_m < reach_rule().min_component_m]
    return {
        "walkable_km": _km(network, walkable),
        "private_km": _km(network, is_private),
        "steps_km": _km(network, walkable & network.is_steps_of_piece),
        "bike_km": _km(network, is_bike),
        "car_km": _km(network, is_for_cars(network.access_of_piece)),
        "pieces": int(walkable.sum()),
        "junctions": len(np.unique(ends)),
        "components": len(lengths_m),
        "components_not_used": len(small_m),
        "components_not_used_km": round(float(small_m.sum()) / 1000, 3),
        "barriers_that_stop": int(file.barriers.stops_walkers_of_line.sum()),
        "stops_in_ways": len(np.unique(network.lonlat_of_node[network.from_node_of_piece[is_link]], axis=0)),
        "gates": len(gates.lonlat_of_gate),
        "compounds_with_gates": len(gates.start_of_outline) - 1,
        "turns": len(network.from_piece_of_turn),
        "turns_not_used": file.n_turns_over_ways + file.n_turns_timed + file.n_turns_broken,
        "missing_points": file.n_missing_points,
    }


def _km(network: StreetNetwork, is_meant: BoolArray) -> float:
    return round(float(network.length_m_of_piece[is_meant].sum()) / 1000, 3)


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
    loose = ends_on_other_lines(file.lines)
    if len(loose):
        lon, lat = (f"{degrees:.6f}" for degrees in loose[0])
        remarks.append(Fault(0, "", "streets_ends_not_joined", {"count": len(loose), "lon": lon, "lat": lat}))
    if totals["turns_not_used"]:
        evidence = {
            "count": totals["turns_not_used"],
            "over_ways": file.n_turns_over_ways,
            "timed": file.n_turns_timed,
            "broken": file.n_turns_broken,
        }
        remarks.append(Fault(0, "", "streets_turns_not_used", evidence))
    if file.n_missing_points:
        remarks.append(Fault(0, "", "streets_missing_points", {"count": file.n_missing_points}))
    if file.empty_rows:
        rows = ", ".join(map(str, file.empty_rows[:ROWS_SHOWN]))
        remarks.append(Fault(0, "", "streets_without_length", {"count": len(file.empty_rows), "rows": rows}))
    return tuple(remarks)


def ends_on_other_lines(lines: StreetLines) -> FloatArray:
    """Where a walkable line ends on another one that has no point there: drawn as a junction, and yet none.

    Returns
    -------
    (n, 2) degrees, one a place.
    """
    firsts, lasts = lines.start_of_line[:-1], lines.start_of_line[1:] - 1
    used = np.flatnonzero(lines.is_walkable_of_line & (lasts > firsts))
    counts = np.diff(lines.start_of_line)
    keys = lines.key_of_point[np.repeat(lines.is_walkable_of_line, counts)]
    places, times = np.unique(keys, return_counts=True)
    ends = np.concatenate([firsts[used], lasts[used]])
    ends = ends[times[np.searchsorted(places, lines.key_of_point[ends])] == 1]
    if not len(ends):
        return np.empty((0, 2))
    xy_m = Frame.of(lines.lonlat_of_point).to_xy_m(lines.lonlat_of_point)
    line_of_point = np.repeat(np.arange(len(counts)), counts)
    is_used = np.isin(line_of_point, used)
    shapes = shapely.linestrings(xy_m[is_used], indices=np.searchsorted(used, line_of_point[is_used]))
    end, shape = shapely.STRtree(shapes).query(shapely.points(xy_m[ends]), predicate="dwithin", distance=TOUCH_M)
    found = np.unique(end[used[shape] != line_of_point[ends[end]]])
    places_lonlat: FloatArray = lines.lonlat_of_point[ends[found]]
    return places_lonlat


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
