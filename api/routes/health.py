"""Is the service fit to answer, and what is it made of."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.deps import Db, Setting, asks
from api.schemas import Shape
from geo.errors import DatabaseAway
from geo.store.database import Database
from geo.store.migrate import revisions
from geo.store.tiles import data_version
from webmap.assets import missing

router = APIRouter()


class Health(Shape):
    """What the service stands on."""

    status: Literal["ok", "unready"] = Field(examples=["ok"])
    database: Literal["ok", "away"] = Field(examples=["ok"])
    migration: str | None = Field(examples=["0001"], description="What the database has.")
    migration_head: str | None = Field(examples=["0001"], description="What this version needs.")
    assets: Literal["ok", "missing"] = Field(examples=["ok"], description="Scripts and styles of the map page.")
    data_version: str | None = Field(examples=["7.0.1"], description="Changes whenever anything on the map changes.")


@router.get("/healthz", dependencies=[asks("public")], responses={503: {"model": Health, "description": "Unready"}})
def healthz(db: Db, settings: Setting, response: Response) -> Health:
    """Fit to answer: the database answers, its schema is the newest, the map's assets are there."""
    database, has, head, version = _database(db)
    assets: Literal["ok", "missing"] = "missing" if missing(settings.home_abs) else "ok"
    is_fit = database == "ok" and has == head and assets == "ok"
    response.status_code = 200 if is_fit else 503
    return Health(
        status="ok" if is_fit else "unready",
        database=database,
        migration=has,
        migration_head=head,
        assets=assets,
        data_version=version,
    )


@router.get("/openapi.json", dependencies=[asks("public")], include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """The description of all this for machines (OpenAPI 3.1)."""
    document: dict[str, Any] = request.app.openapi()
    return document


def _database(db: Database) -> tuple[Literal["ok", "away"], str | None, str | None, str | None]:
    try:
        with db.read() as conn:
            has, head = revisions(conn)
            return "ok", has, head, data_version(conn) if has == head else None
    except DatabaseAway:
        return "away", None, None, None
