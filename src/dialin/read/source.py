"""Holds a source before columns are chosen and text is cleaned, and quotes it in messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from dialin.errors import InputError

ColumnFilter = Callable[[str], bool]  # tells whether a column with this name may be needed
OBJECT = pa.struct([("object", pa.large_string())])
"""Cells that hold objects, kept as JSON. They raise an error only if the column is used."""


@dataclass(frozen=True)
class RawTable:
    """Columns of a source, before the text is cleaned.

    Parameters
    ----------
    where : str
        Name of the source in messages.
    names : list of str
        All columns of the source, in its own order.
    columns : dict of str to pyarrow.ChunkedArray
        The wanted columns, equally long.
    has_header : bool
        Whether the source itself names its columns (a list of sentences does not).
    carried : tuple of str
        Those of `columns` that go with the rows wherever they go, as they are: times and outcomes of an export.
    """

    where: str
    names: list[str]
    columns: dict[str, pa.ChunkedArray]
    has_header: bool = True
    carried: tuple[str, ...] = ()


def check_distinct(names: list[str], where: str) -> None:
    """Raise InputError if two columns share a name, which makes that name ambiguous."""
    for name, n in Counter(names).items():
        if n > 1:
            raise InputError(f"{where} has {n} columns named {name!r}", hint="rename all but one")


def error_line(error: Exception) -> str:
    """Return the message of another library's error as one line of at most 200 characters."""
    return " ".join(str(error).split())[:200]


def shortened_repr(value: object) -> str:
    """Return the `repr` of a value, cut to at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def needs_extra(what: str, package: str, extra: str) -> InputError:
    """Return the error for what needs a package of an extra that is not installed."""
    return InputError(f"{what} needs {package}, which is not installed", hint=f'pip install "dialin[{extra}]"')
