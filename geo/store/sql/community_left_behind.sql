-- A community whose open cases know a plan that is no longer in force while another one is, or lie in a grid in force and
-- were reported here when there was none: community_id; any that is not among :without. It stops at the first: where many
-- are left behind all of them need not be looked at each time.
select community_id from (
    select live.community_id
    from plan old
    join plan live on live.community_id = old.community_id and live.state in ('published', 'superseded')
        and live.effective_from <= :at and (live.effective_to is null or live.effective_to > :at)
    where old.effective_to <= :at
      and exists (select from incident i where i.plan_id = old.id and i.state = 'open' and i.retired_at is null)
    union all
    select g.community_id
    from incident i
    join grids_at(:at) g on ST_Covers(g.geom, i.geom)
    where i.state = 'open' and i.retired_at is null and i.grid_id is null and i.reported_at is not null
) behind
where community_id <> all (cast(:without as bigint[]))
limit 1
