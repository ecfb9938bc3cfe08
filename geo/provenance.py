"""What a figure was made from, so that whoever reads it can make it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Provenance:
    """How a figure was made, and from what."""

    method: str
    """``geo.coverage.METHOD``: changes whenever the same inputs give other results."""
    mode: str
    """Key of geo/rules/modes.toml."""
    surface: str
    """Key of geo/rules/surfaces.toml."""
    minutes: float
    """The cutoff; reached itself."""
    network_date: date | None
    """The day that the streets' data speak of."""
    data_date: date | None
    """The oldest day that the people's data speak of."""
    inputs_hash: str
    """sha256 over everything that the figure depends on."""

    def depending_on(self, *more: object) -> Provenance:
        """The same of a figure that depends on more than that; ``more`` are values that print what they are."""
        digest = hashlib.sha256(repr((self.inputs_hash, *more)).encode())
        return replace(self, inputs_hash=digest.hexdigest())
