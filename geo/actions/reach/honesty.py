"""Hold circles against streets: whom they promise and do not reach, and the reverse: load -> compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely

from geo.actions.city.engine import Base, Engine
from geo.areas import Area
from geo.compute.reach.circles import Pen, Sources, outline_of_union
from geo.compute.reach.honesty import (
    Compared,
    compare,
    compare_groups,
    in_circles,
    in_outlines,
    led_astray,
)
from geo.compute.reach.members import Members, is_in_any, of_places, together
from geo.compute.reach.minutes import times_of_nodes
from geo.compute.reach.plain_circles import union_of_circles
from geo.errors import NotFound, Refused
from geo.grids import Grid
from geo.honesty import LEVELS, Astray, Heads, HonestyReport, HonestyWish, Promise, PromiseKind
from geo.official_circles import OfficialCircle
from geo.rules.honesty import honesty_rule
from geo.store import coverage, official_circles
from geo.store.database import Database
from geo.units import NONE, BoolArray, FloatArray, IntArray

DrawnCircles = Mapping[int, tuple[shapely.Geometry | None, float]]
"""Station id -> its drawn circle and square metres."""


@dataclass(frozen=True)
class _Case:
    """All that promises are held against."""

    base: Base
    circle_m: float
    is_told_of_home: BoolArray
    """Whether a home's people are asked about."""
    official: Sequence[OfficialCircle]
    circle_of_station: DrawnCircles
    """Of a stored computation of the same inputs; else empty."""
    plain: Members
    """Homes in the plain circle of each station."""
    outlined: Members
    """Homes in each official circle."""
    reached: Members
    """Homes within the cutoff of each station."""

    @property
    def counts(self) -> FloatArray:
        """(n_homes, 3) residents, elderly, children; nobody where they are not asked about."""
        homes = self.base.homes
        return np.stack([homes.residents, homes.elderly, homes.children], axis=1) * self.is_told_of_home[:, None]


class _Subject(NamedTuple):
    """What a promise is told of."""

    of: str
    id: int | None
    code: str
    name: str


def honesty(
    db: Database, engine: Engine, wish: HonestyWish, at: datetime, step: Callable[[float], None] | None = None
) -> HonestyReport:
    """The honesty report.

    ``step`` is told the share done, 0 to 1; what it raises calls the computation off.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode, surface or level.
    Refused
        If the minutes are out of range or the circle has no radius above 0.
    """
    if wish.by not in LEVELS:
        raise NotFound("level_unknown", level=wish.by, known=", ".join(LEVELS))
    if wish.circle_m is not None and not 0 < wish.circle_m < np.inf:
        raise Refused("circle_out_of_range", metres=wish.circle_m)
    base = engine.base(wish.mode, wish.surface, wish.minutes, at, step=step)
    with db.read() as conn:
        official = official_circles.live(conn)
        drawn = coverage.drawn_circles(conn, base.provenance.inputs_hash)
    return honesty_of(base, wish, official, drawn)


def honesty_of(base: Base, wish: HonestyWish, official: Sequence[OfficialCircle], drawn: DrawnCircles) -> HonestyReport:
    """The same from a base that is there already."""
    circle_m = honesty_rule().plain_circle_m(wish.minutes) if wish.circle_m is None else wish.circle_m
    case = _case(base, circle_m, base.city.is_in_area(wish.area_id), official, drawn)
    promises = _by_station(case) if wish.by == "station" else _by_circle(case) if wish.by == "circle" else None
    rows = list(_by_area(case, wish.by) if promises is None else promises)
    if wish.area_id is not None:
        rows = [row for row in rows if row.promised.residents or row.reached.residents]
    said = [(circle.shape.wkb_hex, circle.station_source, circle.station_key) for circle in official]
    return HonestyReport(
        provenance=base.provenance.depending_on("honesty", circle_m, said, wish.area_id),
        by=wish.by,
        circle_m=circle_m,
        n_stations=len(base.stations),
        n_official_circles=len(official),
        has_areas=bool(drawn),
        whole=list(_whole(case, has_ground=wish.area_id is None)),
        promises=sorted(rows, key=lambda row: (row.kind, -row.promised_not_reached.residents, row.code, row.id or 0)),
        astray=_astray(case),
    )


