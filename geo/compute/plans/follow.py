"""Grids of posts through the plans: an assignment follows what becomes of its grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from geo.assignments import Claim, Line, Spell, Turn


def turns_of(lines: Iterable[Line], least_share: float) -> list[Turn]:
    """What plans make of grids, for whoever is assigned to them.

    A grid that stays keeps its posts, and a new grid that was cut out of it gets them; a neighbour that only took a
    strip of it does not. Of a grid that goes, whoever has ``least_share`` of it takes over, and its greatest heir
    whatever it has.
    """
    of_grid: dict[tuple[datetime, int, int], list[Line]] = {}
    for line in lines:
        of_grid.setdefault((line.at, line.plan_id, line.from_id), []).append(line)
    found = []
    for (at, plan_id, from_id), own in of_grid.items():
        stays, most = own[0].stays, max(line.share for line in own)
        least = min(least_share, most)
        to_ids = {line.to_id for line in own if line.share >= least and (line.is_new or not stays)}
        found.append(Turn(at, plan_id, from_id, tuple(sorted(to_ids | ({from_id} if stays else set())))))
    return found


def followed(claims: Sequence[Claim], turns: Sequence[Turn]) -> list[Spell]:
    """The spells of claims: each ends where a plan makes something else of its grid, and goes on in the heirs.

    A claim that begins with a plan, or after it, was said knowing the plan.
    """
    of_grid: dict[int, list[Turn]] = {}
    for turn in sorted(turns, key=lambda turn: (turn.at, turn.plan_id)):
        if turn.to_ids != (turn.from_id,):
            of_grid.setdefault(turn.from_id, []).append(turn)
    return [spell for claim in claims for spell in _of_claim(claim, of_grid)]


def _of_claim(claim: Claim, of_grid: Mapping[int, Sequence[Turn]]) -> Iterable[Spell]:
    waiting = [(Spell(*claim), claim.since)]  # with the moment up to which plans were looked at
    while waiting:
        spell, after = waiting.pop()
        turn = next((turn for turn in of_grid.get(spell.grid_id, ()) if turn.at > after), None)
        if turn is None or (spell.until is not None and turn.at >= spell.until):
            yield spell
            continue
        if spell.grid_id in turn.to_ids:
            waiting.append((spell, turn.at))
        else:
            yield spell._replace(until=turn.at)
        came = spell._replace(since=turn.at, from_grid_id=spell.grid_id, plan_id=turn.plan_id)
        waiting += [(came._replace(grid_id=to_id), turn.at) for to_id in turn.to_ids if to_id != spell.grid_id]
