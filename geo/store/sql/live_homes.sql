-- Every live home: id, start (lon, lat), households, residents, elderly, children, floors (-1: not known), whether it is a
-- cell, whether its entrance is known, and how far its outline reaches from the start (degrees east or west, north or
-- south; 0, 0: it is but a point). An entrance lies outside a building or on its wall, any other start was put inside.
select id, st_x(start), st_y(start), households, residents, elderly, children, coalesce(floors, -1),
       (kind = 'cell')::int,
       (kind = 'building' and case
           when st_dimension(geom) = 0 then not st_equals(geom, start)
           else not st_contains(geom, start)
               or st_distance(st_boundary(geom), start) * :m_per_degree <= :wall_m
       end)::int,
       greatest(st_xmax(geom) - st_x(start), st_x(start) - st_xmin(geom)),
       greatest(st_ymax(geom) - st_y(start), st_y(start) - st_ymin(geom))
from home
where retired_at is null
order by id
