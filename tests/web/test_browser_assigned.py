"""The card of a case in a real browser: whose grid it is in one look, and which grids have nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from geo.actions.load_demo import load_demo
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.board import desk_of, fill_board
from tests.web.browser import BOUNDARIES, DESKTOP, PHONE, serving, visiting
from tests.web.test_browser_planner import sign_in

QUARREL = "0602"
"""Neighbours quarrel: mediators are sent."""


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[tuple[Database, str, int]]:
    """The demo city, a desk's secret, and a case in a grid that the demo leaves without a lawyer."""
    name = f"assigned{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_demo(db, BOUNDARIES, datetime.now(UTC))
    now = datetime.now(UTC)
    secret, hand = desk_of(db, "desk 1", now)
    case = next(case for case in fill_board(db, hand, hand) if case.item == QUARREL)
    with db.write() as conn:  # hours of duty and staff as on a weekday morning; one post of the grid has nobody
        conn.execute(text("update resource set duty_hours = null, staff = 2 where position_at is null"))
        conn.execute(text("update resource set staff = 0 where kind = 'judge'"))
        gone = "until = :now where resource_id in (select id from resource where kind = 'lawyer')"
        conn.execute(text(f"update assignment set {gone} and grid_id = :grid"), {"now": now, "grid": case.grid_id})
    yield db, secret, case.id
    db.close()
    drop_database(template_url, name)


@pytest.fixture(scope="module")
def address(town: tuple[Database, str, int]) -> Iterator[str]:
    with serving(town[0].engine.url.render_as_string(hide_password=False)) as address:
        yield address


@pytest.mark.parametrize(("screen", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
def test_whose_grid_it_is_in_one_look(
    browser: Browser, address: str, town: tuple[Database, str, int], screen: dict[str, Any], name: str, tmp_path: Path
) -> None:
    _, secret, case = town
    with visiting(browser, address, **screen) as visit:
        visit.open(f"/maps/dispatch?lang=zh#show=incident:{case}")
        sign_in(visit, secret)
        page = visit.page
        assigned = page.locator("#case .assigned")
        expect(assigned).to_be_visible()
        rows = assigned.locator("> .assigned-posts > li")
        expect(rows).to_have_count(5)
        assert [row.locator("b").inner_text() for row in rows.all()[:4]] == ["民警", "法官", "检察官", "人民调解员"]
        expect(rows.nth(0)).to_contain_text("警务室")
        expect(rows.nth(0)).to_contain_text("在岗 2 人")
        expect(rows.nth(1)).to_contain_text("无人在岗")
        expect(rows.nth(4)).to_have_text("未配备：律师")
        assigned.locator("summary").click()
        gaps = assigned.locator(".gaps .assigned-posts > li")
        expect(gaps.filter(has_text="律师")).to_contain_text("60 个网格中")
        expect(gaps.filter(has_text="检察官")).to_contain_text("9 个未配备")
        expect(assigned.locator(".gaps > .note")).to_contain_text("assigned-1")
        first = page.locator("#case .helper").first
        expect(first).to_contain_text("人民调解室")
        expect(first).to_contain_text("本网格专属")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        boxes = [row.bounding_box() for row in rows.all()]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= screen["viewport"]["width"] for box in boxes)
        assert all(box and box["height"] < 48 for box in boxes), "two lines at most, even on a phone"
        page.screenshot(path=os.environ.get("SHOTS", str(tmp_path)) + f"/assigned-{name}.png")
