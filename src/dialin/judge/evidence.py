"""Evidence from the embeddings that the sentences of a set share an intent: their closeness.

`HeightEvidence` compares the height of the set in Ward's tree with the heights at which the corpus may fall into its
intents (the posterior of `dialin.cluster.granularity`): a set that joins far below is one intent, a set that joins far
above is not. `CosineEvidence` compares the mean cosine of the set with that of any two sentences; it needs no
measurement, so it serves small corpora and clusters of other tools.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.cluster.hierarchy import ward
from scipy.special import logsumexp

from dialin.arrays import Floats, Matrix, Rows
from dialin.cluster.granularity import SuggestedCut, SuggestedNumber, suggested_number
from dialin.judge.calibration import Geometry, geometry_of, weighed

MAX_JOINED = 400
"""Rows of a set whose tree is built to find its height; of more, an even sample."""


class Evidence(Protocol):
    """Evidence of the embeddings about sets of sentences."""

    def log_odds(self, rows: Rows, other: Rows | None = None) -> float:
        """Return the log-odds that the rows, or the union of both, are one intent; above 0 speaks for it."""
        ...


class CosineEvidence:
    """Mean pairwise cosine of a set, its size, and its share of its stratum.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Unit-norm embeddings.
    strata : ndarray of shape (n,), int64
        Stratum 0, 1, … of each row: a set is measured as if its stratum were the whole corpus.
    weights : tuple of 4 floats
        Of `dialin.judge.calibration.weighed`.
    """

    def __init__(self, X: Matrix, strata: Rows, weights: tuple[float, ...]) -> None:
        self.X, self.strata, self.weights = X, strata, weights
        own = [X[strata == stratum] for stratum in range(int(strata.max(initial=-1)) + 1)]
        self._bases, self._sizes = [geometry_of(rows).base for rows in own], [len(rows) for rows in own]

    def log_odds(self, rows: Rows, other: Rows | None = None) -> float:
        """Return the log-odds that the rows, or the union of both, are one intent."""
        return weighed(self.weights, *self.shape(rows if other is None else np.concatenate([rows, other])))

    def placed(self, rows: Rows) -> tuple[Matrix, Rows]:
        """Return the embeddings of the stratum of a set, and the places of its rows there."""
        own = np.flatnonzero(self.strata == self.strata[rows[0]])
        X = self.X if len(own) == len(self.X) else self.X[own]  # no copy for each of its clusters
        return X, np.searchsorted(own, np.sort(rows))

    def shape(self, rows: Rows) -> tuple[Geometry, int, int]:
        """Return closeness and size of a set, and the size of its stratum."""
        stratum = int(self.strata[rows[0]])
        return geometry_of(self.X[rows], self._bases[stratum]), len(rows), self._sizes[stratum]


@dataclass(frozen=True, eq=False)
class SuggestedHeights:
    """The cuts of Ward's tree that each region of each stratum suggests.

    Parameters
    ----------
    regions : ndarray of shape (n,), int64
        Region 0, 1, … of each sentence: its stratum (`dialin.cluster.strata`), or a part of it
        (`dialin.cluster.regions`).
    found : tuple of (SuggestedCut or None)
        By region; None: it was not measured.
    tree : tuple of int
        By region: the number of the tree that it is a part of.
    points : ndarray of shape (n, d)
        What the trees are built on: smoothed embeddings.
    """

    regions: Rows
    found: tuple[SuggestedCut | None, ...]
    tree: tuple[int, ...]
    points: Matrix

    def of(self, rows: Rows) -> tuple[Floats, Floats] | None:
        """Return the heights that the regions of the rows suggest, and their probabilities; each row counts the same.

        None where a region was not measured, or they are of several trees, which have nothing in common.
        """
        regions, sizes = np.unique(self.regions[rows], return_counts=True)
        cuts = [cut for region in regions.tolist() if (cut := self.found[region])]
        if len(cuts) < len(regions) or len({self.tree[region] for region in regions.tolist()}) > 1:
            return None
        shares = [size / len(rows) * cut.granularity.p for size, cut in zip(sizes, cuts, strict=True)]
        return np.concatenate([cut.heights for cut in cuts]), np.concatenate(shares)

    @property
    def suggested(self) -> SuggestedNumber | None:
        """The number of intents that all regions suggest together."""
        return suggested_number(cut.granularity if cut else None for cut in self.found)

    def limits(self, rows: Rows) -> Floats | None:
        """Return the suggested height for each of the rows, shape (m,); None where a region was not measured."""
        found = [self.found[region] for region in np.unique(self.regions[rows]).tolist()]
        if not all(found):
            return None
        heights = np.array([one.height if one else np.nan for one in self.found])
        return np.asarray(heights[self.regions[rows]])


@dataclass(frozen=True, eq=False)
class HeightEvidence:
    """Height in Ward's tree against the heights at which its stratum may fall into its intents.

    Each cut that was measured gives the log-odds slope · log(its height / height of the set). The probability of "one
    intent" is the mean over the cuts, by their posterior: where the cuts disagree, it is near ½, and the LLM is asked.

    Parameters
    ----------
    heights : SuggestedHeights
        Those heights, by region.
    slope : float
        Log-odds for each factor e by which a set joins lower.
    otherwise : Evidence
        Speaks of regions that were not measured, and of sets across trees.
    """

    heights: SuggestedHeights
    slope: float
    otherwise: Evidence

    def log_odds(self, rows: Rows, other: Rows | None = None) -> float:
        """Return the log-odds that the rows, or the union of both, are one intent."""
        suggested = self.heights.of(rows if other is None else np.concatenate([rows, other]))
        if suggested is None:
            return self.otherwise.log_odds(rows, other)
        own = self.heights.points[rows]
        height = last_join(own) if other is None else ward_distance(own, self.heights.points[other])
        heights, p = suggested
        return mixed_log_odds(self.slope * np.log(heights / max(height, 1e-9)), p)


def mixed_log_odds(log_odds: Floats, p: Floats) -> float:
    """Return the log-odds of the mean probability, with weights p that sum to 1.

    Examples
    --------
    Probabilities .9 and .3, equally likely to hold: .6 has the log-odds log 1.5.

    >>> round(mixed_log_odds(np.log([9, 3 / 7]), np.array([0.5, 0.5])), 4)
    0.4055
    """
    good, bad = (float(logsumexp(-np.logaddexp(0.0, sign * log_odds), b=p)) for sign in (-1.0, 1.0))
    return good - bad


class LlmCorrections:
    """Corrections of the embeddings by an LLM: where they disagree, the corpus is finer or coarser than elsewhere.

    Heights only grow on the way up the tree. Suppose that the LLM finds a set bad although it joins far below the
    suggested height. Then a part of it that joins a little lower is hardly more credible: only the difference in height
    counts as evidence. The same holds above a set that the LLM finds good although it joins above that height.

    Parameters
    ----------
    n : int
        Number of sentences.
    """

    def __init__(self, n: int) -> None:
        self._finer, self._coarser = np.zeros(n), np.zeros(n)

    def evidence(self, rows: Rows, log_odds: float) -> float:
        """Return the log-odds of a set, less what the LLM has corrected in sets that hold all of its rows."""
        return log_odds - float(self._finer[rows].min()) - float(self._coarser[rows].max())

    def learn(self, rows: Rows, log_odds: float, *, is_good: bool) -> None:
        """Record the verdict on a set for which the embeddings gave these log-odds."""
        if is_good:
            self._coarser[rows] = np.minimum(self._coarser[rows], log_odds)
        else:
            self._finer[rows] = np.maximum(self._finer[rows], log_odds)


def ward_distance(A: Matrix, B: Matrix) -> float:
    """Return the height at which Ward's tree joins two sets of rows, in the unit of SciPy.

    Examples
    --------
    Two and two rows, whose means are 3 apart: √(2 · 2 · 2 / 4) · 3

    >>> A, B = np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[3.0, 1.0], [3.0, -1.0]])
    >>> round(ward_distance(A, B), 4)
    4.2426
    """
    apart = A.mean(axis=0, dtype=np.float64) - B.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(2.0 * len(A) * len(B) / (len(A) + len(B))) * np.linalg.norm(apart))


def last_join(points: Matrix) -> float:
    """Return the height of the root of Ward's tree of some rows, two at least.

    The tree of a node's members alone is the subtree at that node. Of more than 400 rows an even sample is joined,
    and the height multiplied by the root of how many times more there are: so Ward's heights grow with sizes.
    """
    step = -(-len(points) // MAX_JOINED)
    own = points[::step].astype(np.float64)
    return float(ward(own)[-1, 2]) * float(np.sqrt(len(points) / len(own)))
