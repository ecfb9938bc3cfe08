-- Cases that may count in a period: those reported before its end that changed in it or later, are open, or were due about
-- then; what is too much does no harm. Nearly all take less than sixty days: those are found by when they were reported.
with chosen as materialized (
    select id, reported_at, coalesce(retired_at, 'infinity') as until, item, catalogue_version, grid_id, unit
    from incident
    where reported_at >= cast(:since as timestamptz) - interval '60 days' and reported_at < :before
      and (updated_at >= :since or due_at >= :due_since or (state = 'open' and retired_at is null))
    union all
    select id, reported_at, coalesce(retired_at, 'infinity'), item, catalogue_version, grid_id, unit
    from incident
    where reported_at < cast(:since as timestamptz) - interval '60 days'
      and (
          (updated_at >= :since and updated_at - reported_at > interval '60 days')
          or (due_at >= :due_since and due_at - reported_at > interval '40 days')
          or (state = 'open' and retired_at is null)
      )
),
-- The log of each by its index: a join of the two tables would be planned to read all logs that there are.
logged as (
    select c.*, l.steps, l.sizes, l.words
    from chosen c
    cross join lateral (select steps, sizes, words from case_log where incident_id = c.id offset 0) l
)
