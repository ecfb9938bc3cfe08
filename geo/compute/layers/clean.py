"""A layer as somebody drew it, made a coverage: no overlap, no narrow gap, and every change told.

Zones are told apart by their position in the layer and none may get lost. The cleaning is GEOS's (coverage cleaning,
3.14), which on bad input loses polygons or merges them, and filling gaps may give a whole network of narrow ones to one
zone. So its result is held against what came in, mended where that can be done, and called not whole where it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Literal, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.compute.layers.edges import Edges, Shapes, edges_of
from geo.compute.layers.gaps import NO_SHAPES, holes_of, is_narrow, without_narrow_gaps
from geo.compute.layers.notches import borders_m, filled, notches_of, snapped
from geo.compute.layers.overlap import Overlaps, overlaps
from geo.rules.layers import CleanRule
from geo.units import NONE, BoolArray, FloatArray, IntArray

Step = Callable[[float], None]

ChangeKind = Literal["twin", "reshaped", "gone", "strayed"]
"""What became of a zone.

twin: another zone is the same ground, and has it. reshaped: more of its ground changed than goes without saying. gone:
nothing is left of it. strayed: it took more ground than the cleaning of its own border can give.
"""

NOT_WHOLE: tuple[ChangeKind, ...] = ("gone", "strayed")

AREA_SHARE = 1e-9
"""Two sums of areas that differ by no more than this are the same."""

LEAST_GAIN_M2 = 0.1
"""What a zone gains at least before anybody asks where it comes from."""

SNAPS = (1.0, 0.6, 2.0)
"""Where one snapping distance gives a zone's ground to its neighbour (seen in GEOS 3.14 on noisy corners), another may
not: so many times the rule's are tried in turn."""

ROUNDS = 2
"""How often what the cleaning loses is cut free and cleaned again."""


class Change(NamedTuple):
    """What became of one zone."""

    kind: ChangeKind
    zone: int
    other: int
    """The zone that has the ground of a twin; else NONE."""
    xy_m: tuple[float, float]
    """A place inside, or where it was."""
    before_m2: float
    after_m2: float
    moved_m2: float
    """Ground that it had or has, and not both."""


class Gap(NamedTuple):
    """Ground among the zones that no zone has."""

    shape: BaseGeometry
    xy_m: tuple[float, float]
    m2: float


class _Fit(NamedTuple):
    """Zones that fit together, or not."""

    shapes: Shapes
    fits: bool
    strayed: BoolArray

    @property
    def faults(self) -> tuple[bool, int]:
        """Whether they do not fit together, and how many zones got lost or strayed."""
        return not self.fits, int((self.strayed | shapely.is_empty(self.shapes)).sum())


class Cleaned(NamedTuple):
    """A layer that fits together."""

    shapes: Shapes
    """(n_zones,) multipolygons by position; empty for a twin, and for what is gone."""
    twin_of: IntArray
    """(n_zones,) the zone whose ground it is, where it was drawn a second time; else NONE."""
    changes: tuple[Change, ...]
    """By zone."""
    gaps: tuple[Gap, ...]
    """What was left open, the largest first."""
    overlaps: Overlaps
    """Ground that zones shared as they were drawn."""
    n_narrow: int
    """How many of the gaps are no wider than what is filled: no zone has more than a strip of its border on them."""
    is_whole: bool
    """Whether all zones are there, fit together to the last corner, and sum up to the ground that they cover."""


def clean_layer(drawn: Shapes, rule: CleanRule, step: Step = lambda _share: None) -> Cleaned:
    """Make a layer a coverage.

    Parameters
    ----------
    drawn
        (n_zones,) valid polygons or multipolygons in metres, as they were drawn.
    rule
        What may be changed, and what is told.
    step
        Told the share done, 0..1, before each part that takes long.
    """
    step(0.0)
    edges = edges_of(drawn)
    shared = overlaps(edges, edges, least_m2=rule.snap_m**2)
    twin_of = _twins(shapely.area(drawn), shared, rule.twin_share)
    kept = np.flatnonzero(twin_of == NONE)
    fit = _fitted(drawn[kept], rule, step)
    step(0.6)
    shapes, gaps = _closed(drawn[kept], fit, rule, step) if fit.fits else (fit.shapes, NO_SHAPES)
    step(0.9)
    after = np.full(len(drawn), shapely.MultiPolygon(), dtype=object)
    after[kept] = shapes
    is_strayed = np.zeros(len(drawn), np.bool_)
    is_strayed[kept] = fit.strayed
    changes = tuple(_changes(drawn, after, twin_of, is_strayed, rule.told_share))
    is_whole = fit.fits and not any(change.kind in NOT_WHOLE for change in changes)
    n_narrow = int(is_narrow(gaps, rule.gap_width_m).sum()) if rule.gap_width_m else 0
    return Cleaned(after, twin_of, changes, _told(gaps), shared, n_narrow, is_whole)


