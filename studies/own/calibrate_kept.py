"""Fit P(good) of the clusters that a run keeps, on the corpora of ``studies.own.choose_geometry``.

The weights of the geometry are chosen for good clusterings; of what comes of them, this asks how much is one intent: at
least 90 % of its sentences have one label. A logistic model of tightness and log(size); every set counts the same. The
size of the corpus would tell more here, but only since the smaller corpora are those with fewer intents. Writes
``benchmarks/results/kept.json``, with the figures on each set of a model fitted on the others; the model goes, by
hand, into ``src/dialin/calibration.json``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.judge.calibration import calibration_of, geometry_of
from dialin.judge.coherence import CoherenceJudge, JudgeSettings
from dialin.judge.sample import sampler_of
from dialin.score.reliability import auc, expected_calibration_error
from studies.own import machine
from studies.own.choose_geometry import Corpus, corpora

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kept:
    """Clusters of one corpus: tightness and log(size), shape (m, 2); and whether each is one intent."""

    source: str
    kind: str
    features: Floats
    good: NDArray[np.bool_]


def kept_of(corpus: Corpus) -> Kept:
    """Run the method without an LLM, and look at what it keeps."""
    X, settings = corpus.data.X, JudgeSettings(mode="geometry")
    judge = CoherenceJudge(corpus.data.texts, X, None, sampler_of("convex", 2), settings, calibration_of("", "pairs"))
    result = discover(corpus.data, Tools(None, corpus.embedder.encode, judge=judge), Settings())
    base, features, good = geometry_of(X).base, [], []
    for intent in result.intents:
        rows = np.flatnonzero(result.labels == intent.intent_id)
        counts = np.unique(corpus.gold[rows], return_counts=True)[1]
        features.append([geometry_of(X[rows], base).tightness, np.log(len(rows))])
        good.append(counts.max() >= 0.9 * len(rows))
    return Kept(corpus.name.split(" (")[0], corpus.kind, np.array(features), np.array(good))


def fit(kept: list[Kept]) -> LogisticRegression:
    """Fit the model, every set weighing the same."""
    sizes = {source: sum(len(k.good) for k in kept if k.source == source) for source in {k.source for k in kept}}
    weight = np.concatenate([np.full(len(k.good), 1 / sizes[k.source]) for k in kept])
    model = LogisticRegression(max_iter=1_000)
    model.fit(
        np.concatenate([k.features for k in kept]),
        np.concatenate([k.good for k in kept]),
        sample_weight=weight / weight.mean(),
    )
    return model


def figures(kept: list[Kept], p: Floats) -> dict[str, float]:
    """Return how well p tells the good clusters, and how true it is."""
    good = np.concatenate([k.good for k in kept])
    values = {"expected": p.mean(), "true": good.mean(), "auc": auc(p, good)}
    values["ece"] = expected_calibration_error(p, good)
    return {"n": len(good), **{name: round(float(value), 3) for name, value in values.items()}}


def held_out(kept: list[Kept]) -> dict[str, dict[str, float]]:
    """Return the figures on each set, and on all together, of models fitted on the other sets."""
    table, parts, all_p = {}, list[Kept](), list[Floats]()
    for source in dict.fromkeys(k.source for k in kept):
        own = [k for k in kept if k.source == source]
        model = fit([k for k in kept if k.source != source])
        p = model.predict_proba(np.concatenate([k.features for k in own]))[:, 1]
        table[source] = figures(own, p)
        parts, all_p = [*parts, *own], [*all_p, p]
    return {**table, "all": figures(parts, np.concatenate(all_p))}


def main() -> None:
    """Run, fit, report."""
    kept = [kept_of(corpus) for corpus in corpora()]
    model = fit(kept)
    weights = [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0], 0.0)]  # none of the share
    table = held_out(kept)
    print(weights, table, machine.write("kept", machine.provenance(seed=0, weights=weights, held_out=table)))


if __name__ == "__main__":
    main()
