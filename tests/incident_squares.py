"""The squares of incidents counted on the fly, as independent SQL: what the counts that are kept must equal."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geo.publication import PublicationRule
from geo.store.tiles import TileAddress

TILE = text("""
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           -- a square is never wider than cell_m / 20000 degrees up to 80 degrees of latitude
           ST_Expand(ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326), :cell_m / 20000.0) as around
),
recent as (
    select date_trunc('month', max(occurred_at), 'UTC') - :recent_months * interval '1 month' as since
    from incident where retired_at is null
),
square as (
    select cell as geom, n
    from (
        select lattice_cell(i.geom, :cell_m) as cell, count(*)::int as n
        from incident i
        join tile on i.geom && tile.around
        join recent on i.occurred_at >= recent.since
        where i.retired_at is null
        group by 1
        having count(*) >= :k
    ) counted
    order by ST_YMin(cell), ST_XMin(cell)
),
shaped as (
    select (cast(:classes as int[]))[width_bucket(s.n, cast(:classes as int[]))] as n_class,
           ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 128) as shape
    from square s, tile
)
select ST_AsMVT(shaped, 'incident', 4096, 'shape') from shaped where shape is not null
""")

COUNTED = text("""
select lattice_cell(geom, :cell_m) as square, date_trunc('month', occurred_at, 'UTC') at time zone 'UTC' as month,
       count(*)
from incident where geom is not null and retired_at is null group by 1, 2
""")

KEPT = text("""
select lattice_square(row_number, column_number, :cell_m) as square, month::timestamp, sum(n)
from incident_square group by 1, 2 having sum(n) <> 0
""")


def tile_on_the_fly(conn: Connection, address: TileAddress, rule: PublicationRule) -> bytes:
    """The public's tile of incidents, by counting them."""
    numbers = {"cell_m": rule.cell_m, "k": rule.k, "recent_months": rule.recent_months, "classes": list(rule.classes)}
    where = {"z": address.z, "x": address.x, "y": address.y}
    return bytes(conn.execute(TILE, numbers | where).scalar_one())


def difference(conn: Connection, cell_m: float) -> set[tuple[object, ...]]:
    """Squares and months that are kept otherwise than counting has them."""
    counted, kept = ({tuple(row) for row in conn.execute(query, {"cell_m": cell_m})} for query in (COUNTED, KEPT))
    return counted ^ kept
