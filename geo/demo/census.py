"""Who is in charge where: codes, names and posts of areas and grids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.demo.blocks import Grids
from geo.demo.frame import shape_to_lonlat
from geo.demo.plan import STYLES, Plan
from geo.units import BoolArray, IntArray

BAND_M: Final = 250.0
"""Grids of a community are numbered band by band, so many metres from north to south, each from west to east."""


@dataclass(frozen=True)
class GridPosts:
    """Code, name and posts of every grid; in the order of the polygons."""

    code: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]
    is_chief_filled: BoolArray
    is_member_filled: BoolArray
    chief_phone: tuple[str, ...]
    member_phone: tuple[str, ...]


@dataclass(frozen=True)
class AreaRow:
    """One area as it is written; the shape is in degrees."""

    level: str
    code: str
    name: str
    name_en: str
    parent_code: str | None
    shape: Any


class Phones:
    """Numbers of an exchange that does not exist."""

    def __init__(self) -> None:
        self._next: Iterator[int] = iter(range(5_550_100, 5_560_000))

    def take(self) -> str:
        """The next free number."""
        return f"0999-{next(self._next)}"


def sequence_in_community(grids: Grids) -> IntArray:
    """Number of every grid inside its community, from 1, by a total order.

    Bands of 250 m from the community's northernmost grid centre southwards; within a band from west to east by the
    grid's centre, and from north to south where two are equally far west.

    Source
    ------
    DB11/T 2157-2023 asks for west to east, north to south; the bands are ours, since that alone orders nothing.
    """
    x, y = shapely.get_coordinates(shapely.centroid(grids.polygons)).T
    number = np.zeros(len(x), dtype=np.int64)
    for community in np.unique(grids.community):
        mine = np.flatnonzero(grids.community == community)
        band = np.floor((y[mine].max() - y[mine]) / BAND_M)
        number[mine[np.lexsort((-y[mine], x[mine], band))]] = np.arange(1, len(mine) + 1)
    return number


def man_grids(plan: Plan, grids: Grids, phones: Phones, rng: np.random.Generator) -> GridPosts:
    """Give every grid its code, its name and its two posts; one chief in four hundred is missing, at least one."""
    number = sequence_in_community(grids)
    of = [plan.communities[int(i)] for i in grids.community]
    n = len(number)
    vacant = rng.permutation(np.flatnonzero(grids.style != STYLES.index("industry")))
    is_chief, is_member = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    n_chiefs = max(1, n // 400)
    is_chief[vacant[:n_chiefs]] = False
    is_member[vacant[n_chiefs : n_chiefs + max(2, n // 60)]] = False
    return GridPosts(
        tuple(f"{c.code}{i:03d}" for c, i in zip(of, number, strict=True)),
        tuple(f"{c.name}第{i}网格" for c, i in zip(of, number, strict=True)),
        tuple("special" if STYLES[int(s)] == "industry" else "basic" for s in grids.style),
        is_chief,
        is_member,
        tuple(phones.take() for _ in range(n)),
        tuple(phones.take() for _ in range(n)),
    )


def area_rows(plan: Plan, grids: Grids, grids_lonlat: NDArray[np.object_]) -> list[AreaRow]:
    """All areas from the province down; a community is exactly the union of its grids."""
    shape: dict[str, Any] = {}
    for index, community in enumerate(plan.communities):
        shape[community.code] = shapely.coverage_union_all(grids_lonlat[grids.community == index])
    parent = {community.code: community.parent_code for community in plan.communities}
    parent |= {quarter.code: quarter.parent_code for quarter in plan.quarters if quarter.parent_code}
    for quarter in reversed(plan.quarters):
        below = [shape[code] for code, above in parent.items() if above == quarter.code]
        shape[quarter.code] = shapely.coverage_union_all(below)
        if quarter.level == "district" and plan.margin_m:
            shape[quarter.code] = shape_to_lonlat(plan.boundary.buffer(plan.margin_m).simplify(15))
    rows = [AreaRow(q.level, q.code, q.name, q.name_en, q.parent_code, shape[q.code]) for q in plan.quarters]
    return rows + [
        AreaRow("community", c.code, c.name, c.name_en, c.parent_code, shape[c.code]) for c in plan.communities
    ]
