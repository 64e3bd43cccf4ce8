"""Finds groups of sentences that were said in the newer of two parts, and hardly in the earlier one.

The parts are clustered together, so that a group is close by itself, whichever intents its sentences are in. In each
node of the trees, the newer utterances are counted against those of the intents around: what these intents have beside
the node. So an intent that is said more often than before is no new group, unless what is said in it is another thing.

Whether chance explains a group is found by a permutation test: which dialogues are new is drawn again and again, and
the best node of all trees is compared with the best of each draw. So however many nodes there are, one in 40 pairs of
parts of the same kind has a group at most, and a long dialogue about one thing proves no more than its draw does.
Kulldorff et al. (2003), "A tree-based scan statistic for database disease surveillance", Biometrics 59, count in a tree
in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dialin.arrays import Bools, Floats, Ints, Labels, Rows
from dialin.cluster.neighbours import chunks
from dialin.cluster.tree import Tree
from dialin.judge.known import MOST_STRANGE
from dialin.score.shares import ERROR

MOST_P = ERROR / 2
"""Largest p of a group that is told. Drift is told up to `ERROR`; people are asked to act on a group, so half of it."""
N_DRAWS = 999
"""Draws of which dialogues are new: p is at least 0.001."""
DRAWS_AT_ONCE = 50
"""Draws that are counted at once; no result depends on it."""


@dataclass(frozen=True, eq=False)
class Said:
    """The m utterances of n sentences, in both parts.

    Parameters
    ----------
    sentences : ndarray of shape (m,), int64
        Sentence of each utterance, 0 … n − 1.
    dialogues : ndarray of shape (m,), int64
        Dialogue of each utterance, from 0.
    is_new : ndarray of shape (n_dialogues,), bool
        Whether each dialogue is of the newer part.
    """

    sentences: Rows
    dialogues: Labels
    is_new: Bools

    def n_each(self, n: int) -> Ints:
        """Return how often each of the n sentences is said."""
        return np.bincount(self.sentences, minlength=n).astype(np.int64)

    def by_dialogue(self, n: int) -> csr_array:
        """Return how often each sentence is said in each dialogue, shape (n, n_dialogues)."""
        shape = n, len(self.is_new)
        return csr_array((np.ones(len(self.sentences)), (self.sentences, self.dialogues)), shape=shape)


@dataclass(frozen=True, eq=False)
class NewGroup:
    """A group of sentences that were hardly said before.

    Parameters
    ----------
    rows : ndarray of shape (k,), int64
        Its sentences, ascending.
    n_new, n_old : int
        Its utterances in the newer and in the earlier part.
    p : float
        Probability of a group as good as this one if nothing changed, in (0, 1].
    """

    rows: Rows
    n_new: int
    n_old: int
    p: float


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of some trees that are large enough, as spans of one order of all n sentences.

    Parameters
    ----------
    order : ndarray of shape (n,), int64
        The sentences, those of a node side by side.
    start, end : ndarrays of shape (n_nodes,), int64
        The span of each node.
    """

    order: Rows
    start: Rows
    end: Rows

    @classmethod
    def of(cls, trees: Sequence[tuple[Tree, Rows]], least: int) -> Nodes:
        """Return the nodes of at least so many sentences, of trees that are each given with the rows that it is of."""
        order, starts, ends, offset = list[Rows](), list[Rows](), list[Rows](), 0
        for tree, rows in trees:
            is_large = tree.end - tree.start >= max(least, 1)
            order.append(rows[tree.rows])
            starts.append(tree.start[is_large] + offset)
            ends.append(tree.end[is_large] + offset)
            offset += len(rows)
        return cls(*(np.concatenate([np.zeros(0, np.int64), *parts]) for parts in (order, starts, ends)))

    def totals(self, counts: Floats) -> Floats:
        """Return the sum of the counts (n, n_draws) of the sentences of each node, shape (n_nodes, n_draws)."""
        sums = np.concatenate([np.zeros((1, counts.shape[1])), counts[self.order].cumsum(axis=0)])
        return np.asarray(sums[self.end] - sums[self.start])

    def touches(self, homes: Labels) -> csr_array:
        """Return a 1 for each node and each intent that some of its sentences are in; those of none touch nothing."""
        known = np.unique(homes[homes >= 0])
        is_in = self.totals((homes[:, None] == known[None, :]).astype(np.float64)) > 0
        found = csr_array((len(self.start), int(homes.max(initial=-1)) + 1))
        nodes, places = np.nonzero(is_in)
        return csr_array((np.ones(len(nodes)), (nodes, known[places])), shape=found.shape)


