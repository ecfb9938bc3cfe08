-- One row: the turn restrictions of all live networks, packed as in live_pieces.
with live as (
    select t.*
    from street_turn t
    join street_network n on n.id = t.network_id
    where n.retired_at is null
    order by t.network_id, t.turn
    offset 0
)
select
    string_agg(int8send(network_id), ''::bytea) as network_id,
    string_agg(int4send(from_piece), ''::bytea) as from_piece,
    string_agg(int4send(via_node), ''::bytea) as via_node,
    string_agg(int4send(to_piece), ''::bytea) as to_piece,
    string_agg(boolsend(is_only), ''::bytea) as is_only,
    string_agg(boolsend(is_for_bike), ''::bytea) as is_for_bike,
    string_agg(boolsend(is_for_car), ''::bytea) as is_for_car
from live
