"""Working memory of searches, kept between questions: making it takes as long as asking from a hundred stations.

Each network has its own, for as long as it lives: as many as threads have used at once, at most one for every core.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from geo.compute.kernels import all_cores
from geo.compute.reach.search import Need, Search, need_of, new_search
from geo.compute.streets.net import Net, Stops

_idle_of_links: dict[int, deque[Search]] = {}
"""By the identity of the links of a network's skeleton: an array can be watched, a tuple cannot."""


@contextmanager
def kept_search(net: Net, stations: Stops, horizon_ds: int) -> Iterator[Search]:
    """Memory for searches from these stations as far as the horizon; nobody else has it meanwhile."""
    with kept_searches(net, stations, horizon_ds, 1) as (search,):
        yield search


@contextmanager
def kept_searches(net: Net, stations: Stops, horizon_ds: int, n: int) -> Iterator[list[Search]]:
    """The same for ``n`` threads.

    What was in use when something went wrong is not used again.
    """
    idle, need = _idle(net), need_of(net, stations, horizon_ds)
    searches = [_fitting(idle, need) or new_search(net, need) for _ in range(n)]
    yield searches
    # each thread finds its own again, which its core may still have at hand
    idle.extend(reversed(searches))


def _idle(net: Net) -> deque[Search]:
    """What nobody uses of a network's."""
    links = net.skeleton.links
    idle = _idle_of_links.get(id(links))
    if idle is None:
        # of several threads that come first, all get the one that was put there
        idle = _idle_of_links.setdefault(id(links), deque(maxlen=all_cores()))
        weakref.finalize(links, _idle_of_links.pop, id(links), None).atexit = False
    return idle


def _fitting(idle: deque[Search], need: Need) -> Search | None:
    """One that is large enough; those that are not are given up, as larger ones take their place."""
    while True:
        try:
            search = idle.pop()
        except IndexError:
            return None
        if need.is_met_by(search):
            return search
