"""The way to a station, street by street, as it is drawn and told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
import shapely
from shapely.ops import substring

from geo.actions.city.load_city import LonLat, Wish
from geo.actions.city.street_cache import Joined
from geo.compute.reach.paths import Path, shortest_path
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops, stops_of
from geo.compute.streets.snap import Joints
from geo.units import DS_PER_S, NONE, FloatArray

SAME_M = 0.02
"""Parts of a way that end and begin this near to each other meet: coordinates are kept to a centimetre."""


@dataclass(frozen=True)
class Step:
    """A part of a way under one name."""

    kind: Literal["connector", "street"]
    """``connector``: off the streets, between the place or the station and its street."""
    name: str | None
    """Of the street; None where it has none."""
    metres: float
    seconds: float


@dataclass(frozen=True)
class Way:
    """A way from a place to a station."""

    line: shapely.LineString
    """EPSG:4326, from the place to the station's door."""
    steps: Sequence[Step]
    """In order; their seconds add up to those of the way."""
    metres: float
    seconds: float


@dataclass(frozen=True)
class Ends:
    """Points with their joints on streets that are open, in the order of their stops."""

    xy_m: FloatArray
    joints: Joints
    stops: Stops


@dataclass(frozen=True)
class _Part:
    """A stretch of one street, or a connector."""

    kind: Literal["connector", "street"]
    name: str | None
    xy_m: FloatArray
    """(n, 2) along it."""
    metres: float
    ds: int


def ends_at(joined: Joined, lonlat: LonLat, wish: Wish) -> Ends:
    """One place, ready to begin or end a way."""
    xy_m = joined.ground.frame.to_xy_m(np.array([lonlat], dtype=np.float64))
    joints = joined.ground.joints(xy_m, wish.rule.max_connector_m)
    stops = stops_of(joined.ground, joined.net, joints, wish.ds_per_m)
    return Ends(xy_m, _open(joined.net, joints), stops)


def trace_way(joined: Joined, begin: Ends, end: Ends, limit_ds: int) -> Way | None:
    """The shortest way from one place to another; None where there is none within the limit."""
    path = shortest_path(joined.net, begin.stops, end.stops, limit_ds)
    if path is None:
        return None
    parts = list(_parts(joined, begin, end, path))
    steps = [_step(kind, name, list(same)) for (kind, name), same in groupby(parts, lambda p: (p.kind, p.name))]
    xy_m = np.concatenate([part.xy_m for part in parts])
    is_new = np.append(True, np.hypot(*np.diff(xy_m, axis=0).T) > SAME_M)
    drawn_xy_m = xy_m[is_new] if is_new.sum() > 1 else xy_m[[0, -1]]
    return Way(
        line=shapely.LineString(joined.ground.frame.to_lonlat(drawn_xy_m)),
        steps=steps,
        metres=sum(step.metres for step in steps),
        seconds=path.total_ds / DS_PER_S,
    )


def _open(net: Net, joints: Joints) -> Joints:
    """The joints that have become stops: those on pieces that are closed both ways have not. Offsets do not hold."""
    is_open = (net.ds_of_side.reshape(-1, 2)[joints.piece_of_joint] != NONE).any(axis=1)
    return joints._replace(**{name: getattr(joints, name)[is_open] for name in joints._fields[1:]})


def _parts(joined: Joined, begin: Ends, end: Ends, path: Path) -> Iterator[_Part]:
    ground, names = joined.ground, joined.laid.graph.name_of_piece
    yield _connector(ground, begin, path.from_joint)
    last = len(path.side_of_part) - 1
    for i, (side, (first_ds, last_ds)) in enumerate(
        zip(path.side_of_part.tolist(), path.span_ds_of_part.tolist(), strict=True)
    ):
        piece, way = side >> 1, side & 1
        first_m, last_m = 0.0, float(ground.shape_m_of_piece[piece])
        if i == 0:
            first_m = _from_beginning(ground, piece, way, float(begin.joints.along_m_of_joint[path.from_joint]))
        if i == last:
            last_m = _from_beginning(ground, piece, way, float(end.joints.along_m_of_joint[path.to_joint]))
        share = (last_m - first_m) / max(float(ground.shape_m_of_piece[piece]), 1e-9)
        yield _Part(
            kind="street",
            name=names[ground.number_of_piece[piece]],
            xy_m=_stretch(ground, piece, way, first_m, last_m),
            metres=max(share, 0.0) * float(ground.length_m_of_piece[piece]),
            ds=last_ds - first_ds,
        )
    arriving = _connector(ground, end, path.to_joint)
    yield _Part(arriving.kind, None, arriving.xy_m[::-1], arriving.metres, arriving.ds)


def _connector(ground: Ground, ends: Ends, joint: int) -> _Part:
    """From the place to its joint, through the gate where there is one."""
    gate = int(ends.joints.gate_of_joint[joint])
    through = [] if gate == NONE else [ground.gateways.xy_m_of_gate[gate]]
    xy_m = np.array([ends.xy_m[0], *through, ends.joints.xy_m_of_joint[joint]])
    metres, ds = float(ends.joints.distance_m_of_joint[joint]), int(ends.stops.connector_ds_of_joint[joint])
    return _Part("connector", None, xy_m, metres, ds)


def _from_beginning(ground: Ground, piece: int, way: int, along_m: float) -> float:
    """Metres from where a side begins, of a position along its piece."""
    return along_m if way == 0 else float(ground.shape_m_of_piece[piece]) - along_m


def _stretch(ground: Ground, piece: int, way: int, first_m: float, last_m: float) -> FloatArray:
    lonlat = ground.lonlat_of_point[ground.start_of_piece[piece] : ground.start_of_piece[piece + 1]]
    shape = shapely.LineString(ground.frame.to_xy_m(lonlat)[:: 1 if way == 0 else -1])
    return np.asarray(shapely.get_coordinates(substring(shape, first_m, max(first_m, last_m))))


def _step(kind: Literal["connector", "street"], name: str | None, parts: Sequence[_Part]) -> Step:
    return Step(kind, name, sum(part.metres for part in parts), sum(part.ds for part in parts) / DS_PER_S)
