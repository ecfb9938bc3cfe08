-- Whether something that coverage is computed from came, went or changed after the current run was last confirmed; a plan
-- comes when it takes effect.
select exists (
    select from coverage_run r
    where r.is_current and coalesce(r.confirmed_at, r.computed_at) < greatest(
        (select max(greatest(landed_at, undone_at)) from import_batch
            where kind = any(:inputs)),
        (select max(greatest(updated_at, retired_at)) from station),
        (select max(effective_from) from plan
            where state in ('published', 'superseded') and effective_from <= :at)
    )
)
