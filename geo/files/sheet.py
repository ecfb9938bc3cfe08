"""CSV and workbooks to plain tables. Longitude and latitude columns become points."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from geo.errors import BadFile
from geo.files.cells import ABOUT, REJECTED, loosened
from geo.files.frame import Shapes, frame_called, name_of, to_lonlat
from geo.files.table import FileTable
from geo.files.text import decode, encoding_note
from geo.files.vector import chosen
from geo.files.workbook_cells import Cell, failed_cells
from geo.imports.report import Fault
from geo.rules.headers import columns_of, is_known_header, plain
from geo.text_masks import masked
from geo.units import WGS84

SEPARATORS = ",;\t|"
_NAMED_BY_COMPASS = ("lon", "lng", "long", "经", "lat", "纬")
"""A header that begins so says itself which axis it is: such columns are never exchanged."""

Line = tuple[int, Sequence[Any]]
"""Number of a row as a person counts it, and its cells."""


def read_csv(path: Path, crs: str | None, encoding: str | None) -> FileTable:
    """A CSV file in UTF-8 or GB18030, separated by comma, semicolon, tab or bar."""
    text, found = decode(path.read_bytes(), encoding, path.name)
    sample = list(islice(text.splitlines(), 5))
    separator = max(SEPARATORS, key=lambda sign: (_most_headers(sample, sign), "\n".join(sample).count(sign)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)  # else rows vanish in a cell
    lines: list[Line] = []
    first = 1
    try:
        for cells in reader:
            lines.append((first, [cell.strip() or None for cell in cells]))
            first = reader.line_num + 1
    except csv.Error as error:
        key = "csv_broken" if "limit" in str(error) else "csv_quote_open"
        raise BadFile(key, path=path.name, row=first, reason=str(error)) from error
    return _table(path.name, _as_written(lines), crs, encoding_note(found), text[-1:])


def _most_headers(lines: Sequence[str], separator: str) -> int:
    """How many known headers the best of some lines has when it is cut at a separator: texts may hold any of them."""
    return max((sum(is_known_header(word.strip(' "')) for word in line.split(separator)) for line in lines), default=0)


def _as_written(lines: list[Line]) -> list[Line]:
    """The rows of a file that we wrote, without what it says of itself and without what keeps text from being run."""
    if lines and tuple(lines[0][1][: len(REJECTED)]) == REJECTED:  # mended, and maybe saved as a workbook
        return [(number, [loosened(cell) for cell in cells[len(REJECTED) :]]) for number, cells in lines]
    blank = [not any(cell is not None for cell in cells) for _, cells in lines]
    ends = (i for i in range(1, len(lines)) if blank[i - 1] and [c for c in lines[i][1] if c is not None] == [ABOUT])
    end = next(ends, None)
    return lines if end is None else [(number, [loosened(cell) for cell in cells]) for number, cells in lines[:end]]


def read_workbook(path: Path, crs: str | None, sheet: str | None) -> FileTable:
    """One sheet of a workbook: the one named, or the first that is not hidden and has rows."""
    failed_of_sheet = failed_cells(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = list(workbook.sheet_names)
        seen = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        failed = dict(zip(names, failed_of_sheet, strict=False))  # an old workbook tells of none
        wanted = [chosen(names, sheet, path.name)] if sheet else seen  # nobody means what he does not see
        sheets = (_with_failed(workbook.get_sheet_by_name(name), failed.get(name, {})) for name in wanted)
        cells: list[list[Any]] = next((rows for rows in sheets if any(_has_value(c) for row in rows for c in row)), [])
        if not cells and not sheet and len(seen) < len(names):
            hidden = [name for name in names if name not in seen]
            raise BadFile("only_hidden_sheets", path=path.name, sheets=", ".join(masked(name).text for name in hidden))
    except (CalamineError, OSError) as error:
        raise BadFile("file_not_readable", path=path.name, kind="Excel", reason=str(error)[:200]) from error
    lines: list[Line] = [(number, [_cell(cell) for cell in row]) for number, row in enumerate(cells, start=1)]
    return _table(path.name, _as_written(lines), crs, ())


def _with_failed(sheet: CalamineSheet, failed: Mapping[Cell, str]) -> list[list[Any]]:
    """The cells of a sheet, those without a value as what a spreadsheet shows there."""
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (row, column), said in failed.items():
        rows += [[] for _ in range(row - len(rows))]
        cells = rows[row - 1]
        cells += [None] * (column - len(cells))
        cells[column - 1] = said
    return rows


def _table(
    filename: str, lines: list[Line], crs: str | None, notes: tuple[Fault, ...], last: str | None = None
) -> FileTable:
    """Rows below the header. A title above the header, a single cell in its row, is passed over.

    ``last`` is the last character of a text; None: they come from a workbook.

    A header of two rows is told by its merged cells: gaps in the first row, and below them names that are known.
    """
    filled = [(number, cells) for number, cells in lines if any(cell is not None for cell in cells)]
    wide = max((sum(cell is not None for cell in cells) for _, cells in filled), default=0)
    start = next((i for i, (_, cells) in enumerate(filled) if sum(c is not None for c in cells) >= min(2, wide)), 0)
    headers, rows = _headers(filled[start : start + 2])
    body = filled[start + rows :]
    if not body:
        raise BadFile("file_without_rows", path=filename)
    if last is not None:
        _refuse_shifted(filename, len(headers), body, last)
    columns: dict[str, list[Any]] = {}
    for index, header in enumerate(headers):
        if header is None:
            continue
        if str(header) in columns:
            raise BadFile("header_twice", path=filename, header=masked(str(header)[:50]).text)
        columns[str(header)] = [cells[index] if index < len(cells) else None for _, cells in body]
    shapes, frame, remarks = _points(filename, columns, crs)
    return FileTable(filename, dict(columns), shapes, [number for number, _ in body], frame, notes + remarks)


def _refuse_shifted(filename: str, headers: int, body: Sequence[Line], last: str) -> None:
    """Rows that are longer than the header had a separator in a text, and the last one may have been cut off."""
    for number, cells in body:
        if any(cell is not None for cell in cells[headers:]):
            raise BadFile("csv_row_long", path=filename, row=number, cells=len(cells), headers=headers)
    number, cells = body[-1]
    if len(cells) < headers and last not in "\r\n":
        raise BadFile("csv_cut", path=filename, row=number)


def _headers(lines: Sequence[Line]) -> tuple[Sequence[Any], int]:
    """What the columns are called, and in how many rows that stands."""
    if len(lines) < 2:
        return (lines[0][1] if lines else ()), 1
    upper, lower = (list(cells) for _, cells in lines)
    upper += [None] * (len(lower) - len(upper))
    lower += [None] * (len(upper) - len(lower))
    below_gaps = [low for up, low in zip(upper, lower, strict=True) if up is None and low is not None]
    if not below_gaps or not all(is_known_header(str(name)) for name in below_gaps):
        return upper, 1
    return [up if low is None else low for up, low in zip(upper, lower, strict=True)], 2


def _points(
    filename: str, columns: dict[str, list[Any]], crs: str | None
) -> tuple[Shapes | None, str | None, tuple[Fault, ...]]:
    """Points from the position columns; None where a row's numbers cannot be read (its importer says why)."""
    found = columns_of("position", columns)
    if len(found) < 2:
        return None, None, ()
    x, y = (np.array([_number(value) for value in columns[found[axis]]]) for axis in ("lon", "lat"))
    good = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(x), None, dtype=object)
    shapes[good] = shapely.points(x[good], y[good])
    frame = frame_called(crs or f"EPSG:{WGS84}")
    may_swap = not plain(found["lon"]).startswith(_NAMED_BY_COMPASS)
    shapes, remarks = to_lonlat(shapes, frame, filename, may_swap=may_swap)
    return shapes, name_of(frame), remarks


def _number(value: Any) -> float:
    if value is None or isinstance(value, bool):
        return float("nan")
    try:
        return float(unicodedata.normalize("NFKC", value) if isinstance(value, str) and not value.isascii() else value)
    except (TypeError, ValueError):
        return float("nan")


def _has_value(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _cell(cell: Any) -> Any:
    return (cell.strip() if isinstance(cell, str) else cell) if _has_value(cell) else None
