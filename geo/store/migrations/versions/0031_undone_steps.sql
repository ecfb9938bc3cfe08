-- Steps that a file told and that were taken back with it are looked for by every table of figures.
create index incident_step_undo_idx on incident_step (incident_id) where move = 'undo';
