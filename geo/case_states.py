"""Stages of a case and the moves between them: one table, which docs/cases.md shows and a test compares.

The seven steps of city management (collected, filed, dispatched, handled, fed back, verified and closed, evaluated),
and what comes between: returned (退回), deferred (缓办), escalated (吹哨), merged, withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from geo.errors import BadMove
from geo.rules.case_levels import Level, is_above
from geo.text import is_blank
from geo.tokens import Role
from geo.words import Term, terms

Stage = Literal[
    "collected",
    "filed",
    "dispatched",
    "handled",
    "fed_back",
    "verified",
    "closed",
    "evaluated",
    "returned",
    "deferred",
    "escalated",
    "merged",
    "withdrawn",
]

STAGES: tuple[Stage, ...] = get_args(Stage)

ENDED_STAGES: tuple[Stage, ...] = ("closed", "evaluated", "merged", "withdrawn")
"""Nothing is left to do. Only a closed case moves on: it is evaluated, or opened again."""

OPEN_STAGES: tuple[Stage, ...] = tuple(stage for stage in STAGES if stage not in ENDED_STAGES)

Detail = Literal["unit", "level", "until", "into"]
"""What a move may ask for besides a reason; each is a field of ``Said``."""


@dataclass(frozen=True)
class Move:
    """One way from stage to stage."""

    key: str
    leads_from: tuple[Stage, ...]
    to: Stage | None
    """None: the stage stays as it is."""
    is_reason_needed: bool = False
    needs: tuple[Detail, ...] = ()
    role: Role = "dispatcher"
    """Which role at least may make it."""


@dataclass(frozen=True)
class Said:
    """What somebody says with a move."""

    at: datetime
    """When it is made; aware."""
    reason: str | None = None
    unit: str | None = None
    """Who is to deal with it."""
    level: Level | None = None
    """Whom it is escalated to."""
    until: datetime | None = None
    """Until when it is deferred; aware."""
    into: int | None = None
    """Id of the case that it is merged into."""


_MOVES = (
    Move("file", ("collected",), "filed"),
    Move("dispatch", ("filed", "returned", "escalated"), "dispatched", needs=("unit",)),
    Move("hand_over", ("dispatched",), "dispatched", is_reason_needed=True, needs=("unit",)),
    Move("claim", OPEN_STAGES, None),
    Move("release", OPEN_STAGES, None),
    # from filed: whoever took it in settled it on the spot
    Move("handle", ("filed", "dispatched"), "handled"),
    Move("feed_back", ("handled",), "fed_back", is_reason_needed=True),
    Move("verify", ("fed_back",), "verified"),
    Move("rework", ("fed_back",), "dispatched", is_reason_needed=True),
    Move("close", ("verified",), "closed"),
    Move("evaluate", ("closed",), "evaluated"),
    Move("reopen", ("closed",), "dispatched", is_reason_needed=True, needs=("unit",)),
    Move("return", ("dispatched",), "returned", is_reason_needed=True),
    Move("defer", ("dispatched",), "deferred", is_reason_needed=True, needs=("until",)),
    Move("resume", ("deferred",), "dispatched"),
    Move(
        "escalate",
        ("filed", "dispatched", "returned", "deferred", "escalated"),
        "escalated",
        is_reason_needed=True,
        needs=("level",),
    ),
    Move("merge", OPEN_STAGES, "merged", needs=("into",)),
    Move(
        "withdraw",
        ("collected", "filed", "dispatched", "returned", "deferred", "escalated"),
        "withdrawn",
        is_reason_needed=True,
    ),
)

MOVES: Mapping[str, Move] = {move.key: move for move in _MOVES}
"""All moves by key, in the order in which a case usually meets them."""

TOLD_MOVES: Mapping[str, Move] = {
    "settle": Move("settle", tuple(stage for stage in OPEN_STAGES if stage != "collected"), "closed")
}
"""What only a register outside tells: it was closed there, and who did what until then is not known here."""


OTHER_STEPS = (
    "report",
    "locate",
    "take_over",
    "absorb",
    "detach",
    "import",
    "settle",
    "note",
    "amend",
    "undo",
    "rehome",
    "warn",
    "overdue",
)
"""Steps of a case's log that are no moves."""


def step_term(key: str) -> str:
    """What was done, by the key of a step: told in the language of the sentence that it is put into."""
    if key in MOVES:
        return Term(key, "case_move")
    return Term(key, "case_step") if key in OTHER_STEPS else key


def moves_from(stage: Stage) -> tuple[Move, ...]:
    """What can be done with a case of a stage.

    >>> [move.key for move in moves_from("verified")]
    ['claim', 'release', 'close', 'merge']
    """
    return tuple(move for move in MOVES.values() if stage in move.leads_from)


def may_be_sent_to(stage: Stage) -> bool:
    """Whether somebody can still be sent, now or after other moves; a closed case may be opened again.

    >>> [stage for stage in ENDED_STAGES if may_be_sent_to(stage)]
    ['closed']
    """
    return stage not in ENDED_STAGES or any("unit" in move.needs for move in moves_from(stage))


def after(stage: Stage, move_key: str, said: Said) -> Stage:
    """The stage that a move leads to.

    Raises
    ------
    BadMove
        If the move does not lead on from the stage (the sentence names those that do), or if something that it needs
        was not said.

    >>> after("collected", "file", Said(at=datetime.fromisoformat("2026-03-01T08:00+08:00")))
    'filed'
    """
    move = MOVES.get(move_key)
    if move is None or stage not in move.leads_from:
        raise _not_from_here(stage, move)
    if move.is_reason_needed and _is_blank(said.reason):
        raise BadMove("case_reason_missing", move=Term(move.key, "case_move"))
    missing = tuple(detail for detail in move.needs if _is_blank(getattr(said, detail)))
    if missing:
        raise BadMove("case_detail_missing", move=Term(move.key, "case_move"), missing=terms(missing, "case_detail"))
    if "until" in move.needs and said.until is not None and said.until <= said.at:
        raise BadMove("case_until_past", until=said.until.isoformat(timespec="minutes"))
    return move.to or stage


def check_raised(now: Level, wished: Level) -> None:
    """Refuse an escalation that does not lead up.

    Raises
    ------
    BadMove
        If the level asked for is not above the one that has the case.
    """
    if not is_above(wished, now):
        raise BadMove("case_level_not_up", now=Term(now, "case_level"), wished=Term(wished, "case_level"))


def _is_blank(value: object) -> bool:
    return value is None or is_blank(str(value))


def _not_from_here(stage: Stage, move: Move | None) -> BadMove:
    here = Term(stage, "case_stage")
    allowed = terms((other.key for other in moves_from(stage)), "case_move")
    if not allowed:
        return BadMove("case_has_ended", stage=here)
    if move is None:
        return BadMove("case_move_unknown", stage=here, allowed=allowed)
    return BadMove("case_move_not_from_here", move=Term(move.key, "case_move"), stage=here, allowed=allowed)
