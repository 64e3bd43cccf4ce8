"""Measure how well LLM judges and embeddings tell coherent clusters from others (paper: Tables 2 and 10, App. C).

The clusters come from a parquet of ``dialin tune data``, with sources that no judge was tuned on. The study reports
AUC, accuracy and ECE of four kinds of judges: the mean pairwise cosine, a logistic model on seven figures of the
embeddings, each LLM, and each LLM together with these figures. A second parquet fits all models. The gain in AUC over
the better of the first two comes with a 95 % interval from 2,000 bootstrap samples of the clusters. Writes
``studies/paper/results/evaluator_accuracy-NAME.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.judge.coherence import JudgeSettings
from dialin.llm.backends import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.prompts.templates import Form
from dialin.score.reliability import auc, expected_calibration_error
from dialin.tune.fit_calibration import ask
from studies.own import machine

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
RESULTS = Path(__file__).resolve().parent / "results"
N_BOOTSTRAP = 2_000
N_FIGURES = 7


@dataclass(frozen=True)
class Clusters:
    """Labelled clusters: their table rows and sources, whether they are good, and the figures of their embeddings."""

    rows: list[dict[str, Any]]
    source: NDArray[np.str_]
    good: Bools
    figures: Floats


def figures_of(X: NDArray[np.float32], tightness: float, size: int, n: int) -> list[float]:
    """Return seven figures of a cluster: five of cosines, the mean of the shown sentences first, and two of size."""
    S = X @ X.T
    pairs = S[np.triu_indices(len(X), 1)]
    np.fill_diagonal(S, -1)
    return [
        *(float(pairs.mean()), float(pairs.min()), float(pairs.std()), float(S.max(axis=1).mean())),
        *(tightness, float(np.log(size)), float(np.log(n / size))),
    ]


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the unit vectors (n, d) of the texts by dialin's default embedder for them."""
    return CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite").encode(texts)


def clusters_of(path: Path, each: int = 0) -> Clusters:
    """Read the clusters in a parquet of ``dialin tune data`` and embed their shown sentences.

    With `each`, take at most `each` good and `each` bad clusters of every source.
    """
    rows = pq.read_table(path).to_pylist()
    if each:
        rows = some_of(rows, each)
    figures = np.zeros((len(rows), N_FIGURES))
    for language in {row["language"] for row in rows}:
        own = [i for i, row in enumerate(rows) if row["language"] == language]
        X = embed([text for i in own for text in rows[i]["shown"]])
        parts = np.split(X, np.cumsum([len(rows[i]["shown"]) for i in own])[:-1])
        for i, part in zip(own, parts, strict=True):
            figures[i] = figures_of(part, rows[i]["tightness"], rows[i]["size"], rows[i]["n"])
    good = np.array([row["good"] for row in rows])
    return Clusters(rows, np.array([row["source"] for row in rows]), good, figures)