def _case(
    base: Base,
    circle_m: float,
    is_told_of_home: BoolArray,
    official: Sequence[OfficialCircle],
    drawn: DrawnCircles,
) -> _Case:
    homes_lonlat = np.array(base.homes.lonlat_of_start)
    return _Case(
        base=base,
        circle_m=circle_m,
        is_told_of_home=is_told_of_home,
        official=official,
        circle_of_station=drawn,
        plain=in_circles(base.town.homes_xy_m, base.town.doors_xy_m, circle_m),
        outlined=in_outlines(homes_lonlat, np.array([circle.shape for circle in official], dtype=object)),
        reached=Members(base.pairs.start_of_station, base.pairs.home_of_pair),
    )


def _by_station(case: _Case) -> Iterator[Promise]:
    """The plain circle of every station, and the official one of those that have one."""
    stations = case.base.stations
    subjects = [_Subject("station", station.id, station.source_key, station.name) for station in stations]
    reached_m2 = [case.circle_of_station.get(station.id, (None, None))[1] for station in stations]
    circle_m2 = [np.pi * case.circle_m**2] * len(stations)
    plain = compare(case.plain, case.reached, case.counts)
    yield from _promises(subjects, "plain", plain, (circle_m2, reached_m2), [1] * len(stations))
    station_of_circle = _station_of_circle(case)
    owners = np.unique(station_of_circle[station_of_circle != NONE])
    if not len(owners):
        return
    number_of_station = np.full(len(stations), NONE, dtype=np.int64)
    number_of_station[owners] = np.arange(len(owners))
    number_of_circle = np.where(station_of_circle == NONE, NONE, number_of_station[station_of_circle])
    outlined = together(case.outlined, number_of_circle, len(owners))
    official = compare(outlined, of_places(case.reached, owners), case.counts)
    circles_of_owner = [np.flatnonzero(number_of_circle == k).tolist() for k in range(len(owners))]
    areas = [_m2(case, [case.official[c].shape for c in circles]) for circles in circles_of_owner]
    mine = [subjects[k] for k in owners]
    yield from _promises(mine, "official", official, (areas, [reached_m2[k] for k in owners]), [1] * len(owners))


def _by_circle(case: _Case) -> Iterator[Promise]:
    """Every official circle against the reach of its own station, or else of all stations whose door lies in it."""
    circles, station_of_circle = case.official, _station_of_circle(case)
    inside = in_outlines(case.base.city.doors_lonlat, np.array([circle.shape for circle in circles], dtype=object))
    own = [
        inside.home_of_member[inside.start_of_place[i] : inside.start_of_place[i + 1]].astype(np.int64)
        if circle.station_key is None
        else station_of_circle[i : i + 1][station_of_circle[i : i + 1] != NONE]
        for i, circle in enumerate(circles)
    ]
    stations = np.concatenate([np.zeros(0, dtype=np.int64), *own])
    circle_of_station = np.repeat(np.arange(len(circles)), [len(some) for some in own])
    reached = together(of_places(case.reached, stations), circle_of_station, len(circles))
    areas = [_m2(case, [circle.shape]) for circle in circles]
    drawn = [_drawn_m2(case, some) for some in own]
    subjects = [_Subject("circle", circle.id, circle.source_key, circle.name) for circle in circles]
    found = compare(case.outlined, reached, case.counts)
    yield from _promises(subjects, "official", found, (areas, drawn), [len(some) for some in own])


def _by_area(case: _Case, level: str) -> Iterator[Promise]:
    """All circles together within every area, against the reach of any station."""
    here: Sequence[Grid] | Sequence[Area] = case.base.grids if level == "grid" else case.base.city.areas_of(level)
    subjects = [_Subject(level, thing.id, thing.code, thing.name) for thing in here]
    yield from _any(case, subjects, case.base.city.group_of_home(level))


