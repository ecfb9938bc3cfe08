"""What a person asks of an import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any


def no_secret() -> bytes:
    """Stands where none was given; whoever brings in numbers that others gave their orders gives one."""
    raise AssertionError("numbers of persons can only be kept apart by a secret")


@dataclass(frozen=True)
class ImportOptions:
    """The wishes of one import; every field can be left at its default."""

    source: str | None = None
    """Who the rows come from; with a row's own key it identifies the row. None: the file's name without its ending."""
    crs: str | None = None
    """Frame of the file's coordinates, e.g. ``EPSG:4525``. None: what the file says."""
    layer: str | None = None
    """Layer of a GeoPackage, sheet of a workbook, or member of a zip archive."""
    encoding: str | None = None
    keep_going: bool = False
    """Land the good rows even if others have faults."""
    replace: bool = False
    """Retire rows of this source that the file no longer has."""
    publish: bool = False
    """Grids only: make the imported plans live at once."""
    effective_from: datetime | None = None
    """Grids with ``publish`` only: since when the plans hold. None: from now on."""
    data_date: date | None = None
    """The day the data speak of."""
    actor: str = "command line"
    rejected_dir: Path | None = None
    """Folder for the file of rejected rows. None: none is written."""
    language: str = "en"
    """Of the reasons in the file of rejected rows."""
    residents: float | None = None
    """People only: multiply all counts of people so that the residents add up to this."""
    timezone: str = "Asia/Shanghai"
    """Zone of times that name none."""
    secret: Callable[[], bytes] = no_secret
    """Incidents only: tells masked numbers apart (geo/own_numbers.py); asked for where one is needed."""

    def source_of(self, path: Path) -> str:
        """``source``, or what stands for it when none was given."""
        return self.source or path.name.split(".")[0]

    def as_dict(self) -> dict[str, Any]:
        """What the list of imports keeps of them."""
        return {
            "crs": self.crs,
            "layer": self.layer,
            "encoding": self.encoding,
            "keep_going": self.keep_going,
            "replace": self.replace,
            "publish": self.publish,
            "effective_from": self.effective_from.isoformat() if self.effective_from else None,
            "residents": self.residents,
        }
