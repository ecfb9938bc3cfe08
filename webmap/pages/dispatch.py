"""The live board of dispatchers: the queue, the map, and the case that is open.

It knows the catalogue and the moves a case can make, and no case: those come to whoever signs in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from geo.case_states import MOVES, OPEN_STAGES, OTHER_STEPS, STAGES
from geo.rules.case_levels import LEVELS
from geo.rules.case_needs import case_needs
from geo.rules.incidents import incident_rule
from geo.words import sentence
from webmap.figure import Page
from webmap.layers import DispatchMap
from webmap.pages.public import PublicView, Shell, built

DISPATCH = Shell(
    "dispatch.html",
    DispatchMap,
    "dispatch_title",
    ("map.css", "reach.css", "dispatch.css"),
    "dispatch_main.js",
    ("plan_", "redraw_", "fig_"),
)


@dataclass(frozen=True)
class ItemChoice:
    """An item of the catalogue, as a report names it."""

    code: str
    name: str
    words: tuple[str, ...]
    """Other words under which it is found."""


@dataclass(frozen=True)
class BoardView:
    """What the board is told besides what every page is.

    Parameters
    ----------
    items
        The catalogue in force.
    channels
        Where reports come in.
    """

    items: tuple[ItemChoice, ...] = ()
    channels: tuple[str, ...] = ()


def dispatch_page(view: PublicView, board: BoardView) -> Page:
    """The board; empty until somebody signs in."""
    return built(view, DISPATCH, _desk(board, view.language))


def _desk(board: BoardView, language: str) -> dict[str, Any]:
    rule = incident_rule()
    return {
        "items": [asdict(item) for item in board.items],
        "channels": list(board.channels),
        "stages": _names(STAGES, "case_stage", language),
        "open_stages": list(OPEN_STAGES),
        "levels": _names(LEVELS, "case_level", language),
        "moves": [
            {
                "key": move.key,
                "name": sentence(f"case_move_{move.key}", language),
                "is_reason_needed": move.is_reason_needed,
                "needs": list(move.needs),
            }
            for move in MOVES.values()
        ],
        "steps": dict(_names(OTHER_STEPS, "case_step", language)),
        "needs": {key: need.in_language(language) for key, need in case_needs().items()},
        "longest_reason": rule.longest_reason,
        "longest_unit": rule.longest_unit,
        "longest_address": rule.longest_address,
        "longest_asset": rule.longest_asset,
    }


def _names(keys: Iterable[str], topic: str, language: str) -> list[list[str]]:
    return [[key, sentence(f"{topic}_{key}", language)] for key in keys]
