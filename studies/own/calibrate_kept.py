"""Fit P(good) of the clusters that a run keeps, on the corpora of ``studies.own.choose_geometry``.

The weights of the geometry were chosen for good clusterings. This study fits the probability that a kept cluster is one
intent, which means that at least 90 % of its sentences have one label. The model is logistic in tightness and
log(size), and every data set has the same weight. The size of the corpus is left out: it predicts more here, but only
because the smaller corpora have fewer intents. Writes ``studies/own/results/kept.json``, which scores on each set a
model fitted on the other sets. The weights go by hand into ``src/dialin/judge/calibration.json``.
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
    """Kept clusters of one corpus: tightness and log(size), shape (m, 2), and whether each cluster is one intent."""

    source: str
    kind: str
    features: Floats
    good: NDArray[np.bool_]


def kept_of(corpus: Corpus) -> Kept:
    """Run the method without an LLM and return the clusters that it keeps."""
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
    """Fit the model with the same weight for every data set."""
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
    """Return the mean of p, the share of good clusters, and AUC and calibration error (ECE) of p."""
    good = np.concatenate([k.good for k in kept])
    values = {"expected": p.mean(), "true": good.mean(), "auc": auc(p, good)}
    values["ece"] = expected_calibration_error(p, good)
    return {"n": len(good), **{name: round(float(value), 3) for name, value in values.items()}}


def held_out(kept: list[Kept]) -> dict[str, dict[str, float]]:
    """Return the figures on each set by a model fitted on the other sets, and on all sets together."""
    table, parts, all_p = {}, list[Kept](), list[Floats]()
    for source in dict.fromkeys(k.source for k in kept):
        own = [k for k in kept if k.source == source]
        model = fit([k for k in kept if k.source != source])
        p = model.predict_proba(np.concatenate([k.features for k in own]))[:, 1]
        table[source] = figures(own, p)
        parts, all_p = [*parts, *own], [*all_p, p]
    return {**table, "all": figures(parts, np.concatenate(all_p))}


def main() -> None:
    """Run the method, fit the model and write the results."""
    kept = [kept_of(corpus) for corpus in corpora()]
    model = fit(kept)
    weights = [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0], 0.0)]  # the share has no weight
    table = held_out(kept)
    print(weights, table, machine.write("kept", machine.provenance(seed=0, weights=weights, held_out=table)))


if __name__ == "__main__":
    main()
