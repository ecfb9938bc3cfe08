-- One row: every column of the routable pieces of all live networks, packed, in the order in which they were saved.
-- (Ten times faster to fetch than as rows; the aggregates take the order of the subquery, which nothing disturbs.)
-- Links across gates have no length and count even where nobody passes.
with piece as (
    select p.*
    from street_piece p
    join street_network n on n.id = p.network_id
    where n.retired_at is null
      and (p.foot + p.bike_forward + p.bike_backward + p.car_forward + p.car_backward > 0 or p.length_m = 0)
    order by p.network_id, p.piece
    offset 0
)
select
    string_agg(int8send(network_id), ''::bytea) as network_id,
    string_agg(int4send(piece), ''::bytea) as piece,
    string_agg(int4send(from_node), ''::bytea) as from_node,
    string_agg(int4send(to_node), ''::bytea) as to_node,
    string_agg(float8send(length_m), ''::bytea) as length_m,
    string_agg(float8send(component_m), ''::bytea) as component_m,
    -- five codes of 0 to 2 as one number
    string_agg(int4send(foot + 3 * bike_forward + 9 * bike_backward + 27 * car_forward + 81 * car_backward), ''::bytea)
        as access,
    string_agg(boolsend(is_steps), ''::bytea) as is_steps,
    string_agg(float4send(max_kmh), ''::bytea) as max_kmh,
    string_agg(int4send(st_npoints(geom)), ''::bytea) as n_points,
    string_agg(st_asbinary(geom, 'NDR'), ''::bytea) as shapes,
    array_agg(highway) as highways,
    array_agg(name) as names
from piece
