"""The whole city, from the plan to the last counted shop: one recipe, read from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo.demo.addresses import Addresses
from geo.demo.blocks import Grids, lay_grids, long_side
from geo.demo.buildings import Buildings, furnish_plots, settle
from geo.demo.census import AreaRow, GridPosts, Phones, area_rows, man_grids
from geo.demo.compounds import Furnished, Surroundings, park_paths
from geo.demo.frame import shape_to_lonlat
from geo.demo.ground import Ground
from geo.demo.incidents import IncidentRow, ResourceRow, happen, set_out
from geo.demo.linework import largest
from geo.demo.lots import Lots, lay_lots
from geo.demo.names import StreetNames, pairs
from geo.demo.plan import Plan
from geo.demo.professionals import open_posts
from geo.demo.stations import Doors, StationRow, open_stations
from geo.demo.ways import Way, all_streets, barrier_ways, compound_ways, gates_in, street_ways

DEFAULT_SEED: Final = 2026
_GARDEN_M: Final = 10.0


@dataclass(frozen=True)
class Land:
    """A surface of the map with its tags, in the frame's metres."""

    shape: Polygon
    tags: dict[str, str]


@dataclass(frozen=True)
class City:
    """Everything that is written. Shapes are in the frame's metres but for grids and areas, which are in degrees."""

    plan: Plan
    grids: Grids
    grids_lonlat: NDArray[np.object_]
    posts: GridPosts
    areas: tuple[AreaRow, ...]
    ways: tuple[Way, ...]
    barriers: tuple[Way, ...]
    gates: tuple[Point, ...]
    lands: tuple[Land, ...]
    plots: tuple[Furnished, ...]
    compound_of_plot: tuple[str | None, ...]
    buildings: Buildings
    addresses: Addresses
    stations: tuple[StationRow, ...]
    resources: tuple[ResourceRow, ...]
    incidents: tuple[IncidentRow, ...]


def build_city(plan: Plan, rng: np.random.Generator, step: Callable[[float], None] | None = None) -> City:
    """Build the city of a plan. The same plan and the same dice make the same city.

    Parameters
    ----------
    plan
        Streets, river, railway and who is in charge where.
    rng
        The only source of chance.
    step
        Called with the share done.
    """
    tell = step or (lambda _share: None)
    grids = lay_grids(plan, rng)
    tell(0.1)
    lots = lay_lots(plan, grids, rng)
    streets = all_streets(plan, grids, lots, StreetNames(rng))
    ground = Ground(plan)
    open_streets = np.array([ground.open_part(street) for street in streets], dtype=object)
    tell(0.25)
    around = Surroundings(open_streets, lots.lots)
    plots = furnish_plots(grids, lots.lots, around, plan.totals.buildings, rng)
    tell(0.6)
    parks = [lot for lot in lots.lots if lot.kind == "park"]
    park = [Way(path, {"highway": "footway"}) for lot in parks for path in park_paths(lot, around)]
    ways = street_ways(plan, streets, [*compound_ways(plan, plots), *park])
    tell(0.75)
    buildings = settle(grids, plots, open_streets, plan.totals, rng)
    ground_plan = _Built(plan, grids, lots, tuple(plots), tuple(ways), Addresses(streets))
    return _inhabited(ground_plan, buildings, open_streets, rng)


@dataclass(frozen=True)
class _Built:
    """Streets and plots, before anybody has moved in."""

    plan: Plan
    grids: Grids
    lots: Lots
    plots: tuple[Furnished, ...]
    ways: tuple[Way, ...]
    addresses: Addresses


