"""Who outside is told of steps of cases; administrators of everything only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from api.deps import Db, Now, Setting, Who, asks
from api.inputs import Id, Word
from api.schemas import Shape, problems
from geo.actions.cases.add_webhook import add_webhook, remove_webhook
from geo.errors import NotAllowed
from geo.rules.outside import outside_rule
from geo.store.outbox import webhooks
from geo.webhooks import WebhookWish

router = APIRouter(tags=["webhooks"])

Administrator = Annotated[Who, asks("administrator")]
Move = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]


class WebhookWished(Shape):
    """Somebody who is to be told."""

    name: Annotated[Word, StringConstraints(min_length=1, max_length=100)] = Field(
        examples=["城管平台"], description="What it is for, not who reads it."
    )
    target: Annotated[str, StringConstraints(max_length=outside_rule().longest_target)] = Field(
        examples=["https://city.example/cases"], description="https://..., or mailto: and one mailbox."
    )
    moves: list[Move] = Field([], max_length=30, examples=[["report", "close"]], description="None: all steps.")
    sees: Literal["viewer", "dispatcher"] = Field(
        "viewer", examples=["viewer"], description="Whose view it is told: a viewer's has no text, place or unit."
    )
    area: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = Field(None, examples=["990101001001"])
    language: Literal["zh", "en"] = Field("zh", examples=["zh"])


class WebhookMade(Shape):
    """What is told once."""

    id: int = Field(examples=[3])
    secret: str | None = Field(examples=["gc_..."], description="Messages are signed with it; none: mail.")


class WebhookTold(Shape):
    """Somebody who is told, and how far the messages are."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["城管平台"])
    target: str = Field(examples=["https://city.example/cases"])
    moves: list[str] = Field(examples=[["report", "close"]])
    sees: Literal["viewer", "dispatcher"] = Field(examples=["viewer"])
    area_id: int | None = Field(examples=[None])
    language: str = Field(examples=["zh"])
    made_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    waiting: int = Field(examples=[0])
    sent: int = Field(examples=[41])
    given_up: int = Field(examples=[0])
    last_fault: str | None = Field(examples=["outside_unreached"], description="Why the last failed try failed.")


@router.get("/webhooks")
def list_webhooks(db: Db, who: Administrator) -> list[WebhookTold]:
    """All that are told, the oldest first, without their secrets."""
    _refuse_local(who)
    with db.read() as conn:
        return [WebhookTold.model_validate({**vars(hook), "moves": list(hook.moves)}) for hook in webhooks(conn)]


@router.post("/webhooks", status_code=201, responses=problems(404, 413))
def make_webhook(db: Db, now: Now, settings: Setting, who: Administrator, wish: WebhookWished) -> WebhookMade:
    """Tell somebody of steps from now on; the secret is told this once."""
    _refuse_local(who)
    wanted = WebhookWish(wish.name, wish.target, tuple(wish.moves), wish.sees, wish.area, wish.language)
    made, secret = add_webhook(db, wanted, now, is_private_allowed=settings.outside_private)
    return WebhookMade(id=made, secret=secret)


@router.delete("/webhooks/{webhook_id}", status_code=204, response_class=Response, responses=problems(404))
def end_webhook(db: Db, now: Now, who: Administrator, webhook_id: Id) -> None:
    """Tell it nothing more, not even what waits."""
    _refuse_local(who)
    remove_webhook(db, webhook_id, now)


def _refuse_local(who: Who) -> None:
    """Whoever answers for one area does not decide what leaves the house."""
    if who.area_id is not None:
        raise NotAllowed("webhook_everywhere", area=who.area_name)
