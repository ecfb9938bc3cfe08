"""Lines and surfaces with OpenStreetMap tags, sorted into streets, barriers and lands, whatever file they come from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from geo.rules.tags import Tags, has
from geo.rules.walkable import way_rules
from geo.streets import Barriers, Lands, StreetLines
from geo.units import FloatArray, IntArray


@dataclass(frozen=True)
class StreetFile:
    """A file of streets, read and sorted by the table of tags."""

    lines: StreetLines
    barriers: Barriers
    lands: Lands
    file_date: date | None
    """The day the data speak of, where the file says it."""
    n_missing_points: int = 0
    """References of ways to points that the file does not have (an extract's cut edge)."""
    empty_rows: tuple[int, ...] = ()
    """Numbers of rows without a shape or without length."""


@dataclass
class _Lines:
    """Lines that grow: flat whole numbers, 8 bytes each."""

    keys: array[int] = field(default_factory=lambda: array("q"))
    lons: array[int] = field(default_factory=lambda: array("q"))
    lats: array[int] = field(default_factory=lambda: array("q"))
    starts: array[int] = field(default_factory=lambda: array("q", [0]))

    def add(self, keys: Iterable[int], lons: Iterable[int], lats: Iterable[int]) -> None:
        self.keys.extend(keys)
        self.lons.extend(lons)
        self.lats.extend(lats)
        self.starts.append(len(self.keys))

    def arrays(self) -> tuple[IntArray, FloatArray, IntArray]:
        lonlat = np.column_stack([np.array(self.lons, dtype=np.int64), np.array(self.lats, dtype=np.int64)]) / 1e7
        return np.array(self.keys, dtype=np.int64), lonlat, np.array(self.starts, dtype=np.int64)


@dataclass
class Gatherer:
    """Takes lines and surfaces one by one. Coordinates are whole numbers of 1e-7 degree; keys tell places apart."""

    n_missing_points: int = 0
    empty_rows: list[int] = field(default_factory=list)
    _streets: _Lines = field(default_factory=_Lines)
    _barriers: _Lines = field(default_factory=_Lines)
    _street_tags: list[tuple[str, str | None, bool, bool, bool]] = field(default_factory=list)
    _barrier_tags: list[tuple[str, str | None, bool, bool]] = field(default_factory=list)
    _lands: list[tuple[bytes, str, str | None]] = field(default_factory=list)

    def add_line(self, tags: Tags, keys: Iterable[int], lons: Iterable[int], lats: Iterable[int]) -> None:
        """A street, a barrier, both (an expressway) or neither, as the table says."""
        rules = way_rules()
        highway, name = tags.get("highway"), name_of(tags)
        is_bridge, is_tunnel = has(tags, "bridge"), has(tags, "tunnel")
        if highway:
            self._streets.add(keys, lons, lats)
            self._street_tags.append((highway, name, rules.is_walkable(tags), is_bridge, is_tunnel))
        kind = rules.barrier_kind(tags)
        if kind:
            self._barriers.add(keys, lons, lats)
            self._barrier_tags.append((kind, name, is_bridge, rules.stops_walkers(tags)))

    def add_land(self, tags: Tags, wkb: bytes) -> None:
        """A surface, if the table knows it."""
        kind = way_rules().land_kind(tags)
        if kind:
            self._lands.append((wkb, kind, name_of(tags)))

    @property
    def n_streets(self) -> int:
        """Street lines so far."""
        return len(self._street_tags)

    def finish(self, file_date: date | None) -> StreetFile:
        """All of it as arrays."""
        return StreetFile(
            self._street_lines(),
            self._barrier_lines(),
            self._surfaces(),
            file_date,
            self.n_missing_points,
            tuple(self.empty_rows),
        )

    def _street_lines(self) -> StreetLines:
        keys, points, starts = self._streets.arrays()
        marks = np.array([row[2:] for row in self._street_tags], dtype=np.bool_).reshape(-1, 3)
        highways, names = [row[0] for row in self._street_tags], [row[1] for row in self._street_tags]
        return StreetLines(points, keys, starts, highways, names, *marks.T)

    def _barrier_lines(self) -> Barriers:
        _, points, starts = self._barriers.arrays()
        marks = np.array([row[2:] for row in self._barrier_tags], dtype=np.bool_).reshape(-1, 2)
        kinds, names = [row[0] for row in self._barrier_tags], [row[1] for row in self._barrier_tags]
        return Barriers(points, starts, kinds, names, *marks.T)

    def _surfaces(self) -> Lands:
        return Lands(
            wkb=[wkb for wkb, _, _ in self._lands],
            kind=[kind for _, kind, _ in self._lands],
            name=[name for _, _, name in self._lands],
        )


def name_of(tags: Tags) -> str | None:
    """The name, without what no database or page can show."""
    name = (tags.get("name") or "").replace("\x00", "").strip()
    return name or None
