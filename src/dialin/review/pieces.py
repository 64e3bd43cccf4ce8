"""Update the decision function of a run after a review, and pin the sentences that it would assign differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Bools, Labels, Rows, RowVectors
from dialin.cluster.labels import rows_by
from dialin.discover.assign import Pieces, build
from dialin.review.state import NO_INTENT

MIN_PURITY = 0.9
"""Minimum share of a piece's sentences with the same intent; below it, the piece is broken up."""


def edited_pieces(
    pieces: Pieces, X: RowVectors, roles: Sequence[str], labels: Labels, touched: Collection[int]
) -> Pieces:
    """Return pieces that follow the labels after a review.

    A piece of an untouched intent stays. Any other goes to the intent that at least `MIN_PURITY` of its sentences
    have, so renaming, merging or moving a few sentences changes no border; otherwise it is broken up into one piece per
    intent. An intent without a piece gets one, built from its sentences as in a run.

    Parameters
    ----------
    pieces : Pieces
        Pieces of the run.
    X : ndarray of shape (n, d)
        Unit-norm embeddings of its sentences.
    roles : sequence of str, n roles
        Role of each sentence, which restricts it to the pieces of that role; "" for no restriction.
    labels : ndarray of shape (n,), int64
        Intent of each sentence after the review; −1 for none.
    touched : collection of int
        Intents that gained or lost a sentence, as in `ReviewState`.
    """
    is_touched = np.isin(pieces.intents, list(touched))
    kept, parts = dict(_of(pieces, np.flatnonzero(~is_touched))), list[tuple[Rows, int, str]]()
    for piece, rows in _members(pieces, X, roles, _near(pieces, X, roles, labels, touched)).items():
        found = -2 if piece < 0 or not is_touched[piece] else majority_label(labels[rows])
        if found >= 0:
            kept[piece] = found
        elif piece >= 0 and is_touched[piece]:
            parts += [(own, i, pieces.roles[piece]) for i, own in _shares(rows, labels)]
    parts += _unheld(labels, {*kept.values(), *(i for _, i, _ in parts)}, roles)
    new = build(X, [rows for rows, _, _ in parts], [i for _, i, _ in parts], [role for _, _, role in parts])
    held = sorted(kept)
    return joined(chosen(pieces, held, [kept[piece] for piece in held]), new)


def _of(pieces: Pieces, which: Rows) -> Iterator[tuple[int, int]]:
    """Yield these pieces, each with its intent."""
    return zip(which.tolist(), pieces.intents[which].tolist(), strict=True)


def _near(pieces: Pieces, X: RowVectors, roles: Sequence[str], labels: Labels, touched: Collection[int]) -> Rows:
    """Return the sentences that may belong to pieces of touched intents, ascending: few, unless many were moved."""
    own = np.flatnonzero(np.isin(labels, [intent for intent in touched if intent >= 0]))
    left, theirs = np.flatnonzero(labels < 0), np.flatnonzero(np.isin(pieces.intents, list(touched)))
    some = chosen(pieces, theirs.tolist(), pieces.intents[theirs].tolist())
    nearest, cosine, _ = some.nearest(X[left], [roles[row] for row in left.tolist()])
    return np.union1d(own, left[some.within(nearest, cosine) & (nearest >= 0)])


def _members(pieces: Pieces, X: RowVectors, roles: Sequence[str], rows: Rows) -> dict[int, Rows]:
    """Return which of the rows belong to each piece; −1 for those that belong to none."""
    nearest, cosine, _ = pieces.nearest(X[rows], [roles[row] for row in rows.tolist()])
    found = rows_by(np.where(pieces.within(nearest, cosine), nearest, -1))
    return {piece: rows[own] for piece, own in found.items()}


def majority_label(labels: Labels) -> int:
    """Return the label with a share of at least `MIN_PURITY`; −2 if there is none.

    Examples
    --------
    >>> majority_label(np.array([3] * 9 + [1])), majority_label(np.array([3, 1]))
    (3, -2)
    """
    values, counts = np.unique(labels, return_counts=True)
    return int(values[counts.argmax()]) if counts.max() >= MIN_PURITY * len(labels) else -2


def _shares(rows: Rows, labels: Labels) -> list[tuple[int, Rows]]:
    """Return each intent among `rows` with its sentences; an intent with a single sentence is left to `Pins`."""
    return [(intent, rows[own]) for intent, own in rows_by(labels[rows]).items() if intent >= 0 and len(own) > 1]


