"""Homes of places, as lists: who lives in a circle, in an outline, within reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.units import NONE, BoolArray, Int32Array, IntArray


class Members(NamedTuple):
    """The homes of places: those of place ``i`` are ``start_of_place[i]`` up to ``start_of_place[i + 1]``."""

    start_of_place: IntArray
    home_of_member: Int32Array
    """Ascending within a place, each once."""

    def of(self, place: int) -> Int32Array:
        """The homes of one place."""
        return self.home_of_member[self.start_of_place[place] : self.start_of_place[place + 1]]


def of_places(members: Members, places: IntArray) -> Members:
    """The homes of some places, in the order in which these are named; a place may be named twice."""
    n_of_place = np.diff(members.start_of_place)[places]
    start = np.concatenate([[0], np.cumsum(n_of_place)]).astype(np.int64)
    row = np.arange(start[-1]) + np.repeat(members.start_of_place[places] - start[:-1], n_of_place)
    return Members(start, members.home_of_member[row])


def together(members: Members, group_of_place: IntArray, n_groups: int) -> Members:
    """The homes of groups of places, each home once a group; places whose group is NONE are left out."""
    group = np.repeat(group_of_place, np.diff(members.start_of_place))
    is_meant = group != NONE
    n_homes = int(members.home_of_member.max(initial=0)) + 1
    key = np.unique(group[is_meant] * n_homes + members.home_of_member[is_meant])
    n_of_group = np.bincount(key // n_homes, minlength=n_groups)
    start = np.concatenate([[0], np.cumsum(n_of_group)]).astype(np.int64)
    return Members(start, (key % n_homes).astype(np.int32))


def is_in_any(members: Members, n_homes: int) -> BoolArray:
    """(n_homes,) whether a home belongs to any place."""
    found = np.zeros(n_homes, dtype=np.bool_)
    found[members.home_of_member] = True
    return found
