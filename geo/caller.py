"""Who calls again, without knowing who calls: a keyed hash of the caller's number.

A plain hash would hide nothing: the country has fewer than 10^11 numbers that can be dialled, and all of them can be
hashed and looked up within hours. Hashed with a secret key (HMAC, RFC 2104), a number can be tried only by who holds
the key as well. So the key lies outside the database, and neither number nor hash goes into a log, a report or an
answer. Who loses the key loses the memory of who called before and of the requests of the last day (their keys are
hashed with it, too), and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from geo.errors import Refused
from geo.settings import SHORTEST_CALLER_KEY, Settings
from geo.tokens import new_secret

KEY_FILE = "caller.key"
"""In GRIDCIRCLE_HOME."""

DIGITS = range(5, 21)
"""So many a number has: ITU-T E.164 allows 15, prefixes and extensions come on top."""

LONGEST_TEXT = 100

_COUNTRY = re.compile(r"^(?:00)?86(?=0?[1-9]\d{8,10}$)")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def caller_hash(number: str, key: bytes) -> bytes:
    """What is stored of a caller: 32 bytes, the same for one number however it is written, and for another key others.

    Raises
    ------
    Refused
        If it is no number that could be dialled. The sentence does not repeat it.
    """
    return hmac.digest(key, same_number(number).encode(), hashlib.sha256)


def request_hash(key: str, secret: bytes) -> bytes:
    """What is stored of a request's own key: 32 bytes, by the same secret. Clients put what they like into keys."""
    return hmac.digest(secret, b"request " + key.encode(), hashlib.sha256)


def same_number(number: str) -> str:
    """A number as it is compared: digits alone, without the country code; a mobile number without the zero in front.

    Raises
    ------
    Refused
        If it is no number that could be dialled.

    >>> same_number("+86 138-0013-8000") == same_number("０１３８００１３８０００") == "13800138000"
    True
    >>> same_number("+86 471 6543210"), same_number("(0471)6543210"), same_number("6543210")
    ('04716543210', '04716543210', '6543210')
    """
    digits = "".join(str(int(sign)) for sign in number[:LONGEST_TEXT] if sign.isdecimal())
    if len(number) > LONGEST_TEXT or len(digits) not in DIGITS:
        raise Refused("caller_number_bad", least=DIGITS.start, most=DIGITS.stop - 1)
    inland = _COUNTRY.sub("0", digits)
    bare = inland.lstrip("0")
    if _MOBILE.fullmatch(bare):
        return bare
    return f"0{bare}" if inland.startswith("0") else digits


def caller_key(settings: Settings) -> bytes:
    """The secret key: that of the settings, else that of a file, which is made when it is first needed.

    Raises
    ------
    Refused
        If the file can be read by others, or is too short to be a key.
    """
    if settings.caller_key is not None:
        return settings.caller_key.get_secret_value().encode()
    path = settings.home_abs / KEY_FILE
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise Refused("caller_key_open", path=str(path))
    key = path.read_bytes().strip()
    if len(key) < SHORTEST_CALLER_KEY:
        raise Refused("caller_key_short", path=str(path), least=SHORTEST_CALLER_KEY)
    return key


def _make_key(path: Path) -> None:
    """Write a new key, whole before it has its name; of two who do so at once the first one's holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{KEY_FILE}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(new_secret())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        Path(draft).unlink()
