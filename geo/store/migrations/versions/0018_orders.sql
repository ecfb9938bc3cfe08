-- Which cases went into another: read when it is taken back, and by the check of the foreign key, row by row.
create index incident_merged_into_id_idx on incident (merged_into_id) where merged_into_id is not null;
