"""Change by hand how many are on duty in a team or at a post, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo import hours
from geo.actions.city.plan_access import Hand
from geo.errors import NotAllowed
from geo.resources import Resource
from geo.store import locate, resources
from geo.store.database import Database


def edit_resource(db: Database, resource_id: int, values: Mapping[str, Any], version: int, hand: Hand) -> Resource:
    """Change what somebody knows better, unless it changed since they read it.

    Parameters
    ----------
    db, resource_id, version
        Which one, as it was read.
    values
        Columns of ``geo.store.resources.EDITABLE`` that are to change.
    hand
        Whose hand, and when.

    Raises
    ------
    NotFound
        If there is none.
    StaleVersion
        If it changed since.
    NotAllowed
        If it is, or was last seen, outside the hand's area, or nobody knows where.
    Refused
        If the hours cannot be read.
    """
    if values.get("duty_hours") is not None:
        hours.validate(values["duty_hours"])
    with db.write() as conn:
        team = resources.lock(conn, resource_id)
        if hand.area_id is not None:
            place = None if team.point.is_empty else (team.point.x, team.point.y)
            if place is None or not locate.is_within(conn, hand.area_id, place):
                raise NotAllowed("token_outside_area", area=locate.chain_of(conn, hand.area_id)[-1].name)
        return resources.edit(conn, resource_id, values, version, hand.at)
