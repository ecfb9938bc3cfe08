"""What a deadline that passed leads to: to whom a case goes, or who is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from geo.case_clocks import CLOCK_OF_STAGE, StageClock
from geo.case_states import MOVES, Stage
from geo.rules.case_levels import LEVELS, Level
from geo.rules.escalation import Act, EscalationRule

TOP: Final[Level] = LEVELS[-1]


class Breach(NamedTuple):
    """What is to be done."""

    act: Act
    clock: StageClock
    """The one that ran out."""
    level: Level
    """That has the case from now on, or is told."""
    source: str
    """Of the rule."""


def on_breach(
    stage: Stage, level: Level | None, need: str | None, here: Collection[str], rule: EscalationRule
) -> Breach | None:
    """What is to be done when the deadline of a stage passed.

    Parameters
    ----------
    stage, level, need
        Of the case; level None: nothing says who may decide.
    here
        Levels that have an area at its place; the city is above all of them whether it has one or not.
    rule
        The rule in force.

    Returns
    -------
    Breach or None
        None: nothing, since nobody is above or the rule has nothing for the clock.

    Examples
    --------
    >>> from geo.rules.escalation import escalation_rule
    >>> on_breach("filed", "community", "hard", {"community", "district"}, escalation_rule())[:3]
    ('escalate', 'dispatch', 'district')
    >>> on_breach("filed", "city", "hard", {"city"}, escalation_rule())
    """
    clock = CLOCK_OF_STAGE.get(stage)
    act = None if clock is None else rule.acts.get(clock)
    up = None if level is None else rule.up_from(level, need)
    if clock is None or act is None or up is None:
        return None
    above = LEVELS[LEVELS.index(up.level) :]
    target = next((one for one in above if one in here), TOP)
    return Breach(act if stage in MOVES["escalate"].leads_from else "tell", clock, target, up.source)
