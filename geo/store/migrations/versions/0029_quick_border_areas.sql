-- What migration 25 says, quicker: a file of cases asks it for every row. Planned once a session, each area found by its key.
create or replace function border_areas(border_grid_ids bigint[], grid_id bigint) returns bigint[]
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
    return array(
        with recursive above as (
            select g.community_id as id, g.id is not distinct from border_areas.grid_id as is_own
            from grid g
            where g.id = any (border_areas.border_grid_ids || border_areas.grid_id)
            union
            select * from (
                select (select a.parent_id from area a where a.id = above.id) as id, above.is_own from above
            ) parent
            where parent.id is not null
        )
        select id from above group by id having not bool_or(is_own) order by id
    );
end
$$;
