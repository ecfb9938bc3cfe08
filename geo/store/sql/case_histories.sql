-- One row: the stages that the cases of a period came to, packed, case by case in order, and what their steps said.
-- Which cases: those that changed in the period or later, are open, or were due about then; what is too much does no harm.
-- (Packed, it is ten times faster to fetch than as rows; the aggregates take the order of the subqueries.)
-- What counts is what was stored by then: a file that came later says nothing about the days that it tells of, and what it
-- brought counts until it was taken back.
with wanted as materialized (
    select id, item, catalogue_version, grid_id, unit
    from incident
    where reported_at is not null and reported_at < :before and reported_at <= :as_of
      and (retired_at is null or retired_at > :as_of)
      and (updated_at >= :since or due_at >= :due_since or (state = 'open' and retired_at is null))
    union all
    select id, item, catalogue_version, grid_id, unit
    from gone_case
    where gone_at > :as_of and reported_at < :before and reported_at <= :as_of
    order by id
    offset 0
),
step as materialized (
    select s.incident_id, s.seq, s.move, s.from_stage, s.to_stage, s.at, s.said,
           s.at <= :as_of and s.known_at <= :as_of as is_known
    from wanted w
    join (
        select incident_id, seq, move, from_stage, to_stage, at, known_at, said from incident_step
        union all
        select incident_id, seq, move, from_stage, to_stage, at, known_at, said from gone_step
    ) s on s.incident_id = w.id
    order by s.incident_id, s.seq
    offset 0
),
passage as (
    select incident_id, at, array_position(cast(:stages as text[]), to_stage) - 1 as stage, from_stage is null as is_report
    from step
    where is_known and from_stage is distinct from to_stage
    offset 0
),
wanted_packed as (
    select string_agg(int8send(id), ''::bytea) as id, string_agg(int8send(coalesce(grid_id, -1)), ''::bytea) as grid_now,
           array_agg(item) as item, array_agg(catalogue_version) as version, array_agg(unit) as unit_now
    from wanted
),
passage_packed as (
    select string_agg(int8send(incident_id), ''::bytea) as passage_case,
           string_agg(int4send(stage), ''::bytea) as stage,
           string_agg(timestamptz_send(at), ''::bytea) as at,
           string_agg(boolsend(is_report), ''::bytea) as is_report
    from passage
),
said_packed as (
    select
        string_agg(int8send(incident_id), ''::bytea) filter (where said ? 'grid_id') as grid_case,
        string_agg(boolsend(is_known), ''::bytea) filter (where said ? 'grid_id') as grid_is_known,
        string_agg(boolsend(move = 'rehome'), ''::bytea) filter (where said ? 'grid_id') as grid_is_rehome,
        string_agg(boolsend(said ? 'from_grid_id'), ''::bytea) filter (where said ? 'grid_id') as grid_says_before,
        array_agg(said ->> 'grid_id') filter (where said ? 'grid_id') as grid_said,
        array_agg(said ->> 'from_grid_id') filter (where said ? 'grid_id') as grid_from,
        string_agg(int8send(incident_id), ''::bytea) filter (where not is_known) as later_case,
        string_agg(int8send(incident_id), ''::bytea) filter (where is_known and said ->> 'unit' is not null) as unit_case,
        array_agg(said ->> 'unit') filter (where is_known and said ->> 'unit' is not null) as unit_said,
        string_agg(int8send(incident_id), ''::bytea) filter (where is_known and said ? 'arrived_at') as arrived_case,
        array_agg(said ->> 'arrived_at') filter (where is_known and said ? 'arrived_at') as arrived_said,
        string_agg(int8send(incident_id), ''::bytea)
            filter (where is_known and jsonb_typeof(said -> 'satisfied') = 'boolean') as rated_case,
        string_agg(timestamptz_send(at), ''::bytea)
            filter (where is_known and jsonb_typeof(said -> 'satisfied') = 'boolean') as rated_at,
        string_agg(boolsend((said -> 'satisfied')::boolean), ''::bytea)
            filter (where is_known and jsonb_typeof(said -> 'satisfied') = 'boolean') as rated_well
    from step
    where said <> '{}' or not is_known
)
select * from wanted_packed, passage_packed, said_packed
