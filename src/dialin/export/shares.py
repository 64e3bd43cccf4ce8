"""Chooses as many phrases as an intent and a platform should have, the most different ones first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from dialin.arrays import RowVectors
from dialin.export.base import NO_INTENT_ID, ExportFormat, PlatformLimits
from dialin.export.candidates import Candidate
from dialin.export.diverse import farthest_first
from dialin.export.tally import Tally

ENOUGH = 5
"""Phrases of the kind that a platform advises with which an intent needs no others."""
LIKELY = 0.5
"""Phrases whose P(intent) is lower are chosen only where others are not enough: the farthest ones may be strays."""

WHAT_IT_TAKES = "which is what the platform takes"
"""End of a reason that all phrases of an intent may share."""


@dataclass(frozen=True)
class Share:
    """The phrases of an intent in one language, the first to stay first."""

    intent: int
    language: str
    chosen: tuple[Candidate, ...]


def language_shares(intent: int, found: Sequence[Candidate]) -> list[Share]:
    """Return the candidates of an intent by language, in the order of the languages' codes."""
    ordered = sorted(found, key=lambda one: one.phrase.language)
    return [Share(intent, language, tuple(own)) for language, own in groupby(ordered, lambda one: one.phrase.language)]


def most_different(
    share: Share, vectors: Callable[[], RowVectors], most: int | None, form: ExportFormat, tally: Tally
) -> Share:
    """Return a share cut to `most` phrases: the most central one, then always the one farthest from all chosen.

    What needs no cut is ordered by how often it was said. `vectors` returns those of all sentences of the run.
    """
    advised = [one for one in share.chosen if form.advised(one.phrase.text)]
    known = advised if len(advised) >= min(ENOUGH, len(share.chosen)) else list(share.chosen)
    tally.leave(share.intent, "of another length than the platform advises", len(share.chosen) - len(known))
    if most is None or len(known) <= most:
        return replace(share, chosen=tuple(sorted(known, key=lambda one: (-one.phrase.count, one.row))))
    likely = [one for one in known if one.phrase.p_intent >= LIKELY]
    pool = likely if len(likely) >= most else known
    rows = np.array([one.row for one in pool], dtype=np.int64)
    places = farthest_first(np.asarray(vectors()[rows], dtype=np.float32), most)
    tally.leave(share.intent, f"beyond {most:,} phrases of an intent", len(known) - most)
    return replace(share, chosen=tuple(pool[place] for place in places.tolist()))


def within(found: list[Share], limits: PlatformLimits, tally: Tally) -> list[Share]:
    """Return the shares that a platform takes together: fewer intents, then fewer phrases of each.

    Parameters
    ----------
    found : list of Share
        Shares to which the limits apply together, the most wanted intents first.
    limits : PlatformLimits
        The limits.
    tally : Tally
        Gets what is left out.
    """
    ids = dict.fromkeys(share.intent for share in found if share.intent != NO_INTENT_ID)
    taken = {NO_INTENT_ID, *list(ids)[: limits.intents]}
    for share in found:
        if share.intent not in taken:
            tally.leave(share.intent, f"beyond {limits.intents:,} intents, {WHAT_IT_TAKES}", len(share.chosen))
    kept = [share for share in found if share.intent in taken]
    return _fewer(_fewer(kept, limits.total_phrases, lambda _: 1, tally), limits.total_length, limits.length_of, tally)


def _fewer(found: list[Share], most: int | None, size: Callable[[str], int], tally: Tally) -> list[Share]:
    """Return the shares cut to equally many phrases, as many as fit: the first of each, then the second of each, …."""
    sizes = [[size(one.phrase.text) for one in share.chosen] for share in found]
    if most is None or sum(map(sum, sizes)) <= most:
        return found
    by_rank = np.zeros(max(map(len, sizes)), dtype=np.int64)
    for own in sizes:
        by_rank[: len(own)] += own
    n = int(np.searchsorted(by_rank.cumsum(), most, side="right"))
    for share in found:
        tally.leave(share.intent, f"beyond {most:,} in all, {WHAT_IT_TAKES}", len(share.chosen[n:]))
    return [replace(share, chosen=share.chosen[:n]) for share in found]
