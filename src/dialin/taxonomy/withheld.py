"""Withholds the intents of too few dialogues from the difference between two runs.

The same intent is withheld in both runs or in none: its share in one tells about how large it is in the other. Nothing
is said of what went between a withheld intent and a shown one, either.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dialin.arrays import Bools
from dialin.runs.run import Run
from dialin.runs.withheld import WITHHELD, IntentDialogues, intent_dialogues, places_after, withheld_intents
from dialin.taxonomy.difference import Difference, difference_by
from dialin.taxonomy.flows import Flows, flows_between
from dialin.taxonomy.snapshot import IntentSeen, Snapshot


def withhold_small(found: Difference, runs: tuple[Run, Run], min_dialogues: int) -> Difference:
    """Return the difference with the intents of fewer than `min_dialogues` dialogues as one intent in each run.

    Parameters
    ----------
    found : Difference
        The difference between the runs.
    runs : tuple of two Runs
        The older and the newer run.
    min_dialogues : int
        Least number of dialogues in each run in which the intent is; 1 or 0 withholds nothing.

    Raises
    ------
    InputError
        Fewer than `min_dialogues` dialogues of a run have an intent.
    """
    if min_dialogues <= 1:
        return found
    sides = dialogues_in(runs[0], found.old), dialogues_in(runs[1], found.new)
    pairs = [(one.old, one.new) for one in found.changes if one.old is not None and one.new is not None]
    marks = withheld_in_both(sides, pairs, min_dialogues)
    old, new = as_one(found.old, marks[0]), as_one(found.new, marks[1])
    shown = difference_by(old, new, without_withheld(flows_between(old, new), old, new))
    return replace(shown, is_mixed=found.is_mixed)


def dialogues_in(run: Run, seen: Snapshot) -> IntentDialogues:
    """Return which intents of a snapshot of a run are said in which of its dialogues; only what counts is looked at."""
    occurrences = run.corpus.occurrences.slice(seen.first_row)
    return intent_dialogues(occurrences, seen.labels[occurrences["sentence_id"].to_numpy()], len(seen.intents))


def withheld_in_both(
    sides: tuple[IntentDialogues, IntentDialogues], pairs: list[tuple[int, int]], min_dialogues: int
) -> tuple[Bools, Bools]:
    """Return which intents are withheld in the older and in the newer run: both of a pair, or none."""
    old, new = (withheld_intents(side, min_dialogues) for side in sides)
    while True:
        n = old.sum() + new.sum()
        for a, b in pairs:
            old[a] = new[b] = old[a] or new[b]
        old, new = (withheld_intents(side, min_dialogues, own) for side, own in zip(sides, (old, new), strict=True))
        if old.sum() + new.sum() == n:
            return old, new


def as_one(seen: Snapshot, which: Bools) -> Snapshot:
    """Return a run whose marked intents are one, without examples, which stands last."""
    if not which.any():
        return seen
    marks = which.tolist()
    own = [intent for intent, is_withheld in zip(seen.intents, marks, strict=True) if is_withheld]
    kept = [intent for intent, is_withheld in zip(seen.intents, marks, strict=True) if not is_withheld]
    n_sentences, n_occurrences = sum(one.n_sentences for one in own), sum(one.n_occurrences for one in own)
    places = places_after(which)
    return replace(
        seen,
        intents=(*kept, IntentSeen(WITHHELD, WITHHELD, n_sentences, n_occurrences)),
        labels=places[seen.labels],
        pieces=replace(seen.pieces, intents=places[seen.pieces.intents]),
    )


def without_withheld(flows: Flows, old: Snapshot, new: Snapshot) -> Flows:
    """Return flows in which nothing goes to or comes from the withheld intents."""
    rows = [one.uid != WITHHELD for one in old.intents]
    columns = [one.uid != WITHHELD for one in new.intents]
    shown = np.outer(rows, columns)
    return Flows(flows.went * shown, flows.came * shown, flows.shared * shown, flows.cosine * shown)
