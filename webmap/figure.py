"""The page around a folium map: our own head, our own host for every file, nothing inline.

Folium builds the map; this figure decides what reaches the browser. A link that is not in :mod:`webmap.assets` is
refused, and so are the classes that put text from people into HTML or script. The script is not written into the page
but handed out as a file of its own, so that the content security policy needs neither a nonce nor ``unsafe-inline``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.features import GeoJsonPopup, GeoJsonTooltip
from folium.map import Popup, Tooltip

from webmap.assets import ASSETS

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
"""Content security policy of every page."""

REFUSED = (Popup, Tooltip, GeoJsonPopup, GeoJsonTooltip)
"""They write text as HTML or into a JavaScript template literal: ``${...}`` in a name would run."""


SCRIPT_FOLDER = "/maps/script"
"""Address under which the scripts that folium writes are handed out."""


@dataclass(frozen=True)
class Page:
    """What is sent: the document, and the script it asks for under ``script_name``."""

    html: str
    script: str
    script_name: str

    @property
    def etag(self) -> str:
        """Changes with the document, and so with the script's name."""
        return hashlib.sha256(self.html.encode()).hexdigest()[:20]


def script_json(data: Any) -> str:
    """JSON that may stand inside a ``<script type="application/json">`` block."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _all_elements(element: Element) -> Iterator[Element]:
    for child in element._children.values():  # noqa: SLF001  branca has no public walk
        yield child
        yield from _all_elements(child)


class AppFigure(Figure):  # type: ignore[misc]
    """A figure whose every address is ours.

    Parameters
    ----------
    title
        Title of the page; escaped here.
    language
        ``zh`` or ``en``.
    body
        HTML of the page around the map. The map's own element replaces ``<!--map-->``.
    data
        What the scripts work with; reaches the page as JSON, never as HTML.
    icon, styles, modules
        Addresses of our own icon, style sheets and module scripts.
    """

    def __init__(
        self,
        *,
        title: str,
        language: str,
        body: str,
        data: Any,
        icon: str,
        styles: tuple[str, ...] = (),
        modules: tuple[str, ...] = (),
    ) -> None:
        super().__init__(title=title)
        self.language = language
        self.body = body
        self.data = data
        self.icon = icon
        self.styles = styles
        self.modules = modules

    def page(self) -> Page:
        """The document and its script.

        Raises
        ------
        TypeError
            If a refused class is anywhere in the tree.
        ValueError
            If an element links to a file that is not ours.
        """
        for number, element in enumerate(_all_elements(self)):
            if isinstance(element, REFUSED):
                raise TypeError(f"{type(element).__name__} writes text as HTML; show it with textContent instead")
            element._id = str(number)  # noqa: SLF001  ids are random else, and pages would never be equal
        for child in self._children.values():
            child.render()
        script = self.script.render()
        name = hashlib.sha256(script.encode()).hexdigest()[:12] + ".js"
        return Page(html=self._document(name), script=script, script_name=name)

    def render(self, **_: Any) -> str:
        """The document alone, as branca calls it."""
        return self.page().html

    def _document(self, script_name: str) -> str:
        styles = [*self._links(CssLink), *self.styles]
        scripts = [f'<script defer src="{url}"></script>' for url in self._links(JavascriptLink)]
        scripts += [f'<script type="module" src="{url}"></script>' for url in self.modules]
        scripts.append(f'<script defer src="{SCRIPT_FOLDER}/{script_name}"></script>')
        return "\n".join(
            (
                "<!DOCTYPE html>",
                f'<html lang="{"zh-CN" if self.language == "zh" else "en"}">',
                "<head>",
                '<meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
                f"<title>{escape(self.title or '')}</title>",
                f'<link rel="icon" type="image/svg+xml" href="{self.icon}">',
                *(f'<link rel="stylesheet" href="{url}">' for url in styles),
                *scripts,
                "</head>",
                "<body>",
                self.body.replace("<!--map-->", self.html.render().strip()),
                f'<script type="application/json" id="page-data">{script_json(self.data)}</script>',
                "</body>",
                "</html>\n",
            )
        )

    def _links(self, kind: type[Element]) -> list[str]:
        """Our addresses of the links that elements asked for, in their order."""
        found = []
        for name, element in self.header._children.items():  # noqa: SLF001
            if isinstance(element, kind):
                if name not in ASSETS:
                    raise ValueError(f"{name}: {element.url} is not among our assets")
                found.append(ASSETS[name].url)
        return found
