-- Number of a line, and the live barriers that stop walkers which it meets, in the order in which it meets them.
select l.number, b.kind, b.name
from unnest(cast(:wkb as bytea[])) with ordinality as l (wkb, number)
cross join lateral (select st_geomfromwkb(l.wkb, 4326) as geom) line
join barrier b on st_intersects(b.geom, line.geom) and b.stops_walkers
join street_network n on n.id = b.network_id and n.retired_at is null
order by l.number, st_linelocatepoint(line.geom, st_centroid(st_intersection(b.geom, line.geom))), b.network_id, b.barrier
