"""How much each kind of evidence says about the number of clusters, as fitted to the vectors of an embedder."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class CutWeights:
    """How the evidence weighs in the log of the posterior.

    Parameters
    ----------
    gap : float
        Weight of the log of a cut's worth beyond random points.
    distance : float
        Weight of -(log k - log k')² / 2, where the cut into k' clusters has the closeness of one intent.
    closeness : float
        Closeness of one intent, in (0, 1).
    raised : float
        Share of log(`full` / sentences a cluster) by which the log of the number of clusters is raised.
    full : float
        Sentences a cluster that show all clusters.
    """

    gap: float = 3.0
    distance: float = 0.0
    closeness: float = 0.6
    raised: float = 0.2
    full: float = 60.0


FITTED = CutWeights(gap=3.0, distance=0.5, closeness=0.64)
"""For the shipped English embedder: near what fits all families of data sets together (``studies.own.fineness``) on the
vectors of an earlier embedder's twins, where the closeness is .60; at one number of clusters, its own vectors have .04
more of it, on DSTC11, NLU++ and the businesses that neither has learnt."""
FITTED_CHINESE = replace(FITTED, closeness=0.5)
"""For the shipped Chinese embedder, whose vectors lie farther apart; .52 on those of an earlier one."""
FITTED_EMBEDDERS = frozenset({"local:intents-en-v5", "local:intents-zh-v4", "local:intents-en-v5+intents-zh-v4"})


def weights_for(embedder: str, *, is_chinese: bool = False) -> CutWeights:
    """Return the weights fitted to the vectors of an embedder, by its name; without closeness for any other.

    Examples
    --------
    >>> weights_for("local:intents-en-v5").distance, weights_for("openai:bge-m3@http://localhost/v1").distance
    (0.5, 0.0)
    """
    if not is_fitted(embedder):
        return CutWeights()
    return FITTED_CHINESE if is_chinese else FITTED


def is_fitted(embedder: str) -> bool:
    """Tell whether the estimate, and P(good) of what is kept, were fitted to the vectors of an embedder.

    Examples
    --------
    >>> is_fitted("local:intents-zh-v4"), is_fitted("local:bge-small-zh-v1.5")
    (True, False)
    """
    return embedder in FITTED_EMBEDDERS
