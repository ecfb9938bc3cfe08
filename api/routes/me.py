"""Who the service takes the asker for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.deps import Who, asks
from api.schemas import Shape
from geo.tokens import Role

router = APIRouter()


class Me(Shape):
    """The rights a request has."""

    role: Role = Field(examples=["dispatcher"])
    name: str | None = Field(examples=["duty desk"], description="What the token is for.")
    area_code: str | None = Field(examples=["990101001000"], description="None: everywhere.")
    area_name: str | None = Field(examples=["河西街道"])
    expires_at: datetime | None = Field(examples=["2027-02-01T00:00:00Z"])


@router.get("/me")
def me(who: Annotated[Who, asks("public")]) -> Me:
    """The role and area of the token that was sent; the public without one."""
    return Me(role=who.role, name=who.name, area_code=who.area_code, area_name=who.area_name, expires_at=who.expires_at)
