"""Whether a station may be kept as somebody wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from shapely.geometry import Point
from sqlalchemy import Connection

from geo import hours
from geo.compute.project import Frame
from geo.errors import NotAllowed, Refused
from geo.imports.places import Town
from geo.rules.import_limits import import_limits
from geo.store import locate
from geo.store.areas import town_shape


def check_values(conn: Connection, values: Mapping[str, Any]) -> None:
    """Hours that can be read, a place in or near the town, an entrance near the place.

    Parameters
    ----------
    conn
        Where the town's areas are.
    values
        Columns of ``station``; those that are missing are not checked.

    Raises
    ------
    Refused
        With the first of these that does not hold.
    """
    if values.get("opening_hours") is not None:
        hours.validate(values["opening_hours"])
    point, entrance = values.get("geom"), values.get("entrance")
    if point is not None and not Town(town_shape(conn)).reaches(point.x, point.y):
        limit_km = import_limits().outside_town_m / 1000
        raise Refused("station_outside_town", lon=point.x, lat=point.y, limit_km=f"{limit_km:g}")
    if point is not None and entrance is not None:
        _check_entrance(point, entrance)


def check_area(conn: Connection, point: Point, area_id: int | None) -> None:
    """A place within the area that somebody answers for; None: anywhere.

    Raises
    ------
    NotAllowed
        If it lies outside.
    """
    if area_id is not None and not locate.is_within(conn, area_id, (point.x, point.y)):
        raise NotAllowed("token_outside_area", area=locate.chain_of(conn, area_id)[-1].name)


def _check_entrance(point: Point, entrance: Point) -> None:
    ends_lonlat = np.array([[point.x, point.y], [entrance.x, entrance.y]])
    x_m, y_m = np.diff(Frame.of(ends_lonlat).to_xy_m(ends_lonlat), axis=0)[0]
    metres, limit = round(float(np.hypot(x_m, y_m))), import_limits().entrance_within_m
    if metres > limit:
        raise Refused("station_entrance_far", metres=metres, limit=f"{limit:g}")
