"""Says how new utterances differ from those that an intent had, where chance does not explain it.

Both parts are heard as new by the same decision function: the utterances of the run each as if it had not been in the
run (`dialin.taxonomy.left_out`), and the new ones as they are. So a month of the same kind differs by chance alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dialin.arrays import Floats, Ints, Labels
from dialin.score.shares import ERROR, ShareDifference, share_change

SHARE, DISTANCE, UNASSIGNED = "share", "distance", "unassigned"
"""What can change."""


@dataclass(frozen=True)
class Heard:
    """What a decision function says of n sentences, each said some times.

    Parameters
    ----------
    homes : ndarray of shape (n,), int64
        Intent of each, 0 … m − 1; −1 for none.
    near : ndarray of shape (n,), int64
        Intent of the nearest piece; −1 where there is none.
    distances : ndarray of shape (n,), float64
        Cosine distance to the centre of its intent, in [0, 2]; 0 where it has none.
    counts : ndarray of shape (n,), int64
        Utterances; 0 for a sentence that does not count.
    """

    homes: Labels
    near: Labels
    distances: Floats
    counts: Ints

    @property
    def n_utterances(self) -> int:
        """Number of utterances."""
        return int(self.counts.sum())

    @property
    def n_assigned(self) -> int:
        """Number of utterances that have an intent."""
        return int(self.counts[self.homes >= 0].sum())

    def n_in(self, intent: int) -> int:
        """Return the number of utterances of an intent."""
        return int(self.counts[self.homes == intent].sum())

    def n_outside(self, intent: int) -> int:
        """Return the number of utterances without an intent that lie nearest to this one."""
        return int(self.counts[(self.homes < 0) & (self.near == intent)].sum())

    def distances_in(self, intent: int) -> Floats:
        """Return the distance of each utterance of an intent."""
        own = self.homes == intent
        return np.repeat(self.distances[own], self.counts[own])


@dataclass(frozen=True)
class IntentDrift:
    """How the new utterances of an intent differ.

    Parameters
    ----------
    uid : str
        The intent.
    n_before, n_new : int
        Its utterances.
    share : ShareDifference
        Its share of the utterances that an intent of the run takes.
    distance_before, distance_new : float or None
        Mean cosine distance of its utterances to its centre, in [0, 2]; None without utterances.
    unassigned : ShareDifference
        Share of the utterances nearest to it that it does not take in.
    changed : tuple of str
        Which of `SHARE`, `DISTANCE` and `UNASSIGNED` chance does not explain.
    """

    uid: str
    n_before: int
    n_new: int
    share: ShareDifference
    distance_before: float | None
    distance_new: float | None
    unassigned: ShareDifference
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """How new utterances differ from those of a run.

    Parameters
    ----------
    n_before, n_new : int
        Utterances of both parts.
    unassigned : ShareDifference
        Share of the utterances that no intent takes.
    is_certain : bool
        Whether chance does not explain that difference.
    intents : tuple of IntentDrift
        Each intent of the run.
    """

    n_before: int
    n_new: int
    unassigned: ShareDifference
    is_certain: bool
    intents: tuple[IntentDrift, ...]


def drift_between(before: Heard, new: Heard, uids: Sequence[str]) -> Drift:
    """Return how new utterances differ from those of a run with these intents.

    A difference is told if its p-value, times the number of all that are asked about, is below `ERROR` (Bonferroni): so
    of twenty months in which nothing changes, one has a false alarm at most, however many intents there are. Shares are
    compared with Fisher's exact test, distances with the test of Mann and Whitney; an interval that holds 0 is never
    told. Utterances are taken as independent.
    """
    compared = _Compared(before, new, 3 * len(uids) + 1)
    unassigned = compared.shares(
        (before.n_utterances - before.n_assigned, before.n_utterances),
        (new.n_utterances - new.n_assigned, new.n_utterances),
    )
    intents = tuple(compared.intent(place, uid) for place, uid in enumerate(uids))
    return Drift(before.n_utterances, new.n_utterances, *unassigned, intents)


@dataclass(frozen=True)
class _Compared:
    """Compares two parts, with `n_tests` tests in all."""

    before: Heard
    new: Heard
    n_tests: int

    def intent(self, place: int, uid: str) -> IntentDrift:
        """Return how the new utterances of one intent differ."""
        n_before, n_new = self.before.n_in(place), self.new.n_in(place)
        share, is_other_share = self.shares((n_before, self.before.n_assigned), (n_new, self.new.n_assigned))
        out_before, out_new = self.before.n_outside(place), self.new.n_outside(place)
        unassigned, is_left = self.shares((out_before, out_before + n_before), (out_new, out_new + n_new))
        distances = self.before.distances_in(place), self.new.distances_in(place)
        told = {SHARE: is_other_share, DISTANCE: self._differ(*distances), UNASSIGNED: is_left}
        changed = tuple(name for name, is_told in told.items() if is_told)
        return IntentDrift(uid, n_before, n_new, share, _mean(distances[0]), _mean(distances[1]), unassigned, changed)

    def shares(self, before: tuple[int, int], new: tuple[int, int]) -> tuple[ShareDifference, bool]:
        """Return the difference of two shares, each of k in n, and whether chance does not explain it."""
        from scipy.stats import fisher_exact  # noqa: PLC0415  (slow to import; only an update needs it)

        change = share_change(before, new, self.n_tests)
        if not (before[1] and new[1] and change.is_certain):
            return change, False
        p = fisher_exact(np.array([[k, n - k] for k, n in (before, new)])).pvalue
        return change, self._is_told(p)

    def _differ(self, before: Floats, new: Floats) -> bool:
        """Return whether chance does not explain that one part lies farther out than the other."""
        from scipy.stats import mannwhitneyu  # noqa: PLC0415  (as above)

        if not (len(before) and len(new)):
            return False
        return self._is_told(float(mannwhitneyu(before, new).pvalue))

    def _is_told(self, p: float) -> bool:
        return bool(p * self.n_tests < ERROR)


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def drift_json(drift: Drift) -> dict[str, Any]:
    """Return the values of ``drift.json``, without names and sentences: nothing has to be forgotten in them."""
    return {
        "n_before": drift.n_before,
        "n_new": drift.n_new,
        "unassigned": asdict(drift.unassigned) | {"is_certain": drift.is_certain},
        "intents": [_intent_json(one) for one in drift.intents],
    }


def _intent_json(one: IntentDrift) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "n_before": one.n_before,
        "n_new": one.n_new,
        "share": asdict(one.share),
        "distance": {"before": one.distance_before, "after": one.distance_new},
        "unassigned": asdict(one.unassigned),
        "changed": list(one.changed),
    }
