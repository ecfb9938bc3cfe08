"""Rows of grids, community by community: codes, posts, and shapes that fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo.areas import CODE_DIGITS as AREA_DIGITS
from geo.areas import Area
from geo.files.table import FileTable
from geo.grids import KINDS, POSTS, Grid, Post, is_duty_phone
from geo.imports.areas import outside_of
from geo.imports.places import as_geojson, polygons_of, swapped
from geo.imports.report import Fault
from geo.imports.rows import Reading, Rows
from geo.imports.slivers import GAP, OUTSIDE, OVERLAP, UNCOVERED, Defect, fit
from geo.imports.values import CellError, code_of, text_of, word_of, yes_no_of
from geo.rules.code_schemes import code_digits, scheme_of
from geo.rules.import_limits import import_limits
from geo.rules.plan_edits import plan_edit_rule
from geo.text_masks import masked

Row = dict[str, Any]


@dataclass(frozen=True)
class PlannedGrid:
    """A grid as a plan is to have it; who it is, is found by its code."""

    code: str
    name: str
    kind: str
    shape: BaseGeometry
    posts: dict[str, Post]


@dataclass(frozen=True)
class GridReading:
    """The rows, and the plans that they make."""

    reading: Reading
    plans: dict[int, list[PlannedGrid]]
    """Community id -> all grids of its plan, those kept from the plan before included."""
    codes: frozenset[str]
    """All codes of the file, those of rejected rows too."""


def read_grids(
    table: FileTable, communities: Mapping[str, Area], before: Mapping[int, Sequence[Grid]], *, keep_missing: bool
) -> GridReading:
    """Grids as plans of their communities.

    Parameters
    ----------
    table
        Rows with polygons.
    communities
        The live communities by code.
    before
        Community id -> the grids of the plan that the new one follows.
    keep_missing
        Whether a grid of the plan before that the file does not have stays. It stays anyway when a row is rejected,
        since that row may be the missing grid.

    Raises
    ------
    BadFile
        If there is no code column, or no polygons.
    """
    rows = Rows(table, "grids", required=("code",))
    found = [_row(rows, index, shape, communities) for index, shape in enumerate(polygons_of(rows))]
    rows.note_codes("code")
    rows.refuse_twins("code", [row["code"] for row in found])
    for row in found:
        if row["geom"] is not None and row["community"] is not None:
            _hold_inside(rows, row)
    plans: dict[int, list[PlannedGrid]] = {}
    bad = {fault.row for fault in rows.faults}
    in_file = frozenset(row["code"] for row in found if row["code"])
    for community in {row["community"].id: row["community"] for row in found if row["community"]}.values():
        mine = [row for row in found if row["community"] is community and row["row"] not in bad]
        codes = {row["code"] for row in mine}
        kept = [g for g in before.get(community.id, ()) if keep_missing and g.code not in codes]
        fitted = _fitted(rows, community, mine, kept, in_file)
        if fitted:
            plans[community.id] = fitted
    reading = rows.reading(found)
    if reading.rejected and not keep_missing:
        return read_grids(table, communities, before, keep_missing=True)
    return GridReading(reading, plans, in_file)


def _row(rows: Rows, index: int, shape: BaseGeometry | None, communities: Mapping[str, Area]) -> Row:
    name = partial(text_of, limit=import_limits().longest_name)
    code, called = rows.need(index, "code", partial(code_of, digits=code_digits())), rows.read(index, "name", name)
    said = rows.read(index, "community_code", partial(code_of, digits=AREA_DIGITS))
    wanted = said or (code and _named_by(code))
    community = communities.get(wanted or "")
    if wanted and community is None:
        rows.fault(index, "community_code", "community_unknown", value=wanted)
    return {
        "index": index,
        "row": rows.number(index),
        "code": code,
        "name": code if called is None else masked(called).text,
        "kind": _kind(rows, index),
        "community": community,
        "geom": shape,
        "posts": {post: found for post in POSTS if (found := _post(rows, index, post)) is not None},
    }


def _named_by(code: str) -> str:
    """The community that a grid's code names, by whatever scheme it is made."""
    scheme = scheme_of(code)
    return (scheme and scheme.community_of(code)) or code[:AREA_DIGITS]


def _kind(rows: Rows, index: int) -> str:
    kind = rows.read(index, "kind", partial(word_of, field="kind"))
    return kind or KINDS[0]


