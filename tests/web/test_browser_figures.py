"""The page of figures in a real browser: the map and the table say the same, and the parts make the whole.

A town of four grids; in March 12 cases in the north-west and 3 in the north-east, none of them closed, and 14 in the
south-west, all closed. The first case of each was another unit's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from geo.store.database import Database
from tests.db.test_case_figures import LITTER, MONDAY, NORTH_EAST, NORTH_WEST, report, through
from tests.plan_towns import PlanTown
from tests.small_town import WEST, lonlat
from tests.web.browser import DESKTOP, PHONE, Visit, serving, visiting, wait_until
from tests.web.held import Held, settle
from tests.web.test_browser_planner import sign_in, token_of
from tests.web.test_browser_public import HOSTILE
from tests.web.test_figure import VIEW
from webmap.pages.figures import figures_page
from webmap.pages.public import public_page

MARCH = "rate=solved&by=grid&month=2026-03"


@pytest.fixture
def town(db: Database, plan_town: PlanTown) -> PlanTown:
    report(db, MONDAY - timedelta(days=20), lonlat=None)  # viewers are told nothing of the first month
    for place, n in ((NORTH_WEST, 12), (NORTH_EAST, 3), (lonlat(250, 250), 14)):
        for number in range(n):
            case = report(db, lonlat=place, unit=HOSTILE if number == 0 else "环卫站")
            if n == 14:
                through(db, case, MONDAY + timedelta(minutes=10), unit=case.unit)
    return plan_town


@pytest.fixture
def site(db: Database, town: PlanTown) -> Iterator[str]:
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        yield address


def shown(visit: Visit, db: Database, role: str, hash_: str = MARCH, language: str = "en") -> Page:
    visit.open(f"/maps/figures?lang={language}#{hash_}")
    sign_in(visit, token_of(db, role))
    expect(visit.page.locator("#figures")).to_be_visible()
    return visit.page


def lines(page: Page) -> list[list[str]]:
    rows = page.locator(".fig-table :is(tbody, tfoot) tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


KEY_TOP = """() => document.getElementById('fig-key').getBoundingClientRect().top
    - document.querySelector('.leaflet-container').getBoundingClientRect().bottom"""


def classes(page: Page) -> dict[str | None, str | None]:
    parts = page.locator("path.rate-part").all()
    return {part.get_attribute("data-code"): part.get_attribute("data-class") for part in parts}


def test_only_this_page_knows_its_words_and_no_figure() -> None:
    assert '"fig_' in figures_page(VIEW).html
    assert '"fig_' not in public_page(VIEW).html


def test_on_a_desk_the_map_and_the_table_say_the_same(browser: Browser, db: Database, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        page = shown(visit, db, "dispatcher")
        assert lines(page) == [
            ["网格001", "0", "12", "0.00 %"],
            ["网格002", "0", "3", "0.00 %"],
            ["网格003", "14", "14", "100.00 %"],
            ["网格004", "0", "0", "–"],
            ["The whole", "14", "29", "48.28 %"],
        ]
        expect(page.locator("#sum")).to_contain_text("The 4 parts add up to the whole: 14 of 29.")
        expect(page.locator("#about")).to_contain_text("1 Mar 2026 to 31 Mar 2026")
        expect(page.locator("#about")).to_contain_text("rounded half up, 2 digits")
        expect(page.locator("#about")).to_contain_text("not final")
        assert classes(page) == {f"{WEST}00{n}": kind for n, kind in enumerate(("0", "0", "4", "none"), 1)}
        part = page.locator(f"[data-part='{WEST}001']")
        part.focus()
        page.keyboard.press("Enter")
        expect(part).to_have_attribute("aria-pressed", "true")
        expect(page.locator("path.rate-chosen")).to_have_count(1)
        expect(page.locator("#times-title")).to_contain_text("网格001")
        visit.click_at(*lonlat(250, 150))
        expect(page.locator(f"[data-part='{WEST}003']")).to_have_attribute("aria-pressed", "true")
        page.locator("#fig-rate").select_option("filing")
        wait_until(lambda: lines(page)[-1] == ["The whole", "29", "29", "100.00 %"])
        assert "rate=filing" in page.evaluate("location.hash")
        page.locator("#fig-item").select_option(LITTER)
        page.locator("#fig-by").select_option("unit")
        wait_until(lambda: [HOSTILE, "3", "3", "100.00 %"] in lines(page))
        assert f"item={LITTER}" in page.evaluate("location.hash")
        expect(page.locator("#fig-key")).to_contain_text("no places")
        assert page.evaluate("window.hit") is None
        page.locator("#fig-unit").select_option("环卫站")
        wait_until(lambda: lines(page)[-1] == ["The whole", "26", "26", "100.00 %"])
        page.reload()
        expect(page.locator("#figures")).to_be_visible()
        assert lines(page)[-1] == ["The whole", "26", "26", "100.00 %"]
        page.locator("#fig-month").fill("2029-01")
        expect(page.locator("#note")).to_contain_text("2029")
        assert ["422" in said for said in visit.complaints] == [True]  # the browser notes every refusal
        visit.complaints.clear()


def test_on_a_phone_a_viewer_is_told_no_small_number(browser: Browser, db: Database, site: str, tmp_path: Path) -> None:
    with visiting(browser, site, **PHONE) as visit:
        visit.open(f"/maps/figures?lang=zh#{MARCH}")
        expect(visit.page.locator("#locked")).to_be_visible()
        page = shown(visit, db, "viewer", MARCH.replace("solved", "filing"), "zh")
        assert lines(page)[1] == ["网格002", "•", "•", "不予显示"]
        assert [line[1] for line in lines(page)].count("•") == 2
        assert lines(page)[-1] == ["合计", "29", "29", "100.00 %"]
        expect(page.locator("#sum")).to_contain_text("4 个分项中有 2 个不予显示")
        assert classes(page)[f"{WEST}002"] == "hidden"
        expect(page.locator("#fig-unit")).to_have_count(0)
        expect(page.locator("#about")).to_contain_text("2026年4月11日")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate(KEY_TOP) >= 0, "the key lies under the map, not over names in it"
        with page.expect_download() as saved:
            page.locator("#save-csv").click()
        path = tmp_path / "figures.csv"
        saved.value.save_as(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.DictReader(file))
        filing = [row for row in table if row["rate"] == "filing"]
        assert [row["denominator"] for row in filing].count("不予显示") == 2
        assert (filing[-1]["denominator"], filing[-1]["rounding"], filing[-1]["percent"]) == ("29", "half_up", "100.00")


def test_only_the_newest_question_is_answered(browser: Browser, db: Database, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        page = visit.page
        units = Held(page, "**/api/v1/figures?by=unit&*")
        shown(visit, db, "dispatcher")
        units.wait(1)  # what there is to choose from comes after what is shown
        page.locator("#fig-month").fill("2029-01")
        expect(page.locator("#note")).to_contain_text("2029")
        units.release(0)
        expect(page.locator("#note")).to_contain_text("2029")
        expect(page.locator("#figures")).to_be_hidden()
        page.locator("#fig-rate").select_option("filing")  # a choice after a refusal is a question, too
        expect(page.locator("#note")).to_contain_text("2029")
        units.stop()

        refused = Held(page, "**/api/v1/figures?by=grid&month=2029-02")
        page.locator("#fig-month").fill("2029-02")
        refused.wait(1)
        page.locator("#fig-month").fill("2026-03")
        wait_until(lambda: lines(page)[-1:] == [["The whole", "29", "29", "100.00 %"]])
        refused.release(0)
        expect(page.locator("#note")).to_be_hidden()
        assert lines(page)[-1] == ["The whole", "29", "29", "100.00 %"]
        expect(page.locator("#figures")).to_have_attribute("aria-busy", "false")
        assert all("422" in said for said in visit.complaints), visit.complaints
        visit.complaints.clear()


def test_units_that_nobody_learns_leave_the_figures_as_they_are(browser: Browser, db: Database, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        page = visit.page
        units = Held(page, "**/api/v1/figures?by=unit&*")
        shown(visit, db, "dispatcher")
        units.wait(1)
        units.release(0, status=429)
        expect(page.locator("#note")).to_have_text("refused with 429")
        assert lines(page)[-1] == ["The whole", "14", "29", "48.28 %"]
        assert ["429" in said for said in visit.complaints] == [True]
        visit.complaints.clear()


def test_nothing_comes_to_whoever_reads_after_a_sign_out(browser: Browser, db: Database, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        page = visit.page
        shown(visit, db, "dispatcher")
        expect(page.locator("#fig-unit option")).to_have_count(3)
        late = Held(page, "**/api/v1/figures?by=item&*")
        page.locator("#fig-by").select_option("item")
        late.wait(1)
        page.locator("#staff").click()
        page.locator("#staff-out").click()
        expect(page.locator("#locked")).to_be_visible()
        late.release(0)
        expect(page.locator("#figures")).to_be_hidden()
        assert "".join(page.locator("#figures, #choice, #fig-key").all_inner_texts()).strip() == ""
        assert page.locator("#figures table, #choice select, path.rate-part").count() == 0
        page.evaluate("location.hash = '#rate=filing&by=grid&month=2026-03'")
        settle(page)
        expect(page.locator("#note")).to_be_hidden()


def test_a_link_put_in_after_a_refusal_is_followed(browser: Browser, db: Database, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        page = shown(visit, db, "dispatcher")
        page.locator("#fig-month").fill("2029-01")
        expect(page.locator("#note")).to_contain_text("2029")
        page.evaluate("location.hash = '#rate=filing&by=grid&month=2026-03'")
        wait_until(lambda: lines(page)[-1:] == [["The whole", "29", "29", "100.00 %"]])
        expect(page.locator("#note")).to_be_hidden()
        visit.complaints.clear()
