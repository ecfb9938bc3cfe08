"""What routes are handed: the database, the clock, the language, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.errors import language_of
from api.events import Events
from api.jobs import Jobs
from geo.actions.cases.case_desk import Desk
from geo.actions.cases.published_figures import PublishedFigures
from geo.actions.city.engine import Engine
from geo.actions.city.plan_access import Hand
from geo.actions.city.street_cache import StreetCache
from geo.actions.dispatch.helper_cache import HelperCache
from geo.actions.reach.reach_area import ReachAreas
from geo.errors import NotAllowed, Refused, WhoAreYou
from geo.settings import Settings
from geo.store import tokens as token_rows
from geo.store.database import Database
from geo.tokens import Role, Token, allows, hash_of, is_secret_of

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Times that a question may name."""


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.db)


async def _streets(request: Request) -> StreetCache:
    return cast("StreetCache", request.app.state.streets)


async def _engine(request: Request) -> Engine:
    return cast("Engine", request.app.state.engine)


async def _helpers(request: Request) -> HelperCache:
    return cast("HelperCache", request.app.state.helpers)


async def _areas(request: Request) -> ReachAreas:
    return cast("ReachAreas", request.app.state.areas)


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


async def _events(request: Request) -> Events:
    return cast("Events", request.app.state.events)


async def _figures(request: Request) -> PublishedFigures:
    return cast("PublishedFigures", request.app.state.figures)


async def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


async def _language(request: Request) -> str:
    return language_of(request)


async def _jobs(request: Request) -> Jobs:
    return cast("Jobs", request.app.state.jobs)


def clock() -> datetime:
    """Now: what requests and jobs look at."""
    return datetime.now(UTC)


async def _now() -> datetime:
    return clock()


def new_id() -> UUID:
    """A name that nobody can guess."""
    return uuid4()


async def _new_key() -> UUID:
    return new_id()


Db = Annotated[Database, Depends(_database)]
Streets = Annotated[StreetCache, Depends(_streets)]
Reach = Annotated[Engine, Depends(_engine)]
"""Who reaches which station: what questions that change nothing are answered from."""
HelpersNear = Annotated[HelperCache, Depends(_helpers)]
"""Stations and teams that can be sent somewhere."""
Areas = Annotated[ReachAreas, Depends(_areas)]
"""The ground within reach of any station."""
Running = Annotated[Jobs, Depends(_jobs)]
"""The jobs of this process."""
Setting = Annotated[Settings, Depends(_settings)]
Figures = Annotated[PublishedFigures, Depends(_figures)]
"""Figures about cases."""
CaseDesk = Annotated[Desk, Depends(_desk)]
"""The city's clocks and catalogue of cases."""
News = Annotated[Events, Depends(_events)]
"""New steps of cases."""
Language = Annotated[str, Depends(_language)]
Now = Annotated[datetime, Depends(_now)]

NewKey = Annotated[UUID, Depends(_new_key)]
"""The lasting name of something new."""

_bearer = HTTPBearer(auto_error=False, description="A token made by `gridcircle token create`: `gc_...`.")


@dataclass(frozen=True)
class Who:
    """Who asks: the public, or the holder of a token."""

    role: Role = "public"
    token_id: int | None = None
    name: str | None = None
    """What the token is for."""
    area_id: int | None = None
    """None: everywhere (or nowhere, for the public)."""
    area_code: str | None = None
    area_name: str | None = None
    expires_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Whether no token was sent."""
        return self.role == "public"

    def may(self, needed: Role) -> bool:
        """Whether the role reaches as far as ``needed``."""
        return allows(self.role, needed)


def asks(needed: Role) -> Any:
    """The one dependency that every route declares: who may ask it.

    It also refuses query parameters that the route does not know: a slip of the pen would otherwise return everything.

    Examples
    --------
    ``def route(who: Annotated[Who, asks("dispatcher")])``, or ``dependencies=[asks("public")]``.
    """

    def asked_by(
        request: Request,
        db: Db,
        at: Now,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Who:
        _refuse_unknown_query(request)
        if "authorization" not in request.headers:
            who = Who()
        elif credentials is None:
            raise WhoAreYou("token_bad")
        else:
            who = _holder(db, credentials.credentials, at)
        if not who.may(needed):
            if who.is_public:
                raise WhoAreYou("token_missing")
            raise NotAllowed("token_role_low", needed=needed, role=who.role)
        return who

    asked_by.needed = needed  # type: ignore[attr-defined]  # read by the test that lists all routes
    return Depends(asked_by)


def hand_of(who: Who, now: datetime) -> Hand:
    """Whose hand changes something, and when."""
    return Hand(at=now, area_id=who.area_id, token_id=who.token_id, token_name=who.name)


def local(at: datetime, settings: Settings) -> datetime:
    """A moment in the city's time zone; a time without a zone is the city's already.

    Raises
    ------
    Refused
        If it lies outside the times that a question may name.
    """
    zone = ZoneInfo(settings.timezone)
    if not EARLIEST.year < at.year < LATEST.year:
        raise Refused("time_out_of_range", earliest=EARLIEST.date(), latest=LATEST.date())
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


async def _moment_said(
    settings: Setting,
    at: Annotated[
        datetime | None,
        Query(description="The moment asked about; now, if left out.", examples=["2026-11-20T10:00:00+08:00"]),
    ] = None,
) -> datetime | None:
    return None if at is None else local(at, settings)


AtIfSaid = Annotated[datetime | None, Depends(_moment_said)]
"""The moment asked about, in the city's time zone; None if none was said."""


async def _moment(settings: Setting, now: Now, said: AtIfSaid) -> datetime:
    return local(now, settings) if said is None else said


At = Annotated[datetime, Depends(_moment)]
"""The moment asked about, in the city's time zone."""


def _holder(db: Database, secret: str, at: datetime) -> Who:
    token = token_rows.find(db, hash_of(secret))
    if token is None or not is_secret_of(secret, token):
        raise WhoAreYou("token_bad")
    _refuse_ended(token, at)
    return Who(
        role=token.role,
        token_id=token.id,
        name=token.name,
        area_id=token.area_id,
        area_code=token.area_code,
        area_name=token.area_name,
        expires_at=token.expires_at,
    )


def _refuse_ended(token: Token, at: datetime) -> None:
    standing = token.standing(at)
    if standing == "revoked" and token.revoked_at is not None:
        raise WhoAreYou("token_revoked", day=token.revoked_at.date())
    if standing == "expired" and token.expires_at is not None:
        raise WhoAreYou("token_expired", day=token.expires_at.date())


def _refuse_unknown_query(request: Request) -> None:
    route = request.scope["route"]
    if not route.include_in_schema:
        return  # a page: links to it may carry a campaign's or a mail program's own parameters
    known = sorted(set(_query_names(route.dependant)))
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Refused("query_unknown", names=", ".join(unknown)[:200], known=", ".join(known) or "-")
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise Refused("query_twice", names=", ".join(twice))


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)
