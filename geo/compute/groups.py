"""Things sorted by a whole number that each of them bears: offsets by that number, and the things in its order."""

from __future__ import annotations

import numpy as np

from geo.compute.kernels import kernel
from geo.units import Int32Array, IntArray


@kernel
def grouped(key: Int32Array, n_keys: int) -> tuple[IntArray, Int32Array]:
    """Offsets by key, (n_keys + 1,), and the indices sorted by key, in their order within a key."""
    return grouped_as(key, n_keys, np.arange(len(key)).astype(np.int32))


@kernel
def grouped_as(key: Int32Array, n_keys: int, order: Int32Array) -> tuple[IntArray, Int32Array]:
    """As :func:`grouped`, with the indices within a key in a given order; those it leaves out are left out."""
    start = np.zeros(n_keys + 1, np.int64)
    for i in order:
        start[key[i] + 1] += 1
    for k in range(n_keys):
        start[k + 1] += start[k]
    at = start[:-1].copy()
    index = np.empty(len(order), np.int32)
    for i in order:
        index[at[key[i]]] = i
        at[key[i]] += 1
    return start, index
