"""Who would be without help within the minutes while stations and teams are busy, and who should move up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from geo.actions.city.engine import Base, Engine
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.dispatch.judge_helpers import FULL, judge
from geo.compute.reach.coverage import polygon_of_points
from geo.compute.reach.move_up import Movers, best_move, covered_alone
from geo.compute.reach.pairs import Pairs, PairsOfHomes, by_home, homes_within, is_covered
from geo.compute.streets.net import reversed_stops, stops_of
from geo.cover_left import CoverLeft, KindLeft, Suggestion, Thin, Without
from geo.helpers import Family, Helper
from geo.rules.dispatch import CoverRule, dispatch_rule
from geo.store import helpers as rows
from geo.store import locate
from geo.store.database import Database
from geo.units import NONE, BoolArray, FloatArray, IntArray

THIN_LEVEL = "subdistrict"
"""The level at which free helpers are counted."""


@dataclass(frozen=True)
class _Scene:
    """Stations of the base, then teams: who reaches whom, and who is there and free."""

    base: Base
    helpers: list[Helper]
    pairs: Pairs
    of_homes: PairsOfHomes
    is_present: BoolArray
    """Open, or with a known position, busy or not."""
    is_free: BoolArray
    residents: FloatArray
    """(n_homes,) 0 outside of the asker's area."""
    others: FloatArray
    """(n_homes,) those outside of it."""
    is_own: BoolArray
    """Works in the asker's area."""
    area_of_helper: IntArray
    """Index into the subdistricts, or NONE."""
    is_seen_of_area: BoolArray
    """(n_subdistricts,) whether the asker answers for it."""


def cover_left(db: Database, engine: Engine, cache: HelperCache, at: datetime, area_id: int | None = None) -> CoverLeft:
    """The cover that free stations and teams give, against what those give that are there at all.

    Parameters
    ----------
    db
        Where stations, teams and cases are.
    engine, cache
        Who reaches whom, and who can help.
    at
        Aware, in the city's time zone.
    area_id
        Only its people and subdistricts count; None: everybody.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    """
    rule = dispatch_rule().cover
    base = engine.base(rule.mode, rule.surface, rule.minutes, at)
    scene, digest = _scene(db, base, cache, at, area_id)
    kinds = sorted({(helper.family != "station", helper.kind) for helper in scene.helpers})
    left = [_kind_left(scene, "resource" if is_team else "station", kind, rule) for is_team, kind in kinds]
    return CoverLeft(at, left, base.provenance.depending_on("cover left", at, area_id, digest))


def _scene(db: Database, base: Base, cache: HelperCache, at: datetime, area_id: int | None) -> tuple[_Scene, str]:
    """The scene, and a hash of who is there."""
    with db.read() as conn:
        known = cache.helpers(conn, rows.versions(conn))
        seen = None if area_id is None else locate.areas_within(conn, area_id)
    teams = [team for team in known.of_resources if team.position_at is not None]  # no post moves up to another place
    helpers = [*(Helper.of_station(station) for station in base.stations), *teams]
    pairs = _with_teams(base, teams)
    verdicts = [judge(helper, at, known.busy_of(helper), cache.hours_state).against for helper in helpers]
    is_free = np.array([against is None for against in verdicts], np.bool_)
    is_full = np.array([against is not None and against.key == FULL for against in verdicts], np.bool_)
    subdistricts = base.city.areas_of(THIN_LEVEL)
    lonlat = np.array([helper.lonlat for helper in helpers], np.float64).reshape(-1, 2)
    is_inside = base.city.is_in_area(area_id)
    own = [area.shape for area in base.city.areas if area_id in {None, area.id}]
    scene = _Scene(
        base=base,
        helpers=helpers,
        pairs=pairs,
        of_homes=by_home(pairs, len(base.homes)),
        is_present=is_free | is_full,
        is_free=is_free,
        residents=base.homes.residents * is_inside,
        others=base.homes.residents * ~is_inside,
        is_own=(polygon_of_points(lonlat, np.array(own, dtype=object)) != NONE) | (area_id is None),
        area_of_helper=polygon_of_points(lonlat, np.array([area.shape for area in subdistricts], dtype=object)),
        is_seen_of_area=np.array([seen is None or area.id in seen for area in subdistricts], np.bool_),
    )
    return scene, known.digest