def new_groups(nodes: Nodes, said: Said, homes: Labels, seed: int = 0) -> list[NewGroup]:
    """Return the groups that chance does not explain, none of which shares a sentence with another; the best first.

    Parameters
    ----------
    nodes : Nodes
        The nodes of the trees of n sentences.
    said : Said
        What was said in both parts.
    homes : ndarray of shape (n,), int64
        Intent that each sentence is in, or is nearest to; −1 for none.
    seed : int
        Seed of the draws.
    """
    if not len(nodes.start) or said.is_new.all() or not said.is_new.any():
        return []
    counting = _Counting(nodes, said, homes)
    found = counting.surprise(said.is_new[:, None])[:, 0]
    best = np.sort(np.concatenate([counting.surprise(drawn).max(axis=0) for drawn in _draws(said.is_new, seed)]))
    p = (1 + len(best) - np.searchsorted(best, found)) / (1 + len(best))
    return [counting.group(node, float(p[node])) for node in _apart(nodes, found, (found > 0) & (p <= MOST_P))]


def _draws(is_new: Bools, seed: int) -> Iterator[Bools]:
    """Yield draws of which dialogues are new, as many as there are, each part of shape (n_dialogues, n_draws)."""
    rng = np.random.default_rng(seed)
    for part in chunks(N_DRAWS, DRAWS_AT_ONCE):
        yield np.stack([rng.permutation(is_new) for _ in range(part.start, part.stop)], axis=1)


def _apart(nodes: Nodes, found: Floats, is_told: Bools) -> list[int]:
    """Return the nodes to tell, the most surprising first, without those that share a sentence with one before."""
    is_taken, kept = np.zeros(len(nodes.order), dtype=np.bool_), list[int]()
    told = np.flatnonzero(is_told)
    for node in told[np.argsort(-found[told], kind="stable")].tolist():
        span = slice(nodes.start[node], nodes.end[node])
        if not is_taken[span].any():
            is_taken[span] = True
            kept.append(node)
    return kept


class _Counting:
    """Counts new utterances in the nodes, and in the intents around them.

    Parameters
    ----------
    nodes, said, homes
        As for `new_groups`.
    """

    def __init__(self, nodes: Nodes, said: Said, homes: Labels) -> None:
        n = len(homes)
        self.nodes, self.said, self.rate = nodes, said, float(said.is_new[said.dialogues].mean())
        self.by_dialogue, self.touches = said.by_dialogue(n), nodes.touches(homes)
        of = np.flatnonzero(homes >= 0)
        self.by_intent = csr_array((np.ones(len(of)), (homes[of], of)), shape=(self.touches.shape[1], n))
        self.n, self.n_around = self._counts(said.n_each(n)[:, None].astype(np.float64))

    def _counts(self, counts: Floats) -> tuple[Floats, Floats]:
        """Return the sums of counts (n, n_draws) in each node, and in its intents beside it."""
        own = self.nodes.totals(counts)
        return own, np.maximum(self.touches @ (self.by_intent @ counts) - own, 0.0)

    def surprise(self, is_new: Bools) -> Floats:
        """Return how much better two shares explain each node and its surroundings than one, if `is_new` are new.

        It is a log-likelihood ratio, in nats: 0 if the share of new utterances is no larger in the node than around
        it, or if more of the node was said before than a set may hold of other sentences. One utterance, as new as all
        are on average, is added to the surroundings.

        Parameters
        ----------
        is_new : ndarray of shape (n_dialogues, n_draws), bool
            Draws of which dialogues are new.
        """
        new, new_around = self._counts(np.asarray(self.by_dialogue @ is_new.astype(np.float64)))
        return surprise(new, self.n, new_around + self.rate, self.n_around + 1)

    def group(self, node: int, p: float) -> NewGroup:
        """Return a node as a group."""
        rows = np.sort(self.nodes.order[self.nodes.start[node] : self.nodes.end[node]])
        new = self.said.is_new[self.said.dialogues[np.isin(self.said.sentences, rows)]]
        return NewGroup(rows, int(new.sum()), int((~new).sum()), p)


def surprise(new: Floats, n: Floats, new_around: Floats, n_around: Floats) -> Floats:
    """Return the log-likelihood ratio of two shares against one, where the first is larger and nearly all is new.

    Examples
    --------
    Four of four are new, and of four around none is: 8 · log 2, since one share would be a half. If one of five is old,
    that is more than a tenth.

    >>> new, n, zero, four = np.array([4.0, 4.0]), np.array([4.0, 5.0]), np.zeros(2), np.full(2, 4.0)
    >>> (surprise(new, n, zero, four) / np.log(2)).round(6).tolist()
    [8.0, 0.0]
    """
    apart = _log_likelihood(new, n) + _log_likelihood(new_around, n_around)
    together = _log_likelihood(new + new_around, n + n_around)
    is_new_thing = (new * n_around > new_around * n) & (n - new <= MOST_STRANGE * n)
    return np.asarray(np.where(is_new_thing, apart - together, 0.0))


def _log_likelihood(k: Floats, n: Floats) -> Floats:
    """Return the largest log-likelihood of k in n, over all shares."""
    return np.asarray(_times_log(k, k / n) + _times_log(n - k, 1 - k / n))


def _times_log(k: Floats, share: Floats) -> Floats:
    return np.asarray(k * np.log(np.where(share > 0, share, 1.0)))