def _whole(case: _Case, *, has_ground: bool) -> Iterator[Promise]:
    """Everybody who is asked about; with the ground, if that is all of the city's."""
    rows = list(_any(case, [_Subject("all", None, "", "")], np.zeros(len(case.base.homes), dtype=np.int64)))
    if not has_ground:
        yield from rows
        return
    reached_m2 = _reached_m2(case.base)
    for row in rows:
        yield replace(row, promised_m2=_promised_m2(case, row.kind), reached_m2=reached_m2)


def _promised_m2(case: _Case, kind: PromiseKind) -> float:
    """Ground under all circles together."""
    if kind == "official":
        return _m2(case, [circle.shape for circle in case.official])
    return float(union_of_circles(case.base.town.doors_xy_m, case.circle_m).area)


def _reached_m2(base: Base) -> float:
    """Ground from which any station is reached, drawn as circles are."""
    rule, sources = base.wish.rule, Sources(base.city.doors_lonlat, base.doors)
    ds_of_vertex = times_of_nodes(base.net, base.doors, base.cutoff_ds)
    pen = Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m)
    (shape,) = outline_of_union(base.ground, base.net, ds_of_vertex, sources, [base.cutoff_ds], pen)
    return shape.area_m2


def _any(case: _Case, subjects: Sequence[_Subject], group_of_home: IntArray) -> Iterator[Promise]:
    n_homes = len(case.base.homes)
    is_reached = is_in_any(case.reached, n_homes)
    kinds: list[tuple[PromiseKind, Members]] = [("plain", case.plain)]
    kinds += [("official", case.outlined)] if case.official else []
    for kind, members in kinds:
        is_promised = is_in_any(members, n_homes)
        found, everybody = compare_groups(is_promised, is_reached, case.counts, group_of_home, len(subjects))
        nothing = [None] * len(subjects)
        yield from _promises(subjects, kind, found, (nothing, nothing), nothing, everybody)


def _promises(
    subjects: Sequence[_Subject],
    kind: PromiseKind,
    found: Compared,
    m2: tuple[Sequence[float | None], Sequence[float | None]],
    n_stations: Sequence[int | None],
    everybody: FloatArray | None = None,
) -> Iterator[Promise]:
    for i, subject in enumerate(subjects):
        yield Promise(
            *subject,
            kind=kind,
            n_stations=n_stations[i],
            everybody=None if everybody is None else _heads(everybody[i]),
            promised=_heads(found.promised[i]),
            reached=_heads(found.reached[i]),
            promised_not_reached=_heads(found.promised_only[i]),
            reached_not_promised=_heads(found.reached_only[i]),
            promised_m2=m2[0][i],
            reached_m2=m2[1][i],
        )


def _heads(counts: FloatArray) -> Heads:
    return Heads(*counts.tolist())


def _station_of_circle(case: _Case) -> IntArray:
    """(n_circles,) index of the station that each official circle belongs to, or NONE."""
    index = {(station.source, station.source_key): i for i, station in enumerate(case.base.stations)}
    owners = [index.get((c.station_source or "", c.station_key or ""), NONE) for c in case.official]
    return np.array(owners, dtype=np.int64)


def _m2(case: _Case, outlines: Sequence[shapely.Geometry]) -> float:
    """Ground under some outlines together."""
    return float(shapely.transform(shapely.union_all(outlines), case.base.ground.frame.to_xy_m).area)


def _drawn_m2(case: _Case, stations: IntArray) -> float | None:
    """Ground under the drawn circles of some stations together; None where there are no drawn circles."""
    ids = [case.base.stations[i].id for i in stations]
    drawn = [case.circle_of_station[one][0] for one in ids if one in case.circle_of_station]
    return _m2(case, [shape for shape in drawn if shape is not None]) if case.circle_of_station else None


def _astray(case: _Case) -> Astray:
    """Whom the nearest station by air leads astray, searched up to the horizon of minutes that are told."""
    base = case.base
    nearest_ds = np.where(case.is_told_of_home, base.nearest_ds, NONE)
    residents = np.array(base.homes.residents)
    return led_astray(nearest_ds, base.nearest_by_air_ds, residents, base.wish.rule.horizon_ds)
