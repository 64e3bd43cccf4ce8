"""Assigns the parts of utterances by the decision function of a run, to find those that state several intents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats, Labels, Matrix, Rows
from dialin.discover.assign import Pieces
from dialin.discover.several import PartIntent, Stated, ranges_of, stated_in
from dialin.name.kinds import Kinds
from dialin.read.clauses import Span, clauses_in

LEAST_P = 0.25
"""P(intent | part) below which a part does not state the intent."""
CHUNK = 1_024
"""Utterances whose parts, and parts whose probabilities are held at once; no result depends on it."""
LEAST_ODDS = 1e-12
"""Probabilities are not taken as lower than this in log-odds."""


@dataclass(frozen=True, eq=False)
class PartAssigner:
    """The decision function of a run, for parts of utterances.

    Parameters
    ----------
    pieces : Pieces
        The decision function.
    embed : callable
        Texts -> float32 unit vectors, shape (n, d).
    kinds : callable
        Texts and their roles -> what each does; None where it is unknown.
    not_needs : frozenset of int
        Intents of another kind, such as greetings: a part that is not a need can state one of these alone.
    """

    pieces: Pieces
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    kinds: Callable[[Sequence[str], Sequence[str]], Kinds | None]
    not_needs: frozenset[int]

    def stated(self, texts: Sequence[str], roles: Sequence[str], speakers: Sequence[str]) -> list[tuple[Stated, ...]]:
        """Return the intents that each utterance states; none for those that do not state two different ones.

        Parameters
        ----------
        texts : sequence of str, n texts
            The utterances.
        roles : sequence of str, n roles
            Role that limits which intents each may have; "" for no limit.
        speakers : sequence of str, n roles
            Role of whoever said it; "" where it is unknown.
        """
        found: list[tuple[Stated, ...]] = [()] * len(texts)
        rows, clauses = list[int](), list[list[Span]]()
        for row, text in enumerate(texts):
            if len(own := clauses_in(text)) > 1:
                rows.append(row)
                clauses.append(own)
        for first in range(0, len(rows) if len(self.pieces.centroids) else 0, CHUNK):
            part = slice(first, first + CHUNK)
            parts = _PartsOf.of_utterances(
                [(texts[row], roles[row], speakers[row]) for row in rows[part]], clauses[part]
            )
            for row, stated in zip(rows[part], self._stated(parts), strict=True):
                found[row] = stated
        return found

    def _stated(self, parts: _PartsOf) -> Iterator[tuple[Stated, ...]]:
        """Yield the intents that each utterance of a chunk states."""
        distinct = list(dict.fromkeys((*parts.wholes, *parts.texts)))
        place = {text: i for i, text in enumerate(distinct)}
        X = self.embed(distinct)
        whole, _, _ = self.pieces.nearest(X[[place[text] for text in parts.wholes]], parts.roles_of_wholes)
        found = self._part_intents(X[[place[text] for text in parts.texts]], parts, whole)
        first = 0
        for clauses in parts.clauses:
            ranges = ranges_of(len(clauses))
            yield stated_in(clauses, dict(zip(ranges, found[first : first + len(ranges)], strict=True)))
            first += len(ranges)

    def _part_intents(self, X: Matrix, parts: _PartsOf, whole: Rows) -> list[PartIntent]:
        """Return what each part states; `whole` has the piece to which each utterance is nearest (−1: none)."""
        intents, p = self.pieces.assign(X, parts.roles)
        against = np.append(self.pieces.intents, -1)[whole][parts.of]
        told = self.kinds(parts.texts, parts.speakers)
        is_other = np.isin(intents, list(self.not_needs))
        may_state = (p >= LEAST_P) & (told.may_be_needs | is_other if told else True)
        gains = _log_odds(self.pieces, X, parts.roles, intents, against)
        labels = np.where(may_state, intents, -1).tolist()
        return [PartIntent(*one) for one in zip(labels, p.tolist(), gains.tolist(), strict=True)]


@dataclass(frozen=True, eq=False)
class _PartsOf:
    """The parts of some utterances, one utterance after the other.

    Parameters
    ----------
    wholes, roles_of_wholes : list of str, n
        The utterances, and the role that limits each.
    clauses : list of list of (int, int), n
        Where the clauses of each are.
    texts, roles, speakers : list of str, m
        The parts, the role that limits each, and who says it.
    of : ndarray of shape (m,), int64
        The utterance of each.
    """

    wholes: list[str]
    roles_of_wholes: list[str]
    clauses: list[list[Span]]
    texts: list[str]
    roles: list[str]
    speakers: list[str]
    of: Rows

    @classmethod
    def of_utterances(cls, said: Sequence[tuple[str, str, str]], clauses: list[list[Span]]) -> _PartsOf:
        """Return the parts of utterances, each with its text, limiting role and speaker."""
        texts, of = list[str](), list[int]()
        for i, ((text, _, _), own) in enumerate(zip(said, clauses, strict=True)):
            found = [text[own[first][0] : own[end - 1][1]] for first, end in ranges_of(len(own))]
            texts += found
            of += [i] * len(found)
        wholes, limits, speakers = (list(column) for column in zip(*said, strict=True))
        rows = np.array(of, dtype=np.int64)
        return cls(wholes, limits, clauses, texts, [limits[i] for i in of], [speakers[i] for i in of], rows)


def _log_odds(pieces: Pieces, X: Matrix, roles: Sequence[str], intents: Labels, against: Labels) -> Floats:
    """Return ln P(intent | row) − ln P(against | row), shape (n,)."""
    ids, places = np.unique(pieces.intents, return_inverse=True)
    by_place = replace(pieces, intents=places.astype(np.int64))
    found = np.zeros(len(X))
    for first in range(0, len(X), CHUNK):
        rows = slice(first, first + CHUNK)
        P = np.log(np.maximum(by_place.intent_probabilities(X[rows], roles[rows], len(ids)), LEAST_ODDS))
        own, other = (np.searchsorted(ids, labels[rows]) for labels in (intents, against))
        at = np.arange(len(P))
        found[rows] = P[at, own] - P[at, other]
    return found
