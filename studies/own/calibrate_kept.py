"""Fit P(good) of the clusters that a run keeps, on vectors of embedders that have not learnt the sentences.

``python -m studies.own.embedders --vectors`` writes these vectors. dialin runs on each set without an LLM, and a kept
cluster is good if at least 90 % of its sentences have one label. The model is logistic in the two shares of
`dialin.judge.isolation.Isolation` and in log(size), and every family of data sets has the same weight: the families are
those of ``studies.own.embedders``. Each set is used whole, as 1,000 sentences, and as the sentences of 5 or of 12
random intents, because a user's corpus may be small or hold few intents.

Writes ``studies/own/results/kept.json``, which scores on each family a model fitted on the other families, and says
what the words of `dialin.judge.certainty` mean there. The weights go by hand into ``src/dialin/judge/calibration.json``
as ``confidence_weights``, and the shares into `dialin.judge.certainty.CERTAINTY_NOTE`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Floats, Matrix, Rows
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.judge.certainty import CLEAR, MIXED
from dialin.judge.isolation import isolation_of
from dialin.score.reliability import auc, expected_calibration_error
from studies.own import machine
from studies.own.embedders import FAMILIES, SHIPPED

GOOD = 0.9
"""Least share of one label in a good cluster."""
N_SMALL = 1_000
N_INTENTS = (5, 12)
MIN_EACH, MAX_EACH = 12, 60
"""Least and most sentences of each random intent."""


@dataclass(frozen=True, eq=False)
class LabelledVectors:
    """Sentences of one family, with unit-norm vectors X (n, d) and labels."""

    family: str
    data: Data
    gold: NDArray[np.str_]

    def part(self, rows: Rows) -> LabelledVectors:
        """Return these rows."""
        texts, n = [self.data.texts[row] for row in rows], len(rows)
        own = Data(texts, self.data.X[rows], np.ones(n, np.int64), [""] * n, self.data.embedder)
        return LabelledVectors(self.family, own, self.gold[rows])


@dataclass(frozen=True, eq=False)
class KeptClusters:
    """Kept clusters of one family: near, wide and log(size), shape (m, 3), and whether each is one intent."""

    family: str
    features: Floats
    good: NDArray[np.bool_]


def read_vectors(folder: Path) -> Iterator[LabelledVectors]:
    """Yield the sets of all families, as ``studies.own.embedders --vectors`` has written them."""
    for language, families in FAMILIES.items():
        for family, names in families.items():
            model = ("" if language == "en" else f"{language}_") + f"no_{family}"
            for name in names:
                with np.load(folder / f"{model}_{name}.npz") as held:
                    yield labelled(family, held["X"], (held["y"], held["t"]), SHIPPED[language])


def labelled(family: str, X: Matrix, said: tuple[NDArray[np.str_], NDArray[np.str_]], embedder: str) -> LabelledVectors:
    """Return a set from its vectors, labels and texts."""
    gold, texts = said
    n = len(texts)
    return LabelledVectors(family, Data(texts.tolist(), X, np.ones(n, np.int64), [""] * n, embedder), gold)


def parts_of(whole: LabelledVectors) -> list[LabelledVectors]:
    """Return a set whole, as 1,000 of its sentences, and twice as the sentences of 5 and of 12 random intents."""
    n, rng = len(whole.gold), np.random.default_rng(0)
    small = [whole.part(np.sort(rng.choice(n, N_SMALL, replace=False)))] if n > N_SMALL else []
    return [whole, *small, *(few_intents(whole, m, seed) for m in N_INTENTS for seed in (0, 1))]


def few_intents(whole: LabelledVectors, n_intents: int, seed: int) -> LabelledVectors:
    """Return at most 60 sentences of each of some random intents that have at least twelve."""
    rng = np.random.default_rng(seed)
    intents, counts = np.unique(whole.gold, return_counts=True)
    often = intents[counts >= MIN_EACH]
    drawn = rng.choice(often, min(n_intents, len(often)), replace=False)
    rows = [rng.permutation(np.flatnonzero(whole.gold == intent))[:MAX_EACH] for intent in drawn]
    return whole.part(np.sort(np.concatenate(rows)))


def kept_of(part: LabelledVectors) -> KeptClusters:
    """Run the method without an LLM and return the clusters of two sentences or more that it keeps."""
    result = discover(part.data, Tools(None, embeds_nothing, ranks_names=False), Settings())
    features, good = [], []
    for intent in result.intents:
        rows = np.flatnonzero(result.labels == intent.intent_id)
        apart = isolation_of(part.data.X, rows)
        if apart is None:
            continue
        features.append([apart.near, apart.wide, np.log(len(rows))])
        good.append(is_good(part.gold[rows]))
    return KeptClusters(part.family, np.array(features).reshape(-1, 3), np.array(good, dtype=np.bool_))


def embeds_nothing(texts: Sequence[str]) -> Matrix:
    """Raise NotImplementedError: without an LLM there are no names to embed."""
    raise NotImplementedError(texts)


def is_good(labels: NDArray[np.str_]) -> bool:
    """Tell whether at least 90 % of the labels of a cluster are the same.

    Examples
    --------
    >>> is_good(np.array(["a"] * 9 + ["b"])), is_good(np.array(["a"] * 8 + ["b"]))
    (True, False)
    """
    return bool(np.unique(labels, return_counts=True)[1].max() >= GOOD * len(labels))


def fit(kept: Sequence[KeptClusters]) -> LogisticRegression:
    """Fit the model with the same weight for every family."""
    families = np.concatenate([[one.family] * len(one.good) for one in kept])
    _, family, counts = np.unique(families, return_inverse=True, return_counts=True)
    weight = 1 / counts[family]
    model = LogisticRegression(max_iter=1_000)
    features, good = np.concatenate([one.features for one in kept]), np.concatenate([one.good for one in kept])
    return model.fit(features, good, sample_weight=weight / weight.mean())


def figures(good: NDArray[np.bool_], p: Floats) -> dict[str, float | None]:
    """Return how P(good) and truth compare: means, AUC, calibration error, and the share of good ones by word.

    None stands for what is not defined: a share of nothing, or the AUC where all are good.

    Examples
    --------
    Of two clear clusters one is good, of one mixed cluster none.

    >>> found = figures(np.array([True, False, False]), np.array([0.9, 0.7, 0.2]))
    >>> found["clear"], found["unsure"], found["mixed"]
    (0.5, None, 0.0)
    """
    means = {"expected": p.mean(), "true": good.mean()}
    values = {**means, "auc": auc(p, good), "ece": expected_calibration_error(p, good)}
    words = {"clear": p >= CLEAR, "unsure": (p >= MIXED) & (p < CLEAR), "mixed": p < MIXED}
    shares = {word: round(float(good[own].mean()), 3) if own.any() else None for word, own in words.items()}
    rounded = {name: None if np.isnan(value) else round(float(value), 3) for name, value in values.items()}
    return {"n": len(good), **rounded, **shares}


def held_out(kept: Sequence[KeptClusters]) -> dict[str, dict[str, float | None]]:
    """Return the figures on each family by a model fitted on the other families, and on all of them together."""
    table, all_good, all_p = {}, list[NDArray[np.bool_]](), list[Floats]()
    for family in dict.fromkeys(one.family for one in kept):
        own = [one for one in kept if one.family == family]
        model = fit([one for one in kept if one.family != family])
        p = model.predict_proba(np.concatenate([one.features for one in own]))[:, 1]
        good = np.concatenate([one.good for one in own])
        table[family] = figures(good, p)
        all_good, all_p = [*all_good, good], [*all_p, p]
    return {**table, "all": figures(np.concatenate(all_good), np.concatenate(all_p))}


def main() -> None:
    """Run the method, fit the model and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True, help="folder that studies.own.embedders filled")
    options = parser.parse_args()
    kept = [kept_of(part) for whole in read_vectors(options.vectors) for part in parts_of(whole)]
    model = fit(kept)
    weights = [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0])]
    table = held_out(kept)
    print(weights, table, machine.write("kept", machine.provenance(seed=0, weights=weights, held_out=table)))


if __name__ == "__main__":
    main()
