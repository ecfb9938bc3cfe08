"""Work shared with another process: the same answers, errors and end as without."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.actions.work.share_work import each_worked
from geo.compute.units.near import are_near
from geo.errors import BadGeometry, Cancelled


def doubled(number: int) -> int:
    if number < 0:
        raise BadGeometry("unit_community_broken", code=str(number), name="")
    if number == 0 and multiprocessing.parent_process() is not None:
        os._exit(3)
    return 2 * number


def test_answers_come_in_order_and_are_the_same() -> None:
    things, shares = list(range(1, 40)), list[float]()
    assert each_worked(doubled, things, shares.append, 1) == each_worked(doubled, things, lambda _: None, 0)
    assert shares == sorted(shares)


def test_the_first_error_counts() -> None:
    with pytest.raises(BadGeometry) as broken:
        each_worked(doubled, [1, -2, 3, -4], lambda _: None, 1)
    assert broken.value.evidence["code"] == "-2"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_helper_that_died_left_is_done_here() -> None:
    """The thread of a pool that breaks may stumble over a promise that was just taken back (CPython 3.11)."""
    assert each_worked(doubled, [0, 0, 1, 2], lambda _: None, 1) == [0, 0, 2, 4]


def test_where_no_process_can_be_started_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(ProcessPoolExecutor, "_launch_processes", refuse)
    assert each_worked(doubled, [1, 2, 3], lambda _: None, 2) == [2, 4, 6]


def told_who(place: str) -> None:
    """Tell the number of this process, if it is a helper, and work on until there is a file that ends it."""
    if multiprocessing.parent_process() is not None:
        Path(place).with_suffix(".part").write_text(str(os.getpid()))
        Path(place).with_suffix(".part").rename(place)
        until(Path(place).with_name("end").exists)
        Path(place).with_suffix(".done").touch()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_helper_ends_with_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    """At once where this is killed; where both are broken off, as by Ctrl-C, after what it is at and without a word."""
    place, script = tmp_path / "helper", tmp_path / "parent.py"
    places = [str(tmp_path / name) for name in ("helper", "next", "last")]
    script.write_text(f"""
import signal
import time
from tests.pure.test_share_work import told_who
from geo.actions.work.share_work import each_worked
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs behind it ignore this
    each_worked(told_who, {places}, lambda _: time.sleep(0.01), 1)
""")
    path = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, env=path, stderr=subprocess.PIPE, text=True, start_new_session=True) as parent:
        until(place.exists)
        helper = int(place.read_text())
        if how == signal.SIGKILL:
            parent.kill()
        else:
            os.killpg(parent.pid, how)
            place.with_name("end").touch()
        until(lambda: not is_running(helper))
        assert parent.communicate()[1].count("Traceback") == (how == signal.SIGINT)
        assert place.with_suffix(".done").exists() == (how == signal.SIGINT)


def test_it_can_be_called_off() -> None:
    def stop(_share: float) -> None:
        raise Cancelled("job_cancelled")

    with pytest.raises(Cancelled):
        each_worked(doubled, [1, 2], stop, 1)
    assert not multiprocessing.active_children()


def test_places_are_near_pieces_as_geos_has_it() -> None:
    rng = np.random.default_rng(5)
    pieces = rng.integers(0, 60, (80, 2, 2)).astype(np.float64)
    pieces[:5, 1] = pieces[:5, 0]
    xy = rng.integers(-20, 160, (3000, 2)) / 2
    one = shapely.STRtree(shapely.linestrings(pieces)).query(shapely.points(xy), "dwithin", distance=2.0)[0]
    assert np.array_equal(np.flatnonzero(are_near(xy, pieces, 2.0)), np.unique(one))
    assert not are_near(xy, np.zeros((0, 2, 2)), 2.0).any()
