-- Which cases went into another: read when it is taken back, and by the check of the foreign key, row by row.
create index incident_merged_into_id_idx on incident (merged_into_id) where merged_into_id is not null;

-- Numbers of orders as they are compared: without case, blanks around them and full-width forms.
create index incident_number_idx on incident (source, lower(btrim(normalize(source_key, nfkc))));
