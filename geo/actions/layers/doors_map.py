"""How many nets are at each door, to be drawn: unit by unit where communities have been cut, else home by home."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from geo.actions.layers.load_layers import load_layers
from geo.actions.work.layer_units import find_units, ground_of_units
from geo.compute.layers.rebase import rebase
from geo.layers import DoorPlace
from geo.rules.layers import layer_rules
from geo.store.database import Database
from geo.units import NONE


def doors_map(db: Database, names: Sequence[str] = ()) -> list[DoorPlace]:
    """Every unit with the number of layers that have it in a zone; every home, by its place, while there are no units.

    Raises
    ------
    NotFound
        If there is no layer of a name, or none at all.
    """
    with db.read() as conn:
        loaded = load_layers(conn, names)
        units = find_units(conn)
    if units is None:
        homes, zone = loaded.homes, loaded.zone_of_home
        shapes, n_homes, residents = (
            list(shapely.points(homes.lonlat)),
            np.ones(len(homes.id), np.int64),
            homes.residents,
        )
    else:
        ground, sure = ground_of_units(units, loaded.frame), layer_rules().sure_share
        zone = np.array([rebase(ground, one.edges, sure).zone_of_unit for one in loaded.layers])
        shapes, n_homes, residents = list(units.shapes), units.homes, units.residents
    nets = (zone != NONE).sum(axis=0)
    return [
        DoorPlace(nets=int(n), homes=int(homes), residents=float(people), shape=shape)
        for n, homes, people, shape in zip(nets, n_homes, residents, shapes, strict=True)
    ]
