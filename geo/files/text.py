"""Bytes to text: UTF-8 first, then GB18030, which holds GBK and GB2312."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from geo.errors import BadFile
from geo.imports.report import Fault

ENCODINGS = ("utf-8", "gb18030")
WIDE = ("utf-16", "utf-32")
"""Encodings of two bytes a character, or four."""

_FIRST_CJK = 0x2E80


def decode(data: bytes, encoding: str | None, filename: str) -> tuple[str, str]:
    """The text of a file and the encoding that it turned out to have.

    Raises
    ------
    BadFile
        If no encoding fits, or the one asked for does not.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = encoding or "utf-16"
    try:
        text = data.decode(known(encoding) if encoding else "utf-8")
    except UnicodeDecodeError as error:
        if encoding and known(encoding).startswith(WIDE):  # its lines do not end at single bytes
            row = data[: error.start].decode(encoding, errors="replace").count("\n") + 1
            raise BadFile("text_undecodable", path=filename, encodings=encoding, row=row) from error
        lines = data.splitlines()
        encoding = encoding_of_values(lines, range(1, len(lines) + 1), (encoding, None), filename)
        text = data.decode(encoding, errors="replace")
    odd = min((place for sign in "\x00\ufffd" if (place := text.find(sign)) >= 0), default=None)
    if odd is not None:
        encodings, row = encoding or " / ".join(ENCODINGS), text.count("\n", 0, odd) + 1
        raise BadFile("text_undecodable", path=filename, encodings=encodings, row=row)
    return text, encoding or "utf-8"


def known(encoding: str) -> str:
    """The codec's own name of an encoding that a person gave.

    Raises
    ------
    BadFile
        If there is no such encoding.
    """
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise BadFile("encoding_unknown", encoding=encoding) from error


def encoding_of_values(
    values: Sequence[bytes], row_of_value: Sequence[int], wish_and_hint: tuple[str | None, str | None], filename: str
) -> str:
    """The one encoding in which all values of a table can be read.

    A wish is what the person asked for and binds; a hint is what the file says of itself and is tried first.

    Raises
    ------
    BadFile
        If none fits, or if some values are plainly UTF-8 and others are not; the sentence names their rows.
    """
    wish, hint = wish_and_hint
    names = [known(wish)] if wish else [*filter(None, [hint]), *ENCODINGS]
    for name in names:
        if name == "gb18030" and not wish and (mixed := mixed_values(values)):
            rows = sorted({row_of_value[index] for index in mixed})
            raise BadFile("text_mixed", path=filename, rows=", ".join(map(str, rows[:5])))
        if all(decoded(value, name) is not None for value in values):
            return name
    pairs = zip(values, row_of_value, strict=True)
    row = next(row for value, row in pairs if decoded(value, names[-1]) is None)
    raise BadFile("text_undecodable", path=filename, encodings=wish or " / ".join(ENCODINGS), row=row)


def decoded(value: bytes, encoding: str) -> str | None:
    """A value as text, or None. Fixed-width fields may cut the last character in two: what is left of it is dropped."""
    try:
        return str(codecs.getincrementaldecoder(encoding)().decode(value, final=False)).rstrip(" \x00")
    except UnicodeDecodeError:
        return None


def mixed_values(values: Sequence[bytes]) -> list[int]:
    """Indices of values that are plainly UTF-8 among others that cannot be; empty if there is no such mix.

    Two GBK characters can pass for UTF-8 (the famous 联通), but not as a Chinese character of three bytes.
    """
    plainly, not_at_all = [], False
    for index, value in enumerate(values):
        text = decoded(value, "utf-8")
        not_at_all = not_at_all or text is None
        if text is not None and any(ord(letter) >= _FIRST_CJK for letter in text):
            plainly.append(index)
    return plainly if not_at_all else []


def encoding_note(encoding: str) -> tuple[Fault, ...]:
    """A remark for the report when a file was not in UTF-8."""
    return () if encoding in ("utf-8", "ascii") else (Fault(0, "", "encoding_used", {"encoding": encoding}),)
