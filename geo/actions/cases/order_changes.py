"""What a later file says otherwise of orders that are open here: their text, address, place and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from geo.actions.cases.order_ground import Ground, Spot
from geo.case_states import Stage
from geo.compute.project import Frame
from geo.imports.report import Fault
from geo.orders import Happening
from geo.rules.case_levels import Level
from geo.rules.incidents import incident_rule
from geo.store.order_rows import Standing, Told, Writing
from geo.words import terms

Row = Mapping[str, Any]

TEXTS = ("text", "address")

SAME_DEGREES = 1e-6
"""Less than a hand's breadth: not worth a look."""

CHANGING = ("text", "address", "place", "unit")
"""What a later file may say otherwise; an empty cell says nothing."""


@dataclass(frozen=True)
class Known:
    """A row of an order that is known."""

    number: int
    """Where it stands in the file."""
    row: Row
    standing: Standing
    writing: Writing | None = None
    """What is written of its case; None: it has ended, and stays as it ended."""

    @property
    def is_desks(self) -> bool:
        """Whether a desk wrote it down itself: it keeps its words."""
        return self.writing is not None and not self.writing.is_from_file


def changed_in(one: Known, told: Told | None = None) -> tuple[str, ...]:
    """Which of ``CHANGING`` a row may say otherwise; with what its steps tell: which it does."""
    now, row = one.writing, one.row
    if now is None or one.standing.is_retired:
        return ()
    found = [] if one.is_desks else [name for name in TEXTS if row[name] not in {None, getattr(now, name)}]
    if _is_elsewhere(one) and not (one.is_desks and now.lonlat is not None):
        found.append("place")
    is_other = not one.is_desks and row["unit"] not in {None, now.unit}
    if is_other and (told is None or row["unit"] != told.unit):  # what the file said before, a desk has gone on from
        found.append("unit")
    return tuple(found)


def _is_elsewhere(one: Known) -> bool:
    """Whether a row says another place, farther off than a register's rounding."""
    place, now = one.row["geom"], None if one.writing is None else one.writing.lonlat
    if place is None or now is None:
        return place is not None
    if abs(place.x - now[0]) + abs(place.y - now[1]) < SAME_DEGREES:
        return False
    lonlat = np.array([now, (place.x, place.y)])
    east_m, north_m = np.diff(Frame.of(lonlat).to_xy_m(lonlat), axis=0)[0].tolist()
    return bool(np.hypot(east_m, north_m) >= incident_rule().moved_m)


def question_of(one: Known, told: Told, changed: Sequence[str], desk: int | None) -> Fault | None:
    """Why a person has to decide; None: it can be taken over. ``desk``: which has it in hand."""
    evidence = {"number": one.row["source_key"], "id": one.standing.id}
    what = {"what": terms(changed, "order_change")}
    if desk is not None:
        return Fault(one.number, "source_key", "order_change_in_hand", evidence | what | {"desk": desk})
    if "place" in changed and told.is_placed_here and one.writing is not None and one.writing.lonlat is not None:
        return Fault(one.number, "source_key", "order_placed_here", evidence)
    if "unit" in changed and (_is_under_way(one.standing.stage) or _is_sent_elsewhere(one, told)):
        units = {"told": one.row["unit"], "unit": one.standing.unit or "–"}
        return Fault(one.number, "source_key", "order_unit_here", evidence | units)
    return None


def _is_under_way(stage: Stage) -> bool:
    """Whether no unit can be named or sent now without a step that a person has to take."""
    return stage not in {"collected", "filed", "dispatched"}


def _is_sent_elsewhere(one: Known, told: Told) -> bool:
    return one.standing.stage == "dispatched" and told.unit != one.standing.unit


def steps_of(
    one: Known, changed: Sequence[str], place: Mapping[str, Any], at: tuple[datetime, datetime]
) -> tuple[list[Happening], dict[str, Any]]:
    """Steps that take over what a row says otherwise, and the columns that follow.

    Parameters
    ----------
    one, changed
        The row, and what it says otherwise.
    place
        Of :func:`placed`; nothing where its place is not another.
    at
        When the file came, and until when it tells.
    """
    now = one.writing
    assert now is not None, "what has ended does not change"
    steps: list[Happening] = []
    columns: dict[str, Any] = {name: one.row[name] for name in TEXTS if name in changed}
    told: dict[str, Any] = {name: [getattr(now, name), one.row[name]] for name in columns}
    case, unit = one.standing.id, one.row["unit"]
    if "place" in changed:
        columns |= place
        if one.standing.stage == "collected":
            steps.append(Happening(one.standing.since, case, "file", "filed", None, {}))
        steps.append(Happening(at[0], case, "locate", None, None, _said_of_place(one, columns)))
    if "unit" in changed:
        columns["unit"] = unit
        if one.standing.stage == "dispatched":
            sent_at = one.row["dispatched_at"]
            moved_at = sent_at if sent_at is not None and sent_at > one.standing.since else at[1]
            said = {"unit": unit, "from_unit": one.standing.unit, "why": "order_handed_over"}
            steps.append(Happening(max(moved_at, one.standing.since), case, "hand_over", "dispatched", None, said))
        else:
            told["unit"] = [one.standing.unit, unit]
    if told:
        said = {"changed": told} | ({"unit": unit} if "unit" in told else {})
        steps.append(Happening(at[0], case, "amend", None, None, said))
    return steps, columns


def placed(one: Known, spot: Spot, ground: Ground, level: Level | None) -> dict[str, Any]:
    """Columns of a new place: where it lies, and who answers there while nobody was sent.

    ``level`` may decide its item; None: only its category is known.
    """
    columns: dict[str, Any] = {"geom": one.row["geom"], **ground.columns(spot)}
    if level is not None and one.standing.stage in {"collected", "filed"}:
        decided, unit = ground.decides(spot, level)
        columns |= {"level": decided, "unit": one.row["unit"] or unit}
    return columns


def _said_of_place(one: Known, columns: Mapping[str, Any]) -> dict[str, Any]:
    now = one.writing
    assert now is not None, "what has ended does not change"
    said = {"lonlat": [columns["geom"].x, columns["geom"].y], "grid_id": columns["grid_id"]}
    said |= {"from_lonlat": None if now.lonlat is None else list(now.lonlat), "from_grid_id": now.grid_id}
    return said | {name: columns[name] for name in ("level", "unit") if name in columns}
