"""Units, frames and the mark for nothing, said once.

Time on the network is whole deciseconds (``_ds``), lengths are metres (``_m``), shares run from 0 to 1 (``_share``).
Geometry in the store is EPSG:4326 (``_lonlat``); lengths and areas are taken in a local metric frame (``_xy_m``).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NONE: Final = -1
"""Nothing: no node, no station, not reached."""

WGS84: Final = 4326
"""EPSG code of all stored geometry."""

E7: Final = 10_000_000
"""Whole numbers to a degree in what is drawn exactly (``_e7``): about a centimetre each."""

DS_PER_S: Final = 10
DS_PER_MINUTE: Final = 600
MINUTES_PER_HOUR: Final = 60

Whole = int | np.integer[Any]
"""A whole number in a kernel, however many bits it has."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
