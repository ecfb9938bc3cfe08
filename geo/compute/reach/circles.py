"""The service circle of a station: the streets it reaches, drawn with a pen of a given width.

What is drawn is told in :mod:`geo.compute.reach.parts` and :mod:`geo.compute.reach.strokes`. The distance to its
strokes is burnt into a raster whose steps are whole millionths of a degree (:mod:`geo.compute.reach.raster`), and the
outline at the pen's reach is traced and thinned there (:mod:`geo.compute.reach.contour`,
:mod:`geo.compute.reach.thin`). So a circle is valid and of one part, and circles of growing cutoffs lie within each
other, exactly, as they are written with six decimals.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.kernels import in_parts_with, kernel
from geo.compute.reach.minutes import Reached
from geo.compute.reach.outline import Outline, outlines
from geo.compute.reach.parts import Joined, Memory, Shapes, parts_within
from geo.compute.reach.raster import MICRO, Lattice, lattice_of, metres_per_micro, raster_around
from geo.compute.reach.strokes import forget, strokes_of
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops
from geo.units import NONE, Float32Array, FloatArray, Int32Array, IntArray

STATIONS_PER_PART = 8

STRAIGHT_SHARE = 0.05
"""Bends of streets below this share of a raster step are not drawn."""

STRIP_VALUES = 4_000_000
"""Raster points that are worked on at a time."""


@dataclass(frozen=True)
class Pen:
    """How circles are drawn; the numbers are data (geo/rules/reach.toml)."""

    pen_m: float
    """How far a circle reaches to either side of a street; at least two raster steps."""
    raster_m: float
    hole_m2: float
    """Holes smaller than this are filled."""
    simplify_m: float
    """How far an outline may be moved to save points."""


class Sources(NamedTuple):
    """Stations that circles are drawn of."""

    lonlat_of_point: FloatArray
    """(n_stations, 2) degrees."""
    stops: Stops
    """Their joints, as they were searched from."""


@dataclass(frozen=True, eq=False)
class CircleShape:
    """One circle at one cutoff."""

    outline: Outline
    """Without a polygon where the station reaches no street."""
    street_m: float
    """Length of ways within reach."""

    @property
    def area_m2(self) -> float:
        """On the ellipsoid."""
        return float(self.outline.area_m2)

    @cached_property
    def shape(self) -> shapely.MultiPolygon | None:
        """EPSG:4326, valid; None where there is nothing."""
        n_polygons = len(self.outline.start_of_polygon) - 1
        if not n_polygons:
            return None
        offsets = self.outline.start_of_ring, self.outline.start_of_polygon, np.array([0, n_polygons])
        kind = shapely.GeometryType.MULTIPOLYGON
        return shapely.from_ragged_array(kind, self.outline.micro / MICRO, offsets)[0]

    @property
    def wkb(self) -> bytes | None:
        """The shape as well-known binary, without a detour through shapely."""
        _, start_of_ring, start_of_polygon, _ = self.outline
        if len(start_of_polygon) < 2:
            return None
        places, rings = self.outline.micro / MICRO, start_of_ring.tolist()
        told = [struct.pack("<BII", 1, 6, len(start_of_polygon) - 1)]
        for first, last in zip(start_of_polygon.tolist(), start_of_polygon[1:].tolist(), strict=False):
            told.append(struct.pack("<BII", 1, 3, last - first))
            for ring in range(first, last):
                told.append(struct.pack("<I", rings[ring + 1] - rings[ring]))
                told.append(places[rings[ring] : rings[ring + 1]].tobytes())
        return b"".join(told)


class Plan(NamedTuple):
    """What all circles of one drawing share."""

    net: Net
    shapes: Shapes
    lattice: Lattice
    cutoffs_ds: IntArray


def _plan(ground: Ground, net: Net, cutoffs_ds: Sequence[int], pen: Pen) -> Plan:
    lat = ground.frame.lat
    lon_m, lat_m = metres_per_micro(lat)
    shapes = Shapes(
        ground.lonlat_of_point,
        ground.start_of_piece,
        ground.length_m_of_piece,
        ground.from_node_of_piece,
        ground.to_node_of_piece,
        lon_m / lat_m,
        STRAIGHT_SHARE * pen.raster_m / lat_m / MICRO,
    )
    lattice = lattice_of(lat, pen.pen_m, pen.raster_m, pen.hole_m2, pen.simplify_m)
    return Plan(net, shapes, lattice, np.array(cutoffs_ds, dtype=np.int64))


@kernel
def _joined(lonlat: FloatArray, stops: Stops, first: int, last: int) -> Joined:
    """The joints of some stations, sorted by piece."""
    begin, end = stops.start_of_point[first], stops.start_of_point[last]
    order = begin + np.argsort(stops.piece_of_joint[begin:end])
    place, is_shortest = np.empty((end - begin, 2)), np.zeros(end - begin, np.bool_)
    for station in range(first, last):
        low, high = stops.start_of_point[station] - begin, stops.start_of_point[station + 1] - begin
        place[low:high] = lonlat[station]
        if high > low:
            is_shortest[low + np.argmin(stops.connector_ds_of_joint[begin + low : begin + high])] = True
    return Joined(
        stops.piece_of_joint[order],
        stops.at_ds_of_joint[order],
        stops.connector_ds_of_joint[order],
        place[order - begin],
        is_shortest[order - begin],
    )


@kernel
def _nothing() -> Outline:
    return Outline(np.empty((0, 2), np.int32), np.zeros(1, np.int64), np.zeros(1, np.int64), 0.0)


@kernel
def _draw(
    plan: Plan, found: tuple[Int32Array, Int32Array], joined: Joined, work: tuple[Memory, Float32Array]
) -> tuple[list[Outline], FloatArray]:
    """Outlines for all cutoffs of what is reached, and the length of its ways."""
    net, shapes, lattice, cutoffs_ds = plan
    memory, square = work
    parts = parts_within(net, shapes, found, joined, cutoffs_ds, memory)
    strokes, start = strokes_of(net, shapes, parts, joined, cutoffs_ds, memory)
    forget(shapes, parts, joined, memory)
    if not len(strokes):
        return [_nothing() for _ in cutoffs_ds], parts.street_m
    raster = raster_around(lattice, strokes)
    if len(square) < 2 * raster.n_columns:
        square = np.empty(2 * raster.n_columns, np.float32)
    return outlines(lattice, raster, strokes, start, square), parts.street_m


@kernel
def _draw_stations(
    plan: Plan, reached: Reached, sources: Sources, span: tuple[int, int], work: tuple[Memory, Float32Array]
) -> list[tuple[list[Outline], FloatArray]]:
    """Circles of stations, one after the other."""
    begin_of_station, end_of_station, vertex, ds = reached
    drawn = []
    for station in range(span[0], span[1]):
        begin, end = begin_of_station[station], end_of_station[station]
        joined = _joined(sources.lonlat_of_point, sources.stops, station, station + 1)
        drawn.append(_draw(plan, (vertex[begin:end], ds[begin:end]), joined, work))
    return drawn


def _work(plan: Plan) -> tuple[Memory, Float32Array]:
    """Working memory; pages that are not used are never touched."""
    n_pieces, n_nodes = len(plan.net.ds_of_side) // 2, int(plan.net.node_of_vertex[-1]) + 1
    memory = Memory(np.zeros((n_pieces, 4), np.int32), np.zeros(n_nodes, np.int32))
    return memory, np.empty(STRIP_VALUES, np.float32)


def draw_circles(
    ground: Ground,
    net: Net,
    reached: Reached,
    sources: Sources,
    cutoffs_ds: Sequence[int],
    pen: Pen,
    n_threads: int | None = None,
) -> Iterator[list[CircleShape]]:
    """The circles of all stations, in their order, each as soon as it is there.

    Parameters
    ----------
    ground, net, reached
        The streets, and what each station reaches of them within the last cutoff; ``net`` is the one searched.
    sources
        The stations.
    cutoffs_ds
        Ascending; the cutoffs themselves are reached.
    pen
        How circles are drawn.
    n_threads
        All cores if not told.

    Yields
    ------
    One shape per cutoff. Each is valid, of one part, and lies within the next.
    """
    plan = _plan(ground, net, cutoffs_ds, pen)

    def part(work: tuple[Memory, Float32Array], first: int, last: int) -> list[list[CircleShape]]:
        drawn = _draw_stations(plan, reached, sources, (first, last), work)
        return [
            [CircleShape(outline, street) for outline, street in zip(here, street_m.tolist(), strict=True)]
            for here, street_m in drawn
        ]

    for circles in in_parts_with(lambda: _work(plan), part, len(sources.lonlat_of_point), STATIONS_PER_PART, n_threads):
        yield from circles


def outline_of_union(
    ground: Ground, net: Net, ds_of_vertex: Int32Array, sources: Sources, cutoffs_ds: Sequence[int], pen: Pen
) -> list[CircleShape]:
    """The ground that is reached from any station: one shape per cutoff, each within the next.

    Parameters
    ----------
    ground, net, sources, cutoffs_ds, pen
        As for :func:`draw_circles`.
    ds_of_vertex
        (n_vertices,) time from the nearest station; NONE where not reached.
    """
    plan = _plan(ground, net, cutoffs_ds, pen)
    vertex = np.flatnonzero(ds_of_vertex != NONE).astype(np.int32)
    joined = _joined(sources.lonlat_of_point, sources.stops, 0, len(sources.lonlat_of_point))
    drawn, street_m = _draw(plan, (vertex, ds_of_vertex[vertex]), joined, _work(plan))
    return [CircleShape(outline, street) for outline, street in zip(drawn, street_m.tolist(), strict=True)]