def _with_teams(base: Base, teams: list[Helper]) -> Pairs:
    """The rows of the stations, then those of the teams from where they were last seen."""
    xy_m = base.ground.frame.to_xy_m(np.array([team.lonlat for team in teams], np.float64).reshape(-1, 2))
    joints = base.ground.joints(xy_m, base.wish.rule.max_connector_m)
    stops = stops_of(base.ground, base.town.net, joints, base.wish.ds_per_m)
    if base.direction == "to":
        stops = reversed_stops(base.town.net, stops)
    own = homes_within(base.net, stops, base.homes_by_piece, len(base.homes), base.cutoff_ds)
    first = base.pairs.start_of_station
    return Pairs(
        np.concatenate([first, first[-1] + own.start_of_station[1:]]),
        np.concatenate([base.pairs.home_of_pair, own.home_of_pair]),
        np.concatenate([base.pairs.ds_of_pair, own.ds_of_pair]),
    )


def _kind_left(scene: _Scene, family: Family, kind: str, rule: CoverRule) -> KindLeft:
    is_kind = np.array([(helper.family, helper.kind) == (family, kind) for helper in scene.helpers], np.bool_)
    is_present, is_free = scene.is_present & is_kind, scene.is_free & is_kind
    cutoff_ds = scene.base.cutoff_ds
    has_any, has_free = (is_covered(scene.of_homes, which, cutoff_ds) for which in (is_present, is_free))
    left = KindLeft(
        kind=kind,
        family=family,
        present=int(is_present.sum()),
        free=int(is_free.sum()),
        residents_present=float(scene.residents[has_any].sum()),
        residents_free=float(scene.residents[has_free].sum()),
        minimum=rule.minimum(kind),
        thin=_thin(scene, is_present, is_free, rule.minimum(kind).free),
        without=_without(scene, has_any & ~has_free, rule.most_grids),
        move_up=None,
    )
    return replace(left, move_up=_move_up(scene, left, is_present, is_free)) if left.is_short else left


def _thin(scene: _Scene, is_present: BoolArray, is_free: BoolArray, wanted: int) -> list[Thin]:
    """Subdistricts with fewer free than wanted, though they have as many, or with fewer than all that they have."""
    subdistricts = scene.base.city.areas_of(THIN_LEVEL)
    present, free = _n_of_area(scene, is_present), _n_of_area(scene, is_free)
    minimum = np.minimum(present, wanted)
    return [
        Thin(subdistricts[i].id, subdistricts[i].name, int(present[i]), int(free[i]), int(minimum[i]))
        for i in np.flatnonzero((free < minimum) & scene.is_seen_of_area).tolist()
    ]


def _n_of_area(scene: _Scene, which: BoolArray) -> IntArray:
    """(n_subdistricts,) how many of some helpers are in each."""
    area = scene.area_of_helper[which & (scene.area_of_helper != NONE)]
    return np.bincount(area, minlength=len(scene.is_seen_of_area))


def _without(scene: _Scene, is_without: BoolArray, most: int) -> list[Without]:
    grids, grid = scene.base.grids, scene.base.grid_of_home
    counts = is_without & (grid != NONE)
    residents = np.bincount(grid[counts], weights=scene.residents[counts], minlength=len(grids))
    ordered = np.argsort(-residents, kind="stable")[:most]
    return [
        Without(grids[i].id, grids[i].code, grids[i].name, float(residents[i]))
        for i in ordered.tolist()
        if residents[i] > 0
    ]


def _move_up(scene: _Scene, left: KindLeft, is_present: BoolArray, is_free: BoolArray) -> Suggestion | None:
    """Whoever works at a station moves to a full one of its kind, teams to any station.

    Nobody leaves a subdistrict that would be under its minimum then, and nobody moves at another area's cost.
    """
    is_station = np.arange(len(scene.helpers)) < len(scene.base.stations)
    is_target = is_present & ~is_free if left.family == "station" else is_station
    area, minimum = scene.area_of_helper, np.minimum(_n_of_area(scene, is_present), left.minimum.free)
    is_spare = np.append(_n_of_area(scene, is_free) > minimum, True)  # the last: of those in no subdistrict
    costs_others = covered_alone(scene.of_homes, is_free, scene.others) > 0
    movers = Movers(is_free, is_free & scene.is_own & ~costs_others, area, is_spare[area])
    move = best_move(scene.pairs, scene.of_homes, movers, is_target, scene.residents)
    if move is None:
        return None
    return Suggestion(scene.helpers[move.helper], scene.helpers[move.station], move.people)
