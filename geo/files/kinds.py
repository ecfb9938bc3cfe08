"""What a file is: by its name, and by its first bytes."""

from __future__ import annotations

from pathlib import Path

from geo.errors import BadFile

KIND_OF_ENDING = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".zip": "zip archive",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".xlsx": "Excel workbook",
    ".xlsm": "Excel workbook",
    ".xls": "old Excel workbook",
}
"""Lower-case ending -> kind."""

_KIND_OF_MAGIC = (
    (b"\x89PNG", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip archive"),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"SQLite format 3\x00", "GeoPackage"),
    (b"PAR1", "GeoParquet"),
    (b"\x00\x00\x27\x0a", "Shapefile"),
    (b"\xd0\xcf\x11\xe0", "old Excel workbook"),
)
_ZIPPED = ("zip archive", "Excel workbook")
_TEXT = ("GeoJSON", "CSV")


def kind_of(path: Path) -> str:
    """The kind that a file's name says and that its first bytes do not deny.

    Raises
    ------
    BadFile
        Missing, a folder, empty, of an unknown ending, or not what its name says.
    """
    if not path.exists():
        raise BadFile("file_missing", path=path.name)
    if path.is_dir():
        raise BadFile("file_is_folder", path=path.name)
    kind = KIND_OF_ENDING.get(path.suffix.lower())
    if kind is None:
        raise BadFile("file_ending_unknown", path=path.name, endings=", ".join(KIND_OF_ENDING))
    with path.open("rb") as file:
        head = file.read(1024)
    if not head.strip(b"\x00\xef\xbb\xbf \t\r\n"):
        raise BadFile("file_empty", path=path.name)
    found = _kind_of_bytes(head)
    if found is None and kind not in _TEXT:
        raise BadFile("file_not_what_it_says", path=path.name, kind=kind)
    if found is not None and found != kind and not (found == "zip archive" and kind in _ZIPPED):
        raise BadFile("file_is_something_else", path=path.name, kind=kind, found=found)
    return kind


def _kind_of_bytes(head: bytes) -> str | None:
    """Kind by the first bytes; None: nothing known, so perhaps text."""
    for magic, kind in _KIND_OF_MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK"):
        return "zip archive"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<table")):
        return "HTML page"
    return "XML file" if start.startswith(b"<?xml") else None
