"""Compute who reaches a station on foot, and keep it: load -> compute -> save."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.street_cache import Laid, lay_out
from geo.areas import Area
from geo.compute.circles import Pen
from geo.compute.coverage import CATEGORIES, People, figures, polygon_of_points
from geo.compute.survey import Places, Survey, Terms, survey
from geo.coverage import METHOD, Circle, CoverageRun
from geo.errors import Refused
from geo.grids import Grid
from geo.people import Homes
from geo.rules.paces import Pace
from geo.rules.paces import pace as pace_of
from geo.rules.reach import ReachRule, reach_rule
from geo.rules.station_kinds import station_kind
from geo.stations import Station
from geo.store import areas, grids, people, stations, streets
from geo.store import coverage as store
from geo.store.database import Database
from geo.units import DS_PER_MINUTE, NONE, FloatArray

Step = Callable[[float], None]

SHARE_LOADED, SHARE_FOUND = 0.15, 0.85
"""How far the work is, roughly, after loading and after computing."""

AREA_LEVELS = ("city", "district", "subdistrict", "community")
LEVELS = ("all", *AREA_LEVELS, "grid")
"""What figures are told of."""


@dataclass(frozen=True)
class Inputs:
    """All that a run is computed from."""

    laid: Laid
    boxes: Sequence[shapely.Polygon]
    homes: Homes
    stations: Sequence[Station]
    """Those that serve residents, by id."""
    n_other_stations: int
    areas: Sequence[Area]
    grids: Sequence[Grid]
    data_date: date | None


@dataclass(frozen=True)
class Wish:
    """What is asked of the computation."""

    minutes: float
    pace: Pace
    rule: ReachRule

    @property
    def cutoff_ds(self) -> int:
        """The cutoff itself is reached."""
        return round(self.minutes * DS_PER_MINUTE)


def compute_coverage(
    db: Database,
    *,
    minutes: float = 15,
    pace: str = "planning",
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
    pace
        Key of geo/rules/paces.toml.
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
        If there is no such pace.
    Refused
        If the minutes are not above 0 or beyond the horizon of the search.
    """
    wish, tell = _wish(minutes, pace), step or (lambda _share: None)
    with db.read() as conn:
        inputs = _load(conn, at)
    inputs_hash = _hash(inputs, wish)
    if not force:
        with db.write() as conn:
            known = store.find_run(conn, inputs_hash)
            if known is not None:
                store.make_current(conn, known.id, at)
                return known
    tell(SHARE_LOADED)
    found = _survey(inputs, wish, lambda share: tell(SHARE_LOADED + share * (SHARE_FOUND - SHARE_LOADED)))
    with db.write() as conn:
        run = store.save_run(conn, _run_values(inputs, wish, found, inputs_hash, at))
        store.save_circles(conn, _circles(run.id, inputs, found))
        store.save_minutes(conn, run.id, _minutes(inputs, found))
        store.save_figures(conn, run.id, list(_figures(inputs, found)))
    tell(1.0)
    return run


