"""The nets of departments: what covers a door, how they fit on each other, and a proposal of one for all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.answering import LATER, Answers
from api.deps import Db, Language, Now, Setting, Who, asks
from api.inputs import AreaCode, Lat, Lon, Word
from api.jobs import Step
from api.layer_shapes import (
    AuditShape,
    CrosswalkShape,
    MergeShape,
    NetShape,
    TakenUpList,
    TakeUpWish,
    merge_shape,
    taken_shape,
)
from api.layer_wishes import LayerBody, LayerLanded, layer_landed
from api.limits import city_only
from api.paging import Paged
from api.schemas import CityAnswer, Listed, MadeAnswer, Position, Shape, made_told, problems
from geo.actions.city.plan_access import Hand
from geo.actions.layers.audit_layers import audit_layers, cross_layers, nets_at
from geo.actions.layers.merge_layers import merge_layers
from geo.actions.layers.open_merge import open_merge
from geo.actions.layers.set_layer import set_layer
from geo.errors import NotAllowed
from geo.imports.options import ImportOptions
from geo.layers import Layer, MergeWish
from geo.store import layers as layer_rows
from geo.store import locate

router = APIRouter(tags=["layers"])

MOST_NAMES = 2000

Name = Annotated[Word, Query(min_length=1, max_length=200, description="A layer's name.", examples=["police"])]
Names = Annotated[
    Word | None,
    Query(
        max_length=MOST_NAMES, description="Only these layers, with commas between; all, if left out.", examples=["a,b"]
    ),
]


class LayerShape(Shape):
    """A department's net as it was taken in last."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["police"])
    department: str = Field(examples=["公安局"], description="Who runs it.")
    kind: str = Field(examples=["警务网格"])
    version: int = Field(examples=[1])
    zones: int = Field(examples=[236])
    import_id: int = Field(examples=[12])
    landed_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    data_date: date | None = Field(examples=["2026-06-01"])
    gap_width_m: float = Field(examples=[10], description="How wide gaps were filled.")
    changes: int = Field(examples=[4], description="Zones that cleaning changed.")
    gaps: int = Field(examples=[1], description="Gaps among its zones that were left open.")


class LayerList(Listed, CityAnswer):
    """A page of layers, by name."""

    layers: list[LayerShape]


class NetsAt(Shape):
    """Every net that covers a place."""

    lonlat: Position
    nets: list[NetShape]
    layers_without: list[str] = Field(examples=[["fire"]], description="Layers that have no net here.")


class CrosswalkTable(Listed, MadeAnswer):
    """Whom the zones of one layer have in common with those of another."""

    from_layer: str = Field(examples=["police"])
    to_layer: str = Field(examples=["health"])
    rows: list[CrosswalkShape] = Field(description="By zone of the first, most residents first.")


@router.get("/layers", dependencies=[asks("viewer")])
def layers(db: Db, page: Paged) -> LayerList:
    """The layers that count now, by name."""
    with db.read() as conn:
        found = layer_rows.live_layers(conn)
    told = [_told(layer) for layer in page.of(found)]
    return LayerList(number_matched=len(found), number_returned=len(told), links=page.links(len(found)), layers=told)


@router.post("/layers", status_code=201, response_model=LayerLanded, responses=problems(409, 413) | LATER)
def take(
    db: Db,
    now: Now,
    settings: Setting,
    language: Language,
    answering: Answers,
    who: Annotated[Who, asks("planner")],
    body: LayerBody,
) -> Any:
    """Take one department's net in, cleaned, with every change told; all of it or nothing.

    The same zones again change nothing. Others under a name that is taken need the version that they replace (409).
    """
    city_only(who)
    options = ImportOptions(
        crs=body.crs,
        keep_going=body.keep_going,
        data_date=body.data_date,
        actor=who.name or "-",
        timezone=settings.timezone,
    )

    def work(step: Step) -> LayerLanded:
        report = set_layer(db, body.collection(), body.meant(), options, now, step)
        with db.read() as conn:
            (layer,) = layer_rows.live_layers(conn, (body.name,))
        return layer_landed(layer, report, language)

    return answering.answer("layers_import", work, who)


