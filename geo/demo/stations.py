"""Service stations: a place on the plan becomes a door on a street, with hours, phone and address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point

from geo.demo.addresses import Addresses
from geo.demo.census import Phones
from geo.demo.compounds import Furnished
from geo.demo.plan import Site
from geo.units import FloatArray

_OFFICE: Final = "Mo-Fr 08:30-17:30"
_LATE: Final = "Mo-Fr 08:30-18:30"
_LATE_SATURDAY: Final = "Mo-Fr 08:30-18:30; Sa 09:00-17:00"
_ALWAYS: Final = "24/7"


@dataclass(frozen=True)
class Kind:
    """What stations of one kind offer; hours, capacities and persons on duty are dealt out in turn."""

    services: str
    hours: tuple[str, ...]
    capacity: tuple[int, int]
    staff: tuple[int | None, ...]
    """Persons on duty; None: not known."""
    is_inside: bool = False
    """Inside a compound, reached through its gate."""


KINDS: Final[dict[str, Kind]] = {
    "party_mass_centre": Kind(
        "政务代办;社保医保;纠纷调解;居民议事;巡查;劝导",
        (_LATE_SATURDAY, _LATE, _LATE_SATURDAY),
        (60, 200),
        (6, 5, 4, 8, 5, 7),
    ),
    "new_organisation_venue": Kind(
        "党群活动;阅览;志愿服务", ("Tu-Su 09:00-20:30", "Mo-Sa 09:00-18:30"), (80, 260), (3, 2)
    ),
    "compound_station": Kind(
        "便民服务;快递代收;物业报修;电梯",
        (_OFFICE, _LATE, "Mo-Sa 08:30-18:30"),
        (15, 40),
        (2, 1, 2, 0, 2, 1, None, 2),
        is_inside=True,
    ),
    "elderly_care": Kind(
        "日间照料;助浴;送餐;健康档案",
        ("Mo-Fr 08:00-17:30; Fr[2] 08:00-19:30", "Mo-Sa 08:00-17:30"),
        (20, 60),
        (5, 4, 6),
    ),
    "canteen": Kind("助餐;送餐", ("Mo-Su 11:30-13:30,17:00-18:30", "Mo-Fr 11:00-13:30"), (40, 120), (6, 4)),
    "health_centre": Kind(
        "全科门诊;体检;康复;预防接种", ("Mo-Fr 08:00-12:00,14:00-18:00; Sa 08:00-12:00",), (40, 150), (12, 5)
    ),
    "energy_station": Kind("休息;充电;饮水;热饭;政策咨询", (_ALWAYS, "Mo-Su 07:00-23:00"), (8, 30), (1, None, 1, 0)),
    "driver_station": Kind("休息;淋浴;热水;充电;维修指引", (_ALWAYS,), (20, 40), (2, 1)),
    "works_depot": Kind(
        "垃圾清运;清扫;井盖;路灯;管道;供热;树木;绿地", ("Mo-Su 06:30-20:00", "Mo-Sa 07:30-18:30"), (5, 15), (9, 7)
    ),
}


@dataclass(frozen=True)
class StationRow:
    """One station as it is written, in the frame's metres."""

    key: str
    name: str
    kind: str
    services: str
    opening_hours: str
    address: str
    phone: str
    capacity: int
    staff: int | None
    place: Point
    entrance: Point


class Doors:
    """Finds a door for a site: outside a wall on a street, or inside a compound on its path."""

    def __init__(self, plots: Sequence[Furnished], streets: NDArray[np.object_]) -> None:
        self._plots = plots
        self._streets = streets
        self._street_tree = shapely.STRtree(streets)
        self._plot_tree = shapely.STRtree([plot.lot.shape for plot in plots])
        self._used: set[int] = set()

    def find(self, near: Point, is_inside: bool) -> tuple[Point, Point]:
        """Place and entrance near a wish, on the nearest plot that has no station yet."""
        plot = self._plots[self._free_plot(near, is_inside)]
        return self._inside(plot) if is_inside else self._at_street(plot, near)

    def _free_plot(self, near: Point, is_inside: bool) -> int:
        for within_m in (300.0, 900.0, 3000.0, np.inf):
            found = np.sort(self._plot_tree.query(near, "dwithin", distance=within_m))
            metres = shapely.distance(self._plot_tree.geometries[found], near)
            for i in found[np.argsort(metres, kind="stable")]:
                if int(i) not in self._used and (self._plots[i].paths or not is_inside):
                    self._used.add(int(i))
                    return int(i)
        raise ArithmeticError("more stations than plots")

    def _inside(self, plot: Furnished) -> tuple[Point, Point]:
        """Beside the path that leads to the last gate."""
        path: LineString = plot.paths[-1]
        start, stop = shapely.get_coordinates(path)[[0, -1]]
        ahead = (stop - start) / np.hypot(*(stop - start))
        entrance = start + ahead * 1.5 + 2.0 * np.array([-ahead[1], ahead[0]])
        return Point(entrance + 3.0 * np.array([-ahead[1], ahead[0]])), Point(entrance)

    def _at_street(self, plot: Furnished, near: Point) -> tuple[Point, Point]:
        """On the side of the plot that is nearest to a street, where it is nearest to the wish."""
        ring = shapely.segmentize(plot.lot.shape.exterior, 12.0)
        edge = shapely.points(shapely.get_coordinates(ring)[1::2])
        street = self._streets[self._street_tree.nearest(edge)]
        to_street_m = shapely.distance(edge, street)
        good = np.flatnonzero(to_street_m < to_street_m.min() + 1.5)
        door = good[int(np.argmin(shapely.distance(edge[good], near)))]
        wall, kerb = shapely.get_coordinates(shapely.shortest_line(edge[door], street[door]))
        ahead: FloatArray = (kerb - wall) / np.hypot(*(kerb - wall))
        return Point(wall - ahead * 6.0), Point(wall + ahead * 1.0)


def open_stations(
    sites: Sequence[Site], doors: Doors, addresses: Addresses, phones: Phones, rng: np.random.Generator
) -> list[StationRow]:
    """A station for every site of the plan."""
    turn: dict[str, int] = {}
    rows = []
    for number, site in enumerate(sites, start=1):
        kind = KINDS[site.kind]
        place, entrance = doors.find(site.near, kind.is_inside)
        address = addresses.of(entrance)
        count = turn[site.kind] = turn.get(site.kind, -1) + 1
        hours = kind.hours[count % len(kind.hours)] if site.hours is None else site.hours
        capacity = int(rng.integers(*kind.capacity) // 5 * 5)
        rows.append(
            StationRow(
                f"QH-{number:04d}",
                site.name,
                site.kind,
                kind.services,
                hours,
                f"青河市{address}",
                phones.take(),
                capacity,
                kind.staff[count % len(kind.staff)],
                place,
                entrance,
            )
        )
    return rows
