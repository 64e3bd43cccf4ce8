"""How one round cuts the dendrogram: the paper's search for one k, and the tree search that needs no k.

`KSearch` is the paper's (Algorithm 1): partition into k clusters for every candidate k, judge them all, keep the good
ones at the k with the best ratio good / (bad + 1). `TreeSearch` asks about the nodes of the tree around the cut that
the corpus suggests (`dialin.search.walk`), and keeps each that is good while its parent is not; a judge that errs is
corrected by the node's relatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dialin.cluster.partition import Partition, TreePartition
from dialin.cluster.tree import Tree
from dialin.errors import BudgetError, InputError
from dialin.judge.coherence import SURE_LOG_ODDS, Coherence, Rows, Verdict
from dialin.llm.base import LLM, Prompt
from dialin.prompts import load
from dialin.search.walk import Ask, Walk, ancestors

Unit = Literal["sentences", "clusters"]


@dataclass(frozen=True)
class Trial:
    """One line of the search log: what k clusters were worth.

    Parameters
    ----------
    k : int
        Number of clusters tried.
    good, bad, unreadable : int
        Sentences (or clusters, as the unit says) judged so.
    """

    k: int
    good: int
    bad: int
    unreadable: int = 0

    @property
    def ratio(self) -> float:
        """The paper's criterion; what could not be read does not count as good, nor as bad."""
        return self.good / (self.bad + 1)


@dataclass(frozen=True)
class SearchResult:
    """What a search took out of one partition.

    Parameters
    ----------
    clusters : tuple of ndarray
        Rows of each kept cluster; disjoint.
    verdicts : tuple of Verdict
        One per kept cluster.
    trials : tuple of Trial
        The log, in the order tried.
    best_k : int
        The k chosen; for a tree search, the number of clusters kept.
    capped : bool
        Whether a cap of the budget ended the asking: then this is the best of what was judged.
    """

    clusters: tuple[Rows, ...]
    verdicts: tuple[Verdict, ...]
    trials: tuple[Trial, ...]
    best_k: int
    capped: bool = False


class Search(Protocol):
    """Takes the coherent clusters out of one partition."""

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:
        """Return what is worth keeping; `log` holds the trials of the earlier rounds."""
        ...


def default_min_size(n: int) -> int:
    """Return the smallest cluster worth a name among n sentences: √n / 8, at least 4.

    A bot or a report has no use for an intent of two sentences, and with pieces of any size allowed the paper's
    criterion runs to the largest k offered.
    """
    return max(4, round(float(np.sqrt(n)) / 8))


