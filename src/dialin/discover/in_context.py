"""The vectors of sentences that are said in dialogues: they lean towards what is said next, and by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats, Matrix, Rows
from dialin.cluster.said_next import NextTurns
from dialin.name.actions import AGENT
from dialin.name.kinds import Kinds
from dialin.name.need_direction import NeedDirection


@dataclass(frozen=True, eq=False)
class Leaning:
    """How the vectors of n sentences lean by what they do.

    Parameters
    ----------
    direction : NeedDirection
        Where sentences that state a need lie.
    sureness : ndarray of shape (n,), float64
        1 for what surely states a need, −1 for what surely states none; 0 for what does not lean: what agents say, as
        they state no need, and what has no known kind or speaker.
    """

    direction: NeedDirection
    sureness: Floats

    @classmethod
    def of(cls, direction: NeedDirection | None, kinds: Kinds | None, roles: Sequence[str]) -> Leaning | None:
        """Return how sentences of these kinds and roles lean; None, not at all, where no direction or kind is known."""
        if direction is None or kinds is None:
            return None
        leans = np.array([role not in {"", AGENT} for role in roles], dtype=np.bool_)
        return cls(direction, np.where(leans, sureness_of(kinds.P[:, 0]), 0.0))


def sureness_of(p: Floats) -> Floats:
    """Return tanh of the log-odds of probabilities, in [−1, 1]: near its ends already where one is rather sure.

    So sentences of one need lean alike, whether their probabilities are .8 or .99. Of nan, 0.

    Examples
    --------
    >>> sureness_of(np.array([0.5, 0.8, 1.0, np.nan])).round(2).tolist()
    [0.0, 0.88, 1.0, 0.0]
    """
    return np.asarray(np.nan_to_num((p**2 - (1 - p) ** 2) / (p**2 + (1 - p) ** 2)))


@dataclass(frozen=True, eq=False)
class VectorsInContext:
    """The leaning vectors of n sentences, made for the rows that are read.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm vectors of the sentences alone.
    turns : NextTurns
        What is said after them.
    leaning : Leaning or None
        How they lean by what they do; None: not at all.
    """

    X: Matrix
    turns: NextTurns
    leaning: Leaning | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of rows and of dimensions."""
        return self.X.shape

    def __getitem__(self, rows: slice | Rows) -> Matrix:
        """Return some rows."""
        found = self.turns.lean(self.X, rows)
        if self.leaning is not None:
            sureness = self.leaning.sureness[rows]
            moved = np.flatnonzero(sureness)
            found[moved] = self.leaning.direction.lean(found[moved], sureness[moved])
        return found

    def whole(self) -> Matrix:
        """Return all rows, as one array."""
        found = np.empty_like(self.X)
        for rows in self.turns.blocks():
            found[rows] = self[rows]
        return found
