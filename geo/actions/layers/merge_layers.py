"""Propose one net for several: rebase every layer on units, merge, and tell what it does to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geo.actions.layers.audit_layers import RESIDENTS, crosswalk_rows
from geo.actions.layers.load_layers import LoadedLayer, LoadedLayers, load_layers
from geo.actions.work.layer_units import ground_of_units, stored_units
from geo.compute.crosswalk import Crosswalk, crosswalk
from geo.compute.layers.merge import GAP, LOOSE, OUTVOTED, STAYED, Merged, MergeUnits, merge
from geo.compute.layers.rebase import Rebased, rebase
from geo.errors import NotFound, Refused
from geo.imports.places import as_multipolygon
from geo.layers import CityUnits, Doubt, GivenCell, MergedZone, MergeProposal, MergeWish, SplitZone
from geo.provenance import digest_of
from geo.rules.layers import layer_rules
from geo.store.database import Database
from geo.units import NONE, FloatArray, IntArray

UnitsOf = Callable[[Connection, str | None], CityUnits]
"""Where units come from: of the community with a code, or of all."""

REASONS = {OUTVOTED: "outvoted", LOOSE: "loose", GAP: "gap"}


class _Case(NamedTuple):
    """Layers on units, merged."""

    loaded: LoadedLayers
    base: int
    units: CityUnits
    inside_xy_m: FloatArray
    rebased: Sequence[Rebased]
    merged: Merged
    code: Sequence[str]
    """Of every zone of the result."""

    @property
    def counts(self) -> FloatArray:
        """(n_units, 3) residents, households, homes."""
        return np.column_stack([self.units.residents, self.units.households, self.units.homes])

    @property
    def base_layer(self) -> LoadedLayer:
        """The layer that the result goes back to."""
        return self.loaded.layers[self.base]

    def code_of(self, zone: int) -> str | None:
        """What a zone of the result is called."""
        return None if zone == NONE else self.code[zone]


class _Doors(NamedTuple):
    """Everybody who lives in the communities, door by door."""

    zone: IntArray
    """(n_homes,) the zone of the result."""
    zone_of_layer: IntArray
    """(n_layers, n_homes)"""
    counts: FloatArray
    """(n_homes, 3) residents, households, homes."""


def merge_layers(
    db: Database, wish: MergeWish, units_of: UnitsOf = stored_units, step: Callable[[float], None] | None = None
) -> MergeProposal:
    """A proposal of one net for several.

    Raises
    ------
    NotFound
        If there is no layer of a name, or no community with units.
    Refused
        If only one layer is asked about.
    """
    with db.read() as conn:
        return merge_within(conn, wish, units_of, step)


def merge_within(
    conn: Connection, wish: MergeWish, units_of: UnitsOf = stored_units, step: Callable[[float], None] | None = None
) -> MergeProposal:
    """The same within a transaction."""
    tell = step or (lambda _share: None)
    names = (*wish.layers, wish.base) if wish.layers else ()
    loaded = load_layers(conn, names)
    units = units_of(conn, wish.community)
    if len(loaded.layers) < 2:
        raise Refused("layer_two_needed", count=len(loaded.layers))
    tell(0.3)
    case = _merged(loaded, wish.base, units)
    tell(0.8)
    doors = _doors(case)
    tables = [crosswalk(zone, doors.zone, doors.counts) for zone in doors.zone_of_layer]
    return MergeProposal(
        **vars(replace(loaded.made, inputs_hash=_hash(loaded, wish, units))),
        base=wish.base,
        layers=[one.layer.name for one in loaded.layers],
        residents=float(units.residents.sum()),
        units=len(units.shapes),
        zones=_zones(case, doors),
        given=sorted(_given(case), key=lambda cell: (-cell.residents, -cell.units, cell.lonlat)),
        split=sorted(_split(case, tables), key=lambda zone: (-zone.residents, zone.layer, zone.code)),
        doubts=sorted(_doubts(case), key=lambda doubt: (-doubt.residents, doubt.layer, doubt.lonlat)),
        crosswalks={
            one.layer.name: crosswalk_rows(table, one.code, case.code_of)
            for one, table in zip(loaded.layers, tables, strict=True)
        },
        zone_of_unit=[
            (community, no, case.code_of(zone))
            for community, no, zone in zip(
                units.community.tolist(), units.unit_no.tolist(), case.merged.zone_of_unit.tolist(), strict=True
            )
        ],
    )


def _hash(loaded: LoadedLayers, wish: MergeWish, units: CityUnits) -> str:
    """Of the layers and homes, and of what they are put together from: the units, by who lives in them and their
    borders.
    """
    return digest_of(loaded.made.inputs_hash, wish.base, wish.community, tuple(units[1:]))


def _merged(loaded: LoadedLayers, base_name: str, units: CityUnits) -> _Case:
    base = next((i for i, one in enumerate(loaded.layers) if one.layer.name == base_name), None)
    if base is None:
        known = ", ".join(one.layer.name for one in loaded.layers)
        raise NotFound("layer_not_stored", name=base_name, known=known)
    rules = layer_rules()
    ground = ground_of_units(units, loaded.frame)
    rebased = [rebase(ground, one.edges, rules.sure_share) for one in loaded.layers]
    zone = np.array([one.zone_of_unit for one in rebased])
    taken = MergeUnits(zone, units.community, units.residents, units.neighbours, units.border_m)
    merged = merge(taken, base, rules.least_border_m)
    codes = _codes([loaded.layers[base].zones[no].code for no in merged.base_zone.tolist()])
    return _Case(loaded, base, units, ground.inside_xy_m, rebased, merged, codes)


def _codes(base_codes: Sequence[str]) -> list[str]:
    """The code of the base's zone; the second and later zones that go back to one get a number."""
    seen: Counter[str] = Counter()
    codes = []
    for code in base_codes:
        seen[code] += 1
        codes.append(code if seen[code] == 1 else f"{code}-{seen[code]}")
    return codes


