"""Import orders of a hotline: many calls, fewer matters, each with its grid, its deadlines and its steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.order_changes import Known
from geo.actions.cases.order_ground import Ground, Spot, ground_at
from geo.actions.cases.order_news import Batch, News, news_of, standing_after
from geo.actions.cases.order_ways import Dues, happenings, walked
from geo.actions.imports.land_rows import Order, begin, refuse_faults
from geo.caller import caller_hash
from geo.case_states import ENDED_STAGES, OPEN_STAGES, Stage
from geo.collecting import uncollected
from geo.compute.cases.order_merge import BY_LINK, FOREVER, WHYS, Calls, Closeness, Matters, matters_of
from geo.compute.datums import DATUMS
from geo.compute.project import Frame
from geo.errors import Refused
from geo.files.digest import sha256_of
from geo.files.read import read_table
from geo.imports.options import ImportOptions
from geo.imports.orders import ORDER_FIELDS, OrderSense, read_orders
from geo.imports.places import Town
from geo.imports.report import Fault, ImportReport
from geo.imports.rows import Reading
from geo.orders import OrderWish, Way
from geo.own_numbers import as_compared
from geo.rules.case_catalogue import CaseCatalogue
from geo.rules.case_levels import Level
from geo.rules.incidents import incident_rule
from geo.store import imports, order_rows
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.store.incident_tables import incident
from geo.store.locate import district_codes
from geo.text_masks import KINDS
from geo.units import NONE, FloatArray

Row = dict[str, Any]

MOMENTS = ("occurred_at", "dispatched_at", "closed_at")
"""What a row tells of."""

TOLD = ("source_key", "occurred_at", "item", "asset", "channel", "text", "address", "caller_hash", "geom")
"""What is stored of a row as it says it."""

SOURCE = "hotline"
"""Who orders come from if nobody says otherwise: the same as of reports that come in by telephone."""


@dataclass(frozen=True)
class Merged:
    """New orders, and the matters that they are about."""

    rows: Sequence[Row]
    ids: Sequence[int]
    matter_ids: Sequence[int]
    """An order's own id where it began a matter."""
    matter_at: Sequence[datetime]
    """When the matter was told of first."""
    why: Sequence[str]
    held: Mapping[int, tuple[Stage, int]]
    """Stage and version of cases that were there before and take in new orders, or are told of."""
    news: News


@uncollected()
def import_orders(
    db: Database,
    path: Path,
    options: ImportOptions,
    wish: OrderWish,
    desk: Desk,
    at: datetime,
    step: Callable[[float], None] | None = None,
) -> ImportReport:
    """Import a file of orders, in one transaction; orders that are known already stay as they are.

    Raises
    ------
    BadFile
        If the file cannot be read, or a column is missing.
    BadRows
        If rows have faults and ``keep_going`` is off; nothing has changed then.
    Refused
        If the wish names an item, a datum or a field that there is not.
    """
    tell = step or (lambda _share: None)
    order = Order("orders", path, replace(options, source=options.source or SOURCE), at, sha256_of(path))
    catalogue = desk.catalogue(at)
    wish = _checked(wish, catalogue)
    table = read_table(path, layer=options.layer, encoding=options.encoding)
    tell(0.2)
    with db.write() as conn:
        order_rows.hold_source(conn, order.source)
        order_rows.remember_headers(conn, order.source, wish.headers)
        sense = OrderSense(
            catalogue=catalogue,
            at=at,
            timezone=desk.timezone,
            caller_hash=lambda number: caller_hash(number, desk.caller_key),
            secret=lambda: desk.caller_key,
            districts=cache(partial(district_codes, conn)),
            datum=wish.datum,
            else_item=wish.else_item,
            headers=order_rows.headers_of(conn, order.source),
        )
        reading = read_orders(table, Town(town_shape(conn)), sense)
        tell(0.6)
        rejected_file = refuse_faults(order, table, reading)
        report = replace(_land(conn, order, reading, catalogue, desk), rejected_file=rejected_file)
        tell(0.9)
        if not wish.is_dry_run:
            return imports.close_batch(conn, report.import_id or 0, report)
        conn.rollback()
        return replace(report, import_id=None)


def _checked(wish: OrderWish, catalogue: CaseCatalogue) -> OrderWish:
    """A wish with the code of its item."""
    unknown = [name for name in wish.headers if name not in ORDER_FIELDS]
    if unknown:
        raise Refused("order_field_unknown", field=unknown[0][:50], known=", ".join(ORDER_FIELDS))
    if wish.datum not in DATUMS:
        raise Refused("datum_unknown", datum=wish.datum[:50], known=", ".join(DATUMS))
    if wish.else_item is None:
        return wish
    item = catalogue.named(wish.else_item)
    if item is None:
        raise Refused("incident_item_unknown", item=wish.else_item[:50], version=catalogue.version)
    return replace(wish, else_item=item.code)


