"""What was counted of a community's work, on the page of plans: what of it changes grid, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from geo.actions.load_demo import load_demo
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.browser import BOUNDARIES, DESKTOP, PHONE, Visit, serving, visiting
from tests.web.test_browser_planner import sign_in, token_of

COMMUNITY = "990101001001"
COUNTED = {"en": "Work that was counted", "zh": "已统计的工作量"}
DAY = {"en": "as of 1 Nov 2026", "zh": "截至 2026年11月1日"}


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[Database]:
    name = f"work{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_demo(db, BOUNDARIES, datetime.now(UTC))
    yield db
    db.close()
    drop_database(template_url, name)


@pytest.fixture(scope="module")
def town_address(town: Database) -> Iterator[str]:
    with serving(town.engine.url.render_as_string(hide_password=False)) as address:
        yield address


def try_to(visit: Visit, secret: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    known = {"Authorization": f"Bearer {secret}", "Accept-Language": "en", **headers}
    return getattr(visit.page.request, method)(f"{visit.address}/api/v1{path}", data=body, headers=known)


def ask(*question: Any, **headers: str) -> Any:
    answer = try_to(*question, **headers)
    assert answer.ok, answer.text()
    return answer.json()


def painted(visit: Visit, secret: str) -> int:
    """A draft in which a unit with 7 of 12 open cases has come into another grid."""
    plan = ask(visit, secret, "post", "/plans", {"community": COMMUNITY})
    units = [unit["properties"] for unit in ask(visit, secret, "get", f"/plans/{plan['id']}/units")["features"]]
    grids = sorted({unit["grid_id"] for unit in units})
    edits, version = f"/plans/{plan['id']}/edits", {"If-Match": '"1"'}
    tries = (
        (unit, {"op": "paint", "units": [unit["unit_no"]], "grid": grid})
        for unit in units
        for grid in grids
        if grid != unit["grid_id"]
    )
    one, paint = next(pair for pair in tries if try_to(visit, secret, "post", edits, pair[1], **version).ok)
    other = next(unit for unit in units if unit["grid_id"] == paint["grid"])
    counts = [
        {"unit_no": one["unit_no"], "open_cases": 7},
        {"unit_no": other["unit_no"], "open_cases": 5, "cases_a_month": 2.5},
    ]
    ask(visit, secret, "put", f"/communities/{COMMUNITY}/work-counts", {"as_of": "2026-11-01", "counts": counts})
    return int(plan["id"])


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh")])
def test_counts_that_change_grid(
    browser: Browser, town_address: str, town: Database, size: dict[str, Any], language: str
) -> None:
    with visiting(browser, town_address, **size) as visit:
        page, secret = visit.page, token_of(town, "planner")
        plan = painted(visit, secret)
        visit.open(f"/maps/plans?lang={language}#community={COMMUNITY}&plan={plan}")
        sign_in(visit, secret)
        page.locator("#tab-outcome").click()
        panel = page.locator("#counted-work")
        expect(panel.locator("h3")).to_have_text(COUNTED[language])
        cases, monthly = panel.locator("tbody tr").all()
        expect(cases).to_contain_text(DAY[language])
        assert [cell.inner_text() for cell in cases.locator("td").all()] == ["7", "12"]
        assert [cell.inner_text() for cell in monthly.locator("td").all()] == ["0", "2.5"]
        share = page.locator("#view-outcome .counted-share li").first
        expect(share).to_contain_text({"en": "counted in 2 of ", "zh": "个单元中已统计 2 个"}[language])
        panel.locator("summary").click()
        expect(panel.locator("li")).to_have_count(2)
        lines = " ".join(panel.locator("li").all_inner_texts())
        assert "7 → 0" in lines
        assert "5 → 12" in lines
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, "nothing stands over the edge"
