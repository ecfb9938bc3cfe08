alter table incident add column border_area_ids bigint[] not null default '{}';
alter table incident_before add column border_area_ids bigint[];
comment on column incident.border_area_ids is 'areas with one of those grids that do not hold the incident: they see it, too';

create function areas_of_grids(grid_ids bigint[]) returns setof bigint language sql stable as $$
    with recursive above as (
        select community_id as id from grid where id = any (grid_ids)
        union
        select a.parent_id from above join area a on a.id = above.id where a.parent_id is not null
    )
    select id from above
$$;
comment on function areas_of_grids is 'the communities of some grids and all areas above them';

create function note_border_areas() returns trigger language plpgsql as $$
begin
    new.border_area_ids := array(
        select areas_of_grids(new.border_grid_ids) except select areas_of_grids(array[new.grid_id]) order by 1
    );
    return new;
end
$$;

create trigger incident_inserted_at_border before insert on incident
    for each row when (new.border_grid_ids <> '{}') execute function note_border_areas();
create trigger incident_changed_at_border before update of border_grid_ids, grid_id on incident
    for each row when (
        new.border_grid_ids is distinct from old.border_grid_ids or new.grid_id is distinct from old.grid_id
    ) execute function note_border_areas();

update incident
set border_area_ids = array(
    select areas_of_grids(border_grid_ids) except select areas_of_grids(array[grid_id]) order by 1
)
where border_grid_ids <> '{}';
update incident_before
set border_area_ids = array(
    select areas_of_grids(border_grid_ids) except select areas_of_grids(array[grid_id]) order by 1
);

create index incident_border_area_ids_idx on incident using gin (border_area_ids) where border_area_ids <> '{}';
-- what is still to be located is seen from everywhere, and few incidents are
create index incident_unplaced_idx on incident (id) where geom is null;

-- As in migration 12; who is told from next door is new.
create or replace function tell_outside() returns trigger language plpgsql as $$
begin
    insert into outbox (webhook_id, step_id, due_at)
    select w.id, s.id, s.at
    from new_steps s
    join incident i on i.id = s.incident_id
    join webhook w on w.retired_at is null and (w.moves = '{}' or s.move = any (w.moves))
    left join area a on a.id = w.area_id
    where not s.said ? 'imported'
      and (a.id is null or i.geom is null or ST_Covers(a.geom, i.geom) or a.id = any (i.border_area_ids))
    order by s.id, w.id;
    return null;
end $$;
