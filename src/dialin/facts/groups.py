"""The groups of new sentences that an update found inside known intents, as facts."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from dialin.facts.loaded import LoadedRun
from dialin.taxonomy.told_groups import ToldGroup

N_EXAMPLES = 8
"""Sentences kept of each group."""


@dataclass(frozen=True)
class GroupFacts:
    """Facts of one group that may be a new intent.

    Parameters
    ----------
    n_inside, n_nowhere : int
        Its new utterances in known intents, and those without an intent.
    n_sentences : int
        Its sentences in known intents that nobody has placed in a review.
    places : tuple of (int, int)
        Known intents and their number of its utterances, most first.
    examples : tuple of str
        Some of its sentences, the most typical first.
    p : float
        Probability of such a group if nothing had changed, in (0, 1].
    """

    n_inside: int
    n_nowhere: int
    n_sentences: int
    places: tuple[tuple[int, int], ...]
    examples: tuple[str, ...]
    p: float


def groups_in(contents: LoadedRun) -> tuple[GroupFacts, ...]:
    """Return the facts of the groups that nobody has dealt with yet, the surest first."""
    ids = {row["uid"]: row["intent_id"] for row in contents.rows}
    return tuple(_facts_of(contents, one, ids) for one in contents.groups)


def _facts_of(contents: LoadedRun, group: ToldGroup, ids: dict[str, int]) -> GroupFacts:
    texts = contents.sentences["text"].take(pa.array(group.sentences[:N_EXAMPLES], pa.int64())).to_pylist()
    return GroupFacts(
        n_inside=group.n_inside,
        n_nowhere=group.n_nowhere,
        n_sentences=len(group.sentences),
        places=tuple((ids[uid], n) for uid, n in group.intents if uid in ids),
        examples=tuple(texts),
        p=group.p,
    )
