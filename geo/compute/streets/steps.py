"""Lines taken apart into steps between neighbouring places, gates and bollards cut out of them.

A place is where points of one key lie. A routable step is taken once however many lines run along it, and knows who may
go along it in either direction; where that changes, or another mark that a route is told, a piece will end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.compute.hilbert import hilbert_order
from geo.streets import OPEN, TURNED, StreetLines, is_for_cars
from geo.units import BoolArray, FloatArray, IntArray, UInt8Array

_RANK_OF_CODE = np.array([0, 2, 1], dtype=np.uint8)
"""CLOSED, ENDS_ONLY, OPEN in the order of freedom; applied twice it is the code again."""

_RADIX = len(_RANK_OF_CODE)


@dataclass(frozen=True)
class Places:
    """Where lines may meet, numbered along a Hilbert curve."""

    place_of_point: IntArray
    lonlat_of_place: FloatArray
    keys: IntArray
    """(n_places,) ascending."""
    place_of_key: IntArray
    """(n_places,) the place of each of ``keys``."""

    def of_keys(self, keys: IntArray) -> IntArray:
        """The places of some keys; -1 where no line has such a point."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.place_of_key[at], -1)


def places_of(lines: StreetLines) -> Places:
    """Points with one key are one place."""
    keys, first_point, place_of_point = np.unique(lines.key_of_point, return_index=True, return_inverse=True)
    lonlat_of_place = lines.lonlat_of_point[first_point].reshape(-1, 2)
    order = hilbert_order(lonlat_of_place)
    place_of_key = np.empty(len(order), dtype=np.int64)
    place_of_key[order] = np.arange(len(order))
    return Places(place_of_key[place_of_point], lonlat_of_place[order], keys, place_of_key)


@dataclass(frozen=True)
class Steps:
    """Straight steps between neighbouring points of a line, with the line they are of."""

    from_of_step: IntArray
    to_of_step: IntArray
    line_of_step: IntArray
    access_of_step: UInt8Array
    """(n_steps, 5) from the one place to the other."""

    def kept(self, index: IntArray | BoolArray) -> Steps:
        """Only some of them."""
        return Steps(
            self.from_of_step[index], self.to_of_step[index], self.line_of_step[index], self.access_of_step[index]
        )


def freer(access: UInt8Array, other: UInt8Array) -> UInt8Array:
    """What may be used by one way or the other."""
    return _RANK_OF_CODE[np.maximum(_RANK_OF_CODE[access], _RANK_OF_CODE[other])]


def stricter(access: UInt8Array, other: UInt8Array) -> UInt8Array:
    """What may be used by one way and the other, one after the other."""
    return _RANK_OF_CODE[np.minimum(_RANK_OF_CODE[access], _RANK_OF_CODE[other])]


def turned(access: UInt8Array) -> UInt8Array:
    """Access of the same ways, seen from their other ends."""
    return access[:, list(TURNED)]


def steps_of(place_of_point: IntArray, lines: StreetLines) -> Steps:
    """All steps of all lines that lead somewhere."""
    line_of_point = np.repeat(np.arange(len(lines.start_of_line) - 1), np.diff(lines.start_of_line))
    from_of_step, to_of_step = place_of_point[:-1], place_of_point[1:]
    leads = (line_of_point[:-1] == line_of_point[1:]) & (from_of_step != to_of_step)
    line_of_step = line_of_point[:-1][leads]
    return Steps(from_of_step[leads], to_of_step[leads], line_of_step, lines.access_of_line[line_of_step])


