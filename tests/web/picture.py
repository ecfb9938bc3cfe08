"""Take the pictures of the README: ``python -m tests.web.picture [folder]``."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from geo.actions.city.create_token import create_token
from geo.actions.city.plan_access import Hand
from geo.actions.plans.comment_plan import comment_plan, judge_comment
from geo.actions.plans.edit_plan import edit_plan
from geo.actions.plans.open_plan import open_plan
from geo.actions.plans.plan_view import view_plan
from geo.cluster.private import PrivateCluster
from geo.errors import BadMove
from geo.plan_ops import Paint
from geo.store.database import Database
from geo.store.migrate import migrate
from geo.units import NONE
from tests.conftest import open_folder
from tests.databases import create_database
from tests.web.browser import DESKTOP, PHONE, Visit, launch, load_city, serving, visiting, wait_until
from tests.web.laid_out import LaidOut, lay_out

DOCS = Path(__file__).parents[2] / "docs"
COMPARED = "/maps/public?lang=en#tab=reach"
REDRAWN = "#community=990101001002"
COMPARED_COMMUNITY = "990101001001"
SAID = (
    ("巷子两侧归同一个网格，找人方便多了。", None),
    ("新边界把菜场和停车场分开了，能否沿河划分？", "已采纳：草案将沿河调整后再次公示。"),
)


def main(folder: Path) -> None:
    """Load the demo city into a database of its own and photograph its map."""
    folder.mkdir(exist_ok=True)
    with open_folder() as home:
        cluster = PrivateCluster(home, home, durable=False)
        try:
            url = create_database(cluster.start(), "picture_test")
            db = Database(url)
            migrate(db)
            load_city(db)
            drafted = _drafted(db, datetime.now(UTC))
            token = partial(create_token, db, name="picture", area_code=None, days=1, at=datetime.now(UTC))
            secret, desk = token(role="planner")[1], token(role="dispatcher")[1]
            db.close()
            with serving(url) as address, sync_playwright() as playwright:
                browser = launch(playwright)
                _take(browser, address, "/maps/public?lang=en", DESKTOP, folder / "map-desktop.png")
                _take(browser, address, "/maps/public?lang=zh", PHONE, folder / "map-phone.png")
                _take(browser, address, COMPARED, DESKTOP, folder / "reach-compare.png", _compared)
                imagine = partial(_imagined, secret=secret)
                _take(browser, address, "/maps/planner?lang=en", DESKTOP, folder / "planner-what-if.png", imagine)
                redraw = partial(_redrawn, secret=secret)
                _take(browser, address, f"/maps/plans?lang=en{REDRAWN}", DESKTOP, folder / "planner-plans.png", redraw)
                _take(
                    browser, address, f"/maps/plans?lang=zh{REDRAWN}", PHONE, folder / "planner-plans-phone.png", redraw
                )
                laid_out = _laid_out(url)
                pressed = partial(_grid_pressed, grid_id=laid_out.taker)
                proposed = f"/maps/proposals?plan={laid_out.plan_id}&lang="
                _take(browser, address, f"{proposed}en", DESKTOP, folder / "public-proposals.png", pressed)
                _take(browser, address, f"{proposed}zh", PHONE, folder / "public-proposals-phone.png", pressed)
                beside = partial(_beside, secret=secret)
                _take(
                    browser, address, f"/maps/compare?lang=en{drafted}", DESKTOP, folder / "planner-compare.png", beside
                )
                _boards(browser, address, desk, folder)
                browser.close()
        finally:
            cluster.stop()


def _drafted(db: Database, at: datetime) -> str:
    """A draft in which some units along borders have changed hands: the part of an address that compares it."""
    hand = Hand(at=at)
    plan = open_plan(db, COMPARED_COMMUNITY, None, None, hand).plan
    draft = view_plan(db, plan.id).draft
    one, other = (draft.grid_of_unit[side] for side in (draft.fabric.left, draft.fabric.right))
    is_border = (one != other) & (draft.fabric.left != NONE) & (draft.fabric.right != NONE)
    version = plan.version
    for arc in np.flatnonzero(is_border)[::4].tolist():
        change = Paint((int(draft.unit_no[draft.fabric.left[arc]]),), draft.grids[int(other[arc])].id)
        try:
            version = edit_plan(db, plan.id, version, change, hand).plan.version
        except BadMove:
            continue  # it would leave a grid in pieces, or has been given already
    return f"#community={COMPARED_COMMUNITY}&a={plan.base_plan_id}&b={plan.id}"


def _boards(browser: Browser, address: str, secret: str, folder: Path) -> None:
    """The board of dispatchers, as the demo city's desks have left it."""
    dispatch = partial(_dispatched, secret=secret)
    _take(browser, address, "/maps/dispatch?lang=en", DESKTOP, folder / "dispatch-board.png", dispatch)
    queue = partial(_dispatched, secret=secret, has_card=False)
    _take(browser, address, "/maps/dispatch?lang=zh", PHONE, folder / "dispatch-board-phone.png", queue)