def default_candidates(n: int, min_size: int) -> tuple[int, ...]:
    """Return the k to try on n sentences: five values, evenly spaced in log, up to n / (4 · min_size).

    Four times the minimum is the mean size of the finest cut, which keeps most of the pieces above it.

    Examples
    --------
    >>> default_candidates(3000, 5)
    (9, 19, 38, 75, 150)
    """
    largest = max(2, n // (4 * min_size))
    return tuple(sorted({max(2, round(largest / 2**i)) for i in range(5)}))


def judge_cut(labels: NDArray[np.int64], ask: Ask, min_size: int) -> list[tuple[Rows, Verdict]]:
    """Judge every cluster of a cut; what is smaller than `min_size` is bad without a question."""
    order = np.argsort(labels, kind="stable")
    clusters = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    large = [rows for rows in clusters if len(rows) >= min_size]
    verdicts = iter(ask(large))
    small = Verdict(0.0, Coherence.BAD, "size")
    return [(rows, next(verdicts) if len(rows) >= min_size else small) for rows in clusters]


def tally(judged: list[tuple[Rows, Verdict]], unit: Unit) -> Trial:
    """Count good, bad and unreadable of one cut, in sentences or clusters (paper: Table 16 and its text)."""
    weight = {c: sum(len(r) if unit == "sentences" else 1 for r, v in judged if v.coherence is c) for c in Coherence}
    return Trial(len(judged), weight[Coherence.GOOD], weight[Coherence.BAD], weight[Coherence.UNREADABLE])


@dataclass(frozen=True)
class KSearch:
    """The paper's search: the best of several k, one for the whole round.

    Parameters
    ----------
    candidates : tuple of int, optional
        The search space N; by default `default_candidates` of what is left.
    unit : {"sentences", "clusters"}
        What good and bad count.
    min_size : int
        Smaller clusters are never good.
    prune : callable, optional
        ``prune(log, candidates, n_rest)`` returns the candidates to try, from the log of earlier rounds.
    """

    candidates: tuple[int, ...] = ()
    unit: Unit = "sentences"
    min_size: int = 3
    prune: Callable[[Sequence[Trial], Sequence[int], int], Sequence[int]] | None = None

    def __call__(self, partition: Partition, ask: Ask, log: Sequence[Trial]) -> SearchResult:
        """Judge the cut at every candidate k and keep the good clusters of the best."""
        cuts, capped = dict[int, list[tuple[Rows, Verdict]]](), False
        try:
            for k in self._space(partition.n, log):
                cuts[k] = judge_cut(partition.cut(k), ask, self.min_size)
        except BudgetError:
            capped = True
        trials = {k: tally(judged, self.unit) for k, judged in cuts.items()}
        best = max(trials, key=lambda k: (trials[k].ratio, -k), default=0)
        kept = [(rows, verdict) for rows, verdict in cuts.get(best, []) if verdict.good]
        return SearchResult(tuple(r for r, _ in kept), tuple(v for _, v in kept), tuple(trials.values()), best, capped)

    def _space(self, n: int, log: Sequence[Trial]) -> list[int]:
        space = [k for k in self.candidates if k <= n] or list(default_candidates(n, self.min_size))
        if self.prune is not None and log:
            space = list(self.prune(log, space, n)) or space
        return sorted(set(space))


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
        Smaller nodes are neither asked about nor kept.
    start : float, optional
        Height of the cut whose nodes are asked about first (`Tree.cut_at`); None: the root.
    prior : float
        P(a node is good | its parent is not), in (0, 1).
    """

    min_size: int = 3
    start: float | None = None
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
        cut = [tree.root] if self.start is None else tree.cut_at(self.start).tolist()
        # Near the root every "good" is confirmed: a false one would swallow the corpus.
        walk = Walk(tree, ask, self.min_size, sure=SURE_LOG_ODDS if len(cut) > 1 else np.inf)
        capped = walk.run(cut)
        if not walk.verdicts:
            return SearchResult((), (), (), 0, capped)
        kept = best_antichain(tree, walk.verdicts, self.prior)
        judged = [(tree.members(node), verdict) for node, verdict in walk.verdicts.items()]
        return SearchResult(
            tuple(tree.members(node) for node in kept),
            tuple(Verdict.of(p, walk.verdicts[n].evidence, walk.verdicts[n].n_asked) for n, p in kept.items()),
            (tally(judged, "clusters"),),
            len(kept),
            capped,
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


def build_prune_prompt(log: Sequence[Trial], candidates: Sequence[int], n_rest: int) -> Prompt:
    """Return the question which k to try next, from the log of earlier rounds (paper §3.2)."""
    lines = [f"k={t.k} good={t.good} bad={t.bad} ratio={t.ratio:.2f}" for t in log]
    return load("prune", "en").prompt(
        log="; ".join(lines), n_rest=str(n_rest), candidates=", ".join(map(str, candidates))
    )


def parse_pruned(reply: str, candidates: Sequence[int], top: int = 5) -> list[int]:
    """Return the first `top` distinct candidates named in a reply, in its order; others are ignored.

    Examples
    --------
    >>> parse_pruned("24, 16, 99, 24 and 8", [8, 16, 24])
    [24, 16, 8]
    """
    named = dict.fromkeys(int(number) for number in re.findall(r"(?<![\d.])\d{1,9}(?![\d.]\d)", reply))
    return [k for k in named if k in set(candidates)][:top]


def prune_with(llm: LLM, top: int = 5) -> Callable[[Sequence[Trial], Sequence[int], int], list[int]]:
    """Return a pruner that asks `llm` for the `top` most promising candidates."""

    def prune(log: Sequence[Trial], candidates: Sequence[int], n_rest: int) -> list[int]:
        reply = llm.complete([build_prune_prompt(log, candidates, n_rest)], max_tokens=32)[0]
        return parse_pruned(reply, candidates, top)

    return prune
