"""How well places fit an address in words: by how much of it they explain together.

Each place has a name that stands in the address. For one candidate, the names count of all places that lie with it:
the area that holds it, the road that it lies on, the compound around it. The score is the share of the address's
letters and digits that these names cover. So of two roads of one name that one comes first whose subdistrict was named,
and a house number that no place has leaves the score below 1.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely

from geo.units import FloatArray


class NamedPlace(NamedTuple):
    """A place whose name stands in the address."""

    name: str
    shape: shapely.Geometry
    """In metres."""
    is_ground: bool
    """An area or grid: it must hold what lies with it; other places may lie beside it."""


def spoken(text: str) -> str:
    """Text as it is compared: without marks and spaces, full-width signs as the usual ones.

    >>> spoken("河西街道 青山路１２号！")
    '河西街道青山路12号'
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if sign.isalnum())


def scores_of(address: str, places: Sequence[NamedPlace], beside_m: float) -> FloatArray:
    """(n,) how much of an address each place explains, with all that lie with it; 0 to 1.

    Parameters
    ----------
    address
        As somebody said it.
    places
        Whose names stand in it.
    beside_m
        What is no farther from a place lies with it.
    """
    whole = spoken(address)
    if not whole or not places:
        return np.zeros(len(places))
    covers = np.array([_covered(whole, spoken(place.name)) for place in places])
    shapes = np.array([place.shape for place in places], dtype=object)
    points = shapely.point_on_surface(shapes)
    far_m = shapely.distance(points[:, None], shapes[None, :])
    reach_m = np.where([place.is_ground for place in places], 0.0, beside_m)
    lies_with = (far_m <= reach_m[None, :]) | np.eye(len(places), dtype=np.bool_)
    return np.array([covers[together].any(axis=0).mean() for together in lies_with])


def _covered(whole: str, name: str) -> np.ndarray:
    """(n_signs,) which signs of an address a name covers, wherever it stands."""
    found = np.zeros(len(whole), np.bool_)
    at = whole.find(name) if name else -1
    while at >= 0:
        found[at : at + len(name)] = True
        at = whole.find(name, at + 1)
    return found
