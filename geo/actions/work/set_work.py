"""Say what has been counted in a community, without a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from geo.actions.city.plan_access import Hand, community_for
from geo.actions.imports.land_rows import Order
from geo.actions.work.land_work import land_work
from geo.files.table import FileTable
from geo.imports.options import ImportOptions
from geo.imports.report import ImportReport
from geo.store.database import Database
from geo.work import WORK_KINDS

SENT = Path("work-counts.json")
"""What stands for the file's name in the list of imports."""


def set_work(
    db: Database, community_code: str, rows: Sequence[Mapping[str, float | None]], as_of: date, hand: Hand
) -> ImportReport:
    """Take counts of a community's units in place of those before of the same kinds, in one transaction.

    Parameters
    ----------
    db
        Where they are kept.
    community_code
        12 digits.
    rows
        Each with ``unit_no``, as the community's own cut numbers its units, and counts by kind; None is no count.
    as_of
        The day that they speak of.
    hand
        Whose counts they are.

    Raises
    ------
    NotFound
        If there is no such community.
    NotAllowed
        If it lies outside the hand's area.
    BadFile, BadRows, Refused
        As an import of a file; nothing has changed then.
    """
    with db.read() as conn:
        community_for(conn, community_code, hand)
    columns = {name: [row.get(name) for row in rows] for name in ("unit_no", *WORK_KINDS)}
    table = FileTable(
        filename=SENT.name,
        columns={"community_code": [community_code] * len(rows), **columns},
        shapes=None,
        number_of_row=range(1, len(rows) + 1),
        crs_name=None,
    )
    options = ImportOptions(source="work-counts", data_date=as_of, actor=hand.token_name or "-")
    digest = hashlib.sha256(repr((community_code, as_of, columns)).encode()).hexdigest()
    return land_work(db, Order("work", SENT, options, hand.at, digest), table, lambda _share: None)
