"""Take in where a team or vehicle is. The last position is all that is kept: there are no tracks."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from shapely.geometry import Point
from sqlalchemy import Connection

from geo.actions.city.load_city import LonLat
from geo.actions.city.plan_access import Hand
from geo.compute.datums import DATUMS, to_wgs84
from geo.errors import Conflict, NotAllowed, Refused
from geo.resources import Resource
from geo.rules.import_limits import import_limits
from geo.store import cases, locate, resources
from geo.store.database import Database


def report_position(
    db: Database, resource_id: int, lonlat: LonLat, position_at: datetime, hand: Hand, datum: str = "WGS-84"
) -> Resource:
    """Put a team where it was at a moment, if that is newer than what is known of it.

    Parameters
    ----------
    db
        Where teams are.
    resource_id
        The team.
    lonlat
        Degrees.
    position_at
        When it was there; aware. The very position that is known is taken again and changes nothing.
    hand
        Whose hand, and when.
    datum
        One of ``geo.compute.datums.DATUMS``.

    Raises
    ------
    NotFound
        If there is no such team.
    NotAllowed
        If it is, or was, outside of the hand's area.
    Refused
        If the time lies in the future, the place outside of the town, or the datum is unknown.
    Conflict
        If a newer position is known, or another of the same time; or if it is a post with a fixed place.
    """
    if datum not in DATUMS:
        raise Refused("datum_unknown", datum=datum, known=", ".join(DATUMS))
    if position_at > hand.at + timedelta(minutes=import_limits().future_slack_minutes):
        raise Refused("position_in_future", time=_told(position_at))
    lon, lat = to_wgs84(np.array([lonlat]), datum)[0].round(7).tolist()
    with db.write() as conn:
        team = resources.lock(conn, resource_id)
        if team.position_at is None:
            raise Conflict("position_of_post", name=team.name)
        _check_place(conn, (lon, lat), team, hand)
        if position_at == team.position_at and team.point.equals(Point(lon, lat)):
            return team
        if position_at <= team.position_at:
            raise Conflict("position_older", name=team.name, known=_told(team.position_at), time=_told(position_at))
        resources.move(conn, resource_id, (lon, lat), position_at)
        return resources.lock(conn, resource_id)


def _check_place(conn: Connection, lonlat: LonLat, team: Resource, hand: Hand) -> None:
    margin_m = import_limits().outside_town_m
    if not cases.is_near_town(conn, lonlat, margin_m):
        lon, lat = lonlat
        raise Refused("position_outside_town", lon=lon, lat=lat, limit_km=f"{margin_m / 1000:g}")
    if hand.area_id is None:
        return
    was = [] if team.point.is_empty else [(team.point.x, team.point.y)]
    for place in (lonlat, *was):
        if not locate.is_within(conn, hand.area_id, place):
            raise NotAllowed("token_outside_area", area=locate.chain_of(conn, hand.area_id)[-1].name)


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
