"""Let somebody outside be told of steps of cases, or no longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from geo.case_states import MOVES
from geo.errors import NotFound, Refused
from geo.outside.targets import MAIL, check_reach, check_target
from geo.store import locate, outbox
from geo.store.database import Database
from geo.text import CONTROL
from geo.text_masks import masked
from geo.tokens import new_secret
from geo.webhooks import WebhookWish

OTHER_MOVES = ("report", "locate", "take_over", "absorb", "rehome", "warn", "overdue")
"""Steps that are no moves of somebody's choice."""

KNOWN_MOVES = (*OTHER_MOVES, *MOVES)


def add_webhook(db: Database, wish: WebhookWish, at: datetime, *, is_private_allowed: bool) -> tuple[int, str | None]:
    """A new one: its id, and the secret that its messages are signed with, told this once; None: mail, not signed.

    Raises
    ------
    NotFound
        If there is no such area.
    Refused
        If nothing may be sent to the target, or there is no such move.
    """
    check_target(wish.target, is_private_allowed=is_private_allowed)
    check_reach(wish.target, is_private_allowed=is_private_allowed)
    unknown = sorted(set(wish.moves) - set(KNOWN_MOVES))
    if unknown:
        raise Refused("webhook_move_unknown", move=unknown[0][:50], known=", ".join(KNOWN_MOVES))
    if CONTROL.search(wish.name) or not wish.name.strip():
        raise Refused("webhook_name_bad")
    wish = replace(wish, name=masked(wish.name).text)
    secret = None if wish.target.startswith(MAIL) else new_secret()
    with db.write() as conn:
        area_id = None if wish.area_code is None else locate.find_area(conn, wish.area_code)
        if wish.area_code is not None and area_id is None:
            raise NotFound("token_area_unknown", code=wish.area_code)
        return outbox.add_webhook(conn, wish, area_id, secret, at), secret


def remove_webhook(db: Database, webhook_id: int, at: datetime) -> None:
    """Tell it nothing more.

    Raises
    ------
    NotFound
        If there is none.
    """
    with db.write() as conn:
        outbox.retire_webhook(conn, webhook_id, at)
