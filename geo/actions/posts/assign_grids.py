"""Give posts of professionals their grids: from a moment on those that are said, and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, check_community
from geo.actions.posts.read_assignments import read_assignments
from geo.assignments import Assigned, Claim
from geo.compute.plans.numbering import heirs_of
from geo.errors import BadMove, Refused
from geo.imports.resources import FoundCode, Given, Meaning
from geo.resources import Resource
from geo.rules.plan_edits import plan_edit_rule
from geo.rules.professionals import professional_kinds
from geo.store import assignments, resources
from geo.store.database import Database
from geo.store.grids import live_grids_on
from geo.store.stations import BY_HAND
from geo.store.visits import grid_spells, shapes_of


def assign_grids(
    db: Database, resource_id: int, codes: Sequence[str], since: datetime | None, version: int, hand: Hand
) -> Resource:
    """Let the grids of some codes be a post's from a moment on, and no others, unless somebody changed it meanwhile.

    Parameters
    ----------
    db, resource_id, version
        Which post, as it was read.
    codes
        Of grids; one that no grid has any more means whoever has the ground today.
    since
        None: now.
    hand
        Whose hand, and when.

    Raises
    ------
    NotFound
        If there is no such post.
    StaleVersion
        If somebody changed it since.
    NotAllowed
        If a grid that is given or taken lies outside the hand's area.
    BadMove
        If no grids are assigned to its kind.
    Refused
        If no grid has or had a code.
    """
    begin = since or hand.at
    with db.write() as conn:
        assignments.lock(conn)
        post = resources.lock(conn, resource_id)
        kind = professional_kinds().get(post.kind)
        if kind is None or not kind.has_grids:
            raise BadMove("assigned_kind_none", name=post.name, kind=post.kind)
        meaning = meaning_of(conn, codes)
        meant = [(code, meaning(code, begin)) for code in dict.fromkeys(codes)]
        unknown = [code for code, found in meant if not found.grid_ids]
        if unknown:
            raise Refused("assigned_codes_unknown", codes=", ".join(unknown[:20]), day=begin.date().isoformat())
        wanted = tuple(dict.fromkeys(grid_id for _, found in meant for grid_id in found.grid_ids))
        before = read_assignments(conn).grids_of(resource_id, begin)
        for community_id in assignments.communities_of(conn, before ^ set(wanted)):
            check_community(conn, community_id, hand)
        changed = resources.edit(conn, resource_id, {}, version, hand.at)
        assign(conn, {resource_id: Given(wanted, begin, None)}, BY_HAND, hand.at, None)
        return changed


def assign(conn: Connection, said: Mapping[int, Given], source: str, now: datetime, import_id: int | None) -> list[int]:
    """Make it so, within a transaction that holds :func:`geo.store.assignments.lock`: the posts that changed.

    What was said before goes on where it still gives a post nothing but what is wanted; else it ends, and what is
    wanted begins anew.
    """
    known = read_assignments(conn)
    claims = {claim.id: claim for claim in assignments.claims(conn)}
    of_post: dict[int, list[Claim]] = {}
    for claim in claims.values():
        of_post.setdefault(claim.resource_id, []).append(claim)
    touched = []
    for resource_id, given in said.items():
        kept, ended = _kept(known, resource_id, given, claims)
        is_later = [claim.id for claim in of_post.get(resource_id, ()) if claim.since > given.since]
        ended |= {one for one in is_later if given.until is None or claims[one].since < given.until}
        new = set(given.grid_ids).difference(*kept.values())
        assignments.end(conn, ended, given.since, source, now, import_id)
        assignments.give(conn, resource_id, new, (given.since, given.until), source, now, import_id)
        if ended or new:
            touched.append(resource_id)
    return touched


def _kept(
    known: Assigned, resource_id: int, given: Given, claims: Mapping[int, Claim]
) -> tuple[dict[int, set[int]], set[int]]:
    """Claims of a post that give it only what is wanted and for as long, with these grids; and the others."""
    grids: dict[int, set[int]] = {}
    for spell in known.of_resource.get(resource_id, ()):
        if spell.holds(given.since):
            grids.setdefault(spell.claim_id, set()).add(spell.grid_id)
    wanted = set(given.grid_ids)
    kept = {one: own for one, own in grids.items() if own <= wanted and claims[one].until == given.until}
    return kept, grids.keys() - kept.keys()


def meaning_of(conn: Connection, codes: Collection[str]) -> Meaning:
    """What codes mean at a moment: the grid that has it, or those that have the ground of the last that had it."""
    spells = grid_spells(conn, sorted(codes))

    def meaning(code: str, at: datetime) -> FoundCode:
        been = [spell for spell in spells.get(code, ()) if spell.since <= at]
        if not been:
            return FoundCode(())
        last = been[-1]
        if last.until is None or at < last.until:
            return FoundCode((last.grid_id,))
        ground = shapes_of(conn, [(last.plan_id, last.grid_id)])[last.plan_id, last.grid_id]
        today = live_grids_on(conn, ground, at)
        heirs = heirs_of(last.grid_id, ground, today, plan_edit_rule().least_heir_share) if today else []
        code_of = {grid.id: grid.code for grid in today}
        return FoundCode(tuple(heir.new_id for heir in heirs), tuple(code_of[heir.new_id] for heir in heirs))

    return meaning
