-- The period that public counts of incidents speak of: since, until; none without incidents. It begins with a month, by
-- UTC: were it to move with every incident, what falls out of the counts would tell of single ones.
select (utc_month(max(occurred_at)) - :recent_months * interval '1 month') at time zone 'UTC' as since,
       max(occurred_at) as until
from incident
where retired_at is null
