"""Reads what is known of each dialogue as a whole: its outcomes, its customer, its date and its intents.

An outcome stands with each utterance of its dialogue and counts once: the first value that is known. An utterance
without a dialogue id is a dialogue of its own, as a ticket or a survey's comment is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.arrays import Floats, Ints
from dialin.read.codes import codes_of
from dialin.read.dialogues import contact_numbers
from dialin.read.outcomes import CUSTOMER, OWN

PLACEHOLDER = re.compile(r"<[A-Z_]+_\d+>")
"""What a redaction leaves; it counts anew in each cell, so it does not tell one customer from another."""
MAX_VALUES = 20
"""So many of the most frequent values of an outcome in words are compared."""


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """Outcome that is a number: its name, and the value of each of n dialogues, NaN if it is unknown."""

    name: str
    values: Floats


@dataclass(frozen=True, eq=False)
class WordColumn:
    """Outcome in words: its name, its values, most frequent first, and which of them each of n dialogues has.

    A code of −1 means that the value is unknown; a code of ``len(values)``, that it is none of the most frequent.
    """

    name: str
    values: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True, eq=False)
class Contacts:
    """What is known of n dialogues.

    Parameters
    ----------
    n : int
        Number of dialogues.
    dialogue, intent : ndarray of shape (t,), int64
        The distinct pairs of a dialogue and the place of an intent that is said in it.
    n_intents : int
        Number of intents.
    numbers : tuple of NumberColumn
        The outcomes that are numbers.
    words : tuple of WordColumn
        The outcomes in words that have at least two values, one of them in two dialogues.
    customer : ndarray of shape (n,), int64
        Number of the customer of each dialogue; −1 if unknown.
    day : ndarray of shape (n,), float64
        First date of each dialogue, in days since 1970; NaN if unknown.
    """

    n: int
    dialogue: Ints
    intent: Ints
    n_intents: int
    numbers: tuple[NumberColumn, ...]
    words: tuple[WordColumn, ...]
    customer: Ints
    day: Floats

    @property
    def names(self) -> list[str]:
        """The names of the outcomes."""
        return [*(column.name for column in self.numbers), *(column.name for column in self.words)]

    @property
    def has_outcomes(self) -> bool:
        """Whether anything is known of the dialogues that their utterances do not tell."""
        return bool(self.names) or bool((self.customer >= 0).any())


def may_have_outcomes(occurrences: pa.Table) -> bool:
    """Return whether a table of occurrences has any column that may be an outcome, without reading it."""
    return not set(occurrences.column_names) <= set(OWN)


def contacts_of(occurrences: pa.Table, labels: Ints, n_intents: int) -> Contacts:
    """Return what is known of each dialogue.

    Parameters
    ----------
    occurrences : pyarrow.Table
        Table as in a run folder.
    labels : ndarray of shape (n_occurrences,), int64
        Place of the intent of each utterance; −1 for none.
    n_intents : int
        Number of intents.
    """
    of = contact_numbers(occurrences)
    n = int(of.max(initial=-1)) + 1
    has = labels >= 0
    dialogue, intent = np.divmod(np.unique(of[has] * max(n_intents, 1) + labels[has]), max(n_intents, 1))
    more = [name for name in occurrences.column_names if name not in OWN]
    owners = [name for name in more if CUSTOMER.fullmatch(name)][:1]
    found = [name for name in more if not CUSTOMER.fullmatch(name)]
    is_number = {name: pa.types.is_floating(occurrences[name].type) for name in found}
    words = (words_by_dialogue(name, occurrences[name], of, n) for name in found if not is_number[name])
    return Contacts(
        n=n,
        dialogue=dialogue,
        intent=intent,
        n_intents=n_intents,
        numbers=tuple(
            NumberColumn(name, numbers_by_dialogue(occurrences[name], of, n)) for name in found if is_number[name]
        ),
        words=tuple(column for column in words if column is not None),
        customer=customers(occurrences[owners[0]], of, n) if owners else np.full(n, -1, dtype=np.int64),
        day=days(occurrences["date"], of, n),
    )


def first_known(is_known: NDArray[np.bool_], of: Ints) -> tuple[Ints, Ints]:
    """Return the dialogues of which something is known, and the first utterance that tells it."""
    rows = np.flatnonzero(is_known)
    dialogues, first = np.unique(of[rows], return_index=True)
    return dialogues, rows[first]


def numbers_by_dialogue(column: pa.ChunkedArray, of: Ints, n: int) -> Floats:
    """Return the number that each dialogue has; NaN for none. Floats without an end count as unknown."""
    told = pc.fill_null(column, np.nan).to_numpy().astype(np.float64)
    dialogues, rows = first_known(np.isfinite(told), of)
    values = np.full(n, np.nan)
    values[dialogues] = told[rows]
    return values


def words_by_dialogue(name: str, column: pa.ChunkedArray, of: Ints, n: int) -> WordColumn | None:
    """Return the value in words of each dialogue; None if all have the same one, or each its own."""
    told = codes_of(column)
    dialogues, rows = first_known((told.names != "")[told.codes], of)
    counts = np.bincount(told.codes[rows], minlength=len(told.names))
    order = sorted(np.flatnonzero(counts), key=lambda i: (-counts[i], told.names[i]))
    if len(order) < 2 or counts.max() < 2:
        return None
    top = order[:MAX_VALUES]
    place = np.full(len(told.names), len(top))
    place[top] = np.arange(len(top))
    codes = np.full(n, -1, dtype=np.int64)
    codes[dialogues] = place[told.codes[rows]]
    return WordColumn(name, tuple(told.names[top].tolist()), codes)


def customers(column: pa.ChunkedArray, of: Ints, n: int) -> Ints:
    """Return the number of the customer of each dialogue; −1 if unknown or redacted."""
    told = codes_of(column.cast(pa.string()))
    is_known = np.array([bool(name) and not PLACEHOLDER.search(name) for name in told.names], dtype=bool)
    dialogues, rows = first_known(is_known[told.codes], of)
    found = np.full(n, -1, dtype=np.int64)
    found[dialogues] = told.codes[rows]
    return found


def days(column: pa.ChunkedArray, of: Ints, n: int) -> Floats:
    """Return the first date of each dialogue in days since 1970; NaN if unknown."""
    dates = column.to_numpy().astype("datetime64[ms]")
    known = ~np.isnat(dates)
    found = np.full(n, np.inf)
    np.minimum.at(found, of[known], dates[known].astype(np.int64) / 86_400_000)
    return np.where(np.isinf(found), np.nan, found)
