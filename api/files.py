"""Answers that are files: written when they are asked for, sent, and gone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from fastapi.responses import Response

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "json": "application/json",
    "pdf": "application/pdf",
    "topojson": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""Ending -> media type."""


def sent_file(name: str, write: Callable[[Path], object]) -> Response:
    """A file that ``write`` writes; nothing of it stays."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        content = path.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=TYPES[name.rsplit(".", 1)[1]], headers=headers)
