-- One row: gates of all live networks, and the outlines they lie on (-1: none), packed as in live_pieces.
with gate as (
    select g.*
    from street_gate g
    join street_network n on n.id = g.network_id
    where n.retired_at is null
    order by g.network_id, g.gate
    offset 0
),
ring as (
    select o.*
    from compound_outline o
    join street_network n on n.id = o.network_id
    where n.retired_at is null
    order by o.network_id, o.outline
    offset 0
)
select
    (select string_agg(int8send(network_id), ''::bytea) from gate) as network_of_gate,
    (select string_agg(int4send(coalesce(outline, -1)), ''::bytea) from gate) as outline_of_gate,
    (select string_agg(float8send(st_x(geom)) || float8send(st_y(geom)), ''::bytea) from gate) as lonlat_of_gate,
    (select string_agg(int8send(network_id), ''::bytea) from ring) as network_of_outline,
    (select string_agg(int4send(outline), ''::bytea) from ring) as outline,
    (select string_agg(int4send(st_npoints(geom)), ''::bytea) from ring) as n_points,
    (select string_agg(st_asbinary(geom, 'NDR'), ''::bytea) from ring) as shapes