def _fitted(drawn: Shapes, rule: CleanRule, step: Step) -> _Fit:
    """Of some ways of snapping, the first by which no zone is lost or strays; else the one by which fewest are."""
    fits = []
    for tried, times in enumerate(SNAPS, start=1):
        step(tried / 10)
        fits += _fit(drawn, rule, rule.snap_m * times)
        if fits and fits[-1].faults == (False, 0):
            return fits[-1]
    nothing_done = _Fit(_multi(drawn), fits=False, strayed=np.zeros(len(drawn), np.bool_))
    return min(fits, key=attrgetter("faults"), default=nothing_done)


def _fit(drawn: Shapes, rule: CleanRule, snap_m: float) -> list[_Fit]:
    """Corners nearer than a distance made one, all gaps open; nothing where GEOS cannot."""
    shapes = _cleaned(drawn, snap_m)
    return [] if shapes is None else [_Fit(shapes, is_coverage(shapes), _strayed(drawn, shapes, rule))]


def _closed(drawn: Shapes, fit: _Fit, rule: CleanRule, step: Step) -> tuple[Shapes, Shapes]:
    """Zones that fit together with the narrow gaps between them, and the gaps that are left."""
    fit = _filled(drawn, fit, rule)
    step(0.8)
    fit, notches = _closed_at_edge(drawn, fit, rule)
    holes = holes_of(fit.shapes)
    if rule.gap_width_m and is_narrow(holes, rule.gap_width_m).any():  # what was open to the outside may be a hole now
        fit = _filled(drawn, fit, rule)
        holes = holes_of(fit.shapes)
    return fit.shapes, np.concatenate([holes, notches])


def _filled(drawn: Shapes, fit: _Fit, rule: CleanRule) -> _Fit:
    """Zones with the narrow holes between them, but for those that stray by it."""
    grown = _multi(without_narrow_gaps(fit.shapes, rule.gap_width_m)) if rule.gap_width_m else fit.shapes
    if not is_coverage(grown):
        return fit
    return fit._replace(shapes=np.where(_new_strays(drawn, fit, grown, rule), fit.shapes, grown))


def _closed_at_edge(drawn: Shapes, fit: _Fit, rule: CleanRule) -> tuple[_Fit, Shapes]:
    """Zones with the narrow gaps between them that are open to the outside; and those of these gaps that are left."""
    there = np.flatnonzero(~shapely.is_empty(fit.shapes))
    if not rule.gap_width_m or len(there) < 2:
        return fit, NO_SHAPES
    notches = notches_of(fit.shapes[there], rule.gap_width_m)
    for times in SNAPS:
        grown = filled(fit.shapes[there], notches, rule.snap_m * times) if notches.is_its.any() else None
        if grown is None or not is_coverage(grown):
            continue
        shapes = fit.shapes.copy()
        shapes[there] = _multi(grown)
        astray = _new_strays(drawn, fit, shapes, rule)[there]
        if not astray.any():
            return fit._replace(shapes=shapes), notches.shapes[~notches.is_its]
        notches = notches._replace(is_its=notches.is_its & ~astray[notches.zone])
    return fit, notches.shapes


def _twins(m2: FloatArray, shared: Overlaps, twin_share: float) -> IntArray:
    """The first zone with the same ground, for every zone that was drawn again."""
    twin_of = np.full(len(m2), NONE, np.int64)
    is_twin = shared.m2 >= twin_share * np.maximum(m2[shared.a], m2[shared.b])
    for first, later in zip(shared.a[is_twin].tolist(), shared.b[is_twin].tolist(), strict=True):
        if twin_of[later] == NONE:
            twin_of[later] = first if twin_of[first] == NONE else twin_of[first]
    return twin_of


def _cleaned(drawn: Shapes, snap_m: float) -> Shapes | None:
    """Cleaned by GEOS, all gaps left open; what it loses is cut out of what it lies in, and cleaned again."""
    shapes, found = drawn, snapped(drawn, snap_m)
    for _ in range(ROUNDS):
        if found is None or not shapely.is_empty(found).any():
            break
        shapes = _cut_free(shapes, np.flatnonzero(shapely.is_empty(found)))
        found = snapped(shapes, snap_m)
    return None if found is None else _multi(found)


def _multi(shapes: Shapes) -> Shapes:
    """Multipolygons all, the empty ones too."""
    parts, index = shapely.get_parts(shapes, return_index=True)
    found = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(parts, indices=index, out=found)
    return found


def _cut_free(shapes: Shapes, lost: IntArray) -> Shapes:
    """Zones that were lost, taken out of larger ones that they overlap."""
    m2, freed = shapely.area(shapes), shapes.copy()
    i, j = shapely.STRtree(shapes).query(shapes[lost], predicate="intersects")
    for small, large in zip(lost[i].tolist(), j.tolist(), strict=True):
        if (m2[small], small) < (m2[large], large):
            freed[large] = shapely.difference(freed[large], shapes[small])
    return np.where(shapely.is_empty(freed), shapes, _multi(freed))


