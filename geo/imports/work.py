"""Rows of counts of work: of units by number, or of places, which are put into the unit that they lie in.

Of a place nothing is kept but its unit. Files are read in two steps, since a community that places lie in may have to
be cut into units first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.areas import CODE_DIGITS, Area
from geo.compute.plans.figures import unit_of_homes
from geo.compute.reach.coverage import polygon_of_points
from geo.errors import BadFile
from geo.files.table import FileTable
from geo.imports.places import POINT_DIGITS, Town, point_of
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows
from geo.imports.values import CellError, code_of, number_of, shown, whole_number_of
from geo.rules.headers import columns_of
from geo.rules.import_limits import import_limits
from geo.units import NONE, IntArray
from geo.work import WORK_KINDS

FRACTIONS_ALLOWED = "cases_a_month"
"""The one kind that is a mean over months."""

SLACK_DEG = 1e-6
"""A place this near to a unit, about a decimetre, lies in it: a list of units gives places in rounded degrees."""

KEY_DIGITS = 7
"""Decimals of a degree in the key of a count: a centimetre."""


class Units(NamedTuple):
    """The units of a community's own cut."""

    unit_no: IntArray
    """(n_units,) ascending."""
    shapes: NDArray[np.object_]
    """(n_units,) EPSG:4326."""


@dataclass(frozen=True)
class CountedRow:
    """A row with counts, as far as it can be read without units."""

    index: int
    community: Area | None
    """None: a fault has been told."""
    unit_no: int | None
    """None: the place says it."""
    point: BaseGeometry | None
    numbers: Mapping[str, float]
    """Kind -> count."""


@dataclass(frozen=True)
class CountTable:
    """A file of counts, not yet put into units."""

    rows: Rows
    found: Sequence[CountedRow]

    @property
    def communities(self) -> dict[str, Area]:
        """Code -> every community that is counted in."""
        return {row.community.code: row.community for row in self.found if row.community}

    @property
    def communities_of_places(self) -> dict[str, Area]:
        """Code -> those that are counted in by place: they need to be cut, but nobody needs to have seen the cut."""
        return {row.community.code: row.community for row in self.found if row.community and row.unit_no is None}


@dataclass(frozen=True)
class UnitCounts:
    """Counts by unit."""

    reading: Reading
    """The rows of the file."""
    counts: Sequence[dict[str, Any]]
    """Rows of the store, but for the day that they speak of."""

    def totals(self) -> dict[str, float]:
        """What was read of each kind, for the report."""
        kinds = [kind for kind in WORK_KINDS if any(row["kind"] == kind for row in self.counts)]
        return {
            f"work_{kind}": math.fsum(row["number"] for row in self.counts if row["kind"] == kind) for kind in kinds
        }


def read_counts(table: FileTable, town: Town, communities: Mapping[str, Area]) -> CountTable:
    """Rows with the community that each counts in.

    Parameters
    ----------
    table
        The file: a column of community codes and one of unit numbers, or places, or both; and at least one column of
        counts. An empty cell is no count; a row without counts is passed over.
    town
        The ground that places may lie on.
    communities
        The live communities by code.

    Raises
    ------
    BadFile
        If a column is missing, or there is no count at all.
    """
    rows = Rows(table, "work")
    is_named = rows.has("community_code") and rows.has("unit_no")
    if not any(rows.has(kind) for kind in WORK_KINDS) or not (is_named or table.shapes is not None):
        raise BadFile("work_columns_missing", path=table.filename, found=", ".join(list(table.columns)[:20]))
    numbers = [_numbers(rows, index) for index in range(len(rows))]
    counting = [index for index, counts in enumerate(numbers) if counts]
    if not counting and not rows.faults:
        raise BadFile("work_nothing_counted", path=table.filename)
    rows.note_codes("community_code")
    headers = columns_of("position", table.columns)
    points = {index: _point(rows, index, headers, town) for index in counting}
    around = _communities_around(points, list(communities.values()))
    return CountTable(
        rows, [_row(rows, index, points[index], around.get(index), communities, numbers[index]) for index in counting]
    )


def _numbers(rows: Rows, index: int) -> dict[str, float]:
    """Kind -> count, of the cells of a row that are not empty."""
    read = {kind: rows.read(index, kind, partial(_count_of, kind=kind)) for kind in WORK_KINDS}
    return {kind: number for kind, number in read.items() if number is not None}


def _count_of(value: Any, kind: str) -> float:
    most = import_limits().most_work_counted
    try:
        number = number_of(value)
    except CellError as error:
        raise CellError("work_count_expected", value=shown(value), most=most) from error
    if isinstance(value, bool) or not 0 <= number <= most or not (number.is_integer() or kind == FRACTIONS_ALLOWED):
        raise CellError("work_count_expected", value=shown(value), most=most)
    return number


def _point(rows: Rows, index: int, headers: dict[str, str], town: Town) -> BaseGeometry | None:
    """The place of a row; one that names its unit needs none."""
    is_named = rows.value(index, "community_code") is not None and rows.value(index, "unit_no") is not None
    if rows.table.shapes is None or (is_named and rows.table.shapes[index] is None):
        if not is_named:
            rows.fault(index, "unit_no", "value_missing")
        return None
    return point_of(rows, index, headers, town)


