"""Score what a method says became of the intents from one month to the next.

Each score is a pair of counts, right and of how many, so that those of several months can be added.

kept : sentences of unchanged intents whose intent has mostly the same uid as in the month before.
same : sentences of unchanged intents that have a uid, and it is the one that most of their intent had the month before.
together : the same without identity: those that have the uid that most of their intent has in this month. Where an
    intent was found in pieces, "same" cannot be above it.
assigned : sentences of unchanged intents that have a uid.
new_precision : uids told as new that are mostly an intent that was not there: one that began, or was split off.
new_recall : intents that began, with at least half of their sentences in uids told as new.
gone_precision, gone_recall : the same about uids told as gone, whose sentences are those of the month before.
split, merged : pairs that split (merged), whose second part is told as split from (merged into) the first.
split_as_new : pairs that split, whose second part is told as new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studies.own.months_data import Step

Score = tuple[int, int]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Seen:
    """What a method says about the sentences of a month.

    Parameters
    ----------
    gold : ndarray of shape (n,)
        The true intent of each sentence.
    uids : ndarray of shape (n,)
        The identity of the intent it was given; "" for none.
    new, gone : set of str
        Uids told as new, and uids of the month before told as gone.
    split, merged : mapping of str to str
        The uid from which each part was split, and the one into which each uid of the month before was merged.
    """

    gold: Strings
    uids: Strings
    new: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    split: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)

    @property
    def usual(self) -> dict[str, str]:
        """The uid that most sentences of each true intent have; "" if none has one."""
        return {label: _most(self.uids[self.gold == label]) for label in np.unique(self.gold).tolist()}

    @property
    def meaning(self) -> dict[str, str]:
        """The true intent of most sentences of each uid."""
        return {uid: _most(self.gold[self.uids == uid]) for uid in np.unique(self.uids).tolist() if uid}


def _most(values: Strings) -> str:
    """Return the most frequent value that is not "", the first of the alphabet among equals; "" if there is none."""
    counts = Counter(value for value in values.tolist() if value)
    return min(counts, key=lambda value: (-counts[value], value), default="")


def scores(before: Seen, now: Seen, step: Step) -> dict[str, Score]:
    """Return the scores of a month."""
    return stability(before, now, step) | news(now, step) | losses(before, now, step) | pairs(before, now, step)


def stability(before: Seen, now: Seen, step: Step) -> dict[str, Score]:
    """Return how well identity lasted."""
    then, usual = before.usual, now.usual
    is_unchanged = np.isin(now.gold, sorted(step.unchanged))
    gold, uids = now.gold[is_unchanged].tolist(), now.uids[is_unchanged].tolist()
    n_assigned = sum(bool(uid) for uid in uids)
    both = list(zip(gold, uids, strict=True))
    return {
        "kept": (sum(bool(then[label]) and then[label] == usual[label] for label in gold), len(gold)),
        "same": (sum(bool(uid) and then[label] == uid for label, uid in both), n_assigned),
        "together": (sum(bool(uid) and usual[label] == uid for label, uid in both), n_assigned),
        "assigned": (n_assigned, len(gold)),
    }


def news(now: Seen, step: Step) -> dict[str, Score]:
    """Return precision and recall of the new intents."""
    fresh = step.begun | {other for _, other in step.splits}
    right = sum(now.meaning.get(uid) in fresh for uid in now.new)
    return {"new_precision": (right, len(now.new)), "new_recall": (_found(now, now.new, step.begun), len(step.begun))}


def losses(before: Seen, now: Seen, step: Step) -> dict[str, Score]:
    """Return precision and recall of the intents that are gone."""
    lost = step.ended | {other for _, other in step.merges}
    right = sum(before.meaning.get(uid) in lost for uid in now.gone)
    found = _found(before, now.gone, step.ended)
    return {"gone_precision": (right, len(now.gone)), "gone_recall": (found, len(step.ended))}


def _found(seen: Seen, uids: set[str], labels: set[str]) -> int:
    """Return how many of these true intents have at least half of their sentences in these uids."""
    inside = np.isin(seen.uids, sorted(uids)) if uids else np.zeros(len(seen.uids), bool)
    return sum(bool(inside[seen.gold == label].mean() >= 0.5) for label in labels)


def pairs(before: Seen, now: Seen, step: Step) -> dict[str, Score]:
    """Return how many of the pairs were told as split and as merged."""
    then, usual = before.usual, now.usual
    split = sum(now.split.get(usual[other]) == then[one] != "" for one, other in step.splits)
    fresh = sum(usual[other] in now.new for _, other in step.splits)
    merged = sum(now.merged.get(then[other]) == usual[one] != "" for one, other in step.merges)
    n_split, n_merged = len(step.splits), len(step.merges)
    return {"split": (split, n_split), "split_as_new": (fresh, n_split), "merged": (merged, n_merged)}


def total(rows: list[dict[str, Score]]) -> dict[str, float | None]:
    """Return the share that is right of each score, over all rows; None where there was nothing to be right about."""
    found = dict[str, float | None]()
    for name in rows[0]:
        right, of = (sum(row[name][i] for row in rows) for i in (0, 1))
        found[name] = round(right / of, 4) if of else None
    return found
