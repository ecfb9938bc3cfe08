"""Rows of orders of a hotline (12345): what was told, where, who dealt with it and when.

Numbers of persons are taken out of all texts, and of a caller nothing but the keyed hash leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.asset_codes import asset_code
from geo.compute.datums import DATUMS, to_wgs84
from geo.errors import BadFile, Refused
from geo.files.table import FileTable
from geo.imports.places import POINT_DIGITS, Town, is_on_earth
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows, headers_shown
from geo.imports.values import CellError, number_of, own_number_of, shown, text_of, time_of, word_of
from geo.own_numbers import as_compared, kept_number
from geo.rules.case_catalogue import CaseCatalogue, CaseItem
from geo.rules.import_limits import import_limits
from geo.rules.incidents import incident_rule
from geo.text_masks import KINDS, Masked, masked
from geo.units import FloatArray

Row = dict[str, Any]

ITEM_FIELDS = ("item", "category", "category_3", "category_2", "category_1", "request_type")
"""Where an order says what it is about, the narrowest first."""

ORDER_FIELDS = (
    *("source_key", "occurred_at", "channel", *ITEM_FIELDS, "title", "text", "address", "lon", "lat", "datum"),
    *("unit", "dispatched_at", "limit", "feedback", "closed_at", "repeat_of", "asset", "caller"),
)
"""What a file of orders can hold; headers.toml knows the usual headers."""

NO_TEXT = masked("")

LONGEST_EXACT = 1e15
"""Spreadsheets keep 15 digits of a number."""

_PARTS = re.compile(r"[/\\>＞→|,，、;；]+|--+")


@dataclass(frozen=True)
class OrderSense:
    """How orders are understood."""

    catalogue: CaseCatalogue
    at: datetime
    """When the file is taken in."""
    timezone: str
    caller_hash: Callable[[str], bytes]
    secret: Callable[[], bytes]
    """What numbers of persons are hashed with where an order's number is made of one."""
    districts: Callable[[int], Collection[str]] = lambda _digits: ()
    """Districts that are known here, by so many digits of their codes."""
    datum: str = "WGS-84"
    """Of rows that do not say it themselves."""
    else_item: str | None = None
    """Item of orders whose category the catalogue does not know; None: they are refused."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Field -> header, where this source has another than the usual ones."""


def read_orders(table: FileTable, town: Town, sense: OrderSense) -> Reading:
    """Orders as rows; ``masked`` among the columns is how many numbers of each kind were taken out, ``masked_feedback``
    how many of them from what was done, ``typed_key`` the order's number before anything was.

    Raises
    ------
    BadFile
        If a column is missing, or one that this source is said to have.
    """
    lost = sorted(set(sense.headers.values()) - set(table.columns))
    if lost:
        raise BadFile("order_header_missing", path=table.filename, missing=", ".join(lost), found=headers_shown(table))
    rows = Rows(table, "orders", required=("source_key", "occurred_at"), named=sense.headers)
    if sense.else_item is None and not any(map(rows.has, ITEM_FIELDS)):
        raise BadFile("columns_missing", path=table.filename, missing="category", found=headers_shown(table))
    points = _points(rows, town, sense)
    found = [_order(rows, index, sense) | {"geom": points[index]} for index in range(len(rows))]
    rows.refuse_twins("source_key", [row["source_key"] for row in found], as_compared)
    _note_left_out(rows, found, "caller", "caller_hash", "order_callers_unknown")
    _note_left_out(rows, found, "asset", "asset", "order_assets_unknown")
    return rows.reading(found)


