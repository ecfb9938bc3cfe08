"""Cases: storing reports, finding and changing them, and their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from geo.cases import Case, Step, Suggestion
from geo.errors import NotFound
from geo.store.database import sql
from geo.store.incident_tables import incident, incident_step, request_key
from geo.store.tables import area, plan_grid, station, token

CHANNEL = "incident_step"
"""What listeners listen to: it is told the id of the last step of each transaction."""

ORDERED = 0x1C_5E
"""Key of the lock under which steps get their ids: they become visible in the order of their ids, so that whoever has
read up to one has missed none."""

REQUESTS = 0x1C_5F

STEP_COLUMNS = [incident_step.c[name] for name in Step.__annotations__]

_STEPS_OF = (
    select(*STEP_COLUMNS).where(incident_step.c.incident_id == bindparam("incident_id")).order_by(incident_step.c.seq)
)
_CALLER_OF = select(incident.c.caller_hash).where(incident.c.id == bindparam("incident_id"))


def insert_case(conn: Connection, values: Mapping[str, Any]) -> int:
    """A new incident: its id. ``values`` by column; ``geom`` a point or None."""
    columns = {**values, "geom": _shape(values["geom"])}
    return int(conn.execute(insert(incident).values(columns).returning(incident.c.id)).scalar_one())


def get_case(conn: Connection, incident_id: int, *, lock: bool = False) -> Case:
    """One incident, held until the transaction ends if ``lock``.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_one_case(lock=lock), {"incident_id": incident_id}).one_or_none()
    if row is None:
        raise NotFound("incident_unknown", id=incident_id)
    return case_of_row(row)


@cache
def _one_case(*, lock: bool) -> Select[Any]:
    """Made once: to put it together takes as long as to answer it."""
    chosen = cases_query().where(incident.c.id == bindparam("incident_id"), incident.c.retired_at.is_(None))
    return chosen.with_for_update(of=incident) if lock else chosen


def lock_cases(conn: Connection, ids: list[int]) -> None:
    """Hold some incidents until the transaction ends: in one order, so that two who do never wait for each other."""
    chosen = select(incident.c.id).where(incident.c.id == any_(literal(ids))).order_by(incident.c.id)
    conn.execute(chosen.with_for_update())


def cases_by_id(conn: Connection, ids: list[int]) -> dict[int, Case]:
    """Some incidents; those that are not there are left out."""
    chosen = cases_query().where(incident.c.id == any_(literal(ids)), incident.c.retired_at.is_(None))
    return {row.id: case_of_row(row) for row in conn.execute(chosen)}


def change_case(conn: Connection, case: Case, values: Mapping[str, Any], at: datetime) -> int:
    """Change a case that is locked: its new version."""
    columns = {**values, "version": case.version + 1, "updated_at": at}
    if "geom" in values:
        columns["geom"] = _shape(values["geom"])
    conn.execute(update(incident).where(incident.c.id == case.id).values(columns))
    return case.version + 1


def insert_step(conn: Connection, step: Step) -> int:
    """Note a step and tell listeners once the transaction is through: its id. The step's own id is not looked at.

    From here to the end of the transaction nobody else notes one: whoever changes several cases holds them all before
    the first step, or two might wait for each other.
    """
    return insert_steps(conn, [step])


def insert_steps(conn: Connection, steps: Sequence[Step]) -> int:
    """Note one step or more in their order: the id of the last. Listeners are told once."""
    conn.execute(select(func.pg_advisory_xact_lock(ORDERED)))
    rows = [
        {name: value for name, value in asdict(step).items() if name != "id"} | {"known_at": step.at} for step in steps
    ]
    last = int(max(conn.execute(insert(incident_step).returning(incident_step.c.id), rows).scalars()))
    conn.execute(select(func.pg_notify(CHANNEL, str(last))))
    return last


def steps_of(conn: Connection, incident_id: int) -> list[Step]:
    """All steps of a case, in order."""
    return [Step(*row) for row in conn.execute(_STEPS_OF, {"incident_id": incident_id})]


def held_since(conn: Connection, incident_id: int) -> datetime | None:
    """When a case was last taken in hand; None: never."""
    is_taken = incident_step.c.incident_id == incident_id, incident_step.c.move.in_(("claim", "take_over"))
    found: datetime | None = conn.execute(select(func.max(incident_step.c.at)).where(*is_taken)).scalar_one()
    return found


