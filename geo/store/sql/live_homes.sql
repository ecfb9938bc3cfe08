-- Every live home: id, start (lon, lat), households, residents, elderly, children, floors (-1: not known).
select id, st_x(start), st_y(start), households, residents, elderly, children, coalesce(floors, -1)
from home
where retired_at is null
order by id
