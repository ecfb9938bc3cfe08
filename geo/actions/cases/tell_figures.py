"""Tell figures about cases: rates and times of stages by part, as they stood at a moment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.case_memory import CaseMemory
from geo.actions.cases.figure_periods import edges_of, is_final, month_of, period_name, published_at
from geo.case_figures import BYS, METHOD, PLACES, By, FigureTable, FigureWish
from geo.case_histories import CaseHistories, Kind
from geo.clocks import Limit
from geo.compute.cases.dials import US_PER_S, us_of
from geo.compute.cases.figures import CaseLimits, Parts, Tally, Told, rate_tallies, stage_tallies
from geo.compute.cases.logs import FOREVER_US
from geo.compute.cases.parts import (
    CaseGrids,
    Division,
    Label,
    PlaceTree,
    by_label,
    by_place,
    grids_of_cases,
    place_tree,
)
from geo.compute.cases.spells import Passages
from geo.compute.cases.tables import Counted, figure_rows, run_out, stages_by_clock
from geo.errors import NotAllowed, Refused
from geo.publication import rule as publication_rule
from geo.rules.burden import burdens
from geo.rules.case_catalogue import LIMITED_STAGES
from geo.rules.figures import figure_rule
from geo.store import case_histories
from geo.store.database import Database
from geo.units import NONE, BoolArray, IntArray
from geo.words import Term

S_PER_MINUTE = 60


@dataclass(frozen=True)
class FigureSight:
    """What somebody may see of figures."""

    is_exact: bool
    """False: no small numbers, and nothing that could be subtracted from each other."""
    area_id: int | None = None
    """Only of this area; None: of everything."""


def grouping(word: str) -> By:
    """What figures are asked by.

    Raises
    ------
    Refused
        If it is not known; with the burden guard's sentence where it would tell of people or their desks.
    """
    if word in BYS:
        return word
    if word.strip().lower() in figure_rule().staff_words:
        law = Term(burdens()["ranking"].law, "burden_law")
        raise Refused("burden_refused", field=word[:40], kind=Term("ranking", "burden"), law=law)
    raise Refused("figures_by_unknown", by=word[:40], known=", ".join(BYS))


def tell_figures(
    db: Database, desk: Desk, wish: FigureWish, now: datetime, sight: FigureSight, memory: CaseMemory | None = None
) -> FigureTable:
    """Figures of a period by part, as they stood at a moment; the same again whenever they are asked for.

    Of the first month that there are cases of, no number is told to those who may not see small ones: whoever has all
    months from the first on could add up what was reported, and what was closed, and subtract.

    Parameters
    ----------
    db
        Where the steps are.
    desk
        The city's clocks and catalogues.
    wish
        Which figures.
    now
        What lies later is not known yet.
    sight
        What the asker may see.
    memory
        What is known already of cases; None: nothing.

    Raises
    ------
    Refused
        If the period ends before it begins or is too long, the moment lies before it or in the future, or the item is
        in no catalogue.
    NotAllowed
        If the asker may not see small numbers, and asks for more than one whole month as it was published, for one
        that is not published yet, or by something that could be subtracted.
    NotFound
        If a case is of a version of the catalogue that is not known here any more.
    """
    if not sight.is_exact:
        _check_sight(wish, sight, now, desk.zone)
    _check_times(wish, now)
    if wish.item is not None and not any(wish.item in one.items for one in desk.catalogues.by_version.values()):
        version = desk.catalogue(wish.as_of).version
        raise Refused("incident_item_unknown", item=wish.item[:50], version=version)
    with db.read() as conn:
        known = (memory or CaseMemory()).known(conn, desk, wish, lambda histories: _counted(histories, desk))
        histories = known.histories
        grids = grids_of_cases(histories)
        tree = _tree(conn, wish.as_of, grids, sight)
        is_counted = sight.is_exact and sight.area_id is None
        is_first = not (sight.is_exact or case_histories.has_report_before(conn, wish.since, wish.as_of))
        n_without = case_histories.count_without_report(conn, wish.since, wish.before) if is_counted else 0
    leaf = tree.leaf_of(grids)
    edges_us = np.array([us_of(edge) for edge in edges_of(wish, desk.zone)], dtype=np.int64)
    everything = run_out(known.counted, us_of(wish.as_of))
    is_inside = np.ones(len(leaf), dtype=np.bool_)
    if sight.is_exact and sight.area_id is not None:
        is_inside = tree.is_below(tree.node_of_area[sight.area_id])[leaf]
    is_meant = _is_meant(histories, wish)
    counted = _only(everything, is_inside & is_meant)
    chosen = _contributing(counted, edges_us, len(leaf))
    division = _division(desk, wish, sight, histories, tree, leaf, chosen)
    smallest = None if sight.is_exact else publication_rule().k
    rows, whole = figure_rows(counted, division, edges_us, figure_rule(), smallest, hides_all=is_first)
    notes = _notes(wish, grids, everything.tallies["filing"], edges_us, is_inside, is_meant)
    return FigureTable(
        wish=wish,
        rows=[] if wish.by == "all" else rows,
        whole=whole,
        notes=notes if sight.is_exact else {},
        catalogue_versions=_versions(histories, chosen),
        inputs_hash=_hash((astuple(wish), astuple(sight)), desk, histories, division, chosen),
        smallest=smallest,
        is_final=is_final(wish.as_of, now),
        n_without_report=n_without,
        is_first_month=is_first,
    )


def _tree(conn: Connection, as_of: datetime, grids: CaseGrids, sight: FigureSight) -> PlaceTree:
    """Areas and grids that were known at the moment, and those that are needed in any case."""
    known = case_histories.grids_as_of(conn, as_of, np.unique(grids.grid[grids.grid != NONE]).tolist())
    held = [grid.community_id for grid in known] + ([] if sight.area_id is None else [sight.area_id])
    return place_tree(case_histories.areas_as_of(conn, as_of, held), known)


def _check_times(wish: FigureWish, now: datetime) -> None:
    told = {"since": wish.since.date().isoformat(), "before": wish.before.date().isoformat()}
    if wish.before <= wish.since:
        raise Refused("figures_period_backwards", **told)
    days, longest = (wish.before - wish.since).days, figure_rule().longest_days
    if days > longest:
        raise Refused("figures_period_long", days=days, longest=longest)
    as_of = wish.as_of.isoformat(timespec="minutes")
    if wish.as_of > now:
        raise Refused("figures_as_of_future", as_of=as_of)
    if wish.as_of <= wish.since:
        raise Refused("figures_as_of_early", as_of=as_of, since=told["since"])


def _check_sight(wish: FigureWish, sight: FigureSight, now: datetime, zone: ZoneInfo) -> None:
    """Whatever could be subtracted from one another is refused: days, moments, and parts that cross an area."""
    allowed: tuple[By, ...] = ("all", *PLACES) if sight.area_id is not None else ("all", *PLACES, "item")
    if wish.by not in allowed:
        raise NotAllowed("figures_by_not_for_role", known=", ".join(allowed))
    if wish.item is not None or wish.unit is not None:
        raise NotAllowed("figures_filter_not_for_role")
    month = month_of(f"{wish.since.astimezone(zone):%Y-%m}", zone)
    told_at = published_at(wish.before, zone)
    if (wish.since, wish.before) != month or wish.as_of != told_at:
        raise NotAllowed("figures_whole_months", days=figure_rule().published_after_days)
    if not is_final(told_at, now):
        raise NotAllowed("figures_month_not_yet", month=f"{wish.since.astimezone(zone):%Y-%m}", day=told_at.date())


def _counted(histories: CaseHistories, desk: Desk) -> Counted:
    limits = _limits(desk, histories)
    passages = Passages(histories.passage_case, histories.stage, histories.at_us)
    arrival_us = round(figure_rule().arrival_minutes * S_PER_MINUTE) * US_PER_S
    tallies = rate_tallies(passages, limits, _told(histories), desk.week, FOREVER_US, arrival_us)
    return Counted(tallies, stages_by_clock(stage_tallies(passages, limits, desk.week), limits.limits))


def _only(counted: Counted, chosen: BoolArray) -> Counted:
    """What is counted of some cases."""
    return Counted(
        {rate: tally.only(chosen[tally.case]) for rate, tally in counted.tallies.items()},
        {key: tally.only(chosen[tally.case]) for key, tally in counted.stages.items()},
    )


def _is_meant(histories: CaseHistories, wish: FigureWish) -> BoolArray:
    """(n_cases,) whether a case is of the item and of the unit that are asked about."""
    is_meant = np.ones(len(histories.case_id), dtype=np.bool_)
    if wish.item is not None:
        is_meant &= np.array([item == wish.item for _, item in histories.kinds], dtype=np.bool_)[histories.kind_no]
    if wish.unit is not None:
        is_meant &= np.array([*(unit == wish.unit for unit in histories.units), False])[histories.unit_no]
    return is_meant


def _limits(desk: Desk, histories: CaseHistories) -> CaseLimits:
    found: dict[Limit, int] = {}
    number = {stage: np.full(len(histories.kinds), NONE, dtype=np.int64) for stage in LIMITED_STAGES}
    for place, (version, item) in enumerate(histories.kinds):
        for stage, limit in _item_limits(desk, version, item).items():
            number[stage][place] = found.setdefault(limit, len(found))
    return CaseLimits(list(found), {stage: of_kind[histories.kind_no] for stage, of_kind in number.items()})


def _item_limits(desk: Desk, version: str | None, item: str | None) -> Mapping[str, Limit]:
    """By stage; none where only the category of a case is known."""
    return desk.catalogues.version(version).item(item).limits if version and item else {}


def _division(
    desk: Desk,
    wish: FigureWish,
    sight: FigureSight,
    histories: CaseHistories,
    tree: PlaceTree,
    leaf: IntArray,
    chosen: IntArray,
) -> Division:
    if wish.by in PLACES:
        return by_place(tree, leaf, wish.by, sight.area_id)
    if wish.by == "item":
        catalogues = desk.catalogues.by_version.values()
        names = {code: item.name_zh for catalogue in catalogues for code, item in catalogue.items.items()}
        items = [item or "" for _, item in histories.kinds]
        has_item = np.array([item is not None for _, item in histories.kinds], dtype=np.bool_)[histories.kind_no]
        return by_label(_some(np.where(has_item, histories.kind_no, NONE), chosen), items, names, "without_item")
    if wish.by == "unit":
        return by_label(_some(histories.unit_no, chosen), histories.units, {}, "without_unit")
    whole = 0 if sight.area_id is None else tree.node_of_area[sight.area_id]
    if wish.by == "all":
        of_case = np.where(tree.is_below(whole)[leaf], 0, NONE)
        return Division([Label(None, None)], of_case, tree.parent, leaf, np.array([whole]), whole)
    labels = [Label(period_name(edge, wish.by), None) for edge in edges_of(wish, desk.zone)[:-1]]
    return Division(labels, None, tree.parent, leaf, np.full(len(labels), NONE), whole)


def _some(label_no: IntArray, chosen: IntArray) -> IntArray:
    """Labels of some cases only, so that no part has none but cases that do not count."""
    found = np.full(len(label_no), NONE, dtype=np.int64)
    found[chosen] = label_no[chosen]
    return found


def _notes(
    wish: FigureWish, grids: CaseGrids, reported: Tally, edges_us: IntArray, is_inside: BoolArray, is_meant: BoolArray
) -> dict[str, int]:
    """What one must know to compare: how many of the cases reported in the period are not where one would look."""
    span = Parts(1, np.zeros(len(is_inside), dtype=np.int64), edges_us[[0, -1]])
    is_in = (span.of(reported.case, reported.at_us) != NONE) & is_meant
    notes = {"outside_area": int((is_in & ~is_inside).sum())}
    if wish.by in PLACES:
        notes |= {
            "moved": int((is_in & is_inside & grids.is_moved).sum()),
            "without_grid": int((is_in & is_inside & grids.is_known & (grids.grid == NONE)).sum()),
            "grid_not_known": int((is_in & is_inside & ~grids.is_known).sum()),
        }
    return {f"figures_note_{key}": count for key, count in notes.items() if count}


def _contributing(counted: Counted, edges_us: IntArray, n_cases: int) -> IntArray:
    """The cases that are counted at least once, ascending: all that a table depends on."""
    span = Parts(1, np.zeros(n_cases, dtype=np.int64), edges_us[[0, -1]])
    entries = [(tally.case, tally.at_us) for tally in counted.tallies.values()]
    entries += [(tally.case, tally.end_us) for tally in counted.stages.values()]
    counts = np.zeros(n_cases, dtype=np.bool_)
    for case, at_us in entries:
        counts[case[span.of(case, at_us) != NONE]] = True
    return np.flatnonzero(counts)


def _kinds(histories: CaseHistories, chosen: IntArray) -> list[Kind]:
    """Those that some cases are of."""
    return [histories.kinds[number] for number in np.unique(histories.kind_no[chosen]).tolist()]


def _versions(histories: CaseHistories, chosen: IntArray) -> list[str]:
    return sorted({version for version, _ in _kinds(histories, chosen) if version is not None})


def _hash(asked: tuple[object, ...], desk: Desk, histories: CaseHistories, division: Division, chosen: IntArray) -> str:
    """sha256 over what the figures depend on: the question, the rules, and what was known of the cases that count."""
    calendar = desk.week.calendar
    days_off = None if calendar is None else sorted(calendar.weekday_of_special.items())
    kinds = sorted({(version or "", item or "") for version, item in _kinds(histories, chosen)})
    limits = [(kind, sorted(_item_limits(desk, *kind).items())) for kind in kinds]
    # what people may ask by and how maps are coloured changes no figure; and a set prints in any order
    rules = replace(figure_rule(), staff_words=frozenset(), better_low=frozenset(), classes={})
    digest = hashlib.sha256(repr((METHOD, *asked, rules, days_off, limits, division.labels)).encode())
    names = [repr(kind) for kind in histories.kinds]
    digest.update(f"[{', '.join([names[number] for number in histories.kind_no[chosen].tolist()])}]".encode())
    is_chosen = np.zeros(len(histories.case_id), dtype=np.bool_)
    is_chosen[chosen] = True
    counts = is_chosen[histories.passage_case]
    arrays: list[NDArray[Any]] = [histories.case_id[chosen], histories.arrived_us[chosen], histories.rated_us[chosen]]
    arrays += [histories.is_satisfied[chosen]]
    arrays += [histories.case_id[histories.passage_case[counts]], histories.stage[counts], histories.at_us[counts]]
    arrays += [] if division.of_case is None else [division.of_case[chosen]]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _told(histories: CaseHistories) -> Told:
    return Told(histories.arrived_us, histories.rated_us, histories.is_satisfied)
