-- Which of some grids plans in force left out without a line of lineage, and when.
select p.effective_from, p.id, b.plan_id, b.grid_id
from plan p
join plan_grid b on b.plan_id = p.base_plan_id
where b.grid_id = any(cast(:grid_ids as bigint[])) and p.state in ('published', 'superseded') and p.import_id is not null
    and not exists (select from plan_grid g where g.plan_id = p.id and g.grid_id = b.grid_id)
    and not exists (select from plan_lineage l where l.plan_id = p.id and l.from_grid_id = b.grid_id)
order by p.effective_from, p.id, b.grid_id
