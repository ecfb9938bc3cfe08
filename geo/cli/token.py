"""``gridcircle token``: make, list and revoke bearer tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer

from geo.actions.city.create_token import create_token
from geo.actions.city.revoke_token import revoke_token
from geo.cli.output import Json, answer
from geo.cli.session import open_database
from geo.settings import language
from geo.store import tokens as rows
from geo.tokens import Role, Token
from geo.words import sentence

token_app = typer.Typer(no_args_is_help=True, help="Bearer tokens for the API. / API 令牌。")


@token_app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for, not who holds it. / 用途（不要写人名）。")],
    role: Annotated[str, typer.Option(help="viewer, dispatcher, planner, publisher or administrator.")] = "viewer",
    area: Annotated[str | None, typer.Option(help="Code of the area it is for; none: everywhere. / 区划代码。")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it ends. / 有效天数。")] = 90,
    as_json: Json = False,
) -> None:
    """Make a token and print its secret, this once."""
    with open_database() as db:
        token, secret = create_token(
            db, name=name, role=cast("Role", role), area_code=area, days=days, at=datetime.now(UTC)
        )
    line = sentence("token_made", language(), **_words(token))
    answer({**_data(token), "secret": secret}, [line, secret], as_json=as_json)


@token_app.command("list")
def list_(as_json: Json = False) -> None:
    """All tokens, without their secrets."""
    at = datetime.now(UTC)
    with open_database() as db, db.read() as conn:
        tokens = rows.every(conn)
    lines = [
        sentence(
            "token_line",
            language(),
            standing=sentence(f"token_standing_{token.standing(at)}", language()),
            **_words(token),
        )
        for token in tokens
    ]
    data = {"tokens": [{**_data(token), "standing": token.standing(at)} for token in tokens]}
    answer(data, lines or [sentence("token_none", language())], as_json=as_json)


@token_app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(help="Its number in `gridcircle token list`.")], as_json: Json = False
) -> None:
    """End a token now."""
    with open_database() as db:
        token = revoke_token(db, token_id, datetime.now(UTC))
    line = sentence("token_gone", language(), token_id=token.id, name=token.name)
    answer(_data(token), [line], as_json=as_json)


def _words(token: Token) -> dict[str, str]:
    return {
        "token_id": str(token.id),
        "name": token.name,
        "role": token.role,
        "area": token.area_name or sentence("token_everywhere", language()),
        "day": token.expires_at.date().isoformat() if token.expires_at else "-",
    }


def _data(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "area": token.area_code,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }
