-- One text that changes whenever anything changes that a tile may show.
select concat_ws('.',
    (select max(id) from import_batch),
    (select count(*) from import_batch where undone_at is not null),
    (select id from coverage_run where is_current),
    (select extract(epoch from max(updated_at)) from station),
    (select extract(epoch from max(position_at)) from resource),
    (select max(id) from incident_square),
    (select max(id) from incident_step where :points),
    (select sum(version) from plan),
    (select count(*) from plan
        where state = 'published' and effective_from <= now() and (effective_to is null or effective_to > now()))
)
