-- One row: the shapes of the barriers of all live networks that stop walkers, packed as in live_pieces.
with stopping as (
    select b.geom
    from barrier b
    join street_network n on n.id = b.network_id
    where n.retired_at is null and b.stops_walkers
    order by b.network_id, b.barrier
    offset 0
)
select
    string_agg(int4send(st_npoints(geom)), ''::bytea) as n_points,
    string_agg(st_asbinary(geom, 'NDR'), ''::bytea) as shapes
from stopping
