-- Numbers of an area and of all areas below it.
with recursive below as (
    select id from area where id = :area_id
    union all
    select a.id from area a join below on a.parent_id = below.id
)
select id from below
