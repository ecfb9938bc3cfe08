"""Hold the nets of all departments against each other: by door, by pair, by ground and by people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import shapely

from geo.actions.layers.load_layers import LoadedLayer, LoadedLayers, load_layers
from geo.compute.crosswalk import Crosswalk, crosswalk, sums
from geo.compute.layers.audit import (
    Ground,
    amounts_of,
    covered_both,
    ground_of,
    kept_share,
    moved_homes,
    slivers,
    zones_holding,
)
from geo.compute.layers.edges import Edges, edges_of, located
from geo.compute.layers.overlap import Overlaps, overlaps
from geo.errors import Refused
from geo.imports.places import is_on_earth
from geo.layers import (
    AuditReport,
    CrosswalkRow,
    CrosswalkTable,
    Doors,
    Layer,
    LayerFigures,
    LonLat,
    MovedHome,
    NetAt,
    PairFigures,
    Sliver,
)
from geo.provenance import digest_of
from geo.rules.layers import layer_rules
from geo.store import layers, people
from geo.store.database import Database
from geo.units import NONE, FloatArray, IntArray

RESIDENTS, HOUSEHOLDS, HOMES = range(3)
"""Columns of what is counted."""


def audit_layers(db: Database, names: Sequence[str] = (), step: Callable[[float], None] | None = None) -> AuditReport:
    """The audit of some layers; of all where no names are given.

    Raises
    ------
    NotFound
        If there is none of a name, or none at all.
    """
    tell = step or (lambda _share: None)
    with db.read() as conn:
        loaded = load_layers(conn, names)
    tell(0.2)
    ground = ground_of([one.cleaned for one in loaded.layers])
    tell(0.4)
    figures = [_layer(loaded, ground, i) for i in range(len(loaded.layers))]
    tell(0.6)
    pairs = [_pair(loaded, i, j) for i, j in combinations(range(len(loaded.layers)), 2)]
    tell(0.9)
    residents = loaded.homes.residents
    both = covered_both(loaded.zone_of_home, residents)
    everybody = float(residents.sum())
    return AuditReport(
        **vars(loaded.made),
        layers=figures,
        pairs=[_pair_figures(loaded, ground, both, pair) for pair in pairs],
        doors=_doors(loaded),
        slivers=_worst_slivers(loaded, pairs),
        homes=len(residents),
        residents=everybody,
        town_m2=None if loaded.town is None else float(loaded.town.area),
    )


def nets_at(db: Database, lonlat: LonLat, names: Sequence[str] = ()) -> tuple[list[Layer], list[NetAt]]:
    """The layers asked about, and every net of theirs that covers a place.

    Raises
    ------
    NotFound
        If there is none of a name, or none at all.
    Refused
        If nobody can live at the place.
    """
    if not is_on_earth(*lonlat):
        raise Refused("layer_place_bad", place=f"{lonlat[0]:g},{lonlat[1]:g}")
    with db.read() as conn:
        asked = layers.live_layers(conn, names)
        return asked, layers.nets_at(conn, lonlat, asked)


def cross_layers(db: Database, from_name: str, to_name: str) -> CrosswalkTable:
    """Whom each zone of one layer has in common with each of another: most residents first within a zone.

    Raises
    ------
    NotFound
        If there is no layer of a name.
    Refused
        If both are the same.
    """
    if from_name == to_name:
        raise Refused("layer_two_needed", count=1)
    with db.read() as conn:
        loaded = load_layers(conn, (from_name, to_name))
    i, j = sorted((0, 1), key=lambda k: loaded.layers[k].layer.name != from_name)
    found = crosswalk(loaded.zone_of_home[i], loaded.zone_of_home[j], loaded.counts)
    rows = crosswalk_rows(found, loaded.layers[i].code, loaded.layers[j].code)
    made = loaded.made
    return CrosswalkTable(rows, replace(made, inputs_hash=digest_of(made.inputs_hash, from_name, to_name)))


def crosswalk_rows(
    found: Crosswalk, from_code: Callable[[int], str | None], to_code: Callable[[int], str | None]
) -> list[CrosswalkRow]:
    """A table of pairs with what the zones are called, and the share of each zone's residents."""
    people = found.amounts[:, RESIDENTS]
    of_from, of_to = (sums(side, found.amounts[:, :1]).of(side)[:, 0] for side in (found.before, found.after))
    order = np.lexsort((found.after, -people, found.before)).tolist()
    return [
        CrosswalkRow(
            from_code=from_code(int(found.before[k])),
            to_code=to_code(int(found.after[k])),
            homes=int(found.amounts[k, HOMES]),
            households=float(found.amounts[k, HOUSEHOLDS]),
            residents=float(people[k]),
            share_of_from=float(people[k] / of_from[k]) if of_from[k] else None,
            share_of_to=float(people[k] / of_to[k]) if of_to[k] else None,
        )
        for k in order
    ]


