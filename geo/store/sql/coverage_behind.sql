-- Whether something that coverage is computed from came, went or changed after the current run was last confirmed.
select exists (
    select from coverage_run r
    where r.is_current and coalesce(r.confirmed_at, r.computed_at) < greatest(
        (select max(greatest(landed_at, undone_at)) from import_batch
            where kind = any(:inputs)),
        (select max(greatest(updated_at, retired_at)) from station)
    )
)
