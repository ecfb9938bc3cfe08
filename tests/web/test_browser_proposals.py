"""The page of proposed plans in a real browser: looked at, commented on, moderated, closed; text stays text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from shapely.geometry import shape
from sqlalchemy import update

from geo.actions.city.plan_access import Hand
from geo.actions.plans.comment_plan import comment_plan, judge_comment
from geo.store import tables
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.browser import DESKTOP, PHONE, Visit, load_city, serving, visiting, wait_until
from tests.web.laid_out import LaidOut, lay_out
from tests.web.test_browser_planner import sign_in, token_of
from tests.web.test_browser_public import HOSTILE
from tests.web.test_figure import VIEW, Document
from webmap.pages.public import plans_page, proposals_page, public_page

WIDTHS = {"1280": DESKTOP, "390": PHONE}
SOUTH_MARKET, STATION, RAILWAY = "990101001002", "990101001004", "990101001006"


@dataclass(frozen=True)
class Town:
    """A demo city with two plans laid out; one takes comments, of the other the closing date has passed."""

    db: Database
    address: str
    open: LaidOut
    closed: LaidOut


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[Town]:
    name = f"laid{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_city(db)
    first, second = (lay_out(db, code, "2027 年网格调整") for code in (SOUTH_MARKET, STATION))
    now = datetime.now(UTC)
    comment = comment_plan(db, second.plan_id, second.taker, "两条巷应在同一网格。", now)
    judge_comment(db, second.plan_id, comment.id, "shown", "已采纳。", Hand(at=now))
    with db.write() as conn:
        past = {"comments_until": now - timedelta(days=1)}
        conn.execute(update(tables.plan).where(tables.plan.c.id == second.plan_id).values(past))
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        yield Town(db, address, first, second)
    db.close()
    drop_database(template_url, name)


def grids(visit: Visit, plan_id: int, part: str = "after") -> dict[int, dict[str, Any]]:
    features = visit.answer(f"/api/v1/proposals/{plan_id}")["features"]
    return {each["properties"]["grid_id"]: each for each in features if each["properties"]["part"] == part}


def tap(visit: Visit, plan_id: int, grid_id: int) -> str:
    """Press a grid on the map; its name."""
    grid = grids(visit, plan_id)[grid_id]
    place = shape(grid["geometry"]).representative_point()
    visit.click_at(place.x, place.y)
    expect(visit.page.locator("#card .code")).to_have_text(grid["properties"]["code"])
    return str(grid["properties"]["name"])


def is_harmless(page: Page) -> None:
    assert page.evaluate("window.hit") is None
    for tag in ("img:not(.leaflet-tile)", "svg[onload]", "a[href^=javascript]"):
        expect(page.locator(tag)).to_have_count(0)


def show_as_planner(browser: Browser, town: Town, text: str, answer: str) -> None:
    """Somebody looks at a comment that waits, answers, and shows it."""
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}&plan={town.open.plan_id}")
        sign_in(visit, token_of(town.db, "planner"))
        page.locator("#tab-talk").click()
        item = page.locator(".comment.waiting-state").filter(has_text=text)
        item.locator("input").fill(answer)
        item.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".comment.shown-state").filter(has_text=text)).to_be_visible()
        is_harmless(page)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_plan_is_looked_at_commented_on_moderated_and_read(
    browser: Browser, town: Town, width: str, language: str
) -> None:
    plan_id = town.open.plan_id
    text = f"{HOSTILE} {width} {language}"
    with visiting(browser, town.address, **WIDTHS[width]) as visit:
        page = visit.page
        visit.open(f"/maps/proposals?lang={language}")
        expect(page.locator(".laid-plans li")).to_have_count(2)
        page.locator(f".laid-plans [data-plan='{plan_id}']").click()
        expect(page.locator("#card .lead")).to_have_text("2027 年网格调整")
        expect(page.locator("path.laid-moved").first).to_be_attached()
        expect(page.locator("path[data-grid]")).to_have_count(len(grids(visit, plan_id)))
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width), "nothing may stick out"
        tap(visit, plan_id, town.open.taker)
        expect(page.locator("path.chosen-grid")).to_have_count(1)
        moved = visit.answer(f"/api/v1/proposals/{plan_id}")["features"]
        area_m2 = max(each["properties"].get("area_m2", 0) for each in moved)
        told = f"{area_m2 / 10_000:.1f}" if area_m2 >= 10_000 else f"{round(area_m2, -1):,}"
        expect(page.locator(".laid-changes")).to_contain_text(told)
        page.locator("#comment-text").fill(text)
        page.locator(".comment-form button[type=submit]").click()
        expect(page.locator(".thanks")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width)
        assert text not in str(visit.answer(f"/api/v1/plans/{plan_id}/comments"))
        is_harmless(page)

        show_as_planner(browser, town, text, f"Answer to {width} {language}")
        page.reload()
        wait_until(lambda: page.evaluate("document.documentElement.dataset.ready === 'true'"))
        said = page.locator(".said").filter(has_text=text)
        expect(said.locator("blockquote")).to_have_text(text)
        expect(said.locator(".answer")).to_contain_text(f"Answer to {width} {language}")
        page.locator("#tab-talk").click()
        expect(page.locator("#view-talk .said").filter(has_text=text)).to_be_visible()
        is_harmless(page)


def test_after_the_closing_date_there_is_nothing_to_fill_in(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/proposals?lang=en&plan={town.closed.plan_id}")
        expect(page.locator("#card .pill").first).to_contain_text("Comments closed on")
        tap(visit, town.closed.plan_id, town.closed.taker)
        expect(page.locator(".said blockquote")).to_have_text("两条巷应在同一网格。")
        expect(page.locator(".said .answer")).to_contain_text("已采纳。")
        expect(page.locator("textarea")).to_have_count(0)
        expect(page.locator("#card")).to_contain_text("Comments closed on")


def test_the_closing_date_passes_while_somebody_writes(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        late = lay_out(town.db, RAILWAY, "closes soon", pieces=1)
        visit.open(f"/maps/proposals?lang=en&plan={late.plan_id}")
        tap(visit, late.plan_id, late.taker)
        page.locator("#comment-text").fill("too late")
        with town.db.write() as conn:
            past = {"comments_until": datetime.now(UTC) - timedelta(minutes=1)}
            conn.execute(update(tables.plan).where(tables.plan.c.id == late.plan_id).values(past))
        page.locator(".comment-form button[type=submit]").click()
        expect(page.locator(".comment-form .error")).to_contain_text("closed on")
        expect(page.locator("#comment-text")).to_have_value("too late")
        with town.db.write() as conn:
            gone = {"state": "withdrawn"}
            conn.execute(update(tables.plan).where(tables.plan.c.id == late.plan_id).values(gone))
        assert [said for said in visit.complaints if "422" not in said] == []
        visit.complaints.clear()


def test_by_keyboard_alone_a_grid_is_found_and_commented_on(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/proposals?lang=en")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#view-card")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator(f"[data-plan='{town.open.plan_id}']")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#view-card")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#back")).to_be_focused()
        page.keyboard.press("Tab")
        chosen = page.evaluate("document.activeElement.dataset.grid")
        page.keyboard.press("Enter")
        expect(page.locator("path.chosen-grid")).to_have_count(1)
        name = grids(visit, town.open.plan_id)[int(chosen)]["properties"]["name"]
        expect(page.locator("#card h2")).to_have_text(name)
        expect(page.locator("#status")).to_contain_text(name)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#comment-text")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".comment-form .error")).to_have_text("Write something first.")
        expect(page.locator("#comment-text")).to_be_focused()
        page.keyboard.type("By keys alone")
        expect(page.locator("#comment-left")).to_contain_text(re.compile(r"1,987 characters"))
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".thanks")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("path.chosen-grid")).to_have_count(0)


def test_what_was_written_is_kept_while_another_grid_is_looked_at(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/proposals?lang=en&plan={town.open.plan_id}")
        tap(visit, town.open.plan_id, town.open.taker)
        page.locator("#comment-text").fill("half a thought")
        tap(visit, town.open.plan_id, town.open.giver)
        expect(page.locator("#comment-text")).to_have_value("")
        tap(visit, town.open.plan_id, town.open.taker)
        expect(page.locator("#comment-text")).to_have_value("half a thought")


def test_addresses_bring_plans_and_grids_back(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/proposals?lang=en")
        page.locator(f"[data-plan='{town.open.plan_id}']").click()
        expect(page.locator("#tabs")).to_be_visible()
        assert f"plan={town.open.plan_id}" in page.url
        name = tap(visit, town.open.plan_id, town.open.taker)
        page.locator("#language").click()
        expect(page.locator("#tab-talk")).to_have_text("意见")
        expect(page.locator("#card h2")).to_have_text(name)
        page.go_back()
        expect(page.locator("#tab-talk")).to_have_text("Comments")
        expect(page.locator("#card h2")).to_have_text(name)
        page.go_back()
        expect(page.locator(".laid-plans li")).to_have_count(2)
        expect(page.locator("path[data-grid]")).to_have_count(0)
        page.locator(".laid-sign").first.click()
        expect(page.locator("path[data-grid]").first).to_be_attached()
        page.locator("#back").click()
        expect(page.locator(".laid-plans li")).to_have_count(2)
        assert "plan=" not in page.url


def test_a_link_to_what_is_not_laid_out_says_so_beside_the_list(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        for asked in ("999999", "1"):
            visit.open(f"/maps/proposals?lang=en&plan={asked}")
            expect(visit.page.locator("#note")).to_contain_text(asked)
            expect(visit.page.locator(".laid-plans li")).to_have_count(2)
        assert visit.complaints, "the browser itself reports the refusal"
        visit.complaints.clear()


def test_a_comment_that_was_hidden_can_be_found_and_shown_again(browser: Browser, town: Town) -> None:
    made = comment_plan(town.db, town.open.plan_id, town.open.taker, "hide me", datetime.now(UTC))
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}&plan={town.open.plan_id}")
        sign_in(visit, token_of(town.db, "planner"))
        page.locator("#tab-talk").click()
        item = page.locator(f"[data-comment='{made.id}']")
        item.get_by_role("button", name="Hide", exact=True).click()
        expect(page.locator(".comment.hidden-state blockquote")).to_be_visible()
        assert (item.bounding_box() or {"width": 0})["width"] > 100, "it can still be read by whoever moderates"
        assert "hide me" not in str(visit.answer(f"/api/v1/plans/{town.open.plan_id}/comments"))
        states = page.locator(".comment").evaluate_all("(all) => all.map((each) => each.className)")
        assert states == sorted(states, key=_place)
        page.locator("#to-proposal").click()
        page.locator("#tab-talk").click()
        expect(page.locator("#view-talk")).to_contain_text("Comments on the plan")
        expect(page.locator("#view-talk")).not_to_contain_text("hide me")  # a planner sees what everybody sees there


def _place(name: str) -> int:
    return ["comment waiting-state", "comment shown-state", "comment hidden-state"].index(name)


def test_the_public_map_leads_to_what_is_proposed(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        visit.open("/maps/public?lang=en")
        expect(visit.page.locator("#to-proposals")).to_contain_text("(2)")
        visit.page.locator("#to-proposals").click()
        expect(visit.page.locator(".laid-plans li")).to_have_count(2)


def test_it_says_nothing_where_nothing_is_proposed(browser: Browser, address: str) -> None:
    with visiting(browser, address, **PHONE) as visit:
        visit.open("/maps/public?lang=en")
        expect(visit.page.locator("#card h2")).to_be_attached()
        expect(visit.page.locator("#to-proposals")).to_have_count(0)
        visit.open("/maps/proposals?lang=en")
        expect(visit.page.locator("#card")).to_contain_text("No plan is proposed at present.")


def test_hostile_names_stay_text(browser: Browser, town: Town) -> None:
    plan, grid, area = tables.plan, tables.plan_grid, tables.area
    with town.db.write() as conn:
        conn.execute(update(plan).where(plan.c.id == town.closed.plan_id).values(note=HOSTILE))
        conn.execute(update(grid).where(grid.c.plan_id == town.closed.plan_id).values(name=HOSTILE))
        conn.execute(update(area).where(area.c.code == STATION).values(name=HOSTILE, name_en=HOSTILE))
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/proposals?lang=en")
        assert HOSTILE in page.locator(".laid-sign").evaluate_all("(all) => all.map((sign) => sign.title)")
        page.locator(f"[data-plan='{town.closed.plan_id}']").click()
        expect(page.locator("#card h2")).to_have_text(HOSTILE)
        expect(page.locator("#card .lead")).to_have_text(HOSTILE)
        page.locator(f"#card [data-grid='{town.closed.taker}']").click()
        expect(page.locator("#card h2")).to_have_text(HOSTILE)
        page.locator("#tab-talk").click()
        expect(page.locator("#view-talk .said")).to_contain_text(HOSTILE)
        is_harmless(page)


def test_the_page_says_nothing_of_staffs_and_every_address_is_ours() -> None:
    page = proposals_page(VIEW)
    document = Document(page.html)
    addresses = [value for _, attributes in document.elements for name, value in attributes.items() if name == "src"]
    addresses += [attributes["href"] for tag, attributes in document.elements if tag == "link"]
    assert all(re.match(r"/(vendor|static|maps)/", address or "") for address in addresses)
    for tag, attributes in document.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
    assert "redraw_" not in page.html
    for other in (public_page(VIEW), plans_page(VIEW)):
        assert "laid_" not in other.html
