"""Tokens: what is stored, what is not, and when they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from geo.actions.city.create_token import create_token
from geo.actions.city.revoke_token import revoke_token
from geo.cli import main
from geo.errors import NotFound, Refused
from geo.store import tokens as rows
from geo.store.database import Database
from geo.store.tables import token as table
from geo.tokens import PREFIX, ROLES, allows, hash_of, is_secret_of, new_secret

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_secrets_differ_and_hold_256_bits() -> None:
    secrets = {new_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert all(secret.startswith(PREFIX) and len(secret) == len(PREFIX) + 43 for secret in secrets)


def test_the_secret_is_found_by_its_hash_and_kept_nowhere(db: Database) -> None:
    token, secret = create_token(db, name="duty desk", role="dispatcher", area_code=None, days=30, at=AT)
    assert rows.find(db, hash_of(secret)) == token
    assert rows.find(db, hash_of(secret + "x")) is None
    with db.read() as conn:
        stored = conn.execute(select(table)).one()
    assert secret not in str(tuple(stored))
    assert bytes(stored.secret_hash) == hash_of(secret)
    assert is_secret_of(secret, token)
    assert not is_secret_of(secret[:-1], token)


def test_standing_over_time(db: Database) -> None:
    token, _ = create_token(db, name="a", role="viewer", area_code=None, days=1, at=AT)
    day = timedelta(days=1)
    assert [token.standing(AT), token.standing(AT + day - timedelta(microseconds=1))] == ["holds", "holds"]
    assert token.standing(AT + day) == "expired"
    revoked = revoke_token(db, token.id, AT + day / 2)
    assert [revoked.standing(AT), revoked.standing(AT + day / 2), revoked.standing(AT + 2 * day)] == [
        "holds",
        "revoked",
        "revoked",
    ]
    assert revoke_token(db, token.id, AT + 5 * day).revoked_at == AT + day / 2


def test_no_such_area_role_or_token(db: Database) -> None:
    with pytest.raises(NotFound, match="990199999999"):
        create_token(db, name="a", role="viewer", area_code="990199999999", days=1, at=AT)
    with pytest.raises(Refused, match="king"):
        create_token(db, name="a", role="king", area_code=None, days=1, at=AT)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        create_token(db, name="a", role="public", area_code=None, days=1, at=AT)
    with pytest.raises(NotFound):
        revoke_token(db, 7, AT)
    with db.read() as conn:
        assert rows.every(conn) == []


def test_roles_ascend() -> None:
    for number, role in enumerate(ROLES):
        assert [allows(role, needed) for needed in ROLES] == [other <= number for other in range(len(ROLES))]


def gridcircle(db: Database, *words: str) -> Any:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {"GRIDCIRCLE_LANGUAGE": "en", "GRIDCIRCLE_DATABASE_URL": url}
    return CliRunner().invoke(main.app, ["token", *words], env=environment)


def test_the_command_prints_a_secret_once(db: Database) -> None:
    made = gridcircle(db, "create", "--name", "duty desk", "--role", "dispatcher", "--days", "7")
    assert made.exit_code == 0
    secret = made.stdout.split()[-1]
    token = rows.find(db, hash_of(secret))
    assert token is not None
    assert (token.role, token.name) == ("dispatcher", "duty desk")
    assert token.expires_at is not None
    assert token.expires_at - token.created_at == timedelta(days=7)
    listed = gridcircle(db, "list").stdout
    assert "duty desk" in listed
    assert "holds" in listed
    assert secret not in listed


def test_the_command_answers_in_json_and_revokes(db: Database) -> None:
    assert json.loads(gridcircle(db, "list", "--json").stdout) == {"tokens": []}
    made = json.loads(gridcircle(db, "create", "--name", "a", "--json").stdout)
    assert (made["role"], made["area"], made["secret"][:3]) == ("viewer", None, "gc_")
    assert json.loads(gridcircle(db, "revoke", str(made["id"]), "--json").stdout)["revoked_at"]
    (listed,) = json.loads(gridcircle(db, "list", "--json").stdout)["tokens"]
    assert (listed["standing"], "secret" in listed) == ("revoked", False)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["create"], 2),
        (["create", "--name", "a", "--role", "king"], 1),
        (["create", "--name", "a", "--area", "990199999999"], 1),
        (["create", "--name", "a", "--days", "0"], 2),
        (["revoke", "7"], 1),
        (["revoke", "x"], 2),
    ],
)
def test_the_command_refuses(db: Database, words: list[str], code: int) -> None:
    assert gridcircle(db, *words).exit_code == code
    with db.read() as conn:
        assert rows.every(conn) == []