def _wish(minutes: float, pace: str) -> Wish:
    wish = Wish(minutes, pace_of(pace), reach_rule())
    if not 0 < wish.cutoff_ds <= wish.rule.horizon_ds:
        raise Refused("minutes_out_of_range", minutes=minutes, most=wish.rule.horizon_ds // DS_PER_MINUTE)
    return wish


def _load(conn: Connection, at: datetime) -> Inputs:
    every = sorted(stations.live(conn), key=lambda station: station.id)
    counted = [station for station in every if station_kind(station.kind).serves == "residents"]
    return Inputs(
        laid=lay_out(conn),
        boxes=streets.extents(conn),
        homes=people.load_homes(conn),
        stations=counted,
        n_other_stations=len(every) - len(counted),
        areas=areas.live_areas(conn),
        grids=grids.live_grids(conn, at),
        data_date=store.people_date(conn),
    )


def _hash(inputs: Inputs, wish: Wish) -> str:
    """sha256 over everything that the result depends on."""
    digest = hashlib.sha256()
    homes = inputs.homes
    for array in (homes.id, homes.lonlat_of_start, homes.households, homes.residents, homes.elderly, homes.children):
        digest.update(array.tobytes())
    rows = [
        [METHOD, inputs.laid.graph.arrays_hash, wish.cutoff_ds, wish.pace.ds_per_m, sorted(asdict(wish.rule).items())],
        [(station.id, station.kind, station.door.wkb_hex) for station in inputs.stations],
        [(area.id, area.level, area.shape.wkb_hex) for area in inputs.areas],
        [(grid.id, grid.shape.wkb_hex) for grid in inputs.grids],
        [inputs.n_other_stations, inputs.data_date, wish.pace.key],
    ]
    digest.update(repr(rows).encode())
    return digest.hexdigest()


def _survey(inputs: Inputs, wish: Wish, tell: Step) -> Survey:
    rule = wish.rule
    doors = np.array([[station.door.x, station.door.y] for station in inputs.stations], dtype=np.float64).reshape(-1, 2)
    terms = Terms(
        ds_per_m=wish.pace.ds_per_m,
        cutoff_ds=wish.cutoff_ds,
        horizon_ds=rule.horizon_ds,
        max_connector_m=rule.max_connector_m,
        air_circle_m=rule.air_circle_m,
        pen=Pen(rule.pen_m, rule.raster_m, rule.hole_m2, rule.simplify_m),
    )
    places = Places(inputs.homes.lonlat_of_start, inputs.homes.residents, doors)
    return survey(inputs.laid.ground, inputs.boxes, places, terms, tell)


def _run_values(inputs: Inputs, wish: Wish, found: Survey, inputs_hash: str, at: datetime) -> dict[str, Any]:
    return {
        "inputs_hash": inputs_hash,
        "method": METHOD,
        "pace": wish.pace.key,
        "speed_m_s": wish.pace.speed_m_s,
        "minutes": wish.minutes,
        "cutoff_ds": wish.cutoff_ds,
        "max_connector_m": wish.rule.max_connector_m,
        "air_circle_m": wish.rule.air_circle_m,
        "pen_m": wish.rule.pen_m,
        "network_date": inputs.laid.graph.network_date,
        "data_date": inputs.data_date,
        "computed_at": at,
        "report": _report(inputs, found),
    }


def _report(inputs: Inputs, found: Survey) -> dict[str, Any]:
    """What a reader must know to trust the figures. Residents are the sum of their four categories."""
    ground, category = inputs.laid.ground, found.outcome.category_of_home
    residents = np.bincount(category, weights=inputs.homes.residents, minlength=len(CATEGORIES))
    homes = np.bincount(category, minlength=len(CATEGORIES))
    without = [station.id for station, has in zip(inputs.stations, found.has_street_of_station, strict=True) if not has]
    return {
        "residents": {"all": float(residents.sum()), **dict(zip(CATEGORIES, residents.tolist(), strict=True))},
        "homes": {"all": int(homes.sum()), **dict(zip(CATEGORIES, homes.tolist(), strict=True))},
        "residents_in_air_circle": float(inputs.homes.residents[found.outcome.is_in_air_circle_of_home].sum()),
        "stations": {
            "counted": len(inputs.stations),
            "for_others": inputs.n_other_stations,
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


def _circles(run_id: int, inputs: Inputs, found: Survey) -> Iterator[Circle]:
    per_station = zip(
        inputs.stations,
        found.circle_of_station,
        found.residents_reached_of_station.tolist(),
        found.residents_in_air_circle_of_station.tolist(),
        strict=True,
    )
    for station, circle, reached, in_air in per_station:
        yield Circle(run_id, station.id, circle.shape, circle.street_m, circle.area_m2, reached, in_air)


def _minutes(inputs: Inputs, found: Survey) -> Iterator[tuple[Any, ...]]:
    id_of_station = [station.id for station in inputs.stations]
    per_home = zip(
        inputs.homes.id.tolist(),
        found.outcome.category_of_home.tolist(),
        found.ds_of_home.tolist(),
        found.station_of_home.tolist(),
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


def _figures(inputs: Inputs, found: Survey) -> Iterator[dict[str, Any]]:
    """Figures of everybody, of every area and of every grid. Where shapes overlap, the lowest id holds a home."""
    homes = inputs.homes
    counts = People(homes.households, homes.residents, homes.elderly, homes.children)
    everybody = np.zeros(len(homes), dtype=np.int64)
    yield from _rows("all", [{}], figures(everybody, 1, counts, found.outcome))
    for level in AREA_LEVELS:
        here = sorted((area for area in inputs.areas if area.level == level), key=lambda area: area.id)
        group = polygon_of_points(homes.lonlat_of_start, np.array([area.shape for area in here], dtype=object))
        sums = figures(group, len(here), counts, found.outcome)
        yield from _rows(level, [{"area_id": area.id} for area in here], sums)
    cells = sorted(inputs.grids, key=lambda grid: grid.id)
    group = polygon_of_points(homes.lonlat_of_start, np.array([grid.shape for grid in cells], dtype=object))
    sums = figures(group, len(cells), counts, found.outcome)
    yield from _rows("grid", [{"grid_id": grid.id} for grid in cells], sums)


def _rows(level: str, keys: Sequence[dict[str, int]], sums: dict[str, FloatArray]) -> Iterator[dict[str, Any]]:
    nobody: dict[str, int | None] = {"area_id": None, "grid_id": None}
    for index, key in enumerate(keys):
        values = {name: float(of_group[index]) for name, of_group in sums.items()}
        yield {"level": level, **nobody, **key, **values, "homes": int(values["homes"])}
