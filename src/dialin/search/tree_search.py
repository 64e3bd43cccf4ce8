"""The tree search, which needs no k: keep each node of the dendrogram that is good while its parent is not.

`Walk` asks about the nodes around the cut that the corpus suggests, first upward and then downward. `posterior`
corrects a judge that errs by what it said about the node's relatives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dialin.arrays import Floats
from dialin.cluster.partition import Partition, TreePartition
from dialin.cluster.tree import Tree
from dialin.errors import InputError
from dialin.judge.verdict import SURE_LOG_ODDS, UNASKED_VERDICT, Verdict
from dialin.search.trial import Ask, SearchResult, Trial, tally

BATCH = 16
"""Nodes judged at a time."""


@dataclass(frozen=True)
class TreeSearch:
    """Keep a node when it is good and its parent is not, asking from one cut of the tree on, upward and downward.

    A set of sentences that is good stays good when a part is taken away: along the tree, "good" is a hidden state
    that, once reached on the way down, holds. The verdicts are evidence about those states, combined exactly
    (`posterior`), and of all sets of disjoint nodes the one is kept that holds the most sentences in whole
    intents, in expectation (`best_antichain`).

    Parameters
    ----------
    min_size : int
        Smaller nodes are neither judged nor kept.
    limits : ndarray of shape (n,), optional
        A height for each row: the nodes of that cut (`Tree.cut_below`) are judged first; None: the root.
    prior : float
        P(a node is good | its parent is not), in (0, 1).
    """

    min_size: int = 3
    limits: Floats | None = None
    prior: float = 0.5

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:  # noqa: ARG002 (protocol)
        """Judge nodes from the start on; return the best disjoint ones."""
        if not isinstance(partition, TreePartition):
            raise InputError(
                "strategy 'tree' needs a hierarchical partitioner",
                hint="use partitioner='agglomerative' or strategy='paper'",
            )
        if partition.n < self.min_size:
            return SearchResult((), (), (), 0)
        tree = partition.tree
        cut = [tree.root] if self.limits is None else tree.cut_below(self.limits).tolist()
        # Near the root every "good" is confirmed: a false one would swallow the corpus.
        walk = Walk(tree, ask, self.min_size, sure=SURE_LOG_ODDS if len(cut) > 1 else np.inf)
        walk.run(cut)
        if not walk.verdicts:
            return SearchResult((), (), (), 0, walk.capped)
        kept = best_antichain(tree, walk.verdicts, self.prior)
        judged = [(tree.members(node), verdict) for node, verdict in walk.verdicts.items()]
        return SearchResult(
            tuple(tree.members(node) for node in kept),
            tuple(Verdict.of(p, walk.verdicts[n].evidence, walk.verdicts[n].n_asked) for n, p in kept.items()),
            (tally(judged, "clusters"),),
            len(kept),
            walk.capped,
        )


def posterior(tree: Tree, verdicts: dict[int, Verdict], prior: float) -> dict[int, tuple[float, float]]:
    """Return (P(good), P(good while the parent is not)) of each judged node and of all above it, given all verdicts.

    The states form a tree-shaped hidden Markov model: good above means good below; below a bad node, `prior`.
    One pass up collects the evidence of the subtrees, one pass down turns it into probabilities.
    """
    enter, stay_out = np.log(prior), np.log1p(-prior)
    nodes = sorted({*verdicts, *ancestors(tree, verdicts)})  # children have smaller numbers than their parents
    up: dict[int, tuple[float, float]] = {}
    for node in nodes:
        below = [up[child] for child in tree.children_of(node) if child in up]
        bad = sum(float(np.logaddexp(stay_out + b, enter + g)) for b, g in below)
        own = verdicts[node].log_odds if node in verdicts else 0.0
        up[node] = (bad, own + sum(g for _, g in below))
    down: dict[int, tuple[float, float]] = {}
    for node in reversed(nodes):
        bad, good = up[node]
        above = down.get(int(tree.parent[node]), (0.0, 0.0))[0]
        first = (1 - above) / (1 + float(np.exp(np.clip(stay_out + bad - enter - good, -50, 50))))
        down[node] = (above + first, first)
    return down


def best_antichain(tree: Tree, verdicts: dict[int, Verdict], prior: float) -> dict[int, float]:
    """Return the disjoint nodes that hold most sentences in whole intents, in expectation, with their P(good).

    A node counts with size · P(it is good and its parent is not). None is kept that was not judged good itself, or that
    its relatives make less likely good than not.
    """
    chance = posterior(tree, verdicts, prior)
    best: dict[int, tuple[float, tuple[int, ...]]] = {}
    for node in sorted(chance):
        below = [best[child] for child in tree.children_of(node) if child in best]
        value, nodes = sum(v for v, _ in below), tuple(i for _, picked in below for i in picked)
        p_good, p_first = chance[node]
        own = tree.size(node) * p_first
        is_whole = own >= value and p_good >= 0.5 and node in verdicts and verdicts[node].good
        best[node] = (own, (node,)) if is_whole else (value, nodes)
    return {node: chance[node][0] for node in best[tree.root][1]}


class Walk:
    """Judges the nodes of a tree, starting from one cut, and holds the verdicts.

    Above a bad node all nodes are bad, and below a good one all are good. So a start in the middle saves the questions
    about the nodes far above it, and going down from there saves those about the nodes far below. A "good" that is not
    certain is confirmed by the parent or by the children.

    Parameters
    ----------
    tree : Tree
        The dendrogram.
    ask : callable
        Sets of rows -> verdicts.
    min_size : int
        Smaller nodes are not judged.
    sure : float
        Log-odds from which a "good" needs no confirmation.

    Attributes
    ----------
    verdicts : dict of int to Verdict
        By node; a node that a cap kept from being judged has none.
    capped : bool
        Whether a cap of the budget ended the walk.
    """

    def __init__(self, tree: Tree, ask: Ask, min_size: int, sure: float) -> None:
        self.tree, self.min_size, self.sure = tree, min_size, sure
        self.verdicts: dict[int, Verdict] = {}
        self.capped = False
        self._ask = ask

    def run(self, cut: Sequence[int]) -> None:
        """Judge the nodes of a cut, then those above and below them, until a cap of the budget is hit."""
        self._judge([node for node in cut if not self._is_small(node)])
        self._climb(cut)
        self._descend(cut)

    def _climb(self, cut: Sequence[int]) -> None:
        """Go up from the cut: judge each node whose children are all good or too small to judge."""
        above = [node for node in ancestors(self.tree, cut) if not self._is_small(node)]
        while ready := [node for node in above if node not in self.verdicts and self._is_ready(node)]:
            self._judge(ready)
            if self.capped:
                return

    def _descend(self, cut: Sequence[int]) -> None:
        """Judge the children of each node that is not settled, level by level."""
        level = [node for node in cut if node in self.verdicts]
        while not self.capped and (
            level := [child for node in level if not self._is_settled(node) for child in self._large_children(node)]
        ):
            self._judge(level)

    def _judge(self, nodes: Sequence[int]) -> None:
        for batch in (nodes[i : i + BATCH] for i in range(0, len(nodes), BATCH)):
            if self.capped:
                return
            verdicts = self._ask([self.tree.members(node) for node in batch])
            self.verdicts |= {
                n: verdict for n, verdict in zip(batch, verdicts, strict=True) if verdict is not UNASKED_VERDICT
            }
            self.capped = UNASKED_VERDICT in verdicts

    def _is_ready(self, node: int) -> bool:
        return all(self._is_small(child) or self._is_good(child) for child in self.tree.children_of(node))

    def _is_settled(self, node: int) -> bool:
        sure = self.verdicts[node].log_odds >= self.sure
        return self.verdicts[node].good and (sure or self._is_good(int(self.tree.parent[node])))

    def _is_good(self, node: int) -> bool:
        return node in self.verdicts and self.verdicts[node].good

    def _is_small(self, node: int) -> bool:
        return self.tree.size(node) < self.min_size

    def _large_children(self, node: int) -> list[int]:
        return [child for child in self.tree.children_of(node) if not self._is_small(child)]


def ancestors(tree: Tree, nodes: Iterable[int]) -> list[int]:
    """Return all nodes above some nodes, lowest first."""
    found = set[int]()
    for node in map(int, nodes):
        above = int(tree.parent[node])
        while above >= 0 and above not in found:
            found.add(above)
            above = int(tree.parent[above])
    return sorted(found)
