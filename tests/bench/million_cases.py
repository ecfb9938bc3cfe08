"""The large city with a million cases, the same in every run: filled once a process, shared by all benches that ask."""

from __future__ import annotations

import atexit
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import numpy as np
import shapely
from sqlalchemy import Connection, delete, text

from geo.publication import rule
from geo.store.database import Database
from geo.store.square_tables import incident_lattice
from geo.store.squares import fit_squares
from tests.bench.cities import large_city
from tests.bench.machine import timed

N_CASES, N_QUICK = 1_000_000, 50_000
N_OPEN = 20_000
"""Of these so many are open, and their deadlines lie before and after the moment."""
N_SENT = 2_000
"""Of the open ones so many have a station on them; the others are filed."""

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
DAYS = 500
"""As far back as cases go."""
DAYS_OPEN = 8
"""Those that are closed were so within as many days."""
AWAY_DEG = 0.01
"""So far from a station, at most, on either side."""
SEED = 2026
PART = 100_000

STATIONS = text("select id, ST_X(geom), ST_Y(geom) from station order by id")
OTHER_INDEXES = text("""
    select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'incident'::regclass
    and not exists (select from pg_constraint where conindid = i.indexrelid) order by 1
""")
COLUMNS = "category, item, catalogue_version, unit, channel, text, source, source_key, occurred_at, reported_at, "
COLUMNS += "stage_since, updated_at, geom, stage, state, station_id, stage_due_at, due_at, level"
SAME = "litter\t0101\tseed-1\t市容环卫中心\thotline\t楼下垃圾多日无人清运，请尽快处理\tbench"


@cache
def million_cases(quick: bool) -> tuple[Database, float]:
    """The city, and how many seconds it took to fill in its cases; both end with the process."""
    city = large_city("million_test")
    db = city.__enter__()
    atexit.register(city.__exit__, None, None, None)
    seconds = timed(lambda: fill(db, N_QUICK if quick else N_CASES))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze"))
    return db, seconds


def fill(db: Database, n: int) -> None:
    """Store ``n`` cases around the stations, with what depends on them made afterwards and at once."""
    with db.write() as conn, _without_what_follows(conn):
        stations = np.array(conn.execute(STATIONS).all())
        cursor = conn.connection.cursor()
        for first in range(0, n, PART):
            lines = "".join(_lines(stations, np.arange(first, min(first + PART, n))))
            cursor.copy_expert(f"copy incident ({COLUMNS}) from stdin", io.StringIO(lines))


@contextmanager
def _without_what_follows(conn: Connection) -> Iterator[None]:
    """No index but those of keys and no trigger, until the rows are there."""
    indexes = conn.execute(OTHER_INDEXES).all()
    conn.execute(text("set local maintenance_work_mem = '256MB'"))
    conn.execute(text("alter table incident disable trigger user"))
    for name, _ in indexes:
        conn.execute(text(f"drop index {name}"))
    yield
    for _, definition in indexes:
        conn.execute(text(definition.replace("::", r"\:\:")))
    conn.execute(text("alter table incident enable trigger user"))
    conn.execute(delete(incident_lattice))
    fit_squares(conn, rule().cell_m)


def _lines(stations: np.ndarray, number: np.ndarray) -> Iterator[str]:
    """Rows of some cases as COPY reads them. Numbers of cases begin at 0: those sent, those filed, those closed in the
    order in which they were reported.
    """
    rng = np.random.default_rng((SEED, int(number[0])))
    station = stations[number % len(stations)]
    lonlat = station[:, 1:] + rng.uniform(-AWAY_DEG, AWAY_DEG, (len(number), 2))
    points = shapely.to_wkb(shapely.set_srid(shapely.points(lonlat), 4326), hex=True, include_srid=True)
    ago_s = np.where(
        number < N_OPEN, rng.integers(0, 10 * 86_400, len(number)), DAYS * 86_400 * (1 - (number + 0.5) / N_CASES)
    ).astype(np.int64)
    at = np.datetime64(AT.replace(tzinfo=None), "s")
    times = np.datetime_as_string(at - ago_s, timezone="UTC")
    dues = np.datetime_as_string(at + rng.integers(-2 * 86_400, 20 * 86_400, len(number)), timezone="UTC")
    life_s = np.minimum(rng.integers(1, DAYS_OPEN * 86_400, len(number)), ago_s)
    ends = np.datetime_as_string(at - ago_s + np.where(number < N_OPEN, 0, life_s), timezone="UTC")
    columns = number.tolist(), times.tolist(), ends.tolist(), points.tolist(), station[:, 0].astype(int).tolist()
    for case, time, end, point, station_id, due in zip(*columns, dues.tolist(), strict=True):
        stage, state, sent, until, level = "closed", "closed", r"\N", r"\N", r"\N"
        if case < N_OPEN:
            stage, state, until, level = "filed", "open", due, "community"
        if case < N_SENT:
            stage, sent = "dispatched", station_id
        fields = (SAME, f"{case:07}", time, time, end, end, point, stage, state, str(sent), until, until, level)
        yield "\t".join(fields) + "\n"
