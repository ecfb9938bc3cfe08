-- One row: columns of cases and their steps end to end, case by case. (Packed, it is ten times faster to fetch than as rows.)
select string_agg(int8send(id), ''::bytea) as id,
       string_agg(timestamptz_send(reported_at), ''::bytea) as reported_at,
       string_agg(timestamptz_send(until), ''::bytea) as until,
       string_agg(int8send(coalesce(grid_id, -1)), ''::bytea) as grid_now,
       string_agg(int4send(coalesce(octet_length(item), -1)), ''::bytea) as item_size,
       string_agg(int4send(coalesce(octet_length(catalogue_version), -1)), ''::bytea) as version_size,
       string_agg(int4send(coalesce(octet_length(unit), -1)), ''::bytea) as unit_size,
       string_agg(int4send(octet_length(steps)), ''::bytea) as steps_size,
       convert_to(string_agg(item, ''), 'UTF8') as items,
       convert_to(string_agg(catalogue_version, ''), 'UTF8') as versions,
       convert_to(string_agg(unit, ''), 'UTF8') as units,
       string_agg(steps, ''::bytea) as steps,
       string_agg(sizes, ''::bytea) as sizes,
       string_agg(words, ''::bytea) as words
from logged
