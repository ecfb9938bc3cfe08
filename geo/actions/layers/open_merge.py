"""Take up a proposal of one net for several: a draft for every community that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, check_community, community_for
from geo.actions.layers.merge_layers import merge_within
from geo.actions.plans.open_plan import store_draft
from geo.areas import Area
from geo.compute.fabric.rings import shapes_of
from geo.compute.plans.figures import centres_of_grids, grid_of_homes, unit_of_homes
from geo.compute.plans.grid_sameness import same_grids
from geo.compute.plans.numbering import free_codes, order_west_east_north_south
from geo.compute.plans.rows import draft_of
from geo.drafts import Draft, DraftGrid
from geo.errors import BadMove, Conflict, NotFound
from geo.grids import Grid
from geo.layers import CrosswalkRow, MergedZone, MergeOrigin, MergeProposal, MergeTaken, MergeWish, OriginGrid, TakenUp
from geo.plan_rows import PlanRows
from geo.rules.layers import layer_rules
from geo.store import drafts, plans
from geo.store.areas import community as community_of
from geo.store.database import Database
from geo.store.grids import grids_of_plans
from geo.store.plan_homes import homes_in

REPORTED = "merge"
"""Where the report of a draft's units says what it was begun with."""


@dataclass(frozen=True)
class _Part:
    """What a proposal says of one community."""

    community: Area
    cut_id: int
    """The fabric that the proposal's units are of."""
    zones: Sequence[MergedZone]
    zone_of_unit: Mapping[int, int]
    """Number of a unit -> place among the zones."""


def open_merge(
    db: Database,
    wish: MergeWish,
    note: str | None,
    hand: Hand,
    *,
    inputs_hash: str | None = None,
    step: Callable[[float], None] | None = None,
) -> MergeTaken:
    """Begin a draft for every community that a proposal is about; all of them, or none.

    A draft goes on from the plan in force. Its grids are the zones of the proposal: one that is clearly a grid of that
    plan is that grid still, with its code, name and posts; the others are new, with free codes of the scheme.

    Parameters
    ----------
    db, wish
        What the proposal is asked for.
    note
        What the drafts are for; None: the layers and the hash of the proposal.
    hand
        Who takes it up.
    inputs_hash
        That of the proposal that was looked at; None: whatever it is now.
    step
        Told the share done.

    Raises
    ------
    NotFound
        If there is no layer of a name, or no community with units.
    NotAllowed
        If a community lies outside the hand's area.
    Refused
        If only one layer is asked about.
    Conflict
        If the layers, the people or the units are others than those looked at.
    BadMove
        If the base layer is in none of the communities, or leaves ground of one that it cannot give to any zone.
    """
    tell = step or (lambda _share: None)
    with db.read() as conn:
        if wish.community is not None:
            community_for(conn, wish.community, hand)
        found = merge_within(conn, wish, step=lambda share: tell(share * 0.8))
        parts = _parts(conn, found, hand)
    if inputs_hash not in (None, found.inputs_hash):
        raise Conflict("layer_merge_moved", given=inputs_hash, now=found.inputs_hash)
    with db.write() as conn:
        cuts = {part.community.id: part.cut_id for part in parts}
        if drafts.cuts(conn, list(cuts), lock=True) != cuts:
            raise Conflict("layer_units_moved")
        taken = [_taken_up(conn, part, found, note, hand) for part in parts]
    tell(1.0)
    return MergeTaken(found, taken)


def origin_of(db: Database, plan_id: int) -> MergeOrigin:
    """The proposal that a plan, or one that it goes on from, was begun with.

    Raises
    ------
    NotFound
        If there is no such plan, or if it was begun otherwise.
    """
    with db.read() as conn:
        plan = plans.get_plan(conn, plan_id)
        report = {} if plan.fabric_id is None else drafts.provenance_of(conn, plan.fabric_id)["report"]
    told = report.get(REPORTED)
    if told is None:
        raise NotFound("plan_not_merged", id=plan_id)
    grids = [OriginGrid(**grid) for grid in told["grids"]]
    tables = {layer: [CrosswalkRow(**row) for row in rows] for layer, rows in told["crosswalks"].items()}
    dates = {name: day and date.fromisoformat(day) for name, day in told.get("dates", {}).items()}
    return MergeOrigin(**{**told, "grids": grids, "crosswalks": tables, "dates": dates})


def _parts(conn: Connection, found: MergeProposal, hand: Hand) -> list[_Part]:
    """The proposal by communities, those without any zone left out; refused where a draft would lack ground."""
    ids = sorted({zone.community_id for zone in found.zones})
    if not ids:
        raise BadMove("layer_merge_nowhere", base=found.base)
    cuts = drafts.cuts(conn, ids)
    units = dict[int, dict[int, str | None]]()
    for community_id, unit_no, code in found.zone_of_unit:
        units.setdefault(community_id, {})[unit_no] = code
    parts = []
    for community_id in ids:
        check_community(conn, community_id, hand)
        community = community_of(conn, area_id=community_id)
        zones = [zone for zone in found.zones if zone.community_id == community_id]
        place_of_code = {zone.code: place for place, zone in enumerate(zones)}
        lost = sum(code is None for code in units[community_id].values())
        if lost:
            raise BadMove("layer_merge_leaves_units", community=community.name, units=lost, base=found.base)
        places = {no: place_of_code[code] for no, code in units[community_id].items() if code is not None}
        parts.append(_Part(community, cuts[community_id], zones, places))
    return sorted(parts, key=lambda part: part.community.code)


