"""Two months of harmless orders in clusters, and the teams and vehicles on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point
from shapely.geometry.base import BaseGeometry

from geo.demo.addresses import Addresses
from geo.demo.names import words
from geo.rules.case_catalogue import case_catalogues
from geo.units import FloatArray

DATA_MIDNIGHT: Final = datetime(2026, 11, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The day that all of the demo speaks of. Never the clock: the same seed makes the same files on any day."""

DATA_MORNING: Final = DATA_MIDNIGHT + timedelta(hours=9)
"""When the teams were last heard of, a few minutes before."""

_DAYS: Final = 61
_CLUSTER_SHARE: Final = 0.7
_INSIDE_M: Final = 2.0
"""From the edge of the grids at least."""
_LONG_AGO_MINUTES: Final = 50
"""Since when nothing was heard of the last team: it is told with a warning."""
_RESOURCES: Final = (
    ("巡逻电动车", "patrol", "巡查;劝导"),
    ("市政抢修车", "repair_van", "井盖;路灯;管道"),
    ("环卫清扫车", "street_cleaning", "清扫;垃圾清运"),
    ("志愿服务队", "volunteers", "助老;送餐;陪诊"),
    ("流动服务车", "mobile_service", "政务代办;社保咨询"),
    ("供热维修班", "heating_crew", "供热;管道"),
    ("物业应急队", "property_crew", "楼道;电梯;漏水"),
    ("园林养护车", "greenery", "树木;绿地"),
)
_ON_DUTY: Final = (2, 3, 2, 6, 2, 3, 0, 2, 2, 3, 4, 5, 2)
"""Persons on duty, in turn: one team has nobody."""


@dataclass(frozen=True)
class IncidentRow:
    """One order of the hotline as it is written, in the frame's metres."""

    key: str
    occurred_at: datetime
    category: str
    item: str
    """Code in the seed catalogue of cases."""
    text: str
    address: str
    unit: str | None
    """Who deals with it; None: whoever answers for the ground."""
    sent_at: datetime | None
    """None: not by the end of the register."""
    closed_at: datetime | None
    place: Point


@dataclass(frozen=True)
class ResourceRow:
    """One team, vehicle or post as it is written, in the frame's metres."""

    key: str
    name: str
    kind: str
    services: str
    staff: int
    place: Point
    position_at: datetime | None
    """None: a post with a fixed place."""
    duty_hours: str = ""
    grids: tuple[str, ...] = ()
    """Codes of those that are assigned to it."""


def happen(
    n: int,
    built: tuple[NDArray[np.object_], NDArray[np.object_], BaseGeometry],
    addresses: Addresses,
    rng: np.random.Generator,
) -> list[IncidentRow]:
    """Incidents on streets and paths: seven in ten around a few places, the others wherever people live.

    ``built``: homes, streets, and the ground of all grids, in which every one lies.
    """
    homes, streets, ground = built
    places = _within(ground, _places(n, shapely.get_coordinates(shapely.centroid(homes)), streets, rng))
    weight = words()["incident_weight"]
    share = np.array(list(weight.values()), dtype=float)
    category = rng.choice(list(weight), n, p=share / share.sum())
    when = np.sort(rng.uniform(0, _DAYS, n))
    rows = []
    for number in range(n):
        at = DATA_MIDNIGHT - timedelta(days=_DAYS) + timedelta(minutes=_by_day(float(when[number]), rng))
        told = words()["incident"][str(category[number])]
        item, text = told[int(rng.integers(len(told)))]
        address = addresses.of(places[number])
        sent_at, closed_at = _dealt_with(number, at)
        rows.append(
            IncidentRow(
                key=f"QH2026-{number + 1:06d}",
                occurred_at=at,
                category=str(category[number]),
                item=item,
                text=text.format(place=address.street),
                address=str(address),
                unit=unit_for(item),
                sent_at=sent_at,
                closed_at=closed_at,
                place=places[number],
            )
        )
    return rows


def unit_for(item: str) -> str | None:
    """The office that deals with an item of the seed catalogue; None: whoever answers for the ground."""
    service = case_catalogues(None).in_force(DATA_MIDNIGHT.date()).item(item).service
    return None if service is None else str(words()["unit"][service])


def _dealt_with(number: int, called_at: datetime) -> tuple[datetime | None, datetime | None]:
    """When somebody was sent, mostly within half an hour, and when it was settled: most soon, a few after two days."""
    sent_at = called_at + timedelta(minutes=3 + 13 * number % 29)
    closed_at = sent_at + timedelta(minutes=40 + round(3000 * (29 * number % 53 / 53) ** 3))
    return (
        None if sent_at >= DATA_MIDNIGHT else sent_at,
        None if closed_at >= DATA_MIDNIGHT else closed_at,
    )


def _by_day(days: float, rng: np.random.Generator) -> int:
    """Minutes since the first day's midnight, most of them between breakfast and bedtime."""
    hour = float(np.clip(rng.normal(14.5, 4.2), 0.2, 23.7))
    return int(days) * 1440 + int(hour * 60)


def _places(n: int, homes_xy: FloatArray, streets: NDArray[np.object_], rng: np.random.Generator) -> list[Point]:
    n_clusters = max(7, n // 60)
    middles = homes_xy[rng.choice(len(homes_xy), n_clusters)]
    clustered = rng.random(n) < _CLUSTER_SHARE
    cluster = rng.choice(n_clusters, n, p=_falling(n_clusters))
    base = np.where(clustered[:, None], middles[cluster], homes_xy[rng.choice(len(homes_xy), n)])
    wish = shapely.points(base + rng.normal(0, np.where(clustered, 75.0, 40.0)[:, None], (n, 2)))
    nearest = shapely.STRtree(streets).nearest(wish)
    onto = shapely.line_interpolate_point(streets[nearest], shapely.line_locate_point(streets[nearest], wish))
    aside = rng.uniform(-7, 7, (n, 2))
    return list(shapely.points(shapely.get_coordinates(onto) + aside))


def _within(ground: BaseGeometry, places: Sequence[Point]) -> list[Point]:
    """Places, those at the edge moved to the near side of it."""
    inner = ground.buffer(-_INSIDE_M)
    return [
        place if inner.contains(place) else Point(shapely.shortest_line(inner, place).coords[0]) for place in places
    ]


def _falling(n: int) -> FloatArray:
    weight = 1.0 / np.arange(1, n + 1) ** 0.7
    return np.asarray(weight / weight.sum())


def set_out(streets: NDArray[np.object_], n: int, rng: np.random.Generator) -> list[ResourceRow]:
    """Teams and vehicles, each last seen on a street in the last minutes of the data day's first hours, but for one."""
    lines = streets[rng.choice(len(streets), n)]
    places = shapely.line_interpolate_point(lines, rng.uniform(0.2, 0.8, n), normalized=True)
    rows = []
    for number in range(n):
        name, kind, services = _RESOURCES[number % len(_RESOURCES)]
        ago_minutes = _LONG_AGO_MINUTES if number == n - 1 else int(rng.integers(1, 10))
        rows.append(
            ResourceRow(
                f"R-{number + 1:03d}",
                f"{name}{number // len(_RESOURCES) + 1}号",
                kind,
                services,
                _ON_DUTY[number % len(_ON_DUTY)],
                places[number],
                DATA_MORNING - timedelta(minutes=ago_minutes),
            )
        )
    return rows
