"""What a reader must know to trust the figures of a run, and figures that are too many for columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.actions.city.load_city import City, Wish
from geo.compute.reach.coverage import CATEGORIES, sums_by_minute
from geo.compute.reach.survey import Survey
from geo.compute.streets.ground import Ground
from geo.rules.bounds import bounds_rule
from geo.units import DS_PER_MINUTE, BoolArray, FloatArray, IntArray

AREA_LEVELS = ("city", "district", "subdistrict", "community")
LEVELS_BY_MINUTE = ("city", "district", "subdistrict")
"""Whose shares are told minute by minute."""


def is_of_kinds(city: City) -> BoolArray:
    """(n_kinds, n_stations) which stations are of each of the city's kinds."""
    kind = np.array([station.kind for station in city.stations], dtype=object)
    return np.array([kind == key for key in city.kinds], dtype=np.bool_).reshape(len(city.kinds), len(city.stations))


def has_services(city: City) -> BoolArray:
    """(n_services, n_stations) which stations offer each of the city's services."""
    table = [[service in station.services for station in city.stations] for service in city.services]
    return np.array(table, dtype=np.bool_).reshape(len(city.services), len(city.stations))


def report_of(city: City, ground: Ground, wish: Wish, found: Survey) -> dict[str, Any]:
    """What was found beside the figures by area. Residents are the sum of their four categories."""
    residents, homes = _categories(city, found)
    without = [station.id for station, has in zip(city.stations, found.has_street_of_station, strict=True) if not has]
    return {
        "residents": residents,
        "homes": homes,
        "residents_in_air_circle": _residents(city, found.outcome.is_in_air_circle_of_home),
        "residents_second": _residents(city, found.outcome.has_second_of_home),
        "residents_by_n_stations": _by_n_stations(city, found),
        "by_kind": _reached(city, city.kinds, found.reaches_kind_of_home),
        "residents_all_kinds": _residents(city, found.outcome.has_all_kinds_of_home),
        "by_service": _reached(city, city.services, found.reaches_service_of_home),
        "services_left_out": len({service for s in city.stations for service in s.services}) - len(city.services),
        "by_minute": _by_minute(city, wish, found),
        "bounds": {
            "certain": _residents(city, found.outcome.is_certain_of_home),
            "possible": _residents(city, found.outcome.is_possible_of_home),
            "detour_factor": bounds_rule().detour_factor,
            "residents_at_known_entrances": _residents(city, city.homes.spread_m == 0),
        },
        "stations": {
            "counted": len(city.stations),
            "for_others": city.n_other_stations,
            "without_street": without,
        },
        "streets": {
            "pieces": ground.n_pieces,
            "metres": float(ground.length_m_of_piece.sum()),
            "small_components": ground.n_small_components,
            "small_components_m": ground.small_components_m,
            "length_error_share": ground.frame.error_share(ground.frame.to_xy_m(ground.lonlat_of_point)),
        },
    }


def _categories(city: City, found: Survey) -> tuple[dict[str, float], dict[str, int]]:
    category = found.outcome.category_of_home
    residents = np.bincount(category, weights=city.homes.residents, minlength=len(CATEGORIES))
    homes = np.bincount(category, minlength=len(CATEGORIES))
    return (
        {"all": float(residents.sum()), **dict(zip(CATEGORIES, residents.tolist(), strict=True))},
        {"all": int(homes.sum()), **dict(zip(CATEGORIES, homes.tolist(), strict=True))},
    )


def _residents(city: City, which: BoolArray) -> float:
    return float(city.homes.residents[which].sum())


def _by_n_stations(city: City, found: Survey) -> list[float]:
    """Residents with 0, 1, 2, ... stations within the cutoff; they add up to all residents."""
    sums: list[float] = np.bincount(found.n_stations_of_home, weights=city.homes.residents, minlength=1).tolist()
    return sums


def _reached(city: City, keys: tuple[str, ...], reaches: BoolArray) -> dict[str, float]:
    return {key: _residents(city, which) for key, which in zip(keys, reaches, strict=True)}


def _by_minute(city: City, wish: Wish, found: Survey) -> dict[str, list[float]]:
    """Residents who reach a station within 0, 1, ... minutes up to the horizon, of all and by code of the area."""
    n_minutes = wish.rule.horizon_ds // DS_PER_MINUTE
    everybody = np.zeros(len(city.homes), dtype=np.int64)

    def sums(group: IntArray, n_groups: int) -> FloatArray:
        nearest_ds = found.ds_of_choice[:, 0]
        return np.round(sums_by_minute(group, n_groups, city.homes.residents, nearest_ds, n_minutes), 3)

    told = {"all": sums(everybody, 1)[0].tolist()}
    for level in LEVELS_BY_MINUTE:
        here = city.areas_of(level)
        rows = sums(city.group_of_home(level), len(here)).tolist()
        told |= {area.code: row for area, row in zip(here, rows, strict=True)}
    return told
