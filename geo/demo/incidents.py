"""Two months of harmless incidents in clusters, and the teams and vehicles on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point

from geo.demo.addresses import Addresses
from geo.demo.names import words
from geo.units import FloatArray

DATA_MIDNIGHT: Final = datetime(2026, 11, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The day that all of the demo speaks of. Never the clock: the same seed makes the same files on any day."""

_DAYS: Final = 61
_CLUSTER_SHARE: Final = 0.7
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


@dataclass(frozen=True)
class IncidentRow:
    """One incident as it is written, in the frame's metres."""

    key: str
    occurred_at: datetime
    category: str
    text: str
    is_closed: bool
    place: Point


@dataclass(frozen=True)
class ResourceRow:
    """One team or vehicle as it is written, in the frame's metres."""

    key: str
    name: str
    kind: str
    services: str
    place: Point
    position_at: datetime


def happen(
    n: int, homes: NDArray[np.object_], streets: NDArray[np.object_], addresses: Addresses, rng: np.random.Generator
) -> list[IncidentRow]:
    """Incidents on streets and paths: seven in ten around a few places, the others wherever people live."""
    places = _places(n, shapely.get_coordinates(shapely.centroid(homes)), streets, rng)
    weight = words()["incident_weight"]
    share = np.array(list(weight.values()), dtype=float)
    category = rng.choice(list(weight), n, p=share / share.sum())
    when = np.sort(rng.uniform(0, _DAYS, n))
    rows = []
    for number in range(n):
        at = DATA_MIDNIGHT - timedelta(days=_DAYS) + timedelta(minutes=_by_day(float(when[number]), rng))
        texts = words()["incident"][str(category[number])]
        text = texts[int(rng.integers(len(texts)))].format(place=addresses.of(places[number]).street)
        is_closed = bool(rng.random() < (0.97 if when[number] < _DAYS - 7 else 0.55))
        rows.append(IncidentRow(f"QH2026-{number + 1:06d}", at, str(category[number]), text, is_closed, places[number]))
    return rows


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


def _falling(n: int) -> FloatArray:
    weight = 1.0 / np.arange(1, n + 1) ** 0.7
    return np.asarray(weight / weight.sum())


def set_out(streets: NDArray[np.object_], n: int, rng: np.random.Generator) -> list[ResourceRow]:
    """Teams and vehicles, each last seen on a street in the data day's first hours."""
    lines = streets[rng.choice(len(streets), n)]
    places = shapely.line_interpolate_point(lines, rng.uniform(0.2, 0.8, n), normalized=True)
    rows = []
    for number in range(n):
        name, kind, services = _RESOURCES[number % len(_RESOURCES)]
        seen = DATA_MIDNIGHT + timedelta(hours=8, minutes=int(rng.integers(0, 55)))
        rows.append(
            ResourceRow(
                f"R-{number + 1:03d}", f"{name}{number // len(_RESOURCES) + 1}号", kind, services, places[number], seen
            )
        )
    return rows
