"""All pages in a real browser on a line that brings answers in any order, late, or not at all.

What a page says is always the answer to what was asked last, for whoever reads now. The measure is the page itself:
fresh from its own link it says the same.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff

import pytest
from playwright.sync_api import Browser, Page, expect

from geo.actions.city.create_token import create_token
from geo.actions.city.revoke_token import revoke_token
from geo.actions.plans.open_plan import open_plan
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.board import desk_of, fill_board
from tests.web.browser import DESKTOP, Visit, load_city, serving, visiting, wait_until
from tests.web.held import Held, settle
from tests.web.laid_out import lay_out
from tests.web.test_browser_planner import sign_in, token_of

SOUTH_MARKET, STATION = "990101001002", "990101001004"

SAID = """() => {
    const parts = [...document.querySelectorAll('.banners, #note, main, dialog')].map((part) => part.cloneNode(true));
    for (const part of parts) for (const map of part.querySelectorAll('.leaflet-control-container')) map.remove();
    const words = parts.map((part) => part.textContent.replace(/\\s+/g, ' ').trim()).join(' | ');
    const drawn = ['.leaflet-overlay-pane path', '[class*=leaflet-plan] path', '.leaflet-marker-pane > *'];
    return [words, document.querySelectorAll(drawn.join()).length];
}"""
"""All that a page has in it, shown or not, and how many things are drawn on its map."""


@dataclass(frozen=True)
class Town:
    """A demo city with a morning's cases, two drafts of one community, and a plan laid out in another."""

    db: Database
    address: str
    drafts: tuple[int, int]


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[Town]:
    name = f"races{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_city(db)
    now = datetime.now(UTC)
    hand, other = (desk_of(db, name, now)[1] for name in ("desk 1", "desk 2"))
    fill_board(db, hand, other)
    first, second = (open_plan(db, SOUTH_MARKET, None, note, hand).plan.id for note in ("one", "other"))
    for number in range(2):
        lay_out(db, (STATION, SOUTH_MARKET)[number], f"laid out {number}")
    with serving(db.engine.url.render_as_string(hide_password=False)) as address:
        yield Town(db, address, (first, second))
    db.close()
    drop_database(template_url, name)


def is_asked(address: str) -> bool:
    """Whether a page asks the service for something that a reader may be told; not who that is, and no stream."""
    return "/api/v1/" in address and not address.endswith(("/me", "/events"))


def press(page: Page, *selectors: str) -> None:
    for selector in selectors:
        page.locator(selector).first.click()


LEFT: dict[str, tuple[str, str, str, Callable[[Page], None]]] = {
    "public": ("dispatcher", "", "#card .figures", lambda page: press(page, "#tab-list")),
    "planner": ("planner", "", ".badge-station", lambda page: press(page, "#tab-honesty", "#tab-crossings")),
    "plans": (
        "planner",
        f"#community={SOUTH_MARKET}",
        "#grid-list .row",
        lambda page: press(page, "#tab-talk", "#tab-outcome"),
    ),
    "compare": ("planner", f"#community={SOUTH_MARKET}", "#outcome h2", lambda page: press(page, "#swap")),
    "dispatch": ("dispatcher", "", ".case-row", lambda page: press(page, ".case-row")),
}
"""Whose page, at which link, what shows that it stands, and what asks for more."""


@pytest.mark.parametrize("name", LEFT)
def test_after_a_sign_out_the_page_is_as_if_nobody_had_been_there(browser: Browser, town: Town, name: str) -> None:
    role, link, stands, ask = LEFT[name]
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/{name}?lang=en")
        fresh = page.evaluate(SAID)
        visit.page.goto("about:blank")
        visit.open(f"/maps/{name}?lang=en{link}")
        press(page, "#staff")
        page.locator("#staff-token").fill(token_of(town.db, role))
        page.keyboard.press("Enter")
        expect(page.locator(stands).first).to_be_visible()
        late = Held(page, is_asked)
        ask(page)
        late.wait(1)
        asked = len(late.routes)
        press(page, "#staff", "#staff-out")
        settle(page)
        late.release(*reversed(range(asked)))
        late.stop()  # what the public is told
        comes_to(page, SAID, None, fresh)
        expect(page.locator("#note")).to_be_hidden()