def _order(rows: Rows, index: int, sense: OrderSense) -> Row:
    rule, limits = incident_rule(), import_limits()
    called_at = _moment(rows, index, "occurred_at", sense)
    if called_at is None and rows.value(index, "occurred_at") is None:
        rows.fault(index, "occurred_at", "value_missing")
    dispatched_at = _later(rows, index, "dispatched_at", called_at, sense)
    texts = [rows.read(index, name, partial(text_of, limit=limits.longest_text)) for name in ("title", "text")]
    told = masked("\n".join(dict.fromkeys(text for text in texts if text)))
    address = _masked(rows, index, "address", rule.longest_address)
    feedback = _masked(rows, index, "feedback", limits.longest_text)
    unit = _masked(rows, index, "unit", rule.longest_unit)
    limit = _masked(rows, index, "limit", limits.longest_name)
    number = partial(own_number_of, limit=limits.longest_name)
    typed_key, repeat_of = rows.need(index, "source_key", number), rows.read(index, "repeat_of", number)
    return {
        "source_key": None if typed_key is None else kept_number(typed_key, sense.secret),
        "typed_key": typed_key,
        "occurred_at": called_at,
        "item": _item(rows, index, sense),
        "asset": _asset(rows, index, sense),
        "channel": _channel(rows, index),
        "text": told.text or None,
        "address": address.text or None,
        "feedback": feedback.text or None,
        "unit": unit.text or None,
        "dispatched_at": dispatched_at,
        "is_open": rows.has("closed_at") and rows.value(index, "closed_at") is None,
        "closed_at": _later(rows, index, "closed_at", dispatched_at or called_at, sense),
        "limit": limit.text or None,
        "repeat_of": None if repeat_of is None else kept_number(repeat_of, sense.secret),
        "caller_hash": _caller(rows, index, sense),
        "masked": _counts(told, address, feedback, unit, limit),
        "masked_feedback": _counts(feedback),
    }


def _counts(*texts: Masked) -> dict[str, int]:
    """How many numbers of each kind were taken out of texts; nothing where there were none."""
    found = [counts for _, *counts in texts if any(counts)]
    return dict(zip(KINDS, map(sum, zip(*found, strict=True)), strict=True)) if found else {}


def _masked(rows: Rows, index: int, name: str, longest: int) -> Masked:
    text = rows.read(index, name, partial(text_of, limit=longest))
    return NO_TEXT if text is None else masked(text)


def _moment(rows: Rows, index: int, name: str, sense: OrderSense) -> datetime | None:
    """A moment of the past, to the second; others get a fault."""
    moment = rows.read(index, name, partial(time_of, zone=ZoneInfo(sense.timezone)))
    if moment is None:
        return None
    limits = import_limits()
    if moment > sense.at + timedelta(minutes=limits.future_slack_minutes):
        rows.fault(index, name, "time_in_future", value=moment.isoformat(timespec="minutes"))
        return None
    if moment.year < limits.oldest_incident_year:
        year = limits.oldest_incident_year
        rows.fault(index, name, "time_too_old", value=moment.isoformat(timespec="minutes"), year=year)
        return None
    return moment.replace(microsecond=0)


def _later(rows: Rows, index: int, name: str, before: datetime | None, sense: OrderSense) -> datetime | None:
    """A moment that comes after another."""
    moment = _moment(rows, index, name, sense)
    if moment is not None and before is not None and moment < before:
        told = {"value": f"{moment:%Y-%m-%d %H:%M}", "before": f"{before:%Y-%m-%d %H:%M}"}
        rows.fault(index, name, "order_time_backwards", **told)
        return None
    return moment


def _item(rows: Rows, index: int, sense: OrderSense) -> str | None:
    """Code of the item that an order is about; the narrowest word that the catalogue knows decides."""
    said = [str(value) for name in ITEM_FIELDS if (value := rows.value(index, name)) is not None]
    for words in said:
        item = _named(words, sense.catalogue)
        if item is not None:
            return item.code
    if sense.else_item is None:
        key = "value_missing" if not said else "order_item_unknown"
        rows.fault(index, "category", key, value=shown(" / ".join(said)), version=sense.catalogue.version)
    return sense.else_item


