"""How every kernel is compiled: at its first use, kept on disk, and without holding Python's lock.

numba keeps compiled code by the kernel's own file and does not notice when a kernel that was compiled into it changes
in another file. So each state of a file and of all files of this folder that it imports has a cache of its own, under
``NUMBA_CACHE_DIR`` if that is set, else in ``__pycache__`` beside the sources, else (a tree that may only be read) in
the user's own cache folder.

Kernels that a pool of threads runs share nothing but what they read.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

KEPT = 4
"""How many earlier states of a file keep their cache: another process may be running from one."""

IMPORTED = re.compile(r"^from geo\.compute\.(\w+) import", re.MULTILINE)

FOLDER = Path(__file__).parent
GIVEN = numba.config.CACHE_DIR
"""``NUMBA_CACHE_DIR``, or empty."""


def _base() -> Path:
    """Where all caches are kept."""
    beside = FOLDER / "__pycache__"
    if GIVEN:
        return Path(GIVEN)
    if os.access(beside if beside.exists() else FOLDER, os.W_OK):
        return beside
    return Path.home() / ".cache" / "gridcircle"


def _compiled_into(file: Path) -> list[Path]:
    """A file of kernels and, directly or not, those of this folder that it imports."""
    known, waiting = {file}, [file]
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        found = {FOLDER / f"{name}.py" for name in IMPORTED.findall(text)} - known
        known |= found
        waiting.extend(found)
    return sorted(known)


@cache
def _cache_folder(file: Path) -> str:
    """Where the kernels of one file are kept; caches of its long-gone states are cleared away."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in _compiled_into(file))).hexdigest()
    base = _base()
    folder = base / f"kernels-{file.stem}-{digest[:16]}"
    if not folder.exists():
        others = sorted(base.glob(f"kernels-{file.stem}-*"), key=lambda other: other.stat().st_mtime)
        for other in others[:-KEPT]:
            shutil.rmtree(other, ignore_errors=True)
    return str(folder)


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers."""
    file = Path(function.__code__.co_filename)
    numba.config.CACHE_DIR = _cache_folder(file) if file.parent == FOLDER else GIVEN
    compiled: F = numba.njit(cache=True, nogil=True)(function)
    return compiled


def in_parts(work: Callable[[int, int], R], n: int, part: int) -> Iterator[R]:
    """``work(first, last)`` over ``range(n)`` in parts, on all cores; results in order, each as soon as it is there.

    Parts are small and handed out one by one, so that a core that is busy elsewhere does not hold up the others.
    """
    bounds = [(first, min(first + part, n)) for first in range(0, n, part)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from pool.map(lambda bound: work(*bound), bounds)
