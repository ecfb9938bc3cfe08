-- The live network of every source: id, arrays_hash, network_date.
select id, arrays_hash, network_date
from street_network
where retired_at is null
order by id
