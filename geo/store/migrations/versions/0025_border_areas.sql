-- What areas see across a border follows the tree of areas, whoever changes it: an import, its undo, or a hand.
create function border_areas(border_grid_ids bigint[], grid_id bigint) returns bigint[] language sql stable as $$
    select array(select areas_of_grids(border_grid_ids) except select areas_of_grids(array[grid_id]) order by 1)
$$;
comment on function border_areas is 'areas with one of some grids that do not hold a grid of their own: for incident.border_area_ids';

create or replace function note_border_areas() returns trigger language plpgsql as $$
begin
    new.border_area_ids := border_areas(new.border_grid_ids, new.grid_id);
    return new;
end
$$;

create function renew_border_areas() returns trigger language plpgsql as $$
begin
    if exists (select from areas_before b join areas_now n using (id) where b.parent_id is distinct from n.parent_id) then
        with known as (
            select distinct border_grid_ids, grid_id from incident where border_grid_ids <> '{}'
        ), wanted as materialized (
            select border_grid_ids, grid_id, border_areas(border_grid_ids, grid_id) as area_ids from known
        )
        update incident i
        set border_area_ids = w.area_ids
        from wanted w
        where i.border_grid_ids = w.border_grid_ids and i.grid_id is not distinct from w.grid_id
          and i.border_area_ids <> w.area_ids;
    end if;
    return null;
end
$$;

create trigger area_moved after update on area
    referencing old table as areas_before new table as areas_now
    for each statement execute function renew_border_areas();
