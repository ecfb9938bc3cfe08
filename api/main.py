"""The web service as a function of its settings; nothing happens at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from api import errors
from api.deps import clock, new_id
from api.events import Events
from api.guard import Guard
from api.invented import Invention, note_asker
from api.jobs import Jobs
from api.routes import (
    access,
    areas,
    case_figures,
    cases,
    coverage,
    dispatch,
    events,
    grids,
    health,
    honesty,
    imports,
    incidents,
    jobs,
    layers,
    locate,
    maps,
    me,
    nearest,
    outside,
    plan_changes,
    plans,
    profile,
    proposals,
    reach,
    reach_area,
    resources,
    search,
    stations,
    tiles,
    visits,
    what_if,
    work,
)
from api.schemas import Problem, problems
from api.sender import Sender
from api.watch import watching
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.published_figures import PublishedFigures
from geo.actions.city.engine import Engine
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.reach.reach_area import ReachAreas
from geo.rules.request_limits import request_limits
from geo.settings import Settings
from geo.store.database import Database

DESCRIPTION = """Who really reaches a service station within 15 minutes on foot.

Without a token the answers are what the public may see: rounded counts, incidents as squares. A token made by
`gridcircle token create` adds what its role and area allow. `Accept-Language: zh` or `en` chooses the sentences.
"""

VERSIONED = (
    # asked most often, and the first that fits answers
    *(dispatch, incidents, cases),
    *(areas, grids, stations, resources, coverage, reach_area, profile, what_if, honesty, access, reach, nearest),
    *(locate, search, case_figures, visits, events, imports, jobs, me),
    *(plan_changes, plans, proposals, work, layers, outside),
)
UNVERSIONED = (health, tiles, maps)


class _Service(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description, with the shape that all refusals refer to."""
        document = super().openapi()
        document["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
        return document


def create_app(settings: Settings, database_url: str) -> FastAPI:
    """The service on one database.

    Parameters
    ----------
    settings
        Where state lies, which names to answer to, how many connections.
    database_url
        ``postgresql://...`` of a migrated database.
    """
    app = _Service(
        title="Gridcircle",
        version=version("gridcircle"),
        description=DESCRIPTION,
        lifespan=_lifespan,
        # the usual documentation pages load scripts from other hosts; /openapi.json is a route of ours
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.settings = settings
    limits = request_limits()
    app.state.jobs = Jobs(limits, clock, new_id)
    # a connection for every request that has a thread, one for every job that runs beside them, two for the
    # sender and two for the watch; glances have a few of their own, for less than a millisecond each
    app.state.db = Database(database_url, size=settings.workers_db + limits.jobs_running + 4)
    app.state.events = Events(app.state.db, limits, clock)
    app.state.streets = StreetCache(app.state.db, settings.arrays_abs)
    app.state.desk = Desk(settings)
    app.state.sender = Sender(app.state.db, app.state.desk, clock)
    app.state.engine = Engine(app.state.db, app.state.streets)
    app.state.invention = Invention(app.state.db)
    app.state.helpers = HelperCache(app.state.streets)
    app.state.areas = ReachAreas(app.state.engine)
    app.state.figures = PublishedFigures()
    app.add_middleware(GZipMiddleware, minimum_size=1000)  # scripts and tiles shrink to a third
    app.add_middleware(Guard, settings=settings)
    errors.install(app)
    app.router.routes.extend(_routes())
    return app


@cache
def _routes() -> list[BaseRoute]:
    """All routes; those of one process are the same ones, for making them ready takes longer than many answers."""
    every = APIRouter(responses=problems(401, 403, 422, 503), dependencies=[Depends(note_asker)])
    for routes in UNVERSIONED:
        every.include_router(routes.router)
    for routes in VERSIONED:
        every.include_router(routes.router, prefix="/api/v1")
    return every.routes


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # As many threads as connections: a request that has a thread never waits for a connection.
    current_default_thread_limiter().total_tokens = app.state.settings.workers_db
    state = app.state
    with state.sender.running(), watching(state.db, state.desk, clock):
        async with app.state.events.running():
            yield
    app.state.jobs.close()
    app.state.db.close()
