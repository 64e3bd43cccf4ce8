"""Make clusters like those in a run from labelled and embedded sentences, with pure functions on arrays.

There are three kinds: nodes of Ward trees and clusters of k-means at many k, both from samples of several sizes, and
gold clusters with foreign sentences mixed in, preferably near ones (the paper's perturbations). Purity decides between
good and bad; clusters between the two limits are left out. Each kind has as many good clusters as bad ones, spread
over sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from dialin.arrays import Matrix, Rows
from dialin.cluster.partition import Agglomerative, KMeans
from dialin.errors import InputError
from dialin.judge.calibration import Geometry, geometry_of
from dialin.tune.balance import even_shares, spread_over_sizes

KINDS = ("tree", "kmeans", "mixed")
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""Shares of foreign sentences to mix into gold clusters."""
NEIGHBOUR_FACTORS = (1, 3, 10)
"""Foreign sentences are drawn from the nearest 1, 3 or 10 times as many as needed."""
N_CUTS = 8
"""Number of values of k for k-means, evenly spaced in log k."""


@dataclass(frozen=True)
class Recipe:
    """Settings for making training clusters.

    Parameters
    ----------
    good, bad : float
        A cluster is good at a purity >= `good` and bad at a purity <= `bad`; 0 < bad < good <= 1.
    n : int
        Number of clusters, good and bad together.
    min_size, max_size : int
        Limits on the sentences of a cluster.
    seed : int
        Seed of everything random.
    kinds : tuple of {"tree", "kmeans", "mixed"}
        Kinds of clusters.
    parts : tuple of int
        Sizes of the samples of the corpus to cluster; a larger size than the corpus takes all of it.
    n_seeds : int
        Number of samples of each size.
    n_shown : int
        Sentences of a cluster that a judge reads, 2 to 20. Use the number it will read at inference.
    """

    good: float = 0.9
    bad: float = 0.7
    n: int = 2_000
    min_size: int = 4
    max_size: int = 400
    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    parts: tuple[int, ...] = (4_500, 1_500, 500)
    n_seeds: int = 2
    n_shown: int = 20

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good <= 1:
            raise InputError(f"purity limits must be 0 < bad < good <= 1, got bad {self.bad}, good {self.good}")
        if self.n < 2:
            raise InputError(f"at least 2 clusters are needed, a good and a bad one, got {self.n}")
        if not 2 <= self.min_size <= self.max_size:
            raise InputError(f"sizes must be 2 <= min_size <= max_size, got {self.min_size}, {self.max_size}")
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise InputError(f"kinds must be some of {', '.join(KINDS)}, got {', '.join(self.kinds) or 'none'}")
        if not 2 <= self.n_shown <= 20:
            raise InputError(f"a judge must be shown 2 to 20 sentences, got {self.n_shown}")
        if self.seed < 0:
            raise InputError(f"seed must be 0 or more, got {self.seed}")
        if self.n_seeds < 1 or min(self.parts, default=0) < 1:
            raise InputError(f"n_seeds and parts must be at least 1, got n_seeds {self.n_seeds}, parts {self.parts}")


@dataclass(frozen=True)
class LabelledCluster:
    """A cluster with a known answer.

    Parameters
    ----------
    rows : tuple of int
        Sentences of the cluster, ascending.
    kind : str
        "tree", "kmeans" or "mixed"; "review" if a person decided.
    k : int
        Number of clusters in the coarsest cut that contains it; for "mixed", number of intents in the sample.
    n : int
        Number of sentences in the sample that was clustered.
    seed : int
        Seed of the sample.
    purity : float
        Share of the most frequent label; nan if a person decided.
    good : bool
        Whether the cluster is one intent.
    label : str
        Most frequent label; in a tie, the first in alphabetical order.
    geometry : Geometry
        Closeness of the sentences, relative to two random sentences of the sample.
    """

    rows: tuple[int, ...]
    kind: str
    k: int
    n: int
    seed: int
    purity: float
    good: bool
    label: str
    geometry: Geometry


