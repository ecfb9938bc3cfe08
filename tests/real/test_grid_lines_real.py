"""Sacramento's tracts as grids of four communities without a street: their borders are where units are cut."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

from geo.compute.unit_cut import cut_units
from geo.compute.unit_grid_lines import lines_of_grids
from geo.compute.unit_kinds import kinds_of_arcs
from geo.rules.layers import layer_rules
from geo.rules.units import unit_rule
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
    drawn = lines_of_grids(mine, before.fabric, kind_of_arc, unit_rule(), layer_rules().clean)
    units = cut_units(community, {"drawn": drawn}, nothing, unit_rule()).shapes
    assert shapely.coverage_is_valid(units)
    parts = shapely.get_parts(mine)
    parts = parts[2 * shapely.area(parts) / shapely.length(parts) * 1e5 > unit_rule().sliver_m]
    part, unit = shapely.STRtree(units).query(parts, "intersects")
    shared = np.zeros(len(parts))
    np.maximum.at(shared, part, shapely.area(shapely.intersection(parts[part], units[unit])))
    assert (shared > 0.98 * shapely.area(parts)).all()