def _unheld(labels: Labels, held: set[int], roles: Sequence[str]) -> list[tuple[Rows, int, str]]:
    """Return, for each intent without a piece, all its sentences, its id and the role that they share."""
    own, is_missing = np.array(roles, dtype=object), ~np.isin(labels, [NO_INTENT, *held])
    rows_of_missing = np.flatnonzero(is_missing)
    missing = {i: rows_of_missing[rows] for i, rows in rows_by(labels[is_missing]).items()}
    return [(rows, i, str(own[rows[0]]) if len(set(own[rows])) == 1 else "") for i, rows in missing.items()]


def chosen(pieces: Pieces, kept: Sequence[int], intents: Sequence[int]) -> Pieces:
    """Return the pieces `kept`, assigned to these intents."""
    places, of = np.array(kept, dtype=np.int64), np.array(intents, dtype=np.int64)
    roles = tuple(pieces.roles[i] for i in kept)
    return Pieces(pieces.centroids[places], pieces.radii[places], of, roles)


def joined(a: Pieces, b: Pieces) -> Pieces:
    """Return the pieces of `a` followed by those of `b`."""
    return Pieces(
        np.concatenate([a.centroids, b.centroids]),
        np.concatenate([a.radii, b.radii]),
        np.concatenate([a.intents, b.intents]),
        (*a.roles, *b.roles),
    )


@dataclass(frozen=True)
class Pins:
    """Sentences with a fixed intent, because the pieces would not give the intent that a person chose.

    Parameters
    ----------
    intents : dict of (str, str) to int
        Intent of each (text, role). Role "" also stands for an unknown role, if all roles of the text agree.
    taken_out : frozenset of (str, str)
        Those that people took out of every intent, also where the pieces would not give one any more.
    """

    intents: dict[tuple[str, str], int]
    taken_out: frozenset[tuple[str, str]] = frozenset()

    def are_taken_out(self, texts: Sequence[str], roles: Sequence[str]) -> Bools:
        """Return whether people took each sentence out of every intent."""
        return np.array([key in self.taken_out for key in zip(texts, roles, strict=True)], dtype=bool)

    def apply(
        self, texts: Sequence[str], roles: Sequence[str], labels: Labels, p: NDArray[np.float64]
    ) -> tuple[Labels, NDArray[np.float64]]:
        """Return `labels` and P(intent) with the values of the pinned sentences filled in."""
        known = [self.intents.get(key) for key in zip(texts, roles, strict=True)]
        rows = [row for row, intent in enumerate(known) if intent is not None]
        labels, p = labels.copy(), p.copy()
        labels[rows] = [intent for intent in known if intent is not None]
        p[rows] = labels[rows] >= 0
        return labels, p


def pins_of(
    texts: Sequence[str], roles: Sequence[str], labels: Labels, by_pieces: Labels, taken_out: Bools | None = None
) -> Pins:
    """Return the pins that make the decision function reproduce the labels of the review.

    Parameters
    ----------
    texts, roles : sequences of str, n each
        The sentences.
    labels, by_pieces : ndarrays of shape (n,), int64
        Intent of each after the review, and by the pieces; −1 for none.
    taken_out : ndarray of shape (n,), bool, optional
        Which of them people took out of every intent; none by default.

    Examples
    --------
    >>> pins_of(["hi", "no", "no"], ["", "agent", "customer"], np.array([0, 1, 1]), np.array([0, 2, 2])).intents
    {('no', 'agent'): 1, ('no', 'customer'): 1, ('no', ''): 1}
    """
    out = np.zeros(len(labels), dtype=bool) if taken_out is None else taken_out
    rows = np.flatnonzero((labels != by_pieces) | out).tolist()
    intents = {(texts[row], roles[row]): int(labels[row]) for row in rows}
    wanted, said = {texts[row] for row in rows}, dict[str, set[int]]()
    for text, label in zip(texts, labels.tolist(), strict=True):
        if text in wanted:
            said.setdefault(text, set()).add(label)
    anyone = {(text, ""): values.pop() for text, values in said.items() if len(values) == 1}
    pinned = intents | {key: value for key, value in anyone.items() if key not in intents}
    gone = {(texts[row], role) for row in np.flatnonzero(out).tolist() for role in (roles[row], "")}
    return Pins(pinned, frozenset(key for key in gone if pinned.get(key) == NO_INTENT))
