"""Which clock runs for a case, since when, and when it runs out: worked out from all that the case went through.

One clock runs over several stages: from the report until somebody is sent (dispatch), until it is done (handle), until
it was looked at and closed (verify). Only an escalation begins it anew: whoever is above has the whole of the limit.
Over all of them runs the total. Deferred time counts for none of them, and while a case is closed the total stands
still, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args

from geo.case_states import ENDED_STAGES, Stage
from geo.clocks import Due, Limit
from geo.compute.cases.deadlines import Pause, due_after_pauses, part_run
from geo.rules.clocks import OfficeWeek

StageClock = Literal["dispatch", "handle", "verify"]

CLOCK_OF_STAGE: Final[Mapping[Stage, StageClock]] = {
    "collected": "dispatch",
    "filed": "dispatch",
    "returned": "dispatch",
    "escalated": "dispatch",
    "dispatched": "handle",
    "deferred": "handle",
    "handled": "verify",
    "fed_back": "verify",
    "verified": "verify",
}
"""Stages that have ended have none."""

STAGE_CLOCKS: tuple[StageClock, ...] = get_args(StageClock)


class Passage(NamedTuple):
    """A stage that a case came to."""

    at: datetime
    stage: Stage


class Dues(NamedTuple):
    """Until when; None: no limit is set, nothing runs, or it stands still."""

    stage: Due | None
    total: Due | None

    @property
    def is_sure(self) -> bool:
        """Whether the days off of all years concerned are known for sure."""
        return all(due.is_calendar_sure for due in self if due is not None)


def dues_of(passages: Sequence[Passage], limits: Mapping[str, Limit], week: OfficeWeek) -> Dues:
    """When the clocks of a case run out.

    Parameters
    ----------
    passages
        All stages it came to, in order of time, and each escalation; the first is the report.
    limits
        By ``dispatch``, ``handle``, ``verify`` and ``total``; what is missing has no limit.
    week
        The city's working week.

    Raises
    ------
    Refused
        If a deadline would lie outside of the years of the week.
    """
    clock = CLOCK_OF_STAGE.get(passages[-1].stage)
    deferred = _spells(passages, ("deferred",))
    stage = None
    if clock is not None and clock in limits:
        stage = due_after_pauses(_since(passages, clock), limits[clock], deferred, week)
    total = None
    if "total" in limits:
        stands = _spells(_until_end(passages), ("deferred", *ENDED_STAGES))
        total = due_after_pauses(passages[0].at, limits["total"], stands, week)
    return Dues(stage, total)


def warned_at(
    passages: Sequence[Passage], limits: Mapping[str, Limit], shares: Mapping[str, float], week: OfficeWeek
) -> datetime | None:
    """When a share of the limit that runs now has run; None: nothing runs, or no share is set for its clock.

    ``shares`` by clock of a stage; the rest as in :func:`dues_of`.

    Raises
    ------
    Refused
        As in :func:`dues_of`.
    """
    clock = CLOCK_OF_STAGE.get(passages[-1].stage)
    if clock is None or clock not in shares or clock not in limits:
        return None
    begin, deferred = _since(passages, clock), _spells(passages, ("deferred",))
    stage = due_after_pauses(begin, limits[clock], deferred, week)
    if stage is None:
        return None
    return part_run(begin, stage.at, limits[clock].clock, shares[clock], deferred, week)


def _until_end(passages: Sequence[Passage]) -> Sequence[Passage]:
    """Without the stages it ended with: what was due stays to be read."""
    n = len(passages)
    while n and passages[n - 1].stage in ENDED_STAGES:
        n -= 1
    return passages[:n]


def _since(passages: Sequence[Passage], clock: StageClock) -> datetime:
    """When the clock that runs now began to: at the first of the last stages that share it."""
    since = passages[-1].at
    for at, stage in reversed(passages):
        if CLOCK_OF_STAGE.get(stage) != clock:
            break
        since = at
        if stage == "escalated":
            break  # whoever is above has the whole of it
    return since


def _spells(passages: Sequence[Passage], stages: Sequence[str]) -> list[Pause]:
    """From when until when it was in one of some stages; None: it still is."""
    ends = [*(passage.at for passage in passages[1:]), None][: len(passages)]
    return [(at, end) for (at, stage), end in zip(passages, ends, strict=True) if stage in stages]
