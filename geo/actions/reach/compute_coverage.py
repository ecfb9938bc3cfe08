"""Compute who reaches a station, and keep it: load -> compute -> save."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from geo.actions.city.load_city import City, Wish, hash_of, load_city, roads
from geo.actions.city.street_cache import lay_out
from geo.actions.reach.coverage_report import AREA_LEVELS, has_services, is_of_kinds, report_of
from geo.compute.reach.circles import Pen
from geo.compute.reach.coverage import CATEGORIES, People, figures, sums_of_groups
from geo.compute.reach.survey import Places, Streets, Survey, Terms, survey
from geo.compute.streets.ways import exact_ds_of_sides
from geo.coverage import METHOD, Circle, CoverageRun
from geo.rules.bounds import bounds_rule
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.store import coverage as store
from geo.store.database import Database
from geo.units import NONE, FloatArray, IntArray

Step = Callable[[float], None]

SHARE_LOADED, SHARE_FOUND = 0.15, 0.85
"""How far the work is, roughly, after loading and after computing."""

LEVELS = ("all", *AREA_LEVELS, "grid")
"""What figures are told of."""


def compute_coverage(
    db: Database,
    *,
    minutes: float = 15,
    mode: str = DEFAULT_MODE,
    surface: str = DEFAULT_SURFACE,
    at: datetime,
    step: Step | None = None,
    force: bool = False,
) -> CoverageRun:
    """Compute minutes of homes, circles and figures, and make them the current ones.

    Parameters
    ----------
    db
        Where to load from and where to keep it.
    minutes
        The cutoff; reached itself.
    mode, surface
        Keys of geo/rules/modes.toml and surfaces.toml.
    at
        Now: which plans of grids are live, and when the run was computed.
    step
        Told the share done.
    force
        Compute anew even though nothing has changed.

    Returns
    -------
    The run; its ``computed_at`` is ``at`` unless an earlier run from the same inputs still holds.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode or surface.
    Refused
        If the minutes are not above 0 or beyond the horizon of the search.
    """
    wish, tell = Wish.of(minutes, mode, surface), step or (lambda _share: None)
    with db.read() as conn:
        city = load_city(conn, lay_out(conn), at)
    inputs_hash = hash_of(city, wish)
    if not force:
        with db.write() as conn:
            known = store.find_run(conn, inputs_hash)
            if known is not None:
                store.make_current(conn, known.id, at)
                return known
    tell(SHARE_LOADED)
    ground, net = roads(city.laid, wish)
    streets = Streets(ground, net, exact_ds_of_sides(ground, wish.mode, wish.surface), city.boxes)
    found = _survey(city, wish, streets, lambda share: tell(SHARE_LOADED + share * (SHARE_FOUND - SHARE_LOADED)))
    report = report_of(city, ground, wish, found)
    with db.write() as conn:
        run = store.save_run(conn, _run_values(city, wish, report, inputs_hash, at))
        store.save_circles(conn, _circles(run.id, city, found))
        store.save_minutes(conn, run.id, _minutes(city, found))
        store.save_figures(conn, run.id, list(_figures(city, found)))
    tell(1.0)
    return run


def check_run(minutes: float, mode: str, surface: str) -> None:
    """Refuse at once what :func:`compute_coverage` would refuse later.

    Raises
    ------
    NotFound
        If there is no such mode or surface.
    Refused
        If the minutes are not above 0 or beyond the horizon of the search.
    """
    Wish.of(minutes, mode, surface)


def _survey(city: City, wish: Wish, streets: Streets, tell: Step) -> Survey:
    rule = wish.rule
    terms = Terms(
        ds_per_m=wish.ds_per_m,
        cutoff_ds=wish.cutoff_ds,
        horizon_ds=rule.horizon_ds,
        max_connector_m=rule.max_connector_m,
        detour_factor=bounds_rule().detour_factor,
        air_circle_m=rule.air_circle_m,
        pen=Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m),
    )
    homes = city.homes
    places = Places(
        homes_lonlat=homes.lonlat_of_start,
        spread_m=homes.spread_m,
        residents=homes.residents,
        doors_lonlat=city.doors_lonlat,
        is_of_kind=is_of_kinds(city),
        has_service=has_services(city),
    )
    return survey(streets, places, terms, tell)


def _run_values(city: City, wish: Wish, report: dict[str, Any], inputs_hash: str, at: datetime) -> dict[str, Any]:
    return {
        "inputs_hash": inputs_hash,
        "method": METHOD,
        "mode": wish.mode.key,
        "surface": wish.surface.key,
        "speed_m_s": wish.mode.speed_m_s_on(wish.surface),
        "minutes": wish.minutes,
        "cutoff_ds": wish.cutoff_ds,
        "max_connector_m": wish.rule.max_connector_m,
        "air_circle_m": wish.rule.air_circle_m,
        "pen_m": wish.rule.pen_m,
        "network_date": city.laid.graph.network_date,
        "data_date": city.data_date,
        "computed_at": at,
        "report": report,
    }


def _circles(run_id: int, city: City, found: Survey) -> Iterator[Circle]:
    per_station = zip(
        city.stations,
        found.circle_of_station,
        found.residents_reached_of_station.tolist(),
        found.residents_in_air_circle_of_station.tolist(),
        strict=True,
    )
    for station, circle, reached, in_air in per_station:
        yield Circle(run_id, station.id, circle.shape, circle.street_m, circle.area_m2, reached, in_air)


def _minutes(city: City, found: Survey) -> Iterator[tuple[Any, ...]]:
    id_of_station = [station.id for station in city.stations]
    per_home = zip(
        city.homes.id.tolist(),
        found.outcome.category_of_home.tolist(),
        found.ds_of_choice[:, 0].tolist(),
        found.station_of_choice[:, 0].tolist(),
        found.outcome.is_in_air_circle_of_home.tolist(),
        strict=True,
    )
    for home_id, category, ds, station, is_in_air in per_home:
        is_reached = ds != NONE
        yield (
            home_id,
            CATEGORIES[category],
            ds if is_reached else None,
            id_of_station[station] if is_reached else None,
            is_in_air,
        )


def _figures(city: City, found: Survey) -> Iterator[dict[str, Any]]:
    """Figures of everybody, of every area and of every grid. Where shapes overlap, the lowest id holds a home."""
    everybody = np.zeros(len(city.homes), dtype=np.int64)
    yield from _rows("all", [{}], everybody, city, found)
    for level in AREA_LEVELS:
        keys = [{"area_id": area.id} for area in city.areas_of(level)]
        yield from _rows(level, keys, city.group_of_home(level), city, found)
    yield from _rows("grid", [{"grid_id": grid.id} for grid in city.grids], city.group_of_home("grid"), city, found)


def _rows(
    level: str, keys: Sequence[dict[str, int]], group: IntArray, city: City, found: Survey
) -> Iterator[dict[str, Any]]:
    homes = city.homes
    counts = People(homes.households, homes.residents, homes.elderly, homes.children)
    sums = figures(group, len(keys), counts, found.outcome)
    by_station = _by_station(level, group, len(keys), city, found)
    nobody: dict[str, int | None] = {"area_id": None, "grid_id": None}
    for index, key in enumerate(keys):
        values = {name: float(of_group[index]) for name, of_group in sums.items()}
        reached = [(*what, float(of_group[index])) for what, of_group in by_station.items()]
        yield {"level": level, **nobody, **key, **values, "homes": int(values["homes"]), "by_station": reached}


def _by_station(
    level: str, group: IntArray, n_groups: int, city: City, found: Survey
) -> dict[tuple[str, str], FloatArray]:
    """(kind or service, its key) -> residents reached of each group. Services are many: no figures of them by grid."""
    aspects = {"kind": (city.kinds, found.reaches_kind_of_home)}
    if level != "grid":
        aspects["service"] = (city.services, found.reaches_service_of_home)
    return {
        (aspect, key): sums_of_groups(group, n_groups, city.homes.residents, reached)
        for aspect, (keys, reaches) in aspects.items()
        for key, reached in zip(keys, reaches, strict=True)
    }
