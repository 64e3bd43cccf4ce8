"""Words for the cases of a parametrized test: what a red line is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

WIDTH = 80
"""Longest name of a value, in characters."""


def case_id(name: str, value: object) -> str | None:
    """Return what a value of an argument is called; None where pytest names it as well.

    Examples
    --------
    >>> case_id("n_batches", 3), case_id("bad", {"rank": 0}), case_id("arguments", ("--k", 2)), case_id("text", "12")
    ('n_batches=3', 'rank=0', '--k 2', 'text=12')
    >>> case_id("expected", None), case_id("table", []), case_id("X", np.zeros((2, 3))), case_id("name", "refund")
    ('expected=None', 'table=[]', 'X=2x3', None)
    """
    if isinstance(value, Enum) or hasattr(value, "__name__"):
        return None
    if isinstance(value, str):
        return None if len(value) <= WIDTH and re.search(r"[^\W\d]", value) else f"{name}={_cut(value)}"
    words = _cut(words_of(value))
    if value is None or isinstance(value, bool | int | float | np.ndarray):
        return f"{name}={words}"
    return words if re.search(r"[^\W\d]", words) else f"{name}={words}"


def words_of(value: object) -> str:
    """Return a value in words: of a container its items, of a dataclass what is not its default."""
    if isinstance(value, Mapping):
        return _pairs(value.items()) or "{}"
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return " ".join(map(words_of, items)) or ("()" if isinstance(value, tuple) else "[]")
    if is_dataclass(value) and not isinstance(value, type):
        changed = [(field.name, getattr(value, field.name)) for field in fields(value) if not _is_default(field, value)]
        return f"{type(value).__name__} {_pairs(changed)}".strip()
    return _word_of(value)


def _word_of(value: object) -> str:
    if isinstance(value, np.ndarray):
        return "x".join(map(str, value.shape))
    if isinstance(value, BaseException):
        return f"{type(value).__name__} {value}".strip()
    if isinstance(value, bytes):
        return repr(value)
    if value is None or isinstance(value, str | bool | int | float | Enum | PurePath):
        return str(value)
    return str(getattr(value, "__name__", type(value).__name__))  # a repr may have an address, new in each process


def _pairs(items: Iterable[tuple[object, object]]) -> str:
    return " ".join(f"{key}={words_of(value)}" for key, value in items)


def _is_default(field: Field[Any], value: object) -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    own = getattr(value, field.name)
    return type(own) is type(default) and not isinstance(own, np.ndarray) and bool(own == default)


def _cut(text: str) -> str:
    line = " ".join(text.split()).encode("unicode_escape").decode("ascii")  # as pytest writes what it names itself
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
