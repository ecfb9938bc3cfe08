"""The rows of a file under our own field names, with the faults found in them so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from geo.burden import refuse_burden
from geo.errors import BadFile
from geo.files.cells import FAILED
from geo.files.table import FileTable
from geo.imports.report import Fault
from geo.imports.values import CellError, shown
from geo.rules.burden import is_guarded, is_of_teams
from geo.rules.headers import columns_of

T = TypeVar("T")


def headers_shown(table: FileTable) -> str:
    """Headers as a sentence names them: of a file without any they are cells of a row, which may tell of persons."""
    return ", ".join(map(shown, list(table.columns)[:20]))


@dataclass(frozen=True)
class Reading:
    """What the rows of a file amount to, before anything is stored."""

    read: int
    rows: list[dict[str, Any]]
    """Good rows: column -> value."""
    number_of_row: list[int]
    """(n_rows,) where each stands in the file."""
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]

    @property
    def rejected(self) -> int:
        """Rows that are not good."""
        return self.read - len(self.rows)


@dataclass
class Rows:
    """Cells by row and field. A cell that cannot be read becomes a fault and reads as None.

    Raises
    ------
    BadFile
        If a column that the rows cannot do without is missing.
    Refused
        If a column burdens people at work, in a file that tells of them (geo/burden.py).
    """

    table: FileTable
    kind: str
    required: Sequence[str] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    """Field -> header, where somebody said under which header this source has it."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    header_of_field: dict[str, str] = field(init=False)
    _cells: dict[str, Sequence[Any]] = field(init=False, default_factory=dict)
    """Field -> its cells, None where they are empty; as they were asked for."""

    def __post_init__(self) -> None:
        if is_guarded(self.kind):
            refuse_burden(self.table.columns, is_of_teams=is_of_teams(self.kind))
        free = [header for header in self.table.columns if header not in self.named.values()]
        self.header_of_field = {**columns_of(self.kind, free), **self.named}
        missing = [name for name in self.required if name not in self.header_of_field]
        if missing:
            raise BadFile(
                "columns_missing",
                path=self.table.filename,
                missing=", ".join(missing),
                found=headers_shown(self.table),
            )
        self._refuse_failed()
        position = columns_of("position", self.table.columns).values()
        unused = [h for h in self.table.columns if h not in {*self.header_of_field.values(), *position}]
        self.notes += self.table.notes
        if unused:
            self.notes.append(Fault(0, "", "columns_not_used", {"columns": ", ".join(map(shown, unused[:20]))}))

    def _refuse_failed(self) -> None:
        """A fault for every cell that a spreadsheet could not work out: it is not empty, its value is lost."""
        for name, header in self.header_of_field.items():
            column = self.table.columns.get(header, ())
            if set(map(type, column)) <= {str, type(None)} and FAILED.isdisjoint(column):
                continue
            for index, value in enumerate(column):
                if isinstance(value, str) and value in FAILED:
                    self.fault(index, name, "cell_failed", value=value)

    def __len__(self) -> int:
        return len(self.table)

    def number(self, index: int) -> int:
        """Where a row stands in the file."""
        return self.table.number_of_row[index]

    def has(self, name: str) -> bool:
        """Whether the file has this field."""
        return name in self.header_of_field

    def header(self, name: str) -> str:
        """What the file calls a field."""
        return self.header_of_field.get(name, name)

    def cells(self, name: str) -> Sequence[Any]:
        """All cells of a field as the file has them; None where they are empty, or the file has no such field."""
        found = self._cells.get(name)
        if found is None:
            header = self.header_of_field.get(name)
            column: Sequence[Any] = [None] * len(self) if header is None else self.table.columns[header]
            if set(map(type, column)) <= {str, type(None)}:  # as in a CSV
                found = [cell if cell and not cell.isspace() else None for cell in column]
            else:
                found = list(map(_filled, column))
            self._cells[name] = found
        return found

    def value(self, index: int, name: str) -> Any:
        """A cell as the file has it; None where it is empty."""
        return self.cells(name)[index]

    def column(self, name: str, parse: Callable[[Any], T]) -> list[T | None]:
        """All cells of a field as :meth:`read` has them. What stands there again and again is parsed once."""
        cells = self.cells(name)
        keys: Sequence[Any] = cells
        if not set(map(type, cells)) <= {str, type(None)}:  # 1 and true are one key, lists are none
            keys = [(type(cell), str(cell)) for cell in cells]
        found: dict[Any, T | None] = {}
        wrong: dict[Any, CellError] = {}
        for key, cell in dict(zip(keys, cells, strict=True)).items():
            try:
                found[key] = None if cell is None else parse(cell)
            except CellError as error:
                found[key], wrong[key] = None, error
        for index, key in enumerate(keys if wrong else ()):
            if key in wrong:
                self.fault(index, name, wrong[key].key, **wrong[key].evidence)
        return [found[key] for key in keys]

    def read(self, index: int, name: str, parse: Callable[[Any], T]) -> T | None:
        """A cell through ``parse``; None where it is empty or has a fault."""
        value = self.value(index, name)
        return None if value is None else self.parsed(index, name, value, parse)

    def parsed(self, index: int, name: str, value: Any, parse: Callable[[Any], T]) -> T | None:
        """A value of a cell through ``parse``; None, and a fault of that cell, where it cannot be read."""
        try:
            return parse(value)
        except CellError as error:
            self.fault(index, name, error.key, **error.evidence)
            return None

    def need(self, index: int, name: str, parse: Callable[[Any], T]) -> T | None:
        """As :meth:`read`, but an empty cell is a fault too."""
        if self.value(index, name) is None:
            self.fault(index, name, "value_missing")
        return self.read(index, name, parse)

    def fault_empty(self, name: str) -> None:
        """A fault for every empty cell of a field that must have none."""
        for index, cell in enumerate(self.cells(name)):
            if cell is None:
                self.fault(index, name, "value_missing")

    def fault(self, index: int, name: str, key: str, **evidence: Any) -> None:
        """Something wrong with a row."""
        self.faults.append(Fault(self.number(index), self.header(name), key, evidence))

    def note(self, index: int, name: str, key: str, **evidence: Any) -> None:
        """A remark on a row that refuses nothing."""
        self.notes.append(Fault(self.number(index), self.header(name), key, evidence))

    def refuse_twins(
        self, name: str, values: Sequence[Any], compared: Callable[[Any], Any] = lambda value: value
    ) -> None:
        """A fault for every value that an earlier row has already, as they are compared."""
        first: dict[Any, int] = {}
        for index, value in enumerate(values):
            if value is None:
                continue
            same = compared(value)
            if same in first:
                self.fault(index, name, "value_twice", value=shown(value), first=self.number(first[same]))
            first.setdefault(same, index)

    def note_codes(self, name: str) -> None:
        """A remark if codes came as numbers of a spreadsheet, which would round longer ones."""
        if name not in self.header_of_field:
            return
        numbers = sum(isinstance(value, float) for value in self.table.columns[self.header_of_field[name]])
        if numbers:
            self.notes.append(Fault(0, self.header(name), "codes_from_numbers", {"count": numbers}))

    def reading(self, rows: Sequence[dict[str, Any]]) -> Reading:
        """All that was found; ``rows`` are in the file's order, the faulty ones among them are left out."""
        bad = {fault.row for fault in self.faults}
        good = [index for index in range(len(self)) if self.number(index) not in bad]
        return Reading(
            read=len(self),
            rows=[rows[index] for index in good],
            number_of_row=[self.number(index) for index in good],
            faults=tuple(sorted(self.faults, key=lambda fault: fault.row)),
            notes=tuple(self.notes),
        )


def _filled(value: Any) -> Any:
    """A cell as it is; None where it is empty."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if isinstance(value, float) and math.isnan(value) else value
