"""The rows that an import did not take, as a file to mend and import again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from geo.files.cells import harmless
from geo.files.table import FileTable
from geo.imports.report import Fault


def write_rejected(table: FileTable, faults: Sequence[Fault], folder: Path, at: datetime, language: str) -> Path:
    """A CSV beside others in ``folder``: row number, reasons, and the row's own cells. Only the owner may read it."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(fault.in_language(language))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{Path(table.filename).stem}-rejected-{at:%Y%m%dT%H%M%S}.csv"
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "reason", *map(harmless, table.columns)])
        for index, number in enumerate(table.number_of_row):
            if number in reasons:
                cells = (harmless(column[index]) for column in table.columns.values())
                writer.writerow([number, harmless(" ".join(reasons[number])), *cells])
    return target
