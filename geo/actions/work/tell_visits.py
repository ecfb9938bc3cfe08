"""Tell which visits are due and overdue, as counts and hours by grid, community or subdistrict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

import numpy as np
from sqlalchemy import Connection

from geo.actions.city.plan_access import Hand, check_community
from geo.compute.cases.parts import PlaceTree, place_tree
from geo.compute.plans.changes import grid_at
from geo.compute.plans.load import counted
from geo.compute.reach.coverage import polygon_of_points
from geo.compute.visits.counts import carried_over, hidden_kinds, standings, sums_by, targets_of_grids, visit_sums
from geo.compute.visits.terms import terms_around
from geo.errors import Refused
from geo.grids import Grid
from geo.provenance import Made, digest_of
from geo.publication import rule as publication_rule
from geo.rules.clocks import office_week
from geo.rules.figures import figure_rule
from geo.rules.holidays import HolidayCalendar
from geo.rules.load import load_rule
from geo.rules.visits import Counted, visit_rule
from geo.store import case_histories, plan_homes, visits
from geo.store.areas import community, live_areas
from geo.store.coverage import people_date
from geo.store.database import Database
from geo.store.grids import live_grids
from geo.store.locate import areas_within
from geo.store.plan_homes import Housed
from geo.store.work_counts import counts_in
from geo.units import NONE, BoolArray, IntArray
from geo.visits import METHOD, DoneRow, Standing, Term, VisitRow, VisitTable
from geo.work import WorkCounts

VisitsBy = Literal["grid", "community", "subdistrict"]

VISITS_BY: tuple[VisitsBy, ...] = get_args(VisitsBy)

WITHOUT = "without_grid"

SPECIAL = "special_households"


@dataclass(frozen=True)
class VisitWish:
    """Which visits are asked about."""

    at: datetime
    """By the city's clock; aware."""
    timezone: str
    """The city's."""
    by: str = "grid"
    community: str | None = None
    """Code; None: all that the asker may see."""
    area_id: int | None = None
    """Of the asker; None: everything."""
    is_exact: bool = True
    """False: no small numbers."""


@dataclass(frozen=True)
class _Counts:
    """What is due and done, by node of the tree."""

    targets: dict[Counted, IntArray]
    done: dict[tuple[str, int], IntArray]
    """Kind, and 0 for the term that ended or 1 for the one that runs."""
    carried: int
    made: Made


def tell_visits(db: Database, wish: VisitWish) -> VisitTable:
    """Visits by the plan in force at the moment; what was done is known up to its day, this one with it.

    Raises
    ------
    Refused
        If the parts asked for are not known.
    NotFound
        If there is no such community.
    NotAllowed
        If it lies outside the asker's area.
    """
    if wish.by not in VISITS_BY:
        raise Refused("figures_by_unknown", by=wish.by[:40], known=", ".join(VISITS_BY))
    days_off = office_week(wish.timezone).calendar
    terms = _terms(wish.at.date(), days_off)
    with db.read() as conn:
        ids, whole_id = _scope(conn, wish)
        grids = live_grids(conn, wish.at)
        known = case_histories.grids_as_of(conn, wish.at, [grid.id for grid in grids])
        held = [*ids, *(grid.community_id for grid in known), *([] if whole_id is None else [whole_id])]
        tree = place_tree(case_histories.areas_as_of(conn, wish.at, held), known)
        counts = _counts(conn, wish, terms, [grid for grid in grids if grid.community_id in ids], ids, tree)
    whole = 0 if whole_id is None else tree.node_of_area[whole_id]
    *rows, last = _rows(tree, terms, counts, wish, whole)
    days = [day for pair in terms.values() for term in pair for day in (term.first, term.last)]
    return VisitTable(
        at=wish.at,
        kinds=visit_rule().kinds,
        terms=terms,
        rows=rows,
        whole=last,
        is_calendar_sure=days_off is None or not days_off.unsure_years(min(days), max(days)),
        carried=counts.carried if wish.is_exact else 0,
        smallest=None if wish.is_exact else publication_rule().k,
        made=counts.made,
    )


def _terms(day: date, days_off: HolidayCalendar | None) -> dict[str, tuple[Term, Term]]:
    return {key: terms_around(kind, day, days_off) for key, kind in visit_rule().kinds.items()}


def _scope(conn: Connection, wish: VisitWish) -> tuple[list[int], int | None]:
    """Communities to count in, and the area that is the whole. Small numbers are hidden in the tree of all of them."""
    everything = [area.id for area in live_areas(conn, "community")]
    whole = wish.area_id
    if wish.community is not None:
        whole = community(conn, code=wish.community).id
        check_community(conn, whole, Hand(wish.at, wish.area_id))
    if whole is None or not wish.is_exact:
        return everything, whole
    return sorted(areas_within(conn, whole) & set(everything)), whole


def _counts(
    conn: Connection,
    wish: VisitWish,
    terms: dict[str, tuple[Term, Term]],
    grids: Sequence[Grid],
    ids: Sequence[int],
    tree: PlaceTree,
) -> _Counts:
    housed = plan_homes.homes_in(conn, ids)
    grid_of_home = grid_at(housed.homes.lonlat, grids)
    node_of = np.array([*(tree.node_of_grid[grid.id] for grid in grids), tree.level.index(WITHOUT)], np.int64)
    first = min(term.first for pair in terms.values() for term in pair)
    rows = visits.done_between(conn, first, wish.at.date(), ids)
    done, carried = _done(conn, rows, grids, housed, grid_of_home, terms, tree)
    work = counts_in(conn, ids)
    targets = _targets(work, grids, housed, grid_of_home, node_of, len(tree.parent))
    dates = {"homes": people_date(conn)} | ({SPECIAL: work.dates[SPECIAL]} if SPECIAL in work.dates else {})
    drawn = [(grid.id, grid.shape.wkb_hex) for grid in grids]
    asked = (wish.at.date(), wish.by, wish.community, wish.area_id, wish.is_exact)
    rules = (visit_rule(), figure_rule().rounding, load_rule().special_share, terms)
    hashed = digest_of(METHOD, asked, rules, drawn, tuple(housed.homes), tuple(work[:-1]), rows, tree.parent, tree.code)
    return _Counts(targets, done, carried, Made(METHOD, dates, hashed))


