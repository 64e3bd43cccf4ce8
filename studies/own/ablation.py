"""Measure the contribution of each part of the search: the whole method against the method without one part.

The judges know the gold labels and are right always, or wrong 5 % or 10 % of the time; a fourth variant judges by the
geometry alone. The method is not told k. The data sets are those that the constants were chosen on, and no table of
results uses them. Writes ``studies/own/results/ablation.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

from dialin.arrays import Rows
from dialin.cluster.partition import Agglomerative, FittedOnce
from dialin.discover import assign, heights, measured, method
from dialin.discover.context import Context, Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.name import merge
from dialin.score.metrics import score
from dialin.search.tree_search import TreeSearch
from dialin.search.trial import Search
from studies.own import machine
from studies.own.choose_geometry import SETS, Corpus, corpus_of
from studies.own.once import measured_once
from studies.own.oracle import OracleJudge

JUDGES: dict[str, float | None] = {"perfect": 0.0, "5 % wrong": 0.05, "10 % wrong": 0.1, "no LLM": None}
Part = tuple[Callable[[], AbstractContextManager[Any]], dict[str, Any]]


def _rough(settings: Settings) -> FittedOnce:
    return FittedOnce(Agglomerative(random_state=settings.seed))


def _from_the_root(own: Context, rows: Rows) -> Search:
    return TreeSearch(own.min_size(rows))


def _unmeasured(*_: object, **__: object) -> None:
    """Return no granularity, so that `dialin.judge.evidence.CosineEvidence` judges."""


PARTS: dict[str, Part] = {
    "whole": (nullcontext, {}),
    "embeddings not smoothed": (lambda: patch.object(measured, "trees_for", _rough), {}),
    "asked from the root on": (lambda: patch.object(method, "search_of", _from_the_root), {}),
    "only members within the radius": (lambda: patch.object(assign, "N_DEVIATIONS", 0.0), {}),
    "tightness in place of the granularity": (lambda: patch.object(heights, "granularity_of", _unmeasured), {}),
    "unions asked about once": (lambda: patch.object(merge, "SURE_LOG_ODDS", 0.0), {}),
    "not merged": (nullcontext, {"merge": "none"}),
    "four rounds": (nullcontext, {"max_rounds": 4}),
}


def row_of(corpus: Corpus, judge: str, part: str, seed: int) -> dict[str, Any]:
    """Run the method without `part` and return its scores."""
    wrong, (without, settings) = JUDGES[judge], PARTS[part]
    oracle = None if wrong is None else OracleJudge(corpus.gold, wrong, seed)
    with without():
        result = discover(
            corpus.data, Tools(None, corpus.embedder.encode, judge=oracle), Settings(seed=seed, **settings)
        )
    scores = score(result.labels, corpus.gold)
    figures = {key: round(float(getattr(scores, key)), 3) for key in ("nmi", "ami", "ari", "acc", "coverage")}
    counts = {"n_clusters": scores.n_clusters, "n_true": scores.n_true, "questions": oracle.n_asked if oracle else 0}
    return {"data": corpus.name, "judge": judge, "without": part, "seed": seed, **figures, **counts}


def main() -> None:
    """Run every variant and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--judges", nargs="+", default=list(JUDGES), choices=list(JUDGES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--name", default="ablation", help="name of the results file")
    options = parser.parse_args()
    rows = []
    for corpus in (corpus_of(name, 4_500) for name in options.data):
        for judge in options.judges:
            seeds = options.seeds[:1] if JUDGES[judge] == 0.0 else options.seeds  # a perfect judge is not random
            for part in PARTS:
                rows += [row_of(corpus, judge, part, seed) for seed in seeds]
                print(rows[-1], flush=True)
                machine.write(options.name, {**machine.provenance(seed=options.seeds), "rows": rows})


if __name__ == "__main__":
    with measured_once():
        main()