def _dispatched(visit: Visit, secret: str, *, has_card: bool = True) -> None:
    """The queue; with a card the case of it that was told twice, and who is near."""
    page = visit.page
    page.locator("#unlock").click()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    wait_until(lambda: page.locator(".case-row").count() > 0 and page.locator("#as-of").inner_text() != "")
    if has_card:
        page.locator("#queue").get_by_text("Manhole").first.click()
        wait_until(lambda: page.locator(".helper").count() > 0)


def _opened(visit: Visit) -> None:
    wait_until(lambda: visit.page.locator("#card h2").count() == 1)


def _compared(visit: Visit) -> None:
    wait_until(lambda: visit.page.locator("path.reached-ground").count() == 1)


def _imagined(visit: Visit, secret: str) -> None:
    """The crossing that helps most, tried."""
    page = visit.page
    page.locator("#unlock").click()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    wait_until(lambda: page.locator(".badge-station").count() > 0)
    page.locator("#tab-crossings").click()
    page.locator(".try-it").first.click()
    wait_until(lambda: page.locator("path.changed").count() > 0)


def _redrawn(visit: Visit, secret: str) -> None:
    """A line across the third grid, looked at before it is drawn for good."""
    page = visit.page
    page.locator("#unlock").click()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    page.locator("#do-begin").click()
    page.keyboard.press("Enter")
    wait_until(lambda: page.locator("#tools").is_visible())
    wait_until(lambda: page.locator("#map-side").get_attribute("aria-busy") == "false")
    page.locator("#tab-grids").click()
    page.locator("#grid-list [data-grid]").nth(2).click()
    page.locator("[data-tool=split]").click()
    box = page.locator("path.chosen-grid").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] - 6
    page.mouse.click(x, y)
    page.mouse.dblclick(x + 6, y + box["height"] + 14)
    wait_until(lambda: page.locator("#apply").is_visible())


def _laid_out(url: str) -> LaidOut:
    """A proposed plan, with something said of it."""
    db = Database(url)
    laid_out = lay_out(db, REDRAWN[-12:], "2027 年网格调整")
    now = datetime.now(UTC)
    for text, answer in SAID:
        comment = comment_plan(db, laid_out.plan_id, laid_out.taker, text, now)
        judge_comment(db, laid_out.plan_id, comment.id, "shown", answer, Hand(at=now))
    db.close()
    return laid_out


def _grid_pressed(visit: Visit, grid_id: int) -> None:
    visit.page.locator(f"#card [data-grid='{grid_id}']").click()
    wait_until(lambda: visit.page.locator("path.chosen-grid").count() == 1)


def _beside(visit: Visit, secret: str) -> None:
    """Two plans side by side."""
    page = visit.page
    page.locator("#unlock").click()
    page.locator("#staff-token").fill(secret)
    page.keyboard.press("Enter")
    wait_until(lambda: page.locator("#outcome").is_visible())
    visit.painted()
    tiles = "[...document.querySelectorAll('canvas.leaflet-tile')]"
    wait_until(lambda: page.evaluate(f"{tiles}.every((tile) => tile.style.opacity === '1')"))  # tiles fade in


def _take(
    browser: Browser,
    address: str,
    path: str,
    window: dict[str, object],
    file: Path,
    prepare: Callable[[Visit], None] = _opened,
) -> None:
    with visiting(browser, address, **window) as visit:
        visit.open(path)
        prepare(visit)
        visit.painted()
        sharp = visit.page.screenshot(scale="css")
    file.write_bytes(_with_fewer_colours(browser, sharp))
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


FEWER_COLOURS = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
    const ctx = canvas.getContext('2d');
    ctx.drawImage(image, 0, 0);
    const pixels = ctx.getImageData(0, 0, image.width, image.height);
    pixels.data.forEach((level, i) => { pixels.data[i] = i % 4 === 3 ? 255 : Math.min(255, Math.round(level / 12) * 12);
    });
    ctx.putImageData(pixels, 0, 0);
    return canvas.toDataURL('image/png').split(',')[1];
}"""


def _with_fewer_colours(browser: Browser, png: bytes) -> bytes:
    """The same picture with levels of 12: nobody sees it, and the file is half as large."""
    page = browser.new_page()
    small = page.evaluate(FEWER_COLOURS, base64.b64encode(png).decode())
    page.close()
    return base64.b64decode(small)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
