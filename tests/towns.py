"""Street graphs drawn in metres, and a second opinion on every walking time (scipy's Dijkstra)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.compute.project import Frame
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.streets.ground import ground_of
from geo.compute.streets.net import Stops, stops_of
from geo.compute.streets.network import component_lengths_m
from geo.compute.streets.ways import net_of
from geo.rules.modes import mode, surface
from geo.streets import StreetGraph, on_foot_only
from geo.units import NONE

FRAME = Frame(103.2, 40.4)
DS_PER_M = 9.0
"""The planning pace: 1,000 m in 900 s."""

MAX_M = 200.0
XY = tuple[float, float]
Way = Sequence[XY]


def graph_of(ways: Sequence[Way], barriers: Sequence[Way] = ()) -> StreetGraph:
    """A graph with one piece per way, as drawn: ways meet where their ends lie on the same metre values.

    Lengths are the drawn ones, so that times are what arithmetic says.
    """
    ends = [way[0] for way in ways] + [way[-1] for way in ways]
    places = sorted(set(ends))
    number = {place: i for i, place in enumerate(places)}
    nodes = np.array([number[end] for end in ends], dtype=np.int32).reshape(2, -1)
    length_m = np.array([shapely.LineString(way).length for way in ways])
    return StreetGraph(
        network_ids=(1,),
        arrays_hash="drawn",
        network_date=None,
        lonlat_of_node=FRAME.to_lonlat(np.array(places, dtype=float).reshape(-1, 2)),
        from_node_of_piece=nodes[0],
        to_node_of_piece=nodes[1],
        length_m_of_piece=length_m,
        component_m_of_piece=component_lengths_m(nodes[0], nodes[1], length_m, len(places)),
        lonlat_of_point=FRAME.to_lonlat(points_of(ways)),
        start_of_piece=starts_of(ways),
        highway_of_piece=["residential"] * len(ways),
        name_of_piece=[None] * len(ways),
        access_of_piece=on_foot_only(np.ones(len(ways), dtype=bool)),
        is_steps_of_piece=np.zeros(len(ways), dtype=bool),
        max_kmh_of_piece=np.zeros(len(ways), dtype=np.float32),
        lonlat_of_barrier_point=FRAME.to_lonlat(points_of(barriers)),
        start_of_barrier=starts_of(barriers),
    )


def points_of(ways: Sequence[Way]) -> np.ndarray:
    return np.array([point for way in ways for point in way], dtype=float).reshape(-1, 2)


def starts_of(ways: Sequence[Way]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(way) for way in ways])]).astype(np.int64)


def block_town(rows: int, columns: int, side_m: float) -> list[Way]:
    """Streets of a chequerboard, one way per block side; the lower left corner is (0, 0)."""
    ways: list[Way] = []
    for row in range(rows):
        for column in range(columns):
            x, y = column * side_m, row * side_m
            if column + 1 < columns:
                ways.append([(x, y), (x + side_m, y)])
            if row + 1 < rows:
                ways.append([(x, y), (x, y + side_m)])
    return ways


def far_as_inf(ds: np.ndarray) -> np.ndarray:
    """Times with infinity for NONE, so that they compare."""
    return np.where(ds == NONE, np.inf, ds)


class Walked:
    """A town made ready by the code under test."""

    def __init__(
        self,
        ways: Sequence[Way],
        barriers: Sequence[Way],
        homes: np.ndarray,
        stations: np.ndarray,
        *,
        min_component_m: float = 300.0,
        max_m: float = MAX_M,
    ) -> None:
        self.graph = graph_of(ways, barriers)
        self.ground = ground_of(self.graph, min_component_m=min_component_m)
        self.net = net_of(self.ground, mode("planning"), surface("dry"))
        self.max_m = max_m
        self.homes, self.stations = self.stops(homes), self.stops(stations)

    def stops(self, drawn_xy_m: np.ndarray) -> Stops:
        joints = self.ground.joints(self.xy_m(drawn_xy_m), self.max_m)
        return stops_of(self.ground, self.net, joints, DS_PER_M)

    def xy_m(self, drawn_xy_m: np.ndarray) -> np.ndarray:
        return self.ground.frame.to_xy_m(FRAME.to_lonlat(np.asarray(drawn_xy_m, dtype=float).reshape(-1, 2)))

    def nearest(self, horizon_ds: int = 36_000) -> tuple[np.ndarray, np.ndarray]:
        """Of every home; on foot and without locked gates, trips take as long either way."""
        ds, station = nearest_of_homes(self.net, self.stations, self.homes, 1, horizon_ds)
        return ds[:, 0], station[:, 0]

    def minutes(self) -> list[float | None]:
        """Of every home, in deciseconds; None where not reached."""
        return [None if ds == NONE else ds for ds in self.nearest()[0].tolist()]


class SecondOpinion:
    """The rule once more, with shapely for the joints and scipy for the network, and no line of ours in between.

    Every joint becomes a vertex of its own: piece ends, home joints and station joints are joined along each piece, so
    that walks that begin and end on one piece come out without a rule of their own.
    """

    def __init__(self, graph: StreetGraph, frame: Frame, *, ds_per_m: float, max_m: float, min_component_m: float):
        used = np.flatnonzero(graph.component_m_of_piece >= min_component_m)
        xy_m = frame.to_xy_m(graph.lonlat_of_point)
        barrier_xy_m = frame.to_xy_m(graph.lonlat_of_barrier_point)
        starts, bar = graph.start_of_piece, graph.start_of_barrier
        self.shapes = np.array([shapely.LineString(xy_m[starts[i] : starts[i + 1]]) for i in used], dtype=object)
        self.barriers = [shapely.LineString(barrier_xy_m[a:b]) for a, b in itertools.pairwise(bar)]
        self.from_node, self.to_node = graph.from_node_of_piece[used], graph.to_node_of_piece[used]
        self.ds = np.floor(graph.length_m_of_piece[used] * ds_per_m + 0.5).astype(int)
        self.n_nodes = len(graph.lonlat_of_node)
        self.ds_per_m, self.max_m = ds_per_m, max_m
        self.street_tree, self.barrier_tree = shapely.STRtree(self.shapes), shapely.STRtree(self.barriers)

    def joints(self, xy_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Point, piece, ds along the piece and ds of the connector, of every open joint."""
        points = shapely.points(xy_m.reshape(-1, 2))
        point, piece = self.street_tree.query(points, predicate="dwithin", distance=self.max_m)
        shape = self.shapes[piece]
        along_m = shapely.line_locate_point(shape, points[point])
        length_m = shapely.length(shape)
        feet = shapely.line_interpolate_point(shape, along_m)
        connectors = shapely.linestrings(
            np.stack([xy_m.reshape(-1, 2)[point], shapely.get_coordinates(feet).reshape(-1, 2)], axis=1)
        )
        is_open = np.ones(len(point), dtype=bool)
        if len(self.barriers):
            met, barrier = self.barrier_tree.query(connectors, predicate="intersects")
            meeting = shapely.intersection(connectors[met], np.array(self.barriers, dtype=object)[barrier])
            # only a meeting at the joint itself leaves the connector open
            is_open[met[shapely.hausdorff_distance(meeting, feet[met]) > 1e-6]] = False
        at = np.floor(self.ds[piece] * along_m / length_m + 0.5).astype(int)
        connector = np.floor(shapely.distance(points[point], shape) * self.ds_per_m + 0.5).astype(int)
        return point[is_open], piece[is_open], at[is_open], connector[is_open]

    def times(self, homes_xy_m: np.ndarray, stations_xy_m: np.ndarray) -> np.ndarray:
        """(n_homes, n_stations) deciseconds; inf where there is no way."""
        matrix, homes, stations = self._matrix(homes_xy_m, stations_xy_m)
        return dijkstra(matrix, indices=stations)[:, homes].T

    def nearest(self, homes_xy_m: np.ndarray, stations_xy_m: np.ndarray) -> np.ndarray:
        """(n_homes,) deciseconds to the nearest station; inf where there is no way."""
        matrix, homes, stations = self._matrix(homes_xy_m, stations_xy_m)
        return dijkstra(matrix, indices=stations, min_only=True)[homes]

    def _matrix(self, homes_xy_m: np.ndarray, stations_xy_m: np.ndarray) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Nodes, then joints, then homes and stations. Walks leave stations and arrive at homes, never pass either."""
        home, home_piece, home_at, home_c = self.joints(homes_xy_m)
        station, station_piece, station_at, station_c = self.joints(stations_xy_m)
        home_joint = self.n_nodes + np.arange(len(home))
        station_joint = self.n_nodes + len(home) + np.arange(len(station))
        homes = self.n_nodes + len(home) + len(station) + np.arange(len(homes_xy_m))
        stations = homes.max(initial=self.n_nodes + len(home) + len(station) - 1) + 1 + np.arange(len(stations_xy_m))
        # all that lies on a piece, in order along it, each joined to the next
        n_pieces = len(self.ds)
        piece = np.concatenate([home_piece, station_piece, np.arange(n_pieces), np.arange(n_pieces)])
        at = np.concatenate([home_at, station_at, np.zeros(n_pieces, int), self.ds])
        vertex = np.concatenate([home_joint, station_joint, self.from_node, self.to_node])
        side = np.concatenate(
            [np.zeros(len(home) + len(station), int), -np.ones(n_pieces, int), np.ones(n_pieces, int)]
        )
        order = np.lexsort((side, at, piece))
        is_step = np.diff(piece[order]) == 0
        a, b, ds = vertex[order][:-1][is_step], vertex[order][1:][is_step], np.diff(at[order])[is_step]
        start = np.concatenate([a, b, home_joint, stations[station]])
        end = np.concatenate([b, a, homes[home], station_joint])
        weight = np.concatenate([ds, ds, home_c, station_c])
        # of parallel ways the shortest: scipy would add them up
        order = np.lexsort((weight, end, start))
        start, end, weight = start[order], end[order], weight[order]
        is_first = np.ones(len(start), dtype=bool)
        is_first[1:] = (np.diff(start) != 0) | (np.diff(end) != 0)
        n = len(homes) + len(stations) + self.n_nodes + len(home) + len(station)
        edges = (weight[is_first].astype(float), (start[is_first], end[is_first]))
        return csr_array(edges, shape=(n, n)), homes, stations
