-- Cases that an import took away again: what they told counts until it was taken back.
with logged as (
    select g.id, g.reported_at, g.gone_at as until, g.item, g.catalogue_version, g.grid_id, g.unit,
           string_agg(packed_step(s.seq, s.move, s.from_stage, s.to_stage, s.at, s.known_at, s.said), ''::bytea order by s.seq) as steps,
           coalesce(string_agg(packed_sizes(s.move, s.said), ''::bytea order by s.seq) filter (where has_words(s.move, s.said)), ''::bytea) as sizes,
           coalesce(string_agg(packed_words(s.move, s.said), ''::bytea order by s.seq) filter (where has_words(s.move, s.said)), ''::bytea) as words
    from gone_case g
    join gone_step s on s.incident_id = g.id
    where g.gone_at > :as_of and g.reported_at < :before and g.reported_at <= :as_of
    group by g.id
)
