"""The pages and their files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import RedirectResponse

from api.case_shapes import Channel
from api.deps import CaseDesk, Db, Language, Now, Setting, asks
from geo.actions.cases.case_desk import Desk
from geo.errors import MissingPiece, NotFound
from geo.publication import rule
from geo.rules.incident_categories import incident_categories
from geo.rules.modes import DEFAULT_SURFACE, modes, surface, surfaces
from geo.rules.reach import reach_rule
from geo.rules.station_kinds import station_kinds
from geo.settings import Settings
from geo.store.database import Database
from geo.store.tiles import MapContent, map_content
from webmap.assets import ASSETS, missing, static_files, static_version, vendor_file
from webmap.figure import CSP, Page
from webmap.pages.dispatch import BoardView, ItemChoice, dispatch_page
from webmap.pages.figures import figures_page
from webmap.pages.public import (
    Kind,
    ModeChoice,
    PublicView,
    planner_page,
    plans_page,
    proposals_page,
    public_page,
    twin_page,
)

router = APIRouter(include_in_schema=False, dependencies=[asks("public")])

PAGE_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KMH_PER_M_S = 3.6
USUAL_MINUTES = 15
"""What the page is about while nothing has been computed."""
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class _Reader(NamedTuple):
    """Who opens a page: from what it is made, in the language wished for by ``?lang=``, else by the browser."""

    db: Database
    settings: Settings
    language: str
    known: str | None
    """The page that the browser has."""


async def _reader(
    db: Db,
    settings: Setting,
    accepted: Language,
    lang: Annotated[Literal["zh", "en"] | None, Query()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> _Reader:
    return _Reader(db, settings, lang or accepted, if_none_match)


Reader = Annotated[_Reader, Depends(_reader)]


@router.get("/")
def home() -> RedirectResponse:
    """The public map. The part of the address behind # comes along by itself."""
    return RedirectResponse("/maps/public", status_code=307)


@router.get("/maps/public")
def public_map(reader: Reader) -> Response:
    """The page for everybody."""
    return _sent(_public, reader)


@router.get("/maps/planner")
def planner_map(reader: Reader) -> Response:
    """The planners' page. It says nothing that the public may not read; its scripts ask for a token."""
    return _sent(_planner, reader)


@router.get("/maps/plans")
def plans_map(reader: Reader) -> Response:
    """The page where grids are redrawn. It holds no plan; its scripts ask for a token."""
    return _sent(_plans, reader)


@router.get("/maps/dispatch")
def dispatch_map(reader: Reader, desk: CaseDesk, now: Now) -> Response:
    """The board of dispatchers. It holds no case; its scripts ask for a token."""
    board = BoardView(items=_items(desk, now, reader.language), channels=get_args(Channel))
    return _sent(lambda view: _dispatch(view, board), reader)


@router.get("/maps/figures")
def figures_map(reader: Reader, desk: CaseDesk, now: Now) -> Response:
    """The page of figures about cases. It holds no figure; its scripts ask for a token."""
    items = _items(desk, now, reader.language)
    return _sent(lambda view: _figures(view, items), reader)


@router.get("/maps/compare")
def compare_map(reader: Reader) -> Response:
    """The page of two plans or two days side by side. It holds no plan; its scripts ask for a token."""
    return _sent(_twin, reader)


@router.get("/maps/proposals")
def proposals_map(reader: Reader) -> Response:
    """The page where everybody looks at proposed plans; ``?plan=`` is for its scripts."""
    return _sent(_proposals, reader)


def _items(desk: Desk, now: datetime, language: str) -> tuple[ItemChoice, ...]:
    """The catalogue in force."""
    items = desk.catalogue(now).items.values()
    return tuple(ItemChoice(item.code, item.in_language(language), item.words) for item in items)


