"""Cut communities into units: load -> compute. Keeping them is another verb."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.actions.work.share_work import each_worked, helpers_for
from geo.areas import Area
from geo.compute.fabric.faces import Fabric, lengths_m_of_arcs
from geo.compute.units.cut import UnitCut
from geo.compute.units.cut import cut_units as cut
from geo.compute.units.dead_ends import without_dead_ends
from geo.compute.units.grid_lines import lines_of_grids
from geo.compute.units.kinds import kinds_of_arcs
from geo.drafts import BORDER_KINDS
from geo.errors import BadGeometry, NotFound
from geo.imports.places import frame_about
from geo.rules.layers import layer_rules
from geo.rules.units import UnitRule, unit_rule
from geo.store import plans
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.unit_sources import barrier_shapes, building_shapes, land_shapes, street_shapes
from geo.units import NONE, FloatArray, Int32Array

METHOD = "units-3"
"""Of the cut; another name whenever the same data are cut otherwise."""

SHARE_LOADED = 0.1
"""How far the work is, roughly, after loading."""

HAIR_DEG = 1e-6
"""A decimetre: what lies further from a community's border than this does not touch it."""

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class CutUnits:
    """A community in units."""

    community: Area
    fabric: Fabric
    """Its faces are the units, from west to east."""
    kind_of_arc: Int32Array
    """(n_arcs,) place in ``BORDER_KINDS``."""
    method: str
    inputs_hash: str
    """sha256 over all that the cut was made from."""
    made_at: datetime
    report: dict[str, Any]
    """units, units_without_building, buildings (that stand in a unit), buildings_cut (by the community's own border),
    border_m (kind -> metres), street_share (of the borders inside the community), and follows_plan: the plan whose
    grids the units were cut along besides; None: none."""


@dataclass(frozen=True)
class _Sources:
    """What communities are cut along, EPSG:4326, with an index of each."""

    lines: Mapping[str, tuple[Shapes, shapely.STRtree]]
    buildings: tuple[Shapes, shapely.STRtree]
    grids: Mapping[int, Shapes]
    """Plan -> its grids, of plans that were not drawn on units."""
    communities: tuple[Shapes, shapely.STRtree]


class _Task(NamedTuple):
    """A community, what lies near it, when it is cut and by which rule."""

    community: Area
    lines: Mapping[str, Shapes]
    buildings: Shapes
    plan_id: int | None
    """The plan whose grids the units are to fit in."""
    grids: Shapes
    met: FloatArray
    """(n, 2) corners of other communities that lie on its border and are none of its own."""
    at: datetime
    rule: UnitRule


def cut_units(
    db: Database,
    codes: Sequence[str] | None,
    at: datetime,
    step: Callable[[float], None] | None = None,
    *,
    along: Sequence[int] = (),
) -> list[CutUnits]:
    """The units of communities, by code; of all that are live where ``codes`` is None.


    Parameters
    ----------
    db
        Where areas, streets, walls and buildings are.
    codes
        12-digit codes of communities.
    at
        When the cut is made.
    step
        Told the share done, 0 to 1; what it raises calls the cut off.
    along
        Ids of plans, not drawn on units, along whose borders units are cut, too, where these run along nothing else.

    Raises
    ------
    NotFound
        If there is no such community.
    BadGeometry
        If a community cannot be cut; the sentence names it.
    """
    tell, rule = step or (lambda _share: None), unit_rule()
    with db.read() as conn:
        live = live_areas(conn, "community")
        communities = _communities(live, codes)
        if not communities:
            return []
        plan_of = _plans(conn, along)
        sources = _sources(conn, rule, (live, sorted(plan_of.values())), _about(*(area.shape for area in communities)))
    tasks = [_task(community, plan_of.get(community.id), sources, at, rule) for community in communities]
    found = each_worked(
        _cut, tasks, lambda share: tell(SHARE_LOADED + share * (1 - SHARE_LOADED)), helpers_for(len(tasks))
    )
    tell(1.0)
    return found


def runs_through_units(
    conn: Connection, community: Area, plan_id: int, units: tuple[Fabric, Int32Array], at: datetime
) -> bool:
    """Whether borders of a plan's grids run through units.

    Parameters
    ----------
    conn, community
        Where these are.
    plan_id
        A plan that was not drawn on units.
    units
        The units, and what each of their borders runs along: (n_arcs,) place in ``BORDER_KINDS``.
    at
        When this is asked.
    """
    rule = unit_rule()
    sources = _sources(conn, rule, ([community], [plan_id]), _about(community.shape))
    return len(_drawn(_task(community, plan_id, sources, at, rule), units)) > 0


def _communities(live: list[Area], codes: Sequence[str] | None) -> list[Area]:
    if codes is None:
        return live
    missing = sorted(set(codes) - {area.code for area in live})
    if missing:
        raise NotFound("unit_community_unknown", codes=", ".join(missing))
    return [area for area in live if area.code in set(codes)]


def _plans(conn: Connection, along: Sequence[int]) -> dict[int, int]:
    """Community -> the plan whose grids count; those of plans that were drawn on units do not."""
    named = [plans.get_plan(conn, plan_id) for plan_id in along]
    return {plan.community_id: plan.id for plan in named if plan.fabric_id is None}


def _about(*shapes: shapely.Geometry) -> shapely.Geometry:
    """The box about shapes and what touches them."""
    west, south, east, north = shapely.total_bounds(shapes)
    return shapely.box(west - HAIR_DEG, south - HAIR_DEG, east + HAIR_DEG, north + HAIR_DEG)


