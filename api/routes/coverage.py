"""How many people reach a station in time, by area."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import Db, Who, asks
from api.figures import figures, sight_of
from api.inputs import AreaCode
from api.paging import Paged
from api.schemas import Figures, Listed, Run, Shape
from geo.store.coverage import current_run, is_behind_data
from geo.store.figures import by_level, of_all

router = APIRouter(tags=["coverage"])

Level = Literal["grid", "community", "subdistrict", "district", "city"]


class CoverageItem(Shape):
    """The figures of one area or grid."""

    level: Level = Field(examples=["community"])
    id: int = Field(examples=[5])
    code: str = Field(examples=["990101001001"])
    name: str = Field(examples=["河西社区"])
    figures: Figures


class Coverage(Listed):
    """Figures by area, with how they were computed."""

    run: Run
    is_behind_data: bool = Field(examples=[False], description="Something was loaded or changed after the run.")
    by: Level = Field(examples=["community"])
    items: list[CoverageItem]
    total: Figures | None = Field(description="Every home that was loaded, in an area or not.")


@router.get("/coverage")
def coverage(
    db: Db,
    page: Paged,
    who: Annotated[Who, asks("public")],
    by: Annotated[Level, Query(description="One entry for each ...")],
    parent: AreaCode = None,
) -> Coverage:
    """Residents reached along the streets and by plain circle; `parent`: only inside this area."""
    with db.read() as conn:
        run = current_run(conn)
        entries = by_level(conn, run.id, by, parent)
        everybody = of_all(conn, run.id)
        is_behind = is_behind_data(conn)
        sight = sight_of(conn, who)
    items = [
        CoverageItem(
            level=by,
            id=entry.id,
            code=entry.code,
            name=entry.name,
            figures=figures(entry.counts, by, is_exact=sight.is_exact(entry.area_id)),
        )
        for entry in page.of(entries)
    ]
    return Coverage(
        run=Run.model_validate(run),
        is_behind_data=is_behind,
        by=by,
        items=items,
        total=None if everybody is None else figures(everybody, "all", is_exact=sight.is_exact(None)),
        number_matched=len(entries),
        number_returned=len(items),
        links=page.links(len(entries)),
    )
