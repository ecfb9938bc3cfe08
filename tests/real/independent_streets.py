"""Streets of the raw files, by the committed tables of tags, without a line of the product: see independent_figures."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import pyogrio
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

RULES = Path(__file__).parents[2] / "geo" / "rules"
LEAST_COMPONENT_M = 1000.0
CLOSED, OPEN, ENDS_ONLY = 0, 1, 2


class Way(NamedTuple):
    """A line of the file: its points, by key, and its tags."""

    keys: list[int]
    tags: Mapping[str, str]


class Raw(NamedTuple):
    """A file of streets, as it is."""

    ways: list[Way]
    lonlat_of_key: dict[int, tuple[float, float]]
    stops: dict[int, Mapping[str, str]]
    """Tags of points that have a barrier or an entrance tag."""
    lonlat_of_stop: dict[int, tuple[float, float]]
    compounds: list[shapely.Geometry]
    """Surfaces that people live in behind an outline, in degrees."""


class Step(NamedTuple):
    """A street between two neighbouring points."""

    a: int
    b: int
    access: int
    mark: str
    """What breaks a piece where it changes."""


def read_pbf(path: Path) -> Raw:
    raw, tables = Raw([], {}, {}, {}, []), Tables()
    keys = ("highway", "railway", "waterway", "barrier")
    points = osmium.FileProcessor(str(path), osmium.osm.NODE)
    for node in points.with_filter(osmium.filter.KeyFilter("barrier", "entrance")):
        raw.stops[node.id] = dict(node.tags)
        raw.lonlat_of_stop[node.id] = (node.lon, node.lat)
    write = osmium.geom.WKBFactory()
    areas = osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter("landuse"))
    for area in areas.with_filter(osmium.filter.EntityFilter(osmium.osm.AREA)):
        if tables.land_of(area.tags) == "compound" and area.num_rings()[0]:
            raw.compounds.append(shapely.from_wkb(write.create_multipolygon(area)))
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
    raw, number = Raw([], {}, {}, {}, []), {}
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
        self.routable = {highway for travel in ("foot", "bike", "car") for highway in table[travel]["open"]}
        self.driven = set(table["car"]["open"])
        self.code_of_word = {
            word: code
            for name, code in (("closed", CLOSED), ("ends_only", ENDS_ONLY), ("open", OPEN))
            for word in self.foot["values"][name]
        }
        self.barriers, self.stops, self.lands = around["barrier"], around["stops"], around["land"]
        self.gates = table["gates"]
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
        needs_permission = highway in self.foot["by_permission"] or tags.get("motorroad") in self.motorroad
        if needs_permission and not any(tags.get(k) in values for k, values in permits.items() if k != "source"):
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

    def closes(self, tags: Mapping[str, str], *kinds: str) -> bool:
        """Whether a line stops a straight way; of some kinds only, where they are named."""
        kind = _kind(self.barriers, tags)
        if kind is None or (kinds and kind not in kinds) or (kind == "expressway" and self.access(tags) != CLOSED):
            return False
        away = any(tags.get(key, "no") != "no" for key in self.stops["unless"])
        return not away and tags.get("location") not in self.stops["unless_location"]

    def land_of(self, tags: Mapping[str, str]) -> str | None:
        return _kind(self.lands, tags)

    def gate_nearness_m(self, tags: Mapping[str, str]) -> float | None:
        """How near a point must lie to what it leads through; None where it is no gate, or closed to walkers."""
        said = next((code for key in ("foot", "access") if (code := self._code(tags.get(key))) is not None), OPEN)
        for key in ("barrier", "entrance"):
            if tags.get(key) in self.gates[key] and said != CLOSED:
                return float(self.gates[f"{key}_nearness_m"])
        return None

    def _code(self, value: str | None) -> int | None:
        words = [value, *value.split(";")] if value else []
        codes = [self.code_of_word[word.strip()] for word in words if word.strip() in self.code_of_word]
        return OPEN if OPEN in codes else ENDS_ONLY if ENDS_ONLY in codes else CLOSED if codes else None


def _kind(table: Mapping[str, Mapping[str, list[str]]], tags: Mapping[str, str]) -> str | None:
    """The first kind of a table that one of the tags belongs to."""
    for kind, values_of_key in table.items():
        if any(tags.get(key) in values for key, values in values_of_key.items() if key != "source"):
            return kind
    return None


class Streets:
    """Steps that may be walked, and the pieces that they form between junctions."""

    def __init__(self, raw: Raw, tables: Tables) -> None:
        steps = _steps(raw, tables)
        self.lonlat_of_key = dict(raw.lonlat_of_key)
        lon, lat = np.mean(list(self.lonlat_of_key.values()), axis=0)
        self._frame = Transformer.from_crs(4326, f"+proj=aeqd +lon_0={lon} +lat_0={lat} +datum=WGS84", always_xy=True)
        breaks, links = self._cut_at_stops(raw, tables, steps)
        access = _zoned(steps, links, self._metres(steps))
        self.links = [(link.a, link.b) for link in links]
        self.pieces: list[list[int]] = []
        self.is_private: list[bool] = []
        for chain in _chains(steps, breaks):
            code = access[chain[0][0]]
            if code != CLOSED:
                self.pieces.append([key for _, key in chain])
                self.is_private.append(code == ENDS_ONLY)

    def place(self, lonlat: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
        """Degrees to metres about the middle of the streets."""
        return np.column_stack(self._frame.transform(*np.asarray(lonlat, dtype=float).T))

    def _metres(self, steps: list[Step]) -> np.ndarray:
        from_xy_m = self.place([self.lonlat_of_key[step.a] for step in steps])
        return np.hypot(*(from_xy_m - self.place([self.lonlat_of_key[step.b] for step in steps])).T)

    def _cut_at_stops(self, raw: Raw, tables: Tables, steps: list[Step]) -> tuple[set[int], list[Step]]:
        """Streets that meet at a locked gate get ends of their own; who may use the gate goes between the ends."""
        passing = {key: tables.passing(tags) for key, tags in raw.stops.items()}
        stops = {key: tables.stop_of_barrier.get(tags.get("barrier", ""), {}) for key, tags in raw.stops.items()}
        breaks = {key for key, stop in stops.items() if stop.get("closed_to")}
        links, fresh = [], -1
        for number, step in enumerate(steps):
            ends = [step.a, step.b]
            for side, key in enumerate(ends):
                if passing.get(key, OPEN) != OPEN:
                    ends[side], fresh = fresh, fresh - 1
                    self.lonlat_of_key[ends[side]] = self.lonlat_of_key[key]
                    if passing[key] == ENDS_ONLY:
                        links.append(Step(ends[side], key, ENDS_ONLY, ""))
            steps[number] = step._replace(a=ends[0], b=ends[1])
        return breaks, links


def _steps(raw: Raw, tables: Tables) -> list[Step]:
    found: dict[tuple[int, int], Step] = {}
    for keys, tags in raw.ways:
        highway, access = tags.get("highway"), tables.access(tags)
        if highway not in tables.routable and access == CLOSED:
            continue
        mark = f"{access} {highway in tables.driven and highway} {highway == 'steps'}"
        for a, b in pairwise(keys):
            pair = (min(a, b), max(a, b))
            if a != b and (pair not in found or (found[pair].access == CLOSED and access != CLOSED)):
                found[pair] = Step(*pair, access, mark)
    return list(found.values())


def _zoned(steps: list[Step], links: list[Step], metres: np.ndarray) -> list[int]:
    """Access of the steps, without components that are too short; what lies behind private ways is private too."""
    everything = [*steps, *links]
    keys = {key: i for i, key in enumerate(sorted({end for step in everything for end in (step.a, step.b)}))}
    a, b = (np.array([keys[getattr(step, side)] for step in everything]) for side in "ab")
    code = np.array([step.access for step in everything])
    metres = np.concatenate([metres, np.zeros(len(links))])
    whole, part = (_component(a, b, meant, len(keys)) for meant in (code != CLOSED, code == OPEN))
    whole_m = np.bincount(whole[a], weights=metres * (code != CLOSED))
    part_m = np.bincount(part[a], weights=metres * (code == OPEN))
    public: dict[int, int] = {}
    for i in np.flatnonzero(code == OPEN).tolist():
        best = public.get(whole[a[i]])
        if best is None or part_m[part[a[i]]] > part_m[best]:
            public[whole[a[i]]] = part[a[i]]
    for i in range(len(steps)):
        if code[i] != CLOSED and whole_m[whole[a[i]]] < LEAST_COMPONENT_M:
            code[i] = CLOSED
        elif code[i] == OPEN and part[a[i]] != public[whole[a[i]]]:
            code[i] = ENDS_ONLY
    return code[: len(steps)].tolist()


def _component(a: np.ndarray, b: np.ndarray, is_meant: np.ndarray, n: int) -> np.ndarray:
    ends = (a[is_meant], b[is_meant])
    return connected_components(coo_array((np.ones(len(ends[0])), ends), shape=(n, n)), directed=False)[1]


def _chains(steps: list[Step], breaks: set[int]) -> Iterable[list[tuple[int, int]]]:
    """Runs of steps from junction to junction: (step, point) of every point, the first with the first step."""
    at: dict[int, list[int]] = defaultdict(list)
    for number, step in enumerate(steps):
        at[step.a].append(number)
        at[step.b].append(number)
    done = [False] * len(steps)

    def runs_on(key: int) -> bool:
        two = at[key]
        return len(two) == 2 and key not in breaks and steps[two[0]].mark == steps[two[1]].mark

    def chain_from(key: int, number: int) -> list[tuple[int, int]]:
        chain = [(number, key)]
        while not done[number]:
            done[number] = True
            key = steps[number].a + steps[number].b - key
            chain.append((number, key))
            if runs_on(key):
                number = at[key][0] if at[key][1] == number else at[key][1]
        return chain

    for is_ring in (False, True):
        for number, step in enumerate(steps):
            for key in (step.a, step.b):
                if not done[number] and (is_ring or not runs_on(key)):
                    yield chain_from(key, number)
