"""Computes facts about whole dialogues: the main reason of each, and the usual order of intents.

The main reason for a call is the first thing the customer wants: the intent of the first sentence that has an intent,
is not the agent's, and is not routine (`dialin.facts.routine`). People state their reason once greetings are over. The
alternative, the rarest intent of the call, is more often a detail that came up later.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from dialin.arrays import Bools, Ints
from dialin.read.dialogues import dialogue_numbers


@dataclass(frozen=True)
class Turns:
    """Utterances that have an intent, in spoken order, dialogue by dialogue.

    Parameters
    ----------
    dialogue : ndarray of shape (t,), int64
        Number of the dialogue, by first appearance in the input.
    intent : ndarray of shape (t,), int64
        Intent, 0 or more.
    is_agent : ndarray of shape (t,), bool
        Whether the agent is speaking.
    n_dialogues : int
        Number of all dialogues, including those without an intent.
    """

    dialogue: Ints
    intent: Ints
    is_agent: Bools
    n_dialogues: int

    def where(self, rows: Bools) -> Turns:
        """Return the turns that `rows` marks."""
        return Turns(self.dialogue[rows], self.intent[rows], self.is_agent[rows], self.n_dialogues)


def turns_of(occurrences: pa.Table, labels: Ints, is_agent: Bools) -> Turns:
    """Return the turns of the dialogues of a run.

    Parameters
    ----------
    occurrences : pyarrow.Table
        Table as in a run folder; utterances without turn numbers keep their input order.
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1 for no intent.
    is_agent : ndarray of shape (n_occurrences,), bool
        Whether each utterance is the agent's.
    """
    dialogue, intent = dialogue_numbers(occurrences), labels[occurrences["sentence_id"].to_numpy()]
    turn = pc.fill_null(occurrences["turn"], -1).to_numpy()
    order = np.lexsort((np.arange(len(turn)), turn, dialogue))
    order = order[(dialogue[order] >= 0) & (intent[order] >= 0)]
    return Turns(dialogue[order], intent[order], is_agent[order], int(dialogue.max(initial=-1)) + 1)


def main_reasons(turns: Turns, routine: Bools) -> Ints:
    """Return the main reason for each dialogue, shape (n_dialogues,); −1 if the customer said only routine.

    Parameters
    ----------
    turns : Turns
        Turns of the run.
    routine : ndarray of shape (n_intents,), bool
        Whether each intent is routine, and so never a reason to call.
    """
    wanted = turns.where(~turns.is_agent & ~routine[turns.intent])
    dialogue, first = np.unique(wanted.dialogue, return_index=True)
    reasons = np.full(turns.n_dialogues, -1, dtype=np.int64)
    reasons[dialogue] = wanted.intent[first]
    return reasons


def collapsed(turns: Turns) -> Turns:
    """Return the turns, except those that repeat the intent of the previous turn of their dialogue."""
    again = np.zeros(len(turns.dialogue), dtype=bool)
    again[1:] = (turns.dialogue[1:] == turns.dialogue[:-1]) & (turns.intent[1:] == turns.intent[:-1])
    return turns.where(~again)


def following(turns: Turns, n_intents: int) -> csr_array:
    """Count the next different intent of the same speaker, for each intent.

    Returns
    -------
    sparse array of shape (n_intents, n_intents + 1), int64
        Number of times that the second intent follows the first; the last column counts ends of the dialogue.
    """
    pairs = []
    for side in (True, False):
        own = collapsed(turns.where(turns.is_agent == side))
        after = np.full(len(own.intent), n_intents)
        goes_on = np.flatnonzero(own.dialogue[1:] == own.dialogue[:-1])
        after[goes_on] = own.intent[goes_on + 1]
        pairs.append((own.intent, after))
    first, second = map(np.concatenate, zip(*pairs, strict=True))
    return pair_counts(first, second, (n_intents, n_intents + 1))


def pair_counts(first: Ints, second: Ints, shape: tuple[int, int]) -> csr_array:
    """Count the pairs; the counts are sparse, since most of thousands of intents never meet.

    Examples
    --------
    >>> pair_counts(np.array([0, 0, 1]), np.array([2, 2, 0]), (2, 3)).toarray().tolist()
    [[0, 0, 2], [1, 0, 0]]
    """
    counts = csr_array((np.ones(len(first), dtype=np.int64), (first, second)), shape=shape)
    counts.sum_duplicates()
    return counts


def answer_counts(turns: Turns, n_intents: int) -> csr_array:
    """Count how often the other side answers the first intent with the second, shape (n_intents, n_intents)."""
    follows = (turns.dialogue[1:] == turns.dialogue[:-1]) & (turns.is_agent[1:] != turns.is_agent[:-1])
    return pair_counts(turns.intent[:-1][follows], turns.intent[1:][follows], (n_intents, n_intents))


def paths(turns: Turns, routine: Bools, length: int = 3, n: int = 8) -> list[tuple[tuple[int, ...], int]]:
    """Return the usual paths of customers through a call, with their counts: the first `length` non-routine intents.

    At most `n` paths are returned, most frequent first; each has at least two intents and occurs in several dialogues.
    """
    wanted = collapsed(turns.where(~turns.is_agent & ~routine[turns.intent]))
    starts = np.flatnonzero(np.diff(wanted.dialogue, prepend=-1))
    ways = Counter(tuple(part[:length].tolist()) for part in np.split(wanted.intent, starts[1:]))
    common = [(way, count) for way, count in ways.items() if len(way) > 1 and count > 1]
    return sorted(common, key=lambda item: (-item[1], item[0]))[:n]
