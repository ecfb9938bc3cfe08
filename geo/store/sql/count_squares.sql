-- Counts all incidents by square and month.
insert into incident_square (row_number, column_number, month, n)
select lattice_row(geom, :cell_m), lattice_column(geom, :cell_m), utc_month(occurred_at), count(*)
from incident
where geom is not null and retired_at is null
group by 1, 2, 3
