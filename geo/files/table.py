"""What every reader returns: rows with their numbers, columns by the file's own headers, shapes in EPSG:4326."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.imports.report import Fault


@dataclass(frozen=True)
class FileTable:
    """A foreign file, read but not yet understood."""

    filename: str
    columns: Mapping[str, Sequence[Any]]
    """Header as written in the file -> one value per row (str, int, float, bool, date, datetime, list, None)."""
    shapes: NDArray[np.object_] | None
    """(n_rows,) shapely geometries in EPSG:4326 (None where a row has none); None if the format has no geometry."""
    number_of_row: Sequence[int]
    """What a person sees: the line of a CSV, the row of a sheet, the feature's position from 1."""
    crs_name: str | None
    """The frame the file was in, for the report."""
    notes: tuple[Fault, ...] = ()
    """What the reader had to decide, for the report: another encoding, axes the other way round."""

    def __len__(self) -> int:
        return len(self.number_of_row)