def once(steps: Steps, n_places: int) -> Steps:
    """Steps between the same two places only once, from the lower to the higher, in that order.

    So what is made of them does not depend on which way a line of the file runs. Where several lines share a step it is
    open to whom any of them is, and bears the marks of the first that cars may use, else of the first.
    """
    is_up = steps.from_of_step < steps.to_of_step
    low, high = np.minimum(steps.from_of_step, steps.to_of_step), np.maximum(steps.from_of_step, steps.to_of_step)
    access = np.where(is_up[:, None], steps.access_of_step, turned(steps.access_of_step))
    key = low * n_places + high
    order = np.lexsort((~is_for_cars(access), key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    first = order[starts]
    kept = Steps(low[first], high[first], steps.line_of_step[first], access[first])
    if len(first) == len(key):
        return kept
    ranks = np.maximum.reduceat(_RANK_OF_CODE[access[order]], starts, axis=0)
    return Steps(kept.from_of_step, kept.to_of_step, kept.line_of_step, _RANK_OF_CODE[ranks])


@dataclass(frozen=True)
class Parted:
    """Steps after every stop that stops somebody has been cut out, over places numbered anew."""

    steps: Steps
    """As they were, in their order, and then the links across the stops, which have no length."""
    first_of_place: IntArray
    """(n_places + 1,) the new number of each place, the lowest where it was parted."""
    is_parted: BoolArray
    """(n new places,) sides of a stop: pieces end there."""


def parted(steps: Steps, n_places: int, place_of_stop: IntArray, access_of_stop: UInt8Array) -> Parted:
    """Cut ways where something stands in them that not everybody passes, and join them by links that say who does.

    A stop between two steps becomes two places and one link. Where more than two steps meet at it, each gets a place of
    its own, linked to one in the middle. A stop that stops nobody who could come there changes nothing; neither does
    one at the end of a way.

    Parameters
    ----------
    steps
        Routable, each once, from lower to higher place.
    n_places
        Number of places.
    place_of_stop, access_of_stop
        (n_stops,) and (n_stops, 5); two stops at one place both count.
    """
    degree = np.bincount(np.concatenate([steps.from_of_step, steps.to_of_step]), minlength=n_places)
    access_of_place = np.full((n_places, len(TURNED)), OPEN, dtype=np.uint8)
    for place, access in zip(place_of_stop.tolist(), access_of_stop, strict=True):
        access_of_place[place] = stricter(access_of_place[place], access)
    has_stop = np.zeros(n_places, dtype=np.bool_)
    has_stop[place_of_stop] = True
    arms = _arms(steps, has_stop & (degree > 1))
    is_stopping = (stricter(arms.access, access_of_place[arms.place]) != arms.access).any(axis=1)
    is_cut = np.zeros(n_places, dtype=np.bool_)
    is_cut[arms.place[is_stopping]] = True
    arms = arms.kept(is_cut[arms.place])
    sides = np.where(is_cut, np.where(degree == 2, 2, degree + 1), 1)
    first_of_place = np.concatenate([[0], np.cumsum(sides)])
    is_parted = np.repeat(is_cut, sides)
    own = first_of_place[arms.place] + arms.rank + (degree[arms.place] > 2)
    ends = np.stack([first_of_place[steps.from_of_step], first_of_place[steps.to_of_step]])
    ends[arms.end, arms.step] = own
    links = _links(arms, own, first_of_place, access_of_place)
    every = Steps(
        np.concatenate([ends[0], links.from_of_step]),
        np.concatenate([ends[1], links.to_of_step]),
        np.concatenate([steps.line_of_step, links.line_of_step]),
        np.concatenate([steps.access_of_step, links.access_of_step]),
    )
    return Parted(every, first_of_place, is_parted)


@dataclass(frozen=True)
class _Arms:
    """Ends of steps at places, in the order of places and of the place at the other end."""

    place: IntArray
    step: IntArray
    end: IntArray
    """0 where the step begins here, 1 where it ends."""
    rank: IntArray
    """0, 1, .. within the place."""
    line: IntArray
    access: UInt8Array
    """(n_arms, 5) towards the place."""

    def kept(self, index: BoolArray) -> _Arms:
        return _Arms(
            self.place[index],
            self.step[index],
            self.end[index],
            self.rank[index],
            self.line[index],
            self.access[index],
        )


def _arms(steps: Steps, is_meant: BoolArray) -> _Arms:
    begins, ends = np.flatnonzero(is_meant[steps.from_of_step]), np.flatnonzero(is_meant[steps.to_of_step])
    step = np.concatenate([begins, ends])
    end = np.repeat([0, 1], [len(begins), len(ends)])
    place = np.concatenate([steps.from_of_step[begins], steps.to_of_step[ends]])
    other = np.concatenate([steps.to_of_step[begins], steps.from_of_step[ends]])
    access = np.concatenate([turned(steps.access_of_step[begins]), steps.access_of_step[ends]])
    order = np.lexsort((other, place))
    place = place[order]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    rank = np.arange(len(place)) - np.repeat(first, np.diff(first, append=len(place)))
    return _Arms(place, step[order], end[order], rank, steps.line_of_step[step[order]], access[order])


def _links(arms: _Arms, own: IntArray, first_of_place: IntArray, access_of_place: UInt8Array) -> Steps:
    """Across every stop: from the lower side to the higher, or from the middle to each of several."""
    n_arms = np.bincount(arms.place, minlength=len(first_of_place))[arms.place]
    is_second = (n_arms == 2) & (arms.rank == 1)
    ends_here = is_second | (n_arms > 2)
    inward = np.full_like(arms.access, OPEN)
    inward[is_second] = arms.access[np.flatnonzero(is_second) - 1]
    access = stricter(stricter(inward, turned(arms.access)), access_of_place[arms.place])
    return Steps(first_of_place[arms.place], own, arms.line, access).kept(ends_here)


def marks_of(steps: Steps, lines: StreetLines) -> tuple[IntArray, IntArray]:
    """Numbers that differ where a route is told something else: along each step, and along it the other way.

    They hold who may go, whether there are steps to climb, and for cars the class and the signed limit.
    """
    has_cars = is_for_cars(steps.access_of_step)
    _, kmh_of_line = np.unique(lines.max_kmh_of_line, return_inverse=True)
    classes, class_of_line = np.unique(np.array(lines.highway_of_line, dtype=str), return_inverse=True)
    is_steps = np.asarray(lines.is_steps_of_line, dtype=np.int64)[steps.line_of_step]
    car = (kmh_of_line * len(classes) + class_of_line)[steps.line_of_step] + 1
    rest = np.where(has_cars, car, 0) * 2 + is_steps
    weights = _RADIX ** np.arange(len(TURNED))
    both = (steps.access_of_step, turned(steps.access_of_step))
    along, back = (rest * _RADIX ** len(TURNED) + access.astype(np.int64) @ weights for access in both)
    return along, back


def changes(steps: Steps, marks: tuple[IntArray, IntArray], n_places: int) -> BoolArray:
    """(n_places,) whether two steps meet at a place whose marks differ for those who go on from one to the other.

    Only of places that exactly two steps touch; the others are junctions anyway.
    """
    along, back = marks
    touching = np.concatenate([steps.from_of_step, steps.to_of_step])
    towards, away = np.concatenate([back, along]), np.concatenate([along, back])
    order = np.argsort(touching, kind="stable")
    first = np.flatnonzero(np.diff(touching[order], prepend=-1))
    first = first[np.diff(first, append=len(touching)) == 2]
    differs = np.zeros(n_places, dtype=np.bool_)
    differs[touching[order[first]]] = towards[order[first]] != away[order[first + 1]]
    return differs
