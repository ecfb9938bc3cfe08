"""How figures of what a plan changes came about: the two sides, their days, and a hash of all inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from geo.grids import Grid
from geo.plan_changes import METHOD, Made, PlanSide, SideMade, Things
from geo.units import BoolArray, FloatArray, IntArray


def made_of(before: PlanSide, after: PlanSide, things: Things) -> Made:
    """What figures of these inputs are made from."""
    return Made(
        method=METHOD,
        before=_side(before),
        after=_side(after),
        homes_date=things.homes_date,
        work_dates=things.work_dates,
        work_counted=things.work_counted,
        covered=things.covered.provenance if things.covered else None,
        inputs_hash=_hash(before, after, things),
    )


def said_of(grid: Grid) -> tuple[object, ...]:
    """All that is said of a grid besides its ground."""
    return grid.code, grid.name, grid.kind, sorted(grid.posts.items())


def _side(side: PlanSide) -> SideMade:
    return SideMade(side.plan_ids, side.version, side.day, len(side.grids))


def _hash(before: PlanSide, after: PlanSide, things: Things) -> str:
    """sha256 over everything that the figures depend on."""
    digest = hashlib.sha256(METHOD.encode())
    for side in (before, after):
        said = [(grid.id, said_of(grid), grid.shape.wkb_hex) for grid in sorted(side.grids, key=lambda grid: grid.id)]
        loads = sorted((side.load_of_grid or {}).items())
        digest.update(repr((side.plan_ids, side.version, side.day, said, loads)).encode())
        _add_arrays(digest, [side.grid_of_home, side.grid_of_unit])
    communities = sorted((area.id, area.code, area.name) for area in things.communities)
    digest.update(repr((things.homes_date, communities, sorted(things.name_of_home.items()))).encode())
    _add_arrays(digest, things.homes)
    for places in (things.stations, things.incidents):
        digest.update(repr(list(places.name)).encode())
        _add_arrays(digest, [places.id, places.lonlat])
    digest.update(repr((sorted(things.work_dates.items()), sorted(things.work_counted.items()))).encode())
    for name, counts in sorted((things.of_units or {}).items()):
        digest.update(repr(name).encode())
        _add_arrays(digest, [counts])
    if things.covered:
        digest.update(things.covered.provenance.inputs_hash.encode())
        _add_arrays(digest, [things.covered.is_covered])
    return digest.hexdigest()


def _add_arrays(digest: hashlib._Hash, arrays: Sequence[IntArray | FloatArray | BoolArray | None]) -> None:
    """Arrays with their form, so that what is in one cannot pass for what is in the next."""
    for array in arrays:
        digest.update(repr(None if array is None else (array.shape, array.dtype.str)).encode())
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
