-- What plans in force made of some grids, and of the grids that these became.
with recursive met (grid_id) as (
    select unnest(cast(:grid_ids as bigint[]))
    union
    select l.to_grid_id from met m join plan_lineage l on l.from_grid_id = m.grid_id
)
select
    p.effective_from, l.plan_id, l.from_grid_id, l.to_grid_id, l.residents_share,
    exists (select from plan_grid g where g.plan_id = l.plan_id and g.grid_id = l.from_grid_id),
    not exists (select from plan_grid g where g.plan_id = p.base_plan_id and g.grid_id = l.to_grid_id)
from plan_lineage l
join plan p on p.id = l.plan_id
where p.state in ('published', 'superseded') and l.from_grid_id in (select grid_id from met)
order by p.effective_from, l.plan_id, l.from_grid_id, l.to_grid_id
