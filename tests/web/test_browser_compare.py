"""The page of two maps in a real browser: two plans or two days side by side, and who moves where, to the person.

The town has ten by ten units with 40 residents each in four square grids. In the draft the upper row of the
south-western grid, five units with 200 residents, belongs to the north-western one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.plan_view import view_plan
from geo.actions.plans.publish_plan import publish_plan
from geo.plan_ops import Paint, PlanOp, Rename, Split
from geo.store.database import Database
from tests.db.test_plans import accepted
from tests.plan_towns import HAND, PlanTown, begin, unit_no
from tests.small_town import AT, WEST, lonlat
from tests.web.browser import DESKTOP, PHONE, Visit, serving, visiting, wait_until
from tests.web.test_browser_planner import sign_in, token_of
from tests.web.test_browser_public import HOSTILE
from tests.web.test_figure import VIEW
from webmap.pages.public import planner_page, plans_page, proposals_page, public_page, twin_page

WIDTHS = {"1280": DESKTOP, "390": PHONE}
PEOPLE = 4000
VIEW_OF = "(map) => [map.getCenter().lng, map.getCenter().lat, map.getZoom()]"
ROW = tuple(unit_no(column, 4) for column in range(5))


@pytest.fixture
def town(plan_town: PlanTown) -> PlanTown:
    return plan_town


@pytest.fixture
def site(db: Database, town: PlanTown) -> Iterator[str]:
    """Where the drawn town is served."""
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        yield address


def drafted(db: Database, *ops: PlanOp) -> int:
    """A draft to which something was done: its number."""
    plan_id = begin(db).plan.id
    for version, op in enumerate(ops, 1):
        edit_plan(db, plan_id, version, op, HAND)
    return plan_id


def painted(db: Database, town: PlanTown, *more: PlanOp) -> int:
    return drafted(db, Paint(ROW, town.grid[0]), *more)


def compared(visit: Visit, db: Database, language: str, **parts: Any) -> Page:
    """Open the page at an address, sign in, and wait for what it shows."""
    asked = "&".join(f"{name}={value}" for name, value in {"community": WEST, **parts}.items())
    visit.open(f"/maps/compare?lang={language}#{asked}")
    sign_in(visit, token_of(db, "planner"))
    expect(visit.page.locator("#outcome")).to_be_visible()
    return visit.page


def figures(page: Page) -> list[list[int]]:
    """The matrix as numbers, sums included."""
    rows = page.locator(".matrix :is(tbody, tfoot) tr").all()
    texts = [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]
    return [[0 if text == "–" else int(text.replace(",", "")) for text in row] for row in texts]


def assert_loads_add_up(page: Page) -> None:
    """Of the drawn town: the grid that people come to has more work after, the one that they leave has less."""
    texts = [row.locator("td").all_inner_texts() for row in page.locator("#load :is(tbody, tfoot) tr").all()]
    hours = [[float(text.replace(",", "").replace("−", "-").replace("–", "0")) for text in row] for row in texts]
    (*grids, total) = hours
    assert [round(after - before - change, 6) for before, after, change in hours] == [0] * len(hours)
    assert [round(sum(column), 6) for column in zip(*grids, strict=True)] == total
    (north_west, _, south_west, _) = (change for *_, change in grids)
    assert south_west < 0 < north_west


def views(page: Page) -> list[list[float]]:
    """Longitude, latitude and zoom of both maps."""
    maps = "Object.keys(window).filter((name) => /^map_\\d+$/.test(name)).sort().map((name) => window[name])"
    found: list[list[float]] = page.evaluate(f"{maps}.map({VIEW_OF})")
    return found


def at_rest(page: Page) -> bool:
    """Whether no map glides on after a drag; while one does, keys are not heeded."""
    maps = "Object.keys(window).filter((name) => /^map_\\d+$/.test(name)).map((name) => window[name])"
    return not page.evaluate(f"{maps}.some((map) => map._panAnim?._inProgress || map._animatingZoom)")


def together(page: Page) -> bool:
    """Whether both maps show the same, to half a pixel."""
    (one, other) = views(page)
    degrees = 180 / 256 / 2 ** one[2]
    return one[2] == other[2] and abs(one[0] - other[0]) < degrees and abs(one[1] - other[1]) < degrees


def test_only_this_page_knows_its_words_and_all_of_it_is_ours() -> None:
    assert "twin_" in twin_page(VIEW).html
    for other in (public_page, planner_page, plans_page, proposals_page):
        assert '"twin_' not in other(VIEW).html
    assert twin_page(VIEW).script.count("L.map(") == 2


def test_without_a_planners_token_nothing_is_shown(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    with visiting(browser, site, **DESKTOP) as visit:
        visit.open(f"/maps/compare?lang=en#community={WEST}&a={town.plan_id}&b={painted(db, town)}")
        expect(visit.page.locator("#locked")).to_be_visible()
        sign_in(visit, token_of(db, "dispatcher"))
        expect(visit.page.locator("#note")).to_contain_text("not a planner's")
        expect(visit.page.locator("path.twin-grid")).to_have_count(0)
        expect(visit.page.locator("#outcome")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_two_plans_side_by_side(
    browser: Browser, db: Database, town: PlanTown, site: str, width: str, language: str
) -> None:
    draft = painted(db, town)
    with visiting(browser, site, **WIDTHS[width]) as visit:
        page = compared(visit, db, language, a=town.plan_id, b=draft)
        expect(page.locator("path.twin-grid")).to_have_count(8)
        expect(page.locator("path.twin-moved")).to_have_count(2)
        told = {"en": "200 residents (5 %) change grid", "zh": "200 名居民（5%）更换网格"}[language]
        expect(page.locator("#verdict")).to_contain_text(told)
        assert figures(page) == [
            [1000, 0, 0, 0, 1000],
            [0, 1000, 0, 0, 1000],
            [200, 0, 800, 0, 1000],
            [0, 0, 0, 1000, 1000],
            [1200, 1000, 800, 1000, PEOPLE],
        ]
        (move,) = page.locator("#moves [data-move]").all()
        assert "200" in move.inner_text()
        assert "80" in move.inner_text()
        assert_loads_add_up(page)
        expect(page.locator("#load .counted-share")).to_contain_text(
            {"en": "No work was counted", "zh": "尚无统计数"}[language]
        )
        expect(page.locator("#stream .stream-stay")).to_have_count(4)
        expect(page.locator("#stream .stream-move")).to_have_count(1)
        boxes = [box.bounding_box() for box in page.locator(".folium-map").all()]
        left, right = (box for box in boxes if box is not None)
        assert (left["y"] == right["y"]) == (width == "1280"), "side by side, on a phone one above the other"
        assert (left["x"] == right["x"]) == (width == "390")
        assert left["height"] >= 250
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_maps_move_together_by_hand_and_by_keys(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    draft = painted(db, town)
    with visiting(browser, site, **DESKTOP) as visit:
        page = compared(visit, db, "en", a=town.plan_id, b=draft)
        assert together(page)
        start = views(page)[0]
        box = page.locator(".folium-map").nth(1).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 120, y - 40, steps=4)
        page.mouse.up()
        wait_until(lambda: views(page)[1][0] > start[0] and at_rest(page) and together(page))
        dragged = views(page)[0]
        page.locator(".folium-map").nth(0).focus()
        page.keyboard.press("ArrowLeft")
        wait_until(lambda: views(page)[0][0] < dragged[0] and at_rest(page) and together(page))
        page.keyboard.press("+")
        wait_until(lambda: views(page)[0][2] == start[2] + 1 and together(page))
        assert f"map={int(start[2]) + 1}/" in page.evaluate("location.hash")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_move_is_shown_on_both_maps_by_keys(
    browser: Browser, db: Database, town: PlanTown, site: str, width: str
) -> None:
    draft = painted(db, town)
    with visiting(browser, site, **WIDTHS[width]) as visit:
        page = compared(visit, db, "en", a=town.plan_id, b=draft)
        move = page.locator("#moves [data-move]")
        move.focus()
        page.keyboard.press("Enter")
        expect(move).to_have_attribute("aria-pressed", "true")
        expect(page.locator("path.twin-chosen")).to_have_count(2)
        expect(page.locator("#stream .stream-move.chosen")).to_have_count(1)
        lon, lat = lonlat(250, 450)
        assert views(page)[0][:2] == pytest.approx([lon, lat], abs=2e-4)
        page.keyboard.press("Enter")
        expect(page.locator("path.twin-chosen")).to_have_count(0)
        expect(page.locator("#stream .chosen")).to_have_count(0)


def test_swapped_and_another_plan(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    draft = painted(db, town)
    other = drafted(db, Paint((unit_no(5, 4),), town.grid[1]))
    with visiting(browser, site, **DESKTOP) as visit:
        page = compared(visit, db, "en", a=town.plan_id, b=draft)
        page.locator("#swap").click()
        wait_until(lambda: figures(page)[0][2] == 200)
        assert figures(page)[2][0] == 0
        page.locator("#plan-after").select_option(str(other))
        wait_until(lambda: figures(page)[3][1] == 40)
        assert figures(page)[0] == [1000, 0, 200, 0, 1200]
        assert f"a={draft}&b={other}" in page.evaluate("location.hash")
        visit.page.reload()
        expect(page.locator("#outcome")).to_be_visible()
        assert figures(page)[3][1] == 40


def test_two_days(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    draft = painted(db, town)
    later = replace(HAND, at=AT + timedelta(days=30))
    publish_plan(db, draft, 2, accepted(view_plan(db, draft)), None, later)
    with visiting(browser, site, **DESKTOP) as visit:
        page = compared(visit, db, "en", **{"from": "2026-03-15", "to": "2026-05-01"})
        assert figures(page)[2] == [200, 0, 800, 0, 1000]
        assert_loads_add_up(page)
        expect(page.locator("path.twin-grid")).to_have_count(8)
        expect(page.locator(".twin-name").first).to_contain_text("15 Mar 2026")
        page.locator("#day-after").fill("2026-03-20")
        expect(page.locator("#verdict")).to_have_text("Nobody changes grid.")
        expect(page.locator("path.twin-moved")).to_have_count(0)
        page.locator("#day-before").fill("2020-01-01")
        expect(page.locator("#verdict")).to_contain_text("No grids of this community were in force on 1 Jan 2020")
        page.locator("label:has(#by-plans)").click()
        expect(page.locator("#plan-after")).to_be_visible()


def test_of_many_grids_the_quiet_ones_are_told_as_one(
    browser: Browser, db: Database, town: PlanTown, site: str
) -> None:
    """Four grids become twenty: twelve rows and columns at most, and nobody is lost."""
    lines = [Split(grid, (lonlat(x, -20), lonlat(x, 1020))) for grid, x in _cuts(town)]
    draft = drafted(db, *lines)
    with visiting(browser, site, **DESKTOP) as visit:
        page = compared(visit, db, "en", a=town.plan_id, b=draft)
        told = figures(page)
        assert len(told[0]) - 1 == 12
        assert sum(row[-1] for row in told[:-1]) == sum(told[-1][:-1]) == told[-1][-1] == PEOPLE
        assert [sum(row[:-1]) for row in told] == [row[-1] for row in told]
        expect(page.locator(".matrix thead")).to_contain_text("9 others")
        expect(page.locator("#matrix .note").first).to_contain_text("the others as one")
        expect(page.locator("#verdict")).to_contain_text("3,200 residents (80 %)")


def _cuts(town: PlanTown) -> Iterator[tuple[int, float]]:
    """Every grid loses its outermost column of units, four times."""
    for grid, start in zip(town.grid, (100, 600, 100, 600), strict=True):
        for number in range(4):
            yield grid, start + 100 * number


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_stay_text(browser: Browser, db: Database, town: PlanTown, site: str, width: str) -> None:
    draft = painted(db, town, Rename(town.grid[0], HOSTILE))
    with visiting(browser, site, **WIDTHS[width]) as visit:
        page = compared(visit, db, "en", a=town.plan_id, b=draft)
        expect(page.locator("#moves .row-name")).to_contain_text(HOSTILE)
        expect(page.locator(".matrix tbody th").first).to_contain_text(HOSTILE)
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_on_paper_the_maps_lie_side_by_side(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    """Even from a phone: the sheet's width is taken before it is printed, and given back."""
    draft = painted(db, town)
    with visiting(browser, site, **PHONE) as visit:
        page = compared(visit, db, "zh", a=town.plan_id, b=draft)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        boxes = [box.bounding_box() for box in page.locator(".folium-map").all()]
        left, right = (box for box in boxes if box is not None)
        assert left["y"] == right["y"]
        assert left["width"] == pytest.approx(right["width"], abs=1)
        assert left["width"] + right["width"] == pytest.approx(277 / 25.4 * 96, abs=12)
        assert together(page)
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.pdf(landscape=True, format="A4").startswith(b"%PDF")


def test_the_page_of_plans_leads_here(browser: Browser, db: Database, town: PlanTown, site: str) -> None:
    draft = painted(db, town)
    with visiting(browser, site, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={WEST}&plan={draft}")
        sign_in(visit, token_of(db, "planner"))
        page.locator("#tab-outcome").click()
        page.locator("#to-twin").click()
        expect(page.locator(".matrix")).to_be_visible()  # the page that leads here has an outcome of its own
        assert figures(page)[2][0] == 200
        page.locator("#to-plans").click()
        expect(page.locator("#plan-choice")).to_have_value(str(draft))
