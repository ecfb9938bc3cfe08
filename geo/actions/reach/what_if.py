"""What other stations, hours, streets or gates would change, and for whom; nothing is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np

from geo.actions.city.engine import Base, Engine
from geo.actions.city.name_places import name_places
from geo.actions.reach.imagine import Scene, scene_of
from geo.actions.reach.profile import week_from
from geo.compute.reach.pairs import homes_within, is_covered
from geo.compute.reach.profile import change_of_hours
from geo.compute.reach.rejoin import joined_stops, of_points
from geo.compute.reach.what_if import Counted, Rows, Touched, moved_people, rows_of, touched_homes
from geo.hours import OPEN, open_mask
from geo.stations import Station
from geo.store.database import Database
from geo.units import NONE, BoolArray, FloatArray, IntArray
from geo.what_if import Counts, GridChange, StationChange, WeekChange, WhatIf, WhatIfWish

ALWAYS = "24/7"
"""Hours of an imagined station for which none are told."""

PEOPLE = ("residents", "elderly", "children")


def what_if(db: Database, engine: Engine, wish: WhatIfWish, step: Callable[[float], None] | None = None) -> WhatIf:
    """Compare the town as it is with the town as somebody imagines it.

    ``step`` is told the share done, 0 to 1; what it raises calls the computation off.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode, surface or station.
    Refused
        If a change cannot be meant; the sentence says which and why.
    """
    base = engine.base(wish.mode, wish.surface, wish.minutes, wish.at, step=step)
    base = _only(base, wish.area_id)
    scene = scene_of(base, wish.changes)
    return _told(db, base, scene, wish, compared(base, scene, wish))


def compared(base: Base, scene: Scene, wish: WhatIfWish) -> tuple[Touched, Rows, BoolArray, Counted]:
    """Whom the scene may touch and how, rows of the matrix that come and go, and which stations count."""
    counted = _counted(base, scene, wish)
    fresh, is_dropped = _fresh(base, scene, counted)
    dropped = rows_of(base.pairs, np.flatnonzero(is_dropped).astype(np.int32))
    return touched_homes(base.of_homes, dropped, is_dropped, fresh, counted), fresh, is_dropped, counted


def _only(base: Base, area_id: int | None) -> Base:
    """The same, nobody living outside the area."""
    if area_id is None:
        return base
    homes, is_inside = base.homes, base.city.is_in_area(area_id)
    people = {name: getattr(homes, name) * is_inside for name in PEOPLE}
    return replace(base, city=replace(base.city, homes=replace(homes, **people)))


def _counted(base: Base, scene: Scene, wish: WhatIfWish) -> Counted:
    """Which stations count, before and after; imagined ones have whatever is asked for."""
    n, n_new = len(base.stations), len(scene.added)
    fits = np.array([_fits(station, wish) for station in base.stations] + [True] * n_new, dtype=np.bool_)
    is_new = np.arange(n + n_new) >= n
    before, after = fits & ~is_new, fits.copy()
    if wish.open_only:
        now = [station.opening_hours for station in base.stations]
        later = [scene.hours_of_station.get(i, hours) for i, hours in enumerate(now)]
        new = [station.opening_hours or ALWAYS for station in scene.added]
        before &= np.append(open_mask(now, [wish.at])[0] == OPEN, np.zeros(n_new, np.bool_))
        after &= open_mask([*later, *new], [wish.at])[0] == OPEN
    moved = scene.station_of_new[scene.station_of_new < n]
    is_closed = np.append(scene.is_gone, np.zeros(n_new, np.bool_))
    is_closed[moved] = False
    return Counted(before, after & ~is_closed)


def _fits(station: Station, wish: WhatIfWish) -> bool:
    return wish.kind in {None, station.kind} and (wish.service is None or wish.service in station.services)


def _fresh(base: Base, scene: Scene, counted: Counted) -> tuple[Rows, BoolArray]:
    """Rows of the matrix that are found anew, and which of the old ones no longer hold."""
    n = len(base.stations)
    switches = counted.before[:n] != counted.after[:n]
    again = np.flatnonzero((scene.feels | switches) & ~scene.is_gone & counted.after[:n]).astype(np.int32)
    stops = joined_stops(of_points(scene.doors, again.astype(np.int64)), scene.new_doors)
    pairs = homes_within(scene.net, stops, scene.homes_by_piece, len(base.homes), base.cutoff_ds)
    return Rows(np.append(again, scene.station_of_new), pairs), scene.is_gone | scene.feels | switches


def _told(
    db: Database, base: Base, scene: Scene, wish: WhatIfWish, found: tuple[Touched, Rows, BoolArray, Counted]
) -> WhatIf:
    touched, fresh, is_dropped, counted = found
    homes = base.homes
    people = {name: getattr(homes, name) for name in PEOPLE}
    was_covered = is_covered(base.of_homes, counted.before[: len(base.stations)], base.cutoff_ds)
    everybody = np.zeros(len(homes), np.int64)
    moved = {name: moved_people(touched, values, everybody, 1) for name, values in people.items()}
    before = Counts(**{name: float(values[was_covered].sum()) for name, values in people.items()})
    gained = Counts(**{name: float(moved[name].gained[0]) for name in people})
    lost = Counts(**{name: float(moved[name].lost[0]) for name in people})
    stays = (touched.ds_before != NONE) & (touched.ds_after != NONE)
    residents = homes.residents[touched.home]
    winners, losers = name_places(db, base, touched)
    return WhatIf(
        provenance=replace(base.provenance, inputs_hash=_hash(base.provenance.inputs_hash, wish)),
        wish=wish,
        everybody=Counts(**{name: float(values.sum()) for name, values in people.items()}),
        before=before,
        after=Counts(*(b + g - i for b, g, i in zip(_row(before), _row(gained), _row(lost), strict=True))),
        gained=gained,
        lost=lost,
        residents_nearer=float(residents[stays & (touched.ds_after < touched.ds_before)].sum()),
        residents_farther=float(residents[stays & (touched.ds_after > touched.ds_before)].sum()),
        homes_touched=len(touched.home),
        grids=_grids(base, touched, was_covered),
        stations=_stations(base, scene, fresh, is_dropped, counted),
        winners=winners,
        losers=losers,
        week=week_change(base, scene, wish),
    )


def _row(counts: Counts) -> tuple[float, float, float]:
    return counts.residents, counts.elderly, counts.children


def _grids(base: Base, touched: Touched, was_covered: BoolArray) -> list[GridChange]:
    """Grids where somebody gains or loses, those that lose the most first."""
    n, group, residents = len(base.grids), base.grid_of_home, base.homes.residents
    moved = moved_people(touched, residents, group, n)
    in_grid = group != NONE
    people = np.bincount(group[in_grid], weights=residents[in_grid], minlength=n)
    before = np.bincount(group[in_grid & was_covered], weights=residents[in_grid & was_covered], minlength=n)
    changed = np.flatnonzero((moved.gained > 0) | (moved.lost > 0))
    ordered = changed[np.argsort((moved.gained - moved.lost)[changed], kind="stable")]
    return [
        GridChange(
            grid_id=base.grids[i].id,
            code=base.grids[i].code,
            name=base.grids[i].name,
            residents=float(people[i]),
            covered_before=float(before[i]),
            covered_after=float(before[i] + moved.gained[i] - moved.lost[i]),
            gained=float(moved.gained[i]),
            lost=float(moved.lost[i]),
        )
        for i in ordered.tolist()
    ]


def _stations(base: Base, scene: Scene, fresh: Rows, is_dropped: BoolArray, counted: Counted) -> list[StationChange]:
    """Stations that reach other people than before, by number."""
    n, residents = len(base.stations), base.homes.residents
    numbers = np.flatnonzero(is_dropped).astype(np.int32)
    after = _sums(fresh.pairs.start_of_station, residents[fresh.pairs.home_of_pair])
    rows = rows_of(base.pairs, numbers)
    before_of = dict(zip(numbers.tolist(), _sums(rows.start_of_station, residents[rows.home_of_pair]), strict=True))
    after_of = dict(zip(fresh.station_of_row.tolist(), after, strict=True))
    told = []
    for i in sorted(before_of.keys() | after_of.keys()):
        known = base.stations[i] if i < n else None
        before = float(before_of.get(i, 0.0)) if counted.before[i] else 0.0
        later = float(after_of.get(i, 0.0)) if counted.after[i] else 0.0
        name = known.name if known else scene.added[i - n].name
        if before != later or known is None:
            told.append(StationChange(known.id if known else None, name, before, later))
    return told


def _sums(start: IntArray, values: FloatArray) -> FloatArray:
    """Sums of consecutive values."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[start[1:]] - total[start[:-1]])


def week_change(base: Base, scene: Scene, wish: WhatIfWish) -> WeekChange | None:
    """What the other hours bring in the week of the moment asked about."""
    if not scene.hours_of_station:
        return None
    monday = (wish.at - timedelta(days=wish.at.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    now = [station.opening_hours for station in base.stations]
    later = [scene.hours_of_station.get(i, hours) for i, hours in enumerate(now)]
    fits = np.array([_fits(station, wish) for station in base.stations], dtype=np.bool_)
    masks = [(open_mask(hours, week_from(monday)) == OPEN) & fits for hours in (now, later)]
    change = change_of_hours(base.of_homes, masks[0], masks[1], base.cutoff_ds, base.homes.residents[:, None])
    return WeekChange(
        monday=monday,
        gained_person_hours=float(change.gained.sum()),
        lost_person_hours=float(change.lost.sum()),
        newly_reached=float(change.newly_reached[0]),
    )


def _hash(base_hash: str, wish: WhatIfWish) -> str:
    return hashlib.sha256(repr([base_hash, wish]).encode()).hexdigest()
