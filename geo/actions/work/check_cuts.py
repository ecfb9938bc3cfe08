"""Tell which neighbouring communities were cut from other streets than those just cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.actions.work.cut_units import CutUnits
from geo.compute.units.neighbours import odd_corners, outer_border
from geo.store import drafts
from geo.store.database import Database


@dataclass(frozen=True)
class OddBorder:
    """A border between two communities that has other corners on one side than on the other."""

    community: str
    code: str
    neighbour: str
    neighbour_code: str
    day: str
    """When the neighbour was cut, as ISO 8601 writes it."""
    corners: int


def check_cuts(db: Database, cuts: Sequence[CutUnits]) -> list[OddBorder]:
    """Borders of communities, which have been cut and kept, that their neighbours' cuts do not meet; each once."""
    found: dict[tuple[str, ...], OddBorder] = {}
    with db.read() as conn:
        for cut in cuts:
            border, own = outer_border(cut.fabric), cut.community
            for other in drafts.neighbour_cuts(conn, own.id):
                odd = len(odd_corners(border, other.border_e7))
                pair = tuple(sorted((own.code, other.code)))
                if odd and pair not in found:
                    day = other.made_at.date().isoformat()
                    found[pair] = OddBorder(own.name, own.code, other.name, other.code, day, odd)
    return list(found.values())
