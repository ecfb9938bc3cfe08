"""Two loops that numpy cannot say: following a chain of steps to the next junction, and what hangs together."""

from __future__ import annotations

import numpy as np

from geo.compute.groups import grouped
from geo.compute.kernels import kernel
from geo.units import BoolArray, IntArray


def chains_of(
    from_of_step: IntArray, to_of_step: IntArray, is_junction_of_place: BoolArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Steps strung together from junction to junction; a place that other than two steps touch is one in any case.

    Parameters
    ----------
    from_of_step, to_of_step
        (n_steps,) places; no step from a place to itself, no two steps between the same two places.
    is_junction_of_place
        (n_places,) what else is one.

    Returns
    -------
    place_of_stop
        Places along all chains, one chain after another. A ring without a junction starts and ends at its lowest place.
    start_of_chain
        (n_chains + 1,) offsets into the stops.
    step_of_leg
        (n_steps,) the steps in the order in which the chains use them: one fewer per chain than it has stops.
    """
    n_steps = len(from_of_step)
    touching = np.concatenate([from_of_step, to_of_step]).astype(np.int32)
    first_of_place, touch = grouped(touching, len(is_junction_of_place))
    is_junction = is_junction_of_place | (np.diff(first_of_place) != 2)
    step_at = (touch % np.int32(max(n_steps, 1))).astype(np.int64)
    place_of_stop = np.empty(2 * n_steps, dtype=np.int64)
    start_of_chain = np.zeros(n_steps + 1, dtype=np.int64)
    step_of_leg = np.empty(n_steps, dtype=np.int64)
    used_of_step = np.zeros(n_steps, dtype=np.bool_)
    n_stops = n_chains = n_legs = 0
    for of_rings in (False, True):
        n_stops, n_chains, n_legs = _follow(
            (from_of_step + to_of_step, first_of_place, step_at, is_junction, is_junction != of_rings),
            (place_of_stop, start_of_chain, step_of_leg, used_of_step),
            (n_stops, n_chains, n_legs),
        )
    return place_of_stop[:n_stops], start_of_chain[: n_chains + 1], step_of_leg


@kernel
def _follow(
    steps: tuple[IntArray, IntArray, IntArray, BoolArray, BoolArray],
    chains: tuple[IntArray, IntArray, IntArray, BoolArray],
    counts: tuple[int, int, int],
) -> tuple[int, int, int]:
    """Follow every unused step that leaves a place where chains may start, until the next junction."""
    ends_sum_of_step, first_of_place, step_at, is_junction_of_place, may_start_of_place = steps
    place_of_stop, start_of_chain, step_of_leg, used_of_step = chains
    n_stops, n_chains, n_legs = counts
    for start in range(len(may_start_of_place)):
        if not may_start_of_place[start]:
            continue
        for slot in range(first_of_place[start], first_of_place[start + 1]):
            step = step_at[slot]
            if used_of_step[step]:
                continue
            place = start
            place_of_stop[n_stops] = place
            n_stops += 1
            while True:
                used_of_step[step] = True
                step_of_leg[n_legs] = step
                n_legs += 1
                place = ends_sum_of_step[step] - place
                place_of_stop[n_stops] = place
                n_stops += 1
                first = first_of_place[place]
                if place == start or is_junction_of_place[place]:
                    break
                step = step_at[first + 1] if step_at[first] == step else step_at[first]
            n_chains += 1
            start_of_chain[n_chains] = n_stops
    return n_stops, n_chains, n_legs


@kernel
def component_of_node(from_of_edge: IntArray, to_of_edge: IntArray, n_nodes: int) -> IntArray:
    """Which nodes hang together.

    Parameters
    ----------
    from_of_edge, to_of_edge
        (n_edges,) nodes; loops and parallel edges are allowed.
    n_nodes
        Number of nodes.

    Returns
    -------
    component_of_node
        (n_nodes,) the lowest node of the component; a node without an edge is one of its own.

    Source
    ------
    Union by lowest root with path halving: Tarjan and van Leeuwen (1984), J. ACM 31, 245-281.
    """
    root_of_node = np.arange(n_nodes)
    for edge in range(len(from_of_edge)):
        one, other = from_of_edge[edge], to_of_edge[edge]
        while root_of_node[one] != one:
            root_of_node[one] = root_of_node[root_of_node[one]]
            one = root_of_node[one]
        while root_of_node[other] != other:
            root_of_node[other] = root_of_node[root_of_node[other]]
            other = root_of_node[other]
        if one != other:
            root_of_node[max(one, other)] = min(one, other)
    for node in range(n_nodes):
        root_of_node[node] = root_of_node[root_of_node[node]]
    return root_of_node
