create index incident_border_grid_ids_idx on incident using gin (border_grid_ids) where border_grid_ids <> '{}';

create function grids_of_area(wanted_id bigint) returns bigint[] language sql stable as $$
    with recursive below as (
        select id from area where id = wanted_id
        union all
        select a.id from area a join below on a.parent_id = below.id
    )
    select coalesce(array_agg(g.id), '{}') from grid g join below on g.community_id = below.id
$$;
comment on function grids_of_area is 'all grids that an area and the areas below it ever had';
