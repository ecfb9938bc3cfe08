"""Plans in a city of 2,814 grids: cutting it into units, what an edit would do, publishing one community's plan."""

from __future__ import annotations

import statistics
from datetime import timedelta

from api.plan_answers import edit_told
from geo.actions.cut_units import cut_units
from geo.actions.edit_plan import edit_plan
from geo.actions.open_plan import open_plan
from geo.actions.plan_access import Hand
from geo.actions.plan_view import view_plan
from geo.actions.publish_plan import publish_plan
from geo.actions.store_cuts import cut_and_store
from geo.compute.plan_edits import edited
from geo.drafts import CodeBook, Draft
from geo.errors import GridcircleError
from geo.plan_ops import Paint
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.units import NONE
from tests.bench.cities import AT, GRAPH, large_city
from tests.bench.graphs import GENERATED
from tests.bench.machine import Row, Table, timed

HAND = Hand(at=AT)
CODES = CodeBook(code_scheme(DEFAULT_SCHEME))
N_EDITS, N_PUBLISHED = 20, 5


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    with large_city("drafts_test") as db:
        cutting(table, db)
        with db.read() as conn:
            codes = [area.code for area in live_areas(conn, "community")][:N_PUBLISHED]
        cut_and_store(db, codes, AT)
        editing(table, db, codes[0])
        publishing(table, db, codes)


def cutting(table: Table, db: Database) -> None:
    """All communities, borders and their kinds included; nothing is stored."""
    begun = timed(lambda: cut_units(db, None, AT))
    n_units = sum(cut.report["units"] for cut in cut_units(db, None, AT))
    table.add(
        Row("plan: units of all communities", GRAPH, "-", begun, runs=1, note=f"{n_units} units; to be under 15 s")
    )


def editing(table: Table, db: Database, code: str) -> None:
    """Giving one unit to a neighbour, told with people, breaches and balance before and after; a dry run."""
    plan = open_plan(db, code, None, None, HAND).plan
    ops = border_units(view_plan(db, plan.id).draft)[:N_EDITS]

    def one(op: Paint) -> None:
        edit_told(db, edit_plan(db, plan.id, 1, op, HAND, dry_run=True), "zh", dry_run=True)

    one(ops[0])
    seconds = statistics.median(timed(lambda op=op: one(op)) for op in ops)
    table.add(Row("plan: what one edit would do", GRAPH, "-", seconds, runs=len(ops), note="to be under 0.3 s"))


def border_units(draft: Draft) -> list[Paint]:
    """Units beside another grid, given to that grid, where both grids stay whole."""
    found = []
    for left, right in zip(draft.fabric.left.tolist(), draft.fabric.right.tolist(), strict=True):
        if NONE not in (left, right) and draft.grid_of_unit[left] != draft.grid_of_unit[right]:
            found.append(Paint((int(draft.unit_no[left]),), draft.grids[draft.grid_of_unit[right]].id))
    return [op for op in found if stays_whole(draft, op)]


def stays_whole(draft: Draft, op: Paint) -> bool:
    """Whether nothing refuses the edit."""
    try:
        edited(draft, op, CODES)
    except GridcircleError:
        return False
    return True


def publishing(table: Table, db: Database, codes: list[str]) -> None:
    """Check of all rules, lineage, and the switch, in one transaction."""
    seconds = []
    for code in codes:
        plan = open_plan(db, code, None, None, HAND).plan
        reasons = {problem.rule: "bench" for problem in view_plan(db, plan.id).problems}
        hand = Hand(at=AT + timedelta(days=30))
        seconds.append(timed(lambda: publish_plan(db, plan.id, 1, reasons, None, hand)))  # noqa: B023 -- called at once
    table.add(
        Row(
            "plan: publishing one community",
            GRAPH,
            "-",
            statistics.median(seconds),
            runs=len(codes),
            note="to be under 0.2 s",
        )
    )
