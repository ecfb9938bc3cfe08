"""Circles as GeoJSON text.

Outlines lie on whole millionths of a degree, so six decimals are what they are, not a rounding of it: what is read back
is the same polygon, valid and nested, number for number.

Source
------
RFC 7946: outer rings counter-clockwise, holes clockwise, rings closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo.compute.kernels import kernel
from geo.compute.reach.circles import CircleShape
from geo.compute.reach.outline import Outline
from geo.compute.reach.raster import MICRO
from geo.units import UInt8Array

MINUS, POINT, COMMA, OPEN, CLOSE, ZERO = (ord(sign) for sign in "-.,[]0")

BYTES_PER_POINT = 26
"""At most: two numbers, brackets and commas."""


@kernel
def _write_number(text: UInt8Array, n: int, micro: int) -> int:
    """Write millionths as a decimal number, without zeros at its end; where to go on."""
    if micro < 0:
        text[n] = MINUS
        n += 1
        micro = -micro
    whole, rest = micro // MICRO, micro % MICRO
    n_digits = 1 + (whole >= 10) + (whole >= 100)
    for i in range(n + n_digits - 1, n - 1, -1):
        text[i] = ZERO + whole % 10
        whole //= 10
    n += n_digits
    if rest == 0:
        return n
    text[n] = POINT
    for i in range(n + 6, n, -1):
        text[i] = ZERO + rest % 10
        rest //= 10
    n += 7
    while text[n - 1] == ZERO:
        n -= 1
    return n


@kernel
def _coordinates(outline: Outline) -> UInt8Array:
    """The coordinates of a MultiPolygon."""
    micro, start_of_ring, start_of_polygon, _ = outline
    text = np.empty(BYTES_PER_POINT * len(micro) + 4 * len(start_of_ring) + 4 * len(start_of_polygon) + 4, np.uint8)
    text[0] = OPEN
    n = 1
    for polygon in range(len(start_of_polygon) - 1):
        for ring in range(start_of_polygon[polygon], start_of_polygon[polygon + 1]):
            text[n] = COMMA if ring > 0 else OPEN
            is_outer = ring == start_of_polygon[polygon]
            if is_outer and ring > 0:
                text[n + 1] = OPEN
                n += 1
            text[n + 1] = OPEN
            n += 2
            for i in range(start_of_ring[ring], start_of_ring[ring + 1]):
                text[n] = OPEN
                n = _write_number(text, n + 1, micro[i, 0])
                text[n] = COMMA
                n = _write_number(text, n + 1, micro[i, 1])
                text[n], text[n + 1] = CLOSE, COMMA
                n += 2
            text[n - 1] = CLOSE
        text[n] = CLOSE
        n += 1
    text[n] = CLOSE
    return text[: n + 1]


def geometry_geojson(circle: CircleShape) -> bytes | None:
    """One circle as a GeoJSON MultiPolygon; None where the station reaches no street."""
    if len(circle.outline.start_of_polygon) < 2:
        return None
    text: UInt8Array = _coordinates(circle.outline)
    return b'{"type":"MultiPolygon","coordinates":' + text.tobytes() + b"}"


def circles_geojson(circles: Sequence[CircleShape], properties: Sequence[Mapping[str, Any]]) -> bytes:
    """Circles as a GeoJSON FeatureCollection, UTF-8.

    Parameters
    ----------
    circles
        Of one or more stations and cutoffs; where there is nothing the geometry is null.
    properties
        Of each, as JSON can hold them.
    """
    features = [
        b'{"type":"Feature","geometry":'
        + (geometry_geojson(circle) or b"null")
        + b',"properties":'
        + json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        + b"}"
        for circle, told in zip(circles, properties, strict=True)
    ]
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"