def _land(conn: Connection, order: Order, reading: Reading, catalogue: CaseCatalogue, desk: Desk) -> ImportReport:
    """Store what is new; the report is not stored yet."""
    import_id = begin(conn, order)
    fresh, known = _sorted_out(conn, order.source, reading)
    until = max((row[name] or row["occurred_at"] for row in reading.rows for name in MOMENTS), default=order.at)
    is_latest = order_rows.is_latest(conn, order.source, order.sha256 or "", import_id, until)
    news = news_of(conn, known, Batch(import_id, order.at, until, is_latest), desk)
    merged = _merge(conn, order.source, fresh, news)
    open_unplaced = _store(conn, merged, (order.source, import_id, order.at), catalogue, desk)
    news = merged.news
    whys, masked = Counter(merged.why), _taken_out(merged)
    return ImportReport(
        import_id=import_id,
        kind=order.kind,
        source=order.source,
        filename=order.path.name,
        read=reading.read,
        added=len(fresh),
        changed=len(news.told),
        unchanged=len(known) - len(news.told),
        rejected=reading.rejected,
        missing=0,
        retired=0,
        faults=reading.faults,
        notes=reading.notes + _masked_note(masked) + _repeats_note(merged) + _older_note(news) + news.questions,
        told_until=until.isoformat(timespec="seconds"),
        totals={
            "matters": whys["alone"],
            **{f"merged_by_{why}": whys[why] for why in WHYS[BY_LINK:]},
            "to_locate": open_unplaced,
            "told_sent": news.count("dispatch"),
            "told_closed": len(news.closings),
            "told_closed_merged": news.count("note"),
            "told_reopened": news.count("reopen"),
            "told_changed": news.count("amend", "locate", "hand_over"),
            "questions": len(news.questions),
            "numbers_masked": masked.total(),
        },
    )


def _sorted_out(conn: Connection, source: str, reading: Reading) -> tuple[list[Row], list[Known]]:
    """Rows of orders that are new, and of those that are known; some were kept before their numbers were masked."""
    asked = {key for row in reading.rows for key in (row["source_key"], row["typed_key"])}
    standings = order_rows.standings(conn, source, sorted(asked))
    fresh, known = [], []
    for number, row in zip(reading.number_of_row, reading.rows, strict=True):
        standing = standings.get(row["source_key"]) or standings.get(row["typed_key"])
        if standing is None:
            fresh.append(row)
        else:
            known.append(Known(number, row, standing))
    return fresh, known


def _taken_out(merged: Merged) -> Counter[str]:
    """Numbers of persons taken out of what is stored, by kind; what is known already counts not again."""
    found: Counter[str] = Counter()
    for row in merged.rows:
        found.update(row["masked"])
    for known in merged.news.known.values():
        is_written = "text" in merged.news.columns.get(known.standing.id, {})
        found.update(known.row["masked" if is_written else "masked_feedback"])
    return found


def _masked_note(masked: Counter[str]) -> tuple[Fault, ...]:
    counts = {kind: masked[kind] for kind in KINDS}
    return (Fault(0, "", "order_numbers_masked", counts),) if masked.total() else ()


def _older_note(news: News) -> tuple[Fault, ...]:
    return (Fault(0, "", "orders_file_older", {"count": news.older}),) if news.older else ()


def _repeats_note(merged: Merged) -> tuple[Fault, ...]:
    """How many name an order as the same that had ended, or that is not known: they are matters of their own."""
    pairs = zip(merged.rows, merged.why, strict=True)
    apart = sum(row["repeat_of"] is not None and why != "link" for row, why in pairs)
    return (Fault(0, "", "orders_repeat_apart", {"count": apart}),) if apart else ()


