-- The innermost live area that holds a point; on a shared border the one with the lowest code.
select id
from area
where retired_at is null and ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
order by array_position(array['province', 'city', 'district', 'subdistrict', 'community'], level) desc, code
limit 1
