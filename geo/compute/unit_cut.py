"""Cut a community into units: street blocks, compounds in them, and the plots of buildings in these.

No unit cuts a building, every place of the community is in one unit, and all corners are whole ten-millionths of a
degree, so that neighbours share their borders to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import shapely

from geo.compute.unit_cells import Patches, Regions, joined, shared_out
from geo.compute.unit_faces import HARD, Faces, between, faces_of, is_all, polygonized
from geo.compute.unit_lattice import GRAIN, Lattice, Shapes, keys_of
from geo.compute.unit_merge import Ground, borders_of_units
from geo.compute.unit_seeds import Seeds, seeds_of
from geo.compute.unit_sides import Sides, areas_m2, chosen, do_any_meet, each_once, facing, rings_of
from geo.errors import BadGeometry
from geo.rules.units import UnitRule
from geo.units import NONE, BoolArray, FloatArray, IntArray

WOBBLE = 1.5
"""What whole numbers make of a straight line lies no further from it: both its ends may be off by 0.7."""


class UnitCut(NamedTuple):
    """A community in units."""

    shapes: Shapes
    """(n_units,) polygons in degrees, all coordinates whole ten-millionths; a valid coverage of the community."""
    unit_of_building: IntArray
    """(n_buildings,) NONE where the community has none of it, or the lesser part."""
    is_cut: BoolArray
    """(n_buildings,) whether the community's own border cuts it."""


def cut_units(community: shapely.Geometry, lines: Mapping[str, Shapes], buildings: Shapes, rule: UnitRule) -> UnitCut:
    """The units of a community.

    Parameters
    ----------
    community
        Polygon or multipolygon in degrees. Its corners are kept, to the nearest ten-millionth.
    lines
        Kind of border (street, wall, water, rail) -> lines in degrees, which may reach beyond the community. Ends that
        meet nothing part nothing.
    buildings
        (n_buildings,) outlines in degrees. Those of which the community has less than half are passed over.
    rule
        What is too small to be a unit.

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
    near = {kind: _near(lines.get(kind), ground, lattice) for kind in (*HARD, "wall")}
    seeds = seeds_of(ground, buildings, lattice, rule)
    faces = faces_of(ground, near, seeds, lattice, rule.step_m)
    drawn = _drawn(borders_of_units(_patched(faces, seeds, lattice, rule), lattice, rule), faces.step_keys)
    units = _units(drawn, ground)
    if units is None:
        units = _units(_noded_again(drawn, seeds, lattice, rule), ground)
    if units is None:
        raise BadGeometry("unit_cut_broken")
    return UnitCut(lattice.degrees(units), _unit_of_building(units, seeds), seeds.is_cut)


def _near(lines: Shapes | None, ground: shapely.Geometry, lattice: Lattice) -> Shapes:
    """Lines in whole numbers, as far as they run about the community."""
    if lines is None or not len(lines):
        return np.zeros(0, dtype=object)
    west, south, east, north = ground.buffer(2 * GRAIN, quad_segs=1).bounds
    parts = shapely.get_parts(shapely.clip_by_rect(lattice.whole(lines), west, south, east, north))
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


class _Drawn(NamedTuple):
    """Borders of units, each once, from where three meet to where three meet."""

    lines: Shapes
    n_units: int


def _drawn(sides: Sides, step_keys: IntArray) -> _Drawn:
    """Borders as lines, without the corners at which no plot ended after all."""
    pieces = between(*each_once(sides.start, sides.stop))
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
    xy, line = shapely.get_coordinates(merged, return_index=True)
    is_kept = ~np.isin(keys_of(xy), step_keys) | _turns(xy, line)
    return _Drawn(shapely.linestrings(xy[is_kept], indices=line[is_kept]), int(sides.patch.max(initial=NONE)) + 1)


def _turns(xy: FloatArray, line: IntArray) -> BoolArray:
    """(n,) whether lines end or bend at their corners; what whole numbers make of a straight line does not bend."""
    turns = np.ones(len(xy), np.bool_)
    before, after = xy[1:-1] - xy[:-2], xy[2:] - xy[:-2]
    off = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    turns[1:-1] = (line[:-2] != line[2:]) | (off > WOBBLE * np.hypot(after[:, 0], after[:, 1]))
    return turns


def _units(drawn: _Drawn, ground: shapely.Geometry) -> Shapes | None:
    """The units between borders, from west to east; None where corners have moved so that borders cross."""
    xy, line = shapely.get_coordinates(drawn.lines, return_index=True)
    key, is_one = keys_of(xy), line[1:] == line[:-1]
    found = polygonized(drawn.lines, ground)
    if len(found) != drawn.n_units or do_any_meet(key[:-1][is_one], key[1:][is_one]) or not is_all(found, ground):
        return None
    inside = shapely.get_coordinates(shapely.point_on_surface(found))
    return np.asarray(found[np.lexsort((inside[:, 1], inside[:, 0]))])


def _noded_again(drawn: _Drawn, seeds: Seeds, lattice: Lattice, rule: UnitRule) -> _Drawn:
    """Borders that cross after their corners have moved to whole numbers, cut where they do."""
    noded = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(drawn.lines, grid_size=GRAIN))))
    sides = rings_of(noded).sides
    holds = shapely.STRtree(noded).query(shapely.point_on_surface(seeds.parts), "within")[1]
    is_built = np.isin(np.arange(len(noded)), holds)
    ground = Ground(Patches(sides, np.arange(len(noded))), is_built, np.zeros(len(sides.start), np.bool_))
    return _drawn(borders_of_units(ground, lattice, rule), np.zeros(0, np.int64))


def _unit_of_building(units: Shapes, seeds: Seeds) -> IntArray:
    """(n_buildings,) the unit in which the largest part of each lies."""
    order = np.argsort(shapely.area(seeds.parts), kind="stable")
    part, unit = shapely.STRtree(units).query(shapely.point_on_surface(seeds.parts[order]), "within")
    unit_of_seed = np.full(seeds.n_seeds + 1, NONE, np.int64)
    unit_of_seed[seeds.seed_of_part[order[part]]] = unit
    return unit_of_seed[seeds.seed_of_building]