def _taken_up(conn: Connection, part: _Part, found: MergeProposal, note: str | None, hand: Hand) -> TakenUp:
    """The draft of one community, stored."""
    base = plans.live_plan(conn, part.community.id, hand.at)
    told = drafts.provenance_of(conn, part.cut_id)
    arcs, next_arc_no, next_unit_no = drafts.arcs_of_fabric(conn, part.cut_id)
    zones = {place: DraftGrid(place, "", zone.name, "basic", {}) for place, zone in enumerate(part.zones)}
    rows = PlanRows(arcs, part.zone_of_unit, zones, next_arc_no, next_unit_no)
    draft = draft_of(part.community, rows)
    shapes = shapes_of(draft.fabric, draft.grid_of_unit, len(draft.grids))
    old = [] if base is None else grids_of_plans(conn, [base.id])
    grids, kept = _grids(conn, draft, old, plans.scheme_after(base))
    origin = _origin(found, part, grids, kept)
    rows = replace(
        rows,
        units={no: grids[place].id for no, place in part.zone_of_unit.items()},
        grids={grid.id: grid for grid in grids},
    )
    plan = store_draft(
        conn,
        part.community.id,
        base,
        rows,
        {grid.id: shape for grid, shape in zip(grids, shapes, strict=True)},
        {**told, "report": {**told["report"], REPORTED: _stored(origin)}},
        note or f"{', '.join(found.layers)} → {found.base} ({found.inputs_hash[:12]})",
        hand,
    )
    doubts = sum(doubt.community_id == part.community.id for doubt in found.doubts)
    return TakenUp(plan, origin, sum(zone.residents for zone in part.zones), doubts)


def _stored(origin: MergeOrigin) -> dict[str, Any]:
    """What :func:`origin_of` reads; JSON has no days."""
    return {**asdict(origin), "dates": {name: day and day.isoformat() for name, day in origin.dates.items()}}


def _grids(conn: Connection, draft: Draft, old: Sequence[Grid], scheme: str) -> tuple[list[DraftGrid], set[int]]:
    """The grids that the zones of a draft become, in their order, and the places of those that the plan before had."""
    partner = _partners(conn, draft, old)
    n_new = len(draft.grids) - len(partner)
    grids = list(draft.grids)
    for place, before in partner.items():
        grids[place] = DraftGrid(before.id, before.code, before.name, before.kind, before.posts)
    book, ids = plans.code_book(conn, draft.community.code, scheme), np.arange(len(grids))
    order = order_west_east_north_south(centres_of_grids(draft), ids, book.scheme).tolist()
    codes = free_codes(replace(draft, grids=tuple(grids)), n_new, book)
    new_ids = plans.new_grid_ids(conn, draft.community.id, n_new)
    in_order = [place for place in order if place not in partner]
    for place, code, grid_id in zip(in_order, codes, new_ids, strict=True):
        grids[place] = replace(grids[place], id=grid_id, code=code)
    return grids, set(partner)


def _partners(conn: Connection, draft: Draft, old: Sequence[Grid]) -> dict[int, Grid]:
    """Place of a grid of the draft -> the old grid that it clearly is; by homes, and by units where nobody lives."""
    if not old:
        return {}
    n_units = len(draft.unit_no)
    units = shapes_of(draft.fabric, np.arange(n_units), n_units)
    homes = homes_in(conn, [draft.community.id]).homes
    inside = np.concatenate([homes.lonlat, shapely.get_coordinates(shapely.point_on_surface(units))])
    before = unit_of_homes(_shapes(old), inside)
    after = np.concatenate([grid_of_homes(draft, unit_of_homes(units, homes.lonlat)), draft.grid_of_unit])
    residents = np.concatenate([homes.residents, np.zeros(n_units)])
    area = np.concatenate([np.zeros(len(homes.id)), shapely.area(units)])
    same = same_grids(before, after, residents, area, layer_rules().kept_share)
    return {place: old[number] for place, number in same.items()}


def _shapes(grids: Sequence[Grid]) -> NDArray[np.object_]:
    return np.array([grid.shape for grid in grids], dtype=object)


def _origin(found: MergeProposal, part: _Part, grids: Sequence[DraftGrid], kept: set[int]) -> MergeOrigin:
    """What the proposal says of one community, with the codes of its draft."""
    code_of_zone = {zone.code: grid.code for zone, grid in zip(part.zones, grids, strict=True)}
    return MergeOrigin(
        method=found.method,
        dates=found.dates,
        inputs_hash=found.inputs_hash,
        base=found.base,
        layers=found.layers,
        grids=[
            OriginGrid(grid.id, grid.code, grid.name, zone.code, place in kept)
            for place, (grid, zone) in enumerate(zip(grids, part.zones, strict=True))
        ],
        crosswalks={
            layer: [replace(row, to_code=code_of_zone[row.to_code]) for row in rows if row.to_code in code_of_zone]
            for layer, rows in found.crosswalks.items()
        },
    )