def test_a_token_that_no_longer_holds_signs_out_and_says_so(browser: Browser, town: Town) -> None:
    token, secret = create_token(town.db, name="gone", role="planner", area_code=None, days=None, at=datetime.now(UTC))
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}")
        sign_in(visit, secret)
        expect(page.locator("#grid-list .row").first).to_be_visible()
        revoke_token(town.db, token.id, datetime.now(UTC))
        page.locator("#tab-talk").dispatch_event("click")  # a tile may have been told before
        expect(page.locator("#locked")).to_be_visible()
        expect(page.locator("#note")).to_contain_text("token")
        expect(page.locator("#staff-name")).to_have_text("Staff")
        expect(page.locator("#grid-list .row")).to_have_count(0)
        assert page.evaluate("sessionStorage.length") == 0
        assert all("401" in said for said in visit.complaints), visit.complaints
        visit.complaints.clear()


def test_a_page_that_the_browser_kept_is_not_shown_to_the_next_reader(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}")
        sign_in(visit, token_of(town.db, "planner"))
        expect(page.locator("#grid-list .row").first).to_be_visible()
        with page.expect_navigation():  # as if another page of this tab had signed out, and the way back led here
            page.evaluate("""() => {
                sessionStorage.clear();
                dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
            }""")
        expect(page.locator("#locked")).to_be_visible()
        expect(page.locator("#grid-list .row")).to_have_count(0)


