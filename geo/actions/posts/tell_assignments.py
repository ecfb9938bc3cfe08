"""Which grids have no police post, judge, mediator..., and which grids a post has, had and is to have."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from geo.actions.city.plan_access import Hand, community_for
from geo.actions.posts.read_assignments import read_assignments
from geo.assignments import METHOD, Gaps, GridNamed, Held, KindGaps
from geo.errors import Refused
from geo.rules.professionals import ProfessionalKind, kinds_with_grids
from geo.store import assignments, resources
from geo.store.database import Database
from geo.store.locate import areas_within

PostsOf = dict[tuple[str, int], set[int]]
"""Kind and grid -> posts."""


def tell_gaps(
    db: Database,
    at: datetime,
    kind: str | None = None,
    community_code: str | None = None,
    area_id: int | None = None,
) -> Gaps:
    """The grids in force at a moment that have no post of a kind then, by kind.

    Parameters
    ----------
    db, at
        Where, and of which moment.
    kind
        Of the catalogue; None: all of which every grid should have one, and those that some grid has.
    community_code
        Its grids alone; None: all.
    area_id
        Of the asker; None: everything.

    Raises
    ------
    NotFound
        If there is no such community.
    NotAllowed
        If it lies outside the asker's area.
    Refused
        If no grids are assigned to the kind.
    """
    asked = _kinds(kind)
    with db.read() as conn:
        known = read_assignments(conn)
        kind_of = resources.kinds(conn, sorted(known.of_resource))
        within = None if area_id is None else areas_within(conn, area_id)
        if community_code is not None:
            within = frozenset({community_for(conn, community_code, Hand(at, area_id)).id})
        grids = assignments.grids_named(conn, at, within)
    holding = [spell for spell in known.spells if spell.holds(at)]
    held: PostsOf = {}
    for spell in holding:
        held.setdefault((kind_of.get(spell.resource_id, ""), spell.grid_id), set()).add(spell.resource_id)
    told = [_gaps(one, grids, held) for one in asked]
    told = [one for one in told if kind is not None or one.kind.is_expected or one.posts]
    inputs = METHOD, grids, sorted((*key, sorted(posts)) for key, posts in held.items()), asked
    return Gaps(at, METHOD, hashlib.sha256(repr(inputs).encode()).hexdigest(), told)


def tell_grids_of(db: Database, resource_id: int) -> list[Held]:
    """Every time during which a grid is, was or is to be a post's, in the order of time.

    Raises
    ------
    NotFound
        If there is no such post.
    """
    with db.read() as conn:
        resources.get(conn, resource_id)
        spells = sorted(
            read_assignments(conn).of_resource.get(resource_id, ()), key=lambda spell: (spell.since, spell.grid_id)
        )
        ids = {spell.grid_id for spell in spells} | {spell.from_grid_id for spell in spells if spell.from_grid_id}
        names = assignments.names_of(conn, sorted(ids))
    told = []
    for spell in spells:
        code, name = names.at(spell.grid_id, spell.since)
        came = None if spell.from_grid_id is None else names.before(spell.from_grid_id, spell.since)
        told.append(Held(spell.grid_id, code, name, spell.since, spell.until, came, spell.plan_id))
    return told


def _kinds(kind: str | None) -> Sequence[ProfessionalKind]:
    if kind is None:
        return kinds_with_grids()
    found = [one for one in kinds_with_grids() if one.key == kind]
    if not found:
        known = ", ".join(one.key for one in kinds_with_grids())
        raise Refused("assigned_kind_unknown", kind=kind[:40], known=known)
    return found


def _gaps(kind: ProfessionalKind, grids: Sequence[GridNamed], held: PostsOf) -> KindGaps:
    without = [grid for grid in grids if (kind.key, grid.id) not in held]
    posts = set().union(*(held.get((kind.key, grid.id), ()) for grid in grids))
    return KindGaps(kind, len(posts), len(grids), without)