def steps_after(conn: Connection, step_id: int, most: int) -> list[Step]:
    """Steps of all cases that were stored after one, in order, at most so many."""
    chosen = select(*STEP_COLUMNS).where(incident_step.c.id > step_id).order_by(incident_step.c.id).limit(most)
    return [Step(**row) for row in conn.execute(chosen).mappings()]


def newest_step_id(conn: Connection) -> int:
    """0 where there is none."""
    return int(conn.execute(select(func.coalesce(func.max(incident_step.c.id), 0))).scalar_one())


def find_by_source(conn: Connection, source: str, source_key: str) -> int | None:
    """The incident that a source knows under a number, however it is written; None if there is none."""
    i = incident.c
    alike = as_compared(i.source_key) == as_compared(literal(source_key))
    chosen = select(i.id).where(i.source == source, alike).order_by((i.source_key == source_key).desc(), i.id)
    return conn.execute(chosen.limit(1)).scalar_one_or_none()


def as_compared(number: ColumnElement[str]) -> ColumnElement[str]:
    """A number without case, blanks around it and full-width forms: as the index ``incident_number_idx`` has it."""
    return func.lower(func.btrim(func.normalize(number, literal_column("nfkc"))))


def rows_in_hand(conn: Connection, source: str) -> dict[str, dict[str, Any]]:
    """What an import would write of a source's incidents to which steps were taken, by the source's number."""
    i = incident.c
    columns = (i.source_key, i.occurred_at, i.category, i.text, i.state, i.stage)
    touched = select(incident_step.c.incident_id).where(incident_step.c.incident_id == i.id).exists()
    chosen = select(*columns, func.ST_AsBinary(i.geom).label("wkb")).where(i.source == source, touched)
    rows = {}
    for row in conn.execute(chosen).mappings():
        values = dict(row)
        wkb = values.pop("wkb")
        rows[row["source_key"]] = {**values, "geom": None if wkb is None else shapely.from_wkb(bytes(wkb))}
    return rows


def is_near_town(conn: Connection, lonlat: tuple[float, float], within_m: float) -> bool:
    """Whether a place lies in an area or no farther than that from one; anywhere while there are no areas."""
    values = {"lon": lonlat[0], "lat": lonlat[1], "within_m": within_m}
    return bool(conn.execute(sql("is_near_town"), values).scalar_one())


def border_grids(
    conn: Connection, lonlat: tuple[float, float], at: datetime, within_m: float, own_id: int | None
) -> tuple[int, ...]:
    """Other grids in force whose ground is nearer than a distance, by id."""
    values = {"lon": lonlat[0], "lat": lonlat[1], "at": at, "within_m": within_m, "own_id": own_id}
    return tuple(conn.execute(sql("border_grids"), values).scalars())


def similar_cases(
    conn: Connection, case: Case, within_m: float, within: timedelta, area_id: int | None
) -> list[Suggestion]:
    """Cases of the item of a case that has a place, nearby about the same time, the nearest first; in one area or
    anywhere.
    """
    assert case.lonlat is not None, "nothing is near what has no place"
    values = {
        "item": case.item,
        "lon": case.lonlat[0],
        "lat": case.lonlat[1],
        "since": case.occurred_at - within,
        "until": case.occurred_at + within,
        "within_m": within_m,
        "other_than": case.id,
        "area_id": area_id,
    }
    return [Suggestion(why="place", **row) for row in conn.execute(sql("similar_incidents"), values).mappings()]


def cases_of_asset(conn: Connection, case: Case, within: timedelta, area_id: int | None, most: int) -> list[Suggestion]:
    """Cases of the item and the thing of a case that are open or about the same time; in one area or without a place,
    or anywhere.
    """
    lon, lat = case.lonlat or (None, None)
    values = {
        "asset": case.asset,
        "item": case.item,
        "lon": lon,
        "lat": lat,
        "since": case.occurred_at - within,
        "until": case.occurred_at + within,
        "other_than": case.id,
        "area_id": area_id,
        "most": most,
    }
    return [Suggestion(why="asset", **row) for row in conn.execute(sql("incidents_of_asset"), values).mappings()]


