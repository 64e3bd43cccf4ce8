"""Compares the dialogues with each intent with others, for all intents and all values of an outcome at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dialin.arrays import Floats
from dialin.facts.contacts import Contacts, NumberColumn, WordColumn
from dialin.facts.significance import (
    Moments,
    benjamini_hochberg,
    mean_margins,
    mean_ps,
    moments_of,
    ratio,
    share_ps,
)


@dataclass(frozen=True, eq=False)
class Compared:
    """Figures of m intents and k values, compared with those of other dialogues.

    All arrays have shape (m, k); what is unknown is NaN.

    Parameters
    ----------
    n : ndarray
        Number of dialogues behind each figure.
    here, there : ndarray
        Mean or share of the dialogues, and of the others.
    margin : ndarray
        Half the width of the 95 % interval of a mean; NaN for shares.
    p : ndarray
        p of the difference.
    """

    n: Floats
    here: Floats
    there: Floats
    margin: Floats
    p: Floats


def compared_means(one: Moments, other: Moments) -> Compared:
    """Return the means of groups, compared with those of others."""
    return Compared(one.n, one.mean, other.mean, mean_margins(one), mean_ps(one, other))


def compared_shares(counts: Floats, totals: Floats, other_counts: Floats, other_totals: Floats) -> Compared:
    """Return the shares of counts in totals, compared with other ones."""
    here, there = ratio(counts, totals), ratio(other_counts, other_totals)
    p = share_ps(counts, totals, other_counts, other_totals)
    return Compared(counts, here, there, np.full(counts.shape, np.nan), p)


def tested_once(table: Compared) -> Compared:
    """Return a table of values in which the second of two is not tested: its test would be that of the first."""
    if table.p.shape[1] != 2:
        return table
    return replace(table, p=np.stack([table.p[:, 0], np.full(len(table.p), np.nan)], axis=1))


def mean_with_intent(contacts: Contacts, column: NumberColumn) -> Compared:
    """Return the mean of an outcome over the dialogues with each intent and over the rest, shape (n_intents, 1)."""
    values = column.values[~np.isnan(column.values)]
    centre = float(values.mean()) if len(values) else 0.0
    whole = moments_of(np.zeros(len(values), dtype=np.int64), values, 1, centre)
    told = column.values[contacts.dialogue]
    is_known = ~np.isnan(told)
    own = moments_of(contacts.intent[is_known], told[is_known], contacts.n_intents, centre).as_table(1)
    return compared_means(own, own.others(whole))


def shares_with_intent(contacts: Contacts, column: WordColumn) -> Compared:
    """Return the share of each value in the dialogues with each intent and in the rest, shape (n_intents, n_values)."""
    k, own, whole = len(column.values), value_counts(contacts, column), sizes_of(column)
    totals = own.sum(axis=1, keepdims=True)
    return tested_once(compared_shares(own[:, :k], totals, whole[:k] - own[:, :k], whole.sum() - totals))


def sizes_of(column: WordColumn) -> Floats:
    """Return how many dialogues have each value, shape (n_values + 1,); others come last."""
    return np.bincount(column.codes[column.codes >= 0], minlength=width_of(column)).astype(np.float64)


def width_of(column: WordColumn) -> int:
    """Return the number of codes of a column: its values, and one for all others."""
    return len(column.values) + 1


def value_counts(contacts: Contacts, column: WordColumn) -> Floats:
    """Return how many dialogues with each intent have each value, shape (n_intents, n_values + 1); others come last."""
    width = width_of(column)
    codes = column.codes[contacts.dialogue]
    is_known = codes >= 0
    cells = contacts.intent[is_known] * width + codes[is_known]
    return np.bincount(cells, minlength=contacts.n_intents * width).reshape(-1, width).astype(np.float64)


def intents_in_segments(contacts: Contacts, by: WordColumn) -> Compared:
    """Return the share of the dialogues of each segment with each intent, and of the others."""
    k, own, sizes = len(by.values), value_counts(contacts, by), sizes_of(by)
    counts, totals = own[:, :k], sizes[:k]
    return tested_once(compared_shares(counts, totals, own.sum(axis=1, keepdims=True) - counts, sizes.sum() - totals))


def means_in_segments(contacts: Contacts, by: WordColumn, column: NumberColumn) -> Compared:
    """Return the mean of an outcome over the dialogues of each segment with each intent, and over others with it."""
    width, told, codes = width_of(by), column.values[contacts.dialogue], by.codes[contacts.dialogue]
    is_known = ~np.isnan(told) & (codes >= 0)
    cells = contacts.intent[is_known] * width + codes[is_known]
    centre = float(told[is_known].mean()) if is_known.any() else 0.0
    found = moments_of(cells, told[is_known], contacts.n_intents * width, centre).as_table(width)
    own = found.first(len(by.values))
    return tested_once(compared_means(own, own.others(found.summed())))


def corrected(tables: Sequence[Compared]) -> list[Floats]:
    """Return the p of all tables, corrected for the number of all their tests together, in their shapes."""
    if not tables:
        return []
    q = benjamini_hochberg(np.concatenate([table.p.ravel() for table in tables]))
    ends = np.cumsum([table.p.size for table in tables])[:-1]
    return [part.reshape(table.p.shape) for part, table in zip(np.split(q, ends), tables, strict=True)]
