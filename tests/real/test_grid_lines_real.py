"""Sacramento's tracts as grids of four communities without a street: their borders are where units are cut."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

from geo.compute.fabric.faces import lengths_m_of_arcs
from geo.compute.fabric.rings import pieces_of
from geo.compute.plans.start import grids_of_units
from geo.compute.project import Frame
from geo.compute.units.cut import UnitCut, cut_units
from geo.compute.units.grid_lines import lines_of_grids
from geo.compute.units.kinds import kinds_of_arcs
from geo.imports.places import in_metres
from geo.rules.layers import layer_rules
from geo.rules.units import unit_rule
from geo.units import NONE
from tests.real_data import FOLDER, needs_real_data

pytestmark = needs_real_data

SHAPEFILE = FOLDER / "sacramento" / "sacramentot2.shp"


@pytest.mark.parametrize("quarter", range(4))
def test_every_part_of_a_tract_is_a_unit(quarter: int) -> None:
    tracts = np.array(geopandas.read_file(SHAPEFILE).geometry.values)
    inside = shapely.get_coordinates(shapely.point_on_surface(tracts))
    mine = tracts[
        (2 * (inside > np.median(inside, axis=0))[:, 0] + (inside > np.median(inside, axis=0))[:, 1]) == quarter
    ]
    community, nothing = shapely.union_all(mine), np.zeros(0, dtype=object)
    before = cut_units(community, {}, nothing, unit_rule())
    kind_of_arc = kinds_of_arcs(before.fabric, {}, unit_rule().near_m)
    drawn = lines_of_grids(mine, (before.fabric, kind_of_arc), nothing, unit_rule(), layer_rules().clean)
    cut = cut_units(community, {"drawn": drawn}, nothing, unit_rule())
    units = cut.shapes
    assert shapely.coverage_is_valid(units)
    parts, tract_of_part = shapely.get_parts(mine, return_index=True)
    is_wide = 2 * shapely.area(parts) / shapely.length(parts) * 1e5 > unit_rule().sliver_m
    parts, tract_of_part = parts[is_wide], tract_of_part[is_wide]
    part, unit = shapely.STRtree(units).query(parts, "intersects")
    shared = np.zeros(len(parts))
    np.maximum.at(shared, part, shapely.area(shapely.intersection(parts[part], units[unit])))
    assert (shared > 0.98 * shapely.area(parts)).all()
    tract_of_unit = started(cut, mine)
    unit, tract = shapely.STRtree(mine).query(units, "intersects")
    most = np.lexsort((shapely.area(shapely.intersection(units[unit], mine[tract])), unit))
    largest = np.full(len(units), NONE)
    largest[unit[most]] = tract[most]
    assert (tract_of_unit == largest).all(), "no ground changes whose it is"
    first = np.unique(pieces_of(cut.fabric, tract_of_unit))
    n_pieces = np.bincount(tract_of_unit[first], minlength=len(mine))
    n_parts = np.bincount(tract_of_part, minlength=len(mine))
    in_one = shapely.get_num_geometries(mine) == 1
    assert (n_pieces == n_parts)[~in_one].all()
    assert (n_pieces - n_parts)[in_one].sum() <= 1, "a neck that is narrower than any unit"


def started(cut: UnitCut, tracts: np.ndarray) -> np.ndarray:
    """The tract that each unit is given to where a draft begins."""
    frame = Frame(-121.5, 38.6)
    units, grids = (np.array([in_metres(shape, frame) for shape in some], object) for some in (cut.shapes, tracts))
    length_m = lengths_m_of_arcs(cut.fabric, frame)
    sure = layer_rules().sure_share
    return grids_of_units(cut.fabric, length_m, units, np.ones(len(units)), grids, sure).grid_of_unit
