"""Rows of orders of a hotline (12345): what was told, where, who dealt with it and when.

Numbers of persons are taken out of all texts, and of a caller nothing but the keyed hash leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
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
    columns = {**_columns(rows, sense), "geom": points}
    found = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    rows.refuse_twins("source_key", columns["source_key"], as_compared)
    _note_left_out(rows, columns["caller_hash"], "caller", "order_callers_unknown")
    _note_left_out(rows, columns["asset"], "asset", "order_assets_unknown")
    return rows.reading(found)


def _columns(rows: Rows, sense: OrderSense) -> dict[str, Sequence[Any]]:
    """All that orders say but their places, by column: a column is read at once, as most hold a few things again."""
    rule, limits = incident_rule(), import_limits()
    number, kept = partial(own_number_of, limit=limits.longest_name), partial(kept_number, secret=sense.secret)
    called = _moments(rows, "occurred_at", sense)
    rows.fault_empty("occurred_at")
    sent = _later(rows, "dispatched_at", called, sense)
    texts = [_texts(rows, name, limits.longest_text) for name in ("title", "text")]
    told = [masked("\n".join(dict.fromkeys(filter(None, both)))) for both in zip(*texts, strict=True)]
    address = _masked(rows, "address", rule.longest_address)
    feedback = _masked(rows, "feedback", limits.longest_text)
    unit = _masked(rows, "unit", rule.longest_unit)
    limit = _masked(rows, "limit", limits.longest_name)
    rows.fault_empty("source_key")
    typed, repeat_of = rows.column("source_key", number), rows.column("repeat_of", number)
    before = [sent_at or called_at for sent_at, called_at in zip(sent, called, strict=True)]
    return {
        "source_key": [None if one is None else kept(one) for one in typed],
        "typed_key": typed,
        "occurred_at": called,
        "item": _items(rows, sense),
        "asset": rows.column("asset", partial(_asset, sense=sense)),
        "channel": [one or "hotline" for one in rows.column("channel", _channel)],
        "text": [one.text or None for one in told],
        "address": [one.text or None for one in address],
        "feedback": [one.text or None for one in feedback],
        "unit": [one.text or None for one in unit],
        "dispatched_at": sent,
        "is_open": [rows.has("closed_at") and cell is None for cell in rows.cells("closed_at")],
        "closed_at": _later(rows, "closed_at", before, sense),
        "limit": [one.text or None for one in limit],
        "repeat_of": [None if one is None else kept(one) for one in repeat_of],
        "caller_hash": rows.column("caller", partial(_caller, sense=sense)),
        "masked": [_counts(*texts) for texts in zip(told, address, feedback, unit, limit, strict=True)],
        "masked_feedback": [_counts(one) for one in feedback],
    }


def _counts(*texts: Masked) -> dict[str, int]:
    """How many numbers of each kind were taken out of texts; nothing where there were none."""
    found = [counts for text in texts if any(counts := text[1:])]
    return dict(zip(KINDS, map(sum, zip(*found, strict=True)), strict=True)) if found else {}


def _masked(rows: Rows, name: str, longest: int) -> list[Masked]:
    texts = _texts(rows, name, longest)
    found = {text: masked(text) for text in dict.fromkeys(texts) if text is not None}
    return [NO_TEXT if text is None else found[text] for text in texts]


def _texts(rows: Rows, name: str, longest: int) -> list[str | None]:
    return rows.column(name, partial(text_of, limit=longest))


def _moments(rows: Rows, name: str, sense: OrderSense) -> list[datetime | None]:
    """Moments of the past, to the second; others get a fault."""
    limits = import_limits()
    latest = sense.at + timedelta(minutes=limits.future_slack_minutes)
    zone = ZoneInfo(sense.timezone)

    def moment_of(cell: Any) -> datetime:
        moment = time_of(cell, zone)
        if moment > latest:
            raise CellError("time_in_future", value=moment.isoformat(timespec="minutes"))
        if moment.year < limits.oldest_incident_year:
            year = limits.oldest_incident_year
            raise CellError("time_too_old", value=moment.isoformat(timespec="minutes"), year=year)
        return moment.replace(microsecond=0) if moment.microsecond else moment

    return rows.column(name, moment_of)


def _later(rows: Rows, name: str, before: Sequence[datetime | None], sense: OrderSense) -> list[datetime | None]:
    """Moments that come after others."""
    moments = _moments(rows, name, sense)
    for index, (moment, earlier) in enumerate(zip(moments, before, strict=True)):
        if moment is not None and earlier is not None and moment < earlier:
            told = {"value": f"{moment:%Y-%m-%d %H:%M}", "before": f"{earlier:%Y-%m-%d %H:%M}"}
            rows.fault(index, name, "order_time_backwards", **told)
            moments[index] = None
    return moments


def _items(rows: Rows, sense: OrderSense) -> list[str | None]:
    """Code of the item that each order is about; the narrowest word that the catalogue knows decides."""
    code_of = cache(partial(_code, catalogue=sense.catalogue))
    columns = [rows.cells(name) for name in ITEM_FIELDS if rows.has(name)]
    found: list[str | None] = []
    for index in range(len(rows)):
        said = [str(cells[index]) for cells in columns if cells[index] is not None]
        code = next((code for words in said if (code := code_of(words)) is not None), sense.else_item)
        if code is None:
            key = "value_missing" if not said else "order_item_unknown"
            rows.fault(index, "category", key, value=shown(" / ".join(said)), version=sense.catalogue.version)
        found.append(code)
    return found


def _code(words: str, catalogue: CaseCatalogue) -> str | None:
    item = _named(words, catalogue)
    return None if item is None else item.code


def _named(words: str, catalogue: CaseCatalogue) -> CaseItem | None:
    """The item that words name as a whole, or the last of their parts that names one: paths end with the narrowest."""
    parts = [part for part in reversed(_PARTS.split(words)) if part.strip()]
    return next((item for word in (words, *parts) if (item := catalogue.named(word)) is not None), None)


def _channel(value: Any) -> str:
    try:
        return word_of(value, "channel")
    except CellError:
        return "other"


def _caller(value: Any, sense: OrderSense) -> bytes | None:
    """The keyed hash of the caller's number; None where there is none that could be dialled."""
    number = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    try:
        return sense.caller_hash(number)
    except Refused:
        return None


