"""A record of arrays, names and numbers as a flat table of arrays, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from geo.units import NONE

Record = TypeVar("Record")

TEXTS = (Sequence[str], Sequence[str | None])
"""Types of fields that hold many names: kept as the different ones, end to end, and a number for each place."""


def packed(record: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays by field name (``outer.inner`` of a record in a record), and what JSON can say of the other fields.

    A record is a dataclass or a NamedTuple. Its fields are arrays, records, sequences of names, tuples of numbers,
    texts, numbers or dates.
    """
    arrays: dict[str, NDArray[Any]] = {}
    notes: dict[str, Any] = {}
    for name, kind in _fields(type(record)).items():
        value = getattr(record, name)
        if kind in TEXTS:
            arrays[f"{name}.texts"], arrays[f"{name}.number"] = _packed_texts(value)
        elif isinstance(value, np.ndarray):
            arrays[name] = value
        elif _is_record(kind):
            inner_arrays, inner_notes = packed(value)
            arrays |= {f"{name}.{inner}": array for inner, array in inner_arrays.items()}
            notes |= {f"{name}.{inner}": note for inner, note in inner_notes.items()}
        else:
            notes[name] = value.isoformat() if isinstance(value, date) else value
    return arrays, notes


def unpacked(kind: type[Record], arrays: dict[str, NDArray[Any]], notes: dict[str, Any]) -> Record:
    """The record that was packed.

    Raises
    ------
    KeyError
        If a field is missing, as in a record that was packed when it had other fields.
    """
    values: dict[str, Any] = {}
    for name, of in _fields(kind).items():
        if of in TEXTS:
            values[name] = _unpacked_texts(arrays[f"{name}.texts"], arrays[f"{name}.number"])
        elif _is_record(of):
            start = f"{name}."
            values[name] = unpacked(
                of,
                {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)},
                {key.removeprefix(start): note for key, note in notes.items() if key.startswith(start)},
            )
        elif name in arrays:
            values[name] = arrays[name]
        else:
            values[name] = _unpacked_note(of, notes[name])
    return kind(**values)


def _fields(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else list(getattr(kind, "_fields"))  # noqa: B009
    return {name: hints[name] for name in names}


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))


def _unpacked_note(kind: Any, note: Any) -> Any:
    if kind == date | None:
        return note and date.fromisoformat(note)
    return tuple(note) if isinstance(note, list) else note


def _packed_texts(texts: Sequence[str | None]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The different texts as UTF-8, and for every place which it is, NONE for no text."""
    number_of: dict[str | None, int] = {None: NONE}
    number = [number_of.setdefault(text, len(number_of) - 1) for text in texts]
    blob = json.dumps(list(number_of)[1:], ensure_ascii=False).encode()
    return np.frombuffer(blob, dtype=np.uint8), np.array(number, dtype=np.int32)


def _unpacked_texts(blob: NDArray[Any], number: NDArray[Any]) -> tuple[str | None, ...]:
    texts: list[str | None] = [*json.loads(blob.tobytes()), None]  # NONE is the last
    return tuple([texts[i] for i in number.tolist()])
