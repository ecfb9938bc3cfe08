"""The tab of reach in a real browser: minutes, ways of moving, hours, the divider, and the way from one place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser import DESKTOP, PHONE, Visit, visiting, wait_until

WIDTHS = {"1280": DESKTOP, "390": PHONE}
CENTRE = (103.2, 40.4)


def percent(share: float, language: str) -> str:
    return f"{int(share * 100 + 1e-9)}{'' if language == 'zh' else ' '}%"


def shows(visit: Visit, *question: Any) -> None:
    """Wait until the map shows the answer to a question."""
    wait_until(
        lambda: (
            visit.page.evaluate("JSON.parse(document.getElementById('view-reach').dataset.shown ?? 'null')")
            == list(question)
        )
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_circle_promises_and_the_streets_keep_less(
    browser: Browser, address: str, width: str, language: str
) -> None:
    with visiting(browser, address, **WIDTHS[width]) as visit:
        page = visit.page
        visit.open(f"/maps/public?lang={language}")
        page.locator("#tab-reach").click()
        shows(visit, 15, "planning", "dry", "any", "")
        told = visit.answer("/api/v1/coverage/area?minutes=15&compare=true")
        streets, circles = (feature["properties"]["share"] for feature in told["features"])
        assert streets < circles
        figures = page.locator("#reach-figures .bar-head strong")
        expect(figures).to_have_text([percent(streets, language), percent(circles, language)])
        expect(page.locator("#reach-figures .verdict")).to_contain_text(percent(circles, language))
        expect(page.locator("path.reached-ground")).to_have_count(1)
        expect(page.locator("path.circled-ground")).to_have_attribute("stroke-dasharray", re.compile(r"\d"))
        expect(page.locator("#reach-key li")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width), "nothing may stick out"


def test_all_that_is_asked_stands_in_the_address_and_comes_back_from_it(browser: Browser, address: str) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en#tab=reach")
        shows(visit, 15, "planning", "dry", "any", "")
        page.get_by_label("How many minutes?").fill("8")
        page.get_by_label("Who is on the way").select_option("elderly_75")
        page.get_by_text("clean ice", exact=True).click()
        page.get_by_label("Which stations?").select_option("party_mass_centre")
        page.get_by_text("choose an hour").click()
        page.get_by_text("Sat", exact=True).click()
        page.get_by_role("slider", name="Hour").fill("10")
        shows(visit, 8, "elderly_75", "ice", "5-10", "party_mass_centre")
        expect(page.locator(".hour-bars span.chosen")).to_have_attribute("title", re.compile(r"10:00: [1-9]\d* %"))
        visit.click_at(*CENTRE)
        expect(page.locator("path.ring")).to_have_count(3)
        figures = page.locator("#reach-figures").inner_text()
        link = page.evaluate("location.pathname + location.search + location.hash")
        page.goto("about:blank")
        visit.open(link)
        shows(visit, 8, "elderly_75", "ice", "5-10", "party_mass_centre")
        expect(page.locator("path.ring")).to_have_count(3)
        assert page.locator("#reach-figures").inner_text() == figures


def test_from_one_place_the_nearest_stations_and_the_way_there(browser: Browser, address: str) -> None:
    with visiting(browser, address, **PHONE) as visit:
        page = visit.page
        visit.open(f"/maps/public?lang=en#map=16/{CENTRE[1]}/{CENTRE[0]}&tab=reach")
        shows(visit, 15, "planning", "dry", "any", "")
        page.get_by_role("button", name="Take the middle of the map").click()
        rows = page.locator(".nearest button.row")
        expect(rows).to_have_count(3)
        expect(page.locator("path.way")).to_have_count(1)
        inner, middle, outer = (page.locator(f"path.ring-{i}").bounding_box() for i in range(3))
        assert inner["width"] < middle["width"] < outer["width"]
        drawn = page.locator("path.way").get_attribute("d")
        rows.nth(1).click()
        expect(rows.nth(1)).to_have_attribute("aria-pressed", "true")
        assert page.locator("path.way").get_attribute("d") != drawn
        page.locator(".steps summary").nth(1).click()
        expect(page.locator(".steps").nth(1).locator("li").first).to_contain_text(" m, ")
        page.get_by_role("button", name="Back to all stations").click()
        expect(page.locator("path.ring")).to_have_count(0)


def test_the_divider_moves_with_keys_and_pointer(browser: Browser, address: str) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en#tab=reach&split=30")
        shows(visit, 15, "planning", "dry", "any", "")
        handle = page.get_by_role("slider", name=re.compile("Divider"))
        expect(handle).to_have_attribute("aria-valuenow", "30")
        expect(handle).to_have_attribute("aria-valuetext", re.compile(r"Left: Circle \d+ %. Right: Streets \d+ %."))
        handle.focus()
        page.keyboard.press("ArrowRight")
        expect(handle).to_have_attribute("aria-valuenow", "35")
        wait_until(lambda: "split=35" in page.evaluate("location.hash"))
        box, area = handle.bounding_box(), page.locator(".folium-map").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(area["x"] + 0.8 * area["width"], box["y"] + 20, steps=3)
        page.mouse.up()
        expect(handle).to_have_attribute("aria-valuenow", "80")
        page.get_by_label(re.compile("^Compare")).uncheck()
        expect(handle).to_be_hidden()
        expect(page.locator("path.circled-ground")).to_have_count(0)
        page.locator("#tab-card").click()
        expect(page.locator("path.reached-ground")).to_have_count(0)
        assert "tab=reach" not in page.evaluate("location.hash")


def test_only_the_last_question_of_a_sliding_hand_counts(browser: Browser, address: str) -> None:
    with visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en#tab=reach")
        shows(visit, 15, "planning", "dry", "any", "")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        slider = page.get_by_label("How many minutes?")
        slider.focus()
        for _ in range(6):
            page.keyboard.press("ArrowLeft")
        shows(visit, 9, "planning", "dry", "any", "")
        assert sum("coverage/area" in url for url in asked) < 6, "not one for every step"
        expect(page.locator("#reach-figures")).to_contain_text("9 min")
