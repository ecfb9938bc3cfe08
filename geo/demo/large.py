"""The plan of the whole city: the same blocks behind five hundred crossings, with Baotou's counts of 2022."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from geo.demo.names import Name, pairs
from geo.demo.plan import STYLES, Bend, Community, Plan, Quarter, Site, Street, Totals, beside, ribbon
from geo.demo.shares import share_out
from geo.units import BoolArray, FloatArray, IntArray

_N_COMMUNITIES: Final = 279
_N_GRIDS: Final = 2_814
_COLUMNS: Final = 21
_ROWS: Final = 17
_SITES: Final = (
    ("party_mass_centre", 336, "党群服务中心"),
    ("new_organisation_venue", 92, "两新组织活动阵地"),
    ("compound_station", 210, "小区便民服务站"),
    ("energy_station", 347, "红色蓄能站"),
    ("driver_station", 14, "货车司机驿站"),
)
_TOTALS: Final = Totals(2_000_000, 24_000, 15_200, 40_600, 3_000)
_DISTRICTS: Final = (
    ("中心区", "Central District"),
    ("河东区", "Hedong District"),
    ("北山区", "Beishan District"),
    ("西河区", "Xihe District"),
    ("南郊区", "Nanjiao District"),
)
_BEND: Final = Bend(
    turn_rad=-0.07,
    waves=(
        (260.0, 14_000.0, 1.4, 0.0, 0.4),
        (220.0, 11_000.0, 0.2, 1.5, 2.0),
        (70.0, 4_300.0, 0.9, 2.4, 0.3),
        (34.0, 2_300.0, 2.4, 0.8, 1.1),
    ),
    middle_xy_m=(0.0, 0.0),
)


@dataclass(frozen=True)
class _Lattice:
    """Streets' positions in the straight plan, and which cells between them are communities."""

    x_m: FloatArray
    """(_COLUMNS + 1,)"""
    y_m: FloatArray
    """(_ROWS + 1,)"""
    community: IntArray
    """(_COLUMNS, _ROWS) community, -1: open country."""

    def middle(self, column: int, row: int) -> tuple[float, float]:
        return (self.x_m[column] + self.x_m[column + 1]) / 2, (self.y_m[row] + self.y_m[row + 1]) / 2

    def line(self, *, column: int | None = None, row: int | None = None) -> FloatArray:
        """Points of a lattice line, four to a cell side, the same for every caller: whoever borders it shares them."""
        x, y = (np.interp(np.arange(4 * (len(v) - 1) + 1) / 4, np.arange(len(v)), v) for v in (self.x_m, self.y_m))
        if column is not None:
            x = np.full(len(y), self.x_m[column])
        else:
            y = np.full(len(x), self.y_m[row or 0])
        return _BEND(np.column_stack([x, y]))


def large_plan(rng: np.random.Generator) -> Plan:
    """A city of 279 communities; the dice place its streets."""
    lattice = _lattice(rng)
    river_y = np.arange(-11_000.0, 11_000.0, 30.0)
    river = LineString(_BEND(np.column_stack([_river_x(river_y), river_y])[::-1]))
    rail_x = np.arange(-14_000.0, 14_000.0, 120.0)
    rail = LineString(_BEND(np.column_stack([rail_x, _rail_y(rail_x)])))
    quarters, communities = _administration(lattice, rng)
    return Plan(
        name="city",
        boundary=_boundary(lattice),
        streets=tuple(_streets(lattice, rng)),
        river=river.simplify(0.3),
        water=ribbon(river, lambda along: 46 + 15 * np.sin(along / 610) + 8 * np.sin(along / 230 + 1)),
        rails=(rail.simplify(0.1), beside(rail, 5.0)),
        quarters=quarters,
        communities=communities,
        zone_of=lambda xy_m: _zone_of(lattice, xy_m),
        sites=tuple(_sites(lattice, communities, rng)),
        totals=_TOTALS,
        margin_m=0.0,
    )


def _river_x(y: FloatArray) -> FloatArray:
    return np.asarray(1_900 - 0.18 * y + 420 * np.sin(y / 1_500 + 0.6) + 130 * np.sin(y / 520 + 2.0))


