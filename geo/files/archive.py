"""Zip archives: unpacked into a folder that the caller throws away."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from geo.errors import BadFile
from geo.files.kinds import KIND_OF_ENDING
from geo.rules.import_limits import import_limits


def unpacked(path: Path, folder: Path) -> list[Path]:
    """The readable files of an archive, written into ``folder`` without their own folders.

    Raises
    ------
    BadFile
        If the archive is broken or truncated, locked by a password, grows beyond the limit, or holds nothing readable.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > import_limits().largest_unpacked_bytes:
                raise BadFile("zip_too_large", path=path.name)
            files = [_unpack(archive, member, folder) for member in members]
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:  # also what zipfile does not implement
        raise BadFile("zip_broken", path=path.name, reason=str(error)[:200]) from error
    readable = [file for file in files if file.suffix.lower() in KIND_OF_ENDING.keys() - {".zip"}]
    if not readable:
        raise BadFile("zip_without_table", path=path.name, endings=", ".join(KIND_OF_ENDING))
    return sorted(readable)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    """One member; only the last part of its name is used, so none can land outside the folder."""
    name = member.filename.replace("\\", "/").rpartition("/")[2] or "unnamed"
    target = folder / name
    with archive.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    return target