def _doors(case: _Case) -> _Doors:
    """A unit goes as a whole where most of it lies; who lives in the rest of it moves, and is told of so."""
    home = np.searchsorted(case.loaded.homes.id, case.units.home_id)
    zone = case.merged.zone_of_unit[case.units.unit_of_home]
    return _Doors(zone, case.loaded.zone_of_home[:, home], case.loaded.counts[home])


def _zones(case: _Case, doors: _Doors) -> list[MergedZone]:
    merged, n = case.merged, len(case.code)
    is_in = merged.zone_of_unit != NONE
    zone, counts = merged.zone_of_unit[is_in], case.counts[is_in]
    residents, households, homes = (np.bincount(zone, weights=column, minlength=n) for column in counts.T)
    has = doors.zone != NONE
    is_gained = merged.base_zone[doors.zone[has]] != doors.zone_of_layer[case.base, has]
    gained = np.bincount(doors.zone[has], weights=doors.counts[has, RESIDENTS] * is_gained, minlength=n)
    units = np.bincount(zone, minlength=n)
    return [
        MergedZone(
            code=case.code[k],
            base_code=case.base_layer.zones[no].code,
            name=case.base_layer.zones[no].name,
            community_id=int(merged.community[k]),
            units=int(units[k]),
            homes=int(homes[k]),
            households=float(households[k]),
            residents=float(residents[k]),
            gained_residents=float(gained[k]),
            shape=shape,
        )
        for k, (no, shape) in enumerate(zip(merged.base_zone.tolist(), _shapes(case), strict=True))
    ]


def _shapes(case: _Case) -> list[BaseGeometry]:
    """The ground of every zone: its units together."""
    zone = case.merged.zone_of_unit
    order = np.argsort(zone, kind="stable")
    bounds = np.searchsorted(zone[order], np.arange(len(case.code) + 1))
    shapes = np.array(case.units.shapes, dtype=object)[order]
    return [as_multipolygon(shapely.coverage_union_all(shapes[a:b])) for a, b in pairwise(bounds.tolist())]


def _given(case: _Case) -> Iterator[GivenCell]:
    """Every cell that is not where the base has it."""
    merged = case.merged
    _, first = np.unique(merged.cell_of_unit, return_index=True)
    units = np.bincount(merged.cell_of_unit)
    residents = np.bincount(merged.cell_of_unit, weights=case.units.residents)
    given = np.flatnonzero(merged.reason_of_cell != STAYED)
    places = case.loaded.lonlat(case.inside_xy_m[first[given]])
    for cell, lonlat in zip(given.tolist(), places, strict=True):
        unit = first[cell]
        yield GivenCell(
            reason=REASONS[int(merged.reason_of_cell[cell])],
            from_code=case.base_layer.code(int(case.rebased[case.base].zone_of_unit[unit])),
            to_code=case.code_of(int(merged.zone_of_unit[unit])),
            units=int(units[cell]),
            residents=float(residents[cell]),
            lonlat=lonlat,
        )


def _split(case: _Case, tables: Sequence[Crosswalk]) -> Iterator[SplitZone]:
    """Every zone of a layer that goes into more than one zone of the result."""
    for one, table in zip(case.loaded.layers, tables, strict=True):
        is_both = (table.before != NONE) & (table.after != NONE)
        zone, people = table.before[is_both], table.amounts[is_both, RESIDENTS]
        n = len(one.zones)
        zones, residents, largest = np.bincount(zone, minlength=n), np.bincount(zone, people, n), np.zeros(n)
        np.maximum.at(largest, zone, people)
        for k in np.flatnonzero(zones > 1).tolist():
            share = float(largest[k] / residents[k]) if residents[k] else None
            yield SplitZone(one.layer.name, one.zones[k].code, int(zones[k]), float(residents[k]), share)


def _doubts(case: _Case) -> Iterator[Doubt]:
    units = case.units
    for one, rebased in zip(case.loaded.layers, case.rebased, strict=True):
        asked: IntArray = rebased.questions
        for unit, lonlat in zip(asked.tolist(), case.loaded.lonlat(case.inside_xy_m[asked]), strict=True):
            yield Doubt(
                layer=one.layer.name,
                community_id=int(units.community[unit]),
                unit_no=int(units.unit_no[unit]),
                code=one.code(int(rebased.zone_of_unit[unit])),
                next_code=one.code(int(rebased.next_zone[unit])),
                share_inside=float(rebased.share_inside[unit]),
                residents=float(units.residents[unit]),
                lonlat=lonlat,
            )
