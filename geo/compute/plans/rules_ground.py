"""Rules about ground: whether grids are closed, fit together, fill their community, and cut no building."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.bridges import nearest_faces
from geo.compute.plans.figures import grids_beside, lines_of, pieces_with_bridges
from geo.compute.units.neighbours import odd_corners, outer_border
from geo.plan_problems import Inspection, Problem, Shapes
from geo.rules.plan_rules import PlanRule
from geo.units import E7, NONE, BoolArray, IntArray

NEAR_DEG = 1e-6
"""Ten centimetres: more than places are rounded by."""

NOISE_SHARE = 1e-6
"""Of an area: whoever holds less of it only touches it."""

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def closed(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Grids whose shape is no valid polygon."""
    is_closed = shapely.is_valid(plan.shapes) & np.isin(shapely.get_type_id(plan.shapes), POLYGONS)
    for place in np.flatnonzero(~is_closed).tolist():
        reason = shapely.is_valid_reason(plan.shapes[place]).partition("[")[0]
        yield plan.breach(rule, [place], reason=reason)


def overlap(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Edges at which grids overlap, or at which the corners of one are missing from the other."""
    if plan.is_coverage:
        return
    has_ground = np.flatnonzero(~shapely.is_empty(plan.shapes))
    edges = shapely.coverage_invalid_edges(plan.shapes[has_ground])
    for place, edge in zip(has_ground.tolist(), edges, strict=True):
        if not edge.is_empty:
            yield plan.breach(rule, [place], shape=edge, metres=plan.in_metres(edge).length)


def gap(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Ground of the community that no grid has; told of the grids beside it."""
    for part in _wide(plan.misfits_xy_m[0], rule.limits["width_m"]):
        shape = plan.in_degrees(part)
        near = np.flatnonzero(shapely.dwithin(plan.shapes, shape, NEAR_DEG)).tolist()
        told = {"area_m2": part.area, "community": plan.draft.community.name}
        yield plan.breach(rule, near, shape=shape, subject=_spot(shape), **told)


def outside(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Ground of grids that is not the community's."""
    for part in _wide(plan.misfits_xy_m[1], rule.limits["width_m"]):
        shape = plan.in_degrees(part)
        shared = shapely.area(shapely.intersection(plan.shapes, shape))
        mine = np.flatnonzero(shared > NOISE_SHARE * shape.area).tolist()
        told = {"area_m2": part.area, "community": plan.draft.community.name}
        yield plan.breach(rule, mine, shape=shape, subject=_spot(shape), **told)


def _spot(shape: BaseGeometry) -> str:
    """Where ground lies, to a metre: the same grids may be beside several pieces."""
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    return f"{lon:.5f},{lat:.5f}"


def _wide(polygons: Shapes, width_m: float) -> Shapes:
    """Those of which something is left when they are shrunk from all sides by half a width."""
    is_narrow = shapely.is_empty(shapely.buffer(polygons, -width_m / 2, quad_segs=1))
    return np.asarray(polygons[~is_narrow])


def one_piece(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Grids in several pieces; what offends is all of a grid but its largest piece.

    Told with the numbers of two units between which a bridge would be shortest, one of them of the largest piece.
    """
    in_pieces = np.flatnonzero(plan.figures.pieces > 1)
    if not len(in_pieces):
        return
    draft = plan.draft
    piece_of_unit = pieces_with_bridges(draft)
    is_meant = np.isin(draft.grid_of_unit, in_pieces)
    unit, piece = np.unique(piece_of_unit[is_meant], return_index=True, return_inverse=True)[1:]
    label = np.full(len(is_meant), NONE)
    label[is_meant] = piece
    pieces = shapes_of(draft.fabric, label, len(unit))
    area, grid = shapely.area(pieces), draft.grid_of_unit[is_meant][unit]
    for place in in_pieces.tolist():
        mine = np.flatnonzero(grid == place)
        largest = mine[np.argmax(area[mine])]
        others = mine[mine != largest]
        sides = (np.flatnonzero(np.isin(label, side)) for side in (largest, others))
        units = sorted(draft.unit_no[list(nearest_faces(draft.fabric, *sides))].tolist())
        yield plan.breach(rule, [place], shape=shapely.union_all(pieces[others]), pieces=len(mine), units=units)


def neighbours(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Neighbouring communities that were cut from other streets: the same border has not the same corners there."""
    mine = outer_border(plan.draft.fabric)
    for neighbour in plan.neighbours:
        odd = odd_corners(mine, neighbour.border_e7)
        if len(odd):
            yield plan.breach(
                rule,
                [],
                shape=shapely.multipoints(odd / E7),
                subject=neighbour.code,
                community=plan.draft.community.name,
                code=plan.draft.community.code,
                neighbour=neighbour.name,
                neighbour_code=neighbour.code,
                day=neighbour.made_at.date().isoformat(),
                corners=len(odd),
            )


def building_cut(plan: Inspection, rule: PlanRule) -> Iterator[Problem]:
    """Buildings that a border between two grids runs through."""
    if plan.outline_of_home is None:
        return
    left, right = grids_beside(plan.draft)
    is_border = (left != right) & (left != NONE) & (right != NONE)
    arc, home = _borders_in_buildings(plan, is_border, rule.limits["width_m"])
    for cut in np.unique(home).tolist():
        arcs = np.flatnonzero(is_border)[arc[home == cut]]
        places = np.unique(np.concatenate([left[arcs], right[arcs]])).tolist()
        number = int(plan.homes.id[cut])
        outline = plan.outline_of_home[cut]
        yield plan.breach(rule, places, shape=outline, subject=str(number), building=number)


def _borders_in_buildings(plan: Inspection, is_border: BoolArray, width_m: float) -> tuple[IntArray, IntArray]:
    """Which of the borders runs through which home's outline, farther inside than a wall is thick."""
    outlines = plan.outline_of_home
    assert outlines is not None
    lines = lines_of(plan.draft.fabric, None, is_border)
    arc_of_place = np.repeat(np.arange(len(lines.start_of_arc) - 1), np.diff(lines.start_of_arc))
    borders = shapely.linestrings(lines.place, indices=arc_of_place)
    arc, home = shapely.STRtree(outlines).query(borders, predicate="intersects")
    near, place = np.unique(home, return_inverse=True)
    inside = shapely.buffer(plan.in_metres(outlines[near]), -width_m, quad_segs=1)
    is_cut = shapely.intersects(inside[place], plan.in_metres(borders[arc]))
    return arc[is_cut], home[is_cut]
