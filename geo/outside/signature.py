"""Signatures of messages: a receiver can tell who sent one, that nothing was changed, and that it is not old."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from geo.rules.outside import outside_rule

HEADER = "Gridcircle-Signature"
DELIVERY = "Gridcircle-Delivery"
"""The message's own number: a receiver that has seen it passes over it, since one may come twice."""

_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def signature(secret: str, delivery: str, body: bytes, at: datetime) -> str:
    """What stands in ``HEADER``: HMAC-SHA-256 (RFC 2104) over second, number and body, each with a dot behind it."""
    second = int(at.timestamp())
    return f"t={second},v1={_digest(secret, second, delivery, body)}"


def is_signed(said: str, secret: str, delivery: str, body: bytes, now: datetime) -> bool:
    """Whether a message is from who holds the secret, as it was sent, and not long ago: what a receiver asks."""
    found = _FORM.fullmatch(said)
    if found is None:
        return False
    second = int(found[1])
    is_new = abs(now.timestamp() - second) <= outside_rule().signature_holds.total_seconds()
    return is_new and hmac.compare_digest(found[2], _digest(secret, second, delivery, body))


def _digest(secret: str, second: int, delivery: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{second}.{delivery}.".encode() + body, hashlib.sha256).hexdigest()
