"""Lines and surfaces with OpenStreetMap tags, sorted into streets, barriers and lands, whatever file they come from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from geo.rules.surroundings import surroundings
from geo.rules.tags import Tags, has
from geo.rules.way_access import Codes, access_rules
from geo.streets import N_TRAVELS, PLACES_PER_DEGREE, Barriers, Lands, StreetLines
from geo.units import FloatArray, IntArray


@dataclass(frozen=True)
class StreetFile:
    """A file of streets, read and sorted by the table of tags."""

    lines: StreetLines
    barriers: Barriers
    lands: Lands
    file_date: date | None
    """The day the data speak of, where the file says it."""
    lonlat_of_gate: FloatArray
    """(n, 2) points at which walkers pass whatever they lie on."""
    nearness_m_of_gate: FloatArray
    """(n,) how near they must lie to it."""
    n_missing_points: int = 0
    """References of ways to points that the file does not have (an extract's cut edge)."""
    empty_rows: tuple[int, ...] = ()
    """Numbers of rows without a shape or without length."""
    n_turns_over_ways: int = 0
    """Turn restrictions over a way instead of a point, which are not used."""
    n_turns_timed: int = 0
    """Those that hold at certain hours only, which are not used."""
    n_turns_broken: int = 0
    """Those whose ways or point the file lacks, or that do not meet."""


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

    def add_many(self, keys: IntArray, lons: IntArray, lats: IntArray, n_points_of_line: IntArray) -> None:
        ends = len(self.keys) + np.cumsum(n_points_of_line)
        for grown, values in ((self.keys, keys), (self.lons, lons), (self.lats, lats), (self.starts, ends)):
            grown.frombytes(values.astype(np.int64, copy=False).tobytes())

    def arrays(self) -> tuple[IntArray, FloatArray, IntArray]:
        lonlat = (
            np.column_stack([np.array(self.lons, dtype=np.int64), np.array(self.lats, dtype=np.int64)])
            / PLACES_PER_DEGREE
        )
        return np.array(self.keys, dtype=np.int64), lonlat, np.array(self.starts, dtype=np.int64)


class _Street(NamedTuple):
    """What is kept of a street's tags."""

    highway: str
    name: str | None
    access: Codes
    is_bridge: bool
    is_tunnel: bool
    is_steps: bool
    max_kmh: float


class _Barrier(NamedTuple):
    """What is kept of a barrier's tags."""

    kind: str
    name: str | None
    is_bridge: bool
    stops_walkers: bool


class LineMarks(NamedTuple):
    """What the tags of a line say: that it is a street, a barrier, both (an expressway) or neither."""

    street: _Street | None
    barrier: _Barrier | None


def keys_of_lines() -> frozenset[str]:
    """All keys that :func:`line_marks` asks for."""
    return access_rules().keys | surroundings().keys | {"highway", "name", "bridge", "tunnel"}


def keys_of_points() -> frozenset[str]:
    """All keys that :meth:`Gatherer.add_point` asks for."""
    return access_rules().keys | {"barrier", "entrance", "locked"}


def line_marks(tags: Mapping[str, str]) -> LineMarks:
    """What the tables say of a line with these tags."""
    highway, name = tags.get("highway"), name_of(tags)
    is_bridge = has(tags, "bridge")
    street, barrier = None, None
    if highway:
        way = access_rules().way(tags)
        street = _Street(highway, name, way.access, is_bridge, has(tags, "tunnel"), way.is_steps, way.max_kmh)
    kind = surroundings().barrier_kind(tags)
    if kind:
        barrier = _Barrier(kind, name, is_bridge, surroundings().stops_walkers(tags))
    return LineMarks(street, barrier)


class Turn(NamedTuple):
    """A turn from a place over the next to a third, by their keys."""

    before: int
    via: int
    after: int
    is_only: bool
    is_for_bike: bool
    is_for_car: bool


@dataclass
class Gatherer:
    """Takes lines and surfaces one by one. Coordinates are whole numbers of 1e-7 degree; keys tell places apart."""

    n_missing_points: int = 0
    empty_rows: list[int] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    n_turns_over_ways: int = 0
    n_turns_timed: int = 0
    n_turns_broken: int = 0
    _streets: _Lines = field(default_factory=_Lines)
    _barriers: _Lines = field(default_factory=_Lines)
    _marks: list[_Street] = field(default_factory=list)
    _barrier_marks: list[_Barrier] = field(default_factory=list)
    _lands: list[tuple[bytes, str, str | None]] = field(default_factory=list)
    _stops: list[tuple[int, Codes]] = field(default_factory=list)
    _gates: list[tuple[int, int, float]] = field(default_factory=list)

    def add_line(self, tags: Mapping[str, str], keys: Iterable[int], lons: Iterable[int], lats: Iterable[int]) -> None:
        """A street, a barrier, both or neither, as the tables say."""
        marks = line_marks(tags)
        if marks.street:
            self._streets.add(keys, lons, lats)
            self._marks.append(marks.street)
        if marks.barrier:
            self._barriers.add(keys, lons, lats)
            self._barrier_marks.append(marks.barrier)

    def add_lines(
        self, marks_of_line: Sequence[LineMarks], points: tuple[IntArray, IntArray, IntArray], n_points: IntArray
    ) -> None:
        """Many lines at once: ``points`` are their keys, longitudes and latitudes, line after line."""
        streets, barriers = zip(*marks_of_line, strict=True) if marks_of_line else ((), ())
        for lines, marks in ((self._streets, streets), (self._barriers, barriers)):
            is_meant = np.array([mark is not None for mark in marks], dtype=np.bool_)
            is_on_it = np.repeat(is_meant, n_points)
            keys, lons, lats = (values[is_on_it] for values in points)
            lines.add_many(keys, lons, lats, n_points[is_meant])
        self._marks += [mark for mark in streets if mark]
        self._barrier_marks += [mark for mark in barriers if mark]

    def add_point(self, tags: Tags, key: int, lon: int, lat: int) -> None:
        """A gate or a bollard: what stops some of those who pass, or a way through a wall, or both."""
        rules = access_rules()
        codes = rules.stop(tags)
        if codes is not None:
            self._stops.append((key, codes))
        nearness_m = rules.gate_nearness_m(tags)
        if nearness_m is not None:
            self._gates.append((lon, lat, nearness_m))

    def add_land(self, tags: Tags, wkb: bytes) -> None:
        """A surface, if the table knows it."""
        kind = surroundings().land_kind(tags)
        if kind:
            self._lands.append((wkb, kind, name_of(tags)))

    @property
    def n_streets(self) -> int:
        """Street lines so far."""
        return len(self._marks)

    def finish(self, file_date: date | None) -> StreetFile:
        """All of it as arrays."""
        gates = np.array(self._gates, dtype=np.float64).reshape(-1, 3)
        return StreetFile(
            self._street_lines(),
            self._barrier_lines(),
            self._surfaces(),
            file_date,
            gates[:, :2] / PLACES_PER_DEGREE,
            gates[:, 2],
            self.n_missing_points,
            tuple(self.empty_rows),
            self.n_turns_over_ways,
            self.n_turns_timed,
            self.n_turns_broken,
        )

    def _street_lines(self) -> StreetLines:
        keys, points, starts = self._streets.arrays()
        marks = self._marks
        turns = np.array(self.turns, dtype=np.int64).reshape(-1, len(Turn._fields))
        return StreetLines(
            lonlat_of_point=points,
            key_of_point=keys,
            start_of_line=starts,
            highway_of_line=[street.highway for street in marks],
            name_of_line=[street.name for street in marks],
            access_of_line=np.array([street.access for street in marks], dtype=np.uint8).reshape(-1, N_TRAVELS),
            is_bridge_of_line=np.array([street.is_bridge for street in marks], dtype=np.bool_),
            is_tunnel_of_line=np.array([street.is_tunnel for street in marks], dtype=np.bool_),
            is_steps_of_line=np.array([street.is_steps for street in marks], dtype=np.bool_),
            max_kmh_of_line=np.array([street.max_kmh for street in marks], dtype=np.float32),
            key_of_stop=np.array([key for key, _ in self._stops], dtype=np.int64),
            access_of_stop=np.array([codes for _, codes in self._stops], dtype=np.uint8).reshape(-1, N_TRAVELS),
            from_key_of_turn=turns[:, 0],
            via_key_of_turn=turns[:, 1],
            to_key_of_turn=turns[:, 2],
            is_only_of_turn=turns[:, 3].astype(np.bool_),
            is_for_bike_of_turn=turns[:, 4].astype(np.bool_),
            is_for_car_of_turn=turns[:, 5].astype(np.bool_),
        )

    def _barrier_lines(self) -> Barriers:
        _, points, starts = self._barriers.arrays()
        marks = np.array([row[2:] for row in self._barrier_marks], dtype=np.bool_).reshape(-1, 2)
        kinds, names = [row.kind for row in self._barrier_marks], [row.name for row in self._barrier_marks]
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
