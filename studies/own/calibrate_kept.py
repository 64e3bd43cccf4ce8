"""Fit P(good) of the clusters that a run keeps, on vectors of embedders that have not learnt the sentences.

The vectors are those of the untuned embedders from which the shipped ones are made. dialin runs on each set without an
LLM, and a kept cluster is good if at least 90 % of its sentences have one label. The model is logistic in the log-odds
of the two shares of `dialin.judge.isolation.Isolation` and in log(size), and every family of data sets has the same
weight: the families are those of ``studies.own.embedders``. Each set is used whole, as 400, 1,000 and 2,500 sentences,
and as the sentences of 5, 12 and 25 random intents, at most 60 of each or all of them: a user's corpus may be small,
hold few intents, or hold hundreds of sentences of each. DSTC11 is not fitted on: it tells how the model does with the
untuned and with the shipped embedder, neither of which has learnt it.

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
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Floats, Matrix, Rows
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.embed.choose import ENGLISH
from dialin.embed.onnx import OnnxEmbedder
from dialin.judge.certainty import CLEAR, MIXED
from dialin.judge.isolation import isolation_of
from dialin.score.reliability import auc, expected_calibration_error
from studies.own import machine
from studies.own.embedders import FAMILIES, SETTINGS, Sentences, sentences_of

GOOD = 0.9
"""Least share of one label in a good cluster."""
SIZES = (400, 1_000, 2_500)
N_INTENTS = (5, 12, 25)
MIN_EACH = 12
"""Least sentences of each random intent."""
MOST_EACH = (60, 10**6)
"""Most sentences of each."""
APART = "dstc11_dev_insurance_task1_turns"
"""The set that is not fitted on."""


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
    """Kept clusters of one family: both log-odds and log(size), shape (m, 3), and the purity of each, shape (m,)."""

    family: str
    features: Floats
    purity: Floats

    @property
    def good(self) -> NDArray[np.bool_]:
        """Whether each is one intent, shape (m,)."""
        return self.purity >= GOOD


def read_sets(data: Path) -> Iterator[LabelledVectors]:
    """Yield the sets of all families, by the untuned embedder of their language."""
    for language, families in FAMILIES.items():
        for family, names in families.items():
            for name in names:
                yield embedded(data / f"{name}.parquet", f"{language}_{family}", SETTINGS[language].base)


def embedded(path: Path, family: str, embedder: str) -> LabelledVectors:
    """Return what customers say in a set, with the vectors of an embedder of the catalogue."""
    found = sentences_of(pq.read_table(path))
    return labelled(family, OnnxEmbedder(embedder).encode(found.texts), found, f"local:{embedder}")


def labelled(family: str, X: Matrix, found: Sentences, embedder: str) -> LabelledVectors:
    """Return a set from its sentences and their vectors."""
    n = len(found.texts)
    return LabelledVectors(
        family, Data(found.texts, X, np.ones(n, np.int64), [""] * n, embedder), np.array(found.labels)
    )


def parts_of(whole: LabelledVectors) -> list[LabelledVectors]:
    """Return a set whole, random parts of it, and twice the sentences of each number of random intents."""
    n, rng = len(whole.gold), np.random.default_rng(0)
    some = [whole.part(np.sort(rng.choice(n, size, replace=False))) for size in SIZES if size < n]
    drawn = [few_intents(whole, m, most, seed) for m in N_INTENTS for most in MOST_EACH for seed in (0, 1)]
    return [whole, *some, *drawn]


def few_intents(whole: LabelledVectors, n_intents: int, most: int, seed: int) -> LabelledVectors:
    """Return at most `most` sentences of each of some random intents that have at least twelve."""
    rng = np.random.default_rng(seed)
    intents, counts = np.unique(whole.gold, return_counts=True)
    often = intents[counts >= MIN_EACH]
    drawn = rng.choice(often, min(n_intents, len(often)), replace=False)
    rows = [rng.permutation(np.flatnonzero(whole.gold == intent))[:most] for intent in drawn]
    return whole.part(np.sort(np.concatenate(rows)))


def kept_of(part: LabelledVectors) -> KeptClusters:
    """Run the method without an LLM and return the clusters of two sentences or more that it keeps."""
    result = discover(part.data, Tools(None, embeds_nothing, ranks_names=False), Settings())
    features, purity = [], []
    for intent in result.intents:
        rows = np.flatnonzero(result.labels == intent.intent_id)
        apart = isolation_of(part.data.X, rows)
        if apart is None:
            continue
        features.append(apart.evidence(len(rows)))
        purity.append(purity_of(part.gold[rows]))
    return KeptClusters(part.family, np.array(features).reshape(-1, 3), np.array(purity))


def embeds_nothing(texts: Sequence[str]) -> Matrix:
    """Raise NotImplementedError: without an LLM there are no names to embed."""
    raise NotImplementedError(texts)


def purity_of(labels: NDArray[np.str_]) -> float:
    """Return the share of the labels of a cluster that are the commonest one.

    Examples
    --------
    >>> purity_of(np.array(["a"] * 8 + ["b"] * 2))
    0.8
    """
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


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
    parser.add_argument("--data", type=Path, required=True, help="folder of the parquet files")
    options = parser.parse_args()
    kept = [kept_of(part) for whole in read_sets(options.data) for part in parts_of(whole)]
    model = fit(kept)
    weights = [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0])]
    apart = {name: of_set_apart(model, options.data, name) for name in (SETTINGS["en"].base, ENGLISH)}
    table = machine.provenance(seed=0, weights=weights, held_out=held_out(kept), dstc11=apart)
    print(table, machine.write("kept", table))


def of_set_apart(model: LogisticRegression, data: Path, embedder: str) -> dict[str, float | None]:
    """Return the figures on the set that was not fitted on."""
    found = kept_of(embedded(data / f"{APART}.parquet", "dstc11", embedder))
    return figures(found.good, model.predict_proba(found.features)[:, 1])


if __name__ == "__main__":
    main()