@dataclass(frozen=True, eq=False)
class _Part:
    """A sample of the corpus: rows (n,), ascending; embeddings (n, d); label codes (n,); seed; mean pairwise cosine."""

    rows: Rows
    X: Matrix
    codes: Rows
    seed: int
    base: float


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A cluster of a sample before its geometry is measured; `rows` index the sample."""

    part: _Part
    rows: Rows
    kind: str
    k: int
    code: int
    purity: float

    @property
    def key(self) -> bytes:
        return self.part.rows[self.rows].tobytes()


def training_clusters(X: Matrix, labels: Sequence[str | None], recipe: Recipe) -> list[LabelledCluster]:
    """Return distinct clusters of labelled sentences, with as many good as bad ones of each kind.

    The result has fewer than `Recipe.n` clusters if the corpus does not yield more.

    Parameters
    ----------
    X : float32 array of shape (n, d)
        Unit-norm embeddings.
    labels : sequence of str or None, n
        Intent of each sentence; None: no intent, so the sentence agrees with no other.
    recipe : Recipe
        Settings of the clusters.

    Raises
    ------
    InputError
        No kind has both a good and a bad cluster.
    """
    names, codes = coded(labels)
    found = dict[bytes, _Candidate]()
    for part in _parts(X, codes, recipe):
        for candidate in _candidates(part, recipe, len(names)):
            found.setdefault(candidate.key, candidate)
    return [_labelled(candidate, names, recipe) for candidate in _balanced(list(found.values()), recipe)]


def coded(labels: Sequence[str | None]) -> tuple[list[str], Rows]:
    """Return the sorted names, and the code of each label; each None gets its own code, after those of the names.

    Examples
    --------
    >>> coded(["b", None, "a", "b", None])
    (['a', 'b'], array([1, 2, 0, 1, 3]))
    """
    names = sorted({label for label in labels if label is not None})
    code = {name: i for i, name in enumerate(names)}
    beyond = count(len(names))
    return names, np.array([next(beyond) if x is None else code[x] for x in labels], dtype=np.int64)


# --- candidates -----------------------------------------------------------------------------------


def _parts(X: Matrix, codes: Rows, recipe: Recipe) -> Iterator[_Part]:
    n = len(X)
    for size in dict.fromkeys(min(size, n) for size in recipe.parts):
        for seed in range(recipe.seed, recipe.seed + (1 if size == n else recipe.n_seeds)):
            rows = np.sort(np.random.default_rng([seed, size]).choice(n, size, replace=False)).astype(np.int64)
            yield _Part(rows, X[rows], codes[rows], seed, geometry_of(X[rows]).base)


def _candidates(part: _Part, recipe: Recipe, n_names: int) -> Iterator[_Candidate]:
    """Yield the clusters of a sample that are clearly good or bad and neither too small nor too large."""
    for kind in recipe.kinds:
        for rows, k in _made(kind, part, recipe, n_names):
            if recipe.min_size <= len(rows) <= recipe.max_size:
                counts = np.bincount(part.codes[rows])
                purity = float(counts.max() / len(rows))
                if not recipe.bad < purity < recipe.good:
                    yield _Candidate(part, rows, kind, k, int(counts.argmax()), purity)


def _made(kind: str, part: _Part, recipe: Recipe, n_names: int) -> Iterator[tuple[Rows, int]]:
    """Return the clusters of one kind, each as ascending rows of the sample with its k."""
    if kind == "tree":
        return _tree(part)
    return _kmeans(part, recipe.min_size) if kind == "kmeans" else _mixed(part, recipe, n_names)


def _tree(part: _Part) -> Iterator[tuple[Rows, int]]:
    """Yield every node of the Ward tree (the clusters of all its cuts) with the smallest k whose cut contains it."""
    tree = Agglomerative(random_state=part.seed).fit(part.X).tree
    for node in range(tree.n_leaves, tree.root + 1):
        parent = int(tree.parent[node])
        yield np.sort(tree.members(node)), 1 if parent < 0 else 2 * tree.n_leaves - parent


def _kmeans(part: _Part, min_size: int) -> Iterator[tuple[Rows, int]]:
    """Yield the clusters of k-means, from k = 2 to clusters with a mean size of twice `min_size`."""
    n = len(part.X)
    partition = KMeans(n_init=1, random_state=part.seed).fit(part.X)
    for k in np.unique(np.geomspace(2, max(n // (2 * min_size), 2), N_CUTS).astype(int)).tolist():
        labels = partition.cut(k)
        for cluster in range(int(labels.max()) + 1):
            yield np.flatnonzero(labels == cluster), k


def _mixed(part: _Part, recipe: Recipe, n_names: int) -> Iterator[tuple[Rows, int]]:
    """Yield parts of gold clusters with foreign sentences, at most twice `Recipe.n` of them."""
    rng = np.random.default_rng([part.seed, len(part.X), 1])  # other random numbers than the sample's
    groups = [np.flatnonzero(part.codes == code) for code in range(n_names)]
    gold = [own for own in groups if recipe.min_size <= len(own) < len(part.X)]
    for _ in range(min(2 * recipe.n, 5 * len(part.X)) if gold else 0):
        own = gold[int(rng.integers(len(gold)))]
        yield _mix(part, own, recipe, rng), sum(len(group) > 0 for group in groups)


def _mix(part: _Part, own: Rows, recipe: Recipe, rng: np.random.Generator) -> Rows:
    """Return some sentences of a gold cluster and some near ones of others, ascending; sizes are uniform in log."""
    share = float(rng.choice(SHARES))
    largest = max(min(recipe.max_size, len(own) / (1 - share)), recipe.min_size)
    size = round(float(np.exp(rng.uniform(np.log(recipe.min_size), np.log(largest)))))
    n_foreign = round(share * size)
    kept = rng.choice(own, min(size - n_foreign, len(own)), replace=False)
    closeness = np.round(part.X @ part.X[kept].mean(axis=0), 6)
    closeness[own] = -np.inf
    reach = min(n_foreign * int(rng.choice(NEIGHBOUR_FACTORS)), len(part.X) - len(own))
    near = np.argsort(-closeness, kind="stable")[:reach]
    return np.sort(np.concatenate([kept, rng.choice(near, min(n_foreign, reach), replace=False)]))


# --- choice ---------------------------------------------------------------------------------------


def _balanced(found: Sequence[_Candidate], recipe: Recipe) -> list[_Candidate]:
    """Return as many good as bad clusters of each kind, spread over sizes; other kinds fill in for a small kind."""
    rng = np.random.default_rng(recipe.seed)
    sides = {(kind, good): list[_Candidate]() for kind in recipe.kinds for good in (True, False)}
    for candidate in found:
        sides[candidate.kind, candidate.purity >= recipe.good].append(candidate)
    _check_sides([side for side, own in sides.items() if own], recipe)
    room = [min(len(sides[kind, True]), len(sides[kind, False])) for kind in recipe.kinds]
    chosen = list[_Candidate]()
    for kind, n in zip(recipe.kinds, even_shares(recipe.n // 2, room), strict=True):
        for good in (True, False):
            side = sides[kind, good]
            chosen += [side[i] for i in spread_over_sizes([len(candidate.rows) for candidate in side], n, rng)]
    return chosen


def _check_sides(there: Sequence[tuple[str, bool]], recipe: Recipe) -> None:
    if any((kind, True) in there and (kind, False) in there for kind in recipe.kinds):
        return
    missing = "good" if not any(good for _, good in there) else "bad"
    limit = f"purity >= {recipe.good}" if missing == "good" else f"purity <= {recipe.bad}"
    raise InputError(
        f"there is no {missing} cluster of {recipe.min_size} to {recipe.max_size} sentences ({limit})",
        hint="give more labelled sentences, or change the limits",
    )


def _labelled(candidate: _Candidate, names: Sequence[str], recipe: Recipe) -> LabelledCluster:
    part = candidate.part
    return LabelledCluster(
        rows=tuple(part.rows[candidate.rows].tolist()),
        kind=candidate.kind,
        k=candidate.k,
        n=len(part.rows),
        seed=part.seed,
        purity=candidate.purity,
        good=candidate.purity >= recipe.good,
        label=names[candidate.code] if candidate.code < len(names) else "",
        geometry=geometry_of(part.X[candidate.rows], part.base),
    )