def _told(layer: Layer) -> LayerShape:
    told = {name: getattr(layer, name) for name in LayerShape.model_fields}
    return LayerShape(**{**told, "changes": len(layer.changes), "gaps": len(layer.gaps)})


@router.get("/layers/at", responses=problems(404))
def nets(db: Db, lon: Lon, lat: Lat, who: Annotated[Who, asks("dispatcher")], layer: Names = None) -> NetsAt:
    """Every net that covers a place, and the department that runs it."""
    if who.area_id is not None:
        with db.read() as conn:
            if not locate.is_within(conn, who.area_id, (lon, lat)):
                raise NotAllowed("token_outside_area", area=who.area_name)
    asked, found = nets_at(db, (lon, lat), _names(layer))
    covering = {net.layer for net in found}
    return NetsAt(
        lonlat=(lon, lat),
        nets=[NetShape.model_validate(net) for net in found],
        layers_without=[one.name for one in asked if one.name not in covering],
    )


@router.get("/layers/audit", response_model=AuditShape, responses=problems(404) | LATER)
def audit(db: Db, answering: Answers, who: Annotated[Who, asks("planner")], layer: Names = None) -> Any:
    """How the layers fit on each other: overlaps and gaps by ground and by people, slivers, nets at the door."""
    city_only(who)

    def work(step: Step) -> AuditShape:
        return AuditShape.model_validate(audit_layers(db, _names(layer), step), from_attributes=True)

    return answering.answer("layers_audit", work, who)


@router.get("/layers/crosswalk", responses=problems(404))
def crosswalk(
    db: Db, page: Paged, who: Annotated[Who, asks("planner")], from_layer: Name, to_layer: Name
) -> CrosswalkTable:
    """Whom each zone of one layer has in common with each of another; both shares make it a table either way."""
    city_only(who)
    found = cross_layers(db, from_layer, to_layer)
    rows = [CrosswalkShape.model_validate(row) for row in page.of(found.rows)]
    return CrosswalkTable(
        **made_told(found.made),
        from_layer=from_layer,
        to_layer=to_layer,
        rows=rows,
        number_matched=len(found.rows),
        number_returned=len(rows),
        links=page.links(len(found.rows)),
    )


@router.get("/layers/merge-proposal", response_model=MergeShape, responses=problems(404) | LATER)
def merge_proposal(
    db: Db,
    answering: Answers,
    who: Annotated[Who, asks("planner")],
    base: Name,
    layer: Names = None,
    community: AreaCode = None,
) -> Any:
    """One net for several, on the units of communities: its zones, whom it moves, and what it splits."""
    city_only(who)
    wish = MergeWish(base, _names(layer), community)

    def work(step: Step) -> MergeShape:
        return merge_shape(merge_layers(db, wish, step=step))

    return answering.answer("layers_merge", work, who)


@router.post(
    "/layers/merge-proposal",
    status_code=201,
    response_model=TakenUpList,
    responses=problems(404, 409, 413) | LATER,
)
def take_up(db: Db, now: Now, answering: Answers, who: Annotated[Who, asks("planner")], wish: TakeUpWish) -> Any:
    """Begin a draft for every community of a proposal, or none at all; grids that stay the same keep their code."""
    if wish.community is None:
        city_only(who)
    meant = MergeWish(wish.base, tuple(wish.layers), wish.community)
    hand = Hand(at=now, area_id=who.area_id, token_id=who.token_id, token_name=who.name)

    def work(step: Step) -> TakenUpList:
        return taken_shape(open_merge(db, meant, wish.note, hand, inputs_hash=wish.inputs_hash, step=step))

    return answering.answer("layers_take_up", work, who)


def _names(listed: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())
