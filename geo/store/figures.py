"""Figures of the current coverage run, with the names of what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import Connection, Select, func, or_, select, tuple_

from geo.store.database import sql
from geo.store.tables import coverage_by_station, coverage_figure, coverage_run, plan, plan_grid


@dataclass(frozen=True)
class Counts:
    """How many people live somewhere, and how many of them reach a station in time."""

    homes: int
    households: float
    residents: float
    residents_covered: float
    residents_in_air_circle: float
    residents_no_street: float
    residents_outside_streets: float
    elderly: float
    elderly_covered: float
    children: float
    children_covered: float
    residents_second: float | None
    """Who also reach a second station. None, as the next three: an earlier run that did not ask for it."""
    residents_all_kinds: float | None
    """Who reach a station of every kind that there is."""
    residents_certain: float | None
    """Covered for certain: the lower bound of ``residents_covered``."""
    residents_possible: float | None
    """Covered at most: its upper bound."""


ByStation = dict[str, dict[str, float]]
"""``kind`` and ``service`` -> its key -> residents who reach such a station."""


@dataclass(frozen=True)
class FigureEntry:
    """The figures of one area or grid."""

    level: str
    id: int
    code: str
    name: str
    area_id: int
    """The area itself, or the community of a grid: who may see it exactly follows from this."""
    counts: Counts
    by_station: ByStation


COUNTS = [coverage_figure.c[field.name] for field in fields(Counts)]


def by_level(conn: Connection, run_id: int, level: str, parent_code: str | None) -> list[FigureEntry]:
    """The figures of all areas or grids at a level, by code.

    ``parent_code``: only those that lie in the area with this code, at whatever depth.
    """
    values = {"run_id": run_id, "level": level, "parent_code": parent_code}
    rows = conn.execute(sql("figures_by_level"), values).mappings()
    return [
        FigureEntry(
            **{name: row[name] for name in ("level", "id", "code", "name", "area_id")},
            counts=Counts(**{field.name: row[field.name] for field in fields(Counts)}),
            by_station=row["by_station"] or {},
        )
        for row in rows
    ]


def of_all(conn: Connection, run_id: int) -> Counts | None:
    """The figures of every home that was loaded, in an area or not."""
    row = conn.execute(_counts(run_id).where(coverage_figure.c.level == "all")).mappings().one_or_none()
    return None if row is None else Counts(**row)


def by_station_of_all(conn: Connection, run_id: int) -> ByStation:
    """Who of all that were loaded reach a station of each kind and with each service."""
    f, b = coverage_figure.c, coverage_by_station.c
    rows = conn.execute(
        select(b.aspect, b.key, b.residents_covered)
        .join(coverage_figure, f.id == b.figure_id)
        .where(f.run_id == run_id, f.level == "all")
        .order_by(b.aspect, b.key)
    )
    told: ByStation = {}
    for aspect, key, residents in rows:
        told.setdefault(aspect, {})[key] = residents
    return told


def of_grids(conn: Connection, plan_of_grid: Mapping[int, int]) -> dict[int, Counts]:
    """Grid -> its figures in the current run; grids that it does not know are missing.

    So are those as another plan than that of the run has them: a grid keeps its number when it is redrawn, its people
    do not stay the same.
    """
    f, g, p, r = coverage_figure.c, plan_grid.c, plan.c, coverage_run.c
    computed = func.coalesce(r.confirmed_at, r.computed_at)
    chosen = (
        select(f.grid_id, *COUNTS)
        .join(coverage_run, f.run_id == r.id)
        .join(plan_grid, g.grid_id == f.grid_id)
        .join(plan, p.id == g.plan_id)
        .where(r.is_current, f.level == "grid", tuple_(g.grid_id, g.plan_id).in_(list(plan_of_grid.items())))
        .where(p.effective_from <= computed, or_(p.effective_to.is_(None), p.effective_to > computed))
    )
    rows = [dict(row) for row in conn.execute(chosen).mappings()]
    return {row.pop("grid_id"): Counts(**row) for row in rows}


def _counts(run_id: int) -> Select[tuple[object, ...]]:
    return select(*COUNTS).where(coverage_figure.c.run_id == run_id)
