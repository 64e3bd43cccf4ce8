"""Clusters some sentences alone: others are left out before the method and come back without an intent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dialin.arrays import Floats, Labels, Rows
from dialin.discover.data import Data
from dialin.discover.state import NOT_A_NEED, Result
from dialin.errors import InputError
from dialin.name.kinds import Kinds


def needs_alone(kinds: Kinds | None, labels: Labels, p_intent: Floats) -> tuple[Labels, Floats]:
    """Return labels and P(intent), with −1 and 0 for sentences of another kind, as `Part.joined` gives them."""
    if kinds is None:
        return labels, p_intent
    return np.where(kinds.may_be_needs, labels, -1), np.where(kinds.may_be_needs, p_intent, 0.0)


def needs_part(data: Data) -> Part:
    """Return the sentences that are needs or have no known kind; raise InputError if nobody knows any kind."""
    if data.kinds is None:
        raise InputError("only 'needs' needs the kinds of the sentences, and there are none", hint="use only 'all'")
    return Part(data, np.flatnonzero(data.kinds.may_be_needs), NOT_A_NEED)


@dataclass(frozen=True)
class Part:
    """Some of the sentences of a run, such as those that are needs or have no known kind.

    Parameters
    ----------
    whole : Data
        All n sentences.
    rows : ndarray of shape (m,), int64
        Those that are clustered, ascending.
    reason : str
        Why the others are not.
    """

    whole: Data
    rows: Rows
    reason: str

    @property
    def data(self) -> Data:
        """The sentences that are clustered; of all of them, no copy is made."""
        return self.whole if len(self.rows) == len(self.whole.texts) else self.whole.at(self.rows)

    def joined(self, found: Result) -> Result:
        """Return the result for all sentences; those that were left out have no intent, and `reason`."""
        n = len(self.whole.texts)
        labels, p_intent = np.full(n, -1), np.zeros(n)
        labels[self.rows], p_intent[self.rows] = found.labels, found.p_intent
        rounds = tuple((part, replace(r, clusters=tuple(self.rows[c] for c in r.clusters))) for part, r in found.rounds)
        reasons, roles = [self.reason] * n, list(self.whole.roles)
        for row, reason, role in zip(self.rows.tolist(), found.reasons, found.roles, strict=True):
            reasons[row], roles[row] = reason, role
        return replace(
            found,
            labels=labels,
            p_intent=p_intent,
            reasons=reasons,
            roles=roles,
            rounds=rounds,
            kinds=self.whole.kinds,
        )
