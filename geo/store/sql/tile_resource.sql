-- Layer "resource": id, name, kind.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), 4326) as around
),
shaped as (
    select r.id, r.name, r.kind, ST_AsMVTGeom(ST_Transform(r.geom, 3857), tile.box, 4096, 256) as shape
    from resource r
    join tile on r.geom && tile.around
    where r.retired_at is null
    order by r.id
)
select ST_AsMVT(shaped, 'resource', 4096, 'shape', 'id') from shaped where shape is not null
