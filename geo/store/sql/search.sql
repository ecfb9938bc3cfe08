-- Places whose name or code holds the words asked for: kind, id, name, name_en, code, detail, centre, box, match
-- (0 the same, 1 begins with it, 2 holds it) and the count of all of them. Compared by position(), so that no
-- character of the question means anything but itself; by NFKC, so that full-width letters and digits count as theirs.
with asked as (
    select lower(normalize(cast(:q as text), NFKC)) as q
),
place as (
    select 'area' as kind, id, name, name_en, code, level as detail, geom from area where retired_at is null
    union all
    select 'grid', grid_id, name, null, code, kind, geom from live_grid
    union all
    select 'station', id, name, null, null, kind, geom from station where retired_at is null
    union all
    select case when l.kind = 'compound' then 'compound' else 'place' end, null, l.name, null, null, l.kind, l.geom
    from land l join street_network n on n.id = l.network_id and n.retired_at is null
    where l.name is not null
    union all
    select 'road', null, p.name, null, null, min(p.highway), ST_Collect(p.geom)
    from street_piece p join street_network n on n.id = p.network_id and n.retired_at is null, asked
    where p.name is not null and position(asked.q in lower(normalize(p.name, NFKC))) > 0
    group by p.name
),
spoken as (
    select place.*, asked.q,
           array[lower(normalize(name, NFKC)), lower(normalize(coalesce(name_en, ''), NFKC)), coalesce(code, '')] as texts
    from place, asked
),
matched as (
    select *,
           -- "on surface" of a line is one of its ends; a road is better shown near its middle
           case when ST_Dimension(geom) = 1 then ST_ClosestPoint(geom, ST_Centroid(geom)) else ST_PointOnSurface(geom) end
               as centre,
           (
        select min(case when t = q then 0 when starts_with(t, q) then 1 else 2 end)
        from unnest(texts) as t where position(q in t) > 0
    ) as match
    from spoken
)
select kind, id, name, name_en, code, detail, match, count(*) over () as n_matched,
       ST_X(centre) as lon, ST_Y(centre) as lat,
       ST_XMin(geom) as west, ST_YMin(geom) as south, ST_XMax(geom) as east, ST_YMax(geom) as north
from matched
where match is not null
order by match, array_position(array['area', 'station', 'grid', 'compound', 'road', 'place'], kind),
         length(name), name collate "C", id
limit :limit