def _targets(
    work: WorkCounts,
    grids: Sequence[Grid],
    housed: Housed,
    grid_of_home: IntArray,
    node_of: IntArray,
    n_nodes: int,
) -> dict[Counted, IntArray]:
    """(n_nodes,) each: what there is in every grid, and in none."""
    n = len(grids) + 1
    place = _place_of(grids, grid_of_home)
    households, shops = (sums_by(place, values, n) for values in (housed.homes.households, housed.homes.shops))
    known = counted(work, SPECIAL, _place_of(grids, grid_at(work.lonlat, grids)), n)
    special = np.where(np.isnan(known), households * load_rule().special_share, known)
    targets = targets_of_grids(households, special, shops)
    targets["one"][-1] = 0
    found = {}
    for key, values in targets.items():
        found[key] = np.zeros(n_nodes, np.int64)
        np.add.at(found[key], node_of, values)
    return found


def _place_of(grids: Sequence[Grid], grid_ids: IntArray) -> IntArray:
    """Ids as places among the grids; what is in none comes behind them."""
    place = {grid.id: number for number, grid in enumerate(grids)}
    return np.array([place.get(grid_id, len(grids)) for grid_id in grid_ids.tolist()], np.int64)


def _done(
    conn: Connection,
    rows: Sequence[DoneRow],
    grids: Sequence[Grid],
    housed: Housed,
    grid_of_home: IntArray,
    terms: dict[str, tuple[Term, Term]],
    tree: PlaceTree,
) -> tuple[dict[tuple[str, int], IntArray], int]:
    """What was done, by node; counts by grids of an earlier plan go with their homes into the grids in force."""
    found = {(key, side): np.zeros(len(tree.parent), np.int64) for key in terms for side in (0, 1)}
    in_force = {(grid.plan_id, grid.id) for grid in grids}
    sums: dict[tuple[int, int, str, int], int] = {}
    for row in rows:
        for side, term in enumerate(terms.get(row.kind, ())):
            if term.first <= row.day <= term.last:
                key = (row.plan_id, row.grid_id, row.kind, side)
                sums[key] = sums.get(key, 0) + row.number
    shapes = visits.shapes_of(conn, sorted({key[:2] for key in sums} - in_force))
    was_in = {
        pair: polygon_of_points(housed.homes.lonlat, np.array([shapes[pair]], dtype=object)) != NONE
        for pair in sorted(shapes)
    }
    carried = 0
    for (plan_id, grid_id, kind, side), number in sums.items():
        parts = {grid_id: number}
        if (plan_id, grid_id) not in in_force:
            parts = carried_over(number, was_in[plan_id, grid_id], grid_of_home, housed.homes.households)
            carried += number
        for grid, part in parts.items():
            node = tree.level.index(WITHOUT) if grid == NONE else tree.node_of_grid[grid]
            found[kind, side][node] += part
    return found, carried


def _rows(
    tree: PlaceTree, terms: dict[str, tuple[Term, Term]], counts: _Counts, wish: VisitWish, whole: int
) -> list[VisitRow]:
    """The parts by code, what lies in no grid, and the whole last."""
    sides = _sides(tree, terms, counts, wish)
    is_inside = tree.is_below(whole)
    nodes = [node for node, level in enumerate(tree.level) if level == wish.by and is_inside[node]]
    nodes = [node for node in nodes if wish.by != "grid" or counts.targets["one"][node]]
    nodes.sort(key=lambda node: (tree.code[node] or "", node))
    rest = [tree.level.index(WITHOUT)] if whole == 0 else []
    return [
        VisitRow(
            key=None if node == whole else tree.code[node],
            name=None if node == whole else tree.name[node],
            why="without_grid" if node in rest else None,
            standings={key: (sides[key][0][node], sides[key][1][node]) for key in terms},
        )
        for node in (*nodes, *rest, whole)
    ]


def _sides(
    tree: PlaceTree, terms: dict[str, tuple[Term, Term]], counts: _Counts, wish: VisitWish
) -> dict[str, list[list[Standing]]]:
    """By kind, of the term that ended and of the one that runs: (n_nodes,).

    To whom small numbers are not told, what was done in a term is told when it is over: what a quarter has by the end
    of each month could be subtracted from month to month.
    """
    kinds, rule = visit_rule().kinds, figure_rule()
    sums = {
        key: [visit_sums(counts.targets[kind.counts], counts.done[key, side], tree.parent) for side in (0, 1)]
        for key, kind in kinds.items()
    }
    hidden: Mapping[str, BoolArray] = {}
    if not wish.is_exact:
        shown = publication_rule()
        shows_classes = np.array([shown.shows_ages(level) for level in tree.level], np.bool_)
        hidden = hidden_kinds(tree.parent, kinds, sums, shows_classes, shown.k)
    return {
        key: [
            standings(
                sums[key][side],
                kind,
                rule,
                hidden.get(key),
                is_done_told=wish.is_exact or terms[key][side].last <= wish.at.date(),
            )
            for side in (0, 1)
        ]
        for key, kind in kinds.items()
    }
