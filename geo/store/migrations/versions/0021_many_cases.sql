-- As in 0015, planned once per session: planning took longer than reading where there is little to read.
CREATE OR REPLACE FUNCTION squares_about(box geometry, since date, smallest integer) RETURNS TABLE (square geometry, n integer)
LANGUAGE plpgsql STABLE AS $$
declare
    m double precision := (select cell_m from incident_lattice);
begin
    return query
    select lattice_square(found.r, found.c, m), found.counted
    from (
        select r, s.column_number as c, sum(s.n)::int as counted
        from generate_series(
                greatest(floor(ST_YMin(box) / (m / 111320))::int - 1, (select min(row_number) from incident_square)),
                least(floor(ST_YMax(box) / (m / 111320))::int + 1, (select max(row_number) from incident_square))
            ) r
        join incident_square s on s.row_number = r
            and s.column_number between floor(ST_XMin(box) / lattice_width(r, m))::int - 1
                and floor(ST_XMax(box) / lattice_width(r, m))::int + 1
        where s.month >= since
        group by r, s.column_number
        having sum(s.n) >= smallest
    ) found
    order by found.r, found.c;
end $$;

-- A case that is deleted is looked for among requests: an import that is undone deletes thousands.
CREATE INDEX request_key_incident_id_idx ON request_key (incident_id);
