"""Calls about one matter made one: arrays in, arrays out.

Calls are gone through in the order in which they came. One joins the matter that it names itself as the same; else the
matter of its caller's last call about the item; else the nearest matter of the item that began close by not long ago.
A matter is what its first call is about: it does not creep on from call to call. What has ended takes in nobody.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final, NamedTuple

import numpy as np

from geo.units import NONE, BoolArray, FloatArray, IntArray, UInt8Array

ALONE, BY_LINK, BY_CALLER, BY_PLACE = range(4)
WHYS: Final = ("alone", "link", "caller", "place")

FOREVER: Final = np.iinfo(np.int64).max
"""When what is open ends."""


class Calls(NamedTuple):
    """Calls, and matters that are known already; arrays of (n,)."""

    called_s: IntArray
    ended_s: IntArray
    """``FOREVER`` while it is open."""
    item: IntArray
    caller: IntArray
    """``NONE``: not known."""
    xy_m: FloatArray
    """(n, 2), nan: not known."""
    link: IntArray
    """Index of the call that it names as the same; ``NONE``: it names none."""
    is_known: BoolArray
    """A call that is there already: it joins nothing new."""
    lead: IntArray
    """Index of the call that the matter of a known one began with; of all others their own."""


class Closeness(NamedTuple):
    """What counts as one matter."""

    within_m: float
    within_s: int
    caller_within_s: int


class Matters(NamedTuple):
    """What came of it; arrays of (n,)."""

    lead: IntArray
    """Index of the call that the matter began with; its own where it joined none."""
    why: UInt8Array
    """Place in ``WHYS``."""


def matters_of(calls: Calls, close: Closeness) -> Matters:
    """Which calls are about one matter; no calls give none.

    Ties: the nearer matter, then the earlier one, then the one that stands first. A call that names a later one as the
    same goes where that one goes: it was merged into it.
    """
    order = np.lexsort((np.arange(len(calls.called_s)), ~calls.is_known, calls.called_s))
    later = _named_later(calls, order)
    follows = np.where(calls.link == NONE, NONE, later[calls.link]) if len(later) else later
    calls = calls._replace(link=np.where(follows == NONE, calls.link, follows))
    lead = calls.lead.copy()
    why = np.zeros(len(lead), dtype=np.uint8)
    seen = _Seen(calls, close)
    for call in order[later[order] == NONE].tolist():
        if not calls.is_known[call]:
            lead[call], why[call] = seen.matter_for(call, lead)
        seen.add(call, leads=lead[call] == call)
    is_later = later != NONE
    lead[is_later], why[is_later] = lead[later[is_later]], BY_LINK
    return Matters(lead, why)


def _named_later(calls: Calls, order: IntArray) -> IntArray:
    """(n,) the call at the end of a chain of names, where it comes later; ``NONE``: earlier, or the chain is a ring."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    found = np.full(len(order), NONE)
    link: list[int] = np.where(calls.is_known, NONE, calls.link).tolist()
    for call in np.flatnonzero(np.array(link) != NONE).tolist():
        passed, end = {call}, link[call]
        while end not in passed and link[end] != NONE:
            passed.add(end)
            end = link[end]
        if end not in passed and rank[end] > rank[call]:
            found[call] = end
    return found


class _Seen:
    """The calls gone through so far, found by caller and by place. Plain lists: they are read one by one."""

    def __init__(self, calls: Calls, close: Closeness) -> None:
        self._close = close
        self._called_s: list[int] = calls.called_s.tolist()
        self._ended_s: list[int] = calls.ended_s.tolist()
        self._item: list[int] = calls.item.tolist()
        self._caller: list[int] = calls.caller.tolist()
        self._link: list[int] = calls.link.tolist()
        self._xy_m: list[list[float]] = calls.xy_m.tolist()
        known: BoolArray = np.isfinite(calls.xy_m[:, 0])
        cells = np.floor(np.where(known[:, None], calls.xy_m, 0) / close.within_m).astype(np.int64)
        self._cell: list[tuple[int, int] | None] = [
            (x, y) if is_known else None for (x, y), is_known in zip(cells.tolist(), known.tolist(), strict=True)
        ]
        """Which square of the lattice each call lies in; None: it has no place."""
        self._of_caller: dict[tuple[int, int], int] = {}
        self._in_cell: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        self._done: set[int] = set()

    def add(self, call: int, *, leads: bool) -> None:
        """A call that was gone through."""
        cell = self._cell[call]
        self._done.add(call)
        if self._caller[call] != NONE:
            self._of_caller[self._caller[call], self._item[call]] = call
        if leads and cell is not None:
            self._in_cell[self._item[call], *cell].append(call)

    def matter_for(self, call: int, lead: IntArray) -> tuple[int, int]:
        """Lead and reason for a call."""
        link = self._link[call]
        if link in self._done:
            return (int(lead[link]), BY_LINK) if self._is_open(int(lead[link]), call) else (call, ALONE)
        last = self._of_caller.get((self._caller[call], self._item[call]), NONE)
        is_recent = last != NONE and self._called_s[call] - self._called_s[last] <= self._close.caller_within_s
        if is_recent and self._is_open(int(lead[last]), call):
            return int(lead[last]), BY_CALLER
        near = self._nearest(call)
        return (call, ALONE) if near == NONE else (near, BY_PLACE)

    def _is_open(self, matter: int, call: int) -> bool:
        return self._ended_s[matter] > self._called_s[call]

    def _nearest(self, call: int) -> int:
        """The nearest matter of the item that began close by not long ago and is open."""
        cell = self._cell[call]
        if cell is None:
            return NONE
        item, (x, y), at_s = self._item[call], cell, self._called_s[call]
        best: tuple[float, int, int] | None = None
        for key in ((item, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            for matter in self._in_cell.get(key, ()):
                since_s, away_m = at_s - self._called_s[matter], math.dist(self._xy_m[call], self._xy_m[matter])
                is_near = since_s <= self._close.within_s and away_m <= self._close.within_m
                if is_near and self._is_open(matter, call):
                    found = (away_m, self._called_s[matter], matter)
                    best = found if best is None else min(best, found)
        return NONE if best is None else best[2]
