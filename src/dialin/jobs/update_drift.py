"""Hears the new sentences of an update, and those of the run that it updates again, for the drift between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Ints, Labels, Matrix
from dialin.discover.state import NOT_A_NEED
from dialin.review.apply import BY_PERSON
from dialin.runs.run import Run
from dialin.taxonomy.drift import Heard
from dialin.taxonomy.left_out import centre_distances, centre_sums, taken_in
from dialin.taxonomy.snapshot import Snapshot

NO_SIGN = (NOT_A_NEED, BY_PERSON)
"""Reasons of sentences that say nothing about the intents: somebody or a setting left them out."""


@dataclass(frozen=True, eq=False)
class Listener:
    """Keeps the vectors and the nearest intents of n new sentences while a run decides about them.

    Parameters
    ----------
    known : Snapshot
        The run.
    X : ndarray of shape (n, d)
        The vectors.
    near : ndarray of shape (n,), int64
        Place of the intent of the nearest piece, −1 for none.
    """

    known: Snapshot
    X: Matrix
    near: Labels

    @classmethod
    def of(cls, known: Snapshot, n: int) -> Listener:
        """Return one that has heard nothing yet."""
        return cls(known, np.zeros((n, known.X.shape[1]), np.float32), np.full(n, -1))

    def look(self, rows: slice, X: Matrix, roles: Sequence[str]) -> None:
        """Keep some rows; a `dialin.jobs.predict.Look`."""
        piece, _, _ = self.known.pieces.nearest(X, roles)
        self.X[rows], self.near[rows] = X, np.append(self.known.pieces.intents, -1)[piece]

    def heard(self, homes: Labels, counts: Ints) -> Heard:
        """Return what was heard.

        Parameters
        ----------
        homes : ndarray of shape (n,), int64
            Place of the intent of each sentence, −1 for none.
        counts : ndarray of shape (n,), int64
            How often each is said; 0 for one that does not count.
        """
        known = self.known
        sums = centre_sums(known.X, known.labels, len(known.intents))
        far = centre_distances(self.X, homes, sums, np.zeros(len(homes), dtype=np.bool_))
        return Heard(homes, self.near, far, counts)


def heard_again(run: Run, known: Snapshot) -> Heard:
    """Return what a run says of its own sentences, each that is said once left out before.

    A sentence that is said several times is known from the other times.
    """
    is_sign = ~np.isin(np.array(run.sentences["reason"].to_pylist(), dtype=object), NO_SIGN)
    return left_out_of(known, run.corpus.counts, run.corpus.counts * is_sign)


def left_out_of(known: Snapshot, said: Ints, counts: Ints) -> Heard:
    """Return what a run says of its own n sentences, as `heard_again`.

    Parameters
    ----------
    known : Snapshot
        The run.
    said : ndarray of shape (n,), int64
        How often each sentence is said.
    counts : ndarray of shape (n,), int64
        The same; 0 for one that does not count.
    """
    pieces, is_once = known.pieces, said == 1
    piece, cosine, _ = pieces.nearest(known.X, known.roles)
    near = np.append(pieces.intents, -1)[piece]
    follows = pieces.within(piece, cosine) & (near == known.labels) & (near >= 0)
    is_lost = is_once & follows & ~taken_in(pieces, known.X, piece, follows)
    homes = np.where(is_lost, -1, known.labels)
    sums = centre_sums(known.X, known.labels, len(known.intents))
    return Heard(homes, near, centre_distances(known.X, homes, sums, is_once & (homes >= 0)), counts)
