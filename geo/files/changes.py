"""Imagined changes as a JSON file: a list of objects, each with its kind (``geo/changes.py``)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from geo.changes import Change
from geo.errors import BadFile, Refused

KIND = "JSON"

_CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Annotated[Change, Field(discriminator="kind")]])


def read_changes(path: Path) -> list[Change]:
    """The changes of a file.

    Raises
    ------
    BadFile
        If it is missing.
    Refused
        If it is not a list of changes; says which one and why.
    """
    if not path.is_file():
        raise BadFile("file_missing", path=path.name)
    try:
        return _CHANGES.validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"]]
        number = int(place[0]) + 1 if place and place[0].isdecimal() else 1
        reason = ": ".join([*place[1:], first["msg"]])
        raise Refused("what_if_change_bad", number=number, reason=reason) from error
