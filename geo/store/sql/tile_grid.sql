-- Layers "grid" (id, code, name, kind, share_pct or none) and "grid_label" (one point each). The share is the public
-- one (geo/publication.py, part): residents rounded, those covered rounded down, the whole only when it is all of them,
-- and none below k; never from the exact counts. A grid that was redrawn since the figures were computed has none.
with tile as (
    select ST_TileEnvelope(:z, :x, :y) as box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.03125), 4326) as around
),
found as (
    select g.grid_id as id, g.code, g.name, g.kind, ST_Transform(g.geom, 3857) as geom, tile.box,
           case
               when f.residents < :k then null
               when f.residents_covered >= f.residents then 100
               else floor(100 * least(floor(f.residents_covered / :round_to), round(f.residents / :round_to) - 1)
                   / round(f.residents / :round_to))::int
           end as share_pct
    from live_grid g
    join tile on g.geom && tile.around
    join plan p on p.id = g.plan_id
    left join coverage_run r on r.is_current and p.effective_from <= coalesce(r.confirmed_at, r.computed_at)
    left join coverage_figure f on f.run_id = r.id and f.level = 'grid' and f.grid_id = g.grid_id
),
shaped as (
    select id, code, name, kind, share_pct, ST_AsMVTGeom(geom, box, 4096, 128) as shape from found
),
labelled as (
    select id, code, name, share_pct, ST_AsMVTGeom(ST_PointOnSurface(geom), box, 4096, 0) as shape from found
)
select coalesce((select ST_AsMVT(shaped, 'grid', 4096, 'shape', 'id') from shaped where shape is not null), '')
    || coalesce((select ST_AsMVT(labelled, 'grid_label', 4096, 'shape', 'id') from labelled where shape is not null), '')
