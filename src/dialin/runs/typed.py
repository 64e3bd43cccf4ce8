"""Checks that an object made from JSON holds what its type says, since JSON holds anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def check_types(made: object) -> None:
    """Raise TypeError, which names the field, if one of a dataclass holds something else than its type says."""
    for name, kind in get_type_hints(type(made)).items():
        value = getattr(made, name)
        if not fits(value, kind):
            raise TypeError(f"{name} holds another type than dialin writes, got {value!r:.60}")


def fits(value: object, kind: Any) -> bool:  # noqa: PLR0911  (one for each kind)
    """Return whether a value is of a type; a whole number is a float, too.

    Examples
    --------
    >>> fits({"a": [1]}, dict[str, list[int]]), fits({"a": ["b"]}, dict[str, list[int]]), fits(1, float | None)
    (True, False, True)
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in parts
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(fits(k, parts[0]) and fits(v, parts[1]) for k, v in value.items())
    if origin is list or parts[1:] == (...,):
        return isinstance(value, origin) and all(fits(one, parts[0]) for one in value)
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(parts) and all(map(fits, value, parts))
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    inner = get_type_hints(kind) if is_dataclass(kind) else {}
    return type(value) is kind and all(fits(getattr(value, name), of) for name, of in inner.items())
