"""What a run says about whole dialogues: the main reason of each, and what usually comes after what.

The main reason of a call is the first thing that its customer wants: the intent of the first sentence that is not the
agent's, has an intent, and is no routine (`dialin.facts.routine`). People open with their reason once greetings are
over; the rarest intent of a call, which would be the other choice, is more often a detail of the course that it took.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.arrays import Bools, Ints
from dialin.read.cells import one_array


@dataclass(frozen=True)
class Turns:
    """Utterances that have an intent, in the order in which they were said, dialogue by dialogue.

    Parameters
    ----------
    dialogue : ndarray of shape (t,), int64
        Number of the dialogue, by first appearance in the input.
    intent : ndarray of shape (t,), int64
        Intent, 0 or more.
    is_agent : ndarray of shape (t,), bool
        Whether the agent says it.
    n_dialogues : int
        All dialogues, those without any intent too.
    """

    dialogue: Ints
    intent: Ints
    is_agent: Bools
    n_dialogues: int

    def where(self, rows: Bools) -> Turns:
        """Return some of the turns."""
        return Turns(self.dialogue[rows], self.intent[rows], self.is_agent[rows], self.n_dialogues)


def dialogue_numbers(occurrences: pa.Table) -> Ints:
    """Return the number of the dialogue of each occurrence, by first appearance; −1 where it has no id."""
    codes = one_array(occurrences["dialogue_id"]).dictionary_encode().indices
    return np.asarray(pc.fill_null(codes, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def turns_of(occurrences: pa.Table, labels: Ints, is_agent: Bools) -> Turns:
    """Return the turns of the dialogues of a run.

    Parameters
    ----------
    occurrences : pyarrow.Table
        As in a run folder; without numbers of turns, they follow each other as in the input.
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1: none.
    is_agent : ndarray of shape (n_occurrences,), bool
        Whether each utterance is the agent's.
    """
    dialogue, intent = dialogue_numbers(occurrences), labels[occurrences["sentence_id"].to_numpy()]
    turn = pc.fill_null(occurrences["turn"], -1).to_numpy()
    order = np.lexsort((np.arange(len(turn)), turn, dialogue))
    order = order[(dialogue[order] >= 0) & (intent[order] >= 0)]
    return Turns(dialogue[order], intent[order], is_agent[order], int(dialogue.max(initial=-1)) + 1)


def main_reasons(turns: Turns, routine: Bools) -> Ints:
    """Return the main reason of each dialogue, shape (n_dialogues,); −1 where nothing but routine was said.

    Parameters
    ----------
    turns : Turns
        Of the run.
    routine : ndarray of shape (n_intents,), bool
        Whether an intent is no reason to call.
    """
    wanted = turns.where(~turns.is_agent & ~routine[turns.intent])
    dialogue, first = np.unique(wanted.dialogue, return_index=True)
    reasons = np.full(turns.n_dialogues, -1, dtype=np.int64)
    reasons[dialogue] = wanted.intent[first]
    return reasons


def collapsed(turns: Turns) -> Turns:
    """Return the turns without those that only repeat the intent of the turn before, in the same dialogue."""
    again = np.zeros(len(turns.dialogue), dtype=bool)
    again[1:] = (turns.dialogue[1:] == turns.dialogue[:-1]) & (turns.intent[1:] == turns.intent[:-1])
    return turns.where(~again)


def following(turns: Turns, n_intents: int) -> Ints:
    """Count what the same speaker comes to next, other than the same intent.

    Returns
    -------
    ndarray of shape (n_intents, n_intents + 1), int64
        How often the second intent follows the first; in the last column, how often nothing more follows.
    """
    counts = np.zeros((n_intents, n_intents + 1), dtype=np.int64)
    for side in (True, False):
        own = collapsed(turns.where(turns.is_agent == side))
        after = np.full(len(own.intent), n_intents)
        goes_on = np.flatnonzero(own.dialogue[1:] == own.dialogue[:-1])
        after[goes_on] = own.intent[goes_on + 1]
        np.add.at(counts, (own.intent, after), 1)
    return counts


def answer_counts(turns: Turns, n_intents: int) -> Ints:
    """Count how often the other side comes to the second intent right after the first, shape (n_intents, n_intents)."""
    follows = (turns.dialogue[1:] == turns.dialogue[:-1]) & (turns.is_agent[1:] != turns.is_agent[:-1])
    counts = np.zeros((n_intents, n_intents), dtype=np.int64)
    np.add.at(counts, (turns.intent[:-1][follows], turns.intent[1:][follows]), 1)
    return counts


def paths(turns: Turns, routine: Bools, length: int = 3, n: int = 8) -> list[tuple[tuple[int, ...], int]]:
    """Return the usual ways of customers through a call: their first `length` intents, routine apart, and how often.

    Only ways of two intents or more that several dialogues took; the most frequent first.
    """
    wanted = collapsed(turns.where(~turns.is_agent & ~routine[turns.intent]))
    starts = np.flatnonzero(np.diff(wanted.dialogue, prepend=-1))
    ways = Counter(tuple(part[:length].tolist()) for part in np.split(wanted.intent, starts[1:]))
    common = [(way, count) for way, count in ways.items() if len(way) > 1 and count > 1]
    return sorted(common, key=lambda item: (-item[1], item[0]))[:n]
