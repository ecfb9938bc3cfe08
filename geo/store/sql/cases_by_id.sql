-- Some cases, if they may count in a period: as in cases_of_period.
with logged as (
    select i.id, i.reported_at, coalesce(i.retired_at, 'infinity') as until, i.item, i.catalogue_version, i.grid_id, i.unit,
           l.steps, l.sizes, l.words
    from incident i
    join case_log l on l.incident_id = i.id
    where i.id = any (:ids) and i.reported_at < :before
      and (i.updated_at >= :since or i.due_at >= :due_since or (i.state = 'open' and i.retired_at is null))
)
