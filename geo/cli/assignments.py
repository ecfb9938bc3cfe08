"""Posts of professionals and their grids, as lines on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from geo.actions.dispatch.rank_helpers import Ranking
from geo.assignments import Gaps, Held
from geo.cli.output import language
from geo.rules.professionals import professional_kinds
from geo.words import JOINT, sentence

SHOWN = 20
"""So many grids of a kind are printed; --json has all."""


def assignee_lines(found: Ranking) -> Iterator[str]:
    """To whom the case's grid is assigned, and of which kinds it has none."""
    tongue = language()
    for one in found.assigned:
        kind = professional_kinds()[one.helper.kind].name
        why = "" if one.against is None else f" | {one.against.in_language(tongue)}"
        yield sentence("assigned_here", tongue, kind=kind, name=one.helper.name) + why
    if found.unassigned:
        names = JOINT[tongue].join(kind.name.in_language(tongue) for kind in found.unassigned)
        yield sentence("assigned_nobody_here", tongue, kinds=names)


def gaps_data(found: Gaps) -> dict[str, Any]:
    """All of it for programs."""
    kinds = [
        {
            "kind": one.kind.key,
            "name": one.kind.name.in_language(language()),
            "is_expected": one.kind.is_expected,
            "posts": one.posts,
            "grids": one.grids,
            "assigned": one.assigned,
            "without": len(one.without),
            "list": [grid._asdict() for grid in one.without],
        }
        for one in found.kinds
    ]
    return {"at": found.at.isoformat(), "kinds": kinds, "method": found.method, "inputs_hash": found.inputs_hash}


def gaps_lines(found: Gaps) -> Iterator[str]:
    """A line a kind, and its grids without."""
    tongue = language()
    for one in found.kinds:
        told = {"kind": one.kind.name, "without": len(one.without), "grids": one.grids}
        yield sentence("assigned_gaps", tongue, **told, posts=one.posts, assigned=one.assigned)
        for grid in one.without[:SHOWN]:
            yield sentence("assigned_gap", tongue, code=grid.code, name=grid.name, community=grid.community_name)
        if len(one.without) > SHOWN:
            yield sentence("assigned_more", tongue, n=len(one.without) - SHOWN)
    yield sentence("assigned_how", tongue, at=f"{found.at:%Y-%m-%d %H:%M}", method=found.method, hash=found.inputs_hash)


def held_lines(held: Sequence[Held]) -> Iterator[str]:
    """A line a grid and time."""
    tongue = language()
    for one in held:
        until = sentence("assigned_open", tongue) if one.until is None else f"{one.until:%Y-%m-%d %H:%M}"
        told = {"code": one.code or "–", "name": one.name or "", "since": f"{one.since:%Y-%m-%d %H:%M}", "until": until}
        if one.plan_id is None:
            yield sentence("assigned_held", tongue, **told)
        else:
            yield sentence("assigned_held_from", tongue, **told, from_code=one.from_code or "–", plan=one.plan_id)
