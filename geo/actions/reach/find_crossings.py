"""Find where one crossing of a barrier would bring most people within the time: load -> compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely

from geo.actions.city.engine import Base, Engine
from geo.actions.city.load_city import roads
from geo.compute.reach.crossings import (
    Crossings,
    Town,
    best_apart,
    homes_gained,
    of_crossings,
    people_gained,
    worth_a_look,
)
from geo.compute.reach.minutes import times_of_nodes
from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.streets.facing import Ends, Facing, facing_positions
from geo.compute.streets.net import Net, Stops, reversed_stops, round_half_up, stops_of
from geo.compute.streets.ways import zoned_access
from geo.errors import Refused
from geo.honesty import Crossing, CrossingReport, CrossingWish, Heads
from geo.rules.honesty import honesty_rule
from geo.rules.modes import DS_PER_M_AT_1_KMH
from geo.rules.modes import mode as mode_of
from geo.store.barriers import barriers_met
from geo.store.database import Database
from geo.streets import OPEN
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class Best(NamedTuple):
    """The best crossings, best first."""

    n_pairs: int
    """Facing positions that were looked at."""
    n_helpful: int
    """Crossings that bring anybody within the time."""
    lines: Sequence[shapely.LineString]
    """EPSG:4326."""
    metres: FloatArray
    pieces: Int32Array
    """(n, 2) of the ground, which each joins."""
    homes: Sequence[Int32Array]
    """Whom each brings."""


def find_crossings(
    db: Database, engine: Engine, wish: CrossingWish, at: datetime, step: Callable[[float], None] | None = None
) -> CrossingReport:
    """Where a crossing would help most.

    ``step`` is told the share done, 0 to 1; what it raises calls the computation off.

    Only public streets are joined: a way into a private zone would change what is private.

    Raises
    ------
    StreetsMissing
        If no streets have been loaded.
    NotFound
        If there is no such mode or surface.
    Refused
        If the minutes are out of range, none is asked for, or the mode is a car.
    """
    if wish.most < 1:
        raise Refused("crossings_none_asked", most=wish.most)
    if mode_of(wish.mode).travel == "car":
        raise Refused("crossings_by_car", mode=wish.mode)
    base = engine.base(wish.mode, wish.surface, wish.minutes, at, step=step)
    best = best_crossings(base, wish)
    if step is not None:
        step(0.95)
    with db.read() as conn:
        barriers = barriers_met(conn, best.lines)
    rule = honesty_rule().crossing
    return CrossingReport(
        provenance=base.provenance.depending_on("crossings", rule, wish.area_id),
        max_m=rule.max_m,
        apart_m=rule.apart_m,
        n_pairs=best.n_pairs,
        n_helpful=best.n_helpful,
        crossings=[
            Crossing(
                line=best.lines[i],
                metres=float(metres),
                barriers=barriers[i],
                streets=(_name(base, best.pieces[i, 0]), _name(base, best.pieces[i, 1])),
                gained=_heads(base, best.homes[i]),
                grids=_grids(base, best.homes[i]),
            )
            for i, metres in enumerate(best.metres)
        ],
    )


def best_crossings(base: Base, wish: CrossingWish) -> Best:
    """Where they are, and whom they bring within the time."""
    rule, (ground, built) = honesty_rule().crossing, roads(base.laid, base.wish)
    is_usable = _is_usable(zoned_access(ground) == OPEN, built)
    facing = facing_positions(ground.streets, ground.barriers, is_usable, rule.step_m, rule.max_m)
    town, crossings = _town(base), _crossings(base, built, facing)
    is_told_of_home = base.city.is_in_area(wish.area_id)
    gain = people_gained(town, crossings, base.homes.residents * is_told_of_home)
    middle_xy_m = (facing.one.xy_m + facing.other.xy_m)[crossings.pair] / 2
    metres = facing.metres[crossings.pair]
    best = of_crossings(crossings, best_apart(middle_xy_m, gain, metres, rule.apart_m, wish.most))
    gained = homes_gained(town, best)
    homes = [gained.of(i) for i in range(len(best.pair))]
    return Best(
        n_pairs=len(facing.metres),
        n_helpful=int((gain > 0).sum()),
        lines=_lines(base, facing, best.pair),
        metres=facing.metres[best.pair],
        pieces=np.stack([facing.one.piece[best.pair], facing.other.piece[best.pair]], axis=1),
        homes=[home[is_told_of_home[home]] for home in homes],
    )


def _is_usable(is_public_of_side: BoolArray, built: Net) -> BoolArray:
    """(n_pieces,) public and open both ways."""
    is_open_of_side = is_public_of_side & (built.ds_of_side != NONE)
    usable: BoolArray = is_open_of_side.reshape(-1, 2).all(axis=1)
    return usable


def _town(base: Base) -> Town:
    return Town(
        net=base.net,
        ds_of_vertex=times_of_nodes(base.net, base.doors, base.cutoff_ds),
        homes=base.homes_by_piece,
        is_covered_of_home=np.diff(base.of_homes.start_of_home) > 0,
        cutoff_ds=base.cutoff_ds,
    )


def _crossings(base: Base, built: Net, facing: Facing) -> Crossings:
    """Those over which somebody would be sooner at the far end than now."""
    one, other = _stops(base, built, facing.one), _stops(base, built, facing.other)
    times = _times(base, one), _times(base, other)
    crossing_ds = round_half_up(facing.metres * _ds_per_m(base))
    return worth_a_look((one, other), times, crossing_ds, base.cutoff_ds)


def _ds_per_m(base: Base) -> float:
    """Of the crossing itself."""
    mode = base.wish.mode
    return base.wish.ds_per_m if mode.travel == "foot" else DS_PER_M_AT_1_KMH / mode.kmh


def _stops(base: Base, built: Net, ends: Ends) -> Stops:
    plain = stops_of(base.ground, built, ends.joints(), base.wish.ds_per_m)
    return reversed_stops(built, plain) if base.direction == "to" else plain


def _times(base: Base, ends: Stops) -> Int32Array:
    nearest_ds, _ = nearest_of_homes(base.net, base.doors, ends, 1, base.cutoff_ds)
    return nearest_ds[:, 0]


def _lines(base: Base, facing: Facing, pairs: IntArray) -> list[shapely.LineString]:
    to_lonlat = base.ground.frame.to_lonlat
    ends = np.stack([to_lonlat(facing.one.xy_m[pairs]), to_lonlat(facing.other.xy_m[pairs])], axis=1)
    return list(shapely.linestrings(ends))


def _name(base: Base, piece: int) -> str | None:
    """What the street of a piece is called."""
    name: str | None = base.laid.graph.name_of_piece[base.ground.number_of_piece[piece]]
    return name


def _heads(base: Base, home: Int32Array) -> Heads:
    homes = base.homes
    return Heads(*(float(counts[home].sum()) for counts in (homes.residents, homes.elderly, homes.children)))


def _grids(base: Base, home: Int32Array) -> list[tuple[int, str, str, float]]:
    grid = base.grid_of_home[home]
    is_here = grid != NONE
    residents = np.bincount(grid[is_here], weights=base.homes.residents[home[is_here]], minlength=len(base.grids))
    named = [(g.id, g.code, g.name, float(n)) for g, n in zip(base.grids, residents, strict=True) if n > 0]
    return sorted(named, key=lambda entry: (-entry[3], entry[1]))
