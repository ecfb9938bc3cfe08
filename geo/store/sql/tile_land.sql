-- Layers "land" (surfaces: kind) and "land_label" (one point each: kind, name), largest surfaces first.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
found as (
    select l.kind, l.name, ST_Transform(l.geom, 3857) as geom, tile.box
    from land l
    join street_network n on n.id = l.network_id and n.retired_at is null
    join tile on l.geom && tile.around
),
sized as (
    select *, ST_Area(geom) / ST_Area(box) * 4096 * 4096 as units2 from found
),
shaped as (
    select kind, ST_AsMVTGeom(geom, box, 4096, 128) as shape
    from sized where units2 >= :smallest_units2 order by units2 desc
),
labelled as (
    select kind, name, ST_AsMVTGeom(ST_PointOnSurface(geom), box, 4096, 0) as shape
    from sized where name is not null and units2 >= 40 * :smallest_units2 order by units2 desc
)
select coalesce((select ST_AsMVT(shaped, 'land', 4096, 'shape') from shaped where shape is not null), '')
    || coalesce((select ST_AsMVT(labelled, 'land_label', 4096, 'shape') from labelled where shape is not null), '')