def test_what_nobody_foresaw_is_said_in_words_that_lead_on(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/figures?lang=en")
        figures = Held(page, "**/api/v1/figures?*")
        sign_in(visit, token_of(town.db, "viewer"))
        figures.wait(1)
        figures.release(0, status=200, body={"by": "item"})
        expect(page.locator("#note")).to_contain_text("Load it again")
        assert len(visit.complaints) == 1
        assert "undefined" in visit.complaints[0], "developers are told what it was"
        visit.complaints.clear()


def test_tiles_that_failed_come_by_themselves(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en#map=15/40.4/103.2")
        tiles = Held(page, "**/tiles/**")
        page.locator(".leaflet-control-zoom-in").click()
        tiles.wait(2)
        tiles.release(0, status=0)
        tiles.release(1, status=503)
        expect(page.locator("#trouble")).to_be_visible()
        tiles.stop()
        expect(page.locator("#trouble")).to_be_hidden()
        visit.painted()
        visit.complaints.clear()


def test_a_card_that_comes_late_does_not_take_the_place_of_another_wish(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en")
        one, other = (grid["properties"] for grid in visit.answer("/api/v1/grids?geometry=false&limit=2")["features"])
        late = Held(page, lambda address: re.search(r"/api/v1/grids/\d+$", address) is not None)
        page.evaluate(f"location.hash = 'show=grid:{one['id']}'")
        late.wait(1)
        page.locator("#tab-layers").click()
        late.release(0)
        expect(page.locator("#view-layers")).to_be_visible()
        page.evaluate(f"location.hash = 'show=grid:{one['id']}&again'")
        late.wait(2)
        page.evaluate(f"location.hash = 'show=grid:{other['id']}'")
        late.wait(3)
        late.release(2)
        expect(page.locator("#card h2")).to_have_text(other["name"])
        late.release(1, status=500)
        expect(page.locator("#note")).to_be_hidden()
        expect(page.locator("#card h2")).to_have_text(other["name"])
        visit.complaints.clear()


def test_a_choice_ends_the_search(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/public?lang=en")
        name = visit.answer("/api/v1/grids?geometry=false&limit=1")["features"][0]["properties"]["name"]
        page.locator("#search").fill(name[:3])
        expect(page.locator("#result-0")).to_be_visible()
        late = Held(page, "**/api/v1/search?*")
        page.locator("#search").press_sequentially(name[3])
        late.wait(1)
        page.locator("#search").press("Enter")
        late.release(0)
        expect(page.locator("#search-results")).to_be_hidden()


def test_a_what_if_that_is_taken_back_leaves_nothing_waiting(browser: Browser, town: Town) -> None:
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open("/maps/planner?lang=en")
        sign_in(visit, token_of(town.db, "planner"))
        late = Held(page, "**/api/v1/coverage/what-if")
        for number in range(2):
            page.locator(".badge-station").nth(number).focus()
            page.keyboard.press("Enter")
            page.locator("#station-card button").first.click()
            late.wait(number + 1)
        late.release(1)
        expect(page.locator("#verdict")).to_be_visible()
        page.locator("#changes button").first.click()
        late.wait(3)
        page.locator("#changes button").first.click()
        late.release(0, 2)
        expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
        expect(page.locator("#answer")).to_be_empty()
        expect(page.locator("path.changed")).to_have_count(0)


def test_an_edit_is_made_on_the_plan_that_it_was_meant_for(browser: Browser, town: Town) -> None:
    one, other = town.drafts
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}&plan={one}")
        sign_in(visit, token_of(town.db, "planner"))
        page.locator("#grid-list .row").first.click()
        edits = Held(page, "**/edits")
        press(page, "#lock", "#lock")  # the second waits for the first
        edits.wait(1)
        page.locator("#plan-choice").select_option(str(other))
        wait_until(lambda: f"plan={other}" in page.evaluate("location.hash"))
        edits.release(0)
        assert [f"/plans/{one}/" in route.request.url for route in edits.routes] == [True]
        expect(page.locator("#grid-list .tag", has_text="locked")).to_have_count(0)
        expect(page.locator("#plan-choice")).to_have_value(str(other))
        expect(page.locator("#note")).to_be_hidden()


def test_a_plan_that_cannot_be_read_leaves_the_one_that_is_open(browser: Browser, town: Town) -> None:
    one, other = town.drafts
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}&plan={one}")
        sign_in(visit, token_of(town.db, "planner"))
        expect(page.locator("#grid-list .row").first).to_be_visible()
        refused = Held(page, f"**/api/v1/plans/{other}")
        page.locator("#plan-choice").select_option(str(other))
        refused.wait(1)
        refused.release(0, status=429)
        expect(page.locator("#note")).to_have_text("refused with 429")
        expect(page.locator("#plan-choice")).to_have_value(str(one))
        page.locator("[data-tool=paint]").click()
        expect(page.locator("#paint-target")).to_be_visible()
        page.goto("about:blank")
        visit.open("/maps/plans?lang=en#community=999999999999")
        expect(page.locator("#chooser .row").first).to_be_visible()
        expect(page.locator("#note")).to_be_visible()
        visit.complaints.clear()


# In any order

CHOICES, LET_GO = 10, 0.4
"""So many choices; after each, answers are let go with this chance, one after the other."""


def choose(page: Page, field: str, *values: str) -> list[Callable[[], object]]:
    def choice(value: str) -> Callable[[], object]:
        return lambda: page.evaluate(
            """([id, value]) => {
                const field = document.getElementById(id);
                if (!field || field.disabled) return;
                field.value = value;
                field.dispatchEvent(new Event('change'));
            }""",
            [field, value],
        )

    return [choice(value) for value in values]


def follow(page: Page, *links: str) -> list[Callable[[], object]]:
    return [lambda link=link: page.evaluate("(link) => { location.hash = link; }", link) for link in links]  # type: ignore[misc]


def of_figures(page: Page, _: Visit, __: Town) -> list[Callable[[], object]]:
    return [
        *choose(page, "fig-rate", "solved", "filing"),
        *choose(page, "fig-by", "community", "grid", "item", "unit"),
        *choose(page, "fig-month", "2026-10", "2029-01"),
    ]


def of_public(page: Page, visit: Visit, _: Town) -> list[Callable[[], object]]:
    grids = [grid["properties"]["id"] for grid in visit.answer("/api/v1/grids?geometry=false&limit=3")["features"]]
    stations = [station["properties"]["id"] for station in visit.answer("/api/v1/stations?limit=2")["features"]]
    return [
        *follow(page, *(f"show=grid:{id_}" for id_ in grids), *(f"show=station:{id_}" for id_ in stations)),
        *follow(page, "show=grid:999999"),
        *follow(page, "tab=reach&minutes=10", "tab=reach&mode=elderly_75", "tab=reach&from=40.4,103.2"),
        lambda: page.keyboard.press("Escape"),
        lambda: page.locator("#tab-card").click(),
    ]


def of_compare(page: Page, _: Visit, town: Town) -> list[Callable[[], object]]:
    return [
        *choose(page, "community", SOUTH_MARKET, STATION),
        *choose(page, "plan-before", str(town.drafts[0])),
        *choose(page, "plan-after", str(town.drafts[1])),
        *follow(page, f"community={SOUTH_MARKET}&a={town.drafts[1]}&b={town.drafts[0]}"),
        lambda: page.locator("#by-plans").dispatch_event("change"),
    ]


def of_plans(page: Page, _: Visit, town: Town) -> list[Callable[[], object]]:
    return [
        *follow(page, f"community={SOUTH_MARKET}&plan={town.drafts[0]}", f"community={STATION}", "map=15/40.4/103.2"),
        *choose(page, "plan-choice", str(town.drafts[0]), str(town.drafts[1])),
        lambda: page.evaluate("document.getElementById('leave')?.click()"),
    ]


def of_proposals(page: Page, visit: Visit, _: Town) -> list[Callable[[], object]]:
    plans = [plan["id"] for plan in visit.answer("/api/v1/proposals")["proposals"]]
    opened = [
        lambda id_=id_: page.evaluate(f"document.querySelector('[data-plan=\"{id_}\"]')?.click()") for id_ in plans
    ]  # type: ignore[misc]
    return [*opened, lambda: page.evaluate("document.getElementById('back').click()")]


def of_dispatch(page: Page, _: Visit, __: Town) -> list[Callable[[], object]]:
    cases = page.locator(".case-row").evaluate_all("(rows) => rows.slice(0, 4).map((row) => Number(row.dataset.case))")
    return [
        *follow(page, *(f"show=incident:{case}" for case in cases), "holder=nobody", "channel=patrol", "item=1101"),
        lambda: page.keyboard.press("Escape"),
    ]


SHOWN = """(ids) => ids.map((id) => document.querySelector(id))
    .map((part) => (part?.checkVisibility() ? part.innerText.replace(/\\s+/g, ' ') : ''))"""
PLAYED = {
    "figures": ("dispatcher", "#month=2026-10", of_figures, ("#headline", "#table", "#sum", "#fig-key")),
    "public": ("public", "", of_public, ("#card", "#reach-figures", "#from-here", "#reach-key")),
    "compare": ("planner", f"#community={SOUTH_MARKET}", of_compare, ("#verdict", "#moves", "#matrix")),
    "plans": ("planner", f"#community={SOUTH_MARKET}", of_plans, ("#plan-head h1", "#chooser", "#grid-list")),
    "proposals": ("public", "", of_proposals, ("#card",)),
    "dispatch": ("dispatcher", "", of_dispatch, ("#case h2", "#case .case-id", "#case .steps-done")),
}
"""Whose page, at which link, what may be chosen on it, and what of it its link tells."""


@pytest.mark.parametrize("name", PLAYED)
def test_in_whatever_order_answers_come_the_page_shows_what_its_link_says(
    browser: Browser, town: Town, name: str
) -> None:
    role, link, choices_of, ids = PLAYED[name]
    dice = random.Random(f"{name} 7")
    with visiting(browser, town.address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/{name}?lang=en{link}")
        if role != "public":
            sign_in(visit, token_of(town.db, role))
        settled(page)
        choices = choices_of(page, visit, town)
        late = Held(page, is_asked)
        for _ in range(CHOICES):
            dice.choice(choices)()
            settle(page)
            while late.waiting and dice.random() < LET_GO:
                late.release(dice.choice(late.waiting))
        while late.waiting:
            late.release(dice.choice(late.waiting))
        late.stop()
        settled(page)
        assert [said for said in visit.complaints if "422" not in said and "404" not in said] == []
        visit.complaints.clear()
        shown, at = page.evaluate(SHOWN, ids), page.url
        page.goto("about:blank")
        page.goto(at)
        wait_until(lambda: page.evaluate("document.documentElement.dataset.ready === 'true'"))
        comes_to(page, SHOWN, list(ids), shown)
        visit.complaints.clear()


def comes_to(page: Page, script: str, given: list[str] | None, wanted: object) -> None:
    """Wait until a page says what is wanted; where it does not, both are told."""
    try:
        wait_until(lambda: page.evaluate(script, given) == wanted)
    except AssertionError:
        found = page.evaluate(script, given)
        raise AssertionError("\n".join(unified_diff(_words(wanted), _words(found), lineterm="", n=1))) from None


def _words(said: object) -> list[str]:
    return str(said).split()


def settled(page: Page) -> None:
    """Wait until the network is quiet but for tiles and the stream."""
    settle(page)
    wait_until(lambda: page.locator("[aria-busy=true]").count() == 0)
    settle(page)
