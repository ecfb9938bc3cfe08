"""Where people live, as arrays: counts by building or cell, never a person."""

from __future__ import annotations

from dataclasses import dataclass

from geo.units import FloatArray, IntArray


@dataclass(frozen=True)
class Homes:
    """All live homes, by id. Counts of cells may have fractions."""

    id: IntArray
    """(n,) ids of the store, ascending."""
    lonlat_of_start: FloatArray
    """(n, 2) degrees: where the walk begins, the entrance where it is known."""
    spread_m: FloatArray
    """(n,) how far from the start the walk may really begin: 0 where the entrance is known, else half the diagonal of
    the cell or footprint."""
    households: FloatArray
    residents: FloatArray
    elderly: FloatArray
    children: FloatArray
    floors: IntArray
    """(n,) NONE where not known."""

    def __len__(self) -> int:
        """Number of homes."""
        return len(self.id)
