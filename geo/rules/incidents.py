"""How incidents are placed, compared and kept: the typed face of incidents.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class IncidentRule:
    """The numbers of geo/rules/incidents.toml."""

    border_within_m: float
    """Grids whose border is nearer than this see an incident, too."""
    similar_within_m: float
    similar_within: timedelta
    asset_within: timedelta
    longest_asset: int
    asset_code_digits: int
    """Of a code by the standard ..."""
    asset_district_digits: int
    """... of which so many say the district."""
    moved_m: float
    """What a later file tells of a place that is nearer is the register's rounding."""
    caller_within: timedelta
    most_suggested: int
    requests_kept: timedelta
    request_key_lengths: tuple[int, int]
    """The least and the most signs of a request's own key."""
    longest_reason: int
    longest_unit: int
    longest_address: int
    beside_m: float
    """What is no farther from a place lies with it."""
    deferred_most: timedelta
    most_named: int
    """Places that are looked at for one address."""


@cache
def incident_rule() -> IncidentRule:
    """The rule in force."""
    data = tomllib.loads((resources.files("geo.rules") / "incidents.toml").read_text(encoding="utf-8"))
    return IncidentRule(
        border_within_m=data["border"]["within_m"],
        similar_within_m=data["similar"]["within_m"],
        similar_within=timedelta(hours=data["similar"]["hours"]),
        asset_within=timedelta(days=data["asset"]["days"]),
        longest_asset=data["asset"]["longest"],
        asset_code_digits=data["asset"]["code_digits"],
        asset_district_digits=data["asset"]["district_digits"],
        moved_m=data["moved"]["at_least_m"],
        caller_within=timedelta(days=data["caller"]["days"]),
        most_suggested=data["caller"]["most"],
        requests_kept=timedelta(hours=data["requests"]["hours_kept"]),
        request_key_lengths=(data["requests"]["shortest_key"], data["requests"]["longest_key"]),
        longest_reason=data["text"]["longest_reason"],
        longest_unit=data["text"]["longest_unit"],
        longest_address=data["text"]["longest_address"],
        beside_m=data["address"]["beside_m"],
        deferred_most=timedelta(days=data["defer"]["most_days"]),
        most_named=data["address"]["most"],
    )
