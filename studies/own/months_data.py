"""Make months of a labelled set in which intents begin, end, split and merge, without a sentence in two months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix, Rows

N_MONTHS = 4
N_RARE = 3
"""Sentences of a month that a part has while it is no intent yet, or no longer: too few for a cluster worth keeping."""
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sizes:
    """How many intents do what, and how many sentences each has in a month.

    Parameters
    ----------
    n_each : int
        Sentences of an intent in a month.
    n_stable, n_moving, n_pairs : int
        Intents that are always there; that begin with each month after the first, and as many that end before it; pairs
        that split, and as many that merge.
    """

    n_each: int
    n_stable: int
    n_moving: int
    n_pairs: int = 3


@dataclass(frozen=True)
class Course:
    """Which intents are there in each month.

    Parameters
    ----------
    n_each : int
        Sentences of an intent in a month.
    stable : tuple of str
        Intents that are there in each month.
    begins, ends : tuple of tuple of str
        Intents that begin with each month after the first, and those that end before it.
    splits, merges : tuple of (str, str)
        Pairs of close intents. A pair of `splits` is one intent in the first half of the months, of the first name,
        to which the second adds `N_RARE` sentences; later both are intents. `merges` have it the other way round.
    """

    n_each: int
    stable: tuple[str, ...]
    begins: tuple[tuple[str, ...], ...]
    ends: tuple[tuple[str, ...], ...]
    splits: Pairs
    merges: Pairs

    def said(self, month: int) -> Iterator[tuple[str, str, int]]:
        """Yield which label gives how many sentences of which intent in a month, counted from 0."""
        for label in (*self.stable, *sum(self.begins[:month], ()), *sum(self.ends[month:], ())):
            yield label, label, self.n_each
        is_late = month >= N_MONTHS // 2
        for pairs, is_apart in ((self.splits, is_late), (self.merges, not is_late)):
            for one, other in pairs:
                yield one, one, self.n_each - (0 if is_apart else N_RARE)
                yield other, other if is_apart else one, self.n_each if is_apart else N_RARE

    def intents(self, month: int) -> set[str]:
        """Return the intents of a month."""
        return {intent for _, intent, _ in self.said(month)}

    def step(self, month: int) -> Step:
        """Return the truth about a month after the first, and the one before."""
        before, now, is_half = self.intents(month - 1), self.intents(month), month == N_MONTHS // 2
        splits, merges = (self.splits, self.merges) if is_half else ((), ())
        changed = {label for pair in (*splits, *merges) for label in pair}
        return Step(
            unchanged=(before & now) - changed,
            begun=now - before - changed,
            ended=before - now - changed,
            splits=splits,
            merges=merges,
        )


@dataclass(frozen=True)
class Step:
    """What truly became of the intents from a month to the next; the pairs are those of `Course`."""

    unchanged: set[str]
    begun: set[str]
    ended: set[str]
    splits: Pairs
    merges: Pairs


@dataclass(frozen=True)
class Month:
    """The rows of the sentences of a month in their set, and the intent of each."""

    rows: Rows
    gold: NDArray[np.str_]


def course_of(X: Matrix, labels: NDArray[np.str_], sizes: Sizes, seed: int) -> Course:
    """Return a random course of the labels that have enough sentences; the closest of them are the pairs."""
    counts = Counter(labels.tolist())
    enough = sorted(label for label, n in counts.items() if n >= N_MONTHS * sizes.n_each)
    pairs = closest(X, labels, enough, 2 * sizes.n_pairs)
    paired = {label for pair in pairs for label in pair}
    rng = np.random.default_rng(seed)
    free = rng.permutation([label for label in enough if label not in paired]).tolist()
    turned = [pairs[i] for i in rng.permutation(len(pairs)).tolist()]
    moving = [tuple(free[sizes.n_stable + i * sizes.n_moving :][: sizes.n_moving]) for i in range(2 * (N_MONTHS - 1))]
    return Course(
        sizes.n_each,
        tuple(free[: sizes.n_stable]),
        tuple(moving[: N_MONTHS - 1]),
        tuple(moving[N_MONTHS - 1 :]),
        tuple(turned[: sizes.n_pairs]),
        tuple(turned[sizes.n_pairs :]),
    )


def closest(X: Matrix, labels: NDArray[np.str_], names: Sequence[str], n_pairs: int) -> list[tuple[str, str]]:
    """Return pairs of labels with the largest cosine of their centroids, each label in one pair at most."""
    means = np.array([X[labels == name].mean(axis=0) for name in names])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    one, other = np.triu_indices(len(names), 1)
    found, used = list[tuple[str, str]](), set[str]()
    for place in np.argsort(-(means @ means.T)[one, other]).tolist():
        pair = names[one[place]], names[other[place]]
        if not used & set(pair):
            found.append(pair)
            used |= set(pair)
    return found[:n_pairs]


def months_of(labels: NDArray[np.str_], course: Course, seed: int) -> list[Month]:
    """Return the months of a course, with random sentences of each label."""
    rng = np.random.default_rng(seed)
    left = {label: rng.permutation(np.flatnonzero(labels == label)).tolist() for label in np.unique(labels).tolist()}
    return [_month(left, course, month) for month in range(N_MONTHS)]


def _month(left: Mapping[str, list[int]], course: Course, month: int) -> Month:
    """Return a month, and take its sentences from those that are `left`."""
    rows, gold = list[int](), list[str]()
    for label, intent, n in course.said(month):
        taken, left[label][:] = left[label][:n], left[label][n:]
        rows += taken
        gold += [intent] * len(taken)
    return Month(np.array(rows), np.array(gold))