def _named(words: str, catalogue: CaseCatalogue) -> CaseItem | None:
    """The item that words name as a whole, or the last of their parts that names one: paths end with the narrowest."""
    parts = [part for part in reversed(_PARTS.split(words)) if part.strip()]
    return next((item for word in (words, *parts) if (item := catalogue.named(word)) is not None), None)


def _channel(rows: Rows, index: int) -> str:
    value = rows.value(index, "channel")
    if value is None:
        return "hotline"
    try:
        return word_of(value, "channel")
    except CellError:
        return "other"


def _caller(rows: Rows, index: int, sense: OrderSense) -> bytes | None:
    """The keyed hash of the caller's number; None where there is none that could be dialled."""
    value = rows.value(index, "caller")
    if value is None:
        return None
    number = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    try:
        return sense.caller_hash(number)
    except Refused:
        return None


def _asset(rows: Rows, index: int, sense: OrderSense) -> str | None:
    """Code of the thing that an order is about; None where there is none that can be kept: the order counts all the
    same. A code that came as a number may have lost its end in a spreadsheet, and is another thing's then.
    """
    value = rows.value(index, "asset")
    if value is None or (isinstance(value, float) and abs(value) >= LONGEST_EXACT):
        return None
    try:
        return asset_code(
            str(int(value) if isinstance(value, float) and value.is_integer() else value), sense.districts
        )
    except Refused:
        return None


def _note_left_out(rows: Rows, found: list[Row], name: str, column: str, key: str) -> None:
    """How many cells of a field said something that is not taken."""
    without = sum(rows.value(index, name) is not None and row[column] is None for index, row in enumerate(found))
    if without:
        rows.notes.append(Fault(0, rows.header(name), key, {"count": without}))


def _points(rows: Rows, town: Town, sense: OrderSense) -> list[shapely.Point | None]:
    """One point a row in EPSG:4326; None where it says none, or a wrong one, which gets a fault."""
    lonlat = np.array([_lonlat(rows, index) for index in range(len(rows))], dtype=np.float64).reshape(-1, 2)
    said = np.isfinite(lonlat).all(axis=1) & (lonlat != 0).any(axis=1)  # 0, 0 stands for nothing
    datums = np.array([_datum(rows, index, sense) for index in range(len(rows))], dtype=object)
    for datum in DATUMS:
        chosen = said & (datums == datum)
        lonlat[chosen] = to_wgs84(lonlat[chosen], datum)
    lonlat = lonlat.round(POINT_DIGITS)
    good = said.copy()
    good[said] = town.reached(lonlat[said])
    for index in np.flatnonzero(said & ~good).tolist():
        _explain(rows, index, lonlat[index], town)
    return [shapely.Point(place) if is_good else None for place, is_good in zip(lonlat, good.tolist(), strict=True)]


def _lonlat(rows: Rows, index: int) -> tuple[float, float]:
    """Degrees as the row has them; nan where there are none."""
    lon, lat = rows.read(index, "lon", number_of), rows.read(index, "lat", number_of)
    if (rows.value(index, "lon") is None) != (rows.value(index, "lat") is None):
        rows.fault(index, "lon" if rows.value(index, "lon") is None else "lat", "value_missing")
    return (np.nan if lon is None else lon, np.nan if lat is None else lat)


def _datum(rows: Rows, index: int, sense: OrderSense) -> str:
    return rows.read(index, "datum", partial(word_of, field="datum")) or sense.datum


def _explain(rows: Rows, index: int, place: FloatArray, town: Town) -> None:
    """Why a place cannot be taken."""
    lon, lat = place.tolist()
    if not is_on_earth(lon, lat) and not is_on_earth(lat, lon):
        key = "lonlat_range"
    else:
        key = "lonlat_swapped" if is_on_earth(lat, lon) and town.reaches(lat, lon) else "outside_town"
    rows.fault(index, "lon", key, lon=f"{lon:.6f}", lat=f"{lat:.6f}")
