"""Searches sentences without an intent among sentences of the known intents around them: the witnesses.

Alone, the rest is all border: what it is a part of is not there. Beside a few sentences of each known intent nearby,
the tree shows which of the rest lie with them, and the judge is not asked about what the witnesses settle
(`dialin.judge.known`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dialin.arrays import Bools, Labels, Rows
from dialin.cluster.labels import rows_by
from dialin.cluster.neighbours import evenly
from dialin.discover.conclude import N_EXAMPLES, assignment_of, with_prevailing_kinds
from dialin.discover.data import Data
from dialin.discover.examples import typical_rows
from dialin.discover.large import counted_anew
from dialin.discover.state import MIN_SENTENCES, Intent, Result
from dialin.judge.known import ENOUGH, is_about, n_of_each
from dialin.review.pin import PinnedSplit
from dialin.search.iterate import Round

N_WITNESSES = 2 * ENOUGH
"""Witnesses of an intent at most: half of them are enough in a set of any size."""


@dataclass(frozen=True, eq=False)
class Searched:
    """The sentences in which an update searches: m of all n, ascending.

    Parameters
    ----------
    rows : ndarray of shape (m,), int64
        Their numbers among all sentences.
    data : Data
        They, with the known intent of each witness, unless there are no witnesses.
    is_open : ndarray of shape (m,), bool
        Whether each has no intent; the others are witnesses.
    """

    rows: Rows
    data: Data
    is_open: Bools

    @classmethod
    def of(cls, split: PinnedSplit, rows: Rows, *, has_witnesses: bool = True) -> Searched:
        """Return the rows of a split, which have no intent, among their witnesses, if they may have any."""
        is_enough = has_witnesses and len(rows) >= MIN_SENTENCES
        around = witnesses(split, rows) if is_enough else rows[:0]
        own = np.union1d(rows, around)
        data, is_open = split.data.at(own), ~np.isin(own, around)
        known = np.where(is_open, -1, split.labels[own])
        return cls(own, replace(data, known=known) if len(around) else data, is_open)

    def homes(self, found: Result) -> Labels:
        """Return, for each sentence without an intent, the known intent that its cluster is about; −1 for none."""
        homes = np.full(len(found.intents) + 1, -1)
        for i, rows in self._members(found).items():
            homes[i] = self._home(rows)
        return homes[found.labels][self.is_open]

    def alone(self, found: Result) -> Result:
        """Return what was found without the witnesses: a cluster of which they are the most is none of its own."""
        if self.data.known is None:
            return found
        kept = {i for i, rows in self._members(found).items() if self._home(rows) >= 0 or self._is_own(rows)}
        own = np.flatnonzero(self.is_open)
        labels = np.where(np.isin(found.labels, list(kept)), found.labels, -1)[own]
        reasons = [found.reasons[row] for row in own.tolist()]
        why = ["mixed" if label < 0 and not reason else reason for label, reason in zip(labels, reasons, strict=True)]
        n_known = len(np.unique(self.data.known[~self.is_open]))
        return replace(
            found,
            intents=self._counted(found, labels),
            labels=labels,
            p_intent=np.where(labels < 0, 0.0, found.p_intent[own]),
            reasons=why,
            rounds=tuple((stratum, self._without(round_)) for stratum, round_ in found.rounds),
            roles=[found.roles[row] for row in own.tolist()],
            suggested=found.suggested and found.suggested.with_known(-n_known),
            kinds=found.kinds and found.kinds.at(own),
        )

    def _members(self, found: Result) -> dict[int, Rows]:
        return {i: rows for i, rows in rows_by(found.labels).items() if i >= 0}

    def _home(self, rows: Rows) -> int:
        """Return the known intent that a cluster is about, −1 for none; of several, the one with most of its rows."""
        if self.data.known is None:
            return -1
        totals = n_of_each(self.data.known)
        found = n_of_each(self.data.known[rows], len(totals))
        found[~is_about(len(rows), found, totals)] = 0
        return int(found.argmax()) if found.any() else -1

    def _is_own(self, rows: Rows) -> bool:
        return bool(2 * self.is_open[rows].sum() > len(rows))

    def _counted(self, found: Result, labels: Labels) -> tuple[Intent, ...]:
        """Return the intents with numbers and examples of the sentences without an intent, which have these labels."""
        own = self.data.at(np.flatnonzero(self.is_open))
        assignment = assignment_of(labels, np.ones(len(labels)), len(found.intents), own.counts)
        counted_ = with_prevailing_kinds(counted_anew(found.intents, assignment), assignment, own.kinds, own.counts)
        examples = [
            tuple(own.texts[row] for row in typical_rows(own, rows, N_EXAMPLES).tolist()) for rows in assignment.rows
        ]
        return tuple(replace(one, examples=shown) for one, shown in zip(counted_, examples, strict=True))

    def _without(self, round_: Round) -> Round:
        """Return a round with the sentences without an intent alone, numbered among themselves."""
        place = np.cumsum(self.is_open) - 1
        clusters = [place[rows[self.is_open[rows]]] for rows in round_.clusters]
        kept = [i for i, rows in enumerate(clusters) if len(rows)]
        return replace(
            round_,
            clusters=tuple(clusters[i] for i in kept),
            verdicts=tuple(round_.verdicts[i] for i in kept),
        )


def witnesses(split: PinnedSplit, rows: Rows) -> Rows:
    """Return the witnesses around some rows: sentences of the known intents that are nearest to one of them."""
    piece, _, _ = split.pinned.pieces.nearest(split.data.X[rows], [split.data.roles[row] for row in rows.tolist()])
    near = np.append(split.pinned.pieces.intents, -1)[piece]
    own = rows_by(split.labels)
    found = [evenly(own[intent], N_WITNESSES) for intent in np.unique(near[near >= 0]).tolist() if intent in own]
    return np.concatenate([np.zeros(0, np.int64), *found])


def homes_told(homes: Labels, found: Result) -> dict[int, int]:
    """Return the known intent of each intent that has one, from those of its sentences (n; −1 for none)."""
    members = rows_by(found.labels)
    return {i: int(homes[rows[0]]) for i, rows in members.items() if i >= 0 and homes[rows[0]] >= 0}
