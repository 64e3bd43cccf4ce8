"""Holds what the decision function of a run decides about new sentences."""

from __future__ import annotations

from dataclasses import dataclass

from dialin.arrays import Bools, Floats, Labels, Rows
from dialin.read.corpus import Corpus


@dataclass(frozen=True, eq=False)
class Decisions:
    """What is decided about each of n sentences.

    Parameters
    ----------
    labels : ndarray of shape (n,), int64
        Intent; −1 for none.
    p_intent : ndarray of shape (n,), float64
        P(that intent | sentence); 0 where none.
    is_pinned : ndarray of shape (n,), bool
        Whether people put the sentence elsewhere than the pieces would, or took it out of every intent.
    is_left_out : ndarray of shape (n,), bool
        Whether it is left out since only needs were clustered.
    """

    labels: Labels
    p_intent: Floats
    is_pinned: Bools
    is_left_out: Bools

    def of(self, rows: Rows) -> Decisions:
        """Return what is decided about some of the sentences."""
        return Decisions(self.labels[rows], self.p_intent[rows], self.is_pinned[rows], self.is_left_out[rows])


Decided = tuple[Corpus, Decisions]
"""The sentences of some rows, and what is decided about each."""
