-- Whether anything that was reported before a period was known at a moment: what was taken back since counts as well.
select exists (
    select from incident i
    join incident_step s on s.incident_id = i.id and s.from_stage is null
    where i.reported_at < :since and s.known_at <= :as_of
) or exists (
    select from gone_case g
    join gone_step s on s.incident_id = g.id and s.from_stage is null
    where g.reported_at < :since and s.known_at <= :as_of
)
