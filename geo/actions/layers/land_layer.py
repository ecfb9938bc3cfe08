"""Land one department's layer: clean, tell every change, store both what was drawn and what it became."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.actions.imports.land_rows import Order, begin, refuse_faults
from geo.compute.layers.audit import moved_homes
from geo.compute.layers.edges import edges_of
from geo.compute.project import Frame
from geo.errors import Conflict, Refused
from geo.files.table import FileTable
from geo.imports.layer_report import CleanLayer, cleaned_layer
from geo.imports.layers import read_layer
from geo.imports.places import Town, as_multipolygon, frame_about
from geo.imports.report import ImportReport
from geo.layers import Layer, LayerWish, Zone
from geo.rules.import_limits import import_limits
from geo.rules.layers import CleanRule, layer_rules
from geo.store import imports, layers
from geo.store.areas import town_shape
from geo.store.database import Database
from geo.text import CONTROL
from geo.text_masks import masked


def land_layer(
    db: Database, order: Order, table: FileTable, wish: LayerWish, tell: Callable[[float], None]
) -> ImportReport:
    """Clean a table of zones and store it as one layer, in one transaction.

    The same zones again under the same name change nothing; others are the layer's next version. ``tell`` hears the
    share done, and may call it off.

    Raises
    ------
    BadFile
        If there are no polygons, or too many corners.
    BadRows
        If rows have faults, or nothing would be left of a zone, and ``keep_going`` is off; nothing has changed then.
    Refused
        If a name is none, or the zones cannot be made to fit together.
    Conflict
        If the layer of that name is not the one that was seen.
    """
    rule = _rule_of(wish)
    tell(0.2)
    with db.write() as conn:
        layers.hold_name(conn, wish.name)
        town = town_shape(conn)
        reading = read_layer(table, Town(town), rule)
        refuse_faults(order, table, reading)
        frame = _frame(town, [row["drawn"] for row in reading.rows])
        found = cleaned_layer(reading, frame, rule, lambda share: tell(0.3 + 0.5 * share))
        tell(0.8)
        return _land(conn, order, table, wish, found)


def _rule_of(wish: LayerWish) -> CleanRule:
    longest = import_limits().longest_name
    for field in ("name", "department", "kind"):
        text = getattr(wish, field)
        if not text.strip() or len(text) > longest or CONTROL.search(text) or masked(text).text != text:
            raise Refused("layer_word_bad", field=field, limit=longest)
    rule = layer_rules().clean
    width_m = rule.gap_width_m if wish.gap_width_m is None else wish.gap_width_m
    if not 0 <= width_m <= rule.widest_gap_m:
        raise Refused("layer_gap_width_bad", width=f"{width_m:g}", limit=f"{rule.widest_gap_m:g}")
    return replace(rule, gap_width_m=width_m)


def _frame(town: shapely.Geometry | None, drawn: Sequence[shapely.Geometry]) -> Frame:
    return frame_about(shapely.GeometryCollection(drawn) if town is None else town)


def _land(conn: Connection, order: Order, table: FileTable, wish: LayerWish, found: CleanLayer) -> ImportReport:
    reading = found.reading
    rejected_file = refuse_faults(order, table, reading)
    if not reading.rows:
        raise Refused("layer_all_refused", path=order.path.name)
    digest = _digest(wish, found)
    live = layers.find_live(conn, wish.name)
    _refuse_unseen(wish, live, digest)
    import_id = begin(conn, order)
    added = changed = gone = 0
    if live is None or live.content_hash != digest:
        added, changed, gone = _compared(layers.zones_of(conn, live.id) if live else [], reading.rows)
        if not added + changed + gone:
            changed = len(reading.rows)  # the same zones of another department, of another kind, or cleaned otherwise
        layers.save_layer(conn, _values(wish, found, import_id, digest), list(found.zone_rows()))
    report = ImportReport(
        import_id=import_id,
        kind=order.kind,
        source=order.source,
        filename=order.path.name,
        read=reading.read,
        added=added,
        changed=changed,
        unchanged=len(reading.rows) - added - changed,
        rejected=reading.rejected,
        missing=gone,
        retired=gone,
        faults=reading.faults,
        notes=(*reading.notes, *found.notes(_rule_of(wish))),
        totals=_totals(conn, found),
        rejected_file=rejected_file,
    )
    return imports.close_batch(conn, import_id, report)


def _refuse_unseen(wish: LayerWish, live: Layer | None, digest: str) -> None:
    version = 0 if live is None else live.version
    is_same = live is not None and live.content_hash == digest
    if wish.seen_version not in (None, version) and not is_same:
        raise Conflict("layer_version_other", name=wish.name, version=version, seen=wish.seen_version)


def _compared(before: Sequence[Zone], rows: Sequence[dict[str, Any]]) -> tuple[int, int, int]:
    """How many zones are new, have another ground or name, and are no longer there."""
    old = _by_code((zone.code, (zone.name, zone.unit, shapely.to_wkb(zone.drawn))) for zone in before)
    new = _by_code(
        (row["code"], (row["name"], row["unit"], shapely.to_wkb(as_multipolygon(row["drawn"])))) for row in rows
    )
    changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
    return len(new.keys() - old.keys()), changed, len(old.keys() - new.keys())


def _by_code(zones: Iterable[tuple[str, Any]]) -> dict[tuple[str, int], Any]:
    """By code, and which of those with that code it is: a zone that was drawn twice is two."""
    seen: Counter[str] = Counter()
    found = {}
    for code, what in zones:
        found[code, seen[code]] = what
        seen[code] += 1
    return found


def _digest(wish: LayerWish, found: CleanLayer) -> str:
    """What two imports have in common if the second changes nothing."""
    digest = hashlib.sha256(repr((wish.department, wish.kind, _rule_of(wish).gap_width_m)).encode())
    for row, shape in zip(found.reading.rows, found.cleaned.shapes, strict=True):
        digest.update(repr((row["code"], row["name"], row["unit"])).encode())
        digest.update(shapely.to_wkb(row["drawn"]) + shapely.to_wkb(shape))
    return digest.hexdigest()


def _values(wish: LayerWish, found: CleanLayer, import_id: int, digest: str) -> dict[str, Any]:
    return {
        "name": wish.name,
        "department": wish.department,
        "kind": wish.kind,
        "import_id": import_id,
        "content_hash": digest,
        "gap_width_m": _rule_of(wish).gap_width_m,
        "changes": found.changes(),
        "gaps": found.gaps(),
    }


def _totals(conn: Connection, found: CleanLayer) -> dict[str, float]:
    """Its ground, and the homes that cleaning put elsewhere."""
    homes = layers.layer_homes(conn)
    moved = moved_homes(found.frame.to_xy_m(homes.lonlat), edges_of(found.drawn_xy_m()), edges_of(found.cleaned.shapes))
    return {
        "layer_ground_km2": round(float(np.sum(shapely.area(found.cleaned.shapes))) / 1e6, 6),
        "layer_homes_moved": len(moved.home),
        "layer_residents_moved": float(homes.residents[moved.home].sum()),
    }
