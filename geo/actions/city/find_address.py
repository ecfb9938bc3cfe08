"""Where an address in words may be: candidates with scores, never a guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geo.compute.cases.address import NamedPlace, scores_of, spoken
from geo.compute.project import Frame
from geo.imports.places import in_degrees, in_metres
from geo.rules.incidents import incident_rule
from geo.store.addresses import places_in_address
from geo.store.database import Database

KINDS = ("building", "compound", "station", "road", "grid", "area")
"""The most exact first."""

GROUND = frozenset({"grid", "area"})


@dataclass(frozen=True)
class Candidate:
    """A place that an address may mean."""

    kind: str
    """One of ``KINDS``."""
    id: int | None
    """None for roads and compounds."""
    name: str
    lonlat: tuple[float, float]
    precision_m: float
    """How far off it may be: half of the place's extent."""
    score: float
    """0 to 1: how much of the address it explains, with all that lies with it."""


def find_address(db: Database, address: str, limit: int) -> list[Candidate]:
    """Candidates for an address among roads, compounds, buildings, stations, grids and areas that are loaded.

    Returns
    -------
    The best first: by score, then the more exact. None where no name stands in the address.
    """
    rule = incident_rule()
    if not spoken(address):
        return []
    with db.read() as conn:
        found = places_in_address(conn, address, rule.most_named)
    if not found:
        return []
    frame = Frame.of(np.concatenate([shapely.get_coordinates(place.shape) for place in found]))
    shapes = [in_metres(place.shape, frame) for place in found]
    places = [NamedPlace(one.name, shape, one.kind in GROUND) for one, shape in zip(found, shapes, strict=True)]
    scores = scores_of(address, places, rule.beside_m).tolist()
    told = [
        Candidate(one.kind, one.id, one.name, _middle(shape, frame), _extent_m(shape), round(score, 3))
        for one, shape, score in zip(found, shapes, scores, strict=True)
    ]
    return sorted(told, key=lambda one: (-one.score, KINDS.index(one.kind), one.name, one.id or 0))[:limit]


def _middle(shape: shapely.Geometry, frame: Frame) -> tuple[float, float]:
    """A point on it; of a road the one nearest to its middle."""
    point = shapely.point_on_surface(shape)
    if shapely.get_dimensions(shape) == 1:
        point = shapely.shortest_line(shape, shapely.centroid(shape)).interpolate(0)
    lon, lat = shapely.get_coordinates(in_degrees(point, frame))[0].round(7).tolist()
    return lon, lat


def _extent_m(shape: shapely.Geometry) -> float:
    west, south, east, north = shape.bounds
    return round(float(np.hypot(east - west, north - south)) / 2, 1)
