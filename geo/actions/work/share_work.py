"""Work on many things, shared with other processes where there are so many that starting these pays."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from geo.compute.kernels import all_cores
from geo.errors import GridcircleError

T = TypeVar("T")
R = TypeVar("R")

FEW = 60
"""For fewer things no process is started: that takes about two seconds, three communities of a city take a tenth."""


def helpers_for(n_things: int) -> int:
    """How many other processes to share the work on so many things with: one a core, this process having one."""
    return all_cores() - 1 if n_things >= FEW else 0


def each_worked(work: Callable[[T], R], things: Sequence[T], tell: Callable[[float], None], n_helpers: int) -> list[R]:
    """What ``work`` makes of each thing, in their order.

    This process takes things from the end, the helpers from the beginning, until they meet. What helpers that could
    not be started, or died, have left undone is done here.

    Parameters
    ----------
    work
        A function of a module, that answers alike wherever and whenever it is asked.
    things
        What can be sent to another process.
    tell
        Told the share done, 0 to 1; what it raises calls the work off.
    n_helpers
        How many processes to start; each is a fresh one that imports what it needs, and holds some 250 MB.

    Raises
    ------
    GridcircleError
        What ``work`` raises about the first thing of which it raises something.
    """
    if not n_helpers:
        return [_told(tell, number / len(things), work, thing) for number, thing in enumerate(things)]
    fresh = multiprocessing.get_context("spawn")  # a copy of a process with threads may hang
    pool = ProcessPoolExecutor(n_helpers, fresh, initializer=_end_with_parent)
    try:
        return _shared(pool, work, things, tell)
    finally:
        pool.shutdown(cancel_futures=True)


def _told(tell: Callable[[float], None], share: float, work: Callable[[T], R], thing: T) -> R:
    tell(share)
    return work(thing)


def _shared(
    pool: ProcessPoolExecutor, work: Callable[[T], R], things: Sequence[T], tell: Callable[[float], None]
) -> list[R]:
    asked = _asked(pool, work, things)
    for number in reversed(range(len(things))):
        tell(_share(asked))
        if not asked[number].cancel():
            break
        asked[number] = _done_here(work, things[number])
    for number, one in enumerate(asked):
        tell(_share(asked))
        if isinstance(one.exception(), BrokenProcessPool):
            asked[number] = _done_here(work, things[number])
    return [one.result() for one in asked]


def _asked(pool: ProcessPoolExecutor, work: Callable[[T], R], things: Sequence[T]) -> list[Future[R]]:
    """A promise a thing; those at the end that no helper took, as none can be started or all died, are nobody's."""
    others = set(multiprocessing.active_children())
    asked: list[Future[R]] = []
    try:
        with suppress(BrokenProcessPool):
            asked.extend(pool.submit(work, thing) for thing in things)
    except OSError:  # the machine gives no further process; the pool forgets those that it got, and they would wait on
        for helper in set(multiprocessing.active_children()) - others:
            helper.terminate()
    return asked + [Future() for _ in things[len(asked) :]]


def _share(asked: Sequence[Future[R]]) -> float:
    return sum(one.done() and not isinstance(one.exception(), BrokenProcessPool) for one in asked) / len(asked)


def _done_here(work: Callable[[T], R], thing: T) -> Future[R]:
    done: Future[R] = Future()
    try:
        done.set_result(work(thing))
    except GridcircleError as error:
        done.set_exception(error)
    return done


def _end_with_parent() -> None:
    """A helper whose parent is killed would wait for work for ever; that somebody breaks off is the parent's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