def _sources(
    conn: Connection, rule: UnitRule, drawn: tuple[Sequence[Area], Sequence[int]], around: shapely.Geometry
) -> _Sources:
    """All that may matter within a box, besides communities and the plans of grids that were drawn. Outlines of
    compounds are walls.
    """
    kinds: dict[str, list[Shapes]] = {"street": [street_shapes(conn, rule.streets, around)]}
    for barrier, shapes in barrier_shapes(conn, rule.border_of_barrier.keys(), around).items():
        kinds.setdefault(rule.border_of_barrier[barrier], []).append(shapes)
    lands = land_shapes(conn, rule.lands, rule.largest_land_m2, around)
    kinds.setdefault("wall", []).append(shapely.boundary(lands))
    lines = {kind: np.concatenate(some) for kind, some in kinds.items()}
    buildings = building_shapes(conn, around)
    communities = np.array([area.shape for area in drawn[0]], dtype=object)
    return _Sources(
        {kind: (some, shapely.STRtree(some)) for kind, some in lines.items()},
        (buildings, shapely.STRtree(buildings)),
        _grids(conn, drawn[1]),
        (communities, shapely.STRtree(communities)),
    )


def _grids(conn: Connection, plan_ids: Sequence[int]) -> dict[int, Shapes]:
    shapes: dict[int, list[shapely.Geometry]] = {}
    for grid in grids_of_plans(conn, plan_ids):
        shapes.setdefault(grid.plan_id, []).append(grid.shape)
    return {plan_id: np.array(some, dtype=object) for plan_id, some in shapes.items()}


def _near(shapes: tuple[Shapes, shapely.STRtree], community: Area) -> Shapes:
    """Those whose box meets or touches the community's, in the order of the store."""
    return np.asarray(shapes[0][np.sort(shapes[1].query(_about(community.shape)))])


def _met(communities: Shapes, community: Area) -> FloatArray:
    """Corners of neighbours, the community's own among them, that lie on its border and are none of its own."""
    own, border = shapely.get_coordinates(community.shape), community.shape.boundary
    others = np.unique(shapely.get_coordinates(communities), axis=0)
    shapely.prepare(border)
    others = others[shapely.dwithin(border, shapely.points(others), HAIR_DEG)]
    return np.asarray(others[~(others[:, None] == own).all(axis=2).any(axis=1)])


def _task(community: Area, plan_id: int | None, sources: _Sources, at: datetime, rule: UnitRule) -> _Task:
    lines = {kind: _near(shapes, community) for kind, shapes in sources.lines.items()}
    grids = np.zeros(0, dtype=object) if plan_id is None else sources.grids.get(plan_id, np.zeros(0, dtype=object))
    met = _met(_near(sources.communities, community), community)
    return _Task(community, lines, _near(sources.buildings, community), plan_id, grids, met, at, rule)


def _cut(task: _Task) -> CutUnits:
    community = task.community
    try:
        units, kind_of_arc = _cut_along(task, {})
        drawn = _drawn(task, (units.fabric, kind_of_arc))
        if len(drawn):
            units, kind_of_arc = _cut_along(task, {"drawn": drawn})
    except BadGeometry as error:
        raise BadGeometry("unit_community_broken", code=community.code, name=community.name) from error
    fabric = units.fabric
    report = _report(units, lengths_m_of_arcs(fabric, frame_about(community.shape)), kind_of_arc)
    return CutUnits(
        community=community,
        fabric=fabric,
        kind_of_arc=kind_of_arc,
        method=METHOD,
        inputs_hash=_hash(task),
        made_at=task.at,
        report={**report, "follows_plan": task.plan_id},
    )


def _drawn(task: _Task, units: tuple[Fabric, Int32Array]) -> Shapes:
    """Borders of grids that run along nothing that parts units."""
    if not len(task.grids):
        return np.zeros(0, dtype=object)
    parting = without_dead_ends(task.community.shape, task.lines)
    return lines_of_grids(task.grids, units, parting, task.rule, layer_rules().clean)


def _cut_along(task: _Task, more: Mapping[str, Shapes]) -> tuple[UnitCut, Int32Array]:
    """Units, and what their borders run along."""
    lines = {**task.lines, **more}
    units = cut(task.community.shape, lines, task.buildings, task.rule, task.met)
    return units, kinds_of_arcs(units.fabric, lines, task.rule.near_m)


def _hash(task: _Task) -> str:
    digest = hashlib.sha256(METHOD.encode())
    for name, value in vars(task.rule).items():
        digest.update(f"{name} {sorted(value) if isinstance(value, frozenset) else value}\n".encode())
    ground, met = np.array([task.community.shape], dtype=object), shapely.points(task.met)
    sources = {"community": ground, **task.lines, "building": task.buildings, "grid": task.grids, "met": met}
    for name, shapes in sources.items():
        digest.update(f"{name} {len(shapes)}\n".encode())
        digest.update(b"".join(shapely.to_wkb(shapes)))
    return digest.hexdigest()


def _report(units: UnitCut, length_m_of_arc: FloatArray, kind_of_arc: Int32Array) -> dict[str, Any]:
    n_units, unit = len(units.shapes), units.unit_of_building
    metres = np.bincount(kind_of_arc, length_m_of_arc, minlength=len(BORDER_KINDS))
    border_m = {kind: round(float(m), 1) for kind, m in zip(BORDER_KINDS, metres, strict=True) if m}
    inside_m = sum(m for kind, m in border_m.items() if kind != "community")
    return {
        "units": n_units,
        "units_without_building": n_units - len(np.unique(unit[unit != NONE])),
        "buildings": int((unit != NONE).sum()),
        "buildings_cut": int(units.is_cut.sum()),
        "border_m": border_m,
        "street_share": round(border_m.get("street", 0.0) / inside_m, 4) if inside_m else None,
    }
