"""What was loaded, when and by whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from api.deps import Db, asks
from api.paging import Paged
from api.schemas import Listed, Shape
from geo.store.imports import list_batches

router = APIRouter(tags=["imports"])


class Import(Shape):
    """One import."""

    id: int = Field(examples=[4])
    kind: str = Field(examples=["stations"])
    source: str = Field(examples=["qinghe_stations"])
    filename: str = Field(examples=["qinghe_stations.csv"])
    actor: str = Field(examples=["planning office"])
    data_date: date | None = Field(examples=["2026-06-01"])
    landed_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    undone_at: datetime | None = Field(examples=[None])
    report: dict[str, Any] = Field(examples=[{"read": 30, "added": 30}])


class ImportList(Listed):
    """A page of imports, the newest first."""

    items: list[Import]


@router.get("/imports", dependencies=[asks("planner")])
def imports(db: Db, page: Paged) -> ImportList:
    """All imports, the newest first, with what each reported."""
    with db.read() as conn:
        batches = list_batches(conn)
    items = [Import.model_validate(batch) for batch in page.of(batches)]
    return ImportList(
        number_matched=len(batches), number_returned=len(items), links=page.links(len(batches)), items=items
    )
