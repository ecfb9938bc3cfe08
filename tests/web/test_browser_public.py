"""The public map in a real browser, offline: what a reader sees, clicks, hears and types."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from geo.actions.city.create_token import create_token
from geo.store.database import Database
from tests.web.browser import DESKTOP, MAP, PHONE, TILES, Visit, serving, visiting, wait_until
from tests.web.world import AT, World, build

WIDTHS = {"1280": DESKTOP, "390": PHONE}


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    with visiting(browser, address, **DESKTOP) as visit:
        yield visit


def worst_grid(visit: Visit) -> dict:
    """The grid where the circle promises most and the walk keeps least."""
    grids = visit.answer("/api/v1/grids?geometry=false&limit=1000")["features"]
    known = [grid["properties"] for grid in grids if grid["properties"]["figures"]["share"] is not None]
    return max(known, key=lambda grid: grid["figures"]["air_share"] - grid["figures"]["share"])


def in_percent(share: float, language: str) -> str:
    return f"{int(share * 100 + 1e-9)}{'' if language == 'zh' else ' '}%"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_grid_and_a_station_tell_share_and_circle(browser: Browser, address: str, width: str, language: str) -> None:
    with visiting(browser, address, **WIDTHS[width]) as visit:
        page = visit.page
        visit.open(f"/maps/public?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width), "nothing may stick out"
        grid = worst_grid(visit)
        visit.look_at(*grid["centre"], 17)
        visit.click_at(*grid["centre"])
        card = page.locator("#card")
        expect(card.locator(".code")).to_have_text(grid["code"])
        figures = card.locator(".figures strong")
        expect(figures.nth(0)).to_have_text(in_percent(grid["figures"]["share"], language))
        expect(figures.nth(1)).to_have_text(in_percent(grid["figures"]["air_share"], language))
        over = grid["figures"]["residents_in_air_circle"] - grid["figures"]["residents_covered"]
        expect(card.locator(".verdict")).to_contain_text(f"{over:,.0f}")
        expect(card.locator(".posts li")).to_have_count(2)
        expect(page.locator("path.chosen-grid")).to_have_count(1)

        if width == "390":
            page.locator("#handle").click()
            expect(page.locator("#view-card")).to_be_hidden()
        station = visit.answer("/api/v1/stations?kind=party_mass_centre")["features"][0]
        visit.look_at(*station["geometry"]["coordinates"], 17)
        visit.click_at(*station["geometry"]["coordinates"])
        told = station["properties"]
        expect(card.locator("h2")).to_have_text(told["name"])
        expect(card).to_contain_text(told["address"])
        expect(card.locator("a.phone")).to_have_attribute("href", re.compile(r"^tel:\d+$"))
        circle = visit.answer(f"/api/v1/stations/{told['id']}/circle")["properties"]
        expect(figures.nth(0)).to_have_text(f"{circle['residents_reached']:,.0f}")
        expect(figures.nth(1)).to_have_text(f"{circle['residents_in_air_circle']:,.0f}")
        ring, reach = page.locator("path.air-circle"), page.locator("path.reach")
        expect(ring).to_have_attribute("stroke-dasharray", re.compile(r"\d"))
        expect(reach).to_have_count(1)
        outer, inner = ring.bounding_box(), reach.bounding_box()
        assert outer is not None
        assert inner is not None
        assert outer["width"] == pytest.approx(outer["height"], rel=0.03), "the circle is round"
        assert inner["width"] * inner["height"] < outer["width"] * outer["height"], "the circle overstates"
        assert page.evaluate("document.documentElement.scrollWidth") <= int(width)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_on_the_map_covers_anything_else(browser: Browser, address: str, width: str) -> None:
    with visiting(browser, address, **WIDTHS[width]) as visit:
        visit.open("/maps/public?lang=en")
        parts = [".bar", ".leaflet-control-zoom", "#locate", ".leaflet-control-scale", ".credits", "#panel"]
        boxes = [visit.page.locator(part).bounding_box() for part in parts]
        for i, a in enumerate(boxes):
            for j, b in enumerate(boxes[:i]):
                assert a is not None
                assert b is not None
                apart = (
                    a["x"] >= b["x"] + b["width"] - 1
                    or b["x"] >= a["x"] + a["width"] - 1
                    or a["y"] >= b["y"] + b["height"] - 1
                    or b["y"] >= a["y"] + a["height"] - 1
                )
                assert apart, (parts[i], parts[j])


def test_the_page_says_what_it_shows_and_whose_it_is(visit: Visit) -> None:
    visit.open("/maps/public?lang=zh")
    page = visit.page
    expect(page).to_have_title("青河市·15 分钟服务圈")
    expect(page.locator(".fictional-badge")).to_be_visible()
    expect(page.locator(".credits")).to_have_text("审图号：QS(2026)0001")
    expect(page.locator(".credits")).not_to_contain_text("OpenStreetMap")
    total = visit.answer("/api/v1/coverage?by=city")["total"]
    expect(page.locator("#card .figures strong").first).to_have_text(in_percent(total["share"], "zh"))
    page.locator("#card summary").click()
    expect(page.locator("#card .method")).to_contain_text("1,000 米")
    page.locator("#tab-layers").click()
    expect(page.locator("#layers")).to_contain_text("不足 10 起的方格不显示")
    expect(page.locator("#layers")).to_contain_text("党群服务中心")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_language_follows_the_browser_and_the_switch_keeps_the_place(visit: Visit) -> None:
    visit.open("/maps/public")
    expect(visit.page.locator("#tab-card")).to_have_text("概况")
    visit.look_at(103.2, 40.4, 17)
    kept = visit.page.evaluate("location.hash")
    visit.page.locator("#language").click()
    expect(visit.page.locator("#tab-card")).to_have_text("Overview")
    wait_until(lambda: visit.page.evaluate("document.documentElement.dataset.ready === 'true'"))
    assert visit.page.evaluate("location.hash") == kept


def test_by_keyboard_alone_a_station_is_found_and_shown(visit: Visit) -> None:
    page = visit.page
    visit.open("/maps/public?lang=zh")
    station = visit.answer("/api/v1/stations?kind=canteen")["features"][0]["properties"]
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#search")).to_be_focused()
    assert page.locator("#search").evaluate("(box) => getComputedStyle(box).outlineStyle") == "solid"
    page.keyboard.type(station["name"])
    expect(page.locator("#search-results li").first).to_contain_text(station["name"])
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search")).to_have_attribute("aria-activedescendant", "result-0")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text(station["name"])
    expect(page.locator("#status")).to_have_text(station["name"])
    page.keyboard.press("Escape")
    expect(page.locator("#card h2")).to_have_text("青河市")


def test_the_lists_hold_what_the_map_holds_and_open_the_same_cards(visit: Visit) -> None:
    page = visit.page
    visit.open("/maps/public?lang=en")
    page.locator("#tab-card").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-list")).to_be_focused()
    stations = visit.answer("/api/v1/stations?limit=1000")
    grids = visit.answer("/api/v1/grids?geometry=false&limit=1000")
    expect(page.locator("#station-rows li")).to_have_count(stations["numberMatched"])
    expect(page.locator("#grid-rows tr")).to_have_count(grids["numberMatched"])
    shares = [grid["properties"]["figures"]["share"] for grid in grids["features"]]
    lowest = min(share for share in shares if share is not None)
    expect(page.locator("#grid-rows tr").first.locator("td").first).to_have_text(in_percent(lowest, "en"))
    page.locator("#grid-rows button").first.press("Enter")
    expect(page.locator("#card .code")).to_have_text(re.compile(r"^\d{15}$"))
    expect(page.locator("path.chosen-grid")).to_have_count(1)
    expect(page.locator("#view-card")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#back")).to_be_focused()


def test_a_link_to_what_is_gone_says_so_beside_the_city(visit: Visit) -> None:
    page = visit.page
    visit.open("/maps/public?lang=zh#show=grid:999999")
    expect(page.locator("#note")).to_contain_text("999999")
    expect(page.locator("#card h2")).to_have_text("青河市")
    visit.complaints.clear()  # the browser itself reports the refusal
    page.evaluate("(hash) => { location.hash = hash; }", f"#show=grid:{worst_grid(visit)['id']}")
    expect(page.locator("#card .code")).to_be_visible()
    expect(page.locator("#note")).to_be_hidden()


def test_a_link_brings_the_same_view_back(visit: Visit) -> None:
    page = visit.page
    grid = worst_grid(visit)
    visit.open(
        f"/maps/public?lang=en#map=16/{grid['centre'][1]}/{grid['centre'][0]}&show=grid:{grid['id']}&off=incident"
    )
    expect(page.locator("#card .code")).to_have_text(grid["code"])
    assert page.evaluate(f"{MAP}.getZoom()") == 16
    page.locator("#tab-layers").click()
    expect(page.locator("#switch-incident")).not_to_be_checked()
    assert page.evaluate("location.hash").endswith(f"show=grid:{grid['id']}&off=incident") or "off=incident" in page.url


def test_a_layer_that_is_switched_off_is_gone_from_the_picture(visit: Visit) -> None:
    page = visit.page
    visit.open("/maps/public?lang=en")
    before = page.locator(".folium-map").screenshot()
    page.locator("#tab-layers").click()
    page.locator("#switch-share").uncheck()
    wait_until(lambda: page.locator(".folium-map").screenshot() != before)
    assert "off=share" in page.evaluate("location.hash")


def test_where_am_i_tells_grid_and_walking_minutes(browser: Browser, address: str) -> None:
    here = {"longitude": 103.1965, "latitude": 40.4045}
    with visiting(browser, address, **PHONE, geolocation=here, permissions=["geolocation"]) as visit:
        page = visit.page
        visit.open("/maps/public?lang=zh")
        place = visit.answer(f"/api/v1/locate?lon={here['longitude']}&lat={here['latitude']}")
        page.locator("#locate").click()
        expect(page.locator("#card h2")).to_have_text(place["grid"]["name"])
        nearest = place["stations"][0]
        row = page.locator("#card .rows li").first
        expect(row).to_contain_text(nearest["name"])
        row.locator("button").click()
        expect(page.locator("#card .from-me")).to_contain_text(re.compile(r"步行 \d+ 分钟"))


def test_a_reader_who_does_not_tell_where_is_told_what_else_to_do(visit: Visit) -> None:
    visit.open("/maps/public?lang=zh")
    visit.page.locator("#locate").click()
    expect(visit.page.locator("#note")).to_contain_text("没有允许本页获取位置")


def test_a_dispatcher_sees_incidents_as_points_for_this_tab_only(visit: Visit, city: Database) -> None:
    page = visit.page
    _, secret = create_token(city, name="browser", role="dispatcher", area_code=None, days=None, at=AT)
    visit.open("/maps/public?lang=en")
    page.locator("#staff").click()
    page.locator("#staff-token").fill("gc_nonsense")
    page.keyboard.press("Enter")
    expect(page.locator("#staff-note")).not_to_be_empty()
    assert visit.complaints, "the browser itself reports the refusal"
    visit.complaints.clear()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    expect(page.locator("#staff")).to_have_text("Dispatcher")
    page.locator("#tab-layers").click()
    expect(page.locator("#layers")).to_contain_text("Open incident")
    with city.read() as conn:
        incident = conn.execute(
            text(
                "select i.id, i.text, ST_X(i.geom) as lon, ST_Y(i.geom) as lat from incident i "
                "where state = 'open' and text <> '' and geom is not null order by "
                "(select min(ST_Distance(i.geom, s.geom)) from station s) desc limit 1"
            )
        ).one()
    visit.look_at(incident.lon, incident.lat, 18)
    wait_until(lambda: _kinds_under(visit, incident.lon, incident.lat) >= {"Point"})
    visit.painted()
    visit.click_at(incident.lon, incident.lat)
    expect(page.locator("#card .eyebrow")).to_contain_text("Open incident")
    assert secret not in page.content()
    page.locator("#staff").click()
    page.locator("#staff-out").click()
    expect(page.locator("#staff")).to_have_text("Staff")
    wait_until(lambda: _kinds_under(visit, incident.lon, incident.lat) <= {"Polygon"})
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_staff_are_told_for_which_area_they_are_signed_in(visit: Visit, city: Database) -> None:
    page = visit.page
    place = visit.answer("/api/v1/areas?level=community&limit=1")["features"][0]["properties"]
    _, secret = create_token(city, name="one", role="dispatcher", area_code=place["code"], days=None, at=AT)
    visit.open("/maps/public?lang=en")
    page.locator("#staff").click()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    expect(page.locator("#staff")).to_have_text("Dispatcher")
    page.locator("#staff").click()
    expect(page.locator("#staff-who")).to_contain_text(place["name"])


def test_a_lost_connection_is_told_in_the_language_of_the_page(visit: Visit) -> None:
    visit.open("/maps/public?lang=zh")
    visit.page.route("**/api/v1/grids/**", lambda route: route.abort())
    visit.page.evaluate("location.hash = '#show=grid:1'")
    expect(visit.page.locator("#note")).to_have_text("服务暂时没有响应，地图可能不完整。")
    visit.complaints.clear()


@pytest.mark.parametrize("path", ["/maps/public", "/maps/proposals"])
def test_the_sheet_of_a_phone_leaves_the_city_and_whose_map_it_is(browser: Browser, address: str, path: str) -> None:
    with visiting(browser, address, **PHONE) as visit:
        visit.open(f"{path}?lang=zh")
        sheet = visit.page.locator("#panel").bounding_box()
        assert sheet is not None
        under = """() => {
            const box = document.querySelector(".approval").getBoundingClientRect();
            return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).className;
        }"""
        assert visit.page.evaluate(under) == "approval"
        middle = visit.page.evaluate(
            f"""() => {{
                const {{ settings }} = JSON.parse(document.getElementById("page-data").textContent);
                const [west, south, east, north] = settings.bounds;
                const map = {MAP}, box = map.getContainer().getBoundingClientRect();
                return [box.y, box.y + map.latLngToContainerPoint([(south + north) / 2, (west + east) / 2]).y];
            }}"""
        )
        assert middle[1] == pytest.approx((middle[0] + sheet["y"]) / 2, abs=60)


def test_a_new_card_is_read_from_its_top(browser: Browser, address: str) -> None:
    with visiting(browser, address, **PHONE) as visit:
        page = visit.page
        grid = worst_grid(visit)
        visit.open(f"/maps/public?lang=zh#show=grid:{grid['id']}")
        page.locator("#card .posts").scroll_into_view_if_needed()
        wait_until(lambda: page.locator("#view-card").evaluate("(view) => view.scrollTop") > 0)
        page.locator("#tab-list").click()
        page.locator("#station-rows button").first.click()
        expect(page.locator("#card .open-state")).to_be_visible()
        assert page.locator("#view-card").evaluate("(view) => view.scrollTop") == 0


def _kinds_under(visit: Visit, lon: float, lat: float) -> set[str]:
    kinds = visit.page.evaluate(
        f"""([lon, lat]) => [...{TILES}.queryTileFeaturesDebug(lon, lat, 12).values()].flat()
            .filter((found) => found.layerName === 'incident').map((found) => found.feature.geomType)""",
        [lon, lat],
    )
    return {{1: "Point", 2: "Line", 3: "Polygon"}[kind] for kind in kinds}


def test_paper_shows_map_and_figures_without_buttons(visit: Visit) -> None:
    visit.open("/maps/public?lang=en")
    visit.page.emulate_media(media="print")
    for gone in ("#search", "#tabs", ".leaflet-control-zoom", "#locate"):
        expect(visit.page.locator(gone)).to_be_hidden()
    for kept in (".folium-map", "#card .figures", "#ramp", ".credits"):
        expect(visit.page.locator(kept)).to_be_visible()


HOSTILE = (
    '</title></script><script>window.hit=1</script><img src=x onerror="window.hit=1">${window.hit=1}`${window.hit=1}'
    "\\`C:\\path\\2019'\"><svg onload=window.hit=1>{{7*7}}{% raw %}<a href=javascript:window.hit=1>x</a>"
)
POISONED = (
    "update area set name = :bad, name_en = :bad",
    "update plan_grid set name = :bad",
    "update plan_post set duty_phone = :bad",
    "update station set name = :bad, services = array[:bad], opening_hours = :bad, address = :bad, phone = :bad",
    "update resource set name = :bad, kind = :bad, services = array[:bad]",
    "update incident set category = :bad, text = :bad",
    "update street_piece set name = :bad",
    "update land set name = :bad",
)


@pytest.fixture
def poisoned(db: Database) -> tuple[Database, World]:
    world = build(db)
    with db.write() as conn:
        for statement in POISONED:
            conn.execute(text(statement), {"bad": HOSTILE})
    return db, world


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_text_in_every_field_stays_text(
    browser: Browser, poisoned: tuple[Database, World], language: str
) -> None:
    db, world = poisoned
    _, secret = create_token(db, name="t", role="dispatcher", area_code=None, days=None, at=AT)
    url = db.engine.url.render_as_string(hide_password=False)
    with serving(url, map_approval_number=HOSTILE) as address, visiting(browser, address, **DESKTOP) as visit:
        page = visit.page
        visit.open(f"/maps/public?lang={language}")
        expect(page.locator(".credits")).to_contain_text(HOSTILE)
        for thing, id_ in (("grid", world.grid[0]), ("station", world.station[0])):
            page.evaluate("(hash) => { location.hash = hash; }", f"#show={thing}:{id_}")
            expect(page.locator("#card h2")).to_have_text(HOSTILE)
            page.evaluate("location.hash = ''")
        page.locator("#search").fill("C:")
        expect(page.locator("#search-results li").first).to_contain_text(HOSTILE)
        page.keyboard.press("Escape")
        page.locator("#tab-list").click()
        expect(page.locator("#station-rows li").first).to_contain_text(HOSTILE)
        expect(page.locator("#grid-rows tr").first).to_contain_text(HOSTILE)
        page.locator("#staff").click()
        page.locator("#staff-token").fill(secret)
        page.keyboard.press("Enter")
        expect(page.locator("#staff-dialog")).to_be_hidden()
        for thing in ("resource", "incident"):
            page.evaluate("(hash) => { location.hash = hash; }", f"#show={thing}:1")
            expect(page.locator("#card h2")).to_have_text(HOSTILE)
        assert page.evaluate("window.hit") is None
        for tag in ("img", "svg[onload]", "a[href^=javascript]"):
            expect(page.locator(tag)).to_have_count(0)
