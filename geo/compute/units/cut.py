"""Cut a community into units: street blocks, compounds in them, and the plots of buildings in these.

No unit cuts a building, every place of the community is in one unit, and all corners are whole ten-millionths of a
degree, so that neighbours share their borders to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.fabric.faces import Fabric, n_faces_of, stops_of_arcs
from geo.compute.fabric.fault import fault_of
from geo.compute.fabric.rings import shapes_of
from geo.compute.units.borders import on_corners, with_common_corners
from geo.compute.units.cells import Patches, Regions, joined, shared_out
from geo.compute.units.fabric import fabric_of_units
from geo.compute.units.faces import HARD, Faces, faces_of
from geo.compute.units.lattice import GRAIN, Lattice, Shapes, keys_of
from geo.compute.units.merge import Ground, borders_of_units
from geo.compute.units.seeds import Seeds, seeds_of
from geo.compute.units.sides import Sides, areas_m2, chosen, facing, rings_of
from geo.errors import BadGeometry
from geo.rules.units import UnitRule
from geo.units import NONE, BoolArray, FloatArray, IntArray


class UnitCut(NamedTuple):
    """A community in units."""

    fabric: Fabric
    """Its faces are the units, from west to east."""
    shapes: Shapes
    """(n_units,) polygons in degrees, all coordinates whole ten-millionths; a valid coverage of the community."""
    unit_of_building: IntArray
    """(n_buildings,) NONE where the community has none of it, or the lesser part."""
    is_cut: BoolArray
    """(n_buildings,) whether the community's own border cuts it."""


def cut_units(
    community: shapely.Geometry,
    lines: Mapping[str, Shapes],
    buildings: Shapes,
    rule: UnitRule,
    met: FloatArray | None = None,
) -> UnitCut:
    """The units of a community.

    Its outer border gets corners which depend on nothing but the border and what is drawn about it, so that neighbours
    that are cut by themselves have the same: see :mod:`geo.compute.units.borders`.

    Parameters
    ----------
    community
        Polygon or multipolygon in degrees. Its corners are kept, to the nearest ten-millionth.
    lines
        Kind of border (street, wall, water, rail, drawn) -> lines in degrees, which may reach beyond the community.
        Ends that meet nothing part nothing.
    buildings
        (n_buildings,) outlines in degrees. Those of which the community has less than half are passed over.
    rule
        What is too small to be a unit.
    met
        (n, 2) corners of neighbouring communities in degrees; those that lie on a side of this one count. None: none.

    Raises
    ------
    BadGeometry
        If the community has no area, or units that fit together cannot be made of what is drawn.

    >>> from geo.rules.units import unit_rule
    >>> town, street = shapely.box(0, 0, 0.002, 0.001), shapely.LineString([(0.001, -0.1), (0.001, 0.1)])
    >>> homes = np.array([shapely.box(0.0002, 0.0002, 0.0004, 0.0004), shapely.box(0.0006, 0.0006, 0.0008, 0.0008)])
    >>> cut = cut_units(town, {"street": np.array([street])}, homes, unit_rule())
    >>> len(cut.shapes), cut.unit_of_building.tolist()
    (3, [0, 1])
    """
    if not community.area:
        raise BadGeometry("unit_community_empty")
    lattice = Lattice.about(community)
    ground = shapely.set_precision(lattice.whole(community), GRAIN)
    whole = {kind: lattice.whole(lines.get(kind, np.zeros(0, dtype=object))) for kind in (*HARD, "wall")}
    corners = np.zeros((0, 2)) if met is None else lattice.whole_of(met)
    ground = with_common_corners(ground, corners, whole, lattice.whole(buildings), lattice, rule.step_m)
    of_border = keys_of(shapely.get_coordinates(ground))
    seeds = seeds_of(ground, buildings, lattice, rule)
    near = {kind: _near(some, ground) for kind, some in whole.items()}
    faces = faces_of(ground, near, seeds, lattice, rule.step_m)
    borders = on_corners(borders_of_units(_patched(faces, seeds, lattice, rule), lattice, rule), of_border)
    fabric = fabric_of_units(borders, faces.step_keys, lattice)
    if fault_of(fabric) is not None:
        borders = on_corners(borders_of_units(_noded_again(fabric, seeds, lattice), lattice, rule), of_border)
        fabric = fabric_of_units(borders, np.zeros(0, np.int64), lattice)
        if fault_of(fabric) is not None:
            raise BadGeometry("unit_cut_broken")
    fabric, shapes = _from_west_to_east(fabric)
    return UnitCut(fabric, shapes, _unit_of_building(lattice.whole(shapes), seeds), seeds.is_cut)


def _near(lines: Shapes, ground: shapely.Geometry) -> Shapes:
    """Lines as far as they run about the community, all in whole numbers."""
    west, south, east, north = ground.buffer(2 * GRAIN, quad_segs=1).bounds
    parts = shapely.get_parts(shapely.clip_by_rect(lines, west, south, east, north))
    return np.asarray(parts[shapely.length(parts) > 0])


