"""The plan of the small city: one subdistrict between a ring road, a river and a railway, drawn by hand."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
import shapely.ops
from shapely import LineString, Point, Polygon

from geo.demo.plan import STYLES, Bend, Community, Plan, Quarter, Site, Street, Totals, beside, ribbon
from geo.units import FloatArray, IntArray

_WIDTH_M: Final = 2330.0
_HEIGHT_M: Final = 1650.0
_BEND: Final = Bend(
    turn_rad=-0.10,
    waves=(
        (34.0, 3100.0, 1.57, 0.0, 0.9),
        (30.0, 2700.0, 0.0, 1.57, 2.1),
        (16.0, 1300.0, 0.7, 2.2, 0.3),
        (7.0, 640.0, 2.3, 0.9, 1.7),
    ),
    middle_xy_m=(_WIDTH_M / 2, _HEIGHT_M / 2),
)

SUBDISTRICT: Final = "990101001000"
_QUARTERS: Final = (
    Quarter("province", "990000000000", "漠川省", "Mochuan Province", None),
    Quarter("city", "990100000000", "青河市", "Qinghe City", "990000000000"),
    Quarter("district", "990101000000", "临河区", "Linhe District", "990100000000"),
    Quarter("subdistrict", SUBDISTRICT, "青河街道", "Qinghe Subdistrict", "990101000000"),
)
_COMMUNITIES: Final = tuple(
    Community(name, name_en, f"990101001{number:03d}", SUBDISTRICT, n_grids)
    for number, name, name_en, n_grids in (
        (1, "鼓楼社区", "Drum Tower Community", 10),
        (2, "南市社区", "South Market Community", 10),
        (3, "西园社区", "West Garden Community", 8),
        (4, "站前社区", "Station Front Community", 11),
        (5, "桥东社区", "East Bridge Community", 12),
        (6, "铁南社区", "South of the Railway Community", 9),
    )
)

# Highway, name, English name, corners in the straight plan, how it passes the railway.
_STREETS: Final = (
    ("primary", "北环路", "North Ring Road", ((-800, 1650), (3300, 1650)), ""),
    ("primary", "青河大街", "Qinghe Avenue", ((-900, 860), (3400, 860)), ""),
    ("primary", "东环路", "East Ring Road", ((2330, -700), (2330, 2300)), "viaduct"),
    ("secondary", "迎宾路", "Yingbin Road", ((430, -700), (430, 1900)), "underpass"),
    ("secondary", "西环路", "West Ring Road", ((0, 500), (0, 2300)), ""),
    ("secondary", "人民路", "Renmin Road", ((1330, 480), (1330, 2250)), ""),
    ("tertiary", "文化路", "Wenhua Road", ((885, 470), (885, 760), (915, 860), (905, 1270), (880, 1650)), ""),
    ("tertiary", "桥东路", "East Bridge Road", ((2060, -450), (2060, 1650)), "level"),
    ("tertiary", "建设街", "Jianshe Street", ((-0.6, 1270), (430, 1270), (900, 1235), (1330, 1270), (2330, 1270)), ""),
    (
        "pedestrian",
        "鼓楼街",
        "Drum Tower Street",
        ((640, 860), (652, 1010), (672, 1130), (668, 1254), (690, 1390), (676, 1650)),
        "",
    ),
    ("tertiary", "湖滨路", "Lakeside Road", ((2059.4, 1180), (2150, 1175), (2250, 1150), (2330, 1085)), ""),
    ("tertiary", "工业路", "Gongye Road", ((930, 50), (925, 540)), ""),
    ("tertiary", "铁南街", "Tienan Street", ((-900, 190), (430, 225), (1840, 212)), ""),
    ("tertiary", "河东南街", "Hedong South Street", ((1770, 190), (2330, 190)), ""),
)
_SECOND_FRIDAY: Final = "Fr[2] 09:00-11:30,14:00-16:30"

# Kind, name, where in the straight plan. South of the railway everything lies in the west: the east is the pocket.
_SITES: Final[tuple[tuple[str, str, tuple[float, float]], ...]] = (
    ("party_mass_centre", "鼓楼社区党群服务中心", (700, 1460)),
    ("party_mass_centre", "南市社区党群服务中心", (880, 1080)),
    ("party_mass_centre", "西园社区党群服务中心", (300, 1000)),
    ("party_mass_centre", "站前社区党群服务中心", (1180, 800)),
    ("party_mass_centre", "桥东社区党群服务中心", (1960, 990)),
    ("party_mass_centre", "铁南社区党群服务中心", (230, 260)),
    ("new_organisation_venue", "青河新就业群体会客厅", (1290, 1210)),
    ("new_organisation_venue", "迎宾路党群活动站", (400, 700)),
    ("compound_station", "西园小区便民服务站", (120, 640)),
    ("compound_station", "文化路小区便民服务站", (650, 700)),
    ("compound_station", "河西小区便民服务站", (1480, 1450)),
    ("compound_station", "河东北区便民服务站", (1900, 1560)),
    ("compound_station", "车站小区便民服务站", (1130, 600)),
    ("compound_station", "滨河小区便民服务站", (1450, 980)),
    ("compound_station", "北园小区便民服务站", (230, 1360)),
    ("compound_station", "铁南小区便民服务站", (330, 110)),
    ("elderly_care", "站前日间照料中心", (1590, 520)),
    ("elderly_care", "鼓楼养老服务日", (1100, 1540)),
    ("elderly_care", "西园日间照料中心", (180, 1180)),
    ("canteen", "老少乐园食堂", (620, 1180)),
    ("canteen", "河岸社区食堂", (1900, 1060)),
    ("health_centre", "青河街道社区卫生服务中心", (960, 900)),
    ("health_centre", "桥东卫生服务站", (1990, 1200)),
    ("energy_station", "人民路红色蓄能站", (1370, 900)),
    ("energy_station", "站前广场红色蓄能站", (1210, 560)),
    ("energy_station", "鼓楼红色蓄能站", (900, 1300)),
    ("energy_station", "桥东红色蓄能站", (2040, 1300)),
    ("driver_station", "货车司机驿站", (900, 300)),
    ("works_depot", "城北市政环卫站", (1180, 1590)),
    ("works_depot", "铁南市政环卫站", (1040, 330)),
)
_HOURS: Final = {
    "鼓楼养老服务日": _SECOND_FRIDAY,
    "桥东社区党群服务中心": "Mo-Fr 08:30-17:30; Th 08:30-20:00",
    "铁南小区便民服务站": "",
}
"""Of stations that do not take their turn in the hours of their kind."""

# Highway, name, English name, corners in the straight plan: from the lake up to the road, by steps and round by a ramp.
# The ends run a little over the path and the road that they meet, as those of lanes do.
_PATHS: Final = (
    ("footway", None, None, ((2195, 1103.7), (2195, 1122))),
    ("steps", "湖滨台阶", "Lakeside Steps", ((2195, 1122), (2195, 1140))),
    ("footway", "湖滨坡道", "Lakeside Ramp", ((2195, 1122), (2228, 1116), (2228, 1124), (2195, 1140))),
    ("footway", None, None, ((2195, 1140), (2195, 1164.6))),
)
_ONEWAY: Final = ("文化路",)
_RESIDENTS_ONLY: Final = ((206, 1547),)
_ENDS_AT_RIVER: Final = ("铁南街", "河东南街")


def small_plan() -> Plan:
    """The small city's plan. No dice: what varies with the seed is what later fills the blocks."""
    river_y = np.arange(-900.0, 2500.0, 20.0)
    river = LineString(_BEND(np.column_stack([_river_x(river_y), river_y])[::-1]))
    rail_x = np.arange(-1600.0, 4100.0, 60.0)
    rail = LineString(_BEND(np.column_stack([rail_x, _rail_y(rail_x)])))
    return Plan(
        name="small",
        boundary=Polygon(_BEND.line([(0, 50), (_WIDTH_M, 50), (_WIDTH_M, _HEIGHT_M), (0, _HEIGHT_M), (0, 50)])),
        streets=_streets(),
        river=river.simplify(0.3),
        water=ribbon(river, lambda along: 29 + 11 * np.sin(along / 260 + 2.5) + 6 * np.sin(along / 97 + 1)),
        rails=(rail.simplify(0.1), *_sidings(rail)),
        quarters=_QUARTERS,
        communities=_COMMUNITIES,
        zone_of=_zone_of,
        squares=(("站前广场", _station_square()), ("鼓楼广场", _round((668, 1254), 46, 40))),
        ponds=(("东湖", _round((2195, 1045), 78, 46), _round((2195, 1045), 128, 92)),),
        belts=_belts(),
        sites=tuple(
            Site(kind, name, Point(_BEND(np.array([near]))[0]), _HOURS.get(name)) for kind, name, near in _SITES
        ),
        totals=Totals(68_000, 816, 517, 1_381, 300),
        margin_m=900.0,
        paths=tuple(Street(_BEND.line(corners), kind, name, en) for kind, name, en, corners in _PATHS),
        residents_only=tuple(Point(_BEND(np.array([near]))[0]) for near in _RESIDENTS_ONLY),
    )


