"""How many people are within 15 minutes on foot, worked out once more by other means, from the raw files.

Nothing of the product is imported: files are read with pyosmium and pyogrio, the committed tables of tags are applied
here, every point of a street is a vertex, lengths are not rounded, joints come from shapely's tree, times from scipy.
Run as a program it prints the figures of the cities of the real data.

The rules, as the README states them: planning walk of 1,000 m in 15 minutes; a place joins every street piece (from
junction to junction) within 200 m at its nearest position, unless the straight way there meets a rail line, river, wall
or expressway; ways that are private may begin or end a walk and are no shortcut, nor is what lies behind them; streets
that hang together with less than 1 km are not used. The gates of compounds are left out: :data:`LEFT_OUT`.
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import pyogrio
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

LEFT_OUT = "gates of compounds: who lives in one with a known gate goes straight to the street here"

RULES = Path(__file__).parents[2] / "geo" / "rules"
WALK_M, CONNECTOR_M, LEAST_COMPONENT_M, AIR_M = 1000.0, 200.0, 1000.0, 1000.0
CLOSED, OPEN, ENDS_ONLY = 0, 1, 2
AT_JOINT_M = 1e-6


class Figures(NamedTuple):
    """People."""

    residents: float
    covered: float
    in_air_circle: float
    near_the_limit: float
    """Those whose walk is within 5 m of the limit, where roundings decide."""


class Way(NamedTuple):
    """A line of the file: its points, by key, and its tags."""

    keys: list[int]
    tags: Mapping[str, str]


class Raw(NamedTuple):
    """A file of streets, as it is."""

    ways: list[Way]
    lonlat_of_key: dict[int, tuple[float, float]]
    stops: dict[int, Mapping[str, str]]
    """Tags of points that have a barrier tag."""


class Step(NamedTuple):
    """A street between two neighbouring points."""

    a: int
    b: int
    access: int
    mark: str
    """What breaks a piece where it changes."""


def read_pbf(path: Path) -> Raw:
    raw = Raw([], {}, {})
    keys = ("highway", "railway", "waterway", "barrier")
    for node in osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.KeyFilter("barrier")):
        raw.stops[node.id] = dict(node.tags)
    file = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    file.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter(*keys))
    for way in file:
        runs: list[list[int]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append(node.ref)
                raw.lonlat_of_key[node.ref] = (node.lon, node.lat)
            else:
                runs.append([])
        raw.ways.extend(Way(run, dict(way.tags)) for run in runs if len(run) > 1)
    return raw


def read_roads(path: Path, layer: str) -> Raw:
    raw, number = Raw([], {}, {}), {}
    for row in pyogrio.read_dataframe(path, layer=layer).to_crs(4326).itertuples():
        for line in shapely.get_parts([row.geometry]):
            keys = []
            for lon, lat in line.coords:
                key = number.setdefault((round(lon * 1e7), round(lat * 1e7)), len(number))
                raw.lonlat_of_key[key] = (lon, lat)
                keys.append(key)
            raw.ways.append(Way(keys, {"highway": row.highway}))
    return raw


class Tables:
    """The committed tables of tags, read here and nowhere else."""

    def __init__(self) -> None:
        table = tomllib.loads((RULES / "way_access.toml").read_text(encoding="utf-8"))
        around = tomllib.loads((RULES / "surroundings.toml").read_text(encoding="utf-8"))
        self.foot = table["foot"]
        self.routable = {
            highway
            for travel in ("foot", "bike", "car")
            for highway in table[travel]["open"]
        }
        self.code_of_word = {
            word: code
            for name, code in (("closed", CLOSED), ("ends_only", ENDS_ONLY), ("open", OPEN))
            for word in self.foot["values"][name]
        }
        self.barriers, self.stops = around["barrier"], around["stops"]
        self.motorroad = table["motorroad"]["motorroad"]
        self.stop_of_barrier = {kind: stop for stop in table["stops"].values() for kind in stop["barrier"]}

    def said(self, tags: Mapping[str, str]) -> int | None:
        """What foot=* says, else nothing."""
        return self._code(tags.get("foot"))

    def access(self, tags: Mapping[str, str]) -> int:
        """Of a way, for walkers."""
        highway, own = tags.get("highway"), self.said(tags)
        if highway not in (*self.foot["open"], *self.foot["by_permission"]):
            return CLOSED
        if own is not None:
            return own
        permits = self.foot["permitted_by"]
        if highway in self.foot["by_permission"] or tags.get("motorroad") in self.motorroad:
            if not any(tags.get(key) in values for key, values in permits.items() if key != "source"):
                return CLOSED
        general = self._code(tags.get("access"))
        return OPEN if general is None else general

    def passing(self, tags: Mapping[str, str]) -> int:
        """Of a point that stands in a way, for walkers."""
        stop = self.stop_of_barrier.get(tags.get("barrier", ""))
        if stop is None:
            return OPEN
        said = next((code for key in ("foot", "access") if (code := self._code(tags.get(key))) is not None), None)
        if stop["openable"] and (said == CLOSED or (said is None and tags.get("locked") == "yes")):
            return ENDS_ONLY
        return OPEN if said is None else said

    def closes(self, tags: Mapping[str, str]) -> bool:
        """Whether a line stops a straight way."""
        kind = next(
            (
                kind
                for kind, values_of_key in self.barriers.items()
                if any(tags.get(key) in values for key, values in values_of_key.items() if key != "source")
            ),
            None,
        )
        if kind is None or (kind == "expressway" and self.access(tags) != CLOSED):
            return False
        away = any(tags.get(key, "no") != "no" for key in self.stops["unless"])
        return not away and tags.get("location") not in self.stops["unless_location"]

    def _code(self, value: str | None) -> int | None:
        words = [value, *value.split(";")] if value else []
        codes = [self.code_of_word[word.strip()] for word in words if word.strip() in self.code_of_word]
        return OPEN if OPEN in codes else ENDS_ONLY if ENDS_ONLY in codes else CLOSED if codes else None
