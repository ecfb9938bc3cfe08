-- Layer "incident", for dispatchers: id, category, state; seen from the asker's area (null: everywhere).
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.0625), 4326) as around
),
shaped as (
    select i.id, i.category, i.state, ST_AsMVTGeom(ST_Transform(i.geom, 3857), tile.box, 4096, 256) as shape
    from incident i
    join tile on i.geom && tile.around
    left join area a on a.id = :area_id
    where i.retired_at is null
      and (
        cast(:area_id as bigint) is null or ST_Covers(a.geom, i.geom)
        or i.border_area_ids @> array[cast(:area_id as bigint)]
      )
    order by i.state desc, i.occurred_at
)
select ST_AsMVT(shaped, 'incident', 4096, 'shape', 'id') from shaped where shape is not null