def _streets() -> tuple[Street, ...]:
    return tuple(
        Street(
            _BEND.line(corners),
            kind,
            name,
            en,
            passing,
            over_river=name not in _ENDS_AT_RIVER,
            is_oneway=name in _ONEWAY,
        )
        for kind, name, en, corners, passing in _STREETS
    )


def _river_x(y: FloatArray) -> FloatArray:
    return np.asarray(1735 + 92 * np.sin(y / 300 + 0.45) + 26 * np.sin(y / 121 + 2.0))


def _rail_y(x: FloatArray) -> FloatArray:
    return np.asarray(500 + 38 * np.sin(x / 760 + 0.4) - 0.035 * x)


def _station_square() -> Polygon:
    """Between the station and the end of Renmin Road."""
    corners = [(1268, 508), (1396, 504), (1398, 592), (1270, 594), (1268, 508)]
    return Polygon(_BEND.line(corners))


def _round(middle: tuple[float, float], radius_x_m: float, radius_y_m: float) -> Polygon:
    """An egg: three waves on an ellipse, so that no pond looks like a coin."""
    turn = np.linspace(0, 2 * np.pi, 40)
    wobble = 1 + 0.08 * np.sin(2 * turn + 0.7) + 0.06 * np.sin(3 * turn)
    ring = np.column_stack([radius_x_m * np.cos(turn), radius_y_m * np.sin(turn)]) * wobble[:, None]
    return Polygon(_BEND(ring + middle)).simplify(0.3)


