"""A real browser on a real server: what browser tests and the picture of the README both need."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from api.main import create_app
from geo.actions.load_demo import load_demo
from geo.actions.reach.compute_coverage import compute_coverage
from geo.settings import Settings
from geo.store.database import Database

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_S = 20.0
expect.set_options(timeout=1000 * PATIENCE_S)
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


def load_city(db: Database) -> None:
    """The demo city with its coverage."""
    now = datetime.now(UTC)
    load_demo(db, BOUNDARIES, now)
    compute_coverage(db, at=now)


@contextmanager
def serving(url: str, port: int = 0, **settings: Any) -> Iterator[str]:
    """The service on a free port of this machine, or the given one; gives its address. Map files: the usual home."""
    app = create_app(Settings(workers_db=4, **settings), url)
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `gridcircle serve` does
        config = uvicorn.Config(app, log_level="error", access_log=False, ws="none", timeout_graceful_shutdown=1)
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


class _Server(uvicorn.Server):
    """Lets streams go first: it would wait for their ends, and then tear them off."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.events.end()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def wait_until(is_so: Any) -> None:
    """Ask again and again until it is so; a string for wait_for_function would break the strict policy of the page."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium, told not to call home."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=program, args=list(FLAGS))


@dataclass
class Visit:
    """One reader's page, and all that went wrong or abroad on it."""

    page: Page
    address: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page and wait until it stands and its tiles are painted."""
        self.page.goto(self.address + path)
        wait_until(lambda: self.page.evaluate("document.documentElement.dataset.ready === 'true'"))
        self.painted()

    def painted(self) -> None:
        """Wait until all tiles in view are painted."""
        wait_until(
            lambda: self.page.evaluate(
                """() => {
                    const tiles = [...document.querySelectorAll('canvas.leaflet-tile')];
                    return tiles.length > 0 && tiles.every((tile) => tile.classList.contains('leaflet-tile-loaded'));
                }"""
            )
        )

    def look_at(self, lon: float, lat: float, zoom: int) -> None:
        """Move the map through the address, as a link does."""
        self.page.evaluate("([lon, lat, zoom]) => { location.hash = `#map=${zoom}/${lat}/${lon}`; }", [lon, lat, zoom])
        is_gliding = f"{MAP}._animatingZoom || {MAP}._panAnim?._inProgress || false"  # presses would go elsewhere
        wait_until(lambda: self.page.evaluate(f"[{MAP}.getZoom(), {is_gliding}]") == [zoom, False])
        self.painted()

    def click_at(self, lon: float, lat: float) -> None:
        """Click the map at a place, or tap it on a phone."""
        x, y = self.page.evaluate(
            f"""([lon, lat]) => {{
                const at = {MAP}.latLngToContainerPoint([lat, lon]);
                const box = {MAP}.getContainer().getBoundingClientRect();
                return [box.x + at.x, box.y + at.y];
            }}""",
            [lon, lat],
        )
        self.page.mouse.click(x, y)

    def answer(self, path: str) -> Any:
        """What the service tells the public at a path."""
        return self.page.request.get(self.address + path, headers={"Accept-Language": "en"}).json()


MAP = "window[Object.keys(window).find((name) => name.startsWith('map_'))]"
TILES = "window[Object.keys(window).find((name) => name.startsWith('vector_tiles_'))]"


@contextmanager
def visiting(browser: Browser, address: str, **context: Any) -> Iterator[Visit]:
    """A fresh reader; at the end nothing may have gone wrong in the page, and nobody else may have been asked."""
    reader: BrowserContext = browser.new_context(locale="zh-CN", **context)
    visit = Visit(reader.new_page(), address)
    visit.page.on("console", lambda said: _note(visit, said.type, said.text))
    visit.page.on("pageerror", lambda error: _note(visit, "error", str(error)))
    visit.page.on("dialog", lambda dialog: (_note(visit, "error", dialog.message), dialog.dismiss()))
    reader.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
    reader.route("**/*", lambda route: _only(route, address))
    yield visit
    reader.close()
    assert not visit.complaints, visit.complaints
    assert visit.hosts == {urlsplit(address).netloc}, visit.hosts


def _only(route: Any, address: str) -> None:
    if route.request.url.startswith(address + "/"):
        route.continue_()
    else:
        route.abort()


def _note(visit: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visit.complaints.append(text)
