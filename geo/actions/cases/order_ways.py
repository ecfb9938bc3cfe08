"""What the times of orders tell of their cases, as steps: reported, sent, merged, settled outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from geo.case_clocks import CLOCK_OF_STAGE
from geo.case_states import Stage
from geo.clocks import Due
from geo.compute.cases.order_dues import dues, warnings
from geo.orders import Happening, Way
from geo.rules.case_catalogue import CaseItem
from geo.rules.clocks import OfficeWeek
from geo.rules.escalation import escalation_rule

Row = Mapping[str, Any]

MOVES = ("report", "file", "reopen", "locate", "amend", "dispatch", "hand_over", "absorb", "merge", "settle")
"""In the order in which things of one moment happened. ``settle``: it was closed outside; who did what there until
then is not known here, and no step makes it up."""

TOLD = ("limit", "repeat_of")
"""What the report tells besides, as the file has it."""


def happenings(row: Row, unit: str | None, case_id: int, matter_id: int, matter_at: datetime) -> Iterator[Happening]:
    """What a row tells of its case and of the matter that it joined, which may have been told of later."""
    called_at, sent_at, closed_at = (row[name] for name in ("occurred_at", "dispatched_at", "closed_at"))
    is_filed = row["geom"] is not None or sent_at is not None or closed_at is not None
    said = {"item": row["item"], "channel": row["channel"], "unit": unit, "located": row["geom"] is not None}
    said |= {name: row[name] for name in TOLD if row[name] is not None}
    yield _happening(called_at, case_id, "report", "filed" if is_filed else "collected", None, said)
    if matter_id != case_id:
        later = {name: row[name].isoformat() for name in ("dispatched_at", "closed_at") if row[name] is not None}
        merged_at = max(called_at, matter_at)
        yield _happening(merged_at, matter_id, "absorb", None, None, {"merged": case_id, "number": row["source_key"]})
        yield _happening(merged_at, case_id, "merge", "merged", row["feedback"], {"into": matter_id, **later})
        return
    if sent_at is not None and unit is not None:
        yield _happening(sent_at, case_id, "dispatch", "dispatched", None, {"unit": unit})
    if closed_at is not None:
        yield _happening(closed_at, case_id, "settle", "closed", row["feedback"], {})
    elif row["feedback"] is not None:
        yield _happening(sent_at or called_at, case_id, "note", None, row["feedback"], {})


def walked(told: Sequence[Happening], ways: Mapping[int, Way]) -> list[tuple[Any, ...]]:
    """Steps in the order in which things happened, as the store takes them; the ways go on with them."""
    order = {move: rank for rank, move in enumerate(MOVES)}
    steps = []
    for one in sorted(told, key=lambda happening: (happening.at, order.get(happening.move, len(order)))):
        way = ways[one.case]
        before = way.stage
        if one.to is not None:
            way.stage, way.since = one.to, one.at
        way.version += 1
        steps.append((one.case, way.version, one.move, before, way.stage, one.at, one.reason, dict(one.said)))
    return steps


class Dues:
    """Deadlines of cases, and when their units are warned of them, all that share a limit reckoned at once.

    Parameters
    ----------
    cases
        What the file tells of each, where it stands now, its item.
    week
        The city's working week.

    Raises
    ------
    Refused
        If a deadline would reach outside of the years of the week.
    """

    def __init__(self, cases: Sequence[tuple[Row, Way, CaseItem]], week: OfficeWeek) -> None:
        self.stage: list[Due | None] = [None] * len(cases)
        self.total: list[Due | None] = [None] * len(cases)
        self.warn_at: list[datetime | None] = [None] * len(cases)
        alike: dict[tuple[str, Stage | None], list[int]] = {}
        for index, (_, way, item) in enumerate(cases):
            alike.setdefault((item.code, way.stage), []).append(index)
        for (_, stage), indices in alike.items():
            limits = cases[indices[0]][2].limits
            clock = None if stage is None else CLOCK_OF_STAGE.get(stage)
            called = [cases[index][0]["occurred_at"] for index in indices]
            since = [cases[index][1].since or at for index, at in zip(indices, called, strict=True)]
            if "total" in limits:
                self._set(self.total, indices, dues(called, limits["total"], week))
            if clock is not None and clock in limits:
                found = dues(since, limits[clock], week)
                self._set(self.stage, indices, found)
                share = escalation_rule().warning_share.get(clock)
                if share is not None:
                    self._warn(indices, since, warnings(since, found, limits[clock], share, week))

    @staticmethod
    def _set(column: list[Due | None], indices: Sequence[int], found: Sequence[Due]) -> None:
        for index, due in zip(indices, found, strict=True):
            column[index] = due

    def _warn(self, indices: Sequence[int], since: Sequence[datetime], found: Sequence[datetime]) -> None:
        for index, begin, warn_at in zip(indices, since, found, strict=True):
            if warn_at > begin:  # a limit of no time warns nobody
                self.warn_at[index] = warn_at


def _happening(
    at: datetime, case: int, move: str, to: Stage | None, reason: str | None, said: Mapping[str, Any]
) -> Happening:
    return Happening(at, case, move, to, reason, {**said, "imported": True})
