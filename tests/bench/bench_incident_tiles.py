"""The public's tiles of incidents in a city with a million: from counts that are kept, against counting each time."""

from __future__ import annotations

from sqlalchemy import text

from geo.publication import rule
from geo.store.database import Database
from geo.store.tiles import Sight, TileAddress, tile
from tests.bench.cities import GRAPH
from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, timed
from tests.bench.million_cases import million_cases
from tests.incident_squares import difference, tile_on_the_fly
from tests.web.test_tiles import address_of

ZOOMS = (10, 12, 14, 16)
BAR = 20
N_STORED, N_QUICK = 100_000, 5_000
"""Incidents stored besides, with the counts and without; then taken back."""

PLACES = {"centre": "0.5", "edge": "0.97"}
"""Where tiles are looked at, from south-west to north-east: the share of stations that lie before it."""

FILL = text("""
    insert into incident (category, occurred_at, source, source_key, geom, stage, state)
    select 'litter', timestamptz '2026-11-01' - random() * interval '500 days', 'tiles', n::text,
        ST_Translate(s.geom, 0.02 * (random() - 0.5), 0.02 * (random() - 0.5)), 'closed', 'closed'
    from generate_series(1, :n) n
    join (select geom, row_number() over (order by id) as place, count(*) over () as many from station) s
        on s.place = 1 + n % s.many
""")


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    db, _ = million_cases(table.quick)
    stored(table, db)
    for place, share in PLACES.items():
        for z in ZOOMS:
            against_counting(table, db, place, address_at(db, share, z))


def stored(table: Table, db: Database) -> None:
    """What keeping the counts costs, and whether they are right."""
    n = N_QUICK if table.quick else N_STORED
    with db.engine.connect() as conn:
        conn.execute(text("alter table incident disable trigger user"))
        plain_s = timed(lambda: conn.execute(FILL, {"n": n}))
        conn.rollback()
        counted_s = timed(lambda: conn.execute(FILL, {"n": n}))
        is_same = not difference(conn, rule().cell_m)
        conn.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze incident, incident_square"))
    job, note = "incidents stored, counted", f"{n:,} at once among those that are there"
    table.add(Row(job, GRAPH, "stored only", counted_s, plain_s, plain_s / counted_s, is_same, 1, note=note))


def address_at(db: Database, share: str, z: int) -> TileAddress:
    """The tile that holds the place which a share of the stations lie south-west of."""
    nth = f"percentile_disc({share}) within group"
    with db.read() as conn:
        lon, lat = conn.execute(
            text(f"select {nth} (order by ST_X(geom)), {nth} (order by ST_Y(geom)) from station")
        ).one()
    return TileAddress(z, *address_of(lon, lat, z))


def against_counting(table: Table, db: Database, place: str, address: TileAddress) -> None:
    """One tile both ways, byte by byte the same."""

    def ours() -> bytes:
        with db.read() as conn:
            return tile(conn, ("incident",), address, Sight(), rule())

    def theirs() -> bytes:
        with db.read() as conn:
            return tile_on_the_fly(conn, address, rule())

    table.compare(
        f"tile of incidents, zoom {address.z}, {place}",
        GRAPH,
        "counted on the fly",
        ours,
        theirs,
        lambda one, other: "" if one == other else f"{len(one)} and {len(other)} bytes",
        target=BAR,
        runs=3,
        note=f"{len(ours()):,} bytes",
    )
