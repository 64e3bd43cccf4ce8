"""Measure an embedder: how well the Ward tree of its vectors agrees with the intents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, ward

from dialin.arrays import Matrix
from dialin.score.metrics import Agreement, agreement_with_gold

MAX_SCORED = 1500
"""Maximum number of sentences of a held-out source in its score."""


@dataclass(frozen=True)
class SourceFigures:
    """Agreement of the Ward tree of a held-out source with its intents, before and after tuning.

    Parameters
    ----------
    source : str
        The source.
    n, n_intents : int
        Number of sentences and of intents that were scored.
    before, after : Agreement
        With the base, and with the exported weights.
    """

    source: str
    n: int
    n_intents: int
    before: Agreement
    after: Agreement


def agreement_of_tree(X: Matrix, labels: Sequence[str]) -> Agreement:
    """Return the agreement of Ward's tree, cut at the true number of intents, with the intents.

    Parameters
    ----------
    X : float array of shape (n, d)
        Vectors of the sentences.
    labels : sequence of str, n labels
        Intent of each.

    Returns
    -------
    Agreement
        All scores are nan if a vector is not finite.
    """
    if not np.isfinite(X).all():
        return Agreement(len(labels), *[math.nan] * 5)
    clusters = fcluster(ward(X.astype(np.float64)), len(set(labels)), criterion="maxclust")
    return agreement_with_gold(clusters, labels)