def _asset(value: Any, sense: OrderSense) -> str | None:
    """Code of the thing that an order is about; None where there is none that can be kept: the order counts all the
    same. A code that came as a number may have lost its end in a spreadsheet, and is another thing's then.
    """
    if isinstance(value, float) and abs(value) >= LONGEST_EXACT:
        return None
    try:
        return asset_code(
            str(int(value) if isinstance(value, float) and value.is_integer() else value), sense.districts
        )
    except Refused:
        return None


def _note_left_out(rows: Rows, column: Sequence[Any], name: str, key: str) -> None:
    """How many cells of a field said something that is not taken."""
    pairs = zip(rows.cells(name), column, strict=True)
    without = sum(cell is not None and value is None for cell, value in pairs)
    if without:
        rows.notes.append(Fault(0, rows.header(name), key, {"count": without}))


def _points(rows: Rows, town: Town, sense: OrderSense) -> list[shapely.Point | None]:
    """One point a row in EPSG:4326; None where it says none, or a wrong one, which gets a fault."""
    lonlat = np.array([rows.column(name, number_of) for name in ("lon", "lat")], dtype=np.float64).T  # None is nan
    _refuse_halves(rows)
    said = np.isfinite(lonlat).all(axis=1) & (lonlat != 0).any(axis=1)  # 0, 0 stands for nothing
    named = rows.column("datum", partial(word_of, field="datum"))
    datums = np.array([one or sense.datum for one in named], dtype=object)
    for datum in DATUMS:
        chosen = said & (datums == datum)
        lonlat[chosen] = to_wgs84(lonlat[chosen], datum)
    lonlat = lonlat.round(POINT_DIGITS)
    good = said.copy()
    good[said] = town.reached(lonlat[said])
    for index in np.flatnonzero(said & ~good).tolist():
        _explain(rows, index, lonlat[index], town)
    points = np.full(len(lonlat), None, dtype=object)
    points[good] = shapely.points(lonlat[good])
    found: list[shapely.Point | None] = points.tolist()
    return found


def _refuse_halves(rows: Rows) -> None:
    """A fault for every row that has one number of its place without the other."""
    for index, (lon, lat) in enumerate(zip(rows.cells("lon"), rows.cells("lat"), strict=True)):
        if (lon is None) != (lat is None):
            rows.fault(index, "lon" if lon is None else "lat", "value_missing")


def _explain(rows: Rows, index: int, place: FloatArray, town: Town) -> None:
    """Why a place cannot be taken."""
    lon, lat = place.tolist()
    if not is_on_earth(lon, lat) and not is_on_earth(lat, lon):
        key = "lonlat_range"
    else:
        key = "lonlat_swapped" if is_on_earth(lat, lon) and town.reaches(lat, lon) else "outside_town"
    rows.fault(index, "lon", key, lon=f"{lon:.6f}", lat=f"{lat:.6f}")
