"""What a figure was made from, so that whoever reads it can make it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np


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

    @property
    def made(self) -> Made:
        """The same without the question: how, from which days' data, from what."""
        return Made(self.method, {"streets": self.network_date, "homes": self.data_date}, self.inputs_hash)

    def depending_on(self, *more: object) -> Provenance:
        """The same of a figure that depends on more than that; ``more`` are values that print what they are."""
        digest = hashlib.sha256(repr((self.inputs_hash, *more)).encode())
        return replace(self, inputs_hash=digest.hexdigest())


@dataclass(frozen=True)
class Made:
    """How figures were made for which no street is walked, and from what."""

    method: str
    """As that of :class:`Provenance`."""
    dates: Mapping[str, date | None]
    """What they were made from -> the oldest day that it speaks of; None: nobody says which."""
    inputs_hash: str


def digest_of(*inputs: Any) -> str:
    """sha256 over values that print what they are, and over arrays of numbers by their bytes.

    >>> digest_of(1, np.arange(3)) == digest_of(1, np.arange(3)), digest_of(1) == digest_of(2)
    (True, False)
    """
    digest = hashlib.sha256()
    for value in _flat(inputs):
        told = np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        digest.update(f"{len(told)} ".encode())
        digest.update(told)
    return digest.hexdigest()


def _flat(inputs: Iterable[Any]) -> Iterable[Any]:
    """Groups of arrays one by one; they would print only how they begin and end."""
    for value in inputs:
        is_group = isinstance(value, (tuple, list)) and any(isinstance(part, np.ndarray) for part in value)
        yield from value if is_group else (value,)
