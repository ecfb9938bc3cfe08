-- One text that changes whenever areas, grids, stations or people that count at a moment change.
select concat_ws(' ',
    (select max(id) || ' ' || max(greatest(landed_at, undone_at)) from import_batch),
    (select max(id) || ' ' || max(greatest(updated_at, retired_at)) || ' ' || sum(version) from station),
    (select max(id) from home),
    (select max(id) from area),
    (select md5(string_agg(id || ' ' || version, ',' order by id)) from plan
        where state in ('published', 'superseded')
          and tstzrange(effective_from, effective_to) @> cast(:at as timestamptz))
)