def _merge(conn: Connection, source: str, rows: Sequence[Row], news: News) -> Merged:
    """Which matters new orders are about; those that were there before are held, and still open.

    What the news tell of is held with them: all in one order, so that nobody waits for one who waits for him.
    """
    if not rows:
        held = order_rows.hold(conn, sorted(news.told))
        return Merged((), (), (), (), (), held, news.of_unchanged(held))
    rule = incident_rule()
    since = min(row["occurred_at"] for row in rows) - max(rule.caller_within, rule.similar_within)
    named = order_rows.standings(conn, source, [row["repeat_of"] for row in rows if row["repeat_of"]])
    linked = {number: standing.matter_id for number, standing in named.items()}
    items = sorted({row["item"] for row in rows})
    callers = sorted({row["caller_hash"] for row in rows if row["caller_hash"] is not None})
    there = order_rows.known_calls(conn, items, since, callers, sorted(set(linked.values())))
    matters = _matters(there, rows, linked, news.closings)
    joined = np.unique(matters.lead[len(there) :]).tolist()
    taken = {there[lead].id for lead in joined if lead < len(there)}
    held = order_rows.hold(conn, sorted(taken | news.told.keys()))
    news = news.of_unchanged(held)
    if any(one not in held or held[one][0] in ENDED_STAGES for one in taken):  # somebody ended one meanwhile
        still = {case_id for case_id, (stage, _) in held.items() if stage in OPEN_STAGES}
        there = [one if one.id in still or one.stage in ENDED_STAGES else one._replace(stage="closed") for one in there]
        matters = _matters(there, rows, linked, news.closings)
    ids = imports.reserve_ids(conn, incident, len(rows))
    all_ids = [one.id for one in there] + ids
    new = slice(len(there), None)
    matter_ids = [all_ids[lead] for lead in matters.lead[new]]
    called_at = [one.occurred_at for one in there] + [row["occurred_at"] for row in rows]
    matter_at = [called_at[lead] for lead in matters.lead[new]]
    return Merged(rows, ids, matter_ids, matter_at, [WHYS[why] for why in matters.why[new]], held, news)


def _matters(
    there: Sequence[order_rows.Known],
    rows: Sequence[Row],
    linked: Mapping[str, int],
    closings: Mapping[int, datetime],
) -> Matters:
    rule = incident_rule()
    items: dict[Any, int] = {}
    callers: dict[Any, int] = {}
    place_of_id = {one.id: index for index, one in enumerate(there)}
    place_of_number = {as_compared(row["source_key"]): len(there) + index for index, row in enumerate(rows)}
    calls = [
        (
            one.occurred_at,
            _ended(one, closings),
            one.item,
            one.caller_hash,
            one.lonlat,
            NONE,
            place_of_id[one.matter_id],
        )
        for one in there
    ]
    for index, row in enumerate(rows, start=len(there)):
        link = place_of_number.get(as_compared(row["repeat_of"] or ""), NONE)
        if link == NONE and row["repeat_of"] in linked:
            link = place_of_id.get(linked[row["repeat_of"]], NONE)
            if link != NONE and there[link].stage in ENDED_STAGES and there[link].occurred_at > row["occurred_at"]:
                link = NONE
        calls.append((row["occurred_at"], row["closed_at"], row["item"], row["caller_hash"], _lonlat(row), link, index))
    lonlat = np.array([place or (np.nan, np.nan) for *_, place, _, _ in calls], dtype=np.float64)
    called, ended, item, caller, _, links, all_leads = zip(*calls, strict=True)
    found = Calls(
        called_s=np.array([int(at.timestamp()) for at in called], dtype=np.int64),
        ended_s=np.array([FOREVER if at is None else int(at.timestamp()) for at in ended], dtype=np.int64),
        item=np.array([items.setdefault(one, len(items)) for one in item], dtype=np.int64),
        caller=np.array(
            [NONE if one is None else callers.setdefault(one, len(callers)) for one in caller], dtype=np.int64
        ),
        xy_m=_flat(lonlat),
        link=np.array(links, dtype=np.int64),
        is_known=np.arange(len(calls)) < len(there),
        lead=np.array(all_leads, dtype=np.int64),
    )
    close = Closeness(
        rule.similar_within_m, int(rule.similar_within.total_seconds()), int(rule.caller_within.total_seconds())
    )
    return matters_of(found, close)


def _ended(one: order_rows.Known, closings: Mapping[int, datetime]) -> datetime | None:
    """When a case that was there before took in nobody any more; what has ended here never does."""
    return one.occurred_at if one.stage in ENDED_STAGES else closings.get(one.id)


def _lonlat(row: Row) -> tuple[float, float] | None:
    return None if row["geom"] is None else (row["geom"].x, row["geom"].y)


def _flat(lonlat: FloatArray) -> FloatArray:
    """Metres; nan stays."""
    xy_m = np.full_like(lonlat, np.nan)
    known = np.isfinite(lonlat).all(axis=1)
    xy_m[known] = Frame.of(lonlat[known]).to_xy_m(lonlat[known])
    return xy_m


