"""Figures about cases by plain Python, one case after the other: what the arrays must come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from geo.case_clocks import Passage, dues_of
from geo.case_states import MOVES
from geo.clocks import Limit
from geo.compute.cases.deadlines import due
from geo.rules.clocks import OfficeWeek

ORDER = ("dispatch", "handle", "verify", "done")
CLOCK = {
    **dict.fromkeys(("collected", "filed", "returned", "escalated"), "dispatch"),
    **dict.fromkeys(("dispatched", "deferred"), "handle"),
    **dict.fromkeys(("handled", "fed_back", "verified"), "verify"),
    **dict.fromkeys(("closed", "evaluated"), "done"),
}


@dataclass
class Story:
    """One case: what was done to it, move by move."""

    moves: list[tuple[datetime, str | None, str, str]] = field(default_factory=list)
    """(when, from, move, to)"""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    rated: list[tuple[datetime, bool]] = field(default_factory=list)
    arrived: list[datetime] = field(default_factory=list)

    def report(self, at: datetime, stage: str) -> Story:
        self.moves.append((at, None, "report", stage))
        return self

    def move(self, at: datetime, key: str) -> Story:
        before = self.moves[-1][3]
        assert before in MOVES[key].leads_from, (before, key)
        self.moves.append((at, before, key, MOVES[key].to or before))
        return self

    @property
    def passages(self) -> list[Passage]:
        return [Passage(at, to) for at, before, _, to in self.moves if before != to]  # type: ignore[arg-type]


Rates = dict[str, list[tuple[datetime, bool]]]


def replayed(story: Story, week: OfficeWeek, as_of: datetime, arrival: timedelta) -> Rates:
    """Rate -> (when it counts, whether it came off), for one case; a case that does not count is missing."""
    known = Story([m for m in story.moves if m[0] <= as_of], story.limits)
    found: Rates = defaultdict(list)
    if not known.moves:
        return found
    stages: list[str] = [to for *_, to in known.moves]
    reported, end = known.moves[0][0], stages[-1]
    is_closed, is_dropped = end in {"closed", "evaluated"}, end in {"merged", "withdrawn"}
    found["filing"].append((reported, "filed" in stages))
    if not is_dropped:
        found["solved"].append((reported, is_closed))
    _answer(found, known, week, as_of, is_dropped=is_dropped)
    closes = [at for at, before, _, to in known.moves if to == "closed" and before != to]
    total = _total(known, week)
    if total is not None and total < as_of and not is_dropped:
        in_time = is_closed and closes[-1] <= total
        found["closing"].append((total, is_closed))
        found["on_time"].append((total, in_time))
        if end != "deferred":
            found["on_time_less_deferred"].append((total, in_time))
    if closes:
        keys = [key for _, _, key, _ in known.moves]
        found["first_pass"].append((closes[0], not {"rework", "reopen"} & set(keys)))
        found["rework"].append((closes[0], "rework" in keys))
        found["second_dispatch"].append((closes[0], "reopen" in keys))
    rated = [(at, well) for at, well in story.rated if at <= as_of]
    found["satisfied"] += rated[-1:]
    sent = next((at for at, before, _, to in known.moves if to == "dispatched" and before != to), None)
    if sent is not None and story.arrived and min(story.arrived) >= sent:
        found["arrival"].append((sent, min(story.arrived) - sent <= arrival))
    return found


def _answer(found: Rates, known: Story, week: OfficeWeek, as_of: datetime, *, is_dropped: bool) -> None:
    if "dispatch" not in known.limits:
        return
    ends = due(known.moves[0][0], known.limits["dispatch"], week).at
    answered = next((at for at, *_, to in known.moves if CLOCK.get(to, "") in ORDER[1:]), None)
    if ends < as_of and (answered is not None or not is_dropped):
        found["response"].append((ends, answered is not None and answered <= ends))


def _total(known: Story, week: OfficeWeek) -> datetime | None:
    """As the board has it; of a case that is deferred now, as if it were not."""
    if "total" not in known.limits:
        return None
    passages = known.passages
    if passages[-1].stage == "deferred":
        passages = passages[:-1]
    found = dues_of(passages, known.limits, week).total
    return None if found is None else found.at


def stage_spells(story: Story) -> dict[str, tuple[datetime, datetime, list[tuple[datetime, datetime]]]]:
    """Stage -> from when until when a case first got through it, and when it was deferred in between."""
    passages = story.passages
    found: dict[str, tuple[datetime, datetime, list[tuple[datetime, datetime]]]] = {}
    deferrals = [(one.at, after.at) for one, after in pairwise(passages) if one.stage == "deferred"]

    def between(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        return [(a, b) for a, b in deferrals if begin <= a and b <= end]

    begin = passages[0].at
    for one, after in pairwise(passages):
        clock, then = CLOCK.get(one.stage), CLOCK.get(after.stage)
        if clock == then:
            continue
        if clock and then and ORDER.index(then) > ORDER.index(clock):
            found.setdefault(clock, (begin, after.at, between(begin, after.at)))
        begin = after.at
    found.pop("done", None)
    closed = next((passage.at for passage in passages if passage.stage == "closed"), None)
    if closed is not None:
        found["total"] = (passages[0].at, closed, between(passages[0].at, closed))
    return found
