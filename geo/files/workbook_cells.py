"""What a workbook holds that its reader does not tell: how far its cells reach, and which of them failed.

The reader makes room for the whole rectangle that cells span, so one stray cell in the last corner of a sheet ends the
process; and it reads errors, and formulas that nobody worked out, as empty cells.

Source: ECMA-376, part 1, 18.3.1.4 (c), 18.3.1.73 (row), 18.18.11 (ST_CellType).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from geo.errors import BadFile
from geo.files.cells import NOT_WORKED_OUT
from geo.rules.import_limits import import_limits

Cell = tuple[int, int]
"""Row and column, both counted from 1."""

CHUNK_BYTES = 1 << 20

_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3}[0-9]{1,7})["']""")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"""<(?:\w+:)?row\b(?:[^<>]*?\br\s*=\s*["']([0-9]{1,7})["'])?""")
_FAILED = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^<>]*\bt\s*=\s*["']e["'])[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3}[0-9]{1,7})["'][^<>]*>"""
    rb"""\s*(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>\s*([^<]*?)\s*<"""
)
_UNDONE = re.compile(  # text that a formula gives may be empty: it is no failure
    rb"""<(?:\w+:)?c\s(?![^<>]*\bt\s*=\s*["']str["'])[^<>]*?\br\s*=\s*["']([A-Za-z]{1,3}[0-9]{1,7})["'][^<>]*>\s*"""
    rb"""<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_SHEET = re.compile(rb"""<(?:\w+:)?sheet\s[^<>]*?\b\w+:id\s*=\s*["']([^"']+)["']""")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_ID, _TARGET = (re.compile(rb"""\b%s\s*=\s*["']([^"']+)["']""" % name) for name in (b"Id", b"Target"))


def failed_cells(path: Path) -> list[Mapping[Cell, str]]:
    """For each sheet of a workbook its cells without a value, and what stands there instead, such as ``#N/A``.

    Nothing is told of what is no zip archive: the reader says what is wrong with it.

    Raises
    ------
    BadFile
        If the workbook grows beyond the limit when unpacked, or its cells are too far apart.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > import_limits().largest_workbook_bytes:
                raise BadFile("workbook_too_large", path=path.name)
            sheets = _sheets(archive)
            found = {
                member.filename: _failed(archive, member.filename, path.name)
                for member in members
                if member.filename in sheets or member.filename.startswith("xl/worksheets/")
            }
            return [found.get(name, {}) for name in sheets]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):
        return []


def _sheets(archive: zipfile.ZipFile) -> list[str]:
    """Names of the members that hold the sheets, in their order."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return []
    target_of_id = {}
    for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        number, target = _ID.search(relation), _TARGET.search(relation)
        if number and target:
            name = target[1].decode("utf-8", "replace")
            target_of_id[number[1]] = name.lstrip("/") if name.startswith("/") else str(PurePosixPath("xl") / name)
    return [target_of_id.get(number, "") for number in _SHEET.findall(archive.read("xl/workbook.xml"))]


def _failed(archive: zipfile.ZipFile, name: str, filename: str) -> dict[Cell, str]:
    """Cells of one sheet that failed; how far its cells reach is checked on the way."""
    last_row = last_column = 0
    found: dict[Cell, str] = {}
    for part in _parts(archive, name):
        cells, rows = set(_CELL.findall(part)), _ROW.findall(part)
        last_column = max(last_column, *map(_column, {cell.rstrip(b"0123456789") for cell in cells}), _unnamed(part))
        numbers = {int(row) for row in rows if row} | {int(cell.lstrip(_LETTERS)) for cell in cells}
        last_row = max(last_row, *numbers, 0) + rows.count(b"")
        if last_row * last_column > import_limits().most_sheet_cells:
            raise BadFile("sheet_too_wide", path=filename, row=last_row, column=last_column)
        if b"#" in part:  # most sheets have neither errors nor formulas, and a look for them takes its time
            found |= {_place(cell): said.decode("utf-8", "replace") for cell, said in _FAILED.findall(part)}
        if b"<f" in part or b":f" in part:
            found |= {_place(cell): NOT_WORKED_OUT for cell in _UNDONE.findall(part)}
    return found


_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _parts(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A sheet in parts, each of whole rows where rows are shorter than a part."""
    rest = b""
    with archive.open(name) as file:
        while chunk := file.read(CHUNK_BYTES):
            whole, end, rest = (rest + chunk).rpartition(b"</row>")
            if end:
                yield whole + end
            elif len(rest) > 8 * CHUNK_BYTES:
                yield rest
                rest = b""
    yield rest


def _unnamed(part: bytes) -> int:
    """The most cells of a row, where cells do not say which they are; 0 where all do."""
    if len(_ANY_CELL.findall(part)) == len(_CELL.findall(part)):
        return 0
    return max(len(_ANY_CELL.findall(row)) for row in part.split(b"<row"))


def _place(cell: bytes) -> Cell:
    letters = cell.rstrip(b"0123456789")
    return int(cell[len(letters) :]), _column(letters)


def _column(letters: bytes) -> int:
    """Number of a column, from 1.

    >>> _column(b"A"), _column(b"aa"), _column(b"XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
