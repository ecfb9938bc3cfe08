"""The board of dispatchers in a real browser: two desks at once, the keyboard alone, a lost connection, one stream."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Route, expect

from geo.actions.cases.case_desk import Desk
from geo.actions.cases.report_incident import Report, report_incident
from geo.actions.cases.step_incident import step_incident
from geo.actions.city.plan_access import Hand
from geo.actions.load_demo import load_demo
from geo.case_states import Said
from geo.settings import Settings
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.board import desk_of, fill_board
from tests.web.browser import BOUNDARIES, DESKTOP, MAP, PATIENCE_S, PHONE, Visit, serving, visiting, wait_until
from tests.web.test_browser_planner import sign_in, token_of
from tests.web.test_browser_public import HOSTILE
from tests.web.test_figure import VIEW, Document
from webmap.pages.dispatch import BoardView, ItemChoice, dispatch_page
from webmap.pages.public import planner_page, plans_page, public_page

MIDDLE = (103.2034, 40.4012)
"""In the demo city."""
NO_GRID = (103.2034, 40.385)
"""South of it."""
AMID_PX = 350
"""Below the head of the queue."""
PATIENCE_MS = 1000 * PATIENCE_S
WITHIN_MS = 1000
"""How soon another desk sees a step."""


class Town:
    """The demo city in the middle of a morning, with two desks."""

    def __init__(self, db: Database) -> None:
        load_demo(db, BOUNDARIES, datetime.now(UTC))
        now = datetime.now(UTC)
        self.db, self.url = db, db.engine.url.render_as_string(hide_password=False)
        self.first, self.first_hand = desk_of(db, "desk 1", now)
        self.second, self.second_hand = desk_of(db, "desk 2", now)
        fill_board(db, self.first_hand, self.second_hand)


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[Town]:
    name = f"dispatch{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    yield Town(db)
    db.close()
    drop_database(template_url, name)


@pytest.fixture(scope="module")
def town_address(town: Town) -> Iterator[str]:
    with serving(town.url) as address:
        yield address


class Board:
    """A desk's page, and the service asked beside it."""

    def __init__(self, visit: Visit, secret: str, path: str = "/maps/dispatch?lang=en", *, waits: bool = True) -> None:
        self.visit, self.page, self.secret = visit, visit.page, secret
        visit.open(path)
        sign_in(visit, secret)
        expect(self.page.locator("#as-of")).not_to_be_empty()
        if waits:  # as the stream begins the list is read once more
            expect(self.page.locator("#queue")).to_have_attribute("aria-busy", "false")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        known = {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en", **headers}
        answer = getattr(self.page.request, method)(f"{self.visit.address}/api/v1{path}", data=body, headers=known)
        assert answer.ok, answer.text()
        return answer.json()

    def reported(self, text: str, **changes: Any) -> int:
        """A new case, taken in beside the page."""
        body = {"item": "0101", "channel": "patrol", "occurred_at": _ago(), "lonlat": MIDDLE, "text": text, **changes}
        return int(self.ask("post", "/incidents", body)["id"])

    def open_cases(self, query: str = "") -> list[dict[str, Any]]:
        told = self.ask("get", f"/incidents?state=open&limit=1000{query}")
        return [each["properties"] for each in told["features"]]

    def row(self, case: int) -> Locator:
        return self.page.locator(f".case-row[data-case='{case}']")

    def open(self, case: int) -> Locator:
        """Open a case by its row; gives its card once it stands."""
        self.row(case).click()
        card = self.page.locator(f"#case[data-case='{case}']")
        expect(card).to_be_visible()
        return card

    def shown(self) -> list[int]:
        found = self.page.locator(".case-row").evaluate_all("(rows) => rows.map((row) => Number(row.dataset.case))")
        return [int(case) for case in found]

    def shows(self, cases: set[int]) -> None:
        """Wait until the queue shows these cases and no others."""
        wait_until(lambda: set(self.shown()) == cases)

    def answers(self, query: str) -> None:
        """Wait until the queue shows what the service has, asked anew each time: deadlines pass meanwhile."""
        wait_until(lambda: set(self.shown()) == {each["id"] for each in self.open_cases(f"&{query}")})

    def top_of(self, case: int) -> float:
        """How far down in the window a row begins."""
        return float(self.row(case).evaluate("(row) => row.getBoundingClientRect().top"))

    def forgive(self, *parts: str) -> None:
        """What the browser itself says about refusals that were meant to come."""
        self.visit.complaints[:] = [told for told in self.visit.complaints if not any(part in told for part in parts)]


def _ago(minutes: float = 5) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")


def test_every_address_is_ours_and_other_pages_know_nothing_of_the_board() -> None:
    board = BoardView(items=(ItemChoice("0101", HOSTILE, (HOSTILE,)),), channels=("hotline",))
    document = Document(dispatch_page(VIEW, board).html)
    addresses = [value for _, attributes in document.elements for name, value in attributes.items() if name == "src"]
    addresses += [attributes["href"] for tag, attributes in document.elements if tag == "link"]
    assert all(re.match(r"/(vendor|static|maps)/", address or "") for address in addresses)
    for tag, attributes in document.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
    for other in (public_page, planner_page, plans_page):
        assert "dispatch_" not in other(VIEW).html


def test_without_a_dispatchers_token_nothing_is_shown(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.open("/maps/dispatch?lang=en#show=incident:301")
        expect(visit.page.locator("#locked")).to_be_visible()
        expect(visit.page.locator(".case-row, .case-mark.leaflet-marker-icon")).to_have_count(0)
        sign_in(visit, token_of(town.db, "viewer"))
        expect(visit.page.locator("#note")).to_contain_text("not a dispatcher's")
        expect(visit.page.locator("#board, #new-report").first).to_be_hidden()
        visit.page.keyboard.press("n")
        expect(visit.page.locator("#report-form")).to_have_count(0)


def test_other_pages_lead_to_the_board_whoever_may_see_it(browser: Browser, town_address: str, town: Town) -> None:
    for secret, may in ((token_of(town.db, "viewer"), False), (town.first, True)):
        with visiting(browser, town_address, **DESKTOP) as visit:
            visit.open("/maps/public?lang=en")
            visit.page.locator("#staff").click()
            visit.page.locator("#staff-token").fill(secret)
            visit.page.locator("#staff-form [type=submit]").click()
            expect(visit.page.locator("#staff-dialog")).to_be_hidden()
            visit.page.locator("#staff").click()
            link = visit.page.locator("#to-dispatch")
            expect(link).to_be_visible(visible=may)
            if may:
                expect(link).to_have_attribute("href", "/maps/dispatch?lang=en")
            # no coverage was computed for this city, and the page asks for it
            visit.page.close()
            visit.complaints[:] = [told for told in visit.complaints if "503" not in told]


PARTS = """(parts) => parts.map((part) => [
    part.classList[1], [...part.querySelectorAll('[data-case]')].map((row) => Number(row.dataset.case)),
])"""


def test_the_queue_says_what_burns_first_in_words_and_shapes(browser: Browser, town_address: str, town: Town) -> None:
    burning = _told_before(town, minutes=20)
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first)

        def parts() -> dict[str, list[int]]:
            return dict(board.page.locator(".queue-part").evaluate_all(PARTS))

        def is_right() -> bool:
            """Asked again until it is so: a deadline may pass between two looks."""
            cases, now = board.open_cases(), datetime.now(UTC)
            due = {each["id"]: datetime.fromisoformat(each["stage_due_at"]) for each in cases if each["stage_due_at"]}
            by_due = sorted(due, key=lambda case: (due[case], case))
            timeless = sorted(each["id"] for each in cases if each["id"] not in due)
            soon = now + timedelta(minutes=15)
            return parts() == {
                "burning": [case for case in by_due if now < due[case] < soon],
                "over": [case for case in by_due if due[case] <= now],
                "due": [*(case for case in by_due if due[case] >= soon), *timeless],
            }

        wait_until(is_right)
        rows = parts()
        assert list(rows) == ["burning", "over", "due"]
        assert burning in rows["burning"]
        unplaced = {each["id"] for each in board.open_cases("&located=false")}
        for case in [case for case in rows["over"] if case not in unplaced][:3]:
            expect(board.row(case).locator(".clock-text")).to_have_text(re.compile(r"\d.* over$"))
            expect(board.row(case).locator(".ring")).to_have_class(re.compile("over"))
            expect(board.page.locator(f"[data-mark='{case}']")).to_have_class("over")
        assert unplaced, "two were told by address alone"
        for case in unplaced:
            expect(board.row(case).locator(".to-place")).to_have_text("To be located")
            expect(board.page.locator(f"[data-mark='{case}']")).to_have_count(0)


def _told_before(town: Town, minutes: float) -> int:
    """A missing manhole cover, for which somebody must be sent within half an hour of the report."""
    hand = Hand(datetime.now(UTC) - timedelta(minutes=minutes), None, town.second_hand.token_id, "desk 2")
    told = Report("1101", hand.at, "resident", "burns", MIDDLE)
    return report_incident(town.db, told, Desk(Settings()), hand, uuid4().hex).case.id


def test_numbers_of_what_has_no_place_and_no_grid_are_filters_and_a_link(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        outside = board.reported("where no grid is", item="0602", lonlat=NO_GRID)
        expect(board.row(outside).locator(".to-place")).to_have_text("In no grid")
        for name, query in (("overdue", "overdue=yes"), ("unplaced", "located=false"), ("no_grid", "in_grid=false")):
            page.locator("[data-count=all]").click()
            chip = page.locator(f"[data-count={name}]")
            chip.click()
            board.answers(query)
            assert chip.locator(".part-count").inner_text() == str(len(board.shown()))
            link = page.evaluate("location.hash")
            chip.click()
            board.answers("")
            page.evaluate("(link) => { location.hash = link; }", link)  # as whoever is sent it puts it into the address
            board.answers(query)
        assert outside in board.shown()
        page.keyboard.press("u")
        board.answers("located=false")
        page.keyboard.press("u")
        board.answers("")
        held = page.locator("#filters select").element_handles()
        other = board.reported("told while a list is open")
        expect(board.row(other)).to_be_visible()
        assert all(each.evaluate("(select) => select.isConnected") for each in held), "a list that is open stays open"


LEAST = """() => {
    const list = document.getElementById('queue');
    const rows = () => list.querySelectorAll('.case-row').length;
    window.least = rows();
    const look = () => { window.least = Math.min(window.least, rows()); };
    new MutationObserver(look).observe(list, {childList: true, subtree: true});
}"""


def test_a_queue_that_is_read_anew_over_a_slow_line_never_shows_fewer_rows(
    browser: Browser, town_address: str, town: Town
) -> None:
    """The stream says that everything must be read anew; pages of three come one by one, and late."""
    events: list[Route] = []
    lists: list[Route] = []
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        page.route("**/api/v1/events", lambda route: events.append(route), times=1)  # noqa: PLW0108 -- the library marks what it is handed
        visit.open("/maps/dispatch?lang=en")
        sign_in(visit, town.first)
        wait_until(lambda: page.title() and events and page.locator(".case-row").count() > 0)
        before = page.locator(".case-row").count()
        page.evaluate(LEAST)
        page.route("**/api/v1/incidents?*", lambda route: lists.append(route))  # noqa: PLW0108
        _too_much(events[0])
        for pages in range(4):
            wait_until(lambda n=pages: page.title() and len(lists) > n)
            assert page.locator(".case-row").count() == before
            lists[pages].continue_(url=lists[pages].request.url.replace("limit=500", "limit=3"))
        page.unroute("**/api/v1/incidents?*")
        for route in lists[4:]:
            route.continue_()
        case = int(_asked(visit, town.first, "somebody called meanwhile"))
        expect(page.locator(f".case-row[data-case='{case}']")).to_be_visible()
        assert page.evaluate("window.least") == before


def _asked(visit: Visit, secret: str, words: str) -> int:
    body = {"item": "0101", "channel": "patrol", "occurred_at": _ago(), "lonlat": MIDDLE, "text": words}
    told = visit.page.request.post(
        f"{visit.address}/api/v1/incidents", data=body, headers={"Authorization": f"Bearer {secret}"}
    )
    return int(told.json()["id"])


def test_a_queue_that_could_not_be_read_is_read_once_it_can_be(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.page.route("**/api/v1/incidents?*", lambda route: route.abort(), times=2)
        board = Board(visit, town.first)
        board.shows({each["id"] for each in board.open_cases()})
        board.forgive("ERR_FAILED", "Failed to fetch")


def test_what_is_read_stays_where_it_is_while_others_come_and_go(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        cases = [board.reported(f"stays {number}", item="9104") for number in range(3)]
        expect(board.row(cases[2])).to_be_visible()
        page.locator("#queue").evaluate("(list) => { list.scrollTop = 400; }")
        order = board.shown()
        seen = next(case for case in order if board.top_of(case) > AMID_PX)
        before = board.top_of(seen)
        burns = _told_before(town, minutes=25)
        wait_until(lambda: burns in board.shown())
        assert board.shown().index(burns) < board.shown().index(seen)
        assert board.top_of(seen) == pytest.approx(before, abs=1)
        page.locator("#find").fill("stays ")
        board.shows(set(cases))
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(board.row(cases[1])).to_be_focused()
        _step_beside(town, cases[1], "withdraw", reason="a mistake")
        expect(board.row(cases[1])).to_have_count(0)
        expect(board.row(cases[2])).to_be_focused()


def test_who_holds_a_part_of_the_queue_still_holds_it_after_it_was_drawn_anew(
    browser: Browser, town_address: str, town: Town
) -> None:
    """Names of grids come late: a press that is under way, or a look at a part, must not end at an emptied one."""
    held: list[Route] = []
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.page.route("**/api/v1/grids?*", lambda route: held.append(route))  # noqa: PLW0108 -- the library marks what it is handed
        board = Board(visit, town.first)
        known = {each["id"]: each for each in board.open_cases()}
        board.shows(set(known))
        wait_until(lambda: visit.page.title() and held)
        parts = visit.page.locator(".queue-part").element_handles()
        for route in held:
            route.continue_()
        named = next(case for case, each in known.items() if each["grid_id"] is not None)
        expect(board.row(named).locator(".case-grid")).to_have_text(known[named]["grid_name"])
        expect(board.row(named).locator(".case-words")).to_contain_text(known[named]["text"])
        rows = [row for part in parts for row in part.query_selector_all(".case-row")]
        assert sorted(int(row.get_attribute("data-case") or 0) for row in rows) == sorted(known)


def test_two_desks_one_claims_and_the_other_sees_it_and_is_refused_in_place(
    browser: Browser, town_address: str, town: Town
) -> None:
    with (
        visiting(browser, town_address, **DESKTOP) as first,
        visiting(browser, town_address, **DESKTOP) as second,
    ):
        mine, theirs = Board(first, town.first), Board(second, town.second)
        case = mine.reported("two desks")
        card, their_card = mine.open(case), theirs.open(case)
        expect(theirs.row(case).locator(".holder")).to_have_text("unclaimed")
        theirs.page.evaluate(SEEN_AT, case)
        mine.page.evaluate("document.addEventListener('keydown', () => { window.pressedAt = Date.now(); }, true)")
        mine.page.keyboard.press("c")
        expect(card.locator(".holder")).to_have_text("in my hand")
        expect(theirs.row(case).locator(".holder")).to_have_text("desk 1")
        took_ms = theirs.page.evaluate("window.seenAt") - mine.page.evaluate("window.pressedAt")
        assert took_ms < WITHIN_MS
        expect(their_card.locator(".card-news")).to_contain_text("desk 1: claim")
        expect(their_card.locator("[data-move=claim]")).to_have_text("Take over …")
        theirs.page.keyboard.press("c")
        expect(their_card.locator("#move-form")).to_contain_text("In the hands of “desk 1” since")
        theirs.page.keyboard.type("shift change")
        theirs.page.keyboard.press("Enter")
        expect(their_card.locator(".holder")).to_have_text("in my hand")
        expect(mine.page.locator("#taken")).to_contain_text("desk 2 took it over. Reason: shift change")
        expect(card.locator("[data-move=claim]")).to_have_text("Take over …")
        mine.page.locator("#taken .close-card").click()
        expect(mine.page.locator("#taken")).to_be_empty()


def test_who_loses_a_claim_sees_who_won(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first, "/maps/dispatch?lang=zh")
        case = board.reported("both at once")
        card = board.open(case)

        def others_first(route: Route) -> None:
            _claimed_beside(town, case)
            route.continue_()

        visit.page.route("**/steps", others_first, times=1)
        visit.page.keyboard.press("c")
        expect(card.locator("#card-refusal")).to_contain_text("“desk 2”先一步完成了“认领”")
        expect(card.locator("[data-move=claim]")).to_have_text("接手……")
        expect(card.locator(".holder")).to_have_text("desk 2")
        board.forgive("412")


def test_a_step_while_the_case_is_being_read_is_not_passed_over(
    browser: Browser, town_address: str, town: Town
) -> None:
    """Another desk is quicker than the answer to the press on the row: what is shown is the case as it is then."""
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first)
        case = board.reported("read and stepped")
        visit.page.route(f"**/incidents/{case}", hold_the_first)
        board.row(case).click()
        wait_until(lambda: visit.page.title() and held)
        _claimed_beside(town, case)
        expect(board.row(case).locator(".holder")).to_have_text("desk 2")
        route, answer = held[0]
        route.fulfill(response=answer)
        card = visit.page.locator(f"#case[data-case='{case}']")
        expect(card.locator(".holder")).to_have_text("desk 2")
        visit.page.keyboard.press("d")
        expect(card.locator(".elsewhere")).to_contain_text("“desk 2”")


def test_keys_act_on_the_row_that_has_the_focus_not_on_the_card_that_is_open(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first)
        cases = [board.reported(f"focus {number}", item="9104") for number in range(2)]
        visit.page.locator("#find").fill("focus ")
        board.shows(set(cases))
        board.open(cases[0])
        visit.page.keyboard.press("j")
        visit.page.keyboard.press("c")
        expect(board.row(cases[1]).locator(".holder")).to_have_text("in my hand")
        expect(visit.page.locator(f"#case[data-case='{cases[1]}']")).to_be_visible()
        assert board.ask("get", f"/incidents/{cases[0]}")["holder"] is None


def test_a_report_that_was_begun_waits_while_something_else_is_looked_at(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        page.keyboard.press("n")
        page.locator("#report-text").fill("half written")
        visit.click_at(*MIDDLE)
        expect(page.locator("[class=pin]")).to_have_count(1)
        page.locator(".case-row").first.click()
        expect(page.locator("#report-form")).to_be_hidden()
        expect(page.locator("[class=pin]")).to_have_count(0)
        page.keyboard.press("n")
        expect(page.locator("#report-text")).to_have_value("half written")
        expect(page.locator("[class=pin]")).to_have_count(1)
        page.locator("#report .close-card").click()
        page.keyboard.press("n")
        expect(page.locator("#report-text")).to_have_value("")
        assert board.page.locator("[class=pin]").count() == 0


def test_when_too_much_was_missed_the_queue_is_read_anew(browser: Browser, town_address: str, town: Town) -> None:
    asked: list[str] = []
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.page.route("**/api/v1/events", _too_much, times=1)
        visit.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        board = Board(visit, town.first)
        wait_until(lambda: visit.page.title() and asked.count("/api/v1/events") == 2)
        case = board.reported("after the reset")
        expect(board.row(case)).to_be_visible()
        assert asked.count("/api/v1/incidents") >= 2


def _too_much(route: Route) -> None:
    body = 'event: as_of\ndata: {"at": "2026-11-27T02:00:00+00:00"}\n\nid: 1\nevent: reset\ndata: {}\n\n'
    route.fulfill(content_type="text/event-stream", body=body)


SEEN_AT = """(id) => {
    const look = () => {
        const holder = document.querySelector(`.case-row[data-case='${id}'] .holder`);
        if (holder?.textContent === 'desk 1') window.seenAt ??= Date.now();
    };
    new MutationObserver(look).observe(document.getElementById('queue'), {childList: true, subtree: true});
}"""


def test_who_comes_second_with_a_form_is_told_who_did_what_and_may_look_again(
    browser: Browser, town_address: str, town: Town
) -> None:
    with (
        visiting(browser, town_address, **DESKTOP) as first,
        visiting(browser, town_address, **DESKTOP) as second,
    ):
        mine, theirs = Board(first, town.first), Board(second, town.second)
        case = mine.reported("who comes second")
        mine.open(case)
        form = theirs.open(case).locator("#move-form")
        theirs.page.keyboard.press("d")
        theirs.page.locator("#move-unit").fill("环卫一队")
        mine.page.keyboard.press("c")
        expect(theirs.row(case).locator(".holder")).to_have_text("desk 1")
        theirs.page.keyboard.press("Enter")
        expect(form.locator(".refusal")).to_contain_text("desk 1")
        expect(theirs.page.locator("#move-unit")).to_have_value("环卫一队")
        assert mine.ask("get", f"/incidents/{case}")["stage"] == "filed", "what was refused changed nothing"
        form.locator(".refusal button").click()
        expect(form.locator(".refusal button")).to_have_count(0)
        expect(form.locator(".refusal")).to_contain_text("as it is now")
        expect(form.locator(".elsewhere")).to_contain_text("“desk 1”")
        theirs.page.locator("#move-reason").fill("they went home")
        theirs.page.locator("#move-unit").press("Enter")
        expect(theirs.row(case).locator(".stage")).to_have_text("dispatched")
        expect(mine.row(case).locator(".stage")).to_have_text("dispatched")
        assert mine.ask("get", f"/incidents/{case}")["unit"] == "环卫一队"
        theirs.forgive("412")


def test_a_report_names_its_thing_and_is_told_of_others_about_it(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        first = board.reported("lamp is out", item="1201", asset="LD-0017", lonlat=(103.199, 40.404))
        expect(board.row(first)).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.type("1201")
        page.locator("#report-item-list li").first.click()
        page.locator("#report-asset").fill("not a code!")
        page.locator("#report-send").click()
        expect(page.locator("#report .refusal")).to_contain_text("40")
        page.locator("#report-asset").fill(" ｌｄ-0017 ")
        page.locator("#report-same .link").click()
        expect(page.locator(f"#case[data-case='{first}']")).to_be_visible()
        page.keyboard.press("n")
        expect(page.locator("#report-same")).to_contain_text(f"#{first}")
        page.keyboard.press("Control+Enter")
        card = page.locator("#case")
        expect(card.locator(".same li").first).to_contain_text("same asset")
        expect(card).to_contain_text("asset LD-0017")
        card.locator(".same").get_by_text(f"Merge into #{first}").click()
        expect(card.locator("#move-form")).to_be_visible()
        board.forgive("422")


def test_there_is_a_way_on_where_nothing_fits_or_a_case_cannot_be_read(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        case = board.reported("cannot be read at first")
        page.locator("#find").fill("no case has these words")
        page.locator("#clear").click()
        expect(page.locator("#find")).to_have_value("")
        page.route(f"**/incidents/{case}", lambda route: route.abort(), times=1)
        board.row(case).click()
        expect(page.locator("#case .refusal")).to_contain_text("does not answer")
        held: list[Route] = []
        page.route("**/stations?*", lambda route: held.append(route), times=1)  # noqa: PLW0108 -- Playwright marks it
        page.locator("#case .button-row .plain").click()
        expect(page.locator(f"#case[data-case='{case}'] h2")).to_be_visible()
        page.keyboard.press("d")
        expect(page.locator("#move-form input:checked")).to_be_focused()
        held[0].continue_()
        expect(page.locator("#move-form .helper-choice")).not_to_have_count(1)
        expect(page.locator("#move-form input:checked")).to_be_focused()
        page.keyboard.press("Control+Enter")
        expect(board.row(case).locator(".stage")).to_have_text("dispatched")
        board.forgive("Failed to load")


def test_a_report_by_the_keyboard_alone(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, keys = Board(visit, town.first), visit.page.keyboard
        before = {each["id"] for each in board.open_cases()}
        keys.press("n")
        keys.type("manhole")
        expect(visit.page.locator("#report-item-list li").first).to_contain_text("1101")
        keys.press("Enter")
        keys.press("Tab")
        keys.type("青河大街")
        expect(visit.page.locator("#report-address-list li").first).to_contain_text("青河大街")
        keys.press("Enter")
        expect(visit.page.locator("#report-place")).to_contain_text("marked")
        keys.press("Tab")
        keys.press("Tab")
        keys.type("井盖松动，请回电 13800138000")
        keys.press("Control+Enter")
        keys.press("Control+Enter")
        card = visit.page.locator("#case")
        expect(card.locator(".card-news")).to_contain_text("phone numbers (1)")
        made = [each for each in board.open_cases() if each["id"] not in before]
        assert [(each["item"], each["text"], each["stage"]) for each in made] == [
            ("1101", "井盖松动，请回电 ***", "filed")
        ]
        expect(card.locator("h2")).to_be_focused()
        keys.press("d")
        keys.press("Tab")
        keys.press("Control+A")
        keys.type("市政抢修队")
        keys.press("Enter")
        expect(board.row(made[0]["id"]).locator(".stage")).to_have_text("dispatched")
        expect(visit.page.locator("#move-form")).to_have_count(0)
        keys.press("Escape")
        expect(card).to_be_hidden()
        expect(board.row(made[0]["id"])).to_be_focused()
        keys.press("?")
        expect(visit.page.locator("#keys-dialog kbd", has_text="Esc")).to_be_visible()
        keys.press("Escape")
        keys.press("/")
        keys.type("市政抢修队")
        wait_until(lambda: board.shown() == [made[0]["id"]])


def test_a_report_whose_answer_was_lost_is_one_case_however_often_it_is_sent(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        before = {each["id"] for each in board.open_cases()}
        page.route("**/api/v1/incidents", _arrive_and_be_lost, times=1)
        page.keyboard.press("n")
        page.keyboard.type("0102")
        expect(page.locator("#report-item-list li")).to_have_count(1)
        page.keyboard.press("Enter")
        page.locator("#report-text").fill("lost on the way")
        page.locator("#report-send").click()
        expect(page.locator("#report .refusal")).to_contain_text("one case, never two")
        expect(page.locator("#report-text")).to_be_disabled()
        page.locator("#report-send").click()
        expect(page.locator(".card-news")).to_contain_text("had arrived before")
        made = [each for each in board.open_cases() if each["id"] not in before]
        assert [each["text"] for each in made] == ["lost on the way"]
        board.forgive("ERR_FAILED")


def _arrive_and_be_lost(route: Route) -> None:
    if route.request.method != "POST":
        route.fallback()
        return
    assert route.fetch().status == 201
    route.abort()


def test_after_a_lost_connection_everything_is_caught_up_and_nothing_read_anew(browser: Browser, town: Town) -> None:
    asked: list[str] = []
    with ExitStack() as server:
        address = server.enter_context(serving(town.url))
        with visiting(browser, address, **DESKTOP) as visit:
            board = Board(visit, town.first)
            case, other = board.reported("cut off"), board.reported("cut off, too")
            expect(board.row(case)).to_be_visible()
            expect(board.row(other)).to_be_visible()
            expect(visit.page.locator("#lost")).to_be_hidden()
            server.close()
            expect(visit.page.locator("#lost")).to_be_visible(timeout=PATIENCE_MS)
            visit.page.locator(".leaflet-control-zoom-out").click()
            expect(visit.page.locator("#trouble")).to_be_visible()
            for each in (case, other):
                _claimed_beside(town, each)
            visit.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
            server.enter_context(serving(town.url, urlsplit(address).port or 0))
            for each in (case, other):
                expect(board.row(each).locator(".holder")).to_have_text("desk 2", timeout=PATIENCE_MS)
            expect(visit.page.locator("#lost")).to_be_hidden()
            expect(visit.page.locator("#trouble")).to_be_hidden()
            assert "/api/v1/events" in asked
            assert "/api/v1/incidents" not in asked, "what was missed was told, not read anew"
            board.forgive("ERR_", "Failed to fetch")


def _claimed_beside(town: Town, case: int) -> None:
    _step_beside(town, case, "claim")


def _step_beside(town: Town, case: int, move: str, **said: Any) -> None:
    """Another desk's step, by another server than the one that is looked at."""
    hand = Hand(datetime.now(UTC), None, town.second_hand.token_id, town.second_hand.token_name)
    step_incident(town.db, case, 1, move, Said(hand.at, **said), hand, Desk(Settings()))


def test_tabs_of_one_browser_share_one_stream_and_pass_it_on(browser: Browser, town_address: str, town: Town) -> None:
    """A browser opens six connections to a host: as many streams would leave none for anything else."""
    streams: list[str] = []
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.page.context.on("request", lambda request: streams.append(request.url))
        tabs = [Board(Visit(visit.page.context.new_page(), town_address), town.first) for _ in range(3)]
        assert len([url for url in streams if url.endswith("/events")]) == 1
        case = tabs[0].reported("seen in all tabs")
        for tab in tabs:
            expect(tab.row(case)).to_be_visible()
        tabs[0].page.close()
        wait_until(lambda: tabs[1].page.title() and len([url for url in streams if url.endswith("/events")]) == 2)
        other = tabs[1].reported("seen in those that are left")
        for tab in tabs[1:]:
            expect(tab.row(other)).to_be_visible()


def test_filters_are_a_link(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first, "/maps/dispatch?lang=en#stage=filed&holder=nobody&channel=resident")
        wanted = {each["id"] for each in board.open_cases("&stage=filed&holder=nobody&channel=resident")}
        assert wanted
        board.shows(wanted)
        board.page.locator("#filters [data-name=channel]").select_option("")
        wider = {each["id"] for each in board.open_cases("&stage=filed&holder=nobody")}
        board.shows(wider)
        assert "channel=" not in visit.page.evaluate("location.hash")
        unplaced = {each["id"] for each in board.open_cases("&stage=collected&holder=nobody")}
        stages = board.page.locator("#filters [data-name=stage]")
        expect(stages.locator("[value=collected]")).to_have_text(f"collected ({len(unplaced)})")
        stages.select_option("collected")
        board.shows(unplaced)
        link = visit.page.evaluate("location.hash")
    with visiting(browser, town_address, **DESKTOP) as visit:
        Board(visit, town.first, f"/maps/dispatch?lang=en{link}").shows(unplaced)
    with visiting(browser, town_address, **DESKTOP) as visit:
        nonsense = "#stage=lost&holder=everybody&grid=-1&overdue=maybe&item=9999&channel=%3Cb%3E"
        board = Board(visit, town.first, f"/maps/dispatch?lang=en{nonsense}")
        board.shows({each["id"] for each in board.open_cases()})


def test_what_another_desk_does_moves_a_case_out_of_a_narrowed_queue(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first, "/maps/dispatch?lang=en#holder=nobody")
        board.secret = town.second
        case = board.reported("taken away")
        expect(visit.page.locator("#status")).to_contain_text(f"New case #{case}")
        expect(board.row(case)).to_be_visible()
        _claimed_beside(town, case)
        expect(board.row(case)).to_have_count(0)
        expect(visit.page.locator("#status")).to_contain_text("desk 2")


def test_several_at_once_with_one_reason_and_every_outcome_told(
    browser: Browser, town_address: str, town: Town
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        cases = [board.reported(f"bulk {number}", item="9103") for number in range(3)]
        _claimed_beside(town, cases[1])
        page.locator("#find").fill("bulk ")
        wait_until(lambda: board.shown() == cases)
        expect(board.row(cases[1]).locator(".holder")).to_have_text("desk 2")
        page.keyboard.press("Escape")
        page.keyboard.press("x")
        page.keyboard.press("J")
        page.keyboard.press("J")
        expect(page.locator(".case-row[aria-selected=true]")).to_have_count(3)
        page.locator("[data-bulk=claim]").click()
        outcomes = page.locator(".outcomes li")
        expect(outcomes).to_have_count(3)
        assert [told.split()[1] for told in outcomes.all_inner_texts()] == ["done", "is", "done"]
        assert [board.ask("get", f"/incidents/{case}")["holder"] for case in cases] == ["desk 1", "desk 2", "desk 1"]
        board.row(cases[0]).locator(".mark").click()
        board.row(cases[2]).click(modifiers=["Shift"])
        page.locator("[data-bulk=withdraw]").click()
        page.keyboard.type("one water main, told three times")
        page.keyboard.press("Enter")
        expect(page.locator(".outcomes .done")).to_have_count(2)
        wait_until(lambda: board.shown() == [cases[1]])
        for case in (cases[0], cases[2]):
            told = board.ask("get", f"/incidents/{case}")
            assert (told["stage"], told["steps"][-1]["reason"]) == ("withdrawn", "one water main, told three times")
        assert board.ask("get", f"/incidents/{cases[1]}")["holder"] == "desk 2", "others do not end what it has in hand"
        board.forgive("409")


def test_a_case_without_a_place_is_placed_by_one_press(browser: Browser, town_address: str, town: Town) -> None:
    """On the map, by the keyboard, or where its address may be; whoever places it has it in hand."""
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        pressed, by_keys, by_address = (board.reported("somewhere", lonlat=None, address="青河大街") for _ in range(3))
        card = board.open(pressed)
        card.get_by_role("button", name="Place on the map").click()
        expect(page.locator("#place-hint")).to_be_visible()
        visit.click_at(*MIDDLE)
        expect(card.locator(".stage")).to_have_text("filed")
        expect(card.locator(".helper, .aside").first).to_be_attached()
        expect(page.locator(f"[data-mark='{pressed}']")).to_have_count(1)
        board.row(by_keys).focus()
        page.keyboard.press("p")
        expect(page.locator("#place-hint")).to_be_visible()
        page.keyboard.press("Enter")
        expect(board.row(by_keys).locator(".holder")).to_have_text("in my hand")
        card = board.open(by_address)
        card.locator(".candidate").first.hover()
        expect(page.locator("[class=pin]")).to_have_count(1)
        card.locator(".candidate").first.click()
        expect(card.locator(".stage")).to_have_text("filed")
        expect(page.locator("[class=pin]")).to_have_count(0)
        told = [board.ask("get", f"/incidents/{case}") for case in (pressed, by_keys, by_address)]
        assert told[0]["lonlat"] == pytest.approx(MIDDLE, abs=3e-4)
        assert told[2]["precision_m"] > 0, "a road is not a door"
        for each in told:
            assert each["grid_id"] is not None
            assert [one["move"] for one in each["steps"]] == ["report", "claim", "locate"]
            assert each["is_mine"]


def test_what_another_desk_has_in_hand_is_placed_for_a_reason(browser: Browser, town_address: str, town: Town) -> None:
    """It was claimed between the look and the press: the form says by whom, and the place is not lost."""
    with visiting(browser, town_address, **DESKTOP) as visit:
        board, page = Board(visit, town.first), visit.page
        case = board.reported("somewhere else", lonlat=None)
        card = board.open(case)

        def others_first(route: Route) -> None:
            _claimed_beside(town, case)
            route.continue_()

        page.route("**/place", others_first, times=1)
        page.keyboard.press("p")
        visit.click_at(*MIDDLE)
        expect(card.locator("#move-form")).to_contain_text("In the hands of “desk 2” since")
        page.keyboard.type("they are at lunch")
        page.keyboard.press("Enter")
        expect(card.locator(".stage")).to_have_text("filed")
        expect(card.locator("#move-form")).to_have_count(0)
        told = board.ask("get", f"/incidents/{case}")
        assert told["lonlat"] == pytest.approx(MIDDLE, abs=3e-4)
        assert [one["move"] for one in told["steps"]] == ["report", "claim", "take_over", "locate"]
        board.forgive("412", "409")


def test_the_card_says_what_happens_when_the_time_runs_out(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first)
        case = board.reported("runs", item="1101")
        then = board.ask("get", f"/incidents/{case}")["when_over"]
        assert then["act"] == "escalate"
        expect(board.open(case).locator(".then")).to_contain_text(f"goes up to {then['unit']}")


def test_duplicates_are_suggested_and_merged(browser: Browser, town_address: str, town: Town) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first)
        stays = board.reported("first told", item="1201")
        goes = board.reported("told again", item="1201")
        card = board.open(goes)
        card.locator(".same > summary").click()
        card.get_by_role("button", name=f"Merge into #{stays}").click()
        expect(card.locator("#move-into")).to_have_value(str(stays))
        card.locator("#move-form [type=submit]").click()
        expect(card.locator(".stage").first).to_have_text("merged")
        expect(board.row(goes)).to_have_count(0)
        assert board.ask("get", f"/incidents/{stays}")["steps"][-1]["said"] == {"merged": goes}


def test_the_first_page_is_drawn_before_the_rest_has_come(browser: Browser, town_address: str, town: Town) -> None:
    held: list[Route] = []
    is_over = threading.Event()

    def five_at_once(route: Route) -> None:
        if is_over.is_set():
            route.continue_()
        elif "cursor=" in route.request.url:
            held.append(route)
        else:
            route.continue_(url=route.request.url.replace("limit=500", "limit=5"))

    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.page.route("**/api/v1/incidents?*", five_at_once)
        board = Board(visit, town.first, waits=False)
        wait_until(lambda: visit.page.title() and held)
        expect(visit.page.locator(".case-row")).to_have_count(5)
        is_over.set()
        for route in held:
            route.continue_()
        board.shows({each["id"] for each in board.open_cases()})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_text_stays_text(browser: Browser, town_address: str, town: Town, language: str) -> None:
    _, evil = desk_of(town.db, HOSTILE, datetime.now(UTC))
    with visiting(browser, town_address, **DESKTOP) as visit:
        board = Board(visit, town.first, f"/maps/dispatch?lang={language}")
        case = board.reported(HOSTILE, address=HOSTILE[:200], unit=HOSTILE[:100], number=f"{language} {HOSTILE}"[:90])
        hand = Hand(datetime.now(UTC), None, evil.token_id, evil.token_name)
        said = Said(hand.at, reason=HOSTILE, unit=HOSTILE[:100])
        step_incident(town.db, case, 1, "dispatch", said, hand, Desk(Settings()))
        card = board.open(case)
        expect(card.locator(".case-text")).to_have_text(HOSTILE)
        expect(card.locator(".steps-done li").first).to_contain_text(HOSTILE)
        expect(board.row(case).locator(".case-words")).to_contain_text(HOSTILE[:200])
        visit.page.locator("#find").fill("onerror")
        wait_until(lambda: board.shown() == [case])
        assert visit.page.evaluate("window.hit") is None
        clock, late = Hand(hand.at, token_name="clock"), Said(hand.at, reason="overdue", level="city")
        step_incident(town.db, case, 2, "escalate", late, clock, Desk(Settings()))
        told = {"en": "the service's clock", "zh": "系统（到期自动）"}[language]
        expect(card.locator(".steps-done li").first).to_contain_text(told)
        expect(card.locator(".card-news")).to_contain_text(told)
        step_incident(town.db, case, 3, "withdraw", Said(hand.at, reason="test"), hand, Desk(Settings()))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_shows_one_thing_at_a_time_and_nothing_sticks_out(
    browser: Browser, town_address: str, town: Town, language: str
) -> None:
    with visiting(browser, town_address, **PHONE) as visit:
        board, page = Board(visit, town.second, f"/maps/dispatch?lang={language}"), visit.page

        def only(name: str) -> None:
            for each in ("#queue-side", "#map-side", ".desk-side"):
                expect(page.locator(each)).to_be_visible(visible=each == name)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(STICKS_OUT) == []

        only("#queue-side")
        page.locator(".case-row").nth(4).click()
        expect(page.locator("#case .moves")).to_be_visible()
        only(".desk-side")
        assert page.evaluate(SMALL) == []
        page.locator("#case .close-card").click()
        only("#queue-side")
        assert page.evaluate(SMALL) == []
        page.locator("#to-map").click()
        only("#map-side")
        page.locator("#from-map").click()
        page.locator("#new-report").click()
        only(".desk-side")
        page.locator("#report-place .narrow-only").click()
        only("#map-side")
        visit.click_at(*page.evaluate(f"[{MAP}.getCenter().lng, {MAP}.getCenter().lat]"))  # wherever the case was
        only(".desk-side")
        expect(page.locator("#report-place .link").first).to_be_visible()
        assert board.page.locator("#report-item").input_value() == ""


STICKS_OUT = """() => [...document.querySelectorAll('header *, #queue-side :not(.stages *), .desk-side *')]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.className)"""
SMALL = """() => ['header :is(button, a, input)', '#queue-side :is(button, select)', '#case button:not(.link)']
    .flatMap((places) => [...document.querySelectorAll(places)])
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44)
    .map((element) => `${element.id} ${element.className} ${element.textContent}`)"""
"""What a finger would miss."""
