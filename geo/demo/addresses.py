"""House numbers on streets that exist: even on one side, odd on the other, counted from the street's start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely import LineString, Point

from geo.demo.plan import Street

_HOUSE_M: Final = 9.0


@dataclass(frozen=True)
class Address:
    """A number on a street."""

    street: str
    number: int

    def __str__(self) -> str:
        return f"{self.street}{self.number}号"


class Addresses:
    """Finds the address of any point of the frame."""

    def __init__(self, streets: Sequence[Street]) -> None:
        self._streets = [street for street in streets if street.name]
        self._tree = shapely.STRtree([street.line for street in self._streets])

    def of(self, point: Point) -> Address:
        """The address of a point: on the nearest street with a name."""
        street = self._streets[int(self._tree.nearest(point))]
        line: LineString = street.line
        along = line.project(point)
        before, after = (line.interpolate(max(0.0, along + step)) for step in (-1.0, 1.0))
        ahead = np.array([after.x - before.x, after.y - before.y])
        aside = np.array([point.x - before.x, point.y - before.y])
        is_left = ahead[0] * aside[1] - ahead[1] * aside[0] > 0
        return Address(street.name or "", 2 * int(along / _HOUSE_M / 2) + (1 if is_left else 2))
