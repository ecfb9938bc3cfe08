"""The page of plans in a real browser: grids redrawn by hand and by keys, two planners at once, a plan in force."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from geo.actions.load_demo import load_demo
from geo.store.database import Database
from tests.databases import create_database, drop_database
from tests.web.browser import BOUNDARIES, DESKTOP, MAP, PHONE, Visit, serving, visiting, wait_until
from tests.web.test_browser_planner import sign_in, token_of
from tests.web.test_browser_public import HOSTILE
from tests.web.test_figure import VIEW, Document
from webmap.pages.public import plans_page, public_page

WIDTHS = {"1280": DESKTOP, "390": PHONE}
DRUM_TOWER, SOUTH_MARKET, STATION, BRIDGE, RAILWAY = (f"99010100100{number}" for number in (1, 2, 4, 5, 6))


@pytest.fixture(scope="module")
def town(template_url: str) -> Iterator[Database]:
    """A demo city whose plans are changed by these tests."""
    name = f"plans{os.getpid()}_test"
    db = Database(create_database(template_url, name, template="template_test"))
    load_demo(db, BOUNDARIES, datetime.now(UTC))
    yield db
    db.close()
    drop_database(template_url, name)


@pytest.fixture(scope="module")
def town_address(town: Database) -> Iterator[str]:
    """Where it is served."""
    with serving(town.engine.url.render_as_string(hide_password=False)) as address:
        yield address


@dataclass
class Desk:
    """A planner's page with a draft open, and the service asked beside it."""

    visit: Visit
    secret: str

    @property
    def page(self) -> Page:
        return self.visit.page

    @property
    def plan_id(self) -> int:
        found = re.search(r"plan=(\d+)", self.page.evaluate("location.hash"))
        assert found is not None, "a plan is open"
        return int(found[1])

    def get(self, path: str = "") -> Any:
        """What the service tells about the open plan."""
        return self.ask("get", path)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        ask = getattr(self.page.request, method)
        known = {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en", **headers}
        answer = ask(f"{self.visit.address}/api/v1/plans/{self.plan_id}{path}", data=body, headers=known)
        assert answer.ok, answer.text()
        return answer.json()

    def grids(self) -> dict[int, dict[str, Any]]:
        return {grid["id"]: grid for grid in self.get()["features"]}

    def choose(self, grid_id: int) -> None:
        self.page.locator("#tab-grids").click()
        self.page.locator(f"#grid-list [data-grid='{grid_id}']").click()
        expect(self.page.locator("path.chosen-grid")).to_have_count(1)

    def tool(self, name: str) -> None:
        self.page.locator(f"[data-tool={name}]").click()
        expect(self.page.locator(f"[data-tool={name}]")).to_have_attribute("aria-checked", "true")

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place is on the screen."""
        x, y = self.page.evaluate(
            f"""([lon, lat]) => {{
                const at = {MAP}.latLngToContainerPoint([lat, lon]);
                const box = {MAP}.getContainer().getBoundingClientRect();
                return [box.x + at.x, box.y + at.y];
            }}""",
            [lon, lat],
        )
        return x, y

    def done(self) -> str:
        """The words of the last edit, once it has been made."""
        expect(self.page.locator("#effect .tag.done")).to_be_attached()
        return self.page.locator("#effect").inner_text()


def began(page: Page) -> None:
    """Wait until a draft that was asked for is open."""
    expect(page.locator("#tools")).to_be_visible()
    expect(page.locator("#map-side")).to_have_attribute("aria-busy", "false")


def begin(visit: Visit, secret: str, community: str, language: str = "en") -> Desk:
    """Sign in, open a community by its address, begin a draft."""
    visit.open(f"/maps/plans?lang={language}#community={community}")
    sign_in(visit, secret)
    visit.page.locator("#do-begin").click()
    visit.page.keyboard.press("Enter")
    began(visit.page)
    expect(visit.page.locator("#undo")).to_be_disabled()
    return Desk(visit, secret)


def shapes(grids: dict[int, dict[str, Any]]) -> dict[int, BaseGeometry]:
    return {grid_id: shape(grid["geometry"]) for grid_id, grid in grids.items()}


def is_whole(grids: dict[int, dict[str, Any]], before: dict[int, dict[str, Any]]) -> None:
    """No gap, no overlap, nobody lost."""
    now, then = (list(shapes(side).values()) for side in (grids, before))
    together = shapely.union_all(now)
    assert sum(part.area for part in now) == pytest.approx(together.area, rel=1e-9)
    assert together.symmetric_difference(shapely.union_all(then)).area == pytest.approx(0, abs=1e-14)
    for measure in ("residents", "households", "shops"):
        sums = [sum(grid["properties"][measure] for grid in side.values()) for side in (grids, before)]
        assert sums[0] == pytest.approx(sums[1])


@dataclass(frozen=True)
class Gift:
    """A unit that a grid can get, so that both grids stay in one piece."""

    unit_no: int
    giver: int
    taker: int
    residents: float
    place: tuple[float, float]


def gifts(desk: Desk, taker: int) -> list[Gift]:
    """Units beside a grid that it can get and where somebody lives."""
    units = [(unit["properties"], shape(unit["geometry"])) for unit in desk.get("/units")["features"]]
    own = shapely.union_all([outline for unit, outline in units if unit["grid_id"] == taker])
    found = []
    for unit, outline in units:
        rest = [other for each, other in units if each["grid_id"] == unit["grid_id"] and each is not unit]
        is_beside = outline.intersection(own).length > 1e-5
        if unit["grid_id"] == taker or unit["residents"] < 1 or not is_beside or not rest:
            continue
        if shapely.union_all(rest).geom_type == "Polygon":
            place = outline.representative_point()
            found.append(Gift(unit["unit_no"], unit["grid_id"], taker, unit["residents"], (place.x, place.y)))
    assert found
    return found


def in_reach(desk: Desk, found: list[Gift]) -> Gift:
    """The first that can be pressed on the map as it is shown."""
    for gift in found:
        x, y = desk.pixel(*gift.place)
        under = "([x, y]) => document.elementFromPoint(x, y)?.dataset?.unit ?? null"
        if desk.page.evaluate(under, [x, y]) == str(gift.unit_no):
            return gift
    raise AssertionError("none of them can be seen")


def test_every_address_of_the_page_is_ours_and_the_public_page_knows_nothing_of_it() -> None:
    document = Document(plans_page(VIEW).html)
    addresses = [value for _, attributes in document.elements for name, value in attributes.items() if name == "src"]
    addresses += [attributes["href"] for tag, attributes in document.elements if tag == "link"]
    assert all(re.match(r"/(vendor|static|maps)/", address or "") for address in addresses)
    assert any("leaflet-geoman" in (address or "") for address in addresses)
    for tag, attributes in document.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
    assert "redraw_" not in public_page(VIEW).html
    assert "geoman" not in public_page(VIEW).html


def test_without_a_planners_token_nothing_is_shown(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        visit.open(f"/maps/plans?lang=en#community={SOUTH_MARKET}")
        expect(visit.page.locator("#locked")).to_be_visible()
        expect(visit.page.locator("path.plan-grid")).to_have_count(0)
        sign_in(visit, token_of(town, "dispatcher"))
        expect(visit.page.locator("#note")).to_contain_text("not a planner's")
        expect(visit.page.locator("#opened")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_community_is_found_and_a_unit_given_and_taken_back(
    browser: Browser, town_address: str, town: Database, width: str, language: str
) -> None:
    secret = token_of(town, "planner")
    with visiting(browser, town_address, **WIDTHS[width]) as visit:
        page = visit.page
        visit.open(f"/maps/plans?lang={language}")
        sign_in(visit, secret)
        page.locator("#search").fill(SOUTH_MARKET)
        page.locator("#search-results li").first.wait_for()
        page.keyboard.press("Enter")
        page.locator("#do-begin").click()
        page.locator("#plan-note").fill("A try")
        page.locator("#plan-dialog .primary").click()
        began(page)
        expect(page.locator("#plan-choice")).to_contain_text("A try")
        desk = Desk(visit, secret)
        page.locator("#tab-grids").click()
        before = desk.grids()
        taker = min(before)
        desk.choose(taker)
        desk.tool("paint")
        page.locator("path.plan-unit").first.wait_for()
        gift = in_reach(desk, gifts(desk, taker))
        page.mouse.move(*desk.pixel(*gift.place))
        page.mouse.down()
        page.mouse.up()
        assert f"{gift.residents:,.0f}" in desk.done()
        after = desk.grids()
        is_whole(after, before)
        gained = after[taker]["properties"]["residents"] - before[taker]["properties"]["residents"]
        assert gained == pytest.approx(gift.residents)
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width), "nothing may stick out"
        page.locator("#undo").click()
        expect(page.locator("#redo")).to_be_enabled()
        assert desk.grids() == before
        page.locator("#redo").click()
        expect(page.locator("#undo")).to_be_enabled()
        wait_until(lambda: desk.grids() == after)


def test_a_line_splits_a_grid_and_two_are_merged(browser: Browser, town_address: str, town: Database) -> None:
    secret = token_of(town, "planner")
    with visiting(browser, town_address, **DESKTOP) as visit:
        desk = begin(visit, secret, SOUTH_MARKET)
        before = desk.grids()
        middle = shapely.union_all(list(shapes(before).values())).centroid
        chosen = min(before, key=lambda grid_id: shapes(before)[grid_id].distance(middle))
        desk.choose(chosen)
        desk.tool("split")
        west, south, east, north = shapes(before)[chosen].bounds
        beyond = (north - south) / 8
        for is_last in (False, True):  # who leaves one line draws another
            visit.click_at((west + east) / 2, north + beyond)
            x, y = desk.pixel((west + east) / 2 + (east - west) / 10, south - beyond)
            visit.page.mouse.move(x, y, steps=3)
            visit.page.mouse.dblclick(x, y)
            expect(visit.page.locator("#effect .tag.preview")).to_be_visible()
            if not is_last:
                visit.page.keyboard.press("Escape")
                expect(visit.page.locator("#effect")).to_be_hidden()
        assert desk.get()["plan"]["version"] == 1, "looked at, not made"
        visit.page.keyboard.press("Enter")
        desk.done()
        after = desk.grids()
        is_whole(after, before)
        (new,) = after.keys() - before.keys()
        assert after[chosen]["properties"]["households"] < before[chosen]["properties"]["households"]

        visit.page.locator(".folium-map").focus()
        visit.page.keyboard.press("m")
        place = shapes(after)[new].representative_point()
        visit.click_at(place.x, place.y)
        visit.page.locator("#apply").click()
        expect(visit.page.locator(".grid-row")).to_have_count(len(before))
        merged = desk.grids()
        is_whole(merged, before)
        assert merged[chosen]["properties"]["residents"] == before[chosen]["properties"]["residents"]
        expect(visit.page.locator("path.plan-grid")).to_have_count(len(before))


def test_a_ring_is_cut_at_the_communitys_edge_and_one_beyond_it_refused(
    browser: Browser, town_address: str, town: Database
) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        desk = begin(visit, token_of(town, "planner"), SOUTH_MARKET)
        plan_id, before = desk.plan_id, desk.grids()
        # an address is followed although the page is open
        visit.page.evaluate(f"location.hash = '#community={STATION}'")
        expect(visit.page.locator("#plan-head h1")).to_have_text("Station Front Community")
        visit.page.evaluate(f"location.hash = '#community={SOUTH_MARKET}&plan={plan_id}'")
        expect(visit.page.locator("#tools")).to_be_visible()

        # a ring over the community's edge is cut there, and says so; one that lies beyond it is refused
        whole = shapely.union_all(list(shapes(before).values()))
        west, south, east, north = whole.bounds
        edge = whole.intersection(shapely.LineString([((west + east) / 2, south - 1), ((west + east) / 2, north + 1)]))
        south = edge.bounds[1]
        visit.page.locator(".folium-map").focus()
        visit.page.keyboard.press("c")
        for middle_lat, state, words in (
            (south + 2e-4, "preview", "were left out"),
            (south - 5e-4, "refused", "lies outside"),
        ):
            for lon, lat in ((-5e-4, -3e-4), (5e-4, -3e-4), (5e-4, 3e-4), (-5e-4, 3e-4)):
                visit.click_at((west + east) / 2 + lon, middle_lat + lat)
            visit.page.keyboard.press("Enter")
            expect(visit.page.locator(f"#effect[data-state={state}]")).to_contain_text(words)
            visit.page.keyboard.press("Escape")
        assert desk.get()["plan"]["version"] == 1
        assert [said for said in visit.complaints if "422" not in said] == []
        visit.complaints.clear()


def test_a_vertex_of_three_grids_is_dragged_and_all_follow(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        desk = begin(visit, token_of(town, "planner"), STATION)
        before = desk.grids()
        vertex, owner = next(
            (vertex, grid_id)
            for grid_id in before
            for vertex in desk.get(f"/vertices?grid={grid_id}")["vertices"]
            if len(vertex["grids"]) == 3 and vertex["is_movable"]
        )
        desk.choose(owner)
        desk.tool("border")
        own = desk.get(f"/vertices?grid={owner}")["vertices"]
        expect(visit.page.locator(".vertex")).to_have_count(len(own))
        expect(visit.page.locator(".vertex:not(.fixed)").first).to_be_visible()
        x, y = desk.pixel(*vertex["lonlat"])
        visit.page.mouse.move(x, y)
        visit.page.mouse.down()
        visit.page.mouse.move(x + 5, y + 4, steps=4)
        visit.page.mouse.up()
        desk.done()
        after = desk.grids()
        is_whole(after, before)
        old = shapely.Point(vertex["lonlat"])
        for grid_id in vertex["grids"]:
            has = [
                old.distance(shapely.MultiPoint(shapely.get_coordinates(shapes(side)[grid_id])))
                for side in (before, after)
            ]
            assert has[0] == pytest.approx(0, abs=1e-8)
            assert has[1] > 1e-6, "the vertex has gone along"
        visit.page.keyboard.press("Control+z")
        expect(visit.page.locator("#redo")).to_be_enabled()
        assert desk.grids() == before


def pan(page: Page, key: str, times: int) -> None:
    """Move the map by a key; one that is still moving hears none."""
    for _ in range(times):
        address = page.evaluate("location.hash")
        page.keyboard.press(key)
        wait_until(lambda: page.evaluate("location.hash") != address)  # noqa: B023 -- waited for in the loop


def test_everything_is_drawn_from_the_keyboard(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        desk = begin(visit, token_of(town, "planner"), BRIDGE)
        before = desk.grids()
        page.locator(".folium-map").focus()
        page.keyboard.press("1")
        page.keyboard.press("b")
        page.locator("path.plan-unit").first.wait_for()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#status")).to_contain_text("now in")
        chosen = {row["properties"]["grid_id"] for row in desk.get("/units")["features"]}
        assert chosen == set(before)
        page.keyboard.press("Escape")

        # the middle of the map is the middle of the community: a line across the grid that lies there
        page.keyboard.press("s")
        page.keyboard.press("Escape")
        expect(page.locator("[data-tool=select]")).to_have_attribute("aria-checked", "true")
        page.keyboard.press("Escape")
        expect(page.locator("path.chosen-grid")).to_have_count(0)
        page.keyboard.press("s")
        pan(page, "ArrowUp", 4)
        page.keyboard.press(" ")
        pan(page, "ArrowDown", 8)
        page.keyboard.press(" ")
        page.keyboard.press("Enter")
        page.locator("#apply").wait_for()
        page.keyboard.press("Enter")
        desk.done()
        after = desk.grids()
        assert len(after) == len(before) + 1
        is_whole(after, before)

        page.keyboard.press("1")
        page.keyboard.press("e")
        page.locator(".vertex:not(.fixed)").first.wait_for()
        page.keyboard.press("n")
        page.keyboard.press("a")
        beside = page.evaluate("document.activeElement.getAttribute('aria-label')")
        expect(page.locator(".vertex.together")).to_have_count(page.locator(f".vertex[aria-label='{beside}']").count())
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        wait_until(lambda: desk.get()["plan"]["version"] == 3)
        is_whole(desk.grids(), before)


def test_two_planners_meet(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as first, visiting(browser, town_address, **DESKTOP) as second:
        one = begin(first, token_of(town, "planner"), RAILWAY)
        secret = token_of(town, "planner")
        second.open(f"/maps/plans?lang=en#community={RAILWAY}&plan={one.plan_id}")
        sign_in(second, secret)
        expect(second.page.locator("#tools")).to_be_visible()
        two = Desk(second, secret)
        taken, own = sorted(two.grids())[:2]
        one.choose(taken)
        first.page.locator("#new-name").fill("Renamed by the other")
        first.page.locator("#new-name").press("Enter")
        one.done()
        two.choose(own)
        second.page.locator("#lock").click()
        dialog = second.page.locator("#plan-dialog")
        expect(dialog).to_contain_text("Renamed by the other")
        assert not two.grids()[own]["properties"]["is_locked"], "nothing was made"
        expect(second.page.locator("path.gathered")).to_have_count(1)
        assert [said for said in second.complaints if "412" not in said] == []
        second.complaints.clear()
        dialog.locator(".primary").click()
        expect(dialog).to_be_hidden()
        two.done()
        grids = two.grids()
        assert grids[own]["properties"]["is_locked"]
        assert grids[taken]["properties"]["name"] == "Renamed by the other"


def test_a_plan_is_laid_out_commented_and_put_into_force(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        desk = begin(visit, token_of(town, "publisher"), DRUM_TOWER)
        grid_id = min(desk.grids())
        desk.choose(grid_id)
        page.locator("#new-name").fill("A new name")
        page.locator("#new-name").press("Enter")
        desk.done()
        page.locator("#post-chief").uncheck()
        expect(page.locator("#grid-card .breaches")).to_contain_text("chief")
        page.locator("#do-propose").click()
        page.locator("#plan-dialog .primary").click()
        expect(page.locator(".state.proposed")).to_be_visible()
        expect(page.locator("#tools")).to_be_hidden()
        desk.ask(
            "post", "/comments", json.dumps({"grid": grid_id, "text": HOSTILE}), **{"Content-Type": "application/json"}
        )
        page.locator("#tab-talk").click()
        expect(page.locator(".comment blockquote")).to_have_text(HOSTILE)
        assert visit.answer(f"/api/v1/plans/{desk.plan_id}/comments") == []
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".comment.shown-state")).to_be_visible()
        assert [each["text"] for each in visit.answer(f"/api/v1/plans/{desk.plan_id}/comments")] == [HOSTILE]

        page.locator("#tab-grids").click()
        page.locator("#do-publish").click()
        page.locator("#plan-dialog .primary").click()
        expect(page.locator("#plan-dialog")).to_be_visible()
        for reason in page.locator("#plan-dialog [data-rule]").all():
            reason.fill("The post is advertised.")
        page.locator("#plan-dialog .primary").click()
        expect(page.locator(".state.published")).to_be_visible()
        in_force = visit.answer(f"/api/v1/grids?community={DRUM_TOWER}")["features"]
        assert "A new name" in {grid["properties"]["name"] for grid in in_force}
        states = page.locator("#plan-choice option").all_inner_texts()
        assert [state.split(" ·")[0] for state in states] == ["In force", "Superseded"]
        expect(page.locator("#do-begin")).to_be_visible()


def test_what_the_plan_would_bring_is_told_and_saved(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        desk = begin(visit, token_of(town, "planner"), SOUTH_MARKET)
        taker = min(desk.grids())
        desk.choose(taker)
        desk.tool("paint")
        page.locator("path.plan-unit").first.wait_for()
        gift = in_reach(desk, gifts(desk, taker))
        visit.click_at(*gift.place)
        desk.done()
        page.locator("#tab-outcome").click()
        expect(page.locator("#view-outcome .verdict")).to_contain_text(f"{gift.residents:,.0f} residents")
        expect(page.locator("#view-outcome .stream-row")).to_have_count(1)
        expect(page.locator("#view-outcome svg.histogram")).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Changes (JSON)").click()
        told = json.loads(saved.value.path().read_text(encoding="utf-8"))
        assert told["summary"][0]["moved"] == pytest.approx(gift.residents)


def far_gift(desk: Desk, taker: int) -> tuple[int, int]:
    """A unit that lies nowhere beside a grid and that its own can spare; and one of the grid's units."""
    units = [(unit["properties"], shape(unit["geometry"])) for unit in desk.get("/units")["features"]]
    own = [(unit["unit_no"], outline) for unit, outline in units if unit["grid_id"] == taker]
    ground = shapely.union_all([outline for _, outline in own])
    for unit, outline in units:
        rest = [other for each, other in units if each["grid_id"] == unit["grid_id"] and each is not unit]
        if not outline.intersects(ground) and rest and shapely.union_all(rest).geom_type == "Polygon":
            return unit["unit_no"], own[0][0]
    raise AssertionError("none can be spared")


def test_parts_of_a_grid_are_joined_and_parted(browser: Browser, town_address: str, town: Database) -> None:
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        desk = begin(visit, token_of(town, "planner"), SOUTH_MARKET)
        taker = min(desk.grids())
        far, near = far_gift(desk, taker)
        for version, op in enumerate(
            (
                {"op": "bridge", "units": [far, near], "reason": "x"},
                {"op": "paint", "units": [far], "grid": taker},
                {"op": "bridge", "units": [far, near], "is_open": False},
            ),
            1,
        ):
            desk.ask("post", "/edits", op, **{"If-Match": f'"{version}"'})
        page.reload()
        expect(page.locator("#tools")).to_be_visible()
        page.locator("#tab-problems").click()
        breach = page.locator(f"[data-problem='one_piece/{taker}']")
        expect(breach).to_be_visible()
        expect(page.locator("path.bridge")).to_have_count(0)
        page.get_by_role("button", name="These parts are joined by").click()
        page.locator("#bridge-reason").fill(HOSTILE)
        page.keyboard.press("Enter")
        desk.done()
        expect(breach).to_have_count(0)
        expect(page.locator("#bridges .row-name")).to_have_text(HOSTILE)
        expect(page.locator("path.bridge")).to_have_count(1)
        assert page.evaluate("window.hit") is None
        (told,) = desk.get()["bridges"]
        assert (told["reason"], told["grids"]) == (HOSTILE, [taker, taker])
        assert far in told["units"]
        page.locator("#bridges").get_by_role("button", name="Not joined any more").click()
        expect(breach).to_be_visible()
        expect(page.locator("#bridges")).to_have_count(0)
        page.locator("#undo").click()
        expect(breach).to_have_count(0)
        expect(page.locator("path.bridge")).to_have_count(1)


def test_hostile_names_stay_text(browser: Browser, town_address: str, town: Database) -> None:
    with town.write() as conn:
        conn.execute(
            text("update area set name = :bad, name_en = :bad where code = :code"),
            {"bad": HOSTILE, "code": "990101001003"},
        )
        conn.execute(text("update plan_grid set name = :bad where code like '990101001003%'"), {"bad": HOSTILE})
    with visiting(browser, town_address, **DESKTOP) as visit:
        page = visit.page
        desk = begin(visit, token_of(town, "planner"), "990101001003")
        expect(page.locator("#plan-head h1")).to_have_text(HOSTILE)
        desk.choose(min(desk.grids()))
        expect(page.locator("#grid-name")).to_have_text(HOSTILE)
        page.locator("#lock").click()
        desk.done()
        for tab in ("problems", "outcome", "talk"):
            page.locator(f"#tab-{tab}").click()
        expect(page.locator(".history")).to_contain_text("Lock")
        page.locator("#leave").click()
        expect(page.locator("#chooser")).to_contain_text(HOSTILE)
        assert page.evaluate("window.hit") is None
        for tag in ("img", "svg[onload]", "a[href^=javascript]"):
            expect(page.locator(tag)).to_have_count(0)
