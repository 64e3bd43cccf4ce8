"""The order in which sentences were said, dialogue by dialogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.arrays import Ints, Rows
from dialin.read.cells import one_array


@dataclass(frozen=True, eq=False)
class SpokenOrder:
    """The turns of all dialogues: those of one dialogue stand together, in the order in which they were said.

    Parameters
    ----------
    sentence : ndarray of shape (n_turns,), int64
        Sentence that each turn says; a sentence may be said in several dialogues.
    dialogue : ndarray of shape (n_turns,), int64
        Dialogue of each turn, ascending.
    turn : ndarray of shape (n_turns,), int64, optional
        Number of each turn in its dialogue, −1 where it is unknown; by default, no number is known.
    """

    sentence: Rows
    dialogue: Ints
    turn: Ints | None = None

    @property
    def opens(self) -> NDArray[np.bool_]:
        """Whether each turn is the first of its dialogue, shape (n_turns,).

        Examples
        --------
        >>> SpokenOrder(np.arange(4), np.array([0, 0, 0, 1])).opens.tolist()
        [True, False, False, True]
        """
        found = np.ones(len(self.dialogue), dtype=np.bool_)
        found[1:] = self.dialogue[1:] != self.dialogue[:-1]
        return found

    @property
    def follows(self) -> NDArray[np.bool_]:
        """Whether each turn comes directly after the one before, shape (n_turns,): no number between is missing.

        Examples
        --------
        >>> SpokenOrder(np.arange(4), np.array([0, 0, 0, 1]), np.array([0, 1, 5, 6])).follows.tolist()
        [False, True, False, False]
        """
        found = ~self.opens
        if self.turn is not None:
            before, own = self.turn[:-1], self.turn[1:]
            found[1:] &= (before < 0) | (own < 0) | (own - before <= 1)
        return found

    @property
    def before(self) -> Rows:
        """Sentence of the turn that comes directly before each, shape (n_turns,); −1 where there is none.

        Examples
        --------
        >>> SpokenOrder(np.array([7, 8, 9, 7]), np.array([0, 0, 0, 1]), np.array([0, 1, 5, 6])).before.tolist()
        [-1, 7, -1, -1]
        """
        return np.where(self.follows, np.roll(self.sentence, 1), -1)

    def parts(self, n_turns: int) -> Iterator[SpokenOrder]:
        """Yield whole dialogues, one after the other, that begin within as many turns.

        Examples
        --------
        >>> order = SpokenOrder(np.arange(5), np.array([0, 0, 0, 1, 2]))
        >>> [part.sentence.tolist() for part in order.parts(2)]
        [[0, 1, 2], [3], [4]]
        >>> [part.sentence.tolist() for part in order.parts(4)]
        [[0, 1, 2, 3], [4]]
        """
        first = np.flatnonzero(self.opens)
        begins = first[np.append(True, first[1:] // n_turns != first[:-1] // n_turns)[: len(first)]]
        for begin, end in pairwise([*begins.tolist(), len(self.dialogue)]):
            turn = None if self.turn is None else self.turn[begin:end]
            yield SpokenOrder(self.sentence[begin:end], self.dialogue[begin:end], turn)

    def among(self, rows: Rows) -> SpokenOrder:
        """Return the turns that say one of these sentences, which are ascending and are counted from 0 again.

        Examples
        --------
        >>> order = SpokenOrder(np.array([4, 2, 7]), np.array([0, 0, 1]))
        >>> order.among(np.array([4, 7])).sentence.tolist()
        [0, 1]
        """
        kept = np.isin(self.sentence, rows)
        turn = None if self.turn is None else self.turn[kept]
        return SpokenOrder(np.searchsorted(rows, self.sentence[kept]), self.dialogue[kept], turn)


def spoken_order(occurrences: pa.Table, sentence: Rows) -> SpokenOrder | None:
    """Return the order of the utterances that have a dialogue; None if none has.

    Parameters
    ----------
    occurrences : pyarrow.Table
        As in `dialin.read.corpus.Corpus`; turns without a number, or with the same one, keep the order of the input.
    sentence : ndarray of shape (n_occurrences,), int64
        Sentence of each utterance.
    """
    codes = one_array(occurrences["dialogue_id"]).dictionary_encode().indices
    dialogue = pc.fill_null(codes, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    turn = pc.fill_null(occurrences["turn"], -1).to_numpy()
    order = np.lexsort((np.arange(len(turn)), turn, dialogue))
    order = order[dialogue[order] >= 0]
    return SpokenOrder(sentence[order], dialogue[order], turn[order].astype(np.int64)) if len(order) else None
