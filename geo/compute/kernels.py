"""How every kernel is compiled: at its first use, kept on disk, and without holding Python's lock.

numba keeps compiled code by the kernel's own file and does not notice when a kernel that was compiled into it changes
in another file. So each state of this folder's sources has a cache of its own, under ``NUMBA_CACHE_DIR`` if that is
set, else in ``__pycache__`` beside the sources, else (a tree that may only be read) in the user's own cache folder.

Kernels that a pool of threads runs share nothing but what they read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

KEPT = 4
"""How many earlier states keep their cache: another process may be running from one."""


def _cache_folder(sources: Path) -> Path:
    """Where the kernels of these sources are kept; caches of long-gone states are cleared away."""
    beside = sources / "__pycache__"
    if numba.config.CACHE_DIR:
        base = Path(numba.config.CACHE_DIR)
    elif os.access(beside if beside.exists() else sources, os.W_OK):
        base = beside
    else:
        base = Path.home() / ".cache" / "gridcircle"
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(sources.glob("*.py")))).hexdigest()
    folder = base / f"kernels-{digest[:16]}"
    if not folder.exists():
        others = sorted(base.glob("kernels-*"), key=lambda other: other.stat().st_mtime)
        for other in others[:-KEPT]:
            shutil.rmtree(other, ignore_errors=True)
    return folder


numba.config.CACHE_DIR = str(_cache_folder(Path(__file__).parent))


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers."""
    compiled: F = numba.njit(cache=True, nogil=True)(function)
    return compiled


def in_parts(work: Callable[[int, int], R], n: int, part: int) -> Iterator[R]:
    """``work(first, last)`` over ``range(n)`` in parts, on all cores; results in order, each as soon as it is there.

    Parts are small and handed out one by one, so that a core that is busy elsewhere does not hold up the others.
    """
    bounds = [(first, min(first + part, n)) for first in range(0, n, part)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from pool.map(lambda bound: work(*bound), bounds)
