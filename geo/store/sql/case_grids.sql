-- Every grid with its code and name by the plan in force at a moment, or by the last one before; and its community.
select distinct on (g.id) g.id, pg.code, pg.name, g.community_id
from grid g
join plan_grid pg on pg.grid_id = g.id
join plan p on p.id = pg.plan_id
where p.state in ('published', 'superseded') and p.effective_from <= :as_of
order by g.id, p.effective_from desc
