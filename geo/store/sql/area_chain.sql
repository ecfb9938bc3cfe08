-- The areas that hold an area, from the outermost to itself.
with recursive up as (
    select id, parent_id, level, code, name, name_en, 0 as step from area where id = :area_id
    union all
    select a.id, a.parent_id, a.level, a.code, a.name, a.name_en, up.step + 1 from area a join up on a.id = up.parent_id
)
select id, level, code, name, name_en from up order by step desc
