-- Places whose name stands in an address: kind, id, name, wkb (EPSG:4326); the longest names first, most of them at most.
-- Compared by position(), so that no character of the address means anything but itself; by NFKC, so that full-width
-- letters and digits count as theirs. A name of one character says nothing.
with asked as (
    select lower(normalize(cast(:address as text), NFKC)) as address
),
place as (
    select 'area' as kind, id, name, geom from area where retired_at is null
    union all
    select 'grid', grid_id, name, geom from live_grid
    union all
    select 'station', id, name, geom from station where retired_at is null
    union all
    select 'compound', null, l.name, l.geom
    from land l join street_network n on n.id = l.network_id and n.retired_at is null
    where l.name is not null
    union all
    select 'compound', null, compound, ST_ConvexHull(ST_Collect(geom)) from home
    where retired_at is null and compound is not null group by compound
    union all
    select 'building', id, case when starts_with(name, coalesce(compound, '')) then name else compound || name end, geom
    from home where retired_at is null and kind = 'building' and name is not null
    union all
    select 'road', null, p.name, ST_Collect(p.geom)
    from street_piece p join street_network n on n.id = p.network_id and n.retired_at is null, asked
    where p.name is not null and position(lower(normalize(p.name, NFKC)) in asked.address) > 0
    group by p.name
)
select kind, id, name, ST_AsBinary(geom) as wkb
from place, asked
where length(name) > 1 and position(lower(normalize(name, NFKC)) in asked.address) > 0
order by length(name) desc, array_position(array['building', 'compound', 'station', 'road', 'grid', 'area'], kind),
         name collate "C", id
limit :most
