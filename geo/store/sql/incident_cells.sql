-- Squares with at least k recent incidents that touch a box: n_class (lower bound of the class of their count), shape.
with around as (
    select ST_MakeEnvelope(:west, :south, :east, :north, 4326) as box
),
recent as (
    select (utc_month(max(occurred_at)) - :recent_months * interval '1 month')::date as since
    from incident where retired_at is null
)
select (cast(:classes as int[]))[width_bucket(n, cast(:classes as int[]))] as n_class,
       ST_AsGeoJSON(square, 7, 0) as shape
from around, recent, squares_about(around.box, recent.since, :k)
where square && around.box
order by ST_YMin(square) desc, ST_XMin(square)