def _patched(faces: Faces, seeds: Seeds, lattice: Lattice, rule: UnitRule) -> Ground:
    """All ground in patches: buildings, then what lies within walls or has no walls, then what lies along walls."""
    sides, n = faces.sides, faces.n_grounds
    is_built = sides.patch >= n
    built = Patches(
        Sides(sides.start[is_built], sides.stop[is_built], sides.patch[is_built] - n), faces.seed_of_face[n:]
    )
    is_along = _is_along_walls(faces, lattice, rule)
    first = shared_out(_regions(faces, ~is_along, built, seeds), lattice)
    known = joined(built, first)
    reach_m = float(np.hypot(rule.verge_m, rule.step_m))
    patches = joined(known, shared_out(_regions(faces, is_along, known, seeds), lattice, reach_m))
    same = facing(patches.sides.stop, patches.sides.start, sides)
    is_hard = (same != NONE) & faces.is_hard[same]
    return Ground(patches, np.arange(len(patches.owner)) < len(built.owner), is_hard)


def _is_along_walls(faces: Faces, lattice: Lattice, rule: UnitRule) -> BoolArray:
    """(n_grounds,) whether ground lies along the walls of others and may in part belong to them.

    That is a strip without a building, and what lies between streets and something walled in all around.
    """
    sides, n = faces.sides, faces.n_grounds
    across = facing(sides.start, sides.stop, sides)
    face, beyond = sides.patch, np.where(across == NONE, NONE, sides.patch[across])

    def has(is_meant: BoolArray) -> BoolArray:
        return np.bincount(face, is_meant, minlength=n)[:n] > 0

    area_m2, border_m = areas_m2(sides, n, lattice), np.bincount(face, sides.metres(lattice))
    has_building = has(~faces.is_hard & (beyond >= n))
    is_strip = (2 * area_m2[:n] < rule.sliver_m * border_m[:n]) & ~has_building
    has_wall, has_hard = has(faces.is_wall), has(faces.is_hard)
    is_walled_in = np.append(has_wall & ~has_hard & ~is_strip, np.zeros(len(faces.seed_of_face) - n + 1, np.bool_))
    return has_wall & (is_strip | (has_hard & has(faces.is_wall & is_walled_in[beyond])))


def _regions(faces: Faces, is_chosen: BoolArray, known: Patches, seeds: Seeds) -> Regions:
    """Some faces of ground, with those who own what lies beyond their sides."""
    rings, kept = chosen(faces.rings, is_chosen)
    across = facing(rings.key, rings.next_key, known.sides)
    across[faces.is_hard[kept]] = NONE
    owner, is_built = known.owner[known.sides.patch], known.sides.patch < len(faces.seed_of_face) - faces.n_grounds
    return Regions(
        rings,
        np.append(owner, NONE)[across],
        np.append(is_built, False)[across],
        seeds.n_seeds + np.flatnonzero(is_chosen),
    )


def _noded_again(fabric: Fabric, seeds: Seeds, lattice: Lattice) -> Ground:
    """The ground between borders that cross after their corners have moved to whole numbers, cut where they do."""
    place, start = stops_of_arcs(fabric)
    xy = lattice.counted(np.concatenate([fabric.node_e7, fabric.inner_e7]))[place]
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(start) - 1), np.diff(start)))
    noded = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=GRAIN))))
    sides = rings_of(noded).sides
    holds = shapely.STRtree(noded).query(shapely.point_on_surface(seeds.parts), "within")[1]
    is_built = np.isin(np.arange(len(noded)), holds)
    return Ground(Patches(sides, np.arange(len(noded))), is_built, np.zeros(len(sides.start), np.bool_))


def _from_west_to_east(fabric: Fabric) -> tuple[Fabric, Shapes]:
    """The fabric with its faces numbered by a place in each, and the faces as polygons."""
    n = n_faces_of(fabric)
    shapes = shapely.get_parts(shapes_of(fabric, np.arange(n), n))
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes))
    order = np.lexsort((inside[:, 1], inside[:, 0]))
    number = np.full(n + 1, NONE, np.int32)
    number[order] = np.arange(n)
    return fabric._replace(left=number[fabric.left], right=number[fabric.right]), shapes[order]


def _unit_of_building(units: Shapes, seeds: Seeds) -> IntArray:
    """(n_buildings,) the unit in which the largest part of each lies."""
    order = np.argsort(shapely.area(seeds.parts), kind="stable")
    part, unit = shapely.STRtree(units).query(shapely.point_on_surface(seeds.parts[order]), "within")
    unit_of_seed = np.full(seeds.n_seeds + 1, NONE, np.int64)
    unit_of_seed[seeds.seed_of_part[order[part]]] = unit
    return unit_of_seed[seeds.seed_of_building]
