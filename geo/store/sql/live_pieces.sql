-- One row: every column of the walkable pieces of all live networks, packed, in the order in which they were saved.
-- (Ten times faster to fetch than as rows; the aggregates take the order of the subquery, which nothing disturbs.)
with piece as (
    select p.*
    from street_piece p
    join street_network n on n.id = p.network_id
    where n.retired_at is null and p.is_walkable
    order by p.network_id, p.piece
    offset 0
)
select
    string_agg(int8send(network_id), ''::bytea) as network_id,
    string_agg(int4send(from_node), ''::bytea) as from_node,
    string_agg(int4send(to_node), ''::bytea) as to_node,
    string_agg(float8send(length_m), ''::bytea) as length_m,
    string_agg(float8send(component_m), ''::bytea) as component_m,
    string_agg(int4send(st_npoints(geom)), ''::bytea) as n_points,
    string_agg(st_asbinary(geom, 'NDR'), ''::bytea) as shapes,
    array_agg(name) as names
from piece
