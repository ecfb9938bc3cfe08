"""Streets and grounds on the shelf, so that a new process need not lay them out again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import numpy as np

from geo.compute.streets.ground import Ground
from geo.files.arrays import Shelf
from geo.files.packed import packed, unpacked
from geo.rules.modes import Travel
from geo.rules.reach import reach_rule
from geo.streets import StreetGraph, read_only

GRAPH = "graph"

Record = TypeVar("Record", StreetGraph, Ground)


class StoredStreets:
    """One version of the live streets on the shelf; without a folder nothing is kept and nothing found."""

    def __init__(self, folder: Path | None, version: str) -> None:
        rule = reach_rule()
        terms = f"{version} {rule.min_component_m} {rule.max_inside_m}"
        self._key = hashlib.sha256(terms.encode()).hexdigest()
        self._shelf = Shelf(folder) if folder else None

    def graph(self) -> StreetGraph | None:
        """The streets; None where they are not on the shelf."""
        found = self._taken(GRAPH, StreetGraph)
        for value in vars(found).values() if found else ():
            if isinstance(value, np.ndarray):
                read_only(value)
        return found

    def ground(self, travel: Travel) -> Ground | None:
        """The ground of one travel; None where it is not on the shelf."""
        return self._taken(travel, Ground)

    def keep(self, made: StreetGraph | Ground) -> None:
        """Put it on the shelf, if there is room."""
        if self._shelf is not None:
            self._shelf.put(GRAPH if isinstance(made, StreetGraph) else made.travel, self._key, *packed(made))

    def _taken(self, kind: str, of: type[Record]) -> Record | None:
        found = self._shelf.take(kind, self._key) if self._shelf else None
        if found is None:
            return None
        try:
            return unpacked(of, *found)
        except KeyError:  # kept when the record had other fields
            return None