def _rail_y(x: FloatArray) -> FloatArray:
    return np.asarray(-2_350 + 0.06 * x + 160 * np.sin(x / 3_600 + 0.4))


def _lattice(rng: np.random.Generator) -> _Lattice:
    """Cells are small in the middle and large outside; those farthest out are left to the fields."""
    sides = []
    for n, usual_m in ((_COLUMNS, 820.0), (_ROWS, 780.0)):
        far = np.abs(np.linspace(-1, 1, n))
        step = usual_m * (0.78 + 0.42 * far**1.4) * rng.uniform(0.88, 1.12, n)
        at = np.concatenate([[0.0], np.cumsum(step)])
        sides.append(at - at.mean())
    x, y = sides
    middle_x, middle_y = (x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2
    distance = np.hypot(middle_x[:, None] / x[-1], middle_y[None, :] / y[-1])
    angle = np.arctan2(middle_y[None, :], middle_x[:, None])
    ragged = distance * (1 + 0.07 * np.sin(3 * angle + 0.5) + 0.05 * np.sin(5 * angle))
    chosen = np.sort(np.argsort(ragged.ravel(), kind="stable")[:_N_COMMUNITIES])
    community = np.full(_COLUMNS * _ROWS, -1)
    community[chosen] = np.arange(_N_COMMUNITIES)
    return _Lattice(x, y, community.reshape(_COLUMNS, _ROWS))


def _boundary(lattice: _Lattice) -> Polygon:
    """The communities' cells joined; its vertices are those of the lattice lines."""
    columns = [lattice.line(column=i) for i in range(_COLUMNS + 1)]
    rows = [lattice.line(row=j) for j in range(_ROWS + 1)]
    cells = []
    for i, j in np.argwhere(lattice.community >= 0):
        south, north = (rows[k][4 * i : 4 * i + 5] for k in (j, j + 1))
        west, east = (columns[k][4 * j : 4 * j + 5] for k in (i, i + 1))
        cells.append(Polygon(np.concatenate([south, east[1:], north[::-1][1:], west[::-1][1:]])))
    return shapely.coverage_union_all(cells)


def _streets(lattice: _Lattice, rng: np.random.Generator) -> list[Street]:
    """Every lattice line where it borders a community: each third an arterial, which alone passes the railway."""
    names = pairs("lane_first", "lane_second", rng)
    is_town = np.pad(lattice.community >= 0, 1)
    found = []
    for column in range(_COLUMNS + 1):
        borders = is_town[column, 1:-1] | is_town[column + 1, 1:-1]
        found.append(_street(lattice.line(column=column), borders, column, next(names), "路"))
    for row in range(_ROWS + 1):
        borders = is_town[1:-1, row] | is_town[1:-1, row + 1]
        found.append(_street(lattice.line(row=row), borders, row, next(names), "街"))
    return found


def _street(xy_m: FloatArray, borders: BoolArray, number: int, name: Name, kind: str) -> Street:
    cells = np.flatnonzero(borders)
    line = LineString(xy_m[4 * cells[0] : 4 * cells[-1] + 5])
    highway = ("primary", "tertiary", "secondary")[number % 3]
    passing = {0: "underpass", 2: "level"}.get(number % 3, "") if kind == "路" else "viaduct"
    suffix = {"primary": "大道", "secondary": kind, "tertiary": kind}[highway]
    english = {"大道": "Avenue", "路": "Road", "街": "Street"}[suffix]
    return Street(line, highway, name[0] + suffix, f"{name[1]} {english}", passing, over_river=highway != "tertiary")


def _administration(lattice: _Lattice, rng: np.random.Generator) -> tuple[tuple[Quarter, ...], tuple[Community, ...]]:
    """Districts by direction from the middle, subdistricts of about nine cells, and the communities themselves."""
    cells = np.argwhere(lattice.community >= 0)
    middle = np.array([lattice.middle(int(i), int(j)) for i, j in cells])
    patch = _patches(cells)
    patch_middle = np.array([middle[patch == p].mean(axis=0) for p in range(patch.max() + 1)])
    away, angle = np.hypot(*patch_middle.T), np.arctan2(patch_middle[:, 1], patch_middle[:, 0])
    district = np.where(away < 2_400, 0, 1 + np.floor(((angle + np.pi / 4) % (2 * np.pi)) / (np.pi / 2)).astype(int))
    top = Quarter("province", "990000000000", "漠川省", "Mochuan Province", None)
    city = Quarter("city", "990100000000", "青河市", "Qinghe City", top.code)
    quarters = [top, city]
    quarters += [
        Quarter("district", f"9901{number:02d}000000", zh, en, city.code)
        for number, (zh, en) in enumerate(_DISTRICTS, start=1)
    ]
    names = pairs("compound_first", "lane_second", rng)
    code_of_patch = []
    for p in range(len(patch_middle)):
        code = f"9901{district[p] + 1:02d}{1 + int((district[:p] == district[p]).sum()):03d}"
        zh, en = next(names)
        quarters.append(Quarter("subdistrict", code + "000", zh + "街道", f"{en} Subdistrict", code[:6] + "000000"))
        code_of_patch.append(code)
    return tuple(quarters), _communities(patch, code_of_patch, rng)


def _patches(cells: IntArray) -> IntArray:
    """Subdistrict of every cell: squares of three by three, what is under five cells joined to the nearest."""
    square = cells // 3
    key = square[:, 0] * 100 + square[:, 1]
    _, patch, count = np.unique(key, return_inverse=True, return_counts=True)
    middle = np.array([cells[patch == p].mean(axis=0) for p in range(len(count))])
    host = np.arange(len(count))
    for p in np.flatnonzero(count < 5):
        away = np.hypot(*(middle - middle[p]).T) + np.where(count < 5, 1e9, 0.0)
        host[p] = int(np.argmin(away))
    return np.asarray(np.unique(host[patch], return_inverse=True)[1])


def _communities(patch: IntArray, code_of_patch: list[str], rng: np.random.Generator) -> tuple[Community, ...]:
    n_grids = share_out(_N_GRIDS, rng.uniform(0.75, 1.25, len(patch)))
    names = pairs("community_first", "community_second", rng, between=" ")
    found = []
    for index, p in enumerate(patch):
        zh, en = next(names)
        code = f"{code_of_patch[p]}{1 + int((patch[:index] == p).sum()):03d}"
        found.append(Community(zh + "社区", f"{en} Community", code, code_of_patch[p] + "000", int(n_grids[index])))
    return tuple(found)


def _zone_of(lattice: _Lattice, xy_m: FloatArray) -> tuple[IntArray, IntArray]:
    x, y = _BEND.back(xy_m).T
    column = np.clip(np.searchsorted(lattice.x_m, x) - 1, 0, _COLUMNS - 1)
    row = np.clip(np.searchsorted(lattice.y_m, y) - 1, 0, _ROWS - 1)
    away = np.hypot(x, y * 1.15)
    is_works = (np.abs(y - _rail_y(x)) < 420) & (away > 3_000) & ((column * 7 + row * 3) % 5 == 0)
    style = np.select(
        [away < 1_700, is_works, away < 4_300],
        [STYLES.index("old"), STYLES.index("industry"), STYLES.index("slab")],
        STYLES.index("estate"),
    )
    return lattice.community[column, row], style.astype(np.int64)


def _sites(lattice: _Lattice, communities: tuple[Community, ...], rng: np.random.Generator) -> list[Site]:
    """A centre in every community, then centres, venues and the others wherever the dice put them."""
    cells = np.argwhere(lattice.community >= 0)
    found = []
    for kind, n, name in _SITES:
        extra = rng.permutation(np.arange(max(n, len(cells))) % len(cells))
        order = np.concatenate([np.arange(len(cells)), extra])[:n] if kind == "party_mass_centre" else extra[:n]
        seen: dict[int, int] = {}
        for cell in order:
            i, j = cells[cell]
            x, y = lattice.middle(int(i), int(j))
            count = seen[int(cell)] = seen.get(int(cell), 0) + 1
            near = _BEND(np.array([[x, y]]) + rng.normal(0, 130.0 if count == 1 else 260.0, (1, 2)))[0]
            which = "" if count == 1 else f"第{count}"
            found.append(Site(kind, f"{communities[int(cell)].name}{which}{name}", Point(near)))
    return found
