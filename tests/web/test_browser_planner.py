"""The planners' page in a real browser: what-ifs by hand, promises, crossings; nothing without a token."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect
from sqlalchemy import func, select, text

from geo.actions.city.create_token import create_token
from geo.store import tables
from geo.store.database import Database
from tests.web.browser import DESKTOP, PHONE, Visit, serving, visiting, wait_until
from tests.web.test_browser_public import HOSTILE
from tests.web.world import AT, build

WIDTHS = {"1280": DESKTOP, "390": PHONE}


def token_of(db: Database, role: str) -> str:
    _, secret = create_token(db, name="browser", role=role, area_code=None, days=None, at=datetime.now(UTC))  # type: ignore[arg-type]
    return secret


def sign_in(visit: Visit, secret: str) -> None:
    visit.page.locator("#unlock").click()
    visit.page.locator("#staff-token").fill(secret)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#staff-dialog")).to_be_hidden()


def in_sight(page: Page) -> FloatRect:
    """The box of a station's badge that the map shows, well away from its border."""
    side = page.locator(".map-side").bounding_box()
    assert side is not None
    for badge in page.locator(".badge-station").all():
        box = badge.bounding_box()
        if box and 40 < box["x"] - side["x"] < side["width"] - 120 and 80 < box["y"] - side["y"] < side["height"] - 160:
            return box
    raise AssertionError("no station in sight")


def answered(visit: Visit) -> str:
    """The verdict once no answer is on its way."""
    expect(visit.page.locator("#answer")).to_have_attribute("aria-busy", "false")
    return visit.page.locator("#verdict").inner_text()


def test_without_a_planners_token_the_page_is_empty(browser: Browser, address: str, city: Database) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=en")
        expect(page.locator("#workbench")).to_be_hidden()
        expect(page.locator(".badge-station")).to_have_count(0)
        expect(page.locator(".stored-note")).to_contain_text("nothing is stored")
        sign_in(visit, token_of(city, "dispatcher"))
        expect(page.locator("#note")).to_contain_text("not a planner's")
        expect(page.locator("#workbench")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_station_is_closed_and_the_change_taken_back(
    browser: Browser, address: str, city: Database, width: str, language: str
) -> None:
    with visiting(browser, address, **WIDTHS[width]) as visit:
        page = visit.page
        visit.open(f"/maps/planner?lang={language}#minutes=5")
        sign_in(visit, token_of(city, "planner"))
        marker = page.locator(".badge-station").first
        marker.focus()
        page.keyboard.press("Enter")
        name = page.locator("#station-card h3").inner_text()
        page.locator("#station-card button").first.click()
        expect(page.locator("#changes li")).to_contain_text(name)
        assert re.search(r"[1-9]", answered(visit)), "a station in the middle of the town is missed"
        expect(page.locator("path.changed.lost").first).to_be_attached()
        expect(page.locator("#reach-key li")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width), "nothing may stick out"
        page.locator("#changes button").click()
        expect(page.locator("#verdict")).to_have_count(0)
        expect(page.locator("path.changed")).to_have_count(0)


def test_a_crossing_is_tried_a_station_dragged_and_the_answer_saved(
    browser: Browser, address: str, city: Database
) -> None:
    with city.read() as conn:
        before = conn.execute(select(func.count()).select_from(tables.station)).scalar_one()
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=en")
        sign_in(visit, token_of(city, "planner"))
        page.locator("#tab-crossings").click()
        promised = page.locator("#crossings .row-figure").first.inner_text().removeprefix("+")
        page.get_by_role("button", name="Try it").first.click()
        expect(page.locator("path.drawn-street")).to_have_count(1)
        assert answered(visit).startswith(f"{promised} people gain"), "as the list of crossings said"
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save as JSON").click()
        told = json.loads(saved.value.path().read_text(encoding="utf-8"))
        assert f"{told['answer']['gained']['residents']:,.0f}" == promised
        assert [change["kind"] for change in told["changes"]] == ["add_street"]
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save as CSV").click()
        table, about = saved.value.path().read_text(encoding="utf-8-sig").split("\nabout,")
        assert table.startswith("of,code,name,residents,before")
        assert f"inputs_hash,{told['answer']['provenance']['inputs_hash']}" in about
        assert "invented," in about

        box = in_sight(page)
        page.mouse.move(box["x"] + 15, box["y"] + 15)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 90, steps=4)
        page.mouse.up()
        expect(page.locator("#changes li")).to_have_count(2)
        expect(page.locator("#changes li").last).to_contain_text("Move:")
        answered(visit)
    with city.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.station)).scalar_one() == before


def test_all_tools_work_without_a_mouse(browser: Browser, address: str, city: Database) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=en#map=17/40.4/103.2")
        sign_in(visit, token_of(city, "planner"))
        page.locator("#tools input[value=look]").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#tools input[value=add_station]")).to_be_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#changes li")).to_contain_text("Add: New station 1")
        answered(visit)
        page.locator("#tools input[value=add_street]").check()
        page.get_by_role("button", name="Corner at the cross").press("Enter")
        page.locator(".folium-map").focus()
        page.keyboard.press("ArrowRight")
        wait_until(lambda: "103.20000" not in page.evaluate("location.hash"))
        page.get_by_role("button", name="Corner at the cross").press("Enter")
        page.get_by_role("button", name="Finish the street").press("Enter")
        expect(page.locator("#changes li").last).to_contain_text("New street of")
        answered(visit)


def test_a_station_tells_its_circle_and_what_it_keeps(browser: Browser, address: str, city: Database) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=zh")
        sign_in(visit, token_of(city, "planner"))
        page.locator("#tab-honesty").click()
        figures = page.locator("#promises .row-figure")
        expect(figures.first).to_be_visible()
        broken = [int(figure.replace(",", "")) for figure in figures.all_inner_texts()]
        assert broken == sorted(broken, reverse=True)
        page.locator("#promises button").first.click()
        ring, reach = page.locator("path.air-circle"), page.locator("path.reach")
        expect(reach).to_have_count(1)
        outer, inner = ring.bounding_box(), reach.bounding_box()
        assert inner["width"] * inner["height"] < outer["width"] * outer["height"]


def test_hostile_names_stay_text(browser: Browser, db: Database) -> None:
    world = build(db)
    with db.write() as conn:
        for table in ("station", "area", "street_piece", "land"):
            conn.execute(text(f"update {table} set name = :bad"), {"bad": HOSTILE})
        conn.execute(text("update plan_grid set name = :bad"), {"bad": HOSTILE})
    _, secret = create_token(db, name="t", role="planner", area_code=None, days=None, at=AT)
    url = db.engine.url.render_as_string(hide_password=False)
    with serving(url) as address, visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=en")
        sign_in(visit, secret)
        page.locator(".badge-station").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#station-card h3")).to_have_text(HOSTILE)
        page.locator("#station-card button").first.click()
        expect(page.locator("#changes li")).to_contain_text(HOSTILE)
        answered(visit)
        page.locator("#tab-honesty").click()
        expect(page.locator("#promises")).to_contain_text(HOSTILE)
        lon, lat = visit.answer(f"/api/v1/stations/{world.station[0]}")["geometry"]["coordinates"]
        page.goto("about:blank")
        visit.open(f"/maps/public?lang=en#tab=reach&from={lat},{lon}")
        expect(page.locator(".nearest")).to_contain_text(HOSTILE)
        assert page.evaluate("window.hit") is None
        for tag in ("img", "svg[onload]", "a[href^=javascript]"):
            expect(page.locator(tag)).to_have_count(0)
