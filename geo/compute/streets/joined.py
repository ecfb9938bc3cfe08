"""Streets of several sources, cut anew as one network."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from geo.compute.streets.network import build_network
from geo.compute.streets.steps import freer, turned
from geo.streets import CLOSED, N_TRAVELS, StreetGraph, StreetLines, StreetNetwork, place_keys
from geo.units import BoolArray, Int32Array, IntArray, UInt8Array


def joined(graph: StreetGraph) -> StreetGraph:
    """The graph of several live networks, cut anew where one network's ways touch the other's.

    A path of one's own that ends halfway along a street of another file then meets that street, ways that two files
    both have are taken once, and the length of a component counts all files. Gates and bollards stay in the ways, turn
    restrictions stay at their junctions. One network comes back as it is.
    """
    if len(graph.network_ids) < 2:
        return graph
    return replace(graph, **graph_parts(build_network(_lines(graph))))


_SHARED = tuple({field.name for field in fields(StreetNetwork)} & {field.name for field in fields(StreetGraph)})


def graph_parts(network: StreetNetwork) -> dict[str, Any]:
    """What a network says in the words of a :class:`StreetGraph`: all its nodes, pieces and turns."""
    return {name: getattr(network, name) for name in _SHARED}


def _lines(graph: StreetGraph) -> StreetLines:
    """Pieces as lines whose places are known by their coordinates; links across gates as what stops there."""
    keys = place_keys(graph.lonlat_of_point)
    key_of_node = place_keys(graph.lonlat_of_node)
    nobody = np.zeros(len(graph.length_m_of_piece), dtype=np.bool_)
    key_of_stop, access_of_stop = _stops(graph, keys)
    return StreetLines(
        lonlat_of_point=graph.lonlat_of_point,
        key_of_point=keys,
        start_of_line=graph.start_of_piece,
        highway_of_line=graph.highway_of_piece,
        name_of_line=graph.name_of_piece,
        access_of_line=graph.access_of_piece,
        is_bridge_of_line=nobody,
        is_tunnel_of_line=nobody,
        is_steps_of_line=graph.is_steps_of_piece,
        max_kmh_of_line=graph.max_kmh_of_piece,
        key_of_stop=key_of_stop,
        access_of_stop=access_of_stop,
        from_key_of_turn=_key_beside(graph, keys, graph.from_piece_of_turn),
        via_key_of_turn=key_of_node[graph.via_node_of_turn],
        to_key_of_turn=_key_beside(graph, keys, graph.to_piece_of_turn),
        is_only_of_turn=graph.is_only_of_turn,
        is_for_bike_of_turn=graph.is_for_bike_of_turn,
        is_for_car_of_turn=graph.is_for_car_of_turn,
    )


def _stops(graph: StreetGraph, keys: IntArray) -> tuple[IntArray, UInt8Array]:
    """Where links are, and who passes them, in whichever direction.

    A link bears what the ways beside it allow as well; of several at one place the freest is nearest to the gate's own.
    """
    links = np.flatnonzero(is_link(graph))
    access = freer(graph.access_of_piece[links], turned(graph.access_of_piece[links]))
    places, place_of_link = np.unique(keys[graph.start_of_piece[links]], return_inverse=True)
    access_of_place = np.full((len(places), N_TRAVELS), CLOSED, dtype=np.uint8)
    for place, row in zip(place_of_link.tolist(), access, strict=True):
        access_of_place[place] = freer(access_of_place[place], row)
    return places, access_of_place


def is_link(graph: StreetGraph) -> BoolArray:
    """(n_pieces,) whether a piece merely joins the two sides of a gate or bollard."""
    return np.asarray((graph.length_m_of_piece == 0) & (graph.from_node_of_piece != graph.to_node_of_piece))


def _key_beside(graph: StreetGraph, keys: IntArray, piece_of_turn: Int32Array) -> IntArray:
    """The place next to the turn's node along a piece."""
    begins_here = graph.from_node_of_piece[piece_of_turn] == graph.via_node_of_turn
    return keys[
        np.where(begins_here, graph.start_of_piece[piece_of_turn] + 1, graph.start_of_piece[piece_of_turn + 1] - 2)
    ]
