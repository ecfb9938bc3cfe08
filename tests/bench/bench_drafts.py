"""Plans in a city of 2,814 grids: cutting it into units, what an edit would do, publishing one community's plan."""

from __future__ import annotations

import statistics
from datetime import timedelta

from sqlalchemy import text

from api.plan_answers import edit_told
from geo.actions.city.plan_access import Hand
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.actions.work.cut_units import cut_units
from geo.actions.work.store_cuts import cut_and_store
from geo.compute.plans.edits import edited
from geo.drafts import CodeBook, Draft
from geo.errors import GridcircleError
from geo.plan_ops import Paint
from geo.rules.code_schemes import DEFAULT_SCHEME, code_scheme
from geo.store.areas import live_areas
from geo.store.database import Database
from geo.units import NONE
from tests.bench.cities import AT, GRAPH, large_city
from tests.bench.graphs import GENERATED
from tests.bench.machine import ALL_CORES, Row, Table, timed, use_cores

HAND = Hand(at=AT)
CODES = CodeBook(code_scheme(DEFAULT_SCHEME))
N_EDITS, N_PUBLISHED = 20, 5
CUT_JOB, FINE_GRAPH = "plan: units of all communities", f"{GRAPH}, buildings quartered"
QUARTERED = """
insert into home (kind, geom, start, households, residents, elderly, children, source, source_key)
select 'building', part, ST_Centroid(part), 4, 10, 1, 1, 'bench', id || '-' || i || '-' || j
  from (select id, geom, case when row_number() over (order by id) % 7 < 1 then 3 else 2 end as columns
          from home where kind = 'building' and ST_Dimension(geom) = 2) as building,
       lateral generate_series(0, columns - 1) as i, generate_series(0, 1) as j,
       lateral (select (ST_XMax(geom) - ST_XMin(geom)) / columns as x,
                       (ST_YMax(geom) - ST_YMin(geom)) / 2 as y) as step,
       lateral (select ST_MakeEnvelope(ST_XMin(geom) + i * x + 1e-5, ST_YMin(geom) + j * y + 1e-5,
                                       ST_XMin(geom) + (i + 1) * x - 1e-5, ST_YMin(geom) + (j + 1) * y - 1e-5,
                                       4326) as cell) as cells,
       lateral (select (ST_Dump(ST_Intersection(geom, cell))).geom as part) as parts
 where ST_Dimension(part) = 2
on conflict do nothing
"""


def bench(table: Table) -> None:
    if not table.wants_graph(GENERATED):
        return
    with large_city("drafts_test") as db:
        cutting(table, db, GRAPH)
        with db.read() as conn:
            codes = [area.code for area in live_areas(conn, "community")][:N_PUBLISHED]
        cut_and_store(db, codes, AT)
        editing(table, db, codes[0])
        publishing(table, db, codes)
        quarter_buildings(db)
        cutting(table, db, FINE_GRAPH)


def cutting(table: Table, db: Database, graph: str) -> None:
    """All communities, borders and their kinds included; nothing is stored."""
    for n_cores in sorted({1, len(ALL_CORES)}):
        use_cores(n_cores)
        n_units = sum(cut.report["units"] for cut in cut_units(db, None, AT))
        seconds = statistics.median(timed(lambda: cut_units(db, None, AT)) for _ in range(table.runs(3)))
        job = CUT_JOB if n_cores > 1 else f"{CUT_JOB}, one core"
        note = f"{n_units} units, {n_cores} cores; to be under 15 s"
        table.add(Row(job, graph, "-", seconds, runs=table.runs(3), note=note))
    use_cores(1)


def quarter_buildings(db: Database) -> None:
    """Every building in four parts, one of seven in six, with some two metres between them: 66,000 units."""
    with db.write() as conn:
        conn.execute(text(QUARTERED))
        conn.execute(text("update home set retired_at = now() where kind = 'building' and source <> 'bench'"))


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