def homes_moved(db: Database, name: str) -> list[MovedHome]:
    """Every home that cleaning a layer put elsewhere than it was drawn: most residents first.

    Raises
    ------
    NotFound
        If there is no layer of that name.
    """
    with db.read() as conn:
        loaded = load_layers(conn, (name,))
        (one,), homes = loaded.layers, loaded.homes
        moved = moved_homes(loaded.homes_xy_m, edges_of(one.drawn), one.edges)
        called = people.names_of(conn, homes.id[moved.home].tolist())
    drawn_in = zones_holding(loaded.homes_xy_m[moved.home], one.drawn)
    found = [
        MovedHome(
            home_id=int(homes.id[home]),
            name=called.get(int(homes.id[home])),
            lonlat=(float(homes.lonlat[home, 0]), float(homes.lonlat[home, 1])),
            residents=float(homes.residents[home]),
            drawn_in=[one.zones[zone].code for zone in before],
            code=one.code(after),
        )
        for home, after, before in zip(moved.home.tolist(), moved.after.tolist(), drawn_in, strict=True)
    ]
    return sorted(found, key=lambda home: (-home.residents, home.home_id))


def _nets_of_homes(loaded: LoadedLayers) -> IntArray:
    """(n_homes,) how many layers have a zone at the door."""
    number: IntArray = (loaded.zone_of_home != NONE).sum(axis=0)
    return number


def _doors(loaded: LoadedLayers) -> list[Doors]:
    number, n = _nets_of_homes(loaded), len(loaded.layers) + 1
    residents, households, homes = (np.bincount(number, weights=one, minlength=n) for one in loaded.counts.T)
    return [Doors(k, int(homes[k]), float(households[k]), float(residents[k])) for k in range(n)]


def _layer(loaded: LoadedLayers, ground: Ground, i: int) -> LayerFigures:
    one, residents = loaded.layers[i], loaded.homes.residents
    drawn: Edges = edges_of(one.drawn)
    shared = overlaps(drawn, drawn, layer_rules().clean.snap_m ** 2)
    _, n_drawn = located(loaded.homes_xy_m, drawn)
    moved = moved_homes(loaded.homes_xy_m, drawn, one.edges).home
    is_in = loaded.zone_of_home[i] != NONE
    inside_m2 = None if loaded.town is None else _shared_m2(one, loaded.town)
    return LayerFigures(
        name=one.layer.name,
        department=one.layer.department,
        kind=one.layer.kind,
        zones=len(one.zones),
        twins=sum(zone.twin_no is not None for zone in one.zones),
        ground_m2=float(ground.m2[i]),
        gap_m2=None if inside_m2 is None or loaded.town is None else max(loaded.town.area - inside_m2, 0.0),
        beyond_m2=None if inside_m2 is None else max(float(ground.m2[i]) - inside_m2, 0.0),
        overlap_m2=float(shared.m2.sum()),
        overlaps=len(shared.m2),
        open_gaps=len(one.layer.gaps),
        changes=len(one.layer.changes),
        homes_inside=int(is_in.sum()),
        residents_inside=float(residents[is_in].sum()),
        residents_in_none=float(residents[~is_in].sum()),
        residents_in_several=float(residents[n_drawn > 1].sum()),
        homes_moved=len(moved),
        residents_moved=float(residents[moved].sum()),
    )


