"""Rows of areas: 12-digit codes, parents above them, shapes inside their parents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.areas import CODE_DIGITS, Area, codes_above, depth, level_of_code
from geo.compute.project import Frame
from geo.files.table import FileTable
from geo.imports.places import as_geojson, frame_about, in_degrees, in_metres, is_on_earth, polygons_of, swapped
from geo.imports.rows import Reading, Rows
from geo.imports.values import code_of, text_of, word_of
from geo.rules.import_limits import import_limits

Row = dict[str, Any]


def read_areas(table: FileTable, live: Mapping[str, Area], source: str) -> Reading:
    """Areas as rows of the store, except that ``parent_code`` stands for the parent's id.

    ``live`` has the areas that count now, by code; those of other sources may not be given again.

    Raises
    ------
    BadFile
        If there is no code or name column, or no polygons.
    """
    rows = Rows(table, "areas", required=("code", "name"))
    shapes = polygons_of(rows)
    found = [_row(rows, index, shape) for index, shape in enumerate(shapes)]
    rows.note_codes("code")
    rows.refuse_twins("code", [row["code"] for row in found])
    for index, row in enumerate(found):
        taken = live.get(row["code"])
        if taken is not None and taken.source != source:
            rows.fault(index, "code", "code_of_other_source", value=row["code"], source=taken.source)
    _find_parents(rows, found, live)
    return rows.reading(found)


def _row(rows: Rows, index: int, shape: BaseGeometry | None) -> Row:
    limit = import_limits().longest_name
    code = rows.need(index, "code", partial(code_of, digits=CODE_DIGITS))
    level = rows.need(index, "level", partial(word_of, field="level")) if rows.has("level") else None
    if code and not rows.has("level"):
        level = level_of_code(code)
    return {
        "row": rows.number(index),
        "source_key": code,
        "level": level,
        "code": code,
        "name": rows.need(index, "name", partial(text_of, limit=limit)),
        "name_en": rows.read(index, "name_en", partial(text_of, limit=limit)),
        "geom": shape,
        "parent_code": rows.read(index, "parent_code", partial(code_of, digits=CODE_DIGITS)),
    }


def _find_parents(rows: Rows, found: list[Row], live: Mapping[str, Area]) -> None:
    """Set every ``parent_code``, from the file or from the code itself, and hold the row against that parent."""
    in_file = {row["code"]: row for row in found if row["code"]}
    for index in sorted(range(len(found)), key=lambda i: depth(found[i]["level"] or "community")):
        row = found[index]
        if not row["code"] or not row["level"]:
            continue
        said = row["parent_code"]
        if said is None:
            row["parent_code"] = next(
                (code for code in codes_above(row["code"]) if code in in_file or code in live), None
            )
        parent = in_file.get(row["parent_code"]) or _as_row(live.get(row["parent_code"]))
        if parent is not None:
            _hold_against(rows, index, row, parent)
        elif said is not None:
            rows.fault(index, "parent_code", "parent_unknown", value=said)


def _as_row(area: Area | None) -> Row | None:
    return {"code": area.code, "level": area.level, "geom": area.shape} if area else None


def _hold_against(rows: Rows, index: int, row: Row, parent: Row) -> None:
    if parent["level"] is None or parent["geom"] is None or _is_rejected(rows, parent):
        rows.fault(index, "parent_code", "parent_rejected", value=parent["code"])
        return
    if depth(parent["level"]) >= depth(row["level"]):
        rows.fault(index, "level", "level_order", level=row["level"], parent=parent["level"], code=parent["code"])
        return
    if row["geom"] is None:
        return
    outside = outside_of(row["geom"], parent["geom"])
    if outside is None:
        return
    if outside_of(swapped(row["geom"]), parent["geom"]) is None:
        west, south, _, _ = row["geom"].bounds
        rows.fault(index, "geometry", "shape_swapped", lon=f"{west:.4f}", lat=f"{south:.4f}")
        return
    rows.fault(index, "geometry", "outside_parent", code=parent["code"], shape=as_geojson(outside))


def _is_rejected(rows: Rows, parent: Row) -> bool:
    position = parent.get("row")
    return position is not None and any(fault.row == position for fault in rows.faults)


def outside_of(shape: BaseGeometry, parent: BaseGeometry) -> BaseGeometry | None:
    """What of a shape lies farther outside its parent than the width that counts as a sliver; None if nothing."""
    west, south, east, north = shape.bounds
    if not (is_on_earth(west, south) and is_on_earth(east, north)):
        return shape
    frame, ground = _ground(parent)
    moved = in_metres(shape, frame)
    if ground.contains(moved):
        return None
    outside = moved.difference(ground)
    return in_degrees(outside, frame) if outside.area > 0 else None


@lru_cache(maxsize=512)
def _ground(parent: BaseGeometry) -> tuple[Frame, BaseGeometry]:
    """A parent's ground in its own frame, with the width of a sliver around it; many children ask for one parent."""
    frame = frame_about(parent)
    ground = in_metres(parent, frame).buffer(import_limits().sliver_width_m)
    shapely.prepare(ground)
    return frame, ground
