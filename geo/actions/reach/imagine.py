"""From changes as somebody says them to the town as it would be: loads nothing, keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import shapely

from geo.actions.city.engine import Base
from geo.changes import (
    AddGate,
    AddStation,
    AddStreet,
    Change,
    ChangeHours,
    CloseStation,
    CutStreet,
    LonLat,
    MoveStation,
)
from geo.compute.reach.rejoin import Edits, Imagined, Terms, imagine, joints_as_times, stations_that_feel
from geo.compute.segments import SegmentIndex
from geo.compute.streets.ground import COLUMNS, Ground
from geo.compute.streets.net import Net, Stops, StopsOfPieces, reverse, reversed_stops, stops_of_pieces
from geo.compute.streets.street_edits import Way, nearest_spots
from geo.compute.streets.ways import net_of
from geo.errors import NotFound, Refused
from geo.hours import validate
from geo.rules.edits import edit_rule
from geo.rules.request_limits import check_edits
from geo.rules.way_access import access_rules
from geo.streets import CLOSED
from geo.units import NONE, BoolArray, FloatArray, Int32Array

FAR_LON, FAR_LAT = 180.0, 85.0


@dataclass(frozen=True)
class Scene:
    """What searches need of the town as imagined."""

    net: Net
    """Turned so that searches begin at stations."""
    homes_by_piece: StopsOfPieces
    doors: Stops
    """Of the stations that are there already, for ``net``."""
    new_doors: Stops
    """Of the stations that move or are new, for ``net``."""
    station_of_new: Int32Array
    """(n_new,) a moved station's own number, or a number behind all others."""
    is_gone: BoolArray
    """(n_stations,) closed, or moved away."""
    feels: BoolArray
    """(n_stations,) whose reach streets or gates may have changed."""
    hours_of_station: dict[int, str]
    """By number, those that are to change."""
    added: Sequence[AddStation]


def scene_of(base: Base, changes: Sequence[Change]) -> Scene:
    """Imagine the changes.

    Raises
    ------
    NotFound
        If there is no such station.
    Refused
        If there is nothing to change or too much, a station is closed or moved twice, hours cannot be read, or a place
        lies where nothing of that kind is.
    """
    check_edits(len(changes))
    number = {station.id: i for i, station in enumerate(base.stations)}
    _check(changes, number)
    moved = [change for change in changes if isinstance(change, MoveStation)]
    added = [change for change in changes if isinstance(change, AddStation)]
    gone = [number[change.station_id] for change in changes if isinstance(change, CloseStation | MoveStation)]
    n = len(base.stations)
    town, edits, terms = base.town, _edits(base, changes), _terms(base)
    feels = np.zeros(n, np.bool_)
    if edits is not None:
        imagined = imagine(town, edits, partial(net_of, mode=base.wish.mode, surface=base.wish.surface), terms)
        town, feels = imagined.town, _feel(base, imagined)
    streets = replace(town.ground, streets=base.town.ground.streets) if edits else town.ground
    lonlat = _lonlat([*(change.lonlat for change in moved), *(change.lonlat for change in added)])
    new_doors = joints_as_times(town, streets, streets.frame.to_xy_m(lonlat), terms)
    is_gone = np.zeros(n, np.bool_)
    is_gone[gone] = True
    return Scene(
        net=base.net if edits is None else _searched(base, town.net),
        homes_by_piece=base.homes_by_piece if edits is None else _by_piece(base, town.net, town.homes),
        doors=base.doors if edits is None else _as_searched(base, town.net, town.doors),
        new_doors=_as_searched(base, town.net, new_doors),
        station_of_new=np.array(
            [number[change.station_id] for change in moved] + list(range(n, n + len(added))), np.int32
        ),
        is_gone=is_gone,
        feels=feels,
        hours_of_station={number[c.station_id]: c.opening_hours for c in changes if isinstance(c, ChangeHours)},
        added=added,
    )


def _check(changes: Sequence[Change], number: dict[int, int]) -> None:
    if not changes:
        raise Refused("what_if_nothing")
    gone: set[int] = set()
    for change in changes:
        if isinstance(change, CloseStation | MoveStation | ChangeHours) and change.station_id not in number:
            raise NotFound("what_if_station_unknown", station_id=change.station_id)
        if isinstance(change, CloseStation | MoveStation):
            if change.station_id in gone:
                raise Refused("what_if_station_twice", station_id=change.station_id)
            gone.add(change.station_id)
        hours = getattr(change, "opening_hours", None)
        if hours is not None:
            validate(hours)
        for place in _places(change):
            _check_place(place)


def _places(change: Change) -> Sequence[LonLat]:
    if isinstance(change, AddStreet):
        return change.lonlats
    return (change.lonlat,) if isinstance(change, AddStation | MoveStation | CutStreet | AddGate) else ()