def cases_of_caller(
    conn: Connection, caller_hash: bytes, since: datetime, other_than: int, area_id: int | None, most: int
) -> list[Suggestion]:
    """Cases of the same caller, the newest first; in one area or without a place, or anywhere."""
    i = incident.c
    chosen = (
        select(i.id, i.occurred_at, i.stage)
        .where(i.caller_hash == caller_hash, i.occurred_at >= since, i.id != other_than, i.retired_at.is_(None))
        .where(i.stage != "merged")
        .order_by(i.occurred_at.desc(), i.id.desc())
        .limit(most)
    )
    if area_id is not None:
        held = select(area.c.geom).where(area.c.id == area_id).scalar_subquery()
        chosen = chosen.where(or_(i.geom.is_(None), func.ST_Covers(held, i.geom)))
    return [Suggestion(why="caller", distance_m=None, **row) for row in conn.execute(chosen).mappings()]


def sent_to_station(conn: Connection, station_id: int) -> list[int]:
    """Ids of the cases that a station was sent to and has not handled yet."""
    i = incident.c
    is_sent = i.station_id == station_id, i.stage == "dispatched", i.retired_at.is_(None)
    return list(conn.execute(select(i.id).where(*is_sent).order_by(i.id)).scalars())


class SentCase(NamedTuple):
    """A case that a station was sent to."""

    station_id: int
    incident_id: int


def sent_to_retired(conn: Connection, source: str, at: datetime) -> list[SentCase]:
    """Cases that stations of a source retired at a moment were sent to, not handled yet; by station and case."""
    i = incident.c
    is_sent = i.stage == "dispatched", i.retired_at.is_(None)
    is_retired = station.c.source == source, station.c.retired_at == at
    joined = incident.join(station, station.c.id == i.station_id)
    chosen = select(i.station_id, i.id).select_from(joined).where(*is_sent, *is_retired)
    return [SentCase(*row) for row in conn.execute(chosen.order_by(i.station_id, i.id))]


def caller_hash_of(conn: Connection, incident_id: int) -> bytes | None:
    """Kept apart from :class:`Case` so that it never leaves with one."""
    found = conn.execute(_CALLER_OF, {"incident_id": incident_id}).scalar_one_or_none()
    return None if found is None else bytes(found)


def hold_request(conn: Connection, token_id: int, key_hash: bytes) -> bool:
    """Hold a request's key until the transaction ends; False while another request has it."""
    name = func.hashtextextended(f"{token_id} {key_hash.hex()}", REQUESTS)
    return bool(conn.execute(select(func.pg_try_advisory_xact_lock(name))).scalar_one())


def find_request(
    conn: Connection, token_id: int, key_hashes: Sequence[bytes], since: datetime
) -> tuple[bytes, int] | None:
    """What a request with one of these was, and the incident it made; None if there was none since then."""
    r = request_key.c
    is_it = r.token_id == token_id, r.key_hash.in_(key_hashes), r.made_at >= since
    chosen = select(r.body_sha256, r.incident_id).where(*is_it)
    row = conn.execute(chosen).one_or_none()
    return None if row is None else (bytes(row.body_sha256), row.incident_id)


def keep_request(
    conn: Connection,
    token_id: int,
    key_hash: bytes,
    body_sha256: bytes,
    incident_id: int,
    at: datetime,
    since: datetime,
) -> None:
    """Keep a request that was carried out, and forget those from before ``since``."""
    conn.execute(delete(request_key).where(request_key.c.made_at < since))
    values = {"token_id": token_id, "key_hash": key_hash, "body_sha256": body_sha256, "incident_id": incident_id}
    conn.execute(insert(request_key).values(**values, made_at=at))


def cases_query() -> Select[Any]:
    """Cases, to be narrowed; :func:`case_of_row` reads what it gives."""
    names = [name for name in Case.__annotations__ if name not in {"point", "holder", "grid_name"}]
    shape = func.ST_AsBinary(incident.c.geom).label("wkb")
    g, i = plan_grid.c, incident.c
    joined = incident.outerjoin(token, token.c.id == i.holder_token_id).outerjoin(
        plan_grid, and_(g.plan_id == i.plan_id, g.grid_id == i.grid_id)
    )
    named = token.c.name.label("holder"), g.name.label("grid_name")
    return select(*(i[name] for name in names), *named, shape).select_from(joined)


def case_of_row(row: Row[Any]) -> Case:
    """A row of :func:`cases_query`."""
    values = dict(zip(row._fields, row, strict=True))
    wkb = values.pop("wkb")
    values["border_grid_ids"] = tuple(values["border_grid_ids"])
    return Case(**values, point=None if wkb is None else shapely.from_wkb(bytes(wkb)))


def _shape(point: shapely.Point | None) -> ColumnElement[Any] | None:
    return None if point is None else func.ST_SetSRID(func.ST_MakePoint(point.x, point.y), 4326)
