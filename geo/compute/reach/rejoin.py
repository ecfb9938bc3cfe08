"""A town with imagined streets and gates: only what they can touch is computed anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from geo.compute.reach.nearest import nearest_of_homes
from geo.compute.reach.pairs import PairsOfHomes
from geo.compute.streets.ground import Ground
from geo.compute.streets.net import Net, Stops, reverse, reversed_stops, stops_of
from geo.compute.streets.street_edits import Way, edit_streets
from geo.units import NONE, BoolArray, FloatArray, Int32Array, IntArray


class Town(NamedTuple):
    """Streets and who joins them. Joints are those of trips that begin at the points."""

    ground: Ground
    net: Net
    """As it was built, not turned."""
    doors_xy_m: FloatArray
    homes_xy_m: FloatArray
    doors: Stops
    homes: Stops


class Edits(NamedTuple):
    """What is imagined of streets and gates."""

    cuts: tuple[Int32Array, FloatArray]
    """Pieces, and metres along each."""
    ways: Sequence[Way]
    gates_xy_m: FloatArray
    """(n_gates, 2)"""
    outline_of_gate: Int32Array
    """(n_gates,) NONE where it is in a wall only."""


class Terms(NamedTuple):
    """How points join streets."""

    max_connector_m: float
    ds_per_m: float
    """Of connectors."""
    join_m: float
    """How near a corner of a drawn way must be to a street to join it."""


class Imagined(NamedTuple):
    """A town as somebody imagines it."""

    town: Town
    """Its ground indexes the new pieces only."""
    seeds: Stops
    """Everything whose reach may have changed: the new pieces, and the homes that changed their joints."""
    is_changed_of_home: BoolArray
    """(n_homes,) homes whose joints with old pieces may have changed."""
    is_changed_of_door: BoolArray
    """(n_doors,) doors whose joints with old pieces may have changed, or that join new ones: a trip between two places
    on one new piece comes by none of its ends."""


def imagine(town: Town, edits: Edits, build: Callable[[Ground], Net], terms: Terms) -> Imagined:
    """Put gates, cuts and ways into a town.

    Parameters
    ----------
    town
        As it is.
    edits
        What is imagined.
    build
        Makes the network of a ground.
    terms
        How points join streets.
    """
    gated, at_homes, at_doors = _with_gates(town, edits, terms)
    edited = edit_streets(gated.ground, edits.cuts, edits.ways, terms.join_m)
    net = build(edited.ground) if edited.ground.n_pieces > edited.first_new else gated.net
    ground = edited.ground
    doors = _rejoined(gated.doors, _near_new(ground, town.doors_xy_m, terms), ground, net, (town.doors_xy_m, terms))
    homes = _rejoined(gated.homes, _near_new(ground, town.homes_xy_m, terms), ground, net, (town.homes_xy_m, terms))
    new = np.arange(edited.first_new, ground.n_pieces, dtype=np.int32)
    changed = of_points(homes, np.flatnonzero(at_homes))
    seeds = joined_stops(_ends_of(net, new), changed)
    joins_new = np.zeros(len(at_doors), np.bool_)
    owner = np.repeat(np.arange(len(at_doors)), np.diff(doors.start_of_point))
    joins_new[owner[doors.piece_of_joint >= edited.first_new]] = True
    return Imagined(Town(ground, net, *town[2:4], doors, homes), seeds, at_homes, at_doors | joins_new)


def joints_as_times(town: Town, ground: Ground, xy_m: FloatArray, terms: Terms) -> Stops:
    """Joints of any points in an imagined town; ``ground`` is the one with the old pieces."""
    old = stops_of(ground, town.net, ground.joints(xy_m, terms.max_connector_m), terms.ds_per_m)
    near = _near_new(town.ground, xy_m, terms) if town.ground is not ground else np.empty(0, np.int64)
    return _rejoined(old, near, town.ground, town.net, (xy_m, terms))


def stations_that_feel(
    net: Net, imagined: Imagined, of_homes: PairsOfHomes, cutoff_ds: int, direction: str
) -> BoolArray:
    """Which stations' reach may have changed.

    Parameters
    ----------
    net
        The imagined network as it was built.
    imagined
        The imagined town.
    of_homes
        Who reached whom before.
    cutoff_ds
        Reached itself.
    direction
        ``to``: trips end at stations; ``from``: they begin there.
    """
    doors = imagined.town.doors
    if direction == "to":
        found = nearest_of_homes(net, imagined.seeds, doors, 1, cutoff_ds)
    else:
        seeds = reversed_stops(net, imagined.seeds)
        found = nearest_of_homes(reverse(net), seeds, reversed_stops(net, doors), 1, cutoff_ds)
    feels: BoolArray = (found[0][:, 0] != NONE) | imagined.is_changed_of_door
    n_of_home = np.diff(of_homes.start_of_home)
    feels[of_homes.station_of_pair[np.repeat(imagined.is_changed_of_home, n_of_home)]] = True
    return feels


def _with_gates(town: Town, edits: Edits, terms: Terms) -> tuple[Town, BoolArray, BoolArray]:
    """The town with its new gates, and which homes and doors may use them."""
    ground, gateways = town.ground, town.ground.gateways
    if not len(edits.gates_xy_m):
        return town, np.zeros(len(town.homes_xy_m), np.bool_), np.zeros(len(town.doors_xy_m), np.bool_)
    gated = replace(
        ground,
        gateways=gateways._replace(
            xy_m_of_gate=np.concatenate([gateways.xy_m_of_gate, edits.gates_xy_m]),
            outline_of_gate=np.concatenate([gateways.outline_of_gate, edits.outline_of_gate]),
        ),
    )
    far_m = max(terms.max_connector_m, ground.max_inside_m)
    stops, touched = [], []
    for xy_m, old in ((town.homes_xy_m, town.homes), (town.doors_xy_m, town.doors)):
        square = ((xy_m[:, None, :] - edits.gates_xy_m[None, :, :]) ** 2).sum(axis=2)
        is_near = (square <= far_m**2).any(axis=1)
        points = np.flatnonzero(is_near)
        fresh = stops_of(gated, town.net, gated.joints(xy_m[points], terms.max_connector_m), terms.ds_per_m)
        owner = np.repeat(np.arange(len(xy_m)), np.diff(old.start_of_point))
        stops.append(_merged(len(xy_m), (old, owner, ~is_near[owner]), (fresh, points)))
        touched.append(is_near)
    return town._replace(ground=gated, homes=stops[0], doors=stops[1]), touched[0], touched[1]


def _near_new(ground: Ground, xy_m: FloatArray, terms: Terms) -> IntArray:
    """Points within a connector's length of the box around any new piece, ascending."""
    streets = ground.streets
    is_near = np.zeros(len(xy_m), np.bool_)
    for line in np.unique(streets.line_of_segment):
        of_line = streets.line_of_segment == line
        ends = np.concatenate([streets.a_xy_m[of_line], streets.b_xy_m[of_line]])
        far_m = terms.max_connector_m + (ground.max_inside_m if len(ground.gateways.xy_m_of_gate) else 0.0)
        is_near |= ((xy_m >= ends.min(axis=0) - far_m) & (xy_m <= ends.max(axis=0) + far_m)).all(axis=1)
    return np.flatnonzero(is_near)


