"""Ground that touches itself in one place of the outer border.

A polygon whose hole touches its shell is valid by OGC 06-103r4, and a coverage with it is one. GEOS (seen in 3.14.1)
takes an outer edge of another polygon for one that lies inside it where the two meet in that place, so whoever checks
a coverage by it would be told of an overlap that there is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compute.fabric.faces import Fabric, keys_of
from geo.units import NONE, Int32Array, IntArray


class Touching(NamedTuple):
    """Places of the outer border where ground touches itself and other ground has an outer edge."""

    key: IntArray
    """(n,) of the place, as :func:`keys_of`, ascending."""
    e7: Int32Array
    """(n, 2)"""
    label: IntArray
    """(n,) whose ground it is."""

    def without(self, known: Touching) -> Touching:
        """Those at other places."""
        is_new = ~np.isin(self.key, known.key)
        return Touching(self.key[is_new], self.e7[is_new], self.label[is_new])


def touching(fabric: Fabric, label_of_face: IntArray) -> Touching:
    """Where the ground of a label touches itself in a single place of the outer border.

    Parameters
    ----------
    fabric
        Without a fault.
    label_of_face
        (n_faces,) from 0.
    """
    labels = np.append(label_of_face, NONE).astype(np.int64)  # the outside is the last of them
    left, right = labels[fabric.left], labels[fabric.right]
    borders = np.flatnonzero(left != right)
    node = np.concatenate([fabric.from_node[borders], fabric.to_node[borders]]).astype(np.int64)
    # of every end of a border: what lies to either side on the way out of the node
    on_left = np.concatenate([left[borders], right[borders]])
    on_right = np.concatenate([right[borders], left[borders]])
    n_labels = int(labels.max(initial=0)) + 1
    inner = np.where(on_left == NONE, on_right, on_left)
    is_outer = (on_left == NONE) | (on_right == NONE)
    at = np.isin(node, node[is_outer]) & (on_left != NONE)
    sector, n_sectors = np.unique(node[at] * n_labels + on_left[at], return_counts=True)
    sector = sector[n_sectors > 1]
    owners = np.unique(node[is_outer] * n_labels + inner[is_outer])
    nodes, n_owners = np.unique(owners // n_labels, return_counts=True)
    has_others = n_owners[np.searchsorted(nodes, sector // n_labels)] > np.isin(sector, owners)
    sector = sector[has_others]
    e7 = fabric.node_e7[sector // n_labels]
    key = keys_of(e7)
    order = np.argsort(key, kind="stable")
    return Touching(key[order], e7[order], (sector % n_labels)[order])
