"""The vectors of sentences that are said in dialogues: they lean towards what is said next, and by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Bools, Matrix, Rows
from dialin.cluster.said_next import NextTurns
from dialin.name.actions import AGENT
from dialin.name.need_direction import NeedDirection


@dataclass(frozen=True, eq=False)
class Leaning:
    """How the vectors of n sentences lean by what they do.

    Parameters
    ----------
    direction : NeedDirection
        Where sentences that state a need lie.
    may_be_needs : ndarray of shape (n,), bool
        Which sentences lean by it: not those of agents, who state no need.
    """

    direction: NeedDirection
    may_be_needs: Bools

    @classmethod
    def of(cls, direction: NeedDirection | None, roles: Sequence[str]) -> Leaning | None:
        """Return how sentences of these roles lean; None, not at all, where no direction is known."""
        if direction is None:
            return None
        return cls(direction, np.array([role != AGENT for role in roles], dtype=np.bool_))


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
            moved = np.flatnonzero(self.leaning.may_be_needs[rows])
            found[moved] = self.leaning.direction.lean(found[moved], self.X[rows][moved])
        return found

    def whole(self) -> Matrix:
        """Return all rows, as one array."""
        found = np.empty_like(self.X)
        for rows in self.turns.blocks():
            found[rows] = self[rows]
        return found
