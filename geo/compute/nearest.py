"""From times at nodes to times of homes and stations: the last part of every walk, along a piece and its connector."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import in_parts, kernel
from geo.compute.reach import (
    Reached,
    Stops,
    StopsOfPieces,
    Walk,
    nearest_of_nodes,
    new_search,
    spread,
    stops_of_pieces,
)
from geo.units import NONE, FloatArray, Int32Array

STATIONS_PER_PART = 8
FAR_DS = 2**30
"""Later than any horizon, and far enough from the largest number that a walk can be added."""


def nearest_of_homes(walk: Walk, stations: Stops, homes: Stops, horizon_ds: int) -> tuple[Int32Array, Int32Array]:
    """Time from every home to its nearest station, and which that is.

    Parameters
    ----------
    walk
        The network.
    stations
        Joints of the stations; their order is the order of ties, lowest first.
    homes
        Joints of the homes.
    horizon_ds
        Times above this count as not reached; the bound itself is reached.

    Returns
    -------
    ds_of_home, station_of_home
        (n_homes,) NONE where no station is within the horizon.
    """
    labels = nearest_of_nodes(walk, stations, horizon_ds)
    on_pieces = stops_of_pieces(stations, len(walk.ds_of_piece))
    ds_of_home, station_of_home = _nearest_of_points(walk, labels, on_pieces, homes, horizon_ds)
    return ds_of_home, station_of_home


@kernel
def _nearest_of_points(
    walk: Walk, labels: tuple[Int32Array, Int32Array], stations: StopsOfPieces, points: Stops, horizon_ds: int
) -> tuple[Int32Array, Int32Array]:
    ds_of_node, station_of_node = labels
    from_node, to_node, ds_of_piece = walk.from_node_of_piece, walk.to_node_of_piece, walk.ds_of_piece
    n_points = len(points.start_of_point) - 1
    ds_of_point, station_of_point = np.full(n_points, NONE, np.int32), np.full(n_points, NONE, np.int32)
    for point in range(n_points):
        best_ds, best_station = horizon_ds + 1, -1
        for j in range(points.start_of_point[point], points.start_of_point[point + 1]):
            piece, at_ds = points.piece_of_joint[j], points.at_ds_of_joint[j]
            connector_ds = points.connector_ds_of_joint[j]
            for is_to_end in (False, True):
                node = to_node[piece] if is_to_end else from_node[piece]
                part_ds = ds_of_piece[piece] - at_ds if is_to_end else at_ds
                if ds_of_node[node] != NONE:
                    ds, station = connector_ds + part_ds + ds_of_node[node], station_of_node[node]
                    if ds < best_ds or (ds == best_ds and station < best_station):
                        best_ds, best_station = ds, station
            for k in range(stations.start_of_piece[piece], stations.start_of_piece[piece + 1]):
                ds = connector_ds + abs(at_ds - stations.at_ds_of_joint[k]) + stations.connector_ds_of_joint[k]
                station = stations.point_of_joint[k]
                if ds < best_ds or (ds == best_ds and station < best_station):
                    best_ds, best_station = ds, station
        if best_ds <= horizon_ds:
            ds_of_point[point], station_of_point[point] = best_ds, best_station
    return ds_of_point, station_of_point


def people_within(
    walk: Walk, reached: Reached, stations: Stops, homes: StopsOfPieces, people: FloatArray, cutoff_ds: int
) -> FloatArray:
    """How many people live within the cutoff of each station.

    Parameters
    ----------
    walk, reached, stations
        The network, what each station reaches within the cutoff, and where the stations join.
    homes
        Joints of the homes, by piece.
    people
        (n_homes,) counts, fractions allowed.
    cutoff_ds
        The cutoff that ``reached`` was searched with; the cutoff itself is reached.

    Returns
    -------
    (n_stations,) sums.
    """

    def part(first: int, last: int) -> FloatArray:
        sums: FloatArray = _people_within(walk, (reached, stations), homes, people, cutoff_ds, first, last)
        return sums

    return np.concatenate([np.zeros(0), *in_parts(part, len(stations.start_of_point) - 1, STATIONS_PER_PART)])


@kernel
def _part_ds(walk: Walk, piece: int, node: int, at_ds: int) -> int:
    """From a node to a position on a piece that ends there; the shorter way where both its ends do."""
    if walk.from_node_of_piece[piece] != node:
        return int(walk.ds_of_piece[piece] - at_ds)
    if walk.to_node_of_piece[piece] != node:
        return at_ds
    return int(min(at_ds, walk.ds_of_piece[piece] - at_ds))


@kernel
def _people_within(
    walk: Walk,
    sources: tuple[Reached, Stops],
    homes: StopsOfPieces,
    people: FloatArray,
    cutoff_ds: int,
    first: int,
    last: int,
) -> FloatArray:
    reached, stations = sources
    home_of_joint, start_of_piece = homes.point_of_joint, homes.start_of_piece
    at_ds, connector_ds = homes.at_ds_of_joint, homes.connector_ds_of_joint
    last_station_of_home = np.full(len(people), NONE, np.int32)
    sums = np.zeros(last - first)
    for station in range(first, last):
        for i in range(reached.start_of_station[station], reached.start_of_station[station + 1]):
            node, left_ds = reached.node[i], cutoff_ds - reached.ds[i]
            for arc in range(walk.start_of_node[node], walk.start_of_node[node + 1]):
                piece = walk.piece_of_arc[arc]
                for j in range(start_of_piece[piece], start_of_piece[piece + 1]):
                    home = home_of_joint[j]
                    walked_ds = _part_ds(walk, piece, node, at_ds[j]) + connector_ds[j]
                    if walked_ds <= left_ds and last_station_of_home[home] != station:
                        last_station_of_home[home] = station
                        sums[station - first] += people[home]
        for k in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
            piece, left_ds = stations.piece_of_joint[k], cutoff_ds - stations.connector_ds_of_joint[k]
            for j in range(start_of_piece[piece], start_of_piece[piece + 1]):
                home = home_of_joint[j]
                walked_ds = abs(at_ds[j] - stations.at_ds_of_joint[k]) + connector_ds[j]
                if walked_ds <= left_ds and last_station_of_home[home] != station:
                    last_station_of_home[home] = station
                    sums[station - first] += people[home]
    return sums


def times_to_stations(walk: Walk, point: Stops, stations: Stops, limit_ds: int) -> Int32Array:
    """Time from one point to every station.

    Parameters
    ----------
    walk
        The network.
    point
        Joints of exactly one point.
    stations
        Joints of the stations.
    limit_ds
        Times above this count as not reached; the bound itself is reached.

    Returns
    -------
    (n_stations,) NONE where not reached.
    """
    ds_of_station: Int32Array = _times_to_stations(walk, point, stations, limit_ds)
    return ds_of_station


@kernel
def _times_to_stations(walk: Walk, point: Stops, stations: Stops, limit_ds: int) -> Int32Array:
    search = new_search(len(walk.start_of_node) - 1, limit_ds)
    spread(walk, search, point, 0, 1)
    own_joint_of_piece = np.full(len(walk.ds_of_piece), NONE, np.int32)
    for j in range(len(point.piece_of_joint)):
        own_joint_of_piece[point.piece_of_joint[j]] = j
    ds_of_station = np.full(len(stations.start_of_point) - 1, NONE, np.int32)
    for station in range(len(ds_of_station)):
        best_ds = limit_ds + 1
        for k in range(stations.start_of_point[station], stations.start_of_point[station + 1]):
            piece, at_ds = stations.piece_of_joint[k], stations.at_ds_of_joint[k]
            walked_ds = FAR_DS
            if search.ds_of_node[walk.from_node_of_piece[piece]] != NONE:
                walked_ds = search.ds_of_node[walk.from_node_of_piece[piece]] + at_ds
            if search.ds_of_node[walk.to_node_of_piece[piece]] != NONE:
                other_ds = search.ds_of_node[walk.to_node_of_piece[piece]] + walk.ds_of_piece[piece] - at_ds
                walked_ds = min(walked_ds, other_ds)
            own = own_joint_of_piece[piece]
            if own != NONE:
                along_ds = abs(point.at_ds_of_joint[own] - at_ds)
                walked_ds = min(walked_ds, point.connector_ds_of_joint[own] + along_ds)
            best_ds = min(best_ds, walked_ds + stations.connector_ds_of_joint[k])
        if best_ds <= limit_ds:
            ds_of_station[station] = best_ds
    return ds_of_station
