"""How much one request may ask for: the typed face of request_limits.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from geo.errors import Refused
from geo.units import MINUTES_PER_HOUR


@dataclass(frozen=True)
class RequestLimits:
    """The limits, each with its source in the file."""

    minutes: int
    station_minutes: int
    """Stations times minutes of an answer computed while the asker waits."""
    instants: int
    """Moments of one profile."""
    instant_stations: int
    """Moments times stations of one profile."""
    nearest: int
    reach_cutoffs: int
    reach_km: int
    edits: int
    """Changes in one what-if."""
    jobs_unfinished: int
    jobs_running: int
    jobs_kept: int
    jobs_kept_minutes: int
    listeners: int
    listeners_per_token: int
    listen_again_s: int
    """After so long somebody who found no room may come back."""
    listen_replay: int
    """Steps that a listener is told again."""
    passed_over_mb: int
    """Of a body that is refused."""
    layer_mb: int
    """Of a layer that is sent as GeoJSON."""
    export_cases: int
    """Cases of one file."""


@cache
def request_limits() -> RequestLimits:
    """The limits of geo/rules/request_limits.toml."""
    text = (resources.files("geo.rules") / "request_limits.toml").read_text(encoding="utf-8")
    return RequestLimits(**{name: entry["value"] for name, entry in tomllib.loads(text).items()})


def check_stations_minutes(stations: int, minutes: float) -> None:
    """Refuse an answer computed from too many stations for too long.

    Raises
    ------
    Refused
        Says what was asked, what is allowed, and how to ask for less.
    """
    limits = request_limits()
    if minutes > limits.minutes:
        raise Refused("request_minutes_many", minutes=f"{minutes:g}", most=limits.minutes)
    if stations * minutes > limits.station_minutes:
        fewer = int(limits.station_minutes / minutes)
        shorter = limits.station_minutes // stations
        raise Refused(
            "request_stations_many",
            stations=stations,
            minutes=f"{minutes:g}",
            asked=round(stations * minutes),
            most=limits.station_minutes,
            fewer=fewer,
            shorter=shorter,
        )


def check_instants(instants: int, stations: int) -> None:
    """Refuse a profile of too many moments.

    Raises
    ------
    Refused
        Says what was asked, what is allowed, and how to ask for less.
    """
    limits = request_limits()
    most = min(limits.instants, limits.instant_stations // max(stations, 1))
    if instants > most:
        raise Refused("request_instants_many", instants=instants, stations=stations, most=most)


def check_nearest(wanted: int) -> None:
    """Refuse a longer list of nearest stations than anybody reads.

    Raises
    ------
    Refused
        Says what was asked and what is allowed.
    """
    if wanted > request_limits().nearest:
        raise Refused("request_nearest_many", wanted=wanted, most=request_limits().nearest)


def check_reach(minutes: Sequence[float], fastest_kmh: float) -> None:
    """Refuse shapes that are too many or too large.

    Raises
    ------
    Refused
        Says what was asked, what is allowed, and how to ask for less.
    """
    limits = request_limits()
    if not 0 < len(minutes) <= limits.reach_cutoffs:
        raise Refused("request_cutoffs_many", cutoffs=len(minutes), most=limits.reach_cutoffs)
    longest = max(minutes)
    most = min(limits.minutes, int(limits.reach_km / fastest_kmh * MINUTES_PER_HOUR))
    if longest > most:
        raise Refused("request_reach_far", minutes=f"{longest:g}", kmh=f"{fastest_kmh:.3g}", most=most)


def check_edits(edits: int) -> None:
    """Refuse a what-if of too many changes.

    Raises
    ------
    Refused
        Says what was asked and what is allowed.
    """
    if edits > request_limits().edits:
        raise Refused("request_edits_many", edits=edits, most=request_limits().edits)
