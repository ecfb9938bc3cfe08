"""Arrays on the shelf come back as they were put there, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from geo.files.arrays import KEPT, Shelf
from geo.files.packed import packed, unpacked

KEY = "a" * 64
LARGE = np.arange(100_000, dtype=np.int64).reshape(-1, 2)


class Inner(NamedTuple):
    values: np.ndarray
    size_m: float


@dataclass(frozen=True)
class Outer:
    ids: tuple[int, ...]
    day: date | None
    inner: Inner
    names: Sequence[str | None]
    classes: Sequence[str]
    nothing: np.ndarray


def record(**changes: object) -> Outer:
    values = {
        "ids": (3, 5),
        "day": date(2026, 3, 1),
        "inner": Inner(LARGE, np.inf),
        "names": ["学府路", None, "a\nb", "学府路", "None"],
        "classes": ["path"] * 3,
        "nothing": np.empty((0, 2)),
    }
    return Outer(**{**values, **changes})  # type: ignore[arg-type]


def same(one: Outer, other: Outer) -> bool:
    return (
        (one.ids, one.day, one.inner.size_m) == (other.ids, other.day, other.inner.size_m)
        and (tuple(one.names), tuple(one.classes)) == (tuple(other.names), tuple(other.classes))
        and np.array_equal(one.inner.values, other.inner.values)
        and (one.nothing.shape, one.nothing.dtype) == (other.nothing.shape, other.nothing.dtype)
    )


@pytest.mark.parametrize(
    "changes", [{}, {"day": None}, {"ids": ()}, {"names": [], "classes": []}, {"names": [None, None]}]
)
def test_what_is_put_on_the_shelf_comes_back(tmp_path: Path, changes: dict[str, object]) -> None:
    shelf = Shelf(tmp_path / "not" / "there")
    assert shelf.take("thing", KEY) is None
    assert shelf.put("thing", KEY, *packed(record(**changes)))
    found = shelf.take("thing", KEY)
    assert found is not None
    assert same(unpacked(Outer, *found), record(**changes))
    assert shelf.take("other", KEY) is None


def test_writing_into_an_array_leaves_the_shelf_as_it_was(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("thing", KEY, {"large": LARGE, "small": LARGE[:3]}, {})
    for _ in range(2):
        arrays, _notes = shelf.take("thing", KEY) or ({}, {})
        assert (arrays["large"] == LARGE).all()
        assert (arrays["small"] == LARGE[:3]).all()
        for array in arrays.values():
            array[0] = -1


def cut_short(folder: Path) -> None:
    file = folder / "inner.values.npy"
    file.write_bytes(file.read_bytes()[:-8])


def of_another_shape(folder: Path) -> None:
    np.save(folder / "inner.values.npy", LARGE[:-1])


def relabelled(old: str, new: str) -> Callable[[Path], None]:
    def relabel(folder: Path) -> None:
        label = folder / "label.json"
        label.write_text(label.read_text("utf-8").replace(old, new), "utf-8")

    return relabel


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        of_another_shape,
        lambda folder: (folder / "names.number.npy").unlink(),
        lambda folder: (folder / "names.texts.npy").write_bytes(b""),
        lambda folder: (folder / "label.json").unlink(),
        lambda folder: (folder / "label.json").write_text("{"),
        lambda folder: (folder / "label.json").write_text("[]"),
        relabelled('"form": 1', '"form": 0'),
        relabelled(KEY, KEY[:-1] + "b"),
    ],
)
def test_what_is_damaged_is_not_there_and_can_be_put_there_again(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("thing", KEY, *packed(record()))
    (folder,) = tmp_path.iterdir()
    damage(folder)
    assert shelf.take("thing", KEY) is None
    assert shelf.put("thing", KEY, *packed(record()))
    assert shelf.take("thing", KEY) is not None


def test_a_record_with_other_fields_is_told() -> None:
    arrays, notes = packed(record())
    del notes["ids"]
    with pytest.raises(KeyError):
        unpacked(Outer, arrays, notes)


def test_only_the_last_few_of_a_kind_stay(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    keys = [f"{number:032d}" for number in range(KEPT + 2)]
    shelf.put("other", keys[0], {}, {})
    for number, key in enumerate(keys):
        shelf.put("thing", key, {"large": LARGE}, {"number": number})
        shelf.take("thing", keys[0])  # in use, so it stays
    there = [number for number, key in enumerate(keys) if shelf.take("thing", key)]
    assert there == [0, *range(3, KEPT + 2)]
    assert shelf.take("other", keys[0]) is not None
    assert not [folder for folder in tmp_path.iterdir() if folder.name.startswith(".")]


def test_a_place_that_takes_nothing_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    shelf = Shelf(tmp_path / "file")
    assert not shelf.put("thing", KEY, {"large": LARGE}, {})
    assert shelf.take("thing", KEY) is None
