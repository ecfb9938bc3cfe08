"""The steps of the million cases: all that are closed went the whole way, in the time that they took."""

from __future__ import annotations

from functools import cache

from sqlalchemy import text

from geo.store.database import Database

PART = 100_000
CHECKS = ("incident_step_incident_id_fkey", "incident_step_incident_id_seq_key")

DEFINED = text("""
    select conname, pg_get_constraintdef(oid) from pg_constraint
    where conrelid = 'incident_step'::regclass and conname = any (:names) order by conname desc
""")
NUMBERS = text("select min(id), max(id) from incident where source = 'bench'")

STEPS = text(r"""
    insert into incident_step (incident_id, seq, move, from_stage, to_stage, at, known_at, said)
    select i.id, m.seq, m.move, m.from_stage, m.to_stage, t.at, t.at, case m.move
        when 'report' then jsonb_build_object(
            'item', i.item, 'channel', i.channel, 'unit', i.unit, 'grid_id', g.ids[1 + i.id % cardinality(g.ids)])
        when 'dispatch' then jsonb_build_object('unit', i.unit, 'station_id', i.station_id)
        when 'feed_back' then case when i.id % 5 = 0 then jsonb_build_object('arrived_at', to_char(
            i.reported_at + 0.2 * (i.updated_at - i.reported_at) + i.id % 31 * interval '1 minute',
            'YYYY-MM-DD"T"HH24\:MI\:SS"+00:00"')) else '{}' end
        when 'close' then case when i.id % 3 = 0 then jsonb_build_object('satisfied', i.id % 7 > 0) else '{}' end
        else '{}' end
    from incident i
    cross join (select array_agg(id order by id) as ids from grid) g
    cross join (values
        (1, 'report', null, 'filed', 0.0), (2, 'dispatch', 'filed', 'dispatched', 0.2),
        (3, 'handle', 'dispatched', 'handled', 0.5), (4, 'feed_back', 'handled', 'fed_back', 0.7),
        (5, 'verify', 'fed_back', 'verified', 0.9), (6, 'close', 'verified', 'closed', 1.0)
    ) m (seq, move, from_stage, to_stage, share)
    cross join lateral (select i.reported_at + m.share * (i.updated_at - i.reported_at) as at) t
    where i.source = 'bench' and i.id between :first and :last
      and m.seq <= case i.stage when 'filed' then 1 when 'dispatched' then 2 else 6 end
    order by i.id, m.seq
""")


@cache
def fill_steps(db: Database) -> None:
    """Store the steps, and what the trigger makes of them; rules between tables are looked at afterwards, at once."""
    with db.write() as conn:
        rules = conn.execute(DEFINED, {"names": list(CHECKS)}).all()
        conn.execute(text("set local maintenance_work_mem = '256MB'"))
        for name, _ in rules:
            conn.execute(text(f"alter table incident_step drop constraint {name}"))
        least, most = conn.execute(NUMBERS).one()
        for first in range(least, most + 1, PART):
            conn.execute(STEPS, {"first": first, "last": first + PART - 1})
        for name, definition in rules:
            conn.execute(text(f"alter table incident_step add constraint {name} {definition}"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze incident_step, case_log, incident"))
