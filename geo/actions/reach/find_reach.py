"""How far one gets from a place, or from how far people come to it, within some minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.actions.city.load_city import Direction, LonLat, Wish, roads, streets_provenance
from geo.actions.city.street_cache import StreetCache
from geo.compute.reach.circles import Pen, Sources, draw_circles
from geo.compute.reach.minutes import reach_of_stations
from geo.compute.streets.net import reverse, reversed_stops, stops_of
from geo.compute.streets.snap import Joints
from geo.provenance import Provenance
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.modes import mode as mode_of
from geo.rules.modes import surface as surface_of
from geo.units import DS_PER_MINUTE, FloatArray

KMH_PER_M_S = 3.6


@dataclass(frozen=True)
class ReachWish:
    """What is asked."""

    lonlat: LonLat
    """Degrees, EPSG:4326."""
    minutes: Sequence[float] = (5, 10, 15)
    """Cutoffs; reached themselves."""
    mode: str = DEFAULT_MODE
    surface: str = DEFAULT_SURFACE
    direction: Direction = "from"
    """Of the trips: from the place, or to it."""


@dataclass(frozen=True)
class ReachShape:
    """What is within one cutoff."""

    minutes: float
    shape: shapely.MultiPolygon | None
    """EPSG:4326; None where the place joins no street."""
    street_m: float
    area_m2: float


@dataclass(frozen=True)
class Reach:
    """What is within reach of a place."""

    lonlat: LonLat
    snapped_lonlat: LonLat | None
    """The nearest place on a street where the way begins; None where no street can be joined."""
    snapped_m: float | None
    """How far that is."""
    shapes: Sequence[ReachShape]
    """By minutes, ascending; each lies within the next."""
    provenance: Provenance
    """Of the longest cutoff."""


def find_reach(cache: StreetCache, wish: ReachWish) -> Reach:
    """Draw what is within reach.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode or surface.
    Refused
        If some minutes are not above 0 or beyond the horizon of the search.
    """
    wishes = [Wish.of(minutes, wish.mode, wish.surface) for minutes in sorted(set(wish.minutes))]
    longest, laid = wishes[-1], cache.live()
    rule = longest.rule
    ground, net = roads(laid, longest)
    lonlat = np.array([wish.lonlat], dtype=np.float64)
    joints = ground.joints(ground.frame.to_xy_m(lonlat), rule.max_connector_m)
    stops = stops_of(ground, net, joints, longest.ds_per_m)
    if wish.direction == "to":
        net, stops = reverse(net), reversed_stops(net, stops)
    cutoffs_ds = [each.cutoff_ds for each in wishes]
    reached = reach_of_stations(net, stops, cutoffs_ds[-1], n_threads=1)
    pen = Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m)
    (circles,) = draw_circles(ground, net, reached, Sources(lonlat, stops), cutoffs_ds, pen, n_threads=1)
    snapped, away_m = _snapped(joints)
    return Reach(
        lonlat=wish.lonlat,
        snapped_lonlat=None if snapped is None else _lonlat(ground.frame.to_lonlat(snapped)),
        snapped_m=away_m,
        shapes=[
            ReachShape(cutoff_ds / DS_PER_MINUTE, circle.shape, circle.street_m, circle.area_m2)
            for cutoff_ds, circle in zip(cutoffs_ds, circles, strict=True)
        ],
        provenance=streets_provenance(laid, longest).depending_on("reach", wish),
    )


def _snapped(joints: Joints) -> tuple[FloatArray | None, float | None]:
    if not len(joints.piece_of_joint):
        return None, None
    nearest = int(np.argmin(joints.distance_m_of_joint))
    return joints.xy_m_of_joint[[nearest]], float(joints.distance_m_of_joint[nearest])


def _lonlat(lonlat: FloatArray) -> LonLat:
    return float(lonlat[0, 0]), float(lonlat[0, 1])


def fastest_kmh(mode: str, surface: str) -> float:
    """As quick as one gets on any street: what bounds how far a question of reach may go.

    Raises
    ------
    NotFound
        If there is no such mode or surface.
    """
    asked, ground = mode_of(mode), surface_of(surface)
    driven_kmh = asked.factor * max(asked.kmh_of_highway.values(), default=0.0)
    return max(KMH_PER_M_S * asked.speed_m_s_on(ground), asked.kmh, driven_kmh)
