-- Which of some areas see each of some incidents: they cover it, or a grid that sees it from next door is theirs.
with recursive beside as (
    select i.id as incident_id, g.community_id as area_id
    from incident i
    join grid g on g.id = any (i.border_grid_ids)
    where i.id = any (:incident_ids)
    union
    select beside.incident_id, a.parent_id
    from beside
    join area a on a.id = beside.area_id
    where a.parent_id is not null
)
select i.id as incident_id, a.id as area_id
from incident i
join area a on ST_Covers(a.geom, i.geom)
where i.id = any (:incident_ids) and a.id = any (:area_ids)
union
select incident_id, area_id from beside where area_id = any (:area_ids)
