"""``gridcircle warm``: compile what is compiled on first use, so that no first request waits for it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from geo.actions.warm import warm as warm_kernels
from geo.actions.warm import warm_the_rest
from geo.cli.output import Json, answer, language, progress
from geo.words import sentence


def warm(as_json: Json = False) -> None:
    """Compile the computation once; later starts read it from the cache."""
    # a process compiles on one core only; what the second one has compiled, the first finds in the cache
    with progress("warming"), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as second:
        ahead = second.submit(warm_the_rest)
        warm_kernels()
        ahead.result()
    answer({"warm": True}, [sentence("warm", language())], as_json=as_json)
