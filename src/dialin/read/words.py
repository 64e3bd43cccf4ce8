"""Tells whether texts are words, and what to say if they are not."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dialin.errors import InputError
from dialin.read.cells import is_blank

_NUMBER = r"^[-+]?[\d.,]*\d([eE][-+]?\d+)?%?$"


def has_words(text: pa.Array) -> bool:
    """Return whether any text is neither blank nor a number."""
    return not pc.all(pc.or_kleene(_are_numbers(text), is_blank(text)), min_count=0).as_py()


def has_numbers(text: pa.Array) -> bool:
    """Return whether any text is a number."""
    return bool(pc.any(_are_numbers(text)).as_py())


def _are_numbers(text: pa.Array) -> pa.Array:
    return pc.match_substring_regex(pc.utf8_trim_whitespace(text), _NUMBER)


def only_numbers(text: pa.Array, name: str, where: str) -> InputError:
    """Return the error for a column without words, of which `text` is a part with a number."""
    number = text.filter(_are_numbers(text))[0].as_py()
    return InputError(
        f"column {name!r} of {where} holds only numbers, such as {number!r}",
        hint="name the text column with --text NAME or Columns(text=NAME), even if it is this column",
    )


def all_blank(n: int, where: str) -> InputError:
    """Return the error for a source whose n texts are blank."""
    return InputError(f"all {n} texts of {where} are blank", hint="name another text column")


def no_rows(where: str) -> InputError:
    """Return the error for a source without rows."""
    return InputError(f"{where} has no rows", hint="give at least one sentence")