def _communities_around(points: Mapping[int, BaseGeometry | None], communities: Sequence[Area]) -> dict[int, Area]:
    """Row -> the community that its place lies in."""
    known = {index: point for index, point in points.items() if point is not None}
    lonlat = shapely.get_coordinates(list(known.values())).reshape(-1, 2)
    place = polygon_of_points(lonlat, np.array([area.shape for area in communities], dtype=object))
    return {index: communities[at] for index, at in zip(known, place.tolist(), strict=True) if at != NONE}


def _row(
    rows: Rows,
    index: int,
    point: BaseGeometry | None,
    around: Area | None,
    communities: Mapping[str, Area],
    numbers: Mapping[str, float],
) -> CountedRow:
    code = rows.read(index, "community_code", partial(code_of, digits=CODE_DIGITS))
    named = communities.get(code or "")
    if code is not None and named is None:
        rows.fault(index, "community_code", "community_unknown", value=code)
    if point is not None and around is None:
        rows.fault(index, "geometry", "work_outside", lon=f"{point.x:.6f}", lat=f"{point.y:.6f}")
    elif named is not None and around is not None and named.id != around.id:
        rows.fault(index, "community_code", "work_other_community", value=code, code=around.code)
    unit_no = rows.read(index, "unit_no", whole_number_of)
    return CountedRow(index, named if code is not None else around, unit_no, point, numbers)


def in_units(table: CountTable, units: Mapping[str, Units]) -> UnitCounts:
    """Counts put into units. Counts of places in one unit are added up; a unit that is named has one count of a kind.

    Parameters
    ----------
    table
        The rows.
    units
        Community code -> its units, of the communities that have been cut.
    """
    rows = table.rows
    counts: list[dict[str, Any]] = []
    for code, community in table.communities.items():
        mine = [row for row in table.found if row.community is not None and row.community.code == code]
        if code in units:
            counts += _summed(community, units[code], _placed(rows, mine, units[code], code))
            continue
        for row in mine:
            if row.unit_no is not None:
                rows.fault(row.index, "unit_no", "work_not_cut", code=code)
    by_place = sum(len(row.numbers) for row in table.found if row.unit_no is None)
    if by_place:
        rows.notes.append(Fault(0, "", "work_put_into_units", {"places": by_place, "counts": len(counts)}))
    return UnitCounts(rows.reading([{} for _ in range(len(rows))]), counts)


def _placed(rows: Rows, mine: Sequence[CountedRow], units: Units, code: str) -> list[tuple[int, CountedRow]]:
    """Rows of one community, each with the place of its unit among the units."""
    place_of_no = {no: place for place, no in enumerate(units.unit_no.tolist())}
    by_place = [row for row in mine if row.unit_no is None and row.point is not None]
    lonlat = shapely.get_coordinates([row.point for row in by_place]).reshape(-1, 2)
    placed = list(zip(unit_of_homes(units.shapes, lonlat).tolist(), by_place, strict=True))
    first: dict[tuple[int, str], int] = {}
    for row in mine:
        if row.unit_no is None:
            continue
        place = place_of_no.get(row.unit_no)
        if place is None:
            rows.fault(row.index, "unit_no", "work_unit_unknown", value=shown(row.unit_no), code=code)
        elif row.point is not None and not shapely.dwithin(units.shapes[place], row.point, SLACK_DEG):
            rows.fault(row.index, "unit_no", "work_unit_elsewhere", value=row.unit_no, code=code)
        else:
            placed.append((place, row))
            _refuse_twin(rows, row, first)
    return placed


def _refuse_twin(rows: Rows, row: CountedRow, first: dict[tuple[int, str], int]) -> None:
    """A fault for every kind that an earlier row has counted in the same unit; ``first`` knows these."""
    assert row.unit_no is not None
    for kind in row.numbers:
        earlier = first.setdefault((row.unit_no, kind), row.index)
        if earlier != row.index:
            rows.fault(row.index, kind, "work_unit_twice", value=row.unit_no, first=rows.number(earlier))


def _summed(community: Area, units: Units, placed: Sequence[tuple[int, CountedRow]]) -> list[dict[str, Any]]:
    """Rows of the store: one for every unit and kind that was counted, at a place inside the unit."""
    numbers: dict[tuple[int, str], list[float]] = {}
    for place, row in placed:
        for kind, number in row.numbers.items():
            numbers.setdefault((place, kind), []).append(number)
    inside = np.round(shapely.get_coordinates(shapely.point_on_surface(units.shapes)), POINT_DIGITS).tolist()
    keys = [f"{lon:.{KEY_DIGITS}f},{lat:.{KEY_DIGITS}f}" for lon, lat in inside]
    return [
        {
            "source_key": f"{community.code} {kind} {keys[place]}",
            "community_id": community.id,
            "kind": kind,
            "number": math.fsum(some),  # whatever the order of the rows
            "geom": shapely.Point(inside[place]),
        }
        for (place, kind), some in sorted(numbers.items())
    ]
