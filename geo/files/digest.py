"""What tells one file from another."""

from __future__ import annotations

import hashlib
from pathlib import Path

_SIDE_FILES = (".dbf", ".shx", ".cpg", ".prj")
"""A Shapefile's other parts: an attribute or a frame may change while the shapes stay."""


def sha256_of(path: Path) -> str:
    """The file's SHA-256, as 64 hexadecimal digits; a Shapefile's goes on over its side files."""
    digest = hashlib.sha256()
    endings = _SIDE_FILES if path.suffix.lower() == ".shp" else ()
    sides = (path.with_suffix(case) for ending in endings for case in (ending, ending.upper()))
    for part in (path, *(side for side in sides if side.is_file())):
        with part.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()
