-- The period that public counts of incidents speak of: since, until; none without incidents.
select max(occurred_at) - :recent_days * interval '1 day' as since, max(occurred_at) as until
from incident
where retired_at is null
