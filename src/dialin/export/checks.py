"""Checks that files have the shape that a platform reads: JSON values against shapes that look like them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from dialin.errors import InputError
from dialin.export.base import Content, ExportFormat, Files, Labelled, PlatformLimits
from dialin.export.text import normalised

Shape = Any
"""What a value must be like.

A dict: an object with these keys and no others, where a key that ends in "?" may be missing. A list of one shape: a
list of such values. A type: a value of it. A pattern: a whole text. Anything else: this very value.
"""


def broken(where: str, what: str) -> InputError:
    """Return the error for an export that is not as its platform reads it."""
    return InputError(f"the export is not valid, and was not written: {where}: {what}", hint="please report this")


def check_shape(value: Any, shape: Shape, where: str) -> None:
    """Raise InputError, which names the place, if a value is not of a shape.

    Examples
    --------
    >>> check_shape({"name": "a", "tags": ["x"]}, {"name": re.compile("[a-z]+"), "tags": [str], "id?": int}, "a.json")
    >>> check_shape({"name": 1}, {"name": str}, "a.json")
    Traceback (most recent call last):
    ...
    dialin.errors.InputError: the export is not valid, and was not written: a.json: name: is 1 (please report this)
    """
    if isinstance(shape, dict):
        _check_object(value, shape, where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise broken(where, f"is no list but {value!r:.60}")
        for i, one in enumerate(value):
            check_shape(one, shape[0], _inside(where, f"[{i}]"))
    elif not _is_like(value, shape):
        raise broken(where, f"is {value!r:.60}")


def _inside(where: str, part: str) -> str:
    return where + part if ": " in where else f"{where}: {part.removeprefix('.')}"


def _check_object(value: Any, shape: dict[str, Shape], where: str) -> None:
    if not isinstance(value, dict):
        raise broken(where, f"is no object but {value!r:.60}")
    known = {key.removesuffix("?"): inner for key, inner in shape.items()}
    missing = [key for key in shape if not key.endswith("?") and key not in value]
    unknown = [key for key in value if key not in known]
    if missing or unknown:
        raise broken(where, f"{'lacks' if missing else 'has'} the key {(missing or unknown)[0]!r}")
    for key, inner in value.items():
        check_shape(inner, known[key], _inside(where, f".{key}"))


def _is_like(value: Any, shape: Shape) -> bool:
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    if isinstance(shape, type):
        return isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return bool(value == shape)


def json_in(files: Files, path: str) -> Any:
    """Return the JSON value of a file; raise InputError if there is none."""
    try:
        return json.loads(files[path])
    except (KeyError, ValueError) as error:
        raise broken(path, "is missing" if isinstance(error, KeyError) else f"is no JSON: {error}") from error


def csv_in(files: Files, path: str) -> Iterator[list[str]]:
    """Yield the rows of a CSV file in UTF-8; raise InputError if it is missing."""
    return csv.reader(text_in(files, path))


def text_in(files: Files, path: str) -> io.TextIOWrapper:
    """Return a file in UTF-8, open as text; raise InputError if it is missing."""
    if path not in files:
        raise broken(path, "is missing")
    return io.TextIOWrapper(io.BytesIO(files[path]), "utf-8", newline="")


def labelled(read: Iterable[Labelled]) -> list[Labelled]:
    """Return phrases with the names of their intents, of which each is in memory once."""
    known = dict[str, str]()
    return [(known.setdefault(name, name), text) for name, text in read]


def check_content(read: list[Labelled], content: Content, form: ExportFormat) -> None:
    """Raise InputError if what was read back of the files is not the content, or is more than the platform takes."""
    in_order = zip_longest(read, content.pairs())
    if any(one != written for one, written in in_order) and Counter(read) != Counter(content.rows):
        other = sorted((Counter(read) - Counter(content.rows)) or (Counter(content.rows) - Counter(read)))[0]
        raise broken(form.name, f"the phrase {other[1]!r:.60} of {other[0]!r} is not read back as it was written")
    _check_names(content, form)
    _check_phrases(read)
    for language in content.languages:
        _check_limits(content, form.limits(language), language)


def _check_names(content: Content, form: ExportFormat) -> None:
    names = [intent.name.casefold() for intent in content.intents]
    if len(set(names)) < len(names):
        raise broken(form.name, f"two intents are called {Counter(names).most_common(1)[0][0]!r}")
    for intent in content.intents:
        is_valid = form.naming.valid.fullmatch(intent.name) and len(intent.name) <= form.naming.longest
        if not is_valid and not intent.is_none:
            raise broken(form.name, f"the platform does not take the name {intent.name!r}")


def _check_phrases(read: list[Labelled]) -> None:
    keys = np.fromiter((hash(normalised(text)) for _, text in read), np.int64, len(read))
    if len(np.unique(keys)) < len(keys):  # all of them are looked at only where two may be one
        counts = Counter(normalised(text) for _, text in read)
        again = next((text for text, n in counts.items() if n > 1), None)
        if again is not None:
            raise broken("phrases", f"{again!r:.60} is there twice")
    odd = next((text for _, text in read if text != " ".join(text.split()) or not text), None)
    if odd is not None:
        raise broken("phrases", f"{odd!r:.60} is not one line of text")


def _check_limits(content: Content, limits: PlatformLimits, language: str) -> None:
    texts = {intent.name: intent.texts(language) for intent in content.intents}
    for name, own in texts.items():
        if limits.phrases is not None and len(own) > limits.phrases:
            raise broken(name, f"has {len(own):,} phrases, more than {limits.phrases:,}")
        if limits.length is not None and any(limits.length_of(text) > limits.length for text in own):
            raise broken(name, f"has a phrase of more than {limits.length:,} characters")