def _post(rows: Rows, index: int, post: str) -> Post | None:
    is_filled = rows.read(index, f"{post}_filled", yes_no_of)
    phone = rows.read(index, f"{post}_phone", _duty_phone)
    return None if is_filled is None else Post(is_filled, phone)


def _duty_phone(value: Any) -> str | None:
    """Without the value in the refusal: it may name somebody."""
    text = text_of(value, import_limits().longest_name)
    if text is not None and not is_duty_phone(text):
        raise CellError("duty_phone_bad", limit=plan_edit_rule().longest_phone)
    return text


def _hold_inside(rows: Rows, row: Row) -> None:
    """A fault if the grid reaches outside its community farther than a sliver's width."""
    community = row["community"]
    outside = outside_of(row["geom"], community.shape)
    if outside is None:
        return
    if outside_of(swapped(row["geom"]), community.shape) is None:
        west, south, _, _ = row["geom"].bounds
        rows.fault(row["index"], "geometry", "shape_swapped", lon=f"{west:.4f}", lat=f"{south:.4f}")
        return
    rows.fault(row["index"], "geometry", "outside_parent", code=community.code, shape=as_geojson(outside))


def _fitted(
    rows: Rows, community: Area, mine: list[Row], kept: list[Grid], in_file: frozenset[str]
) -> list[PlannedGrid]:
    """The grids of one plan, fitted together; those that overlap widely get a fault and are left out."""
    planned = [PlannedGrid(r["code"], r["name"], r["kind"], r["geom"], r["posts"]) for r in mine]
    planned += [PlannedGrid(g.code, g.name, g.kind, g.shape, g.posts) for g in kept]
    if not planned:
        return []
    fitting = fit([grid.shape for grid in planned], community.shape)
    refused = _refuse_wide_overlaps(rows, mine, kept, fitting.defects, in_file)
    good = [index for index in range(len(planned)) if index not in refused]
    if refused:
        fitting = fit([planned[index].shape for index in good], community.shape)
    for defect in fitting.defects:
        _tell(rows, community, [planned[index].code for index in good], defect)
    if fitting.shapes is None:
        for row in mine:
            rows.fault(row["index"], "geometry", "repair_failed", code=community.code)
        return []
    return [
        PlannedGrid(planned[i].code, planned[i].name, planned[i].kind, shape, planned[i].posts)
        for i, shape in zip(good, fitting.shapes, strict=True)
    ]


def _refuse_wide_overlaps(
    rows: Rows, mine: list[Row], kept: list[Grid], defects: Sequence[Defect], in_file: frozenset[str]
) -> set[int]:
    """Faults on the later grid of each pair that overlaps widely, or on the file's own where the other is kept."""
    codes = [row["code"] for row in mine] + [grid.code for grid in kept]
    refused: set[int] = set()
    for defect in defects:
        if defect.kind != OVERLAP or not defect.is_wide:
            continue
        first, later = defect.grids
        culprit, other = (later, first) if later < len(mine) else (first, later)
        if other in refused or culprit >= len(mine):
            continue
        stays = "overlap_with_rejected" if codes[other] in in_file else "overlap_with_kept"
        key = "overlap_wide" if other < len(mine) else stays
        area = round(defect.area_m2, 1)
        rows.fault(
            mine[culprit]["index"], "geometry", key, other=codes[other], area=area, shape=as_geojson(defect.shape)
        )
        refused.add(culprit)
    return refused


def _tell(rows: Rows, community: Area, codes: list[str], defect: Defect) -> None:
    """A note of what was repaired, a fault of a gap that is too wide."""
    evidence = {
        "grids": ", ".join(codes[index] for index in defect.grids),
        "code": community.code,
        "area": round(defect.area_m2, 1),
        "shape": as_geojson(defect.shape),
    }
    if defect.kind == GAP and defect.is_wide:
        rows.faults.append(Fault(0, "geometry", "gap_wide", evidence))
    elif defect.kind == UNCOVERED:
        rows.notes.append(Fault(0, "geometry", "ground_uncovered", evidence))
    elif not defect.is_wide:
        key = {OVERLAP: "overlap_repaired", GAP: "gap_repaired", OUTSIDE: "outside_repaired"}[defect.kind]
        rows.notes.append(Fault(0, "geometry", key, evidence))
