"""What became of each intent between two runs, with the evidence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dialin.arrays import Floats
from dialin.cluster.workers import one_blas_thread
from dialin.discover.as_before import PART
from dialin.errors import InputError
from dialin.name.catch_all import is_catch_all
from dialin.runs.run import Run
from dialin.score.shares import Count, ShareDifference, n_compared_of, share_change
from dialin.taxonomy.added import added_alone, follows
from dialin.taxonomy.flows import Flows, flows_between
from dialin.taxonomy.match import HEIR, Matching, matched
from dialin.taxonomy.snapshot import IntentSeen, Snapshot, snapshot_of

KEPT, RENAMED, GROWN, SHRUNK = "kept", "renamed", "grown", "shrunk"
SPLIT, MERGED, NEW, GONE = "split", "merged", "new", "gone"
STATES = (NEW, GONE, SPLIT, MERGED, GROWN, SHRUNK, RENAMED, KEPT)
"""All states, in the order in which people want to read of them."""


@dataclass(frozen=True)
class Proof:
    """Why two intents belong together, or did not: the fields of `Flows` for the two."""

    went: float
    came: float
    shared: int
    cosine: float


@dataclass(frozen=True)
class Change:
    """What became of one intent.

    Parameters
    ----------
    states : tuple of str
        One or more of `STATES`, in that order.
    old, new : int or None
        Its place in the older and in the newer run; None if it is not there.
    share : ShareDifference
        Its share of all utterances; of an intent that is new or gone, one of them is 0.
    related : tuple of int
        Of an intent that was split, the places of the other parts in the newer run; of a part, the place of the whole
        in the older run. Of an intent into which others were merged, their places in the older run; of one that was
        merged, the place of the whole in the newer run.
    proof : Proof or None
        The evidence for the pair, for the part and its whole; None if it is new or gone.
    put : ShareDifference or None
        Of an intent that one run lacks: its share in the other, and the share of what that one's decision function
        would put into it in this one.
    """

    states: tuple[str, ...]
    old: int | None
    new: int | None
    share: ShareDifference
    related: tuple[int, ...] = ()
    proof: Proof | None = None
    put: ShareDifference | None = None

    @property
    def is_certain(self) -> bool:
        """Whether chance does not explain the change of share, nor another cut of the same utterances.

        An intent that is new to a run may be a part of what was said before, but in another intent: then it is the
        cut that is new.
        """
        return self.share.is_certain and (self.put is None or self.put.is_certain)


@dataclass(frozen=True)
class Difference:
    """The difference between two runs.

    Parameters
    ----------
    old, new : Snapshot
        The runs.
    flows : Flows
        Where the sentences of each are in the other.
    changes : tuple of Change
        The newer intents in the order of their run, then those of the older run that are not there any more.
    unassigned : ShareDifference
        Share of the utterances that have no intent.
    is_mixed : bool
        Whether the newer run holds utterances of the older one that cannot be told apart, so that the shares look more
        alike than they are.
    """

    old: Snapshot
    new: Snapshot
    flows: Flows
    changes: tuple[Change, ...]
    unassigned: ShareDifference
    is_mixed: bool = False

    @property
    def is_update(self) -> bool:
        """Whether the newer run holds the older one, and only what it added is counted."""
        return self.new.first_row > 0

    def is_added(self, change: Change) -> bool:
        """Return whether an intent is new because an update found it among what had none, whatever its share."""
        return NEW in change.states and (self.is_update or self.seen(change).is_candidate)

    def may_be_chance(self, change: Change) -> bool:
        """Return whether an intent may be new, gone, split or merged by chance alone.

        That is so if its change is not certain (`Change.is_certain`), nor are those of its parts, or of what was merged
        into it. What an update found is new by construction.
        """
        if self.is_added(change):
            return False
        if change.states[0] not in {NEW, GONE, SPLIT, MERGED} or RENAMED in change.states:
            return False
        return not any(one.is_certain for one in (change, *self.parts(change)))

    def parts(self, change: Change) -> list[Change]:
        """Return the parts that an intent of both runs was split into, and those that were merged into it."""
        if change.old is None or change.new is None:
            return []
        split = [one for one in self.changes if one.old is None and one.related == (change.old,)]
        merged = [one for one in self.changes if one.new is None and one.related == (change.new,)]
        return split + merged

    def seen(self, change: Change) -> IntentSeen:
        """Return the intent of a change: in the newer run, or in the older one if it is gone."""
        if change.new is not None:
            return self.new.intents[change.new]
        assert change.old is not None  # an intent is in one of the runs
        return self.old.intents[change.old]

    def before(self, change: Change) -> IntentSeen | None:
        """Return the intent of a change in the older run; None if it was not there."""
        return None if change.old is None else self.old.intents[change.old]

    def relatives(self, change: Change) -> list[IntentSeen]:
        """Return the intents that a change is related to."""
        in_new = (SPLIT in change.states and change.old is not None) or change.new is None
        return [(self.new if in_new else self.old).intents[place] for place in change.related]


@one_blas_thread()
def difference_of_runs(old: Run, new: Run) -> Difference:
    """Return the difference between two runs, each as its last review left it.

    If the newer run is an update that holds the older one, only what it added is counted.

    Raises
    ------
    InputError
        The runs have different embedders, so no sentence of one has a place in the other; or one has no result yet.
    """
    if old.manifest.embedder != new.manifest.embedder:
        raise InputError(
            f"{old.folder} was made with the embedder {old.manifest.embedder}, but {new.folder} with "
            f"{new.manifest.embedder}",
            hint=f"make the second run again with: --since {old.folder}",
        )
    found = difference(snapshot_of(old), added_alone(snapshot_of(new), new, old))
    return replace(found, is_mixed=not found.is_update and follows(new, old))


def difference(old: Snapshot, new: Snapshot) -> Difference:
    """Return the difference between two runs of the same embedder; intents with the same uid are the same."""
    return difference_by(old, new, flows_between(old, new))


def difference_by(old: Snapshot, new: Snapshot, flows: Flows) -> Difference:
    """Return the difference between two runs by what went where; intents with the same uid are the same."""
    uids = {intent.uid: place for place, intent in enumerate(new.intents) if intent.uid}
    bound = {place: uids[intent.uid] for place, intent in enumerate(old.intents) if intent.uid in uids}
    matching = matched(flows, bound)
    again = same_named(old, new, flows, matching)
    matching = matched(flows, bound | again) if again else matching
    made = _Changes(old, new, flows, matching)
    newer = [made.newer(place) for place in range(len(new.intents))]
    older = [made.older(place) for place in range(len(old.intents)) if place not in matching.same]
    unassigned = share_change((old.unassigned, old.n_occurrences), (new.unassigned, new.n_occurrences))
    return Difference(old, new, flows, (*newer, *older), unassigned)


def same_named(old: Snapshot, new: Snapshot, flows: Flows, matching: Matching) -> dict[int, int]:
    """Return the pairs of one name, neither of which is found in the other run, though a part of one goes to the other.

    A name comes from what people say. So if most of an intent went elsewhere, but what bears its name is partly made of
    it, that is the intent. A name that tells no need, such as "various-requests-2", is no such sign.
    """
    names = {one.name.casefold(): place for place, one in enumerate(new.intents) if place not in matching.same.values()}
    found = {
        place: names[one.name.casefold()]
        for place, one in enumerate(old.intents)
        if place not in matching.same and one.name.casefold() in names and not is_catch_all(one.name)
    }
    return {a: b for a, b in found.items() if max(flows.went[a, b], flows.came[a, b]) >= PART}


@dataclass(frozen=True)
class _Changes:
    """Makes the changes of two runs from their matching."""

    old: Snapshot
    new: Snapshot
    flows: Flows
    matching: Matching

    @cached_property
    def _n_compared(self) -> float:
        same = self.matching.same
        added = [(None, new) for new in range(len(self.new.intents)) if new not in set(same.values())]
        lost = [(old, None) for old in range(len(self.old.intents)) if old not in same]
        return n_compared_of([self._counts(old, new) for old, new in (*same.items(), *added, *lost)])

    def _counts(self, old: int | None, new: int | None) -> tuple[Count, Count]:
        """Return how many utterances an intent has of how many, before and now."""
        before = 0 if old is None else self.old.intents[old].n_occurrences
        after = 0 if new is None else self.new.intents[new].n_occurrences
        return (before, self.old.n_occurrences), (after, self.new.n_occurrences)

    def newer(self, new: int) -> Change:
        """Return what the intent at a place in the newer run was before."""
        old = next((old for old, place in self.matching.same.items() if place == new), None)
        if old is not None:
            return self._same(old, new)
        whole = self.matching.split.get(new)
        share = self._share(None, new)
        if whole is None:
            return Change((NEW,), None, new, share, put=self._put(None, new))
        return Change((SPLIT,), None, new, share, (whole,), self._proof(whole, new), self._put(None, new))

    def older(self, old: int) -> Change:
        """Return what became of the intent at a place in the older run, of which the newer one has none."""
        whole, share = self.matching.merged.get(old), self._share(old, None)
        if whole is None:
            return Change((GONE,), old, None, share, put=self._put(old, None))
        return Change((MERGED,), old, None, share, (whole,), self._proof(old, whole), self._put(old, None))

    def _same(self, old: int, new: int) -> Change:
        parts = tuple(part for part, whole in self.matching.split.items() if whole == old)
        merged = tuple(part for part, whole in self.matching.merged.items() if whole == new)
        share = self._share(old, new)
        has = {
            SPLIT: bool(parts),
            MERGED: bool(merged),
            GROWN: share.low > 0,
            SHRUNK: share.high < 0,
            RENAMED: self.old.intents[old].name != self.new.intents[new].name,
        }
        states = tuple(state for state in STATES if has.get(state)) or (KEPT,)
        return Change(states, old, new, share, parts or merged, self._proof(old, new))

    def _share(self, old: int | None, new: int | None) -> ShareDifference:
        return share_change(*self._counts(old, new), self._n_compared)

    def _put(self, old: int | None, new: int | None) -> ShareDifference:
        """Return the difference for an intent of one run if the other's utterances are put where it has them.

        Of an intent of the other run, only a part that is no border case counts: what has no home there goes anywhere.
        """
        before, after = self._counts(old, new)
        if new is not None:
            before = _put_together(self.flows.went[:, new], self.old), before[1]
        if old is not None:
            after = _put_together(self.flows.came[old], self.new), after[1]
        return share_change(before, after, self._n_compared)

    def _proof(self, old: int, new: int) -> Proof:
        flows = self.flows
        went, came, cosine = (float(values[old, new]) for values in (flows.went, flows.came, flows.cosine))
        return Proof(round(went, 4), round(came, 4), int(flows.shared[old, new]), round(cosine, 4))


def _put_together(shares: Floats, seen: Snapshot) -> int:
    """Return the number of utterances in these shares of the intents of a run, without those below `HEIR`."""
    said = np.array([intent.n_occurrences for intent in seen.intents])
    return round(float((shares * (shares >= HEIR)) @ said))


def change_json(difference: Difference, change: Change) -> dict[str, Any]:
    """Return a change as plain values, without any text that was said."""
    before, share = difference.before(change), change.share
    return {
        "uid": difference.seen(change).uid,
        "states": list(change.states),
        "before": before.uid if before else None,
        "related": [one.uid for one in difference.relatives(change)],
        "share": {"before": share.before, "after": share.after, "low": share.low, "high": share.high},
        "proof": asdict(change.proof) if change.proof else None,
    }
