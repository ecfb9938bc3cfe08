"""GeoJSON, GeoPackage, Shapefile and GeoParquet to plain tables, through pyogrio and geopandas."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from geo.errors import BadFile
from geo.files.frame import Shapes, frame_called, name_of, to_lonlat
from geo.files.table import FileTable
from geo.files.text import decode, decoded, encoding_note, encoding_of_values, known
from geo.imports.report import Fault

_RAW = "ISO-8859-1"
"""Read so, every byte of a DBF becomes one character and can be turned back into the byte."""

_SHAPEFILE_PARTS = (".shx", ".dbf")


def read_geojson(path: Path, crs: str | None, encoding: str | None) -> FileTable:
    """A GeoJSON file; longitude and latitude of WGS-84 unless it says otherwise (RFC 7946)."""
    text, found = decode(path.read_bytes(), encoding, path.name)
    return geojson_table(path.name, text, crs, notes=encoding_note(found))


def geojson_table(filename: str, text: str, crs: str | None, *, notes: tuple[Fault, ...] = ()) -> FileTable:
    """GeoJSON that is at hand as text; ``filename`` is what it is called in reports."""
    try:
        kind = json.loads(text).get("type")
    except (json.JSONDecodeError, AttributeError, RecursionError) as error:
        raise BadFile("file_not_readable", path=filename, kind="GeoJSON", reason=_first_line(error)) from error
    if kind not in ("FeatureCollection", "Feature"):
        raise BadFile("geojson_without_features", path=filename)
    return _from_ogr(filename, text.encode("utf-8"), crs=crs, notes=notes)


def read_geopackage(path: Path, crs: str | None, layer: str | None) -> FileTable:
    """One layer of a GeoPackage: the one named, or the only one."""
    with path.open("rb") as file:
        head = file.read(32)
    page_bytes, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    if path.stat().st_size < pages * (65536 if page_bytes == 1 else page_bytes):
        raise BadFile("file_truncated", path=path.name, kind="GeoPackage")
    try:
        layers = [str(name) for name, shape in pyogrio.list_layers(path) if shape is not None]
    except DataSourceError as error:
        raise BadFile("file_not_readable", path=path.name, kind="GeoPackage", reason=_first_line(error)) from error
    return _from_ogr(path.name, path, layer=chosen(layers, layer, path.name), crs=crs)


def read_shapefile(path: Path, crs: str | None, encoding: str | None) -> FileTable:
    """A Shapefile with its side files. The encoding is the one asked for, else the .cpg's, else UTF-8, else GB18030."""
    absent = [part for part in _SHAPEFILE_PARTS if not _side_file(path, part)]
    if absent:
        raise BadFile("shapefile_parts_missing", path=path.name, parts=", ".join(absent))
    with path.open("rb") as file:
        head = file.read(28)
    if path.stat().st_size < 2 * struct.unpack(">i", head[24:28])[0]:
        raise BadFile("file_truncated", path=path.name, kind="Shapefile")
    table = _from_ogr(path.name, path, crs=crs, encoding=_RAW)
    return _in_its_encoding(table, encoding, _cpg(path))


def read_geoparquet(path: Path, crs: str | None) -> FileTable:
    """A GeoParquet file; without a frame of its own it is longitude and latitude (GeoParquet 1.1)."""
    try:
        table = pq.read_table(path)
        if b"geo" not in (table.schema.metadata or {}):
            raise BadFile("parquet_without_shapes", path=path.name)
        frame = geopandas.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadFile("file_not_readable", path=path.name, kind="GeoParquet", reason=_first_line(error)) from error
    shapes_too = set(frame.columns[frame.dtypes == "geometry"])
    columns = {name: table.column(name).to_pylist() for name in table.column_names if name not in shapes_too}
    own = frame.crs
    return _placed(path.name, columns, np.asarray(frame.geometry.array, dtype=object), crs or own, ())


