"""The one entrance to foreign files: any table or vector format to a plain table in EPSG:4326."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from geo.files.archive import unpacked
from geo.files.kinds import kind_of
from geo.files.sheet import read_csv, read_workbook
from geo.files.table import FileTable
from geo.files.vector import chosen, read_geojson, read_geopackage, read_geoparquet, read_shapefile


def read_table(
    path: Path, *, crs: str | None = None, layer: str | None = None, encoding: str | None = None
) -> FileTable:
    """Read a file by what its name says it is.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, GeoParquet, CSV, workbook, or a zip archive of one.
    crs
        Frame of the coordinates, e.g. ``EPSG:4525``; outranks what the file says.
    layer
        Layer of a GeoPackage, sheet of a workbook, member of an archive.
    encoding
        Of the text, where the file is not UTF-8, GBK or GB18030, or is guessed wrongly.

    Raises
    ------
    BadFile
        If the file as a whole cannot be read; the sentence says why and how to mend it.
    """
    kind = kind_of(path)
    if kind == "zip archive":
        return _from_archive(path, crs, layer, encoding)
    if kind == "GeoJSON":
        return read_geojson(path, crs, encoding)
    if kind == "GeoPackage":
        return read_geopackage(path, crs, layer)
    if kind == "Shapefile":
        return read_shapefile(path, crs, encoding)
    if kind == "GeoParquet":
        return read_geoparquet(path, crs)
    return read_csv(path, crs, encoding) if kind == "CSV" else read_workbook(path, crs, layer)


def _from_archive(path: Path, crs: str | None, layer: str | None, encoding: str | None) -> FileTable:
    with tempfile.TemporaryDirectory(prefix="gridcircle-") as folder:
        members = unpacked(path, Path(folder))
        stems = [file.stem for file in members]
        wish = layer if layer in stems or len(stems) > 1 else None
        member = members[stems.index(chosen(stems, wish, path.name))]
        table = read_table(member, crs=crs, layer=None if wish else layer, encoding=encoding)
    return replace(table, filename=path.name)
