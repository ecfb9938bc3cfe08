"""Cut communities into units and keep the cuts: what drafts begin from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from geo.actions.work.cut_units import CutUnits, cut_units
from geo.compute.plans.rows import arc_rows
from geo.plan_rows import PlanRows
from geo.store import drafts
from geo.store.database import Database


def cut_and_store(
    db: Database,
    codes: Sequence[str] | None,
    at: datetime,
    step: Callable[[float], None] | None = None,
    *,
    along: Sequence[int] = (),
) -> list[CutUnits]:
    """Cut communities, all where ``codes`` is None, and keep the cuts in place of those before.

    ``along``: ids of plans whose grids units are to fit in. Plans that were begun from an
    earlier cut keep theirs.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    found = cut_units(db, codes, at, step, along=along)
    with db.write() as conn:
        for cut in found:
            n_units = int(max(cut.fabric.left.max(initial=-1), cut.fabric.right.max(initial=-1))) + 1
            arcs = arc_rows(cut.fabric, cut.kind_of_arc, np.arange(n_units).tolist())
            rows = PlanRows(dict(enumerate(arcs)), {}, {}, len(arcs), n_units)
            drafts.save_fabric(
                conn,
                cut.community.id,
                rows,
                is_cut=True,
                method=cut.method,
                inputs_hash=cut.inputs_hash,
                report=cut.report,
                at=at,
            )
    return found