def _check_place(place: LonLat) -> None:
    lon, lat = place
    if not (-FAR_LON <= lon <= FAR_LON and -FAR_LAT <= lat <= FAR_LAT):
        raise Refused("what_if_place_bad", lon=lon, lat=lat)


def _edits(base: Base, changes: Sequence[Change]) -> Edits | None:
    """What changes of streets and gates, or None."""
    if not any(isinstance(change, AddStreet | CutStreet | AddGate) for change in changes):
        return None
    ground = base.town.ground
    gates = [_gate(ground, change) for change in changes if isinstance(change, AddGate)]
    return Edits(
        cuts=_cuts(ground, [change.lonlat for change in changes if isinstance(change, CutStreet)]),
        ways=[_way(base, change) for change in changes if isinstance(change, AddStreet)],
        gates_xy_m=np.array([xy_m for xy_m, _ in gates], dtype=np.float64).reshape(-1, 2),
        outline_of_gate=np.array([outline for _, outline in gates], dtype=np.int32),
    )


def _cuts(ground: Ground, lonlats: Sequence[LonLat]) -> tuple[Int32Array, FloatArray]:
    piece, along_m = nearest_spots(ground, ground.frame.to_xy_m(_lonlat(lonlats)), edit_rule().cut_m)
    for lonlat, found in zip(lonlats, piece.tolist(), strict=True):
        if found == NONE:
            raise Refused("what_if_no_street_to_cut", metres=f"{edit_rule().cut_m:g}", lon=lonlat[0], lat=lonlat[1])
    return piece, along_m


def _way(base: Base, change: AddStreet) -> Way:
    ground, travel = base.town.ground, base.wish.mode.travel
    xy_m = ground.frame.to_xy_m(_lonlat(change.lonlats))
    if len(np.unique(xy_m, axis=0)) < 2:
        raise Refused("what_if_way_short", places=len(np.unique(xy_m, axis=0)))
    marks = access_rules().way({"highway": change.highway})
    access = np.array(marks.access, dtype=np.uint8)[list(COLUMNS[travel])]
    if (access == CLOSED).all() or (marks.is_steps and not base.wish.mode.uses_steps):
        raise Refused("what_if_way_closed", mode=base.wish.mode.key, highway=change.highway)
    return Way(xy_m, access, change.highway)


def _gate(ground: Ground, change: AddGate) -> tuple[FloatArray, int]:
    """Where the gate stands, and in which known outline; NONE where it is in a wall, or in an outline without gates."""
    xy_m = ground.frame.to_xy_m(_lonlat([change.lonlat]))[0]
    found = [_nearest_on(lines, xy_m) for lines in (ground.gateways.outlines, ground.barriers)]
    (outline_m, outline_xy_m, outline), (wall_m, wall_xy_m, _) = found
    if min(outline_m, wall_m) > edit_rule().gate_m:
        lon, lat = change.lonlat
        raise Refused("what_if_no_wall", metres=f"{edit_rule().gate_m:g}", lon=lon, lat=lat)
    return (outline_xy_m, outline) if outline_m <= wall_m else (wall_xy_m, NONE)


def _nearest_on(lines: SegmentIndex, xy_m: FloatArray) -> tuple[float, FloatArray, int]:
    """Distance to the nearest segment, the place there, and its line."""
    if not len(lines.a_xy_m):
        return np.inf, xy_m, NONE
    segments = shapely.linestrings(np.stack([lines.a_xy_m, lines.b_xy_m], axis=1))
    away_m = shapely.distance(segments, shapely.Point(xy_m))
    nearest = int(np.argmin(away_m))
    line = segments[nearest]
    there = shapely.get_coordinates(
        shapely.line_interpolate_point(line, shapely.line_locate_point(line, shapely.Point(xy_m)))
    )
    return float(away_m[nearest]), there[0], int(lines.line_of_segment[nearest])


def _feel(base: Base, imagined: Imagined) -> BoolArray:
    return stations_that_feel(imagined.town.net, imagined, base.of_homes, base.cutoff_ds, base.direction)


def _terms(base: Base) -> Terms:
    return Terms(base.wish.rule.max_connector_m, base.wish.ds_per_m, edit_rule().join_m)


def _lonlat(places: Sequence[LonLat]) -> FloatArray:
    return np.array(places, dtype=np.float64).reshape(-1, 2)


def _searched(base: Base, net: Net) -> Net:
    return reverse(net) if base.direction == "to" else net


def _as_searched(base: Base, net: Net, stops: Stops) -> Stops:
    return reversed_stops(net, stops) if base.direction == "to" else stops


def _by_piece(base: Base, net: Net, homes: Stops) -> StopsOfPieces:
    return stops_of_pieces(_as_searched(base, net, homes), len(net.ds_of_side) // 2)
