"""Runs of the coverage computation: what was computed from what, circles, minutes of homes, figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, delete, func, insert, select, update

from geo.coverage import INPUTS, Circle, CoverageRun
from geo.errors import CoverageMissing, NotFound
from geo.store.bulk import copy_rows
from geo.store.database import sql
from geo.store.tables import circle as circle_table
from geo.store.tables import coverage_by_station, coverage_figure, coverage_run, home, home_minutes, import_batch
from geo.units import IntArray

RUN_COLUMNS = [coverage_run.c[field.name] for field in fields(CoverageRun)]

CIRCLE_COLUMNS = (
    "run_id",
    "station_id",
    "geom",
    "street_m",
    "area_m2",
    "residents_reached",
    "residents_in_air_circle",
)
MINUTES_COLUMNS = ("run_id", "home_id", "category", "travel_ds", "station_id", "is_in_air_circle")

BY_STATION_COLUMNS = ("figure_id", "aspect", "key", "residents_covered")

LOCK = 7_246_391_906
"""Advisory lock held while a run is saved: of two computations that finish together the later waits its turn."""


def current_run(conn: Connection) -> CoverageRun:
    """The run that maps and the API show.

    Raises
    ------
    CoverageMissing
        If nothing has been computed yet.
    """
    run = current_run_if_any(conn)
    if run is None:
        raise CoverageMissing("coverage_missing")
    return run


def current_run_if_any(conn: Connection) -> CoverageRun | None:
    """The same; None if nothing has been computed yet."""
    row = conn.execute(select(*RUN_COLUMNS).where(coverage_run.c.is_current)).mappings().one_or_none()
    return None if row is None else CoverageRun(**row)


def find_run(conn: Connection, inputs_hash: str) -> CoverageRun | None:
    """The run that was computed from these inputs, or None."""
    row = conn.execute(select(*RUN_COLUMNS).where(coverage_run.c.inputs_hash == inputs_hash)).mappings().one_or_none()
    return None if row is None else CoverageRun(**row)


def circle(conn: Connection, run_id: int, station_id: int) -> Circle:
    """What a station reaches.

    Raises
    ------
    NotFound
        If the run knows no such station.
    """
    columns = [column for column in circle_table.c if column.name != "geom"]
    shape = func.ST_AsBinary(circle_table.c.geom).label("wkb")
    found = conn.execute(
        select(*columns, shape).where(circle_table.c.run_id == run_id, circle_table.c.station_id == station_id)
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("circle_missing", station_id=station_id)
    values = dict(row)
    wkb = values.pop("wkb")
    return Circle(shape=None if wkb is None else shapely.from_wkb(bytes(wkb)), **values)


def drawn_circles(conn: Connection, inputs_hash: str) -> dict[int, tuple[shapely.Geometry | None, float]]:
    """Station id -> its circle and square metres, of the run that was computed from these inputs; empty without one."""
    c = circle_table.c
    query = select(c.station_id, c.area_m2, func.ST_AsBinary(c.geom).label("wkb"))
    rows = conn.execute(
        query.join(coverage_run, coverage_run.c.id == c.run_id).where(coverage_run.c.inputs_hash == inputs_hash)
    ).all()
    return {
        row.station_id: (None if row.wkb is None else shapely.from_wkb(bytes(row.wkb)), row.area_m2) for row in rows
    }


def people_date(conn: Connection) -> date | None:
    """The oldest day that the live homes' data speak of, where any is known."""
    live = select(home.c.import_id).where(home.c.retired_at.is_(None)).distinct()
    day: date | None = conn.execute(
        select(func.min(import_batch.c.data_date)).where(import_batch.c.id.in_(live))
    ).scalar_one()
    return day


def data_version(conn: Connection, at: datetime) -> str:
    """A text that changes whenever areas, grids in force at a moment, stations or people change; streets apart."""
    version: str = conn.execute(sql("data_version"), {"at": at}).scalar_one()
    return version


def covered_homes(conn: Connection, run_id: int) -> IntArray:
    """Ids of the homes from which a station is reached in time."""
    query = select(home_minutes.c.home_id).where(home_minutes.c.run_id == run_id, home_minutes.c.category == "covered")
    return np.array(conn.execute(query).scalars().all(), np.int64)


def make_current(conn: Connection, run_id: int, at: datetime) -> None:
    """Show this run from now on: at this moment it is what the data give."""
    conn.execute(update(coverage_run).where(coverage_run.c.is_current).values(is_current=False))
    confirmed = {"is_current": True, "confirmed_at": at}
    conn.execute(update(coverage_run).where(coverage_run.c.id == run_id).values(confirmed))


def is_behind_data(conn: Connection, at: datetime) -> bool:
    """Whether the current run is older than the last change of what it was computed from; False if there is none."""
    return bool(conn.execute(sql("coverage_behind"), {"inputs": list(INPUTS), "at": at}).scalar_one())


def save_run(conn: Connection, values: dict[str, Any]) -> CoverageRun:
    """Keep a run and make it the current one; an earlier run from the same inputs goes.

    ``values`` are the fields of :class:`CoverageRun` but ``id`` and ``is_current``.
    """
    conn.execute(select(func.pg_advisory_xact_lock(LOCK)))
    conn.execute(delete(coverage_run).where(coverage_run.c.inputs_hash == values["inputs_hash"]))
    run_id = conn.execute(insert(coverage_run).values(**values).returning(coverage_run.c.id)).scalar_one()
    make_current(conn, run_id, values["computed_at"])
    return CoverageRun(id=run_id, is_current=True, **values)


def save_circles(conn: Connection, circles: Iterable[Circle]) -> None:
    """Keep the circles of a run."""
    rows = (
        (c.run_id, c.station_id, c.shape, c.street_m, c.area_m2, c.residents_reached, c.residents_in_air_circle)
        for c in circles
    )
    copy_rows(conn, circle_table, CIRCLE_COLUMNS, rows)


def save_minutes(conn: Connection, run_id: int, rows: Iterable[Sequence[Any]]) -> None:
    """Keep what was found for every home: rows of home_id, category, travel_ds, station_id, is_in_air_circle."""
    copy_rows(conn, home_minutes, MINUTES_COLUMNS, ((run_id, *row) for row in rows))


def save_figures(conn: Connection, run_id: int, figures: Sequence[dict[str, Any]]) -> None:
    """Keep figures: columns of ``coverage_figure`` but ``id`` and ``run_id``, and ``by_station``.

    ``by_station``: rows of ``kind`` or ``service``, its key, and the residents who reach such a station.
    """
    if not figures:
        return
    columns = [{name: value for name, value in figure.items() if name != "by_station"} for figure in figures]
    keep = insert(coverage_figure).returning(coverage_figure.c.id, sort_by_parameter_order=True)
    ids = conn.execute(keep, [{"run_id": run_id, **values} for values in columns]).scalars()
    rows = ((number, *row) for number, figure in zip(ids, figures, strict=True) for row in figure["by_station"])
    copy_rows(conn, coverage_by_station, BY_STATION_COLUMNS, rows)
