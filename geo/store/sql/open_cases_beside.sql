-- Open cases outside of a community and no farther than within_m from it, that are near other grids than they know:
-- incident_id, border_grid_ids. most null: all of them, else the first so many.
with beside as (
    select i.id, i.border_grid_ids as known, coalesce((
        select array_agg(g.grid_id order by g.grid_id)
        from grids_at(:at) g
        -- a degree of longitude is no shorter than a tenth of 111 km up to 84 degrees of latitude
        where g.grid_id is distinct from i.grid_id
            and g.geom && ST_Expand(i.geom, :within_m / 11000.0, :within_m / 110000.0)
            and ST_DWithin(g.geom::geography, i.geom::geography, :within_m)
    ), '{}') as near
    from area a
    join incident i on i.state = 'open' and i.retired_at is null and i.reported_at is not null
        and i.geom && ST_Expand(a.geom, :within_m / 11000.0, :within_m / 110000.0)
        and not ST_Covers(a.geom, i.geom) and ST_DWithin(a.geom::geography, i.geom::geography, :within_m)
    where a.id = :community_id
)
select id as incident_id, near as border_grid_ids from beside where near <> known order by id
limit :most
