"""The rows that an import did not take, as a file to mend and import again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.files.cells import REJECTED, harmless
from geo.files.table import FileTable
from geo.imports.report import Fault
from geo.rules.headers import is_code_header
from geo.text_masks import masked


def write_rejected(table: FileTable, faults: Sequence[Fault], folder: Path, at: datetime, language: str) -> Path:
    """A CSV beside others in ``folder``: row number, reasons, and the row's own cells. Only the owner may read it.

    Numbers of persons are masked in it as they are everywhere; codes stay, or the row could not be mended.
    """
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(fault.in_language(language))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{Path(table.filename).stem}-rejected-{at:%Y%m%dT%H%M%S}.csv"
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECTED, *map(harmless, table.columns)])
        for index, number in enumerate(table.number_of_row):
            if number in reasons:
                cells = (harmless(_kept(header, column[index])) for header, column in table.columns.items())
                writer.writerow([number, harmless(" ".join(reasons[number])), *cells])
    return target


def _kept(header: str, value: Any) -> Any:
    if value is None or is_code_header(header):
        return value
    whole = isinstance(value, float) and value.is_integer()
    found = masked(str(int(value) if whole else value))
    return found.text if found.total else value
