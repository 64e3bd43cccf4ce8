"""Read the fields of a line of the log, which people may have written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialin.text.unseen import plain_name, without_surrogates


def name_field(value: Any) -> str:
    """Return a name in a line, "" for none; raise ValueError if it is not text."""
    if value is not None and not isinstance(value, str):
        raise ValueError("`name` must be text")
    return plain_name(without_surrogates(value or ""))  # a table cannot hold half a character


def number_field(fields: Mapping[str, Any], key: str) -> int:
    """Return a number in a line; raise ValueError if it is missing or not one of 0 or more."""
    value: Any = fields.get(key)
    if not _is_number(value):
        raise ValueError(f"`{key}` must be a number of 0 or more")
    return int(value)


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63  # the tables hold no more


def numbers_field(fields: Mapping[str, Any], key: str) -> tuple[int, ...]:
    """Return the numbers in a line, at least one; raise ValueError if they are anything else."""
    values = fields.get(key)
    if not isinstance(values, list) or not values or not all(map(_is_number, values)):
        raise ValueError(f"`{key}` must be a list of numbers of 0 or more")
    return tuple(values)


def count_field(fields: Mapping[str, Any], key: str) -> int:
    """Return a number in a line; raise ValueError if it is below 1."""
    value = number_field(fields, key)
    if not value:
        raise ValueError(f"`{key}` must be at least 1")
    return value


def needed_name(name: str) -> str:
    """Return a name; raise ValueError if it is empty."""
    if not name:
        raise ValueError("`name` is missing")
    return name
