-- Open incidents that the grids in force at a moment hold, where grid or plan is another than they know: incident_id,
-- grid_before, name_before, grid_id, name, plan_id, plan_version. On a border one stays in its grid; else a basic grid
-- comes before a special one, as everywhere. community_id null: everywhere; most null: all of them, else the first so many.
with held as (
    select distinct on (i.id)
           i.id as incident_id, i.grid_id as grid_before, i.plan_id as plan_before,
           g.grid_id, g.name, g.plan_id, p.version as plan_version
    from grids_at(:at) g
    join plan p on p.id = g.plan_id
    join incident i on i.state = 'open' and i.retired_at is null and ST_Covers(g.geom, i.geom)
    where cast(:community_id as bigint) is null or g.community_id = :community_id
    order by i.id, coalesce(g.grid_id = i.grid_id, false) desc, g.kind, g.code
)
select h.incident_id, h.grid_before, b.name as name_before, h.grid_id, h.name, h.plan_id, h.plan_version
from held h
left join plan_grid b on (b.plan_id, b.grid_id) = (h.plan_before, h.grid_before)
where (h.grid_before, h.plan_before) is distinct from (h.grid_id, h.plan_id)
order by h.incident_id
limit :most
