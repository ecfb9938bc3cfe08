"""Small towns drawn in metres, so that every length is known before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geo.compute.project import Frame
from geo.streets import CLOSED, N_TRAVELS, OPEN, Barriers, Lands, StreetLines, place_keys

FRAME = Frame(103.2, 40.4)
"""Where the drawn towns lie: within a few kilometres lengths drawn and lengths taken agree to 0.1 mm."""

XY = tuple[float, float]


def lonlat_of(xy_m: Sequence[XY]) -> np.ndarray:
    """Drawn metres as degrees, to the grain of a place."""
    return np.round(FRAME.to_lonlat(np.array(xy_m, dtype=float).reshape(-1, 2)), 9)


def lines_of(*drawn: dict[str, Any], **places: Any) -> StreetLines:
    """Lines from ``{"way": [(x, y), ...], "highway": ..., "name": ..., "is_walkable": ...}``; see :func:`access_of`.

    ``places`` are the fields of stops and turns, with their keys.
    """
    points = lonlat_of([point for line in drawn for point in line["way"]])
    return StreetLines(
        lonlat_of_point=points,
        key_of_point=place_keys(points),
        start_of_line=np.concatenate([[0], np.cumsum([len(line["way"]) for line in drawn])]).astype(np.int64),
        highway_of_line=[line.get("highway", "residential") for line in drawn],
        name_of_line=[line.get("name") for line in drawn],
        access_of_line=np.array([access_of(line) for line in drawn], dtype=np.uint8).reshape(-1, N_TRAVELS),
        is_bridge_of_line=np.array([line.get("is_bridge", False) for line in drawn], dtype=bool),
        is_tunnel_of_line=np.array([line.get("is_tunnel", False) for line in drawn], dtype=bool),
        is_steps_of_line=np.array([line.get("is_steps", False) for line in drawn], dtype=bool),
        max_kmh_of_line=np.array([line.get("max_kmh", 0) for line in drawn], dtype=np.float32),
        **places,
    )


def key_at(*xy_m: XY) -> np.ndarray:
    """The keys of drawn places."""
    return place_keys(lonlat_of(xy_m))


def access_of(line: dict[str, Any]) -> Sequence[int]:
    """The five codes of a drawn line; by default it is open on foot and to nobody else."""
    return line.get("access") or (OPEN if line.get("is_walkable", True) else CLOSED, *[CLOSED] * 4)


def barriers_of(*drawn: tuple[str, Sequence[XY], bool]) -> Barriers:
    """Barriers from ``(kind, [(x, y), ...], stops_walkers)``."""
    return Barriers(
        lonlat_of_point=lonlat_of([point for _, way, _ in drawn for point in way]),
        start_of_line=np.concatenate([[0], np.cumsum([len(way) for _, way, _ in drawn])]).astype(np.int64),
        kind_of_line=[kind for kind, _, _ in drawn],
        name_of_line=[None] * len(drawn),
        is_bridge_of_line=np.zeros(len(drawn), dtype=bool),
        stops_walkers_of_line=np.array([stops for _, _, stops in drawn], dtype=bool),
    )


NO_BARRIERS = barriers_of()
NO_LANDS = Lands(wkb=[], kind=[], name=[])