def _new_strays(drawn: Shapes, fit: _Fit, shapes: Shapes, rule: CleanRule) -> BoolArray:
    """Whether a zone has strayed that had not before; those that are as they were are not looked at again."""
    strayed = np.zeros(len(drawn), np.bool_)
    grown = np.flatnonzero(_is_touched(fit.shapes, shapes) & ~fit.strayed)
    strayed[grown] = _strayed(drawn[grown], shapes[grown], rule)
    return strayed


def _strayed(drawn: Shapes, shapes: Shapes, rule: CleanRule) -> BoolArray:
    """Whether a zone gained ground that is no strip along its own border."""
    width_m = max(rule.gap_width_m, rule.snap_m)
    touched = np.flatnonzero(_is_touched(drawn, shapes))
    parts, zone = shapely.get_parts(shapely.difference(shapes[touched], drawn[touched]), return_index=True)
    zone = touched[zone]
    is_large = shapely.area(parts) > max(width_m**2, rule.snap_m, LEAST_GAIN_M2)
    parts, zone = parts[is_large], zone[is_large]
    is_astray = shapely.area(parts) > width_m * borders_m(parts, drawn[zone])
    strayed = np.zeros(len(drawn), np.bool_)
    strayed[zone[is_astray]] = True
    return strayed


def _is_touched(drawn: Shapes, shapes: Shapes) -> BoolArray:
    """(n_zones,) whether a zone is another shape than it was, whatever corner it begins at."""
    before, after = shapely.normalize(_multi(drawn)), shapely.normalize(shapes)
    return np.asarray(~shapely.equals_identical(before, after))


def _changes(
    drawn: Shapes, after: Shapes, twin_of: IntArray, strayed: BoolArray, told_share: float
) -> Iterator[Change]:
    before_m2, after_m2 = shapely.area(drawn), shapely.area(after)
    touched, moved_m2 = np.flatnonzero(_is_touched(drawn, after)), np.zeros(len(drawn))
    moved_m2[touched] = shapely.area(shapely.symmetric_difference(drawn[touched], after[touched]))
    is_told = (moved_m2 > told_share * before_m2) | (np.abs(after_m2 - before_m2) > told_share * before_m2)
    is_told |= shapely.is_empty(after) | strayed
    places = shapely.get_coordinates(shapely.point_on_surface(np.where(shapely.is_empty(after), drawn, after)))
    for zone in np.flatnonzero(is_told).tolist():
        kind: ChangeKind = "strayed" if strayed[zone] else "reshaped"
        if after[zone].is_empty:
            kind = "gone" if twin_of[zone] == NONE else "twin"
        x_m, y_m = places[zone].tolist()
        yield Change(
            kind,
            zone,
            int(twin_of[zone]),
            (x_m, y_m),
            before_m2[zone].item(),
            after_m2[zone].item(),
            moved_m2[zone].item(),
        )


def _told(gaps: Shapes) -> tuple[Gap, ...]:
    """Gaps with a place in each, the largest first."""
    places = shapely.get_coordinates(shapely.point_on_surface(gaps))
    found = [Gap(shape, (x, y), shape.area) for shape, (x, y) in zip(gaps, places.tolist(), strict=True)]
    return tuple(sorted(found, key=lambda gap: (-gap.m2, gap.xy_m)))


def is_coverage(shapes: Shapes) -> bool:
    """Whether valid polygons fit together: no overlap, no corner against a side, and no more ground than they cover.

    GEOS's own test takes a polygon whose hole touches its outer ring for a fault of its neighbours (seen in 3.14); so
    where it sees a fault, what lies there is judged by arithmetic.
    """
    if not shapely.is_valid(shapes).all():
        return False
    there = shapes[~shapely.is_empty(shapes)]
    if len(there) > 1 and not shapely.coverage_is_valid(there):
        faulty = there[~shapely.is_empty(shapely.coverage_invalid_edges(there))]
        near = np.unique(shapely.STRtree(there).query(faulty, predicate="intersects")[1])
        if not _fits(there[near]):
            return False
    sum_m2 = float(shapely.area(there).sum())
    return bool(abs(sum_m2 - shapely.coverage_union_all(there).area) <= AREA_SHARE * sum_m2)


def _fits(shapes: Shapes) -> bool:
    """Whether every border has one polygon on either side, and those with one only are the border of all together."""
    edges: Edges = edges_of(shapes)
    there = dict.fromkeys(map(tuple, edges.ends.tolist()), 0)
    if len(there) < len(edges.ends):
        return False
    outer_m = sum(float(np.hypot(bx - ax, by - ay)) for ax, ay, bx, by in there if (bx, by, ax, ay) not in there)
    union = shapely.union_all(shapes)
    is_even = abs(union.area - shapely.area(shapes).sum()) <= AREA_SHARE * union.area
    return bool(is_even and abs(union.length - outer_m) <= AREA_SHARE * union.length)
