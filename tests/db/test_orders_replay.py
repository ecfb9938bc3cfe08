"""Random registers taken in, file after file, against a plain replay: counts add up, and cases are what rows say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from geo.imports.report import ImportReport
from geo.store.database import Database
from geo.units import NONE
from tests.order_files import HOUR, NOW, Row, at, case, count, order, refuse_unlawful, steps, take
from tests.plan_towns import PlanTown
from tests.pure.test_order_merge import FOREVER, Call, by_hand

ITEMS = ("0101", "9003")
BEGIN = NOW - timedelta(days=12)
CUT = NOW - timedelta(days=5)
"""Of the first file; the second is of now."""
BAD: Sequence[Row] = ({"来电时间": "2027-01-01 09:00"}, {"问题分类": "飞碟"}, {"经度": "120.5"}, {"纬度": ""})


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@dataclass(frozen=True)
class Told:
    """An order as a register has it."""

    number: str
    called: datetime
    x_m: int | None
    item: int
    caller: int
    link: str | None
    sent: datetime | None
    closed: datetime | None
    text: str
    feedback: str | None = None

    def at(self, moment: datetime) -> Told:
        """As it was known then."""
        sent = self.sent if self.sent is not None and self.sent <= moment else None
        closed = self.closed if self.closed is not None and self.closed <= moment else None
        return replace(self, sent=sent, closed=closed)

    def row(self) -> Row:
        return order(
            self.number,
            self.called,
            None if self.x_m is None else (100 + self.x_m, 300),
            问题分类=ITEMS[self.item],
            联系电话="匿名" if self.caller == NONE else f"0471654{self.caller:04}",
            重复工单号=self.link or "",
            承办单位="环卫站" if self.sent else "",
            派单时间=at(self.sent) if self.sent else "",
            办结时间=at(self.closed) if self.closed else "",
            诉求内容=self.text,
        )


@dataclass
class Kept:
    """A case of the replay."""

    told: Told
    lead: str
    """Its own number: a matter of its own."""
    moves: Counter[str] = field(default_factory=Counter)

    @property
    def stage(self) -> str:
        told = self.told
        if self.lead != told.number:
            return "merged"
        if told.closed is not None:
            return "closed"
        return "dispatched" if told.sent is not None else "collected" if told.x_m is None else "filed"


def register(rng: np.random.Generator, n: int) -> list[Told]:
    """Orders of twelve days, in the order of their calls."""
    called = np.sort(rng.choice(int((NOW - BEGIN) / timedelta(minutes=1)) - 1, n, replace=False))
    found: list[Told] = []
    for number, minute in enumerate(called.tolist()):
        moment = BEGIN + timedelta(minutes=minute)
        sent = moment + timedelta(minutes=int(rng.integers(1, 2000))) if rng.random() < 0.6 else None
        closed = (sent or moment) + timedelta(minutes=int(rng.integers(1, 5000))) if rng.random() < 0.5 else None
        found.append(
            Told(
                f"N{number}",
                moment,
                int(rng.integers(0, 14)) * 20 if rng.random() < 0.8 else None,
                int(rng.integers(0, 2)),
                int(rng.integers(0, 6)) if rng.random() < 0.6 else NONE,
                f"n{int(rng.integers(0, number))}" if number and rng.random() < 0.15 else None,
                sent,
                closed,
                f"垃圾 {number}",
            )
        )
    return found


def as_of(told: Sequence[Told], moment: datetime) -> list[Told]:
    return [one.at(moment) for one in told if one.called <= moment]


class Replay:
    """What the database should hold: plain Python, one row after the other."""

    def __init__(self) -> None:
        self.cases: dict[str, Kept] = {}

    def take(self, told: Sequence[Told]) -> tuple[int, int, int]:
        """How many are new, changed, the same."""
        changed = 0
        for one in told:
            kept = self.cases.get(one.number)
            if kept is not None and one != kept.told:
                changed += self._follow(kept, one)
        fresh = [one for one in told if one.number not in self.cases]
        self._merge(fresh)
        return len(fresh), changed, len(told) - len(fresh) - changed

    def _follow(self, kept: Kept, one: Told) -> bool:
        was = kept.told
        if kept.stage == "closed":
            return False
        is_merged = kept.lead != was.number
        moves = Counter[str]()
        if is_merged:
            moves["note"] += one.closed != was.closed
        else:
            is_filed = kept.stage != "collected"
            moves["file"] += not is_filed and (one.sent is not None or one.closed is not None)
            moves["dispatch"] += one.sent != was.sent
            moves["settle"] += one.closed is not None
            moves["amend"] += one.text != was.text
        kept.moves += moves
        kept.told = replace(one, text=was.text) if is_merged else one
        return bool(moves.total())

    def _merge(self, fresh: Sequence[Told]) -> None:
        """By all pairs: of those that were there, which cannot be merged any more, and those that are new."""
        there = sorted(self.cases.values(), key=lambda kept: kept.told.called)
        numbers = [kept.told.number for kept in there] + [one.number for one in fresh]
        index = {number.casefold(): place for place, number in enumerate(numbers)}
        calls = [
            Call(
                int(one.called.timestamp()),
                one.x_m,
                one.item,
                one.caller,
                index.get((one.link or "").casefold(), NONE),
                FOREVER if one.closed is None else int(one.closed.timestamp()),
            )
            for one in (*(kept.told for kept in there), *fresh)
        ]
        for one, lead in list(zip(numbers, by_hand(calls), strict=True))[len(there) :]:
            told = next(each for each in fresh if each.number == one)
            kept = self.cases[one] = Kept(told, numbers[lead], Counter(["report"]))
            if kept.lead != one:
                kept.moves["merge"] += 1
                self.cases[kept.lead].moves["absorb"] += 1
                continue
            kept.moves["dispatch"] += told.sent is not None
            kept.moves["settle"] += told.closed is not None

    def outcome(self) -> dict[str, tuple[str, str, str]]:
        return {number: (kept.stage, kept.lead, kept.told.text) for number, kept in self.cases.items()}

    def compare(self, db: Database, source: str) -> None:
        assert count(db, "incident") == len(self.cases)
        for number, kept in self.cases.items():
            found = case(db, number, source)
            lead = found.id if kept.lead == number else case(db, kept.lead, source).id
            assert (found.stage, found.text) == (kept.stage, kept.told.text), number
            assert (found.merged_into_id or found.id) == lead, number
            done = Counter(step.move for step in steps(db, number))
            assert done == +kept.moves, number
            if kept.stage in {"dispatched", "closed"}:
                assert found.stage_since == (kept.told.closed or kept.told.sent), number


def shuffled(rng: np.random.Generator, told: Sequence[Told], bad: int) -> list[Row]:
    """Rows in any order; among them so many that cannot be taken, and repeats of a number in the same file."""
    rows = [one.row() for one in told]
    rows += [order(f"BAD{n}") | dict(BAD[n % len(BAD)]) for n in range(bad)]
    rows = [rows[place] for place in rng.permutation(len(rows))]
    return [*rows, rows[0] | {"工单编号": str(rows[0]["工单编号"]).lower()}]


def adds_up(report: ImportReport, expected: tuple[int, int, int], rows: int, rejected: int) -> None:
    counts = (report.added, report.changed, report.unchanged)
    assert (*counts, report.rejected, report.read) == (*expected, rejected, rows)
    assert sum(counts) + report.rejected == report.read
    merged = sum(report.totals[f"merged_by_{why}"] for why in ("link", "caller", "place"))
    assert report.totals["matters"] + merged == report.added


@pytest.mark.parametrize("seed", range(2))
def test_files_one_after_the_other(db: Database, town: PlanTown, tmp_path: Path, seed: int) -> None:
    """A register as of a moment, as of now, with other words, the same again, and the old one again."""
    rng = np.random.default_rng(seed)
    told, replay = register(rng, 60), Replay()
    now = as_of(told, NOW)
    other = [replace(one, text=f"{one.text} 又") if rng.random() < 0.3 else one for one in now]
    for number, version in enumerate((as_of(told, CUT), now, other, other, as_of(told, CUT))):
        rows = shuffled(rng, version, bad := int(rng.integers(0, 5)))
        report = take(db, tmp_path, rows, at=NOW + number * HOUR, keep_going=True)
        is_old = number == 4
        expected = (0, 0, len(version)) if is_old else replay.take(version)
        adds_up(report, expected, len(rows), bad + 1)
        replay.compare(db, "hotline")
        if number == 1:
            whole = Replay()
            whole.take(now)
            assert replay.outcome() == whole.outcome()  # in two files as in one
    refuse_unlawful(db)