def _shared_m2(one: LoadedLayer, town: shapely.Geometry) -> float:
    return float(shapely.area(shapely.intersection(shapely.coverage_union_all(one.cleaned), town)))


class _Pair(NamedTuple):
    """Two layers, whom their zones have in common, and the slivers among them."""

    i: int
    j: int
    both: Crosswalk
    slivers: Overlaps
    counts: FloatArray
    """(n_slivers, 3)"""


def _pair(loaded: LoadedLayers, i: int, j: int) -> _Pair:
    a, b = loaded.layers[i], loaded.layers[j]
    both = crosswalk(loaded.zone_of_home[i], loaded.zone_of_home[j], loaded.counts)
    thin = slivers(a.edges, b.edges, a.m2, b.m2, layer_rules().sliver_share)
    return _Pair(i, j, both, thin, amounts_of(both, thin.a, thin.b))


def _pair_figures(loaded: LoadedLayers, ground: Ground, people: FloatArray, pair: _Pair) -> PairFigures:
    i, j, both_m2 = pair.i, pair.j, float(ground.both_m2[pair.i, pair.j])
    both, only_a, only_b = people[i, j], people[i, i] - people[i, j], people[j, j] - people[i, j]
    turned = Crosswalk(pair.both.after, pair.both.before, pair.both.amounts)
    return PairFigures(
        a=loaded.layers[i].layer.name,
        b=loaded.layers[j].layer.name,
        both_m2=both_m2,
        only_a_m2=max(float(ground.m2[i]) - both_m2, 0.0),
        only_b_m2=max(float(ground.m2[j]) - both_m2, 0.0),
        residents_both=float(both),
        residents_only_a=float(only_a),
        residents_only_b=float(only_b),
        residents_neither=float(loaded.homes.residents.sum() - both - only_a - only_b),
        kept_a_share=kept_share(pair.both),
        kept_b_share=kept_share(turned),
        slivers=len(pair.slivers.m2),
        slivers_m2=float(pair.slivers.m2.sum()),
        residents_in_slivers=float(pair.counts[:, RESIDENTS].sum()),
    )


def _worst_slivers(loaded: LoadedLayers, pairs: Sequence[_Pair]) -> list[Sliver]:
    """The slivers with most people, then most ground; only these are cut out to find a place in them."""
    found = [
        (-pair.counts[k, RESIDENTS], -pair.slivers.m2[k], pair.i, pair.j, k)
        for pair in pairs
        for k in range(len(pair.slivers.m2))
    ]
    kept = sorted(found)[: layer_rules().most_slivers]
    pair_of = {(pair.i, pair.j): pair for pair in pairs}
    return list(_slivers(loaded, [(pair_of[i, j], k) for _, _, i, j, k in kept]))


def _slivers(loaded: LoadedLayers, chosen: Sequence[tuple[_Pair, int]]) -> Iterator[Sliver]:
    for pair, k in chosen:
        a, b = loaded.layers[pair.i], loaded.layers[pair.j]
        zone_a, zone_b = int(pair.slivers.a[k]), int(pair.slivers.b[k])
        common = shapely.intersection(a.cleaned[zone_a], b.cleaned[zone_b])
        (lonlat,) = loaded.lonlat(shapely.get_coordinates(shapely.point_on_surface(common)))
        yield Sliver(
            layer_a=a.layer.name,
            zone_a=a.zones[zone_a].code,
            layer_b=b.layer.name,
            zone_b=b.zones[zone_b].code,
            m2=float(pair.slivers.m2[k]),
            homes=int(pair.counts[k, HOMES]),
            residents=float(pair.counts[k, RESIDENTS]),
            lonlat=lonlat,
        )
