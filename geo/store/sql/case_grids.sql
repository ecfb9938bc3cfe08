-- Every grid with its code and name by the plan in force at a moment, or by the last one before, of those that were known
-- then; and its community. A grid in which cases lie is always told, if need be by the first plan that has it.
select distinct on (g.id) g.id, pg.code, pg.name, g.community_id
from grid g
join plan_grid pg on pg.grid_id = g.id
join plan p on p.id = pg.plan_id
cross join lateral (select p.effective_from <= :as_of and p.created_at <= :as_of as is_known) k
where p.state in ('published', 'superseded') and (k.is_known or g.id = any (:with_cases))
order by g.id, k.is_known desc, case when k.is_known then -extract(epoch from p.effective_from) else extract(epoch from p.created_at) end
