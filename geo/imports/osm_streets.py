"""Streets of an OpenStreetMap extract by readers of our own: block by block into arrays, tags judged once per kind.

They know the extracts that everybody hands out: sorted by kind and id, packed by zlib, without history. Whatever else
comes, and whatever is damaged, is left to libosmium (:mod:`geo.files.osm`), which says the same more slowly. Surfaces
are always its work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from geo.compute.streets.osm_blocks import NODES, RELATIONS, WAYS, Block, block_of
from geo.compute.streets.osm_nodes import nodes_of
from geo.compute.streets.osm_places import rows_of, runs_of
from geo.compute.streets.osm_tags import Tags, Wanted
from geo.compute.streets.osm_ways import relations_of, ways_of
from geo.errors import BadFile
from geo.files import osm
from geo.files.osm_blobs import UnknownExtract, extract
from geo.files.osm_turns import KEYS_OF_TURNS, TurnReader, keys_of_turns
from geo.files.street_lines import Gatherer, LineMarks, StreetFile, keys_of_lines, keys_of_points, line_marks
from geo.rules.surroundings import KEYS_OF_LINES, KEYS_OF_POINTS
from geo.units import NONE, BoolArray, Int32Array, IntArray, UInt8Array

T = TypeVar("T")
AnyIntArray = IntArray | Int32Array

_KINDS_OF_MEMBERS = "nwr"
_RADIX = 2**32
"""A tag as one number: its key times this, and its value."""


def read_extract(path: Path, *, with_lands: bool = True) -> StreetFile:
    """As :func:`geo.files.osm.read_streets`, and equal to it; without the surfaces if they are not wanted.

    Raises
    ------
    BadFile
        If it is missing, empty, truncated or no PBF, or has no street in it.
    """
    with osm.reading(path):
        try:
            gatherer, file_date = _gathered(path)
        except UnknownExtract:
            return osm.read_streets(path, with_lands=with_lands)
        if not gatherer.n_streets:
            raise BadFile("osm_no_streets", path=path.name)
        if with_lands:
            osm.add_lands(path, gatherer)
    return gatherer.finish(file_date)


def _gathered(path: Path) -> tuple[Gatherer, date | None]:
    reader = _Reader()
    with extract(path) as file:
        for raw in file.blocks:
            reader.add(raw)
        said = file.said_date
    reader.hand_over()
    return reader.gatherer, said or reader.newest()


class _Raw(NamedTuple):
    """A block, and which of the wanted keys its texts are."""

    raw: bytes
    data: UInt8Array
    block: Block
    key_of_text: IntArray

    def texts(self, numbers: IntArray) -> Iterator[bytes]:
        return (self.raw[first:last] for first, last in self.block.span_of_text[numbers].tolist())


@dataclass
class _Keys:
    """All keys that say something of nodes, ways or relations."""

    names: list[str] = field(default_factory=lambda: sorted(keys_of_lines() | keys_of_points() | keys_of_turns()))
    number_of: dict[bytes, int] = field(init=False)

    def __post_init__(self) -> None:
        self.number_of = {name.encode(): number for number, name in enumerate(self.names)}

    def among(self, telling: tuple[str, ...]) -> BoolArray:
        return np.isin(self.names, telling)


@dataclass
class _Texts:
    """Values of tags, each once, whatever block they come from."""

    texts: list[str] = field(default_factory=list)
    number_of: dict[bytes, int] = field(default_factory=dict)

    def numbers(self, texts: Iterable[bytes]) -> list[int]:
        return [self._number(text) for text in texts]

    def _number(self, text: bytes) -> int:
        number = self.number_of.get(text)
        if number is None:
            number = self.number_of[text] = len(self.texts)
            try:
                self.texts.append(text.decode())
            except UnicodeDecodeError as error:
                raise UnknownExtract from error
        return number


@dataclass
class _Reader:
    """Takes blocks one by one and hands all they say to a gatherer."""

    gatherer: Gatherer = field(default_factory=Gatherer)
    _turns: TurnReader = field(default_factory=TurnReader)
    _keys: _Keys = field(default_factory=_Keys)
    _texts: _Texts = field(default_factory=_Texts)
    _last_kind: int = NODES
    _nodes: list[tuple[AnyIntArray, ...]] = field(default_factory=list)
    """Ids, longitudes, latitudes of every block."""
    _ways: list[tuple[AnyIntArray, ...]] = field(default_factory=list)
    """Ids, numbers of points, ids of points, marks of every block."""
    _newest_s: int = 0
    _marks: list[LineMarks] = field(default_factory=list)
    _number_of_marks: dict[bytes, int] = field(default_factory=dict)

    def add(self, raw: bytes) -> None:
        """One block."""
        data = np.frombuffer(raw, dtype=np.uint8)
        block = _known(block_of(data))
        kinds = block.kind_of_group[block.kind_of_group > 0]
        if (np.diff(kinds, prepend=self._last_kind) < 0).any():
            raise UnknownExtract
        number_of = self._keys.number_of
        keys = [number_of.get(raw[first:last], NONE) for first, last in block.span_of_text.tolist()]
        here = _Raw(raw, data, block, np.array(keys, dtype=np.int64))
        for kind, take in ((NODES, self._take_nodes), (WAYS, self._take_ways), (RELATIONS, self._take_relations)):
            if kind in kinds:
                take(here)
                self._last_kind = kind

    def _take_nodes(self, here: _Raw) -> None:
        found = _known(nodes_of(here.data, here.block, self._wanted(here, KEYS_OF_POINTS)))
        self._nodes.append((found.id_of_node, found.lon_of_node, found.lat_of_node))
        codes = self._codes(here, found.tags).tolist()
        places = np.column_stack([values[found.node_of_telling] for values in self._nodes[-1]]).tolist()
        for place, (first, last) in zip(places, pairwise(found.tags.start_of_thing.tolist()), strict=True):
            # Of two tags with one key, the first counts for a point and the last for a way.
            self.gatherer.add_point(self._tags(codes[first:last][::-1]), *place)

    def _take_ways(self, here: _Raw) -> None:
        found = _known(ways_of(here.data, here.block, self._wanted(here, KEYS_OF_LINES)))
        codes = self._codes(here, found.tags)
        said, starts = codes.tobytes(), (found.tags.start_of_thing * codes.itemsize).tolist()
        marks = [self._mark(said[first:last]) for first, last in pairwise(starts)]
        n_points = np.diff(found.start_of_way)
        self._ways.append((found.id_of_way, n_points, found.node_of_point, np.array(marks, dtype=np.int64)))
        self._newest_s = max(self._newest_s, int(found.edited_s_of_way.max(initial=0)))

    def _take_relations(self, here: _Raw) -> None:
        found = _known(relations_of(here.data, here.block, self._wanted(here, (*KEYS_OF_TURNS, *KEYS_OF_POINTS))))
        codes = self._codes(here, found.tags).tolist()
        roles = [self._texts.texts[number] for number in self._texts.numbers(here.texts(found.role_of_member))]
        kinds = [_KINDS_OF_MEMBERS[kind] for kind in found.kind_of_member.tolist()]
        members = list(zip(roles, kinds, found.member.tolist(), strict=True))
        tags, relations = pairwise(found.tags.start_of_thing.tolist()), pairwise(found.start_of_relation.tolist())
        for (first, last), (first_member, last_member) in zip(tags, relations, strict=True):
            self._turns.add_relation(self.gatherer, self._tags(codes[first:last]), members[first_member:last_member])

    def _wanted(self, here: _Raw, telling: tuple[str, ...]) -> Wanted:
        return Wanted(here.key_of_text, self._keys.among(telling))

    def _codes(self, here: _Raw, tags: Tags) -> IntArray:
        """(n_tags,) each as one number that means the same in all blocks."""
        texts, at = np.unique(tags.text_of_tag, return_inverse=True)
        return tags.key_of_tag * _RADIX + np.array(self._texts.numbers(here.texts(texts)), dtype=np.int64)[at]

    def _tags(self, codes: list[int]) -> dict[str, str]:
        return {self._keys.names[code // _RADIX]: self._texts.texts[code % _RADIX] for code in codes}

    def _mark(self, said: bytes) -> int:
        """What some tags say; equal ones are judged once."""
        number = self._number_of_marks.get(said)
        if number is None:
            number = self._number_of_marks[said] = len(self._marks)
            self._marks.append(line_marks(self._tags(np.frombuffer(said, dtype=np.int64).tolist())))
        return number

    def newest(self) -> date | None:
        """The day of the last edit; None where the file has no days."""
        newest = datetime.fromtimestamp(self._newest_s, tz=UTC).date()
        return newest if newest.year > osm.FIRST_YEAR else None

    def hand_over(self) -> None:
        """Lines and turns, now that all nodes and ways are known."""
        if not self._ways:
            return
        ids, lons, lats = _joined(self._nodes, 3)
        if len(ids) and (ids[0] <= 0 or (ids[1:] <= ids[:-1]).any()):
            raise UnknownExtract
        self._nodes.clear()
        way, n_points, node_of_point, mark_of_way = _joined(self._ways, 4)
        self._ways.clear()
        start_of_way = np.concatenate([[0], np.cumsum(n_points)])
        row_of_point = rows_of(ids, node_of_point)
        self.gatherer.n_missing_points += int((row_of_point == NONE).sum())
        way_of_run, span_of_run = runs_of(start_of_way, row_of_point)
        is_on_run = np.zeros(len(row_of_point) + 1, dtype=np.int8)
        is_on_run[span_of_run[:, 0]] += 1
        is_on_run[span_of_run[:, 1]] -= 1
        point = np.flatnonzero(np.cumsum(is_on_run[:-1]))
        row = row_of_point[point]
        marks = [self._marks[mark] for mark in mark_of_way[way_of_run].tolist()]
        points = (node_of_point[point], lons[row].astype(np.int64), lats[row].astype(np.int64))
        self.gatherer.add_lines(marks, points, np.diff(span_of_run)[:, 0])
        for at in np.flatnonzero(np.isin(way, list(self._turns.ways))).tolist():
            self._turns.ways[int(way[at])] = node_of_point[start_of_way[at] : start_of_way[at + 1]].tolist()
        self._turns.hand_over(self.gatherer)


def _known(value: T | None) -> T:
    if value is None:
        raise UnknownExtract
    return value


def _joined(blocks: list[tuple[AnyIntArray, ...]], n_columns: int) -> tuple[Any, ...]:
    """Columns of all blocks, one behind the other."""
    if not blocks:
        return tuple(np.empty(0, dtype=np.int64) for _ in range(n_columns))
    return tuple(np.concatenate(column) for column in zip(*blocks, strict=True))
