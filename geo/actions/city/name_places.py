"""Compounds and buildings whose people gain or lose a station within reach: for staff, counts by place, no person."""

from __future__ import annotations

import numpy as np

from geo.actions.city.engine import Base
from geo.compute.reach.what_if import Touched
from geo.rules.edits import edit_rule
from geo.store import people
from geo.store.database import Database
from geo.units import DS_PER_MINUTE, NONE, BoolArray, Int32Array
from geo.what_if import PlaceChange


def name_places(db: Database, base: Base, touched: Touched) -> tuple[list[PlaceChange], list[PlaceChange]]:
    """Winners and losers, those with the most people first; places without a name stand one by one."""
    lives_there = base.homes.residents[touched.home] > 0
    wins = (touched.ds_before == NONE) & (touched.ds_after != NONE) & lives_there
    loses = (touched.ds_before != NONE) & (touched.ds_after == NONE) & lives_there
    with db.read() as conn:
        name_of_id = people.names_of(conn, base.homes.id[touched.home[wins | loses]].tolist())
    return _places(base, touched, wins, name_of_id), _places(base, touched, loses, name_of_id)


def _places(base: Base, touched: Touched, chosen: BoolArray, name_of_id: dict[int, str]) -> list[PlaceChange]:
    groups: dict[str, list[int]] = {}
    for i in np.flatnonzero(chosen).tolist():
        home_id = int(base.homes.id[touched.home[i]])
        groups.setdefault(name_of_id.get(home_id) or f"#{home_id}", []).append(i)
    told = [_place(base, touched, name, np.array(members)) for name, members in groups.items()]
    return sorted(told, key=lambda place: (-place.residents, place.name))[: edit_rule().places]


def _place(base: Base, touched: Touched, name: str, members: Int32Array) -> PlaceChange:
    home = touched.home[members]
    lon, lat = base.homes.lonlat_of_start[home].mean(axis=0).tolist()
    return PlaceChange(
        name="" if name.startswith("#") else name,
        lonlat=(round(lon, 6), round(lat, 6)),
        residents=float(base.homes.residents[home].sum()),
        minutes_before=_minutes(touched.ds_before[members]),
        minutes_after=_minutes(touched.ds_after[members]),
    )


def _minutes(ds: Int32Array) -> float | None:
    reached = ds[ds != NONE]
    return float(reached.min()) / DS_PER_MINUTE if len(reached) else None