def _belts() -> tuple[Polygon, ...]:
    """Trees against the sand: strips beyond the ring roads and along the southern edge."""
    strips = (
        ((-330, 1930), (380, 1945), 46), ((480, 1950), (1260, 1935), 46), ((1400, 1935), (1600, 1930), 46),
        ((2010, 1925), (2640, 1915), 46), ((-290, 960), (-300, 1840), 46), ((-280, 250), (-285, 780), 40),
        ((2620, 980), (2625, 1820), 46), ((2610, 150), (2615, 420), 40), ((30, -35), (380, -45), 34),
        ((480, -45), (1150, -50), 34), ((1230, -50), (1690, -40), 34), ((1900, -50), (2010, -50), 34),
    )  # fmt: skip
    return tuple(_BEND.line([start, stop]).buffer(width / 2, cap_style="flat") for start, stop, width in strips)


def _sidings(rail: LineString) -> tuple[LineString, ...]:
    """The second track all along, and two platform tracks at the station."""
    station = rail.project(Point(_BEND(np.array([[1330.0, 470.0]]))[0]))
    platforms = [
        beside(shapely.ops.substring(rail, station - 290 + 30 * n, station + 250 - 30 * n), -5.0 * n) for n in (1, 2)
    ]
    return (beside(rail, 5.0), *platforms)


def _zone_of(xy_m: FloatArray) -> tuple[IntArray, IntArray]:
    x, y = _BEND.back(xy_m).T
    is_east, is_south = x > _river_x(y), y < _rail_y(x)
    community = np.select(
        [is_east, is_south, x < 430, (y > 860) & (x < 1330) & (y > 1255), (y > 860) & (x < 1330)], [4, 5, 2, 0, 1], 3
    )
    style = np.select(
        [
            community <= 1,
            is_east,
            is_south & (x > 430) & (x < 928) & (y > 225),
            (community == 3) & (x > 1330) & (y > 860),
        ],
        [STYLES.index("old"), STYLES.index("estate"), STYLES.index("industry"), STYLES.index("estate")],
        STYLES.index("slab"),
    )
    return community.astype(np.int64), style.astype(np.int64)