def chosen(layers: Sequence[str], wish: str | None, filename: str) -> str:
    """The layer asked for, or the only one.

    Raises
    ------
    BadFile
        If there are several and none was named, or the one named is not there; the sentence names them.
    """
    names = ", ".join(layers)
    if not layers:
        raise BadFile("file_without_rows", path=filename)
    if wish is None and len(layers) > 1:
        raise BadFile("layer_needed", path=filename, layers=names)
    if wish is not None and wish not in layers:
        raise BadFile("layer_unknown", path=filename, layer=wish, layers=names)
    return wish or layers[0]


def _from_ogr(
    filename: str,
    data: Path | bytes,
    *,
    crs: str | None,
    layer: str | None = None,
    encoding: str | None = None,
    notes: tuple[Fault, ...] = (),
) -> FileTable:
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        try:
            meta, table = pyogrio.read_arrow(data, layer=layer, encoding=encoding)
        except (DataSourceError, DataLayerError, pa.ArrowException, UnicodeDecodeError) as error:
            kind = Path(filename).suffix.lstrip(".")
            raise BadFile("file_not_readable", path=filename, kind=kind, reason=_first_line(error)) from error
    notes += tuple(Fault(0, "", "reader_remark", {"remark": _first_line(remark.message)}) for remark in remarks[:3])
    shape_column = meta["geometry_name"] or "wkb_geometry"
    if meta["geometry_type"] is None or shape_column not in table.column_names:
        raise BadFile("file_without_shapes", path=filename)
    wkb = table.column(shape_column).to_pylist()
    shapes = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore")
    hidden = {shape_column, *(("OGC_FID",) if "OGC_FID" in table.column_names else ())}
    columns = {name: table.column(name).to_pylist() for name in table.column_names if name not in hidden}
    return _placed(filename, columns, shapes, crs or meta["crs"], notes)


def _placed(
    filename: str, columns: dict[str, list[Any]], shapes: Shapes, crs: Any, notes: tuple[Fault, ...]
) -> FileTable:
    if not len(shapes):
        raise BadFile("file_without_rows", path=filename)
    if crs is None:
        raise BadFile("crs_missing", path=filename)
    frame = frame_called(crs) if isinstance(crs, str) else CRS.from_user_input(crs)
    shapes, remarks = to_lonlat(shapes, frame, filename)
    return FileTable(filename, columns, shapes, range(1, len(shapes) + 1), name_of(frame), notes + remarks)


def _in_its_encoding(table: FileTable, wish: str | None, hint: str | None) -> FileTable:
    """A table that was read byte for byte, with its texts and headers as they were meant."""
    values = [header.encode(_RAW) for header in table.columns]
    row_of_value = [0] * len(values)
    for column in table.columns.values():
        for row, value in zip(table.number_of_row, column, strict=True):
            if isinstance(value, str):
                values.append(value.encode(_RAW))
                row_of_value.append(row)
    name = encoding_of_values(values, row_of_value, (wish, hint), table.filename)

    def meant(value: Any) -> Any:
        return (decoded(value.encode(_RAW), name) or None) if isinstance(value, str) else value

    columns = {str(meant(header)): [meant(value) for value in column] for header, column in table.columns.items()}
    notes = table.notes + encoding_note(name)
    return FileTable(table.filename, columns, table.shapes, table.number_of_row, table.crs_name, notes)


def _cpg(path: Path) -> str | None:
    """The encoding that the .cpg names, where it names one that exists."""
    file = _side_file(path, ".cpg")
    said = file.read_text(encoding="ascii", errors="ignore").strip() if file else ""
    if not said:
        return None
    try:
        return known(f"cp{said}" if said.isdigit() else said)
    except BadFile:
        return None


def _side_file(path: Path, ending: str) -> Path | None:
    return next((file for end in (ending, ending.upper()) if (file := path.with_suffix(end)).exists()), None)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0][:200]
