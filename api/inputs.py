"""Values that several routes take, checked once."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends, Header, Path, Query
from pydantic import AfterValidator

from geo.errors import Refused
from geo.text import CONTROL

BIGGEST_ID = 2**63 - 1


def printable(value: str) -> str:
    """Text as it came, if the database can hold it: markup is harmless there, control characters are not text."""
    if CONTROL.search(value):
        raise ValueError("control characters")
    return value


Id = Annotated[int, Path(ge=1, le=BIGGEST_ID, examples=[7])]
Word = Annotated[str, AfterValidator(printable)]
Lon = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, description="Degrees east.", examples=[103.2])]
Lat = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Degrees north.", examples=[40.4])]
AreaCode = Annotated[str | None, Query(pattern=r"^[0-9]{12}$", description="12-digit code.", examples=["990101001001"])]
Kind = Annotated[Word | None, Query(max_length=100, description="Only this kind.", examples=["party_mass_centre"])]

VERSION_HEADER = ("header", "if-match")
"""Where a version is looked for."""


async def _seen_version(
    if_match: Annotated[
        str,
        Header(
            pattern=r'^"[0-9]{1,9}"$',
            description="The version that was read, quoted: the ETag of the last answer. Without it 428.",
            examples=['"1"'],
        ),
    ],
) -> int:
    return int(if_match.strip('"'))


SeenVersion = Annotated[int, Depends(_seen_version)]
"""Required: a change made without having read what is changed would undo somebody else's."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


async def _box(
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north in degrees.", examples=["103.1,40.3,103.3,40.5"], max_length=200),
    ] = None,
) -> Box | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError as error:
        raise Refused("bbox_bad", bbox=bbox) from error
    lies_right = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    if not (lies_right and all(map(math.isfinite, (west, south, east, north)))):
        raise Refused("bbox_bad", bbox=bbox)
    return west, south, east, north


BBox = Annotated[Box | None, Depends(_box)]
