-- Layer "barrier": kind, name, bridge. Rails, rivers, walls and expressways as drawn lines.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
shaped as (
    select b.kind, b.name, b.is_bridge as bridge,
           ST_AsMVTGeom(ST_Transform(b.geom, 3857), tile.box, 4096, 128) as shape
    from barrier b
    join street_network n on n.id = b.network_id and n.retired_at is null
    join tile on b.geom && tile.around
    where b.kind = any (cast(:shown as text[]))
       or (:others and not b.kind = any (cast(:named as text[])))
)
select ST_AsMVT(shaped, 'barrier', 4096, 'shape') from shaped where shape is not null
