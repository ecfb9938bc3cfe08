"""Figures about cases through the door: who is told what, in both languages, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.store.database import Database
from tests.web.conftest import Bearer
from tests.web.world import WEST, World, lonlat

FIGURES = "/api/v1/figures"
TODAY = {"since": "2020-01-01", "before": "2020-01-02"}


@pytest.fixture
def reported(client: TestClient, bearer: Bearer, world: World) -> str:
    """Three cases of this very day, two of them in the west; the month in which they were reported."""
    month = ""
    for place in (lonlat(250, 500), lonlat(260, 400), lonlat(1750, 500)):
        told = {"item": "0101", "occurred_at": "2026-01-05T08:00:00+08:00", "channel": "hotline", "lonlat": place}
        answer = client.post("/api/v1/incidents", json=told, headers=bearer("dispatcher"))
        assert answer.status_code == 201, answer.text
        month = answer.json()["reported_at"][:7]
    return month


def ask(client: TestClient, headers: dict[str, str], **query: Any) -> Any:
    answer = client.get(FIGURES, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rate(row: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in row["rates"] if one["key"] == key)


class TestTold:
    def test_parts_and_the_whole(self, client: TestClient, bearer: Bearer, reported: str) -> None:
        told = ask(client, bearer("dispatcher"), by="community", month=reported)
        parts = [rate(row, "filing")["denominator"] for row in told["rows"]]
        assert (parts, rate(told["whole"], "filing")["denominator"]) == ([2, 1], 3)
        filing = rate(told["rows"][0], "filing")
        assert (filing["numerator"], filing["percent"], filing["cohort"]) == (2, "100.00", "reported")
        assert told["rows"][0]["key"] == WEST
        assert told["rounding"] == "half_up"
        assert (len(told["inputs_hash"]), told["catalogue_versions"]) == (64, ["seed-1"])
        assert told["queried_at"] >= told["as_of"]

    def test_both_languages(self, client: TestClient, bearer: Bearer, reported: str) -> None:
        headers = {**bearer("dispatcher"), "Accept-Language": "zh"}
        assert rate(ask(client, headers, month=reported)["whole"], "on_time")["name"] == "按期结案率"

    def test_a_desk_of_an_area(self, client: TestClient, bearer: Bearer, reported: str) -> None:
        told = ask(client, bearer("dispatcher", WEST), by="grid", month=reported)
        assert rate(told["whole"], "filing")["denominator"] == 2
        assert [row["key"][:12] for row in told["rows"]] == [WEST, WEST]
        assert [note["key"] for note in told["notes"]] == ["figures_note_outside_area"]
        assert "1" in told["notes"][0]["text"]

    def test_a_viewer_is_told_of_the_last_month(self, client: TestClient, bearer: Bearer, world: World) -> None:
        told = ask(client, bearer("viewer"))
        assert (told["as_of"][8:10], told["is_final"]) == ("11", True)  # ten days after the end of the month
        assert told["smallest"] == 10


class TestRefused:
    def test_the_public_is_told_nothing(self, client: TestClient, world: World) -> None:
        assert client.get(FIGURES).status_code == 401

    def test_a_viewer_may_not_look_at_the_month_that_runs(
        self, client: TestClient, bearer: Bearer, reported: str
    ) -> None:
        answer = client.get(FIGURES, params={"month": reported}, headers=bearer("viewer"))
        assert answer.status_code in {403, 422}

    @pytest.mark.parametrize(
        ("status", "key", "query"),
        [
            (422, "burden_refused", {"by": "token_name"}),
            (422, "burden_refused", {"by": "desk"}),
            (422, "figures_by_unknown", {"by": "<script>"}),
            (422, "figures_month_bad", {"month": "2026-99"}),
            (422, "figures_years", {"month": "0001-01"}),
            (422, "figures_years", {"since": "0001-01-01", "before": "0001-01-02"}),
            (422, "figures_period_half", {"since": "2026-01-01"}),
            (422, "figures_period_backwards", {"since": "2026-01-02", "before": "2026-01-01"}),
            (422, "figures_as_of_future", {"as_of": "2099-01-01T00:00:00+08:00"}),
            (422, "query_unknown", {"token_name": "desk 1"}),
        ],
    )
    def test_what_makes_no_sense(
        self, client: TestClient, bearer: Bearer, world: World, status: int, key: str, query: dict[str, str]
    ) -> None:
        answer = client.get(FIGURES, params=query, headers=bearer("dispatcher"))
        assert (answer.status_code, answer.json()["key"]) == (status, key)

    def test_a_viewer_gets_nothing_by_unit(
        self, client: TestClient, bearer: Bearer, world: World, db: Database
    ) -> None:
        answer = client.get(FIGURES, params={"by": "unit"}, headers=bearer("viewer"))
        assert (answer.status_code, answer.json()["key"]) == (403, "figures_by_not_for_role")