def _inhabited(
    built: _Built, buildings: Buildings, open_streets: NDArray[np.object_], rng: np.random.Generator
) -> City:
    plan, grids, plots, addresses = built.plan, built.grids, built.plots, built.addresses
    phones = Phones()
    posts = man_grids(plan, grids, phones, rng)
    grids_lonlat = np.asarray(shape_to_lonlat(grids.polygons))
    compounds = pairs("compound_first", "compound_second", rng)
    compound_of_plot = tuple(next(compounds)[0] if plot.lot.kind == "compound" else None for plot in plots)
    stations = open_stations(plan.sites, Doors(plots, open_streets), addresses, phones, rng)
    ground = shapely.union_all(grids.polygons)
    every_way = np.array([way.line for way in built.ways], dtype=object)
    lines = np.array([way.line for way in built.ways if way.tags["highway"] != "footway"], dtype=object)
    return City(
        plan=plan,
        grids=grids,
        grids_lonlat=grids_lonlat,
        posts=posts,
        areas=tuple(area_rows(plan, grids, grids_lonlat)),
        ways=built.ways,
        barriers=tuple(barrier_ways(plan, plots)),
        gates=tuple(gates_in(plots, built.ways)),
        lands=tuple(_lands(built, compound_of_plot)),
        plots=plots,
        compound_of_plot=compound_of_plot,
        buildings=buildings,
        addresses=addresses,
        stations=tuple(stations),
        resources=(
            *set_out(lines, max(8, len(grids.style) // 40), rng),
            *open_posts(plan, grids, posts, stations),
        ),
        incidents=tuple(happen(plan.totals.incidents, (buildings.shapes, every_way, ground), addresses, rng)),
    )


def _lands(built: _Built, compound_of_plot: Sequence[str | None]) -> list[Land]:
    """Water, greens, belts of trees, squares, schools, works, and compounds by name."""
    plan = built.plan
    found = [Land(plan.water, {"natural": "water", "name": "青河", "name_en": "Qinghe River"})]
    found += [Land(shape, {"landuse": "grass"}) for shape in built.lots.greens]
    found += [Land(shape, {"landuse": "forest"}) for shape in _belts(plan)]
    for name, water, park in plan.ponds:
        found += [Land(park.difference(water), {"leisure": "park", "name": f"{name}公园"})]
        found += [Land(water, {"natural": "water", "name": name})]
    found += [Land(shape, {"place": "square", "name": name}) for name, shape in plan.squares]
    found += [
        Land(plot.lot.shape, {"landuse": "residential"} | ({"name": name} if name else {}))
        for plot, name in zip(built.plots, compound_of_plot, strict=True)
    ]
    return [*found, *_named_lots(built), *_gardens(built)]


def _belts(plan: Plan) -> list[Polygon]:
    roads = [street.line.buffer(14) for street in plan.streets] + [rail.buffer(14) for rail in plan.rails]
    left = shapely.get_parts(shapely.difference(list(plan.belts), shapely.union_all(roads)))
    return [part for part in left if part.area > 400]


def _gardens(built: _Built) -> list[Land]:
    """A garden where a compound has most room left, a running track where a school has."""
    found = []
    for plot in built.plots:
        if plot.lot.kind == "compound":
            taken = MultiLineString(plot.paths).buffer(2.0, quad_segs=1).union(shapely.union_all(plot.places))
            room = plot.lot.shape.buffer(-6).difference(taken.buffer(3.0, quad_segs=2))
            middle, radius_m = _room(room)
            if radius_m > _GARDEN_M:
                bed = middle.buffer(min(radius_m * 1.35, 45.0), quad_segs=4).intersection(room)
                found.append(Land(largest(bed.buffer(-5).buffer(5, quad_segs=3)).simplify(0.4), {"leisure": "garden"}))
    for lot in built.lots.lots:
        middle, radius_m = _room(lot.shape)
        if lot.kind == "school" and radius_m > 2 * _GARDEN_M:
            angle = long_side(lot.shape)
            straight = np.array([np.cos(angle), np.sin(angle)]) * radius_m * 0.45
            ends = LineString(
                [(middle.x - straight[0], middle.y - straight[1]), (middle.x + straight[0], middle.y + straight[1])]
            )
            found.append(Land(ends.buffer(radius_m * 0.42, quad_segs=5), {"leisure": "pitch"}))
    return found


def _room(shape: BaseGeometry) -> tuple[Point, float]:
    """Middle and radius of the largest circle that a shape holds."""
    radius = shapely.maximum_inscribed_circle(shape, tolerance=1.0)
    return Point(radius.coords[0]), float(radius.length)


def _named_lots(built: _Built) -> list[Land]:
    """Schools, parks and works, named after their community."""
    found = []
    count: dict[str, int] = {}
    for lot in built.lots.lots:
        if lot.kind in _TAGS:
            community = built.plan.communities[int(built.grids.community[lot.grid])].name.removesuffix("社区")
            key = community + lot.kind
            count[key] = count.get(key, 0) + 1
            name = community + _NAMES[lot.kind][(count[key] - 1) % 4]
            found.append(Land(lot.shape, _TAGS[lot.kind] | {"name": name}))
    return found


_TAGS: Final[dict[str, dict[str, str]]] = {
    "park": {"leisure": "park"},
    "school": {"amenity": "school"},
    "industry": {"landuse": "industrial"},
}
_NAMES: Final[dict[str, tuple[str, str, str, str]]] = {
    "park": ("公园", "游园", "花园", "绿地"),
    "school": ("小学", "中学", "第二小学", "第二中学"),
    "industry": ("产业园", "二期产业园", "三期产业园", "四期产业园"),
}
