"""Columns for what people write: numbers of persons are masked on the way in, by whatever door they come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from geo.text_masks import masked, masked_contact


class Told(TypeDecorator[str]):
    """Free text that others than the writer will see."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002 -- given by the library
        """What is stored."""
        return None if value is None else self.stored(value)

    def stored(self, value: str) -> str:
        """A text without numbers of persons."""
        return masked(value).text


class ContactTold(Told):
    """A contact that is meant to be public."""

    cache_ok = True

    def stored(self, value: str) -> str:
        """A text without numbers of persons but phones."""
        return masked_contact(value)


def is_told(column_type: TypeEngine[Any]) -> bool:
    """Whether a column holds what people write, or a list of it."""
    return isinstance(column_type, Told) or (isinstance(column_type, ARRAY) and is_told(column_type.item_type))


def stored(column_type: TypeEngine[Any], value: Any) -> Any:
    """What is stored of a value that goes round the binding of parameters (COPY)."""
    if value is None:
        return None
    if isinstance(column_type, Told):
        return column_type.stored(value)
    if isinstance(column_type, ARRAY):
        return [stored(column_type.item_type, item) for item in value]
    return value
