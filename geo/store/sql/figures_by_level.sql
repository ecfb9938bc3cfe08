-- Figures of one run at one level, with names: the figure's columns, id, code, name, area_id; by kind and service. Of
-- grids those that are as they were when it was computed: one that was redrawn since holds other people.
with recursive inside as (
    select id from area where code = :parent_code and retired_at is null
    union all
    select a.id from area a join inside on a.parent_id = inside.id
),
named as (
    select f.*, f.id as figure_id, f.area_id as whose, a.code, a.name, a.id as named_id
    from coverage_figure f join area a on a.id = f.area_id
    where f.run_id = :run_id and f.level = :level and f.grid_id is null
    union all
    select f.*, f.id, g.community_id, g.code, g.name, g.grid_id
    from coverage_figure f
    join coverage_run r on r.id = f.run_id
    join live_grid g on g.grid_id = f.grid_id
    join plan p on p.id = g.plan_id and p.effective_from <= coalesce(r.confirmed_at, r.computed_at)
    where f.run_id = :run_id and f.level = :level
)
select level, named_id as id, code, name, whose as area_id, homes, households, residents, residents_covered,
       residents_in_air_circle, residents_no_street, residents_outside_streets, elderly, elderly_covered, children,
       children_covered, residents_second, residents_all_kinds, residents_certain, residents_possible,
       (
           select jsonb_object_agg(aspect, reached) from (
               select b.aspect, jsonb_object_agg(b.key, b.residents_covered) as reached
               from coverage_by_station b where b.figure_id = named.figure_id
               group by b.aspect
           ) of_aspect
       ) as by_station
from named
where cast(:parent_code as text) is null or whose in (select id from inside)
order by code, named_id
