from __future__ import annotations

import pytest

from geo.errors import Refused
from geo.rules.request_limits import (
    check_edits,
    check_instants,
    check_nearest,
    check_stations_minutes,
    request_limits,
)


def refusal(check: object, *asked: float) -> Refused:
    with pytest.raises(Refused) as caught:
        check(*asked)  # type: ignore[operator]
    return caught.value


def test_what_is_allowed_passes() -> None:
    limits = request_limits()
    check_stations_minutes(limits.station_minutes // 15, 15)
    check_stations_minutes(0, 15)
    check_instants(limits.instants, 1)
    check_instants(168, limits.instant_stations // 168)
    check_nearest(limits.nearest)
    check_edits(limits.edits)


def test_what_to_ask_for_instead_is_said_and_is_allowed() -> None:
    refused = refusal(check_stations_minutes, 5000, 15)
    said = refused.evidence
    assert (said["asked"], said["most"]) == (75_000, 60_000)
    check_stations_minutes(said["fewer"], 15)
    check_stations_minutes(5000, said["shorter"])
    refusal(check_stations_minutes, said["fewer"] + 1, 15)
    refusal(check_stations_minutes, 5000, said["shorter"] + 1)
    assert "4000" in str(refused)
    assert refusal(check_stations_minutes, 1, 61).key == "request_minutes_many"


def test_a_profile_of_too_many_moments() -> None:
    said = refusal(check_instants, 745, 100).evidence
    assert said["most"] == 744
    many = refusal(check_instants, 168, 5000).evidence
    check_instants(many["most"], 5000)
    refusal(check_instants, many["most"] + 1, 5000)


def test_too_many_neighbours_and_changes() -> None:
    limits = request_limits()
    assert refusal(check_nearest, limits.nearest + 1).evidence["most"] == limits.nearest
    assert refusal(check_edits, limits.edits + 1).evidence["most"] == limits.edits
