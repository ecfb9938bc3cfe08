"""How every kernel is compiled: at its first use, kept on disk, and without holding Python's lock.

numba keeps compiled code by the kernel's own file and does not notice when a kernel that was compiled into it changes
in another file. So each state of a file and of all files of this folder that it imports has a cache of its own, under
``NUMBA_CACHE_DIR`` if that is set, else in ``__pycache__`` beside the sources, else (a tree that may only be read) in
the user's own cache folder.

Kernels that several threads run write to nothing that another of them reads or writes, but for the counters that they
claim from.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from geo.units import IntArray

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")
S = TypeVar("S")

KEPT = 4
"""How many earlier states of a file keep their cache: another process may be running from one."""

SHORT_WHILE = 1 << 13
"""Looks at a counter: some ten microseconds."""

IMPORTED = re.compile(r"^from geo\.([\w.]+) import", re.MULTILINE)

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
    """A file of kernels and what it imports: of this folder, directly or not, and for constants other files."""
    known, waiting = {file}, [file]
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        places = (FOLDER.parent.joinpath(*name.split(".")) for name in IMPORTED.findall(text))
        found = {place.with_suffix(".py") for place in places} - known
        found = {source for source in found if source.is_file()}
        known |= found
        waiting.extend(source for source in found if FOLDER in source.parents)
    return sorted(known)


@cache
def _cache_folder(file: Path) -> str:
    """Where the kernels of one file are kept; caches of its long-gone states are cleared away."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in _compiled_into(file))).hexdigest()
    base = _base()
    name = ".".join(file.relative_to(FOLDER).with_suffix("").parts)
    folder = base / f"kernels-{name}-{digest[:16]}"
    if not folder.exists():
        others = sorted(base.glob(f"kernels-{name}-*"), key=lambda other: other.stat().st_mtime)
        for other in others[:-KEPT]:
            shutil.rmtree(other, ignore_errors=True)
    return str(folder)


def _compiled(function: F, **options: Any) -> F:
    """Compile a function at its first use, or take it from the cache."""
    file = Path(function.__code__.co_filename)
    numba.config.CACHE_DIR = _cache_folder(file) if FOLDER in file.parents else GIVEN
    compiled: F = numba.njit(cache=True, nogil=True, **options)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile a function of arrays and numbers."""
    return _compiled(function)


def bare_kernel(function: F) -> F:
    """Compile a function that makes no array, and so need not count who holds those it is given.

    Threads that count the holders of an array they share wait for each other at every call.
    """
    return _compiled(function, _nrt=False)


def inlined_kernel(function: F) -> F:
    """Compile a function into every bare kernel that calls it: where the call itself would cost as much as its work."""
    compiled: F = numba.njit(inline="always", _nrt=False)(function)
    return compiled


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(_typing: Any, _word: Any) -> Any:
    """How many bits below the lowest one that is set; of a uint64 that is not 0. Within kernels only."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, _index: Any) -> Any:
    """Fetch the cache line of an item of a contiguous array (n,) ahead of its use. Within kernels only."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        place = builder.bitcast(builder.gep(data, [values[1]]), cgutils.voidptr_t)
        whole = cgutils.int32_t
        hint = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, whole, whole, whole])
        function = cgutils.get_or_insert_function(builder.module, hint, "llvm.prefetch.p0")
        builder.call(function, [place, whole(0), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.none(array, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def claim(_typing: Any, counter: Any, _n: Any) -> Any:
    """The next ``n`` numbers of a counter, an array (1,): the first of them. No two threads get the same.

    Within kernels only.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.atomic_rmw("add", data, values[1], "monotonic")

    return types.int64(counter, types.int64), generate


def new_counter(first: int = 0) -> IntArray:
    """What :func:`claim` counts with."""
    return np.array([first], np.int64)


def all_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that are kept, as starting them takes as long as a small search."""
    return ThreadPoolExecutor(max_workers=all_cores(), thread_name_prefix="kernel")


def n_workers(n_jobs: int, n_threads: int | None) -> int:
    """How many threads so many jobs are for; ``n_threads`` is all cores where None."""
    return max(min(n_threads or all_cores(), n_jobs), 1)


class Crew(NamedTuple):
    """Threads that run one kernel together and leave it together, and what they tell each other.

    A thread that leaves while another one holds Python's lock sleeps and is woken late: by as much as a small search
    takes. So whoever is done waits within the kernel for those that are about to be, and the first leaves before all
    others.
    """

    n_begun: IntArray
    n_done: IntArray
    may_leave: IntArray

    def first(self) -> Crew:
        """What the first of them is given."""
        return self._replace(may_leave=new_counter(1))


def new_crew() -> Crew:
    """One for every run."""
    return Crew(new_counter(), new_counter(), new_counter())


@bare_kernel
def enter(crew: Crew) -> None:
    """To be called as a kernel begins."""
    claim(crew.n_begun, 1)


@bare_kernel
def leave(crew: Crew) -> None:
    """To be called as a kernel ends. It takes a short while at most: who was held up is not waited for."""
    claim(crew.n_done, 1)
    for _ in range(SHORT_WHILE):
        if claim(crew.n_done, 0) >= claim(crew.n_begun, 0) and claim(crew.may_leave, 0) > 0:
            return


def on_threads(works: Sequence[Callable[[], None]], crew: Crew | None = None) -> None:
    """Run each of ``works`` on a thread of its own, the first on this one; each claims jobs until there are none left.

    As this thread does all that nobody else has claimed, it waits only for those that have begun. What needs Python's
    lock is best done before. With a ``crew``, all call :func:`enter` and :func:`leave`; what they
    give back is lost.
    """
    others = [_helpers().submit(work) for work in works[1:]]
    works[0]()
    if crew is not None:
        crew.may_leave[0] = 1
        if crew.n_done[0] == len(works):
            return
    for other in others:
        if not other.cancel():
            other.result()


def in_parts(work: Callable[[int, int], R], n: int, part: int, n_threads: int | None = None) -> Iterator[R]:
    """``work(first, last)`` over ``range(n)`` in parts; results in order, each as soon as it is there.

    Parts are small and handed out one by one, so that a core that is busy elsewhere does not hold up the others.
    ``n_threads`` is all cores where None.
    """
    yield from in_parts_with(lambda: None, lambda _, first, last: work(first, last), n, part, n_threads)


def in_parts_with(
    make_scratch: Callable[[], S], work: Callable[[S, int, int], R], n: int, part: int, n_threads: int | None = None
) -> Iterator[R]:
    """As :func:`in_parts`, with working memory made once for every thread."""
    free: list[S] = []

    def one(first: int) -> R:
        try:
            scratch = free.pop()
        except IndexError:
            scratch = make_scratch()
        try:
            return work(scratch, first, min(first + part, n))
        finally:
            free.append(scratch)

    n_at_once = n_workers(-(-n // part), n_threads)
    if n_at_once == 1:
        yield from map(one, range(0, n, part))
        return
    with ThreadPoolExecutor(max_workers=n_at_once) as pool:
        yield from pool.map(one, range(0, n, part))
