"""Answers that wait until a test lets them go, in the order that it wants: a slow line, without waiting for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, Route

from tests.web.browser import wait_until

SETTLED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


class Held:
    """Requests of a page that are held back: those of which ``wanted`` says so, by address and method."""

    def __init__(self, page: Page, wanted: str | Callable[[str], bool]) -> None:
        self.page = page
        self.routes: list[Route] = []
        self.waiting: list[int] = []
        self.is_open = False
        self.over: list[Request] = []
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.route(wanted, self._hold)

    def _ended(self, request: Request) -> None:
        self.over.append(request)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)
        if self.is_open:
            route.continue_()
        else:
            self.waiting.append(len(self.routes) - 1)

    def wait(self, n: int) -> None:
        """Wait until so many are held back in all."""
        wait_until(lambda: self.page.evaluate("true") and len(self.routes) >= n)

    def release(self, *numbers: int, status: int | None = None, body: Any = None) -> None:
        """Let these go, one after the other, by their place in the order of asking; ``status``: answered so."""
        for number in numbers:
            self.waiting.remove(number)
            route = self.routes[number]
            if status is None:
                route.continue_()
            elif status == 0:
                route.abort()
            else:
                route.fulfill(status=status, json=body or {"detail": f"refused with {status}"})
            wait_until(lambda request=route.request: self.page.evaluate("true") and request in self.over)  # type: ignore[misc]
            settle(self.page)

    def stop(self) -> None:
        """Hold nothing back any more: what waits goes first."""
        self.is_open = True
        self.release(*self.waiting)


def settle(page: Page) -> None:
    """Let the page do what an answer that has come makes it do."""
    for _ in range(2):
        page.evaluate(SETTLED)