def _rejoined(old: Stops, near: IntArray, ground: Ground, net: Net, at: tuple[FloatArray, Terms]) -> Stops:
    """What is left of old joints, and the joints of near points with new pieces."""
    xy_m, terms = at
    fresh = stops_of(ground, net, ground.joints(xy_m[near], terms.max_connector_m), terms.ds_per_m)
    is_kept = (net.ds_of_side.reshape(-1, 2) != NONE).any(axis=1)[old.piece_of_joint]
    owner = np.repeat(np.arange(len(xy_m)), np.diff(old.start_of_point))
    return _merged(len(xy_m), (old, owner, is_kept), (fresh, near))


def _merged(n_points: int, old: tuple[Stops, IntArray, BoolArray], fresh: tuple[Stops, IntArray]) -> Stops:
    """Some joints of old (with their owners, and which are kept) and all fresh ones (with their points), by point."""
    (kept, owner, is_kept), (more, points) = old, fresh
    point = np.concatenate([owner[is_kept], np.repeat(points, np.diff(more.start_of_point))])
    order = np.argsort(point, kind="stable")
    return Stops(
        np.concatenate([[0], np.cumsum(np.bincount(point, minlength=n_points))]).astype(np.int64),
        np.concatenate([kept.piece_of_joint[is_kept], more.piece_of_joint])[order],
        np.concatenate([kept.at_ds_of_joint[is_kept], more.at_ds_of_joint])[order],
        np.concatenate([kept.connector_ds_of_joint[is_kept], more.connector_ds_of_joint])[order],
    )


def _ends_of(net: Net, pieces: Int32Array) -> Stops:
    """One point that lies at both ends of all the pieces, at no cost: whoever reaches a piece reaches it."""
    ds = net.ds_of_side.reshape(-1, 2)[pieces]
    zero = np.zeros_like(ds[:, 0])
    at_from, at_to = np.stack([zero, ds[:, 1]], axis=1), np.stack([ds[:, 0], zero], axis=1)
    return Stops(
        np.array([0, 2 * len(pieces)], dtype=np.int64),
        np.concatenate([pieces, pieces]),
        np.concatenate([at_from, at_to]),
        np.zeros(2 * len(pieces), np.int32),
    )


def of_points(stops: Stops, points: IntArray) -> Stops:
    """The joints of some points."""
    owner = np.repeat(np.arange(len(stops.start_of_point) - 1), np.diff(stops.start_of_point))
    taken = np.flatnonzero(np.isin(owner, points))
    n_of_point = np.diff(stops.start_of_point)[points]
    return Stops(
        np.concatenate([[0], np.cumsum(n_of_point)]).astype(np.int64),
        stops.piece_of_joint[taken],
        stops.at_ds_of_joint[taken],
        stops.connector_ds_of_joint[taken],
    )


def joined_stops(one: Stops, other: Stops) -> Stops:
    """The points of both."""
    return Stops(
        np.concatenate([one.start_of_point, one.start_of_point[-1] + other.start_of_point[1:]]),
        *(np.concatenate([a, b]) for a, b in zip(one[1:], other[1:], strict=True)),
    )