def _sent(page_of: Callable[[PublicView], Page], reader: _Reader) -> Response:
    lacking = missing(reader.settings.home_abs)
    if lacking:
        raise MissingPiece("map_assets_missing", names=", ".join(asset.file for asset in lacking))
    with reader.db.read() as conn:
        content = map_content(conn)
    page = page_of(_view(content, reader.settings, reader.language))
    headers = {**PAGE_HEADERS, "Cache-Control": "no-cache", "ETag": f'"{page.etag}"', "Vary": "Accept-Language"}
    if reader.known == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(page.html, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/maps/script/{name}")
def script(db: Db, settings: Setting, name: str) -> Response:
    """What folium wrote for the page; the same in both languages."""
    with db.read() as conn:
        view = _view(map_content(conn), settings, "en")
    made = (_public, _planner, _plans, _proposals, _twin, lambda view: _dispatch(view, BoardView()), _figures)
    for page in (make(view) for make in made):
        if name == page.script_name:
            return Response(page.script, media_type="text/javascript; charset=utf-8", headers=FOR_EVER)
    raise NotFound("page_file_unknown", name=name[:80])


@router.get("/static/{version}/{name:path}")
def static(version: str, name: str) -> Response:
    """One of our own files; the version is part of the address, so browsers may keep it for ever."""
    if version != static_version() or name not in static_files():
        raise NotFound("page_file_unknown", name=name[:80])
    return _file(static_files()[name])


@router.get("/vendor/{folder:path}/{name}")
def vendor(settings: Setting, folder: str, name: str) -> Response:
    """One of the third-party files that set-up has put in place."""
    for asset in ASSETS.values():
        if (asset.folder, asset.file) == (folder, name):
            if asset in missing(settings.home_abs):
                raise MissingPiece("map_assets_missing", names=name)
            return _file(vendor_file(settings.home_abs, asset))
    raise NotFound("page_file_unknown", name=name[:80])


_public = lru_cache(maxsize=16)(public_page)
_planner = lru_cache(maxsize=16)(planner_page)
_plans = lru_cache(maxsize=16)(plans_page)
_proposals = lru_cache(maxsize=16)(proposals_page)
_twin = lru_cache(maxsize=16)(twin_page)
_dispatch = lru_cache(maxsize=16)(dispatch_page)
_figures = lru_cache(maxsize=16)(figures_page)


def _file(path: Path) -> Response:
    media_type = "text/javascript" if path.suffix == ".js" else guess_type(path.name)[0]
    return Response(path.read_bytes(), media_type=f"{media_type}; charset=utf-8", headers=FOR_EVER)


def _view(content: MapContent, settings: Settings, language: str) -> PublicView:
    public = rule()
    return PublicView(
        language=language,
        bounds=content.bounds,
        timezone=settings.timezone,
        approval_number=settings.map_approval_number,
        is_fictional=content.is_fictional,
        shows_osm=content.shows_osm,
        minutes=content.minutes or USUAL_MINUTES,
        circle_m=content.circle_m or reach_rule().air_circle_m,
        station_kinds=tuple(
            Kind(key, kind.name_zh if language == "zh" else kind.name_en, kind.symbol, kind.serves)
            for key, kind in station_kinds().items()
        ),
        incident_kinds=tuple(
            (category.key, category.name_zh if language == "zh" else category.name_en)
            for category in incident_categories().values()
        ),
        k=public.k,
        round_to=public.round_to,
        cell_m=public.cell_m,
        recent_months=public.recent_months,
        incident_classes=public.classes,
        modes=_modes(language),
        surfaces=tuple((key, each.name_zh if language == "zh" else each.name_en) for key, each in surfaces().items()),
    )


def _modes(language: str) -> tuple[ModeChoice, ...]:
    """Ways of moving that pages offer: a 15-minute city is not asked about by car."""
    dry = surface(DEFAULT_SURFACE)
    return tuple(
        ModeChoice(
            key=key,
            name=mode.name_zh if language == "zh" else mode.name_en,
            kmh=round(mode.kmh or KMH_PER_M_S * mode.speed_m_s_on(dry), 1),
            travel=mode.travel,
            is_verified=mode.is_verified,
        )
        for key, mode in modes().items()
        if mode.travel != "car"
    )
