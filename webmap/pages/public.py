"""The public map page: a folium map drawn from our own tiles, with cards, lists, search and legend around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from branca.element import MacroElement
from jinja2 import Environment, PackageLoader, StrictUndefined

from geo.words import Catalogue, load_folder
from webmap.assets import static_url
from webmap.figure import AppFigure, Page
from webmap.layers import Bounds, PlannerMap, PlansMap, ProposalsMap, PublicMap, SlimMap, TwinMaps, VectorTiles

TILE_LAYERS = ("land", "barrier", "street", "area", "grid", "station", "resource", "incident")
MIN_ZOOM, MAX_ZOOM = 3, 19
MAX_DATA_ZOOM = 16
STAFF_ONLY = ("plan_", "redraw_", "twin_", "dispatch_", "fig_")
"""How keys of sentences begin that only staff's pages say: what-ifs, plans, two side by side, the board, figures."""
LAID_OUT = "laid_"
"""How keys of sentences begin that only the page of proposed plans says."""
EVERYWHERE: Bounds = (73.0, 18.0, 135.0, 54.0)
"""Where the map looks when nothing has been loaded: China."""


@dataclass(frozen=True)
class Kind:
    """How a kind of station is named, drawn, and whom it serves."""

    key: str
    name: str
    symbol: str
    serves: str


@dataclass(frozen=True)
class ModeChoice:
    """A way of moving that readers may choose."""

    key: str
    name: str
    kmh: float
    travel: str
    is_verified: bool


@dataclass(frozen=True)
class Shell:
    """What makes one page differ from another: its template, what starts it, and the sentences it can do without."""

    template: str
    start: Callable[..., MacroElement]
    """Of the tiles of every map."""
    title: str
    styles: tuple[str, ...]
    module: str
    leaves_out: tuple[str, ...]
    maps: int = 1


PUBLIC = Shell("public.html", PublicMap, "title", ("map.css", "reach.css"), "main.js", (*STAFF_ONLY, LAID_OUT))
PLANNER = Shell(
    "planner.html",
    PlannerMap,
    "plan_title",
    ("map.css", "reach.css"),
    "main.js",
    ("redraw_", "twin_", "dispatch_", "fig_", LAID_OUT),
)
PLANS = Shell(
    "plans.html",
    PlansMap,
    "redraw_title",
    ("map.css", "reach.css", "plans.css"),
    "plans_main.js",
    ("plan_", "twin_", "dispatch_", "fig_", LAID_OUT),
)
TWIN = Shell(
    "twin.html",
    TwinMaps,
    "twin_title",
    ("map.css", "reach.css", "plans.css", "twin.css"),
    "twin_main.js",
    ("plan_", "dispatch_", "fig_", LAID_OUT),
    maps=2,
)
PROPOSALS = Shell(
    "proposals.html", ProposalsMap, "laid_title", ("map.css", "proposals.css"), "proposals_main.js", STAFF_ONLY
)


@dataclass(frozen=True)
class PublicView:
    """All that the page is told, and so all that it can leak.

    Parameters
    ----------
    bounds
        West, south, east, north of the city in degrees; none when nothing has been loaded.
    station_kinds
        With the key that the data use.
    incident_kinds
        Key and name of each category of incidents.
    incident_classes
        Lower bounds of the classes of incident counts.
    modes, surfaces
        Ways of moving, and key and name of what may lie on the ground.
    """

    language: str
    bounds: Bounds | None
    timezone: str
    approval_number: str
    is_fictional: bool
    shows_osm: bool
    minutes: float
    circle_m: float
    station_kinds: tuple[Kind, ...]
    incident_kinds: tuple[tuple[str, str], ...]
    k: int
    round_to: int
    cell_m: float
    recent_months: int
    incident_classes: tuple[int, ...]
    modes: tuple[ModeChoice, ...]
    surfaces: tuple[tuple[str, str], ...]


@cache
def words() -> Catalogue:
    """The sentences of the pages."""
    return load_folder(Path(__file__).parent.parent / "words")


def spoken(language: str, minutes: float, circle_m: float) -> dict[str, str]:
    """The sentences in one language, with what the shown figures were computed for."""
    told = {"{cutoff}": f"{minutes:g}", "{circle}": f"{circle_m:,.0f}"}
    sentences = {key: entry[language] for key, entry in words().items()}
    for mark, value in told.items():
        sentences = {key: text.replace(mark, value) for key, text in sentences.items()}
    return sentences


@cache
def _pages() -> Environment:
    loader = PackageLoader("webmap", "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _settings(view: PublicView) -> dict[str, object]:
    shown = asdict(view)
    for key in ("language", "station_kinds", "incident_kinds", "approval_number"):
        del shown[key]
    shown["surfaces"] = [{"key": key, "name": name} for key, name in view.surfaces]
    return shown


def public_page(view: PublicView) -> Page:
    """The page of a view. The same view gives the same page, byte for byte."""
    return built(view, PUBLIC)


def planner_page(view: PublicView) -> Page:
    """The planners' page: as empty of people as the public one, until somebody signs in."""
    return built(view, PLANNER)


def plans_page(view: PublicView) -> Page:
    """The page where grids are redrawn; empty until somebody signs in."""
    return built(view, PLANS)


def twin_page(view: PublicView) -> Page:
    """The page of two plans or two days side by side; empty until somebody signs in."""
    return built(view, TWIN)


def proposals_page(view: PublicView) -> Page:
    """The page where everybody looks at proposed plans; its scripts ask what everybody may ask."""
    return built(view, PROPOSALS)


def built(view: PublicView, shell: Shell, desk: Mapping[str, Any] | None = None) -> Page:
    """A page; ``desk`` is what only the board of dispatchers is told besides."""
    everything = spoken(view.language, view.minutes, view.circle_m)
    say = {key: sentence for key, sentence in everything.items() if not key.startswith(shell.leaves_out)}
    body = (
        _pages()
        .get_template(shell.template)
        .render(
            say=say,
            other_language="en" if view.language == "zh" else "zh",
            is_fictional=view.is_fictional,
            shows_osm=view.shows_osm,
            approval_number=view.approval_number,
        )
    )
    figure = AppFigure(
        title=say[shell.title],
        language=view.language,
        body=body,
        data={
            "language": view.language,
            "words": say,
            "station_kinds": {kind.key: asdict(kind) for kind in view.station_kinds},
            "incident_kinds": dict(view.incident_kinds),
            "settings": _settings(view),
            **({} if desk is None else {"desk": desk}),
        },
        icon=static_url("icon.svg"),
        styles=tuple(static_url(name) for name in shell.styles),
        modules=(static_url(shell.module),),
    )
    tiles = [VectorTiles(TILE_LAYERS, max_data_zoom=MAX_DATA_ZOOM, show=False) for _ in range(shell.maps)]
    for each in tiles:
        base = SlimMap(view.bounds or EVERYWHERE, min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM)
        base.add_child(each)
        figure.add_child(base)
    base.add_child(shell.start(*tiles))
    return figure.page()
