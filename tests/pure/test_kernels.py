"""The cache of compiled code follows the sources."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from geo.compute.kernels import Crew, bare_kernel, claim, enter, kernel, leave, new_counter, new_crew, on_threads

INNER = """
from geo.compute.kernels import kernel

@kernel
def inner(x):
    return x + {number}
"""
OUTER = """
from geo.compute.kernels import kernel
from geo.compute.room.inner import inner

@kernel
def outer(x):
    return inner(x) * 100
"""
ROOT = Path(__file__).parents[2]


def town(folder: Path, number: int) -> int:
    """What a kernel of one file says that has a kernel of another file compiled into it."""
    compute = folder / "geo" / "compute"
    (compute / "room").mkdir(parents=True, exist_ok=True)
    (compute / "kernels.py").write_bytes((ROOT / "geo" / "compute" / "kernels.py").read_bytes())
    (compute / "room" / "inner.py").write_text(INNER.format(number=number), encoding="utf-8")
    (compute / "outer.py").write_text(OUTER, encoding="utf-8")
    # without bytecode of Python's own, which does not notice a change of the same length within one second
    command = [sys.executable, "-c", "from geo.compute.outer import outer; print(outer(1))"]
    answer = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
    )
    return int(answer.stdout)


def test_a_kernel_compiled_into_another_is_not_left_behind(tmp_path: Path) -> None:
    assert [town(tmp_path, number) for number in (1, 2)] == [200, 300]


def test_caches_of_long_gone_sources_are_cleared(tmp_path: Path) -> None:
    cache = tmp_path / "geo" / "compute" / "__pycache__"
    for number in range(8):
        (cache / f"kernels-room.inner-{number}").mkdir(parents=True)
    town(tmp_path, 1)
    left = {folder.name for folder in cache.glob("kernels-room.inner-*")}
    assert len(left) == 5
    assert len(left - {f"kernels-room.inner-{number}" for number in range(8)}) == 1


def test_a_change_elsewhere_costs_no_compilation(tmp_path: Path) -> None:
    town(tmp_path, 1)
    cache = tmp_path / "geo" / "compute" / "__pycache__"
    before = set(cache.glob("kernels-*"))
    (tmp_path / "geo" / "compute" / "apart.py").write_text("KEPT = 1\n", encoding="utf-8")
    town(tmp_path, 1)
    assert set(cache.glob("kernels-*")) == before


class Pair(NamedTuple):
    one: Any
    other: Any


@pytest.mark.parametrize(("compiled", "counts"), [(kernel, True), (bare_kernel, False)])
def test_a_bare_kernel_counts_no_holders(compiled: Any, counts: bool) -> None:
    """What makes threads wait for each other: a counter of every array, changed at every call."""

    def first_of(values: Any) -> float:
        return float(values[0])

    inner = compiled(first_of)

    def of_both(pair: Pair) -> float:
        return inner(pair.one) + inner(pair.other)  # type: ignore[no-any-return]

    both = compiled(of_both)
    assert both(Pair(np.ones(3), np.ones(3))) == 2
    assert ("NRT_incref" in "".join(both.inspect_llvm().values())) == counts


@kernel
def claim_all(counter: Any, taken: Any) -> int:
    n = 0
    while True:
        first = claim(counter, 3)
        if first >= len(taken):
            return n
        taken[first : first + 3] += 1
        n += 1


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_threads_claim_everything_once(n_threads: int) -> None:
    counter, taken = new_counter(), np.zeros(30_000, np.int64)
    on_threads([lambda: claim_all(counter, taken)] * n_threads)
    assert taken.tolist() == [1] * 30_000


def test_a_fault_on_another_thread_is_told() -> None:
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        on_threads([work] * 2)


@bare_kernel
def claim_together(counter: Any, taken: Any, crew: Crew) -> None:
    enter(crew)
    while True:
        first = claim(counter, 1)
        if first >= len(taken):
            break
        taken[first] += 1
    leave(crew)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_whoever_leaves_together_has_done_everything(n_threads: int) -> None:
    for _ in range(200):
        counter, taken, crew = new_counter(), np.zeros(300, np.int64), new_crew()
        crews = [crew.first(), *[crew] * (n_threads - 1)]
        on_threads([partial(claim_together, counter, taken, its) for its in crews], crew)
        assert taken.tolist() == [1] * 300
        # whoever had begun is done, or else will find nothing left to claim
        assert crew.n_begun[0] == crew.n_done[0] <= n_threads


def test_nobody_waits_for_ever_for_those_who_are_held_up() -> None:
    crew = new_crew()
    enter(crew)
    enter(crew)
    leave(crew.first())
    leave(crew)
    assert crew.n_done[0] == 2


def test_a_fault_on_another_thread_is_told_though_they_leave_together() -> None:
    counter, crew = new_counter(), new_crew()

    def fail() -> None:
        raise ZeroDivisionError

    first = partial(claim_together, counter, np.zeros(3, np.int64), crew.first())
    has_begun = threading.Event()

    def begin_and_fail() -> None:
        has_begun.set()
        fail()

    def wait_and_work() -> None:
        assert has_begun.wait(10)
        first()

    with pytest.raises(ZeroDivisionError):
        on_threads([wait_and_work, begin_and_fail], crew)
