"""Takes what an update added apart from the utterances of the run that it is compared with, which it holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dialin.discover.state import NOT_A_NEED
from dialin.runs.manifest import updated_runs
from dialin.runs.run import Run
from dialin.runs.update import table_of_corpus
from dialin.taxonomy.snapshot import Snapshot

SAID = ("text", "dialogue_id")
"""Columns in which the utterances of both runs must be equal."""


def added_alone(seen: Snapshot, run: Run, earlier: Run) -> Snapshot:
    """Return an update with the counts of what it added to an earlier run; any other run as it is.

    Two samples are compared only if neither holds the other. The sentences stay, so that intents are matched by all of
    them.

    Parameters
    ----------
    seen : Snapshot
        The newer run.
    run, earlier : Run
        The newer and the earlier run.
    """
    first = n_held(run, earlier)
    if not first:
        return seen
    ids = run.corpus.occurrences["sentence_id"].to_numpy()[first:]
    is_left_out = np.array([reason == NOT_A_NEED for reason in run.sentences["reason"].to_pylist()], dtype=np.bool_)
    homes = seen.labels[ids]
    counts = np.bincount(homes[homes >= 0], minlength=len(seen.intents)).tolist()
    intents = tuple(replace(one, n_occurrences=n) for one, n in zip(seen.intents, counts, strict=True))
    return replace(seen, intents=intents, n_occurrences=int((~is_left_out[ids]).sum()), first_row=first)


def n_held(run: Run, earlier: Run) -> int:
    """Return how many utterances of an update, its first ones, are all those of an earlier run; 0 if they are not."""
    n = earlier.corpus.occurrences.num_rows
    if not run.manifest.is_update or n >= run.corpus.occurrences.num_rows:
        return 0
    own, before = (table_of_corpus(one.corpus).select(SAID) for one in (run, earlier))
    return n if own.slice(0, n).equals(before) else 0


def follows(run: Run, earlier: Run) -> bool:
    """Return whether a run is an update of an earlier one, or of an update of it, as far as the runs between are there.

    Its utterances may differ from those of the earlier run if something was forgotten in one of the two.
    """
    place = earlier.folder.resolve()
    return any(folder.resolve() == place for folder, _ in updated_runs(run.manifest))
