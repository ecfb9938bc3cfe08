"""What routes that compute while the asker waits have in common: their parameters, who may ask, how much."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.deps import Who
from api.inputs import Word
from geo.errors import NotAllowed
from geo.rules.modes import DEFAULT_MODE, DEFAULT_SURFACE
from geo.rules.request_limits import check_stations_minutes
from geo.store import stations
from geo.store.database import Database

Minutes = Annotated[float, Query(gt=0, allow_inf_nan=False, description="Cutoff; reached itself.", examples=[15])]
ModeKey = Annotated[Word, Query(max_length=50, description="A way of moving.", examples=[DEFAULT_MODE])]
SurfaceKey = Annotated[Word, Query(max_length=50, description="What lies on the ground.", examples=[DEFAULT_SURFACE])]


def city_only(who: Who) -> None:
    """Refuse a token for a part of the city: the report tells of all of it, exactly.

    Raises
    ------
    NotAllowed
        If the token is for an area.
    """
    if who.area_id is not None:
        raise NotAllowed("token_city_only", area=who.area_name)


def check_size(db: Database, minutes: float) -> None:
    """Refuse more than a request may ask for.

    Raises
    ------
    Refused
        Says what was asked, what is allowed, and how to ask for less.
    """
    with db.read() as conn:
        n_stations = len(stations.live(conn))
    check_stations_minutes(n_stations, minutes)
