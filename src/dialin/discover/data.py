"""The sentences that a run works on: their vectors, alone and given what is said around them, and what each does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows, RowVectors
from dialin.cluster.said_next import NextTurns
from dialin.cluster.strata import scripts_of, stratum_ids
from dialin.discover.in_context import Leaning, VectorsInContext
from dialin.name.kinds import Kinds
from dialin.name.need_direction import NeedDirection, need_direction
from dialin.name.openings import kinds_in_place
from dialin.read.spoken import SpokenOrder
from dialin.text.script import language_of


@dataclass(frozen=True)
class Data:
    """Sentences to work on.

    Parameters
    ----------
    texts : list of str
        Distinct sentences.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    counts : ndarray of shape (n,), int64
        How often each occurs.
    roles : list of str
        Role of each; "" where unknown.
    embedder : str
        Name of the embedder that made X; what was fitted to its vectors serves for them alone. "": unknown.
    order : SpokenOrder, optional
        The dialogues that the sentences are said in.
    kinds : Kinds or None
        What each sentence does; None where it is unknown.
    X_alone : ndarray of shape (n, d) or None
        The embeddings of the sentences alone, where X leans towards what is said next.
    known : ndarray of shape (n,), int64, or None
        Known intent of each sentence, −1 for none: those of one are witnesses for an update. None: nothing is known.
    """

    texts: list[str]
    X: NDArray[np.float32]
    counts: NDArray[np.int64]
    roles: list[str]
    embedder: str = ""
    order: SpokenOrder | None = None
    kinds: Kinds | None = None
    X_alone: NDArray[np.float32] | None = None
    known: NDArray[np.int64] | None = None

    def at(self, rows: Rows) -> Data:
        """Return some of the sentences."""
        texts, roles = ([values[row] for row in rows.tolist()] for values in (self.texts, self.roles))
        kinds = self.kinds and self.kinds.at(rows)
        order = self.order and self.order.among(rows)
        X_alone = None if self.X_alone is None else self.X_alone[rows]
        known = None if self.known is None else self.known[rows]
        return Data(texts, self.X[rows], self.counts[rows], roles, self.embedder, order, kinds, X_alone, known)

    @property
    def own_vectors(self) -> NDArray[np.float32]:
        """Embeddings of the sentences alone, shape (n, d)."""
        return self.X if self.X_alone is None else self.X_alone

    @property
    def leans(self) -> bool:
        """Whether the vectors lean by what is said around the sentences."""
        return self.X_alone is not None

    def with_kinds(self, alone: Kinds | None) -> Data:
        """Return the sentences with their kinds, given where they are said and what each does by itself."""
        return replace(self, kinds=alone and kinds_in_place(alone, self.roles, self.order))

    def in_context(self, context: str) -> Data:
        """Return the sentences with vectors that lean towards what is said next, if `context` is "next".

        They also lean by whether each states a need, if that is known, and `dialin.name.need_direction` knows the
        embedder.
        """
        X = self.vectors_in_context(context)
        return replace(self, X=X.whole(), X_alone=self.X) if isinstance(X, VectorsInContext) else self

    def vectors_in_context(self, context: str) -> RowVectors:
        """Return the vectors that `in_context` makes, for who reads few rows, or reads them once."""
        turns = self._next_turns(context)
        return VectorsInContext(self.X, turns, self._leaning(self)) if turns else self.X

    def vectors_as_in(self, known: Data | None, context: str) -> VectorsInContext:
        """Return the vectors of new sentences, as the settings of a run and its own sentences in context have them.

        They lean by whether each states a need where those of the run do, with or without a dialogue of their own.
        """
        leaning = self._leaning(known) if known and known.leans else None
        return VectorsInContext(self.X, self._next_turns(context), leaning)

    def _leaning(self, run: Data) -> Leaning | None:
        return Leaning.of(run.direction, self.kinds, self.roles)

    def _next_turns(self, context: str) -> NextTurns:
        if context != "next" or self.order is None:
            return NextTurns.none(len(self.texts))
        return NextTurns.of(self.order, self.scripts)

    def with_vectors_of(self, known: Data | None) -> Data:
        """Return the sentences, each of the text and role of a known one with its vector: so it keeps that intent.

        Whatever is said around it now, it is known by what was said around it then.
        """
        if known is None or known.order is None:
            return self
        rows = known.rows_of(self.texts, self.roles)
        X, is_known = self.X.copy(), rows >= 0
        X[is_known] = known.X[rows[is_known]]
        return replace(self, X=X)

    def rows_of(self, texts: Sequence[str], roles: Sequence[str]) -> Rows:
        """Return the row of each text and role, −1 where it is none of these sentences."""
        return np.array([self._places.get(key, -1) for key in zip(texts, roles, strict=True)], dtype=np.int64)

    @cached_property
    def direction(self) -> NeedDirection | None:
        """Where sentences that state a need lie in these vectors; read once, as a server asks for each request."""
        return need_direction(self.embedder)

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {key: row for row, key in enumerate(zip(self.texts, self.roles, strict=True))}

    def has_open(self, rows: Rows) -> bool:
        """Return whether some of the rows are of no known intent, so that they need a name."""
        return self.known is None or bool((self.known[rows] < 0).any())

    @cached_property
    def scripts(self) -> list[bool]:
        """Script of each sentence, as `dialin.cluster.strata.scripts_of`."""
        return scripts_of(self.texts, self.X)

    @cached_property
    def language(self) -> str:
        """Language of the sentences, as `dialin.text.script.language_of`."""
        return language_of(self.texts)

    def stratum_ids(self, *, use_roles: bool) -> Rows:
        """Return the stratum of each sentence, shape (n,), as `dialin.cluster.strata.stratum_ids`; or 0 for all."""
        return stratum_ids(self.roles if use_roles else [""] * len(self.texts), self.scripts)
