"""A shelf of folders with arrays: what took long to make, kept to be mapped into memory again.

Every folder is one thing under one key. It is written aside and then renamed, so that it is there whole or not at all,
and checked when it is taken from the shelf: a folder of another form, cut short or missing files is as good as none.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORM = 1
"""Raised whenever the same key would stand for something else, be it in another layout or computed otherwise."""

KEPT = 3
"""How many folders of one kind are kept: another process may be reading an earlier one."""

MAPPED_BYTES = 65_536
"""Arrays below this are read: a mapping of its own costs more than the copy."""

MAKING = ".making-"
LABEL = "label.json"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Shelf:
    """Folders of arrays, by kind and key."""

    folder: Path

    def take(self, kind: str, key: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """The arrays and notes that were put there; None where there are none that can be used.

        Large arrays are mapped: pages are read when they are looked at, writing changes this process's copy only.
        """
        folder = self._place(kind, key)
        try:
            label = json.loads((folder / LABEL).read_text(encoding="utf-8"))
            if (label["form"], label["key"]) != (FORM, key):
                return None
            arrays = {name: _mapped(folder / f"{name}.npy") for name in label["arrays"]}
            if any(_told(array) != label["arrays"][name] for name, array in arrays.items()):
                return None
            folder.touch()
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            return None
        return arrays, label["notes"]

    def put(self, kind: str, key: str, arrays: Arrays, notes: Mapping[str, Any]) -> bool:
        """Keep arrays and notes (whatever JSON can say). False where the disk does not take them: nothing is lost."""
        label = {
            "form": FORM,
            "key": key,
            "arrays": {name: _told(array) for name, array in arrays.items()},
            "notes": dict(notes),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            making = Path(tempfile.mkdtemp(prefix=MAKING, dir=self.folder))
            for name, array in arrays.items():
                np.save(making / f"{name}.npy", array)
            (making / LABEL).write_text(json.dumps(label, ensure_ascii=False), encoding="utf-8")
            shutil.rmtree(self._place(kind, key), ignore_errors=True)
            making.rename(self._place(kind, key))
        except OSError:
            return False
        self._clear(f"{kind}-*")
        self._clear(f"{MAKING}*")
        return True

    def _place(self, kind: str, key: str) -> Path:
        return self.folder / f"{kind}-{key[:32]}"

    def _clear(self, pattern: str) -> None:
        """Only the folders that were taken or put last stay."""
        folders = [(folder.stat().st_mtime_ns, folder) for folder in self.folder.glob(pattern)]
        for _, folder in sorted(folders)[:-KEPT]:
            shutil.rmtree(folder, ignore_errors=True)


def _told(array: NDArray[Any]) -> list[Any]:
    """Kind of number and shape, as JSON has them."""
    return [array.dtype.str, list(array.shape)]


def _mapped(path: Path) -> NDArray[Any]:
    """The array, as one that may be written: what is compiled for such arrays need not be compiled again."""
    is_small = path.stat().st_size < MAPPED_BYTES
    return np.asarray(np.load(path, mmap_mode=None if is_small else "c", allow_pickle=False))