def _store(
    conn: Connection, merged: Merged, batch: tuple[str, int, datetime], catalogue: CaseCatalogue, desk: Desk
) -> int:
    """Cases, and steps of new ones and of those that there is news of; how many are open and still to be located."""
    rows, since = merged.rows, {case_id: known.standing.since for case_id, known in merged.news.known.items()}
    ways = {case_id: Way(stage, since.get(case_id), version) for case_id, (stage, version) in merged.held.items()}
    told = [step for steps in merged.news.told.values() for step in steps]
    if not rows:
        _store_steps(conn, merged, walked(told, ways), ways, batch, desk)
        return 0
    ground = ground_at(conn, batch[2])
    spots = ground.spots(np.array([_lonlat(row) or (np.nan, np.nan) for row in rows], dtype=np.float64))
    decided = [_decided(row, spot, ground, catalogue) for row, spot in zip(rows, spots, strict=True)]
    units = [unit for _, unit in decided]
    told += [
        one
        for row, unit, case_id, matter_id, matter_at in zip(
            rows, units, merged.ids, merged.matter_ids, merged.matter_at, strict=True
        )
        for one in happenings(row, unit, case_id, matter_id, matter_at)
    ]
    ways |= {case_id: Way() for case_id in merged.ids}
    steps = walked(told, ways)
    dues = Dues(
        [(row, ways[i], catalogue.item(row["item"])) for row, i in zip(rows, merged.ids, strict=True)], desk.week
    )
    standing = [_standing(ways[case_id], dues, index, batch[2]) for index, case_id in enumerate(merged.ids)]
    columns = {
        **_as_told(merged, catalogue, batch),
        **_by_column([ground.columns(spot) for spot in spots]),
        **_by_column(standing),
        "border_area_ids": [ground.areas_across(spot) for spot in spots],
        "level": [level for level, _ in decided],
        "unit": units,
    }
    order_rows.insert_cases(conn, columns)
    _store_steps(conn, merged, steps, ways, batch, desk)
    return sum(geom is None and state == "open" for geom, state in zip(columns["geom"], columns["state"], strict=True))


def _by_column(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows that all have the same columns, by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _store_steps(
    conn: Connection,
    merged: Merged,
    steps: Sequence[tuple[Any, ...]],
    ways: Mapping[int, Way],
    batch: tuple[str, int, datetime],
    desk: Desk,
) -> None:
    """Steps, and what they make of the cases that were there before."""
    if not steps:
        return
    _, import_id, at = batch
    changed = [case_id for case_id, told in merged.news.told.items() if any(step.move != "note" for step in told)]
    imports.keep_before(conn, incident, changed, import_id)
    order_rows.set_written(conn, merged.news.columns, at)
    moved = list(standing_after(conn, merged.news, ways, desk, at))
    order_rows.set_standings(conn, moved, at)
    done = {case_id for case_id, *_ in moved}
    grown = {
        case_id: ways[case_id].version
        for case_id, (_, version) in merged.held.items()
        if case_id not in done and ways[case_id].version != version
    }
    order_rows.set_versions(conn, grown, at)
    order_rows.insert_steps(conn, steps, at)


def _as_told(merged: Merged, catalogue: CaseCatalogue, batch: tuple[str, int, datetime]) -> Mapping[str, Sequence[Any]]:
    """What the file itself says of new cases, by column."""
    rows, n, (source, import_id, at) = merged.rows, len(merged.rows), batch
    items = [catalogue.item(row["item"]) for row in rows]
    matters = zip(merged.ids, merged.matter_ids, strict=True)
    return {
        **{name: [row[name] for row in rows] for name in TOLD},
        "id": merged.ids,
        "source": [source] * n,
        "import_id": [import_id] * n,
        "reported_at": [row["occurred_at"] for row in rows],
        "updated_at": [at] * n,
        "category": [item.category for item in items],
        "catalogue_version": [catalogue.version] * n,
        "need": [item.need for item in items],
        "merged_into_id": [None if matter == case_id else matter for case_id, matter in matters],
    }


def _decided(row: Row, spot: Spot, ground: Ground, catalogue: CaseCatalogue) -> tuple[Level, str | None]:
    """The level that sees to an order, and the unit: whom the file names, else whoever answers for the ground."""
    level = catalogue.item(row["item"]).level
    if row["geom"] is None:
        return level, row["unit"]
    level, unit = ground.decides(spot, level)
    return level, row["unit"] or unit


def _standing(way: Way, dues: Dues, index: int, at: datetime) -> Row:
    stage, total = dues.stage[index], dues.total[index]
    is_ahead = stage is not None and stage.at > at  # of a deadline that has passed nobody is warned
    return {
        "stage": way.stage,
        "state": "closed" if way.stage in ENDED_STAGES else "open",
        "stage_since": way.since,
        "version": way.version,
        "stage_due_at": None if stage is None else stage.at,
        "due_at": None if total is None else total.at,
        "warn_at": dues.warn_at[index] if is_ahead else None,
        "is_due_sure": all(due.is_calendar_sure for due in (stage, total) if due is not None),
    }
