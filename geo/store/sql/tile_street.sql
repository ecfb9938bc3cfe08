-- Layer "street": highway, name, bridge. Pieces of one name and class are joined so that names can run along them.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
joined as (
    select p.highway, p.name, p.is_bridge as bridge, p.is_tunnel as tunnel,
           ST_Transform(ST_LineMerge(ST_Collect(p.geom)), 3857) as geom
    from street_piece p
    join street_network n on n.id = p.network_id and n.retired_at is null
    join tile on p.geom && tile.around
    where p.length_m > 0
      and (p.highway = any (cast(:shown as text[])) or (:others and not p.highway = any (cast(:named as text[]))))
    group by p.highway, p.name, p.is_bridge, p.is_tunnel
),
shaped as (
    select j.highway, j.name, j.bridge, j.tunnel, ST_AsMVTGeom(j.geom, tile.box, 4096, 128) as shape
    from joined j, tile
)
select ST_AsMVT(shaped, 'street', 4096, 'shape') from shaped where shape is not null
