"""Which grids posts have, had and are to have: what was said, followed through the plans."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from geo.assignments import Assigned, Turn
from geo.compute.plans.follow import followed, turns_of
from geo.compute.plans.numbering import heirs_of
from geo.rules.plan_edits import plan_edit_rule
from geo.store import assignments
from geo.store.assignments import GoneRow
from geo.store.grids import grids_of_plans
from geo.store.visits import shapes_of


def read_assignments(conn: Connection) -> Assigned:
    """All spells, past and to come.

    Where a file brought a plan that leaves a grid out, whoever has its ground takes over, and what becomes of these is
    followed again.
    """
    claims = assignments.claims(conn)
    if not claims:
        return Assigned()
    by_ground: dict[tuple[int, int], Turn] = {}
    met = {claim.grid_id for claim in claims}
    while True:
        told = turns_of(assignments.lines(conn, sorted(met)), plan_edit_rule().least_heir_share)
        spells = followed(claims, [*told, *by_ground.values()])
        met |= {spell.grid_id for spell in spells}
        gone = assignments.gone_grids(conn, sorted(met))
        new = [row for row in gone if (row.plan_id, row.grid_id) not in by_ground]
        if not new:
            return Assigned(spells)
        by_ground |= {(row.plan_id, row.grid_id): _turn(conn, row) for row in new}


def _turn(conn: Connection, gone: GoneRow) -> Turn:
    """Who has the ground of a grid that a plan leaves out."""
    ground = shapes_of(conn, [(gone.before_id, gone.grid_id)])[gone.before_id, gone.grid_id]
    after = grids_of_plans(conn, [gone.plan_id])
    heirs: Sequence[int] = []
    if after:
        heirs = [line.new_id for line in heirs_of(gone.grid_id, ground, after, plan_edit_rule().least_heir_share)]
    return Turn(gone.at, gone.plan_id, gone.grid_id, tuple(sorted(heirs)))
