"""TopoJSON: every border is written once, in whole 1e-7 degrees, so that polygons which touch do so to the last digit.

Source
------
The TopoJSON Format Specification 1.0 (M. Bostock, C. Metcalf), sections 2.1.2 to 2.1.4: transforms, arcs, arc indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from geo.units import E7, Int32Array, IntArray

SCALE = 1 / E7


class Lines(Protocol):
    """Nodes, and arcs between them, as ``geo.compute.fabric.faces`` has them."""

    @property
    def node_e7(self) -> Int32Array:
        """(n_nodes, 2) lon, lat."""

    @property
    def from_node(self) -> Int32Array:
        """(n_arcs,)"""

    @property
    def to_node(self) -> Int32Array:
        """(n_arcs,)"""

    @property
    def start_of_inner(self) -> IntArray:
        """(n_arcs + 1,) offsets into ``inner_e7``."""

    @property
    def inner_e7(self) -> Int32Array:
        """(n_inner, 2) the places that an arc passes between its ends."""


@dataclass(frozen=True)
class TopoLayer:
    """Polygons along arcs."""

    name: str
    polygons: Sequence[Sequence[Sequence[Sequence[int]]]]
    """(n,) of each its polygons, of these the rings, of these the arcs; ``~arc`` where one is walked backwards."""
    properties: Sequence[Mapping[str, Any]]
    """(n,)"""


def topology_of(lines: Lines, layers: Sequence[TopoLayer], more: Mapping[str, Any]) -> dict[str, Any]:
    """A topology of several layers, which share their arcs; arcs that none of them needs are left out.

    Parameters
    ----------
    lines
        The arcs.
    layers
        What lies between them.
    more
        Members of the topology beside those of the format.
    """
    refs = np.unique([ref for layer in layers for ref in _refs(layer)]).astype(np.int64)
    used = np.unique(np.where(refs < 0, ~refs, refs))
    number = dict(zip(used.tolist(), range(len(used)), strict=True))
    place, start = _places(lines, used)
    west_south, east_north = (place.min(axis=0), place.max(axis=0)) if len(used) else np.zeros((2, 2), np.int64)
    step = np.diff(place, axis=0, prepend=0)
    step[start[:-1]] = place[start[:-1]] - west_south
    told = step.tolist()
    return {
        "type": "Topology",
        "bbox": [value / E7 for value in (*west_south.tolist(), *east_north.tolist())],
        "transform": {"scale": [SCALE, SCALE], "translate": [value / E7 for value in west_south.tolist()]},
        **more,
        "objects": {layer.name: _collection(layer, number) for layer in layers},
        "arcs": [told[first:last] for first, last in pairwise(start.tolist())],
    }


def _refs(layer: TopoLayer) -> Iterator[int]:
    return (ref for polygons in layer.polygons for rings in polygons for ring in rings for ref in ring)


def _places(lines: Lines, arcs: IntArray) -> tuple[IntArray, IntArray]:
    """All places of some arcs, both ends included, arc after arc; and (n_arcs + 1,) offsets into them."""
    first, n_inner = lines.start_of_inner[arcs], np.diff(lines.start_of_inner)[arcs]
    start = np.concatenate([[0], np.cumsum(n_inner + 2)]).astype(np.int64)
    place = np.empty((start[-1], 2), np.int64)
    place[start[:-1]] = lines.node_e7[lines.from_node[arcs]]
    place[start[1:] - 1] = lines.node_e7[lines.to_node[arcs]]
    is_inner = np.ones(len(place), np.bool_)
    is_inner[start[:-1]] = is_inner[start[1:] - 1] = False
    along = np.arange(n_inner.sum()) - np.repeat(np.cumsum(n_inner) - n_inner, n_inner)
    place[is_inner] = lines.inner_e7[np.repeat(first, n_inner) + along]
    return place, start


def _collection(layer: TopoLayer, number: Mapping[int, int]) -> dict[str, Any]:
    def told(ref: int) -> int:
        return number[ref] if ref >= 0 else ~number[~ref]

    geometries = [
        {
            "type": "MultiPolygon",
            "properties": dict(properties),
            "arcs": [[[told(ref) for ref in ring] for ring in rings] for rings in polygons],
        }
        for polygons, properties in zip(layer.polygons, layer.properties, strict=True)
    ]
    return {"type": "GeometryCollection", "geometries": geometries}