def some_of(rows: list[dict[str, Any]], each: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return at most `each` good and `each` bad clusters of every source."""
    rng, chosen = np.random.default_rng(seed), list[int]()
    for key in sorted({(row["source"], row["good"]) for row in rows}):
        own = [i for i, row in enumerate(rows) if (row["source"], row["good"]) == key]
        chosen += rng.choice(own, min(each, len(own)), replace=False).tolist()
    return [rows[i] for i in sorted(chosen)]


def answers_of(llm: Client, form: Form, clusters: Clusters) -> Floats:
    """Return an LLM's log-odds of Good for each cluster; 0 for an unreadable answer."""
    n_shown = max(len(row["shown"]) for row in clusters.rows)
    answers = np.zeros(len(clusters.rows))
    for language in sorted({row["language"] for row in clusters.rows}):  # every language has its own embedder
        own = [i for i, row in enumerate(clusters.rows) if row["language"] == language]
        settings = JudgeSettings(form=form, n_representatives=n_shown)
        answers[own] = ask([clusters.rows[i] for i in own], llm, settings, embed).answers
    return answers


def fitted(train: Clusters, columns: Floats, test: Floats) -> Floats:
    """Return P(good) of the test columns by a logistic model that weighs every source equally."""
    weight = np.array([1 / np.sum(train.source == source) for source in train.source])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(columns, train.good, logisticregression__sample_weight=weight * len(weight))
    return np.asarray(model.predict_proba(test)[:, 1])


def row_of(p: Floats, good: Bools) -> dict[str, float]:
    """Return the figures of one judge on one source."""
    return {
        "auc": round(auc(p, good), 3),
        "accuracy": round(float(((p >= 0.5) == good).mean()), 3),
        "ece": round(expected_calibration_error(p, good), 3),
    }


def gain(p: Floats, other: Floats, good: Bools) -> dict[str, float]:
    """Return the gain in AUC of p over another judge, with a 95 % interval."""
    rng, gains = np.random.default_rng(0), []
    for _ in range(N_BOOTSTRAP):
        rows = rng.integers(0, len(good), len(good))
        if good[rows].any() and not good[rows].all():
            gains.append(auc(p[rows], good[rows]) - auc(other[rows], good[rows]))
    low, high = np.quantile(gains, [0.025, 0.975])
    return {"gain": round(auc(p, good) - auc(other, good), 3), "low": round(low, 3), "high": round(high, 3)}


def asked(
    specs: list[str], train: Clusters, test: Clusters, store: str
) -> tuple[dict[str, tuple[Floats, Floats]], dict[str, dict[str, float]]]:
    """Return the answers of each SPEC/FORM on both sets of clusters, and their cost."""
    answers, cost = {}, {}
    for spec in specs:
        model, form = spec.rsplit("/", 1)
        begin = time.perf_counter()
        with Client(backend_of(model), [ReplyStore(store)]) as llm:
            answers[spec] = (answers_of(llm, form, train), answers_of(llm, form, test))  # type: ignore[arg-type]
            n_asked = llm.ledger.total().calls
        seconds = time.perf_counter() - begin
        cost[spec] = {"asked": n_asked, "seconds": round(seconds, 1), "per_second": round(n_asked / seconds, 2)}
    return answers, cost


def judged(train: Clusters, test: Clusters, answers: dict[str, tuple[Floats, Floats]]) -> dict[str, Floats]:
    """Return P(good) of the test clusters by each judge; `answers` has each LLM's log-odds on train and on test."""
    found = {
        "mean cosine": fitted(train, train.figures[:, :1], test.figures[:, :1]),
        "embedding figures": fitted(train, train.figures, test.figures),
    }
    for name, (own, new) in answers.items():
        found[name] = fitted(train, own[:, None], new[:, None])
        both = np.column_stack([train.figures, own]), np.column_stack([test.figures, new])
        found[f"{name} + figures"] = fitted(train, *both)
    return found


def report(test: Clusters, found: dict[str, Floats]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures of every judge on every source."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for source in sorted(set(test.source)):
        own = test.source == source
        rows = {name: row_of(p[own], test.good[own]) for name, p in found.items()}
        rival = max(("mean cosine", "embedding figures"), key=lambda name: rows[name]["auc"])
        for name in found.keys() - {"mean cosine", "embedding figures"}:
            rows[name] |= gain(found[name][own], found[rival][own], test.good[own])
        table[source] = {"n": {"good": int(test.good[own].sum()), "bad": int((~test.good[own]).sum())}, **rows}
    return table


def parser_of(doc: str | None, each: int) -> argparse.ArgumentParser:
    """Return the parser of a study that fits on some clusters and tests on others; `each` is a default."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--fit", type=Path, required=True, help="clusters to fit the logistic models on")
    parser.add_argument("--test", type=Path, required=True, help="clusters of other sources")
    parser.add_argument("--each", type=int, default=each, help="good and bad clusters of each source; 0 for all")
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    return parser


def main() -> None:
    """Ask the LLMs, fit the models and write the results."""
    parser = parser_of(__doc__, each=0)
    parser.add_argument("--llm", nargs="+", default=[], metavar="SPEC/FORM", help="such as local:NAME/list")
    parser.add_argument("--name", default="all")
    options = parser.parse_args()
    train, test = clusters_of(options.fit, options.each), clusters_of(options.test, options.each)
    answers, seconds = asked(options.llm, train, test, options.store)
    table = report(test, judged(train, test, answers))
    about = machine.provenance(fit=str(options.fit), test=str(options.test), cost=seconds, seed=0)
    path = machine.write(f"evaluator_accuracy-{options.name}", {**about, "figures": table}, RESULTS)
    print(json.dumps(table, indent=1), path)


if __name__ == "__main__":
    main()
