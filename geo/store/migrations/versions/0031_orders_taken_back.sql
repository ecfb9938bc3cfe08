-- Steps that a file told and that were taken back with it are looked for by every table of figures.
create index incident_step_undo_idx on incident_step (incident_id) where move = 'undo';

-- A file of thousands of cases brings the areas along, and says so: asked one by one they were a seventh of the time.
drop trigger incident_inserted_at_border on incident;
create trigger incident_inserted_at_border before insert on incident
    for each row when (
        new.border_grid_ids <> '{}' and coalesce(current_setting('gridcircle.border_areas_told', true), '') <> 'yes'
    ) execute function note_border_areas();
