-- Layers "area" (borders: level, name, code) and "area_label" (one point each: level, name, name_en).
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
found as (
    select a.id, a.level, a.code, a.name, a.name_en, ST_Transform(a.geom, 3857) as geom, tile.box
    from area a
    join tile on a.geom && tile.around
    where a.retired_at is null and a.level = any (cast(:shown as text[]))
),
shaped as (
    select id, level, code, name, ST_AsMVTGeom(geom, box, 4096, 128) as shape from found
),
labelled as (
    select level, name, name_en, ST_AsMVTGeom(ST_PointOnSurface(geom), box, 4096, 0) as shape from found
)
select coalesce((select ST_AsMVT(shaped, 'area', 4096, 'shape', 'id') from shaped where shape is not null), '')
    || coalesce((select ST_AsMVT(labelled, 'area_label', 4096, 'shape') from labelled where shape is not null), '')
