"""Find out which grid has or had a code, when, and which grids have its ground today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from geo.compute.plans.numbering import heirs_of
from geo.errors import Refused
from geo.grids import CodeSpell, Grid
from geo.rules.code_schemes import code_digits
from geo.rules.plan_edits import plan_edit_rule
from geo.store.database import Database
from geo.store.grids import live_grids_on, spells_of_code
from geo.store.locate import Link, chain_of

LONGEST_TOLD = 40
"""Of a code that is none: what is told back of it."""


@dataclass(frozen=True)
class Heir:
    """A grid of today that has ground of another one."""

    grid: Grid
    kind: str
    """kept, split or merged."""
    ground_share: float
    """Of the other one's ground, what it has."""


@dataclass(frozen=True)
class CodeStory:
    """A grid that has or had a code."""

    spell: CodeSpell
    community: Link
    heirs: Sequence[Heir]
    """Most of the ground first; none where no grid is in force today."""


def find_code(db: Database, code: str, now: datetime, at: datetime | None = None) -> list[CodeStory]:
    """The grids that have or had a code, in the order of time; with ``at`` the one that had it then.

    Grids are those of plans in force: a draft gives nobody a code. What became of a grid is told by the ground that it
    had in that time, or at that moment, whatever plans came between.

    Raises
    ------
    Refused
        If no scheme makes such a code.
    """
    if not (code.isascii() and code.isdigit() and len(code) in code_digits()):
        raise Refused("grid_code_bad", code=code[:LONGEST_TOLD], digits=", ".join(map(str, code_digits())))
    with db.read() as conn:
        spells = spells_of_code(conn, code)
        told = [spell for spell in joined(spells) if spell.since <= (at or now)]
        if at is not None:
            held, then = ([spell for spell in some if _holds(spell, at)] for some in (told, spells))
            told = [replace(whole, grid=part.grid, ground=part.ground) for whole, part in zip(held, then, strict=True)]
        return [_story(conn, spell, now) for spell in told]


def joined(spells: Sequence[CodeSpell]) -> list[CodeSpell]:
    """Spells of one grid that follow each other without a pause, as one."""
    found: list[CodeSpell] = []
    for spell in spells:
        last = found[-1] if found else None
        if last is not None and (last.grid.id, last.until) == (spell.grid.id, spell.since):
            found[-1] = replace(spell, since=last.since, ground=last.ground.union(spell.ground))
        else:
            found.append(spell)
    return found


def _holds(spell: CodeSpell, at: datetime) -> bool:
    return spell.since <= at and (spell.until is None or at < spell.until)


def _story(conn: Connection, spell: CodeSpell, now: datetime) -> CodeStory:
    today = live_grids_on(conn, spell.ground, now)
    by_id = {grid.id: grid for grid in today}
    lines = heirs_of(spell.grid.id, spell.ground, today, plan_edit_rule().least_heir_share)
    heirs = [Heir(by_id[line.new_id], line.kind, line.share) for line in lines]
    return CodeStory(spell, chain_of(conn, spell.grid.community_id)[-1], heirs)
