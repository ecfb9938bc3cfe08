-- Layer "station": id, name, kind.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), 4326) as around
),
shaped as (
    select s.id, s.name, s.kind, ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 256) as shape
    from station s
    join tile on s.geom && tile.around
    where s.retired_at is null
    order by s.id
)
select ST_AsMVT(shaped, 'station', 4096, 'shape', 'id') from shaped where shape is not null
