-- All areas as they were at a moment: before an import changes a row it is kept, so the first import after the moment tells.
select a.id, coalesce(was.level, a.level) as level, coalesce(was.code, a.code) as code, coalesce(was.name, a.name) as name,
       case when was.id is null then a.parent_id else was.parent_id end as parent_id,
       coalesce(brought.landed_at <= :as_of, true)
       and coalesce(case when was.id is null then a.retired_at else was.retired_at end > :as_of, true) as is_known
from area a
left join lateral (
    select w.*
    from area_before w
    join import_batch b on b.id = w.changed_by_import_id
    where w.id = a.id and b.landed_at > :as_of
    order by b.landed_at, b.id
    limit 1
) was on true
left join import_batch brought on brought.id = case when was.id is null then a.import_id else was.import_id end
order by a.id
